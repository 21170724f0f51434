#!/usr/bin/env python3
"""Writes a synthetic world for the crawl benchmark: a zone, its questions and the true answers.

    world.py DOMAINS FOLDER

Deterministic. Of every hundred domains about five do not exist, five have no MX, two have a null MX,
the others two exchanges each and an SPF record; two in a hundred have TXT records longer than 512
bytes, one longer than 1,232 (which comes over TCP); two in three have a DMARC record, one in twenty a
CNAME to one. Names have 6 to 22 letters and digits, so that datagrams differ in length.

    world.zone      the zone "synthetic."
    domains.txt     one domain a line, shuffled
    mx.txt          "NAME TYPE" questions: MX of every domain
    mix.txt         MX and TXT of every domain and TXT of _dmarc below it
    truth-mx.txt    "OWNER TYPE RDATA" lines, sorted: what the answers to mx.txt hold
    truth-mix.txt   the same for mix.txt
"""
import random
import sys

ZONE = "synthetic."
HOSTS = [
    (30, lambda d, i: (f"0 {d}-example.mail.protection.synthetic-a.", f"10 {d}-example.h-v1.mx.synthetic-a.")),
    (25, lambda d, i: ("1 aspmx.l.synthetic-b.", "5 alt1.aspmx.l.synthetic-b.")),
    (20, lambda d, i: (f"10 mail.{d}.{ZONE}", f"20 mx2.{d}.{ZONE}")),
    (15, lambda d, i: (f"10 mxa-{i:08x}.gslb.synthetic-c.", f"10 mxb-{i:08x}.gslb.synthetic-c.")),
    (10, lambda d, i: (f"10 mx1.hc{i % 3000}.synthetic-d.", f"10 mx2.hc{i % 3000}.synthetic-d.")),
]


def quoted(text):
    return " ".join(f'"{text[i:i + 255]}"' for i in range(0, len(text), 255))


def spf(draw, host):
    networks = 0 if draw >= 0.03 else 36 if draw >= 0.01 else 80
    terms = [f"include:_spf.{host.split(' ')[1].rstrip('.')}"] + [f"ip4:192.0.{i}.0/24" for i in range(networks)]
    return quoted("v=spf1 " + " ".join(terms) + " ~all")


def records(rng, name, i):
    """The records at a domain and at _dmarc below it, as (owner, type, rdata)."""
    kind = rng.random()
    here = f"{name}.{ZONE}"
    if kind < 0.05:
        return []
    if kind < 0.10:
        return [(here, "A", "192.0.2.1")]
    if kind < 0.12:
        return [(here, "MX", "0 ."), (here, "TXT", '"v=spf1 -all"')]
    exchanges = rng.choices([h for _, h in HOSTS], [w for w, _ in HOSTS])[0](name, i)
    found = [(here, "MX", exchange) for exchange in exchanges]
    found.append((here, "TXT", spf(rng.random(), exchanges[0])))
    if rng.random() < 0.6:
        found.append((here, "TXT", f'"synthetic-site-verification={rng.getrandbits(200):050x}"'))
    if rng.random() < 0.02:
        found.append((here, "TXT", '"\\255\\254bin\\000x" "part\\200two"'))
    dmarc = rng.random()
    if dmarc < 0.65:
        policy = rng.choice(["none", "quarantine", "reject"])
        found.append((f"_dmarc.{here}", "TXT", f'"v=DMARC1; p={policy}; rua=mailto:dmarc@{name}.{ZONE}"'))
    elif dmarc < 0.70:
        found.append((f"_dmarc.{here}", "CNAME", HUB[0]))
    return found


HUB = (f"_dmarc-hub.{ZONE}", "TXT", '"v=DMARC1; p=reject; rua=mailto:hub@synthetic."')


def main():
    count, folder = int(sys.argv[1]), sys.argv[2]
    rng = random.Random(20261122)
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    domains, truth_mx, truth_mix = [], [], []
    with open(f"{folder}/world.zone", "w") as zone:
        zone.write(f"$TTL 3600\n{ZONE} SOA ns.{ZONE} nobody.{ZONE} 1 3600 600 86400 300\n{ZONE} NS ns.{ZONE}\nns.{ZONE} A 127.0.0.1\n")
        zone.write(" ".join(HUB) + "\n")
        for i in range(count):
            name = "".join(rng.choices(letters, k=rng.randint(0, 16))) + f"{i:06d}"
            domains.append(f"{name}.{ZONE}")
            for owner, rtype, rdata in records(rng, name, i):
                zone.write(f"{owner} {rtype} {rdata}\n")
                line = f"{owner} {rtype} {rdata}"
                if rtype == "MX":
                    truth_mx.append(line)
                if rtype != "A":
                    truth_mix.append(line)
                if rtype == "CNAME":
                    truth_mix.append(" ".join(HUB))
    rng.shuffle(domains)
    for path, lines in [("truth-mx.txt", sorted(truth_mx)), ("truth-mix.txt", sorted(truth_mix)), ("domains.txt", domains)]:
        with open(f"{folder}/{path}", "w") as out:
            out.writelines(line + "\n" for line in lines)
    with open(f"{folder}/mx.txt", "w") as mx, open(f"{folder}/mix.txt", "w") as mix, open(f"{folder}/txt-names.txt", "w") as txt:
        for domain in domains:
            mx.write(f"{domain} MX\n")
            mix.write(f"{domain} MX\n{domain} TXT\n_dmarc.{domain} TXT\n")
            txt.write(f"{domain}\n_dmarc.{domain}\n")


main()
