#!/usr/bin/env python3
"""Measures the crawl against its peers: client CPU seconds for the same answers from the same server.

    cargo build --profile bench-crawl --bin mxcensus --examples
    benches/crawl/run.py [--domains N] [--rounds N] [--only NAME,...] [--name NAME]

Builds the synthetic world (world.py), serves it by Knot DNS pinned to one core, and runs each client
pinned to the other, one after the other in interleaved rounds. Takes knotd, dnsperf and massdns from
PATH (Debian packages knot, dnsperf; massdns is built from its own source) and leaves out, with a
message, what is missing. Every answer that a client prints is compared with the zone.

Raw figures of every run and a table of medians go to benches/runs/NAME.json and NAME.md.
"""
import argparse
import datetime
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BUILT = os.path.join(os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target")), "bench-crawl")
SERVER_CORE, CLIENT_CORE = 0, 1

# Questions in flight: for each client what serves it best (its own default, or what was found by trying).
IN_FLIGHT = {"mxcensus": 2000, "massdns": 500, "dnsperf": 500, "resolver": 64}


def main():
    args = arguments()
    check_buffers()
    knotd = shutil.which("knotd") or shutil.which("knotd", path="/usr/sbin")
    if not knotd:
        sys.exit("knotd is missing: apt install knot")
    with tempfile.TemporaryDirectory(prefix="mxcensus-bench-") as folder:
        subprocess.run([sys.executable, os.path.join(HERE, "world.py"), str(args.domains), folder], check=True)
        server = Server(knotd, folder)
        try:
            cases = [case for case in all_cases(folder, server.port, args) if available(case, args.only)]
            runs = []
            for round_number in range(args.rounds):
                # Each round begins with another client, so that none always follows the same one.
                for case in cases[round_number % len(cases):] + cases[:round_number % len(cases)]:
                    runs.append(measure(case, round_number))
        finally:
            server.stop()
    write(args, cases, runs)
    return 0 if all(not run["faults"] for run in runs) else 1


BUFFER = "/proc/sys/net/core/rmem_default"


def check_buffers():
    """The server's socket holds what it has not read yet: with the usual 208 KiB that is 270 questions,
    and who asks more at once loses some and measures its own patience."""
    with open(BUFFER) as file:
        if int(file.read()) < 4 << 20:
            sys.exit("the server's socket buffer is small: sysctl -w net.core.rmem_default=4194304 net.core.rmem_max=4194304")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--domains", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", default="", help="names of cases, separated by commas; all where it is left out")
    parser.add_argument("--name", default=datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d-%H%M"))
    args = parser.parse_args()
    args.only = set(filter(None, args.only.split(",")))
    return args


class Server:
    """Knot DNS with a world's zone, on one core."""

    def __init__(self, knotd, folder, zone="synthetic."):
        self.port = free_port()
        config = os.path.join(folder, "knot.conf")
        run = os.path.join(folder, "knot")
        os.mkdir(run)
        with open(config, "w") as out:
            out.write(
                f"server:\n  rundir: {run}\n  listen: 127.0.0.1@{self.port}\n"
                "  udp-workers: 1\n  tcp-workers: 1\n  background-workers: 1\n"
                f"database:\n  storage: {run}\n"
                f"zone:\n  - domain: {zone}\n    file: {folder}/world.zone\n    zonefile-sync: -1\n    journal-content: none\n"
            )
        self.process = subprocess.Popen(
            [knotd, "-c", config], preexec_fn=lambda: os.sched_setaffinity(0, {SERVER_CORE}),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        self.version = subprocess.run([knotd, "--version"], capture_output=True, text=True).stdout.strip()
        for _ in range(600):
            if answers(self.port, zone):
                return
            time.sleep(0.1)
        self.stop()
        sys.exit("knotd does not answer")

    def stop(self):
        self.process.terminate()
        self.process.wait()


def free_port():
    import socket
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def answers(port, zone):
    """Whether the server gives the SOA record of the zone."""
    import socket
    labels = b"".join(bytes([len(label)]) + label.encode() for label in zone.split(".") if label)
    query = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00" + labels + b"\x00\x00\x06\x00\x01"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(0.2)
        try:
            s.sendto(query, ("127.0.0.1", port))
            reply = s.recv(512)
        except OSError:
            return False
    return reply[:2] == query[:2] and reply[3] & 15 == 0 and reply[7] == 1


def all_cases(folder, port, args):
    """Each case: a name, commands whose times are added up, the number of questions, a check of the answers."""
    truth = Truth(folder)
    server = f"127.0.0.1:{port}"
    path = lambda name: os.path.join(folder, name)
    with open(path("resolvers.txt"), "w") as out:
        out.write(server + "\n")
    ask, resolver, program = (os.path.join(BUILT, p) for p in ("examples/ask", "examples/resolver", "mxcensus"))
    out = path("out.txt")
    flight = {k: str(v) for k, v in IN_FLIGHT.items()}

    def massdns(names, rtype, flags, where):
        return ["massdns", "--root", "-q", "-r", path("resolvers.txt"), "-s", flight["massdns"], "-t", rtype, "-o", flags,
                "-w", where, "-l", "/dev/null", path(names)]

    def dnsperf(questions):
        return ["dnsperf", "-s", "127.0.0.1", "-p", str(port), "-d", path(questions), "-c", "8", "-q", flight["dnsperf"],
                "-T", "1", "-n", "1", "-e"]

    domains = args.domains
    crawl_out = path("snapshots")
    return [
        case("ask-mx", "mxcensus engine, MX", [[ask, server, flight["mxcensus"], path("mx.txt"), out]],
             domains, lambda _: truth.compare("mx", read_lines(out))),
        case("massdns-mx", "massdns -o S, MX", [massdns("domains.txt", "MX", "S", out)],
             domains, lambda _: truth.compare("mx", read_lines(out))),
        case("dnsperf-mx", "dnsperf, MX (prints nothing)", [dnsperf("mx.txt")], domains, dnsperf_lost(domains)),
        case("resolver-mx", "hickory-resolver, MX", [[resolver, server, flight["resolver"], path("mx.txt"), out]],
             domains, lambda _: truth.compare("mx", read_lines(out))),
        case("ask-mix", "mxcensus engine, MX + TXT + _dmarc", [[ask, server, flight["mxcensus"], path("mix.txt"), out]],
             3 * domains, lambda _: truth.compare("mix", read_lines(out))),
        case("massdns-mix", "massdns -o S, MX + TXT + _dmarc",
             [massdns("domains.txt", "MX", "S", out), massdns("txt-names.txt", "TXT", "S", out + "2")],
             3 * domains, lambda _: truth.compare_owned("mix", read_lines(out) + read_lines(out + "2"))),
        case("dnsperf-mix", "dnsperf, MX + TXT + _dmarc (prints nothing)", [dnsperf("mix.txt")], 3 * domains,
             dnsperf_lost(3 * domains)),
        case("crawl", "mxcensus crawl --depth mx, journal and seal",
             [[program, "crawl", "--quiet", "--population", path("domains.txt"), "--depth", "mx", "--resolver", server,
               "--concurrency", flight["mxcensus"], "--qps", "0", "--out", crawl_out]],
             None, lambda stdout: check_crawl(truth, program, stdout, crawl_out)),
        case("massdns-json", "massdns -o J, MX + TXT",
             [massdns("domains.txt", "MX", "J", out), massdns("domains.txt", "TXT", "J", out + "2")],
             2 * domains, lambda _: truth.compare_json(read_lines(out) + read_lines(out + "2"))),
    ]


def case(name, what, commands, questions, check):
    return {"name": name, "what": what, "commands": commands, "questions": questions, "check": check}


def available(case, only):
    if only and case["name"] not in only:
        return False
    program = case["commands"][0][0]
    if shutil.which(program):
        return True
    remedy = "build it as said above" if program.startswith(BUILT) else "install it and put it on PATH"
    print(f"left out: {case['name']}: {os.path.basename(program)} is missing: {remedy}", file=sys.stderr)
    return False


# A process of its own to start clients from: a child's peak memory counts what its parent held.
LAUNCHER = """
import json, os, sys
os.sched_setaffinity(0, {int(sys.argv[1])})
said = os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
nowhere = os.open(os.devnull, os.O_RDWR)
to = [(os.POSIX_SPAWN_DUP2, nowhere, 0), (os.POSIX_SPAWN_DUP2, said, 1), (os.POSIX_SPAWN_DUP2, nowhere, 2)]
child = os.posix_spawnp(sys.argv[3], sys.argv[3:], os.environ, file_actions=to)
_, status, usage = os.wait4(child, 0)
print(json.dumps([os.waitstatus_to_exitcode(status), usage.ru_utime, usage.ru_stime, usage.ru_maxrss]))
"""


def start(command):
    """Exit code, user and system seconds, peak memory in KiB, standard output."""
    with tempfile.NamedTemporaryFile() as said:
        launched = subprocess.run([sys.executable, "-I", "-S", "-c", LAUNCHER, str(CLIENT_CORE), said.name, *command],
                                  capture_output=True, check=True)
        return *json.loads(launched.stdout), said.read()


def measure(case, round_number):
    user = system = wall = 0.0
    peak = 0
    stdout = b""
    faults = []
    for command in case["commands"]:
        begun = time.monotonic()
        code, of_user, of_system, kib, said = start(command)
        wall += time.monotonic() - begun
        stdout += said
        user, system, peak = user + of_user, system + of_system, max(peak, kib)
        if code != 0:
            faults.append(f"{os.path.basename(command[0])} ended with {code}")
    questions = case["questions"]
    if not faults:
        found = case["check"](stdout.decode(errors="replace"))
        questions = found.get("questions", questions)
        faults += found.get("faults", [])
    run = {"case": case["name"], "round": round_number, "questions": questions, "user_s": round(user, 4),
           "system_s": round(system, 4), "wall_s": round(wall, 4), "peak_kib": peak, "faults": faults}
    if questions:
        run["cpu_s_per_100k"] = round((user + system) * 100_000 / questions, 4)
    print(json.dumps(run), file=sys.stderr)
    return run


def dnsperf_lost(questions):
    def check(stdout):
        if f"Queries completed:    {questions} " not in stdout:
            lines = [line.strip() for line in stdout.splitlines() if "Queries completed" in line or "Queries lost" in line]
            return {"faults": lines or ["no statistics"]}
        return {}
    return check


def read_lines(path):
    with open(path) as file:
        return file.read().splitlines()


class Truth:
    """What the zone holds."""

    def __init__(self, folder):
        self.lines = {kind: set(read_lines(f"{folder}/truth-{kind}.txt")) for kind in ("mx", "mix")}
        domains = set(read_lines(f"{folder}/domains.txt"))
        records = [line.split(" ", 2) for line in read_lines(f"{folder}/world.zone")[3:]]
        self.domains = domains
        self.at_domain = {(o, t, r) for o, t, r in records if o in domains}
        self.exists = {o.removeprefix("_dmarc.") for o, _, _ in records}
        self.types = {(o, t) for o, t, _ in self.at_domain}

    def compare(self, kind, found, wanted=None):
        wanted = self.lines[kind] if wanted is None else wanted
        found = {line.strip() for line in found if line.strip()}
        return difference(wanted, found)

    def compare_owned(self, kind, found):
        """massdns -o S leaves out what the target of a CNAME owns; with it, what others own too."""
        hub = "_dmarc-hub.synthetic. "
        wanted = {line for line in self.lines[kind] if not line.startswith(hub)}
        # Its TXT strings are escaped in a way of its own: compared up to the first escape.
        cut = lambda line: line.split("\\")[0]
        return self.compare(kind, (cut(l) for l in found if not l.startswith(hub)), {cut(l) for l in wanted})

    def compare_json(self, lines):
        asked = {}
        for line in lines:
            reply = json.loads(line)
            asked[(reply["name"], reply["type"])] = reply["status"], len(reply["data"].get("answers", []))
        count = {}
        for owner, rtype, _ in self.at_domain:
            count[(owner, rtype)] = count.get((owner, rtype), 0) + 1
        wanted = {(d, t): ("NOERROR" if d in self.exists else "NXDOMAIN", count.get((d, t), 0))
                  for d in self.domains for t in ("MX", "TXT")}
        return difference(set(wanted.items()), set(asked.items()))

    def compare_rows(self, rows):
        """Rows of a snapshot's observations: outcomes and records, both exact."""
        records, outcomes = set(), set()
        for qname, qtype, outcome, owner, rtype, rdata in rows:
            outcomes.add((qname, qtype, outcome))
            if rtype:
                records.add((owner, rtype, rdata))
        questions = {(d, t) for d in self.domains for t in ("MX", "TXT")}
        questions |= {(d, t) for d in self.domains if (d, "MX") not in self.types and d in self.exists for t in ("A", "AAAA")}
        # A name that does not exist may be asked for its addresses too, or not: that is the plan's business.
        asked = {(q, t) for q, t, _ in outcomes}
        questions |= {(d, t) for d, t in asked if d in self.domains and d not in self.exists and t in ("A", "AAAA")}
        def outcome(d, t):
            return "answered" if (d, t) in self.types else "nodata" if d in self.exists else "nxdomain"
        found = difference({(d, t, outcome(d, t)) for d, t in questions}, outcomes)
        return {"questions": len(outcomes), "faults": found["faults"] + difference(self.at_domain, records)["faults"]}


def difference(wanted, found):
    missing, wrong = wanted - found, found - wanted
    faults = []
    if missing:
        faults.append(f"{len(missing)} answers missing, such as {min(missing)}")
    if wrong:
        faults.append(f"{len(wrong)} answers wrong, such as {min(wrong)}")
    return {"faults": faults}


# The rows of snapshots that were compared with the zone, by digest: the same digest is the same rows.
COMPARED = {}


def check_crawl(truth, program, stdout, folder):
    import csv
    path = stdout.strip().splitlines()[-1]
    with open(os.path.join(path, "manifest.toml"), "rb") as file:
        digest = tomllib.load(file)["observations"]["digest"]
    if digest not in COMPARED:
        text = subprocess.run([program, "snapshot", "export", path, "--format", "csv"], capture_output=True, text=True, check=True)
        rows = csv.reader(text.stdout.splitlines())
        next(rows)
        COMPARED[digest] = truth.compare_rows(rows)
    shutil.rmtree(folder)
    return COMPARED[digest]


def write(args, cases, runs):
    medians = {}
    for case in cases:
        mine = [r for r in runs if r["case"] == case["name"] and "cpu_s_per_100k" in r]
        if mine:
            pick = lambda key: statistics.median(r[key] for r in mine)
            medians[case["name"]] = {
                "what": case["what"], "questions": mine[0]["questions"], "cpu_s_per_100k": pick("cpu_s_per_100k"),
                "least": min(r["cpu_s_per_100k"] for r in mine), "most": max(r["cpu_s_per_100k"] for r in mine),
                "user_s": pick("user_s"), "system_s": pick("system_s"), "wall_s": pick("wall_s"),
                "peak_mib": round(max(r["peak_kib"] for r in mine) / 1024, 1),
                "faults": sum(len(r["faults"]) for r in mine),
            }
    about = {
        "when": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "commit": output(["git", "-C", ROOT, "describe", "--always", "--dirty"]),
        "domains": args.domains, "rounds": args.rounds, "in_flight": IN_FLIGHT,
        "kernel": platform.release(), "socket_buffer": int(open(BUFFER).read()), "cores": os.cpu_count(), "processor": processor(),
        "knotd": output([shutil.which("knotd") or "/usr/sbin/knotd", "--version"]),
        "dnsperf": output(["dnsperf", "-h"]).splitlines()[0] if shutil.which("dnsperf") else None,
    }
    folder = os.path.join(ROOT, "benches", "runs")
    os.makedirs(folder, exist_ok=True)
    base = os.path.join(folder, args.name)
    commands = {c["name"]: [" ".join(plain(word) for word in command) for command in c["commands"]] for c in cases}
    with open(base + ".json", "w") as file:
        json.dump({"about": about, "medians": medians, "ratios": ratios(medians), "commands": commands, "runs": runs}, file, indent=1)
        file.write("\n")
    with open(base + ".md", "w") as file:
        file.write(markdown(args, about, medians))
    print(markdown(args, about, medians))


def plain(word):
    """A word of a command without this machine's folders."""
    return os.path.basename(word) if word.startswith("/") and word != "/dev/null" else word


def output(command):
    done = subprocess.run(command, capture_output=True, text=True)
    return (done.stdout or done.stderr).strip()


def processor():
    with open("/proc/cpuinfo") as file:
        names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return names[0] if names else "unknown"


RATIOS = [
    ("engine, MX: questions per CPU second, times massdns -o S", "massdns-mx", "ask-mx"),
    ("engine, MX: questions per CPU second, times dnsperf", "dnsperf-mx", "ask-mx"),
    ("engine, mix: questions per CPU second, times massdns -o S", "massdns-mix", "ask-mix"),
    ("engine, mix: questions per CPU second, times dnsperf", "dnsperf-mix", "ask-mix"),
    ("engine, MX: questions per CPU second, times hickory-resolver", "resolver-mx", "ask-mx"),
    ("whole crawl: CPU per question, of that of massdns -o J", "crawl", "massdns-json"),
]


def ratios(medians):
    have = lambda name: medians[name]["cpu_s_per_100k"]
    return {what: round(have(a) / have(b), 3) for what, a, b in RATIOS if a in medians and b in medians}


def markdown(args, about, medians):
    lines = [
        f"# Crawl benchmark, {about['when']}", "",
        f"{args.domains:,} synthetic domains, {args.rounds} interleaved rounds, commit {about['commit']}, {about['processor']}, "
        f"kernel {about['kernel']}. Server on core {SERVER_CORE}, client on core {CLIENT_CORE}. Medians; CPU is user + system "
        "of the client alone.", "",
        "| case | questions | CPU s per 100k | least - most | user s | system s | wall s | peak MiB | faults |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for row in medians.values():
        lines.append(
            f"| {row['what']} | {row['questions']:,} | {row['cpu_s_per_100k']:.3f} | {row['least']:.3f} - {row['most']:.3f} | "
            f"{row['user_s']:.2f} | {row['system_s']:.2f} | {row['wall_s']:.2f} | {row['peak_mib']:.0f} | {row['faults']} |")
    lines += ["", "| ratio of medians | |", "|---|---:|"]
    lines += [f"| {what} | {value:.2f} |" for what, value in ratios(medians).items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
