#!/usr/bin/env python3
"""Cuts the seeds of the fuzz targets out of what the repository holds: recorded snapshots, lists,
vendor files and the imports of tests/import. Run from the root of the repository; needs zstd."""

import csv, io, pathlib, shutil, struct, subprocess

SEEDS = pathlib.Path("fuzz/seeds")


def put(law, name, data):
    folder = SEEDS / law
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())


def rows(snapshot):
    [path] = pathlib.Path("data/snapshots").glob(f"{snapshot}/*/observations.csv.zst")
    text = subprocess.run(["zstd", "-dcq", path], capture_output=True, check=True).stdout.decode()
    return list(csv.reader(io.StringIO(text)))


def strings(rdata):
    """The joined character strings of TXT rdata without escapes beyond ASCII."""
    return "".join(part for i, part in enumerate(rdata.split('"')) if i % 2)


def table(head, part):
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([head, *part])
    return out.getvalue()


def name(text):
    return b"".join(bytes([len(label)]) + label.encode() for label in text.split(".") if label) + b"\0"


def message(qname, qtype, answers, flags=0x8180, authority=()):
    head = struct.pack("!6H", 7, flags, 1, len(answers), len(authority), 0)
    body = name(qname) + struct.pack("!2H", qtype, 1)
    for owner, rtype, rdata in [*answers, *authority]:
        body += owner + struct.pack("!2HIH", rtype, 1, 60, len(rdata)) + rdata
    return head + body


def main():
    shutil.rmtree(SEEDS, ignore_errors=True)
    names = ["example.com.", "a\\.b\\032c.example\nb.example", "_dmarc.example.org", "caf\u00e9.example\n.", "*.\\000.x", "%{i}._spf.x"]
    for i, text in enumerate(names):
        put("name", f"{i}", text)
    rdata = ["10 mx.example.com.", "0 .", '"v=spf1 -all" "\\255\\000\\""', "0 5 443 host.example.", "192.0.2.1", "2001:db8::1",
             "ns.example. root.example. 1 2 3 4 5", "\\# 3 00ff10", "\\# 0"]
    for i, text in enumerate(rdata):
        put("rdata", f"{i}", text)

    q = b"\xc0\x0c"
    put("reply", "mx", message("example.com", 15, [(q, 15, b"\0\x0a\4mail\xc0\x0c"), (q, 15, b"\0\0\0")]))
    put("reply", "txt", message("example.com", 16, [(q, 16, b"\x0bv=spf1 -all"), (q, 16, b"\2\xff\0\1\"")]))
    put("reply", "chain", message("a.x", 1, [(q, 5, name("b.x")), (name("b.x"), 5, name("c.x")), (name("c.x"), 1, b"\xc0\0\2\1")]))
    put("reply", "loop", message("a.x", 28, [(q, 5, name("b.x")), (name("b.x"), 5, q)]))
    put("reply", "nxdomain", message("a.x", 15, [(q, 5, name("b.x"))], 0x8183, [(name("x"), 6, name("ns.x") + name("r.x") + bytes(20))]))
    put("reply", "referral", message("a.x", 15, [], 0x8100, [(name("x"), 2, name("ns.x"))]))
    put("reply", "srv", message("_s._tcp.x", 33, [(q, 33, b"\0\0\0\5\1\xbb" + name("h.x"))]))
    put("reply", "servfail", message("a.x", 15, [], 0x8182))
    put("reply", "other", message("a.x", 65280, [(q, 65280, b"\0\xff\x10"), (q, 65280, b"")]))

    survey = rows("recorded-fortune20-2023-10-04")
    towns = rows("recorded-municipalities-2026-05-03")
    head, survey, towns = survey[0], survey[1:], towns[1:]
    texts = [strings(r[5]) for r in survey + towns if r[4] == "TXT"]
    spf = sorted({t for t in texts if t.lower().startswith("v=spf1")}, key=lambda t: (len(t), t))
    dmarc = sorted({t for t in texts if t.lower().startswith("v=dmarc1") and "redacted" not in t}, key=lambda t: (len(t), t))
    for i in range(0, 24):
        put("spf", f"{i}", spf[i * (len(spf) - 1) // 23][:600])
    odd = [t for t in spf if "%{" in t][:6] + [t for t in spf if "redirect" in t][:3] + [t for t in spf if "exists:" in t][:3]
    for i, text in enumerate(odd):
        put("spf", f"odd{i}", text[:600])
    for i in range(0, 12):
        put("dmarc", f"{i}", dmarc[i * (len(dmarc) - 1) // 11])
    put("dmarc", "tlsrpt", "v=TLSRPTv1; rua=mailto:a@b.example,https://c.example/v1")

    company = pathlib.Path("data/populations/fortune500-2025.csv").read_text().splitlines(True)
    put("population", "companies", "".join(company[:6]))
    put("population", "domains", "example.com\nhttps://www.example.org/x\n\u00fcber.example\ninfo@example.net\n")
    put("population", "ranked", "1,example.com\n2,example.org\n2,example.org\n")
    put("population", "quoted", 'domain,name,x\r\nexample.com,"A, ""B""",1\r\n"a\nb",c,d\r\n')

    def of(all_rows, domain):
        keep = [r for r in all_rows if r[0].rstrip(".").endswith(domain)]
        wanted = {t.split(" ")[-1] for r in keep if r[4] == "MX" for t in [r[5]]}
        wanted |= {w.split(":")[1] + "." for r in keep if r[4] == "TXT" for w in strings(r[5]).split() if w.startswith("include:")}
        return [r for r in all_rows if r in keep or r[0] in wanted]

    domains = [(survey, "citi.com"), (survey, "walmart.com"), (survey, "gm.com"), (towns, "vejle.dk"), (towns, "ghent.be"), (towns, "oslo.kommune.no")]
    for all_rows, domain in domains:
        part = of(all_rows, domain)[:60]
        if part:
            put("observations", domain, table(head, part))
            put("classify", domain, table(head, part))
            put("import_csv", domain, table(head, part[:20]))
    nasty = [["a.x.", "MX", "answered", "a.x.", "MX", t] for t in ["0 .", "10 192.0.2.1.", "10 a.x.", "10 \\000.", "20 mx.a.x.", "20 aspmx.l.google.com."]]
    nasty += [["a.x.", "TXT", "answered", "a.x.", "TXT", t] for t in ['"MS=ms1"', '"v=spf1 include:a.x redirect=a.x"', '"v=spf1 include:%{i}.b.x ?all"', '"\\255"', '""']]
    nasty += [["mx.a.x.", "A", "nxdomain", "mx.a.x.", "CNAME", "b.x."], ["mx.a.x.", "AAAA", "servfail", "", "", ""]]
    put("classify", "nasty", table(head, nasty))
    put("observations", "nasty", table(head, nasty))

    for i, path in enumerate(sorted(pathlib.Path("data/snapshots").glob("*/*/manifest.toml"))[:2]):
        put("manifest", f"{i}", path.read_bytes())
    for vendor in ["agari", "above", "cisco", "_private-brands", "_negative"]:
        path = pathlib.Path(f"data/vendors/{vendor}.toml")
        if path.exists():
            put("vendor", vendor, path.read_bytes()[:3000].rsplit(b"\n\n", 1)[0] + b"\n")

    imports = {"zdns": "zdns*.ndjson", "massdns": "massdns*", "dnsx": "dnsx*.ndjson", "dig": "dig*.txt", "csv": "synthetic-world.csv"}
    for law, glob in imports.items():
        for path in sorted(pathlib.Path("tests/import").glob(glob)):
            lines = path.read_bytes().splitlines(True)
            put(f"import_{law}", path.name, b"".join(lines[:60]))
    put("import_dig", "zone", b"".join(pathlib.Path("tests/import/synthetic.zone").read_bytes().splitlines(True)[:60]))
    put("import_mxmap", "0", '{"domain": "one.synthetic.example", "observed_at": "2026-05-03T06:56:41Z", "mx": ["one.mail.protection.outlook.com", ""],'
        ' "mx_cnames": {"one.mail.protection.outlook.com": "x.example"}, "spf": "v=spf1 include:spf.protection.outlook.com -all",'
        ' "autodiscover": {"autodiscover_cname": "autodiscover.outlook.com", "autodiscover_srv": "a.example"},'
        ' "dkim": {"selector1": "selector1-one._domainkey.one.onmicrosoft.com"}, "txt_verifications": {"microsoft": "ms1", "other": "x"}}\n')
    put("import_mxmap", "1", '{"domain": "web.synthetic.example", "mx": [], "spf": "", "dkim": {}}\n{"domain": "hosted.synthetic.example", "observed_at": "x"}\n')


main()
