//! Small DNS worlds as TOML files, with the classification they must lead to. See `worlds/README.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use mxcensus::classify::explain::explain;
use mxcensus::classify::{Attribution, Classification, Verdict, classify};
use mxcensus::dns::{Answer, Name, Outcome, Question, Record, Type};
use mxcensus::observation::{Facts, Limits, Observation};
use mxcensus::plan::{Depth, Kind, Plan, control_label};
use mxcensus::population::Member;
use mxcensus::vendor::{Role, Ruleset};

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct World {
    about: String,
    #[serde(default)]
    source: Option<String>,
    domain: String,
    #[serde(default = "standard")]
    depth: Depth,
    #[serde(default)]
    kinds: BTreeSet<Kind>,
    #[serde(default)]
    limits: Limits,
    /// Zone lines: `owner TYPE rdata`.
    #[serde(default)]
    records: Vec<String>,
    /// Questions that did not end well: `qname TYPE outcome`.
    #[serde(default)]
    outcomes: Vec<String>,
    expect: Expect,
}

fn standard() -> Depth {
    Depth::Standard
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    /// `microsoft`, `proofpoint/proofpoint-essentials 1/2 likely`, `no-mail` ...
    gateway: Vec<String>,
    mailbox: Vec<String>,
    #[serde(default)]
    sender: Option<Vec<String>>,
    #[serde(default)]
    dmarc: Option<Vec<String>>,
    #[serde(default)]
    overlay: Option<Vec<String>>,
    #[serde(default)]
    flags: BTreeSet<String>,
    #[serde(default)]
    customer: Option<String>,
    /// What the explanation says of each known sender that a hosting service was asked about.
    #[serde(default)]
    hosted: Option<Vec<String>>,
}

/// A zone that answers every question: what is not in it does not exist.
struct Zone {
    records: Vec<Record>,
    outcomes: BTreeMap<Question, Outcome>,
}

impl Zone {
    fn new(world: &World) -> Self {
        let fields = |line: &String| -> (Name, Type, String) {
            let mut parts = line.splitn(3, char::is_whitespace);
            let owner = Name::parse(parts.next().unwrap()).unwrap_or_else(|e| panic!("{line}: {e}"));
            let rtype =
                parts.next().unwrap_or_else(|| panic!("{line}: no type")).parse().unwrap_or_else(|e| panic!("{line}: {e}"));
            (owner, rtype, parts.next().unwrap_or_else(|| panic!("{line}: no data")).trim().to_owned())
        };
        let record = |line| {
            let (owner, rtype, rdata) = fields(line);
            let rdata = match rtype {
                Type::Txt if !rdata.starts_with('"') => mxcensus::dns::quote_strings([rdata]),
                _ => rdata,
            };
            Record { owner, rtype, rdata: rdata.into() }
        };
        let outcome = |line| {
            let (qname, qtype, outcome) = fields(line);
            (Question::new(qname, qtype), outcome.parse().unwrap_or_else(|e| panic!("{line}: {e}")))
        };
        Self { records: world.records.iter().map(record).collect(), outcomes: world.outcomes.iter().map(outcome).collect() }
    }

    fn answer(&self, question: &Question) -> Answer {
        if let Some(outcome) = self.outcomes.get(question) {
            return Answer::empty(*outcome);
        }
        let mut found = Vec::new();
        let mut at = question.qname.clone();
        while let Some(link) =
            self.records.iter().find(|r| r.owner == at && r.rtype == Type::Cname && question.qtype != Type::Cname)
        {
            found.push(link.clone());
            at = Name::parse(&link.rdata).unwrap();
            assert!(found.len() < 20, "CNAME loop in a world");
        }
        let own: Vec<Record> = self.records.iter().filter(|r| r.owner == at && r.rtype == question.qtype).cloned().collect();
        let exists = self.records.iter().any(|r| r.owner.is_within(&at));
        let outcome = match (own.is_empty(), exists) {
            (false, _) => Outcome::Answered,
            (true, true) => Outcome::Nodata,
            (true, false) => Outcome::Nxdomain,
        };
        found.extend(own);
        Answer::new(&question.qname, outcome, found)
    }

    /// Every answer the plan leads to.
    fn facts(&self, member: &Member, plan: &Plan) -> Facts {
        let mut answers: BTreeMap<Question, Answer> = BTreeMap::new();
        let mut open = plan.roots(member);
        while let Some(step) = open.pop() {
            let answer = answers.entry(step.question.clone()).or_insert_with(|| self.answer(&step.question)).clone();
            open.extend(plan.follow(member, &step, &answer));
        }
        Facts::new(answers)
    }
}

fn words(attribution: &Attribution) -> Vec<String> {
    let verdict = match &attribution.verdict {
        Verdict::Vendor { vendor, product } => vec![vendor.to_string(), format!("{vendor}/{product}")],
        other => vec![other.as_str().to_owned()],
    };
    let mut words = verdict;
    words.push(attribution.weight.to_string());
    words.extend(attribution.confidence.map(|c| c.as_str().to_owned()));
    words
}

/// Whether each expectation is met by exactly one attribution, and none is left over.
fn met(expected: &[String], found: &[Attribution]) -> bool {
    let mut rest: Vec<Vec<String>> = found.iter().map(words).collect();
    for line in expected {
        let Some(at) = rest.iter().position(|have| line.split_whitespace().all(|word| have.iter().any(|h| h == word))) else {
            return false;
        };
        rest.remove(at);
    }
    rest.is_empty()
}

fn faults(world: &World, got: &Classification) -> Vec<String> {
    let expect = &world.expect;
    let roles = [
        (Role::Gateway, Some(&expect.gateway)),
        (Role::Mailbox, Some(&expect.mailbox)),
        (Role::Sender, expect.sender.as_ref()),
        (Role::Dmarc, expect.dmarc.as_ref()),
        (Role::Overlay, expect.overlay.as_ref()),
    ];
    let mut faults = Vec::new();
    for (role, expected) in roles {
        if let Some(expected) = expected
            && !met(expected, got.role(role))
        {
            let found: Vec<_> = got.role(role).iter().map(|a| words(a).join(" ")).collect();
            faults.push(format!("{}: expected {expected:?}, got {found:?}", role.as_str()));
        }
    }
    let flags: BTreeSet<String> = got.flags.iter().map(|f| f.as_str().to_owned()).collect();
    if flags != expect.flags {
        faults.push(format!("flags: expected {:?}, got {flags:?}", expect.flags));
    }
    let customer = got.gateway.iter().find_map(|a| a.customer.as_deref());
    if expect.customer.is_some() && customer != expect.customer.as_deref() {
        faults.push(format!("customer: expected {:?}, got {customer:?}", expect.customer));
    }
    faults
}

#[test]
fn every_world_is_classified_as_expected() {
    let rules = Ruleset::embedded();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/worlds");
    let mut files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).filter(|p| p.extension().is_some_and(|e| e == "toml")).collect();
    files.sort();
    assert!(files.len() > 10, "the worlds are missing");
    let mut report = Vec::new();
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let world: World = toml::from_str(&fs::read_to_string(&file).unwrap()).unwrap_or_else(|e| panic!("{name}: {e}"));
        let domain = Name::parse(&world.domain).unwrap();
        let member =
            Member { id: domain.bare().into(), name: "".into(), domain, mail_domain: None, rank: None, cohorts: Vec::new() };
        let plan = if world.kinds.is_empty() {
            Plan::new(world.depth, rules.labels.clone())
        } else {
            Plan::of(world.kinds.clone(), rules.labels.clone())
        };
        let mut world = world;
        for line in &mut world.records {
            *line = line.replace("CONTROL", &control_label(&member.domain));
        }
        let facts = Zone::new(&world).facts(&member, &plan);
        let observation = Observation { member: &member, facts: &facts, plan: &plan, limits: &world.limits };
        let mut found = faults(&world, &classify(&observation, rules));
        if let Some(expected) = &world.expect.hosted {
            let got: Vec<String> =
                explain(&observation, rules).hosted.iter().map(|a| format!("{}: {}", a.rule.vendor, a.said.words())).collect();
            found.extend((got != *expected).then(|| format!("hosted: expected {expected:?}, got {got:?}")));
        }
        for fault in found {
            let source = world.source.as_deref().map(|s| format!(" [{s}]")).unwrap_or_default();
            report.push(format!("{name} ({}{source}): {fault}", world.about));
        }
    }
    assert!(report.is_empty(), "\n{}", report.join("\n"));
}
