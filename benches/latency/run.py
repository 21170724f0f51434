#!/usr/bin/env python3
"""Crawls 500 members at depth standard from a server 30 ms away: how near to the longest chain of questions?

    cargo build --release --bin mxcensus --example proxy
    benches/latency/run.py [--members N] [--delay MS] [--rounds N] [--concurrency N] [--name NAME]

No crawl can be faster than its longest chain of dependent questions: MX, the address of an exchange, the
origin AS of that address; TXT, an SPF include, the include in it and so on. The world made here has two
exchanges each that no rule names and SPF trees up to five includes deep, so the chain is six questions.
Knot DNS (Debian package knot) serves it as a root zone, so that every question has an answer;
benches/loss/proxy.rs stands before it, answers from memory what it has seen in a first crawl that does not
count, and holds each reply back. Concurrency and rate are set so that neither is the limit.

The snapshot must be, byte by byte, the one that a crawl without the proxy gives. Three times are told: of
the crawl from its start (preflight included) to its last answer, of the whole program with reading the list
and sealing, and the floor.
The latency that the crawl has seen tells whether the two cores kept up. Raw results go to benches/runs/NAME.json.
"""
import argparse
import datetime
import json
import os
import pathlib
import random
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
DEEPEST = 5


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--members", type=int, default=500)
    parser.add_argument("--delay", type=int, default=30, help="round trip in milliseconds")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--concurrency", default="12000")
    parser.add_argument("--name", default=datetime.datetime.now(datetime.UTC).strftime("latency-%Y-%m-%d-%H%M"))
    args = parser.parse_args()
    knotd = shutil.which("knotd") or shutil.which("knotd", path="/usr/sbin")
    if not knotd:
        sys.exit("knotd is missing: apt install knot")
    chain = 1 + DEEPEST
    floor = chain * args.delay / 1000
    commit = bench.output(["git", "-C", str(ROOT), "describe", "--always", "--dirty"])
    with tempfile.TemporaryDirectory(prefix="mxcensus-latency-") as folder:
        write_world(folder, args.members)
        server = RootServer(knotd, folder)
        try:
            near = crawl(folder, f"127.0.0.1:{server.port}", args)
            proxy = subprocess.Popen([PROXY, f"127.0.0.1:{server.port}", "--delay", str(args.delay), "--remember", "1"], text=True,
                                     stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            address = proxy.stdout.readline().strip()
            crawl(folder, address, args)
            rounds = [crawl(folder, address, args) for _ in range(args.rounds)]
            proxy.communicate("")
        finally:
            server.stop()
    for run in rounds:
        run["same_bytes"] = run["snapshot"] == near["snapshot"]
        run["crawl_of_floor"], run["program_of_floor"] = (round(run[key] / floor, 2) for key in ("crawl_s", "program_s"))
        print(json.dumps(run))
    about = {
        "when": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "commit": commit,
        "members": args.members, "delay_ms": args.delay, "concurrency": args.concurrency, "chain": chain, "floor_s": floor,
        "kernel": os.uname().release, "processor": bench.processor(), "cores": os.cpu_count(), "knotd": server.version,
    }
    with open(ROOT / "benches" / "runs" / f"{args.name}.json", "w") as file:
        json.dump({"about": about, "without_delay": near, "rounds": rounds}, file, indent=1)
        file.write("\n")


class RootServer(bench.Server):
    """Knot DNS with the world as its root zone."""

    def __init__(self, knotd, folder):
        super().__init__(knotd, folder, ".")


def write_world(folder, members):
    dice = random.Random(30)
    with open(f"{folder}/world.zone", "w") as zone, open(f"{folder}/members.txt", "w") as names:
        zone.write("$TTL 3600\n. SOA ns. nobody. 1 3600 600 86400 300\n. NS ns.\nns. A 127.0.0.1\n")
        # Providers whose SPF trees are so many includes deep.
        for depth in range(1, DEEPEST + 1):
            for level in range(1, depth + 1):
                further = f" include:s{level + 1}.p{depth}.example" if level < depth else ""
                zone.write(f's{level}.p{depth}.example. TXT "v=spf1 ip4:192.0.2.0/24{further} -all"\n')
        for i in range(members):
            name = f"m{i:04d}.example"
            names.write(name + "\n")
            depths = {i % DEEPEST + 1, dice.randint(1, DEEPEST)}
            includes = " ".join(f"include:s1.p{depth}.example" for depth in sorted(depths))
            zone.write(f'{name}. TXT "v=spf1 mx {includes} -all"\n_dmarc.{name}. TXT "v=DMARC1; p=none"\n')
            for number in (1, 2):
                address = f"10.{number}.{i // 256}.{i % 256}"
                back = ".".join(reversed(address.split(".")))
                zone.write(f"{name}. MX {number}0 mx{number}.{name}.\nmx{number}.{name}. A {address}\n")
                zone.write(f"{back}.in-addr.arpa. PTR mx{number}.{name}.\n")
                zone.write(f'{back}.origin.asn.cymru.com. TXT "{64512 + i} | 10.0.0.0/8 | ZZ | other | 2026-01-01"\n')


def crawl(folder, address, args):
    out = pathlib.Path(folder) / "out"
    command = [PROGRAM, "-q", "crawl", "--population", f"{folder}/members.txt", "--depth", "standard", "--resolver", address,
               "--concurrency", args.concurrency, "--qps", "0", "--out", out]
    begun = time.monotonic()
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE)
    took = time.monotonic() - begun
    # 3 is a crawl with failures: they are told below.
    if done.returncode not in (0, 3):
        sys.exit(f"the crawl ended with {done.returncode}")
    path = done.stdout.strip()
    books = json.loads(next(out.rglob("*.run.json")).read_text())
    started, finished = (datetime.datetime.fromisoformat(books[key][:26].rstrip("Z") + "+00:00") for key in ("started", "finished"))
    shutil.rmtree(out)
    return {"crawl_s": round((finished - started).total_seconds(), 3), "program_s": round(took, 3), "questions": books["questions"]["asked"],
            "failed": books["questions"]["failed"], "outcomes": books["questions"]["outcomes"], "sent": books["questions"]["sent"],
            "latency_ms": books["resolvers"][0]["latency_ms"], "snapshot": pathlib.Path(path).name.split("-")[-1]}


if __name__ == "__main__":
    sys.exit(main())
