//! Statuses, and inputs that nobody would write.

mod rows;

use proptest::prelude::*;

use super::*;
use crate::population::About;

fn members() -> Population {
    crate::population::parse("one.synthetic.example\n".as_bytes(), "synthetic", About::default()).unwrap().population
}

#[test]
fn every_known_status_has_one_meaning() {
    use reply::{Said, said};
    assert_eq!(said("NOERROR"), Said::Records);
    for (status, outcome) in [
        ("NXDOMAIN", Outcome::Nxdomain),
        ("SERVFAIL", Outcome::Servfail),
        ("REFUSED", Outcome::Refused),
        ("TIMEOUT", Outcome::Timeout),
        ("ITERATIVE_TIMEOUT", Outcome::Timeout),
        ("FORMERR", Outcome::Malformed),
        ("RESERVED12", Outcome::Malformed),
        ("ERROR", Outcome::NetworkError),
        ("NO_ANSWER", Outcome::Nodata),
    ] {
        assert_eq!(said(status), Said::Outcome(outcome), "{status}");
    }
    for status in ["NO_OUTPUT", "BLACKLIST", "ILLEGAL_INPUT", "MAXRETRIES", "", "RESERVED", "no such word"] {
        assert_eq!(said(status), Said::Nothing, "{status}");
    }
}

#[test]
fn a_status_that_says_nothing_is_counted_and_shown() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("massdns.ndjson");
    let text = r#"{"name":"one.synthetic.example.","type":"TXT","class":"IN","error":"MAXRETRIES"}
{"name":"one.synthetic.example.","type":"MX","class":"IN","status":"NXDOMAIN","data":{}}"#;
    std::fs::write(&path, text).unwrap();
    let options = Options { date: "2026-11-22".to_owned(), ..Options::default() };
    let (facts, draft, report) = import(&[path], Format::Massdns, &members(), &options).unwrap();
    assert_eq!(report.statuses.len(), 2);
    assert_eq!(report.statuses[0], StatusCount { status: "MAXRETRIES".to_owned(), outcome: None, count: 1 });
    assert_eq!(draft.warnings, ["status \"MAXRETRIES\" came 1 times and says nothing of the question"]);
    assert_eq!(facts.len(), 1);
}

proptest! {
    /// No input ends in a panic: not lines that are nearly right, not bytes of any kind.
    #[test]
    fn no_input_panics(
        lines in proptest::collection::vec(
            prop_oneof![
                "[ ;()\"\\\\a-z0-9.$@{}:\t]{0,60}",
                "(one.synthetic.example.|x)[ \t](IN |60 )?(MX|TXT|A|CNAME|SOA|TYPE9) [ -~]{0,30}",
                "(;; ->>HEADER<<- opcode: QUERY, status: (NOERROR|X)|;; QUESTION SECTION:|;; ANSWER SECTION:|;a. IN MX|;; no servers could be reached)",
                any::<String>(),
            ],
            0..12,
        ),
        format in proptest::sample::select(Format::ALL.to_vec()),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("input");
        std::fs::write(&path, lines.join("\n")).unwrap();
        let options = Options { date: "2026-11-22".to_owned(), ..Options::default() };
        let _ = import(&[path], format, &members(), &options);
    }
}
