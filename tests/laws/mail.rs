//! What strangers write about their mail, and what the rules make of it.

use std::collections::BTreeSet;

use mxcensus::classify::{self, classify as judge};
use mxcensus::dns::{Name, Type, quote_strings};
use mxcensus::mail::{dmarc as policy, spf as sender};
use mxcensus::observation::{self, Limits, Observation};
use mxcensus::plan::{Depth, Kind, Plan};
use mxcensus::population::Member;
use mxcensus::snapshot::observations;
use mxcensus::vendor::{Role, Ruleset};

/// An SPF record of any bytes: its terms written out read back as the same terms.
pub fn spf(data: &[u8]) {
    let Some(record) = sender::parse_bytes(data) else { return };
    let at = Name::parse("example.com").unwrap();
    for term in &record.terms {
        _ = term.followed_target(&at);
        if let Some(domain) = term.domain() {
            assert!(domain.literal_suffix().is_none_or(|n| !n.is_root()));
            _ = domain.expand(&at);
        }
    }
    assert!(record.lookups().count() <= record.terms.len());
    assert!(record.reachable().count() <= record.terms.len());
    let text: Vec<String> = record.terms.iter().map(ToString::to_string).collect();
    let again = sender::parse_bytes(format!("v=spf1 {}", text.join(" ")).as_bytes()).expect("what is written is a record");
    assert_eq!(again.terms, record.terms);
    // The same text as TXT data, whatever its bytes.
    assert_eq!(sender::parse(&quote_strings(data.chunks(255))), Some(record));
}

/// A DMARC or TLS-RPT record of any bytes: receivers are names, each once.
pub fn dmarc(data: &[u8]) {
    let rdata = quote_strings(data.chunks(255));
    let record = policy::parse(&rdata);
    assert_eq!(record.is_some(), policy::is_record(&rdata));
    for list in record.iter().flat_map(|r| [&r.rua, &r.ruf]) {
        assert_eq!(list.iter().collect::<BTreeSet<_>>().len(), list.len(), "each once");
        assert!(list.iter().all(|n| !n.is_root()));
    }
    _ = policy::tls_rpt(&rdata);
    // Also what was never quoted.
    _ = policy::parse(&String::from_utf8_lossy(data));
}

/// One member's answers, as rows of any content: verdicts add up, evidence is there, and the same
/// answers give the same verdicts.
pub fn classify(data: &[u8]) {
    let rules = Ruleset::embedded();
    let answers = observations::Reader::lenient(data).map_while(Result::ok);
    let (facts, _) = observation::merge(answers);
    let asked = facts.iter().find(|(q, _)| q.qtype == Type::Mx).or(facts.iter().next()).map(|(q, _)| q.qname.clone());
    let Some(asked) = asked else { return };
    let member = Member {
        id: asked.bare().into(),
        name: "Fuzzed".into(),
        domain: asked,
        mail_domain: None,
        rank: None,
        cohorts: Vec::new(),
    };
    let plan = Plan::new(Depth::Deep, rules.labels.clone());
    for limits in [Limits::default(), blurred()] {
        let observation = Observation { member: &member, facts: &facts, plan: &plan, limits: &limits };
        let verdicts = judge(&observation, rules);
        for role in [&verdicts.gateway, &verdicts.mailbox] {
            let sum: classify::Weight = role.iter().map(|a| a.weight).sum();
            assert_eq!(sum, 1.into(), "{role:?}");
            assert!(role.iter().all(|a| a.weight > 0.into()), "{role:?}");
        }
        for role in Role::ALL {
            let named = verdicts.role(role).iter().filter(|a| matches!(a.verdict, classify::Verdict::Vendor { .. }));
            named.for_each(|a| assert!(!a.evidence.is_empty(), "{a:?}"));
        }
        assert_eq!(judge(&observation, rules), verdicts);
        let questions = observation.questions();
        assert!(questions.len() < 5000, "{} questions", questions.len());
    }
}

/// What the least exact of sources can say.
fn blurred() -> Limits {
    let partial = Kind::ALL.iter().copied().collect();
    Limits { partial, reconstructed: ["mx-preference", "srv-numbers", "txt-token-prefix"].map(str::to_owned).into() }
}
