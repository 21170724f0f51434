#!/usr/bin/env python3
"""Runs share.sql and diff.sql over exported tables and compares them with the program's own, to the last digit.

    mxcensus snapshot export NEW OLD --table all --format parquet --out new/
    mxcensus snapshot export OLD --table attributions --format parquet --out old.parquet
    examples/sql/compare.py --engine duckdb new/ old.parquet

`new/` holds attributions.parquet, shares.parquet and, where OLD was named, diff.parquet. Without a second
argument the shares alone are compared. Engines: duckdb, datafusion, spark (each from PyPI; Spark needs Java).
"""
import argparse
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
ENGINES = ["duckdb", "datafusion", "spark"]


def duckdb(tables):
    import duckdb
    connection = duckdb.connect()
    for name, file in tables.items():
        connection.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet({str(file)!r})")

    def run(query):
        found = connection.execute(query)
        return [column[0] for column in found.description], found.fetchall()
    return run


def datafusion(tables):
    import datafusion
    context = datafusion.SessionContext()
    for name, file in tables.items():
        context.register_parquet(name, str(file))

    def run(query):
        batches = context.sql(query)
        table = batches.to_arrow_table()
        return table.column_names, list(zip(*(column.to_pylist() for column in table.columns)))
    return run


def spark(tables):
    from pyspark.sql import SparkSession
    builder = SparkSession.builder.master("local[2]").appName("mxcensus").config("spark.ui.enabled", "false").config("spark.ui.showConsoleProgress", "false")
    session = builder.config("spark.sql.shuffle.partitions", "4").getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return on_spark(session, tables)


def on_spark(session, tables):
    """The same on a session that is already there: examples/spark/census.py."""
    for name, file in tables.items():
        session.read.parquet(str(file)).createOrReplaceTempView(name)

    def run(query):
        found = session.sql(query)
        return found.columns, [tuple(row) for row in found.collect()]
    return run


def told(file):
    """The program's own table, as rows of Python values."""
    import pyarrow.parquet
    table = pyarrow.parquet.read_table(file)
    return table.column_names, list(zip(*(column.to_pylist() for column in table.columns)))


def significant(columns, rows):
    """p-values as the tables print them: six significant digits. All else is compared as it is."""
    chances = [i for i, name in enumerate(columns) if name in ("p_value", "p_holm")]
    cut = lambda row: [float(f"{value:.5e}") if i in chances and value is not None else value for i, value in enumerate(row)]
    return [tuple(cut(row)) for row in rows]


def compare(name, run, own):
    columns, rows = run((HERE / f"{name}.sql").read_text())
    expected_columns, expected = told(own)
    assert columns == expected_columns, f"{name}: columns {columns}, not {expected_columns}"
    assert len(rows) == len(expected), f"{name}: {len(rows)} rows, not {len(expected)}"
    for got, want in zip(significant(columns, rows), significant(columns, expected)):
        assert got == want, f"{name}: {dict(zip(columns, got))}, not {dict(zip(columns, want))}"
    print(f"{name}: {len(rows)} rows equal to {own}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--engine", choices=ENGINES, default="duckdb")
    parser.add_argument("new", type=pathlib.Path, help="folder of the newer snapshot's tables")
    parser.add_argument("old", type=pathlib.Path, nargs="?", help="attributions of the older snapshot")
    args = parser.parse_args()
    tables = {"attributions": args.new / "attributions.parquet"}
    if args.old:
        tables |= {"attributions_new": args.new / "attributions.parquet", "attributions_old": args.old}
    run = globals()[args.engine](tables)
    compare("share", run, args.new / "shares.parquet")
    if args.old:
        compare("diff", run, args.new / "diff.parquet")


if __name__ == "__main__":
    sys.exit(main())
