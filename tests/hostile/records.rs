//! Answers that are valid DNS and hostile all the same, as the parsers and the rules see them.

use mxcensus::classify::{Classification, Flag, Verdict, Weight, classify};
use mxcensus::dns::{Answer, Name, Outcome, Question, Record, Type, quote_strings};
use mxcensus::mail::{dmarc, spf};
use mxcensus::observation::{Facts, Limits, Observation};
use mxcensus::plan::{Depth, MAX_EXCHANGES, Plan};
use mxcensus::vendor::Ruleset;

use super::world::{BAD, name, population};

/// As long as a TXT record can be.
const LONGEST: usize = 65_000;

fn fact(qname: &Name, qtype: Type, rdata: impl IntoIterator<Item = String>) -> (Question, Answer) {
    let records = rdata.into_iter().map(|rdata| Record { owner: qname.clone(), rtype: qtype, rdata: rdata.into() });
    (Question::new(qname.clone(), qtype), Answer::new(qname, Outcome::Answered, records.collect()))
}

fn txt(text: impl AsRef<[u8]>) -> String {
    quote_strings(text.as_ref().chunks(255))
}

/// What the rules say about the hostile domain, once it is checked that it adds up.
fn judge(facts: impl IntoIterator<Item = (Question, Answer)>) -> Classification {
    let (facts, rules, limits) = (Facts::new(facts), Ruleset::embedded(), Limits::default());
    let member = population([BAD.to_owned()]).members.remove(0);
    let plan = Plan::new(Depth::Deep, rules.labels.clone());
    let observation = Observation { member: &member, facts: &facts, plan: &plan, limits: &limits };
    let verdicts = classify(&observation, rules);
    for role in [&verdicts.gateway, &verdicts.mailbox] {
        assert_eq!(role.iter().map(|a| a.weight).sum::<Weight>(), 1.into());
    }
    verdicts
}

/// Terms glued together, thousands of times: read one by one, not one inside the other.
#[test]
fn a_record_of_glued_terms_does_not_exhaust_the_stack() {
    let text = format!("v=spf1 include:x.example{}", "~all".repeat(LONGEST / 4));
    let record = std::thread::Builder::new().stack_size(256 << 10).spawn(move || spf::parse_bytes(text.as_bytes())).unwrap();
    let record = record.join().unwrap().unwrap();
    assert_eq!(record.terms[0].domain().unwrap().as_str(), "x.example");
    assert!(record.findings.contains(&spf::Finding::GluedTerm));
}

#[test]
fn five_hundred_includes_and_a_loop() {
    let includes: Vec<String> = (0..500).map(|i| format!("include:{i}.bad.example")).collect();
    let root = format!("v=spf1 include:_spf.google.com {} include:bad.example -all", includes.join(" "));
    let bad = name(BAD);
    let mut facts = vec![fact(&bad, Type::Mx, ["10 mx.bad.example.".into()]), fact(&bad, Type::Txt, [txt(&root)])];
    facts.extend((0..500).map(|i| fact(&name(&format!("{i}.bad.example")), Type::Txt, [txt(&root)])));
    let verdicts = judge(facts);
    assert!(verdicts.sender.1.iter().any(|a| matches!(&a.verdict, Verdict::Vendor { vendor, .. } if &**vendor == "google")));
}

#[test]
fn text_of_every_byte_and_of_full_length() {
    let bytes: Vec<u8> = (0..LONGEST).map(|i| u8::try_from(i % 256).unwrap()).collect();
    let records = [
        txt(&bytes),
        txt([b"v=spf1 ".to_vec(), bytes.clone()].concat()),
        txt([b"v=spf1 include:".to_vec(), vec![b'a'; LONGEST - 20]].concat()),
        txt([b"v=spf1 include:".to_vec(), b"%{d}".repeat(LONGEST / 4 - 5)].concat()),
        txt(b"v=spf1 ".to_vec().into_iter().chain(b"a ".repeat(LONGEST / 2 - 5)).collect::<Vec<_>>()),
        txt([b"google-site-verification=".to_vec(), vec![b'x'; LONGEST - 30]].concat()),
        txt("\u{202e}\u{1b}[31mMS=ms1"),
        "not in quotes".to_owned(),
        String::new(),
    ];
    let bad = name(BAD);
    let below = |label: &str| bad.prepend(label).unwrap();
    let policy = txt(format!("v=DMARC1; p={}; rua={}", "x".repeat(9000), "mailto:a@b.example,".repeat(2000)));
    judge([
        fact(&bad, Type::Mx, ["0 .".into()]),
        fact(&bad, Type::Txt, records),
        fact(&below("_dmarc"), Type::Txt, [policy.clone()]),
        fact(&below("_smtp._tls"), Type::Txt, [txt(format!("v=TLSRPTv1; rua={}", "https://c.example/,".repeat(2000)))]),
    ]);
    assert_eq!(dmarc::parse(&policy).unwrap().rua.len(), 1, "each receiver once");
}

/// Exchanges that are no hosts receive no mail; the weights of the others still add up.
#[test]
fn exchanges_that_are_no_hosts() {
    let rdata = [
        "10 192.0.2.1.",
        "10 .",
        r"10 \000.",
        r"10 \027[2j.",
        "10 localhost.",
        "x",
        "70000 a.example.",
        "10 a..b",
        "10 bad.example.",
    ];
    let verdicts = judge([fact(&name(BAD), Type::Mx, rdata.map(str::to_owned))]);
    assert!(verdicts.gateway.iter().all(|a| !matches!(a.verdict, Verdict::Vendor { .. })), "{:?}", verdicts.gateway);
    let only = judge([fact(&name(BAD), Type::Mx, ["10 192.0.2.1.".into(), r"10 \000.".into()])]);
    assert!(only.flags.contains(&Flag::Misconfigured), "{:?}", only.flags);
}

/// Every tie splits the member in equal parts, however many exchanges tie.
#[test]
fn thousands_of_exchanges_that_tie() {
    let vendors = ["aspmx.l.google.com.", "mx1.hc1-1.iphmx.com.", "bad-example.mail.protection.outlook.com."];
    let own = (0..4000).map(|i| format!("10 {i}.bad.example."));
    let verdicts = judge([fact(&name(BAD), Type::Mx, own.chain(vendors.map(|v| format!("10 {v}"))))]);
    assert_eq!(verdicts.gateway.len(), 4, "{:?}", verdicts.gateway);
    assert!(verdicts.flags.contains(&Flag::Split));
}

/// What a plan asks about one member is bounded whatever the answers are.
#[test]
fn a_plan_is_bounded() {
    let plan = Plan::new(Depth::Deep, Ruleset::embedded().labels.clone());
    let member = population([BAD.to_owned()]).members.remove(0);
    let bad = name(BAD);
    let mx = fact(&bad, Type::Mx, (0..5000).map(|i| format!("{} {i}.bad.example.", i % 7)));
    let roots = plan.roots(&member);
    let step = roots.iter().find(|s| s.question.qtype == Type::Mx).unwrap();
    let exchanges = plan.follow(&member, step, &mx.1);
    assert!(exchanges.len() <= 3 * MAX_EXCHANGES);
    assert!(
        exchanges.iter().all(|s| s.question.qname.labels().next().is_some_and(|l| l.parse::<u32>().unwrap() % 7 == 0)),
        "the most preferred"
    );
    let address = exchanges.iter().find(|s| s.question.qtype == Type::A).unwrap();
    let a = fact(&address.question.qname, Type::A, (0..5000_u32).map(|i| std::net::Ipv4Addr::from(i).to_string()));
    assert!(plan.follow(&member, address, &a.1).len() <= 2 * 16);
    let text = roots.iter().find(|s| s.question.qtype == Type::Txt && s.question.qname == bad).unwrap();
    let many = (0..300).map(|i| txt(format!("v=spf1 include:a{i}.x include:b{i}.x -all")));
    assert!(plan.follow(&member, text, &fact(&bad, Type::Txt, many).1).len() <= 10);
}
