//! One million observations of five records each must be classified in five seconds on one core at
//! depth `mx`: 5 microseconds an observation. `cargo bench --bench classify`; figures in `README.md`.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use mxcensus::classify::classify;
use mxcensus::dns::{Answer, Name, Outcome, Question, Record, Type, quote_strings};
use mxcensus::observation::{Facts, Limits, Observation};
use mxcensus::plan::{Depth, Plan};
use mxcensus::population::Member;
use mxcensus::vendor::Ruleset;

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
    // A look-up must not depend on the number of rules: 735 of them, and names that none matches.
    let names: Vec<Name> = (0..1000).map(|i| Name::parse(&format!("a.b{i}.mail.protection.example")).unwrap()).collect();
    let mut group = c.benchmark_group("match_name");
    group.throughput(Throughput::Elements(names.len() as u64));
    group.bench_function("1,000 names that no rule knows", |b| {
        b.iter(|| names.iter().filter(|n| rules.match_name(mxcensus::vendor::Signal::MxHost, n).is_some()).count());
    });
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
