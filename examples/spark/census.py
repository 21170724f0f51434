#!/usr/bin/env python3
"""A census on Spark: a list of domains in partitions through `mxcensus crawl -`, its observations through
`mxcensus classify -`, and the tables by the SQL files beside this folder.

    spark-submit examples/spark/census.py --list domains.csv --resolver 192.0.2.53 --out new/
    spark-submit examples/spark/census.py --list domains.csv --resolver 192.0.2.53 --out new/ --old old/

Every worker needs the program `mxcensus` (`--mxcensus PATH`) and may send to the resolver. `--partitions` bounds
how many crawls run at once: each of them has its own rate (`--qps`), so the resolver sees that many times it.
In OUT: observations/ (JSON lines), attributions/ and share/ and, with --old, diff/ (Parquet). Observations that
are there already are not asked again: a job that failed after its crawl goes on with the same command.
"""
import argparse
import pathlib
import shlex
import sys

from pyspark.sql import SparkSession

SQL = pathlib.Path(__file__).resolve().parent.parent / "sql"
WHOLE = {"weight_num", "weight_den"}
COLUMNS = ("id name domain role verdict vendor product owner customer weight_num weight_den confidence flags evidence").split()


def crawl(spark, args):
    """Lines of the list to lines of observations. A header belongs to every partition."""
    lines = spark.sparkContext.textFile(args.list, args.partitions)
    header = lines.first() if args.header else None
    if header is not None:
        lines = lines.filter(lambda line: line != header)
    # The lines of a text file come in a few large splits; the crawl wants many alike.
    lines = lines.repartition(args.partitions)
    ask = shlex.join([args.mxcensus, "crawl", "-", "--quiet", "--max-failures", "100", *args.crawl])
    for resolver in args.resolver:
        ask += " " + shlex.join(["--resolver", resolver])
    if header is not None:
        ask = f"(echo {shlex.quote(header)}; cat) | {ask}"
    lines.pipe(shlex.join(["sh", "-c", ask]), checkCode=True).saveAsTextFile(f"{args.out}/observations")


def classify(spark, args):
    """Lines of observations to the attributions table."""
    command = shlex.join([args.mxcensus, "classify", "-", "--format", "json"])
    rows = spark.sparkContext.textFile(f"{args.out}/observations").pipe(command, checkCode=True)
    schema = ", ".join(f"{name} {'BIGINT' if name in WHOLE else 'STRING'}" for name in COLUMNS)
    spark.read.schema(schema).option("mode", "FAILFAST").json(rows).write.mode("overwrite").parquet(f"{args.out}/attributions")


def tables(spark, args):
    attributions = spark.read.parquet(f"{args.out}/attributions")
    views = {"attributions": attributions, "attributions_new": attributions}
    if args.old:
        views["attributions_old"] = spark.read.parquet(f"{args.old}/attributions")
    for name, frame in views.items():
        frame.createOrReplaceTempView(name)
    for name in ["share", "diff"] if args.old else ["share"]:
        found = spark.sql((SQL / f"{name}.sql").read_text())
        # One file, in the order of the table.
        found.coalesce(1).write.mode("overwrite").parquet(f"{args.out}/{name}")
        found.filter("role = 'gateway'").show(10, truncate=False)


def crawled(spark, out):
    """Whether the observations are whole: Spark writes _SUCCESS last."""
    path = spark.sparkContext._jvm.org.apache.hadoop.fs.Path(f"{out}/observations/_SUCCESS")
    return path.getFileSystem(spark.sparkContext._jsc.hadoopConfiguration()).exists(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--list", required=True, help="one domain a line, or CSV with --header")
    parser.add_argument("--header", action="store_true", help="the first line names the columns")
    parser.add_argument("--resolver", action="append", default=[], help="as of `mxcensus crawl`; repeatable")
    parser.add_argument("--partitions", type=int, default=8)
    parser.add_argument("--out", required=True)
    parser.add_argument("--old", help="OUT of an earlier census, to compare with")
    parser.add_argument("--mxcensus", default="mxcensus", help="path of the program on the workers")
    parser.add_argument("--crawl", type=shlex.split, default=[], help="further flags of `mxcensus crawl`, in one argument")
    parser.add_argument("--master", help="where spark-submit does not say it: local-cluster[2,1,1024]")
    args = parser.parse_args()
    builder = SparkSession.builder.appName("mxcensus").config("spark.sql.shuffle.partitions", str(args.partitions))
    builder = builder.config("spark.ui.showConsoleProgress", "false")
    spark = (builder.master(args.master) if args.master else builder).getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    if not crawled(spark, args.out):
        crawl(spark, args)
    classify(spark, args)
    tables(spark, args)
    print(f"{spark.sparkContext.master}: {args.out}")
    spark.stop()


if __name__ == "__main__":
    sys.exit(main())
