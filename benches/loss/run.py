#!/usr/bin/env python3
"""Crawls a synthetic world through a network that loses datagrams, and holds the snapshot against the zone.

    cargo build --release --bin mxcensus --example proxy
    benches/loss/run.py [--loss PERCENT,...] [--rounds N] [--parts N] [--name NAME]

10,000 domains of the benchmark's world (benches/crawl/world.py) are asked for MX, TXT and the TXT of
_dmarc: 30,000 questions, some with answers that only fit TCP. Knot DNS (Debian package knot) serves
them, proxy.rs loses a share of the packets each way. Every setting of the crawl is its default: 100
questions a second, 64 in flight, 8 attempts, a second pass. So that a round ends within minutes the list
is crawled in parts side by side (--shard), each through a proxy of its own, seeded by round and part.

The zone is imported as a snapshot: the crawl takes its population and question kinds from there
(--replay-of), and every answer is compared with it. Raw results go to benches/runs/NAME.json.
"""
import argparse
import csv
import datetime
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "benches" / "crawl"))
import run as bench  # noqa: E402

BUILT = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"
PROGRAM, PROXY = BUILT / "mxcensus", BUILT / "examples" / "proxy"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--domains", type=int, default=10_000)
    parser.add_argument("--loss", default="5,25", help="percent each way, separated by commas")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--parts", type=int, default=12)
    parser.add_argument("--name", default=datetime.datetime.now(datetime.UTC).strftime("loss-%Y-%m-%d-%H%M"))
    args = parser.parse_args()
    knotd = shutil.which("knotd") or shutil.which("knotd", path="/usr/sbin")
    if not knotd:
        sys.exit("knotd is missing: apt install knot")
    rounds, commit = [], bench.output(["git", "-C", str(ROOT), "describe", "--always", "--dirty"])
    with tempfile.TemporaryDirectory(prefix="mxcensus-loss-") as folder:
        subprocess.run([sys.executable, ROOT / "benches/crawl/world.py", str(args.domains), folder], check=True)
        truth = import_zone(folder)
        server = bench.Server(knotd, folder)
        try:
            for loss in args.loss.split(","):
                for number in range(1, args.rounds + 1):
                    rounds.append(crawl(folder, truth, server.port, float(loss), number, args.parts))
                    print(json.dumps({k: v for k, v in rounds[-1].items() if k != "parts"}), flush=True)
        finally:
            server.stop()
    about = {
        "when": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "commit": commit,
        "domains": args.domains, "questions": len(truth[1]), "parts": args.parts,
        "kernel": os.uname().release, "processor": bench.processor(), "cores": os.cpu_count(), "knotd": server.version,
    }
    with open(ROOT / "benches" / "runs" / f"{args.name}.json", "w") as file:
        json.dump({"about": about, "rounds": rounds}, file, indent=1)
        file.write("\n")


def import_zone(folder):
    """The zone as a snapshot: its path, and its answers by question."""
    records = {}
    for line in bench.read_lines(f"{folder}/world.zone")[3:]:
        owner, rtype, rdata = line.split(" ", 2)
        records.setdefault(owner, []).append((owner, rtype, rdata))
    with open(f"{folder}/truth.csv", "w", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(["qname", "qtype", "outcome", "owner", "type", "rdata"])
        for domain in bench.read_lines(f"{folder}/domains.txt"):
            for qname, qtype in [(domain, "MX"), (domain, "TXT"), (f"_dmarc.{domain}", "TXT")]:
                here = records.get(qname, [])
                answer = [r for r in here if r[1] in (qtype, "CNAME")]
                if answer and answer[0][1] == "CNAME":
                    answer += records[answer[0][2]]
                exists = here or any(owner.endswith("." + qname) for owner in (f"_dmarc.{qname}",) if owner in records)
                outcome = "answered" if answer else "nodata" if exists else "nxdomain"
                for record in answer or [("", "", "")]:
                    rows.writerow([qname, qtype, outcome, *record])
    path = done([PROGRAM, "-q", "snapshot", "import", f"{folder}/truth.csv", "--format", "csv", "--population", f"{folder}/domains.txt",
                 "--date", "2026-11-22", "--source", "benches/crawl/world.py", "--kind", "mx", "--kind", "txt", "--kind", "dmarc",
                 "--out", f"{folder}/truth"])
    return path, answers(path)


def crawl(folder, truth, port, loss, number, parts):
    begun = time.monotonic()
    out = f"{folder}/crawled"
    running = []
    for part in range(parts):
        seed = int(loss) * 1000 + number * 100 + part
        proxy = subprocess.Popen([PROXY, f"127.0.0.1:{port}", "--loss", str(loss), "--seed", str(seed)], text=True,
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        address = proxy.stdout.readline().strip()
        command = [PROGRAM, "-q", "crawl", "--replay-of", truth[0], "--resolver", address, "--shard", f"{part}/{parts}", "--out", out]
        running.append((seed, proxy, subprocess.Popen(command, text=True, stdout=subprocess.PIPE)))
    found, result = {}, {"loss_percent_each_way": loss, "round": number, "parts": []}
    for part, (seed, proxy, child) in enumerate(running):
        path, _ = child.communicate()
        if child.returncode != 0:
            sys.exit(f"part {part} ended with {child.returncode}")
        found |= answers(path.strip())
        books = next(pathlib.Path(out).rglob(f"*-{part}-of-{parts}.run.json"))
        run = json.loads(books.read_text())
        books.unlink()
        network, _ = proxy.communicate("")
        result["parts"].append({"seed": seed, "settings": run["settings"], "questions": run["questions"], "network": json.loads(network)})
    wanted = truth[1]
    failed = {q for q, answer in found.items() if answer[0] not in ("answered", "nodata", "nxdomain")}
    wrong = {q for q, answer in wanted.items() if q not in failed and found.get(q) != answer} | (found.keys() - wanted.keys())
    shutil.rmtree(out)
    return result | {"seconds": round(time.monotonic() - begun, 1), "asked": len(found), "failed": len(failed), "wrong": len(wrong),
                     "such_as": [" ".join(q) for q in sorted(failed | wrong)[:10]],
                     "attempts": sum(p["questions"]["sent"] for p in result["parts"]),
                     "second_pass": sum(p["questions"]["second_pass"] for p in result["parts"])}


def answers(snapshot):
    """Outcome and records of every question of a snapshot."""
    rows = csv.reader(done([PROGRAM, "-q", "snapshot", "export", snapshot, "--format", "csv"]).splitlines())
    next(rows)
    found = {}
    for qname, qtype, outcome, *record in rows:
        found.setdefault((qname, qtype), [outcome]).append(record)
    return found


def done(command):
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
