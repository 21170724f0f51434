#!/usr/bin/env python3
"""Runs census.py on a Spark cluster over two recorded snapshots and compares its tables with those of one machine.

    cargo build --release --bin mxcensus
    examples/spark/check.py --master 'local-cluster[2,1,1024]' [--new SNAPSHOT] [--old SNAPSHOT] [--report FILE]

Serves each snapshot on loopback by `mxcensus serve`, crawls the replay by `mxcensus crawl` on this machine and by
census.py on the cluster, and compares the shares and the diff row by row, to the last digit. Needs Java, and
pyspark and pyarrow from PyPI. In `local-cluster` each worker is a process of its own with executors of its own.
"""
import argparse
import os
import pathlib
import platform
import subprocess
import sys
import tempfile
import time

import pyarrow.parquet
import pyspark

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent / "sql"))
from compare import significant, told  # noqa: E402

PROGRAM = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release" / "mxcensus"
PARTITIONS = 4
# A recorded timeout is silence: nobody is helped by waiting for it long or twice.
PATIENCE = ["--timeout", "0.5", "--retries", "0", "--qps", "0"]


def mxcensus(*arguments):
    command = [args.mxcensus, *map(str, arguments)]
    found = subprocess.run(command, capture_output=True, text=True, env=dict(os.environ, MXCENSUS_CONFIG=""))
    if found.returncode not in (0, 3):
        sys.exit(f"{command} ended with {found.returncode}: {found.stderr}")
    return found.stdout.strip()


def census(resolver, snapshot, folder, out, old=None):
    """The cluster's census of a replay; gives the seconds it took."""
    environment = dict(os.environ, MXCENSUS_CONFIG="", SPARK_HOME=os.path.dirname(pyspark.__file__),
                       PYSPARK_PYTHON=sys.executable, MXCENSUS_DATA=str(ROOT / "data"))
    command = [sys.executable, HERE / "census.py", "--master", args.master, "--mxcensus", args.mxcensus, "--header",
               "--list", population(snapshot), "--partitions", PARTITIONS, "--resolver", resolver, "--out", folder / out,
               "--crawl", " ".join([*PATIENCE, "--replay-of", snapshot])]
    command += ["--old", folder / old] if old else []
    begun = time.monotonic()
    found = subprocess.run([str(word) for word in command], capture_output=True, text=True, env=environment)
    if found.returncode:
        sys.exit(found.stderr[-4000:])
    print(found.stdout, end="")
    return time.monotonic() - begun


def population(snapshot):
    return next((ROOT / "data/snapshots").glob(f"{snapshot.replace('/', '-')}/*/population.csv"))


def same(name, ours, theirs):
    columns, rows = told(ours)
    found_columns, found = told(theirs)
    assert columns == found_columns, (name, columns, found_columns)
    assert significant(columns, rows) == significant(columns, found), f"{name}: the tables differ"
    return f"{name}: {len(rows)} rows, the same"


def main():
    lines = []
    with tempfile.TemporaryDirectory(prefix="mxcensus-spark-") as folder:
        folder = pathlib.Path(folder)
        sealed, took = {}, {}
        for year, snapshot in [("old", args.old), ("new", args.new)]:
            server = subprocess.Popen([args.mxcensus, "serve", snapshot, "--bind", "127.0.0.1:0", "-q"],
                                      stdout=subprocess.PIPE, text=True)
            try:
                resolver = server.stdout.readline().strip()
                sealed[year] = mxcensus("crawl", "--replay-of", snapshot, "--resolver", resolver, *PATIENCE, "-q",
                                        "--max-failures", "100", "--out", folder / "one" / year)
                took[year] = census(resolver, snapshot, folder, year, "old" if year == "new" else None)
            finally:
                server.terminate()
                server.wait()
        mxcensus("snapshot", "export", sealed["new"], sealed["old"], "--table", "all", "--format", "parquet", "--out", folder / "tables", "-q")
        mxcensus("snapshot", "export", sealed["old"], "--table", "shares", "--format", "parquet", "--out", folder / "shares.parquet", "-q")
        members = pyarrow.parquet.read_metadata(folder / "tables/members.parquet").num_rows
        lines += [
            same(f"shares of {args.old}", folder / "shares.parquet", folder / "old/share"),
            same(f"shares of {args.new}", folder / "tables/shares.parquet", folder / "new/share"),
            same("diff of both", folder / "tables/diff.parquet", folder / "new/diff"),
        ]
    print("\n".join(lines))
    if args.report:
        java = subprocess.run(["java", "-version"], capture_output=True, text=True).stderr.splitlines()[0]
        commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
        args.report.write_text("\n".join([
            f"# A census on Spark, {time.strftime('%Y-%m-%d', time.gmtime())}",
            "",
            f"    examples/spark/check.py --master '{args.master}' --old {args.old} --new {args.new}",
            "",
            f"Commit {commit}, Spark {pyspark.__version__}, {java}, Python {platform.python_version()}, {os.cpu_count()} virtual CPUs.",
            f"{members:,} members in {PARTITIONS} partitions; crawl, classification and tables took {took['old']:.0f} s and "
            f"{took['new']:.0f} s, Spark's start included.",
            "",
            *(f"- {line}" for line in lines),
        ]) + "\n")


parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--master", default="local-cluster[2,1,1024]")
parser.add_argument("--old", default="recorded-municipalities/2026-04-05")
parser.add_argument("--new", default="recorded-municipalities/2026-05-03")
parser.add_argument("--mxcensus", default=str(PROGRAM))
parser.add_argument("--report", type=pathlib.Path, help="write what was run and found to this file")
args = parser.parse_args()
sys.exit(main())
