#!/usr/bin/env python3
"""Time and memory of `mxcensus diff` over two long snapshots, on one core.

    cargo build --release --bin mxcensus --example synthetic_snapshots --example read_csv
    benches/diff/run.py [--members 1000000] [--runs 5] [--changed 3] [--data FOLDER] [--out FILE]

Makes the synthetic snapshots where they are missing, then takes turns: one diff, one pass of a program
that only decompresses and cuts the same rows (`read_csv`), and `zstd -dc` with `wc -l` where `zstd` is
installed. Prints the median of user and system CPU seconds and the largest peak of resident memory, and
the diff as a multiple of the bound. Every run is written to --out as one line of JSON.
"""

import argparse
import hashlib
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
RELEASE = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target")) / "release"


def measured(command, core):
    """CPU seconds, peak memory in KiB and output of one command on one core."""
    pinned = lambda: os.sched_setaffinity(0, {core})
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, preexec_fn=pinned)
    output = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} ended with {child.returncode}")
    return {"user_s": usage.ru_utime, "system_s": usage.ru_stime, "peak_kib": usage.ru_maxrss}, output


def snapshots(folder, members, changed):
    if not folder.exists():
        print(f"making two snapshots of {members} members in {folder}", file=sys.stderr)
        command = [RELEASE / "examples/synthetic_snapshots", str(members), folder, str(changed)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return [next((folder / f"synthetic-{year}").iterdir()) for year in (2024, 2025)]


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--members", type=int, default=1_000_000)
    words.add_argument("--runs", type=int, default=5)
    words.add_argument("--changed", type=int, default=3, help="per cent of members whose answers change (default 3)")
    words.add_argument("--data", type=Path, help="where the snapshots stand or are made (default below output/)")
    words.add_argument("--out", type=Path, help="a file for the raw runs")
    words.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)))
    given = words.parse_args()
    data = given.data or REPOSITORY / f"output/diff-{given.members}-{given.changed}"
    old, new = snapshots(data, given.members, given.changed)
    rivals = {
        "diff": [RELEASE / "mxcensus", "diff", old, new, "--table", "changes", "--format", "csv", "--quiet"],
        "read_csv": [RELEASE / "examples/read_csv", old, new],
    }
    if shutil.which("zstd"):
        files = f"{old}/observations.csv.zst {new}/observations.csv.zst"
        rivals["zstd -dc | wc -l"] = ["sh", "-c", f"zstd -dc {files} | wc -l"]
    commit = subprocess.run(["git", "-C", REPOSITORY, "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True)
    cpu = next((l.split(":", 1)[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), "unknown")
    world = {
        "commit": commit.stdout.strip(),
        "machine": f"{cpu}, {os.cpu_count()} CPUs, {platform.system()} {platform.release()}",
        "members": given.members,
        "changed_percent": given.changed,
    }
    runs = {name: [] for name in rivals}
    lines = []
    for run in range(given.runs):
        for name, command in rivals.items():
            figures, output = measured(command, given.core)
            runs[name].append(figures)
            digest = hashlib.sha256(output).hexdigest()[:12] if name == "diff" else None
            lines.append({**world, "what": name, "run": run + 1, **figures, "output_sha256": digest})
    if given.out:
        given.out.parent.mkdir(parents=True, exist_ok=True)
        given.out.write_text("".join(json.dumps(line) + "\n" for line in lines))
    cpu_seconds = {name: statistics.median(r["user_s"] + r["system_s"] for r in list_) for name, list_ in runs.items()}
    print(f"{world['machine']}; commit {world['commit']}; {given.members} members, {given.changed} % changed; one core")
    print(f"{'what':18} {'user s':>8} {'CPU s':>8} {'peak MiB':>9} {'of read_csv':>12}   (median of {given.runs}; peak: largest)")
    for name, list_ in runs.items():
        user = statistics.median(r["user_s"] for r in list_)
        peak = max(r["peak_kib"] for r in list_) / 1024
        ratio = cpu_seconds[name] / cpu_seconds["read_csv"]
        print(f"{name:18} {user:8.2f} {cpu_seconds[name]:8.2f} {peak:9.1f} {ratio:11.2f}x")


if __name__ == "__main__":
    main()
