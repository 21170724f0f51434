#!/usr/bin/env python3
"""A list of a million domains from the crawl to the diff on one machine: time, memory and disk of every step.

    cargo build --release --bin mxcensus
    benches/scale/run.py [--domains N] [--name NAME] [--folder FOLDER]

Makes a synthetic world (benches/crawl/world.py) whose exchanges are called like those of real vendors, and a second
one in which about three in a hundred domains have moved. Serves both by Knot DNS on loopback and goes the whole way:
crawl (killed once by `kill -9` and resumed), a second crawl, verify, classify, share, diff. Memory is the peak of the
process, disk the largest sum of all files under FOLDER, temporary ones included, looked at four times a second.
The report goes to benches/runs/NAME.md. It fails where a step takes 1 GiB or the disk 24 GiB.
"""
import argparse
import datetime
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import zlib

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "benches" / "crawl"))
import run as bench  # noqa: E402

PROGRAM = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release" / "mxcensus"
MEMORY, DISK = 1 << 30, 24 << 30
# At depth mx nobody asks for the addresses of these: they are text in the answers.
VENDORS = [("synthetic-a.", "outlook.com."), ("synthetic-b.", "google.com."), ("synthetic-c.", "pphosted.com."),
           ("synthetic-d.", "eu.iphmx.com.")]


def vendors(line):
    for made_up, real in VENDORS:
        line = line.replace(made_up, real)
    return line


def moved(owner):
    return zlib.crc32(owner.encode()) % 33 == 0


def worlds(domains, folder):
    """The zones of both years and their list."""
    subprocess.run([sys.executable, ROOT / "benches/crawl/world.py", str(domains), folder], check=True)
    for year in ("old", "new"):
        (folder / year).mkdir()
    with open(folder / "world.zone") as zone, open(folder / "old/world.zone", "w") as old, open(folder / "new/world.zone", "w") as new:
        for line in zone:
            line = vendors(line)
            old.write(line)
            owner, rtype, rdata = (line.rstrip("\n").split(" ", 2) + ["", ""])[:3]
            if rtype == "MX" and rdata != "0 ." and moved(owner):
                host = "1 aspmx.l.google.com." if zlib.crc32(rdata.encode()) % 2 else "10 mxa-0000aaaa.gslb.pphosted.com."
                line = f"{owner} MX {host}\n"
            new.write(line)
    for left_over in folder.glob("*.txt"):
        if left_over.name != "domains.txt":
            left_over.unlink()
    (folder / "world.zone").unlink()


class Disk(threading.Thread):
    """The largest sum of the files under a folder."""

    def __init__(self, folder):
        super().__init__(daemon=True)
        self.folder, self.most, self.ended = folder, 0, threading.Event()

    def run(self):
        while not self.ended.wait(0.25):
            self.most = max(self.most, used(self.folder))


def used(folder):
    total = 0
    for path, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.stat(os.path.join(path, name)).st_size
            except FileNotFoundError:
                pass
    return total


class Steps:
    def __init__(self, folder):
        self.folder, self.rows = folder, []
        self.environment = dict(os.environ, TMPDIR=str(folder), NO_COLOR="1", MXCENSUS_CONFIG="")

    def run(self, name, arguments, output=None, kill=None):
        """Runs one command to its end, or until `kill` says so; gives what it printed."""
        printed = self.folder / (output or "printed")
        begun = time.monotonic()
        with open(printed, "wb") as out, open(self.folder / "said", "wb") as said:
            child = subprocess.Popen([PROGRAM, *map(str, arguments)], stdout=out, stderr=said, env=self.environment)
            while kill and not kill():
                time.sleep(0.05)
            if kill:
                child.kill()
            _, status, usage = os.wait4(child.pid, 0)
        took, code = time.monotonic() - begun, os.waitstatus_to_exitcode(status)
        if code != (-9 if kill else 0):
            sys.exit(f"{name} ended with {code}: {(self.folder / 'said').read_text()}")
        row = dict(name=name, seconds=took, cpu=usage.ru_utime + usage.ru_stime, memory=usage.ru_maxrss << 10)
        print(f"{name}: {took:.1f} s, CPU {row['cpu']:.1f} s, {row['memory'] / 2**20:.0f} MiB", flush=True)
        self.rows.append(row)
        return printed


def crawl(steps, year, folder):
    """The second year plainly; the first with a kill once a third of its answers are in the journal."""
    server = bench.Server(bench.shutil.which("knotd") or "/usr/sbin/knotd", str(folder / year))
    arguments = ["crawl", "--quiet", "--population", folder / "domains.txt", "--depth", "mx", "--resolver",
                 f"127.0.0.1:{server.port}", "--concurrency", "2000", "--qps", "0", "--out", folder / f"{year}-snapshots"]
    journal = folder / f"{year}-snapshots" / "domains" / "mx.journal"
    third = sum(1 for _ in open(folder / "domains.txt")) * 2.2 / 3 * 60
    try:
        if year == "old":
            steps.run("crawl, killed", arguments, kill=lambda: journal.exists() and journal.stat().st_size > third)
            steps.killed_at = journal.stat().st_size
            arguments.append("--resume")
        name = "crawl, resumed, and seal" if year == "old" else "second crawl and seal"
        return pathlib.Path(steps.run(name, arguments).read_text().strip())
    finally:
        server.stop()


def report(args, steps, disk, extra):
    lines = [
        f"# {args.domains:,} domains on one machine, {datetime.datetime.now(datetime.UTC):%Y-%m-%d}",
        "",
        f"`benches/scale/run.py --domains {args.domains}`, commit {extra['commit']}, {extra['machine']}.",
        f"Depth `mx`. The first crawl was killed with {steps.killed_at:,} octets in its journal.",
        "",
        "| step | seconds | CPU s | peak MiB |",
        "|---|---:|---:|---:|",
        *(f"| {row['name']} | {row['seconds']:.1f} | {row['cpu']:.1f} | {row['memory'] / 2**20:.0f} |" for row in steps.rows),
        "",
        f"Largest sum of all files: {disk / 2**30:.2f} GiB, the zones of both worlds, snapshots and tables included.",
        *extra["sizes"],
        "",
        "```text",
        extra["summary"].rstrip("\n"),
        "```",
    ]
    (ROOT / "benches/runs" / f"{args.name}.md").write_text("\n".join(lines) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--domains", type=int, default=1_000_000)
    parser.add_argument("--name", default="scale-1m")
    parser.add_argument("--folder", type=pathlib.Path, help="where to work; a temporary folder where it is left out")
    args = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="mxcensus-scale-", dir=args.folder))
    disk = Disk(folder)
    disk.start()
    try:
        worlds(args.domains, folder)
        steps = Steps(folder)
        old, new = crawl(steps, "old", folder), crawl(steps, "new", folder)
        steps.run("verify", ["snapshot", "verify", old])
        rows = steps.run("classify, all roles", ["classify", old, "-q"], output="attributions.csv")
        steps.run("share of gateways", ["share", old, "-q"])
        steps.run("diff of gateways", ["diff", old, new, "-q", "--format", "csv", "--table", "all"], output="diff.csv")
        summary = steps.run("diff, in words", ["diff", old, new, "-q", "--table", "summary"]).read_text()
        disk.ended.set()
        size = lambda path: sum(file.stat().st_size for file in path.iterdir()) if path.is_dir() else path.stat().st_size
        with open(rows, "rb") as file:
            written = sum(1 for _ in file) - 1
        extra = dict(
            commit=subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip(),
            machine=f"{os.cpu_count()} virtual CPUs, {platform.system()} {platform.release()}",
            sizes=[f"A sealed snapshot is {size(new) / 2**20:.1f} MiB; the attributions table has {written:,} rows in "
                   f"{size(rows) / 2**20:.1f} MiB of CSV."],
            summary=summary,
        )
        report(args, steps, disk.most, extra)
        print(f"disk: {disk.most / 2**30:.2f} GiB")
        return 0 if disk.most < DISK and all(row["memory"] < MEMORY for row in steps.rows) else 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
