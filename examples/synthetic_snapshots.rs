//! Two sealed snapshots of a long made-up list, for measuring `diff`:
//!
//! ```sh
//! cargo run --release --example synthetic_snapshots -- 1000000 output/synthetic
//! ```
//!
//! Depth `mx`: MX and TXT of every domain, addresses where there is no MX. About 3 % of the members
//! change their answers between both (another share as third argument, in per cent), 2 % leave and 2 %
//! enter. Same arguments, same bytes.

use std::path::PathBuf;
use std::process::ExitCode;

use mxcensus::dns::{Answer, Name, Outcome, Question, Record, Type};
use mxcensus::observation::Facts;
use mxcensus::plan::{Depth, Labels, Plan};
use mxcensus::population::{Member, Population, Unit};
use mxcensus::provenance::Kind;
use mxcensus::snapshot::{ManifestDraft, seal};

/// splitmix64 (Steele, Lea, Flood 2014): enough for made-up data, the same everywhere.
fn mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn domain(n: u64) -> Name {
    Name::parse(&format!("s{:012x}-synthetic.example", mix(n) >> 16)).expect("a plain name")
}

/// Exchanges and the SPF include of a kind of domain, in rough proportion to the web at large.
fn service(name: &Name, draw: u64) -> (Vec<String>, Option<&'static str>) {
    let host = name.bare().replace('.', "-");
    match draw % 100 {
        0..21 => {
            let hosts = ["1 aspmx.l", "5 alt1.aspmx.l", "5 alt2.aspmx.l", "10 alt3.aspmx.l", "10 alt4.aspmx.l"];
            (hosts.map(|h| format!("{h}.google.com.")).into(), Some("_spf.google.com"))
        }
        21..38 => (vec![format!("0 {host}.mail.protection.outlook.com.")], Some("spf.protection.outlook.com")),
        38..41 => (
            vec![
                format!("10 mxa-{:08x}.gslb.pphosted.com.", draw >> 32),
                format!("10 mxb-{:08x}.gslb.pphosted.com.", draw >> 32),
            ],
            Some("spf.protection.outlook.com"),
        ),
        41..43 => (
            vec!["10 eu-smtp-inbound-1.mimecast.com.".into(), "10 eu-smtp-inbound-2.mimecast.com.".into()],
            Some("eu._netblocks.mimecast.com"),
        ),
        43..44 => (vec![format!("10 {host}.in.tmes.trendmicro.eu."), format!("10 {host}.mail.protection.outlook.com.")], None),
        44..60 => (vec![format!("10 mail.{name}")], Some("mx")),
        60..72 => (vec!["0 smtp.secureserver.net.".into(), "10 mailstore1.secureserver.net.".into()], Some("secureserver.net")),
        72..85 => (vec![format!("10 mx1.host-{}.example.", draw >> 40), format!("20 mx2.host-{}.example.", draw >> 40)], None),
        _ => (Vec::new(), None),
    }
}

fn answers(name: &Name, draw: u64, out: &mut Vec<(Question, Answer)>) {
    let (mx, include) = service(name, draw);
    let mut put = |rtype: Type, rdata: Vec<String>| {
        let outcome = match (rdata.is_empty(), mix(draw ^ u64::from(rtype.code())) % 200) {
            (false, _) => Outcome::Answered,
            (true, 0) => Outcome::Timeout,
            (true, 1) => Outcome::Nxdomain,
            (true, _) => Outcome::Nodata,
        };
        let record = |rdata: String| Record { owner: name.clone(), rtype, rdata: rdata.into() };
        let records = rdata.into_iter().map(record).collect();
        out.push((Question::new(name.clone(), rtype), Answer::new(name, outcome, records)));
    };
    let mut txt = Vec::new();
    if !mx.is_empty() {
        txt.push(match include {
            Some("mx") => "\"v=spf1 mx -all\"".to_owned(),
            Some(include) => format!("\"v=spf1 include:{include} ~all\""),
            None => "\"v=spf1 a mx ip4:192.0.2.1 -all\"".to_owned(),
        });
    }
    for i in 0..draw >> 8 & 3 {
        let token = ["google-site-verification=", "MS=ms", "facebook-domain-verification="][(i % 3) as usize];
        txt.push(format!("\"{token}{:016x}\"", mix(draw ^ i)));
    }
    if mx.is_empty() {
        put(Type::A, vec!["192.0.2.7".to_owned()]);
        put(Type::Aaaa, Vec::new());
    }
    put(Type::Mx, mx);
    put(Type::Txt, txt);
}

fn snapshot(
    root: &std::path::Path,
    date: &str,
    members: u64,
    changed: Option<u64>,
) -> Result<PathBuf, mxcensus::snapshot::SnapshotError> {
    let (from, to) = if changed.is_some() { (members / 50, members + members / 50) } else { (0, members) };
    let mut list = Vec::new();
    let mut facts = Vec::new();
    for n in from..to {
        let name = domain(n);
        let draw = mix(n ^ 0x5eed);
        // A 33rd where 3 % are asked for, as the figures on record were made.
        let moved = changed.is_some_and(|percent| if percent == 3 { draw.is_multiple_of(33) } else { draw % 100 < percent });
        answers(&name, mix(if moved { n ^ 0xfeed_face } else { n ^ 0xbeef }), &mut facts);
        let id = name.bare().into();
        list.push(Member {
            id,
            name: "".into(),
            rank: u32::try_from(n - from + 1).ok(),
            domain: name,
            mail_domain: None,
            cohorts: Vec::new(),
        });
    }
    let year = &date[..4];
    let population = Population {
        name: format!("synthetic-{year}"),
        series: "synthetic".into(),
        unit: Unit::Domain,
        cohorts: Vec::new(),
        members: list,
    };
    let draft = ManifestDraft::new(Kind::Synthetic, date, Plan::new(Depth::Mx, Labels::default()));
    seal(root, &population, &Facts::new(facts), draft)
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |text: Option<&String>, otherwise: u64| text.map_or(Some(otherwise), |n| n.parse().ok());
    let (members, changed) = (number(arguments.first(), 0), number(arguments.get(2), 3));
    let (Some(members @ 1..), Some(root), Some(changed)) = (members, arguments.get(1), changed) else {
        eprintln!("usage: synthetic_snapshots MEMBERS FOLDER [CHANGED_PER_CENT]");
        return ExitCode::from(2);
    };
    for (date, changed) in [("2024-06-01", None), ("2025-06-01", Some(changed))] {
        match snapshot(root.as_ref(), date, members, changed) {
            Ok(path) => println!("{}", path.display()),
            Err(error) => {
                eprintln!("{error}");
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}
