//! What one question costs apart from system calls: writing it, reading its reply, and planning what
//! is asked next. hickory-proto, which is the reference, beside the program's own short cut.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use hickory_proto::op::{Edns, Message, OpCode, Query};
use mxcensus::dns::{Answer, Name, Outcome, Question, Record, Type, plain, wire};
use mxcensus::plan::{Depth, Labels, Plan};
use mxcensus::population::Member;
use rand::SeedableRng;
use rand::rngs::StdRng;

fn question(qtype: Type) -> Question {
    Question::new(Name::parse("bench-synthetic-name.example.").unwrap(), qtype)
}

/// A reply as servers give it: question, records, an empty OPT record; with where its question ends.
fn reply(question: &Question, rdata: &[&str]) -> (Vec<u8>, usize) {
    let mut message = Message::response(7, OpCode::Query);
    message.add_query(Query::query(wire::wire_name(&question.qname).unwrap(), wire::wire_type(question.qtype)));
    let end = message.to_vec().unwrap().len();
    for rdata in rdata {
        let record = Record { owner: question.qname.clone(), rtype: question.qtype, rdata: (*rdata).into() };
        message.add_answer(wire::wire_record(&record, 300).unwrap());
    }
    message.set_edns(Edns::new());
    (message.to_vec().unwrap(), end)
}

fn codec(c: &mut Criterion) {
    let mut group = c.benchmark_group("codec");
    let mx = question(Type::Mx);
    let mut bytes = Vec::new();
    let mut random = StdRng::seed_from_u64(1);
    group.bench_function("query", |b| b.iter(|| plain::query(&mut bytes, black_box(&mx), Some(&mut random))));
    group.bench_function("query_hickory", |b| {
        b.iter(|| {
            let mut message = Message::query();
            message.add_query(Query::query(wire::wire_name(black_box(&mx.qname)).unwrap(), wire::wire_type(mx.qtype)));
            message.set_edns(Edns::new());
            message.to_vec().unwrap()
        });
    });
    let replies: [(&str, Type, &[&str]); 3] = [
        ("mx", Type::Mx, &["10 mxa-0001.gslb.example.net.", "20 mxb-0001.gslb.example.net."]),
        (
            "txt",
            Type::Txt,
            &["\"v=spf1 include:_spf.example.net ~all\"", "\"site-verification=0123456789abcdef0123456789abcdef\""],
        ),
        ("nodata", Type::Mx, &[]),
    ];
    for (what, qtype, rdata) in replies {
        let question = question(qtype);
        let (message, end) = reply(&question, rdata);
        let by_hickory = || wire::answer(&question, &Message::from_vec(black_box(&message)).unwrap());
        assert_eq!(plain::answer(&question, &message, end), Some(by_hickory()));
        group.bench_function(format!("reply_{what}"), |b| b.iter(|| plain::answer(&question, black_box(&message), end)));
        group.bench_function(format!("reply_{what}_hickory"), |b| b.iter(by_hickory));
    }
    group.finish();
}

fn planner(c: &mut Criterion) {
    let mut group = c.benchmark_group("plan");
    let domain = Name::parse("bench-synthetic-name.example.").unwrap();
    let member =
        Member { id: "m".into(), name: "".into(), domain: domain.clone(), mail_domain: None, rank: None, cohorts: Vec::new() };
    let record = |rtype, rdata: &str| Record { owner: domain.clone(), rtype, rdata: rdata.into() };
    let mx = Answer::new(
        &domain,
        Outcome::Answered,
        vec![record(Type::Mx, "10 mxa.example.net."), record(Type::Mx, "20 mxb.example.net.")],
    );
    let txt = "\"v=spf1 include:_spf.example.net include:spf.example.org ip4:192.0.2.0/24 ~all\"";
    let txt = Answer::new(&domain, Outcome::Answered, vec![record(Type::Txt, txt)]);
    for depth in [Depth::Mx, Depth::Standard, Depth::Deep] {
        let plan = Plan::new(depth, Labels::default());
        let roots = plan.roots(&member);
        group.bench_function(format!("roots_{}", depth.as_str()), |b| b.iter(|| plan.roots(black_box(&member))));
        group.bench_function(format!("follow_{}", depth.as_str()), |b| {
            b.iter(|| {
                let follow = |step| plan.follow(&member, step, if step.question.qtype == Type::Mx { &mx } else { &txt }).len();
                roots.iter().filter(|s| matches!(s.question.qtype, Type::Mx | Type::Txt)).map(follow).sum::<usize>()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, codec, planner);
criterion_main!(benches);
