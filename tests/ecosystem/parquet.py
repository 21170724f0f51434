"""Two independent readers, Arrow and DuckDB, find in every Parquet file what the CSV file holds.

    parquet.py CSV_FOLDER PARQUET_FOLDER
"""

import csv
import pathlib
import sys

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

TYPES = {"weight_num": pa.int64(), "weight_den": pa.int64(), "rank": pa.int64()}
TEXT = set(
    "id name domain mail_domain country role verdict vendor product owner customer confidence flags evidence "
    "qname qtype outcome type rdata".split()
)


def expected(name, table):
    if name in TYPES:
        return TYPES[name]
    # In the table of answers `owner` is a name, elsewhere a company: text both times.
    return pa.string() if name in TEXT else pa.float64()


def cell(text, kind):
    if text == "":
        return None
    # A text that a spreadsheet would take for a formula has an apostrophe in CSV.
    if kind == pa.string():
        return text[1:] if text[:2] in ("'=", "'+", "'-", "'@") else text
    return int(text) if kind == pa.int64() else float(text)


def main(csv_folder, parquet_folder):
    for path in sorted(pathlib.Path(csv_folder).glob("*.csv")):
        file = pathlib.Path(parquet_folder) / (path.stem + ".parquet")
        table = pq.read_table(file)
        with open(path, newline="", encoding="utf-8") as lines:
            rows = list(csv.reader(lines))
        header, rows = rows[0], rows[1:]
        assert table.column_names == header, (path.stem, table.column_names, header)
        for name in header:
            assert table.schema.field(name).type == expected(name, path.stem), (path.stem, name, table.schema.field(name))
        kinds = [table.schema.field(name).type for name in header]
        want = [tuple(cell(text, kind) for text, kind in zip(row, kinds)) for row in rows]
        got = list(zip(*(column.to_pylist() for column in table.columns)))
        assert got == want, (path.stem, next((a, b) for a, b in zip(got, want) if a != b))
        again = duckdb.sql(f"SELECT * FROM read_parquet('{file}')").fetchall()
        assert again == want, path.stem
        meta = pq.read_metadata(file)
        pairs = meta.metadata
        assert len(pairs[b"mxcensus.snapshot"]) == 64 and len(pairs[b"mxcensus.rules"]) == 64, pairs
        column = meta.row_group(0).column(0)
        assert column.compression == "ZSTD" and column.statistics is not None, column
        print(f"{file.name}: {meta.num_rows} rows, {meta.num_row_groups} row groups, equal to {path.name}")


main(*sys.argv[1:])
