//! One million observations of five records each must be classified in five seconds on one core at
//! depth `mx`: 5 microseconds an observation. `cargo bench --bench classify`; figures in `README.md`.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use mxcensus::classify::classify;
use mxcensus::dns::{Answer, Name, Outcome, Question, Record, Type, quote_strings};
use mxcensus::observation::{Facts, Limits, Observation};
use mxcensus::plan::{Depth, Plan};
use mxcensus::population::Member;
use mxcensus::vendor::{Ruleset, Signal, VENDOR_FILES};

/// Made-up members over the shapes that recordings hold: filters, hosts, own and unknown exchanges, each
/// with two exchanges and three TXT records.
fn worlds(n: usize) -> Vec<(Member, Facts)> {
    (0..n)
        .map(|i| {
            let domain = Name::parse(&format!("member{i}.example")).unwrap();
            let (one, two) = match i % 5 {
                0 => (format!("member{i}-example.mail.protection.outlook.com."), "aspmx.l.google.com.".to_owned()),
                1 => (format!("mxa-{i:08x}.gslb.pphosted.com."), format!("mxb-{i:08x}.gslb.pphosted.com.")),
                2 => (format!("mail.member{i}.example."), format!("mail2.member{i}.example.")),
                3 => (format!("mx1.hc{i}-12.iphmx.com."), format!("mx2.hc{i}-12.iphmx.com.")),
                _ => ("mx1.unknown.example.".to_owned(), "mx2.unknown.example.".to_owned()),
            };
            let record = |rtype, rdata: String| Record { owner: domain.clone(), rtype, rdata: rdata.into() };
            let mx = vec![record(Type::Mx, format!("10 {one}")), record(Type::Mx, format!("20 {two}"))];
            let spf = "v=spf1 include:spf.protection.outlook.com include:_spf.salesforce.com include:sendgrid.net ip4:192.0.2.0/24 -all";
            let texts = [spf.to_owned(), format!("MS=ms{i:08}"), format!("google-site-verification={i:043}")];
            let txt = texts.map(|t| record(Type::Txt, quote_strings([t]))).to_vec();
            let answer = |rtype, records| {
                (Question::new(domain.clone(), rtype), Answer::new(&domain, Outcome::Answered, records))
            };
            let facts = Facts::new([answer(Type::Mx, mx), answer(Type::Txt, txt)]);
            let id = domain.bare().into();
            (Member { id, name: "".into(), domain, mail_domain: None, rank: None, cohorts: Vec::new() }, facts)
        })
        .collect()
}

fn bench(c: &mut Criterion) {
    let rules = Ruleset::embedded();
    let plan = Plan::new(Depth::Mx, rules.labels.clone());
    let limits = Limits::default();
    let worlds = worlds(10_000);
    let mut group = c.benchmark_group("classify");
    group.throughput(Throughput::Elements(worlds.len() as u64)).sample_size(20);
    group.bench_function("10,000 observations, depth mx", |b| {
        b.iter(|| {
            for (member, facts) in &worlds {
                black_box(classify(&Observation { member, facts, plan: &plan, limits: &limits }, rules));
            }
        });
    });
    group.finish();
    let mut group = c.benchmark_group("match_name");
    group.throughput(Throughput::Elements(1000));
    for (rules, called) in rulesets() {
        let hosts = rules.rules.iter().filter(|r| r.signal == Signal::MxHost).count();
        for (names, kind) in [(unknown(), "no rule knows"), (known(), "a rule knows")] {
            group.bench_function(format!("1,000 names that {kind}, {called}: {hosts} rules for exchanges"), |b| {
                b.iter(|| names.iter().filter(|n| rules.match_name(Signal::MxHost, n).is_some()).count());
            });
        }
    }
    group.finish();
}

/// The rules of the program, half of its files, and the rules with made-up ones beside them.
fn rulesets() -> Vec<(Ruleset, &'static str)> {
    let made_up = |n: usize| {
        let mut text = String::from("id = 'made-up'\nname = 'Made up'\nwebsite = 'https://made-up.example'\n[[product]]\n");
        text.push_str("id = 'filter'\nname = 'Filter'\nroles = ['gateway']\n");
        for i in 0..n {
            let rule = "signal = 'mx-host'\ncertainty = 'high'\nsource = 'made up'";
            text.push_str(&format!("[[product.rule]]\nid = 'made-up-{i}'\npattern = 'mx.vendor{i}.example'\n{rule}\n"));
        }
        text
    };
    let of = |files: Vec<(&str, &str)>| Ruleset::from_files(files).expect("these files load");
    let all = |extra: usize| of([VENDOR_FILES, &[("made-up.toml", &made_up(extra))]].concat());
    // Files with an underscore hold what vendors share; the exchanges of `known` belong to these two.
    let kept = |name: &str| ["_", "proofpoint", "microsoft"].iter().any(|k| name.starts_with(k));
    let half = VENDOR_FILES.iter().enumerate().filter(|(i, (name, _))| i % 2 == 0 || kept(name)).map(|(_, file)| *file);
    vec![(of(half.collect()), "half the files"), (all(0), "all"), (all(3_000), "many times"), (all(30_000), "very many times")]
}

fn names(of: impl Fn(usize) -> String) -> Vec<Name> {
    (0..1000).map(|i| Name::parse(&of(i)).unwrap()).collect()
}

fn unknown() -> Vec<Name> {
    names(|i| format!("a.b{i}.mail.protection.example"))
}

fn known() -> Vec<Name> {
    names(|i| if i % 2 == 0 { format!("mxa-{i:08x}.gslb.pphosted.com") } else { format!("d{i}.mail.protection.outlook.com") })
}

criterion_group!(benches, bench);
criterion_main!(benches);
