//! Small made-up recordings: every value becomes a record, a count or an error with its line.

use std::fs;
use std::path::Path;

use super::super::*;
use crate::plan::Kind;
use crate::population::{About, parse};
use crate::snapshot::observations;

fn population(domains: &str) -> Population {
    parse(domains.as_bytes(), "synthetic", About::default()).unwrap().population
}

fn options() -> Options {
    Options { date: "2026-05-03".to_owned(), source: "made up".to_owned(), ..Options::default() }
}

fn file(dir: &Path, name: &str, text: &str) -> PathBuf {
    let path = dir.join(name);
    fs::write(&path, text).unwrap();
    path
}

fn csv_text(facts: &Facts) -> String {
    let mut bytes = Vec::new();
    observations::write(facts, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

const FIRST: &str = r#"{"domain": "a.example", "observed_at": "2026-04-01T10:00:00Z", "mx": ["mx1.a.example", "MX2.a.example", "mx1.a.example"], "mx_cnames": {"mx2.a.example": "in.vendor.example"}, "mx_asns": [1], "mx_countries": ["GB"], "spf": "v=spf1 include:vendor.example –all", "autodiscover": {"autodiscover_cname": "autodiscover.outlook.com", "autodiscover_srv": "srv.vendor.example"}, "dkim": {"selector1": "selector1-a._domainkey.a.onmicrosoft.com"}, "txt_verifications": {"microsoft": "ms123", "google": "tok\"en"}, "m365_tenant": "Managed"}

{"domain": "b.example", "observed_at": "2026-04-02T10:00:00Z", "mx": [""], "spf": ""}
"#;

const SECOND: &str = r#"{"domain": "c.example", "observed_at": "2026-05-03T10:00:00Z", "mx": ["~", "a..b"], "mx_cnames": {"x..y": "z"}, "spf": "", "dkim": {"s1": "t.example", "google": ""}, "autodiscover": {"autodiscover_cname": "b..ad", "xml": "x"}, "txt_verifications": {"nobody": "x"}}
{"domain": "d.example", "observed_at": "2026-05-03T11:00:00Z", "mx": []}
{"domain": "stranger.example", "observed_at": "2020-01-01T00:00:00Z", "mx": ["mx.example"]}
"#;

#[test]
fn mxmap_rows_become_records_and_counts() {
    let dir = tempfile::tempdir().unwrap();
    let inputs = [file(dir.path(), "1.ndjson", FIRST), file(dir.path(), "2.ndjson", SECOND)];
    let previous = file(dir.path(), "0.ndjson", &FIRST.replace("2026-04-02", "2026-03-02"));
    let list = population("a.example\nb.example\nc.example\nd.example\nabsent.example\n");
    let options = Options { previous: vec![previous], notes: vec!["First.".to_owned()], ..options() };
    let (facts, draft, report) = import(&inputs, Format::Mxmap, &list, &options).unwrap();

    let text = csv_text(&facts);
    let answered: Vec<&str> = text.lines().skip(1).filter(|line| !line.ends_with(",unrecorded,,,")).collect();
    assert_eq!(
        answered,
        [
            r#"a.example.,MX,answered,a.example.,MX,0 mx1.a.example."#,
            r#"a.example.,MX,answered,a.example.,MX,0 mx2.a.example."#,
            r#"a.example.,TXT,answered,a.example.,TXT,"""MS=ms123""""#,
            r#"a.example.,TXT,answered,a.example.,TXT,"""google-site-verification=tok\""en""""#,
            r#"a.example.,TXT,answered,a.example.,TXT,"""v=spf1 include:vendor.example \226\128\147all""""#,
            r#"selector1._domainkey.a.example.,CNAME,answered,selector1._domainkey.a.example.,CNAME,selector1-a._domainkey.a.onmicrosoft.com."#,
            r#"_autodiscover._tcp.a.example.,SRV,answered,_autodiscover._tcp.a.example.,SRV,0 0 443 srv.vendor.example."#,
            r#"autodiscover.a.example.,CNAME,answered,autodiscover.a.example.,CNAME,autodiscover.outlook.com."#,
            r#"mx2.a.example.,CNAME,answered,mx2.a.example.,CNAME,in.vendor.example."#,
            r#"b.example.,MX,answered,b.example.,MX,0 ."#,
            r#"c.example.,MX,answered,c.example.,MX,0 ~."#,
        ]
    );
    let skipped: Vec<String> = report.skipped.iter().map(|s| format!("{} {} {}", s.count, s.reason, s.first)).collect();
    assert_eq!(
        skipped,
        [
            "1 CNAME of an exchange that is not a name 2.ndjson:1",
            "1 DKIM selector that mxmap is not known to ask 2.ndjson:1",
            "1 DKIM target that is not a name 2.ndjson:1",
            "1 autodiscover record of an unknown type 2.ndjson:1",
            "1 autodiscover target that is not a name 2.ndjson:1",
            "1 domain that is not in the list 2.ndjson:3",
            "1 exchange that is not a name 2.ndjson:1",
            "1 exchange that stands twice at its domain 1.ndjson:1",
            "1 verification token of an unknown service 2.ndjson:1",
        ]
    );
    let ImportReport { rows, records, answered, absent, not_asked_again, conflicts, .. } = report;
    assert_eq!((rows, records, answered, absent, not_asked_again, conflicts), (5, 11, 8, 1, 1, 0));
    // Seven root questions a member, and a CNAME for each of the exchanges mx1, mx2 and ~.
    assert_eq!((facts.len(), report.unrecorded), (5 * 7 + 3, 30));

    assert_eq!((&*draft.observed_from, &*draft.observed_to), ("2026-04-01", "2026-05-03"));
    assert_eq!(draft.finished.as_deref(), Some("2026-05-03T11:00:00Z"));
    assert_eq!(draft.limits.partial, [Kind::Txt, Kind::AutodiscoverSrv].into());
    let reconstructed: Vec<&str> = draft.limits.reconstructed.iter().map(String::as_str).collect();
    assert_eq!(reconstructed, ["cname-links", "mx-preference", "srv-numbers", "txt-bytes", "txt-token-prefix"]);
    assert_eq!(
        draft.notes,
        [
            "First.",
            "For 2 of 5 domains the source does not tell whether there is an MX record.",
            "1 of 5 domains were not asked again since the recording before; their earlier answers stand here.",
            "The source kept no MX preferences; all exchanges of a domain count as equally preferred.",
        ]
    );
    assert!(draft.warnings.contains(&"left out 1 times: exchange that is not a name, first 2.ndjson:1".to_owned()));

    let reversed: Vec<PathBuf> = inputs.iter().rev().cloned().collect();
    assert_eq!(import(&reversed, Format::Mxmap, &list, &options).unwrap().0, facts);
}

/// Every question that the plan of an import asks has a row, so that a replay can answer it.
#[test]
fn no_question_of_the_plan_is_without_a_row() {
    let dir = tempfile::tempdir().unwrap();
    let list = population("a.example\nb.example\nc.example\n");
    let (facts, draft, _) = import(&[file(dir.path(), "1.ndjson", FIRST)], Format::Mxmap, &list, &options()).unwrap();
    for member in &list.members {
        let observation = Observation { member, facts: &facts, plan: &draft.plan, limits: &draft.limits };
        assert!(observation.questions().iter().all(|(_, answer)| answer.is_some()), "{member:?}");
    }
}

#[test]
fn csv_rows_give_the_kinds_they_hold_and_what_the_plan_would_not_ask() {
    let dir = tempfile::tempdir().unwrap();
    let rows = "qname,qtype,outcome,owner,type,rdata\n\
        MX.vendor.example,A,answered,mx.vendor.example,A,192.0.2.1\n\
        a.example,MX,answered,A.example,MX,10 MX.vendor.example\n\
        b.example,MX,nxdomain,,,\n\
        b.example,MX,timeout,,,\n\
        a.example,TXT,answered,a.example,TXT,\"\"\"v=spf1 include:spf.vendor.example -all\"\"\"\n\
        spf.vendor.example,TXT,answered,spf.vendor.example,TXT,\"\"\"v=spf1 -all\"\"\"\n\
        elsewhere.example,MX,answered,elsewhere.example,MX,10 mx.example\n\
        s7._domainkey.a.example,CNAME,answered,s7._domainkey.a.example,CNAME,s7.vendor.example\n\
        google._domainkey.a.example,CNAME,nodata,,,\n\
        google._domainkey.a.example,TXT,answered,google._domainkey.a.example,TXT,\"\"\"v=DKIM1\"\"\"\n";
    let list = population("a.example\nb.example\n");
    let limits = Limits { partial: [Kind::Txt, Kind::Bimi].into(), reconstructed: ["txt-string-borders".to_owned()].into() };
    let options = Options { limits, ..options() };
    let (facts, draft, report) = import(&[file(dir.path(), "rows.csv", rows)], Format::Csv, &list, &options).unwrap();
    let kinds: Vec<&str> = draft.plan.kinds.iter().map(|kind| kind.as_str()).collect();
    assert_eq!(kinds, ["mx", "txt", "exchange-address", "spf-tree", "dkim-google", "dkim-vendors"]);
    assert_eq!(draft.plan.labels.vendor_selectors, ["s7"]);
    assert_eq!(draft.limits.partial, [Kind::Txt].into(), "what is not in the plan cannot be partial");
    let outside: Vec<String> = report.outside_plan.iter().map(|(question, n)| format!("{question} {n}")).collect();
    assert_eq!(outside, ["elsewhere.example. MX 1"]);
    let question = |name: &str, qtype| Question::new(Name::parse(name).unwrap(), qtype);
    assert_eq!(facts.get(&question("b.example", Type::Mx)).unwrap().outcome, Outcome::Nxdomain);
    assert_eq!(facts.get(&question("b.example", Type::Txt)).unwrap().outcome, Outcome::Unrecorded);
    assert_eq!(facts.get(&question("mx.vendor.example", Type::Aaaa)).unwrap().outcome, Outcome::Unrecorded);
    assert_eq!(draft.observed_from, "2026-05-03");
    assert_eq!(draft.started, None);

    let packed = dir.path().join("rows.csv.zst");
    fs::write(&packed, zstd::encode_all(rows.as_bytes(), 3).unwrap()).unwrap();
    assert_eq!(import(&[packed], Format::Csv, &list, &options).unwrap().0, facts);

    // What was imported can be imported again, to the same facts.
    let again = file(dir.path(), "again.csv", &csv_text(&facts));
    assert_eq!(import(&[again], Format::Csv, &list, &options).unwrap().0, facts);
}

#[test]
fn a_small_file_cannot_unpack_to_a_large_one() {
    let dir = tempfile::tempdir().unwrap();
    let list = population("a.example\n");
    let packed = |name: &str, text: &str| {
        let long = text.repeat((40 << 20) / text.len());
        let path = dir.path().join(name);
        fs::write(&path, zstd::encode_all(long.as_bytes(), 3).unwrap()).unwrap();
        assert!(fs::metadata(&path).unwrap().len() < 16 << 10, "{name} is small");
        path
    };
    for (name, text, format, complaint) in [
        ("blank.ndjson.zst", "\n", Format::Zdns, "more than 2000 times its size"),
        ("comments.txt.zst", "; nothing\n", Format::Dig, "more than 2000 times its size"),
        ("quoted.csv.zst", "x", Format::Csv, "a row without end"),
    ] {
        let path = packed(name, text);
        let error = import(&[path], format, &list, &options()).map(|_| name).unwrap_err().to_string();
        assert!(error.contains(name) && error.contains(complaint), "{name}: {}", &error[..error.len().min(400)]);
    }
}

#[test]
fn what_cannot_be_imported_names_file_and_line() {
    let dir = tempfile::tempdir().unwrap();
    let list = population("a.example\n");
    let fails = |name: &str, text: &str, format| {
        import(&[file(dir.path(), name, text)], format, &list, &options()).unwrap_err().to_string()
    };
    assert!(fails("a.ndjson", "{\"domain\": \"a.example\"}\n{\"domain\"", Format::Mxmap).contains("a.ndjson:2: EOF"));
    assert!(fails("a.ndjson", "{\"mx\": []}", Format::Mxmap).contains("a.ndjson:1: missing field `domain`"));
    assert!(fails("a.ndjson", "{\"domain\": \"a..b\"}", Format::Mxmap).contains("a.ndjson:1: domain \"a..b\": empty label"));
    let when = "{\"domain\": \"a.example\", \"observed_at\": \"yesterday\"}";
    assert!(fails("a.ndjson", when, Format::Mxmap).contains("a.ndjson:1: observed_at \"yesterday\""));
    assert!(fails("a.ndjson", "{\"domain\": \"b.example\"}", Format::Mxmap).contains("none of the 1 rows is about a member"));
    assert!(fails("a.csv", "qname,qtype,outcome,owner,type,rdata\na.example,MX\n", Format::Csv).contains("a.csv:2: 2 fields"));
    let undated = Options { date: "May".to_owned(), ..options() };
    assert!(import(&["x".into()], Format::Csv, &list, &undated).unwrap_err().to_string().contains("--date \"May\""));
    assert!(import(&[], Format::Csv, &list, &options()).unwrap_err().to_string().contains("at least one"));
    assert!(import(&["nowhere".into()], Format::Csv, &list, &options()).unwrap_err().to_string().contains("nowhere"));
    assert_eq!("mxmap".parse::<Format>().unwrap(), Format::Mxmap);
    assert!("zonefile".parse::<Format>().unwrap_err().contains("expected csv, mxmap"));
}
