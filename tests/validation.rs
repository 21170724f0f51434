//! The figures of `docs/validation.md`, computed anew from the committed recordings, labels and rulings.
//! `UPDATE_GOLDEN=1 cargo test --test validation` writes them into the page.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use mxcensus::classify::explain::seen_by_tier;
use mxcensus::classify::{Classification, Verdict, classify};
use mxcensus::snapshot::{self, Snapshot};
use mxcensus::validate::{Rate, Right, Validation, adjudicate, read_adjudication, read_truth, validate};
use mxcensus::vendor::{Role, Ruleset, Tier};

const BEGIN: &str = "<!-- figures: written by tests/validation.rs -->\n";
const END: &str = "<!-- end of figures -->\n";

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn percent(rate: &Rate) -> String {
    let cut = |x: f64| (x * 10_000.0).floor() / 100.0;
    match (rate.value(), rate.interval) {
        (Some(value), Some((low, high))) => {
            format!("{:.2} % ({:.2} to {:.2}; {} of {})", cut(value), cut(low), cut(high), rate.hits, rate.trials)
        }
        _ => "-".to_owned(),
    }
}

/// Accuracy, then every vendor with at least ten labels or verdicts; the rest stands in the program's output.
fn scores(out: &mut String, role: Role, kinds: [&Validation; 3]) {
    let [raw, judged, against] = kinds;
    _ = writeln!(out, "\n**{}**\n", role.as_str());
    _ = writeln!(out, "| | raw | adjudicated | undecidable rows against us |\n|---|---|---|---|");
    let mut line = |name: &str, of: &dyn Fn(&Validation) -> Rate| {
        _ = writeln!(out, "| {name} | {} | {} | {} |", percent(&of(raw)), percent(&of(judged)), percent(&of(against)));
    };
    line("accuracy", &|v| v.accuracy);
    line("accuracy where decided", &|v| v.decided);
    for score in &raw.scores {
        if score.recall.trials < 10 {
            continue;
        }
        let find = |v: &Validation| v.scores.iter().find(|s| s.vendor == score.vendor).cloned().unwrap_or_else(|| score.clone());
        line(&format!("{} precision", score.vendor), &|v| find(v).precision);
        line(&format!("{} recall", score.vendor), &|v| find(v).recall);
    }
}

/// Members behind a filter, and how many of them have no mailbox host, by the strongest record that
/// speaks for one.
fn behind(out: &mut String, name: &str, snapshot: &Snapshot, members: &[Classification], rules: &Ruleset) -> (usize, usize) {
    let mut counts = [[0usize; 2]; 4];
    for (member, classification) in snapshot.population.members.iter().zip(members) {
        let filter = classification.gateway.iter().all(|a| match &a.verdict {
            Verdict::Vendor { vendor, product } => {
                rules.product(vendor, product).is_some_and(|p| !p.roles.contains(&Role::Mailbox))
            }
            _ => false,
        });
        if !filter {
            continue;
        }
        let strongest = match seen_by_tier(&snapshot.observation(member), rules) {
            Some(Tier::A) => 0,
            Some(Tier::B) => 1,
            Some(Tier::C) => 2,
            _ => 3,
        };
        counts[strongest][0] += 1;
        let open = classification.mailbox.iter().all(|a| matches!(a.verdict, Verdict::Unattributed | Verdict::Unreachable));
        counts[strongest][1] += usize::from(open);
    }
    for (tier, [all, open]) in ["A", "B", "C", "none"].into_iter().zip(counts) {
        _ = writeln!(out, "| {name} | {tier} | {all} | {open} |");
    }
    let sum = |column: usize, tiers: std::ops::Range<usize>| counts[tiers].iter().map(|c| c[column]).sum::<usize>();
    _ = writeln!(out, "| {name} | A, B or C | {} | {} |", sum(0, 0..3), sum(1, 0..3));
    _ = writeln!(out, "| {name} | all | {} | {} |", sum(0, 0..4), sum(1, 0..4));
    (sum(0, 0..3), sum(1, 0..3))
}

#[test]
fn the_page_holds_the_figures_of_today() {
    let rules = Ruleset::embedded();
    let rulings = repository("data/truth/adjudication.csv");
    let rulings = read_adjudication(File::open(&rulings).unwrap(), "adjudication.csv").unwrap();
    let unique: BTreeSet<_> = rulings.iter().map(|r| (&r.domain, r.role)).collect();
    assert_eq!(unique.len(), rulings.len(), "a ruling stands twice");
    let mut out = String::new();
    let mut tail = String::from(
        "\n### Mailbox hosts behind a filter\n\n| recording | strongest record | members | left unknown |\n|---|---|---|---|\n",
    );
    let mut used = 0;
    for (title, series, truth) in [
        ("Municipalities, 2026-05-03", "recorded-municipalities/2026-05-03", Some("municipalities-2026-06-11")),
        ("Nordic listed companies, 2026-04-21", "recorded-nordic-listed/2026-04-21", Some("nordic-listed-2026-04-21")),
        ("Fortune 20, 2023-10-04", "recorded-fortune20/2023-10-04", None),
    ] {
        let snapshot = Snapshot::open(&snapshot::find(series, &repository("data")).unwrap()).unwrap();
        let members: Vec<_> = snapshot.population.members.iter().map(|m| classify(&snapshot.observation(m), rules)).collect();
        if let Some(truth) = truth {
            let file = File::open(repository(&format!("data/truth/{truth}.csv"))).unwrap();
            let raw = read_truth(file, truth).unwrap();
            let (judged, stale) = adjudicate(&raw, &rulings, false);
            assert!(stale.is_empty(), "judged under another label: {stale:?}");
            let against = adjudicate(&raw, &rulings, true).0;
            _ = writeln!(out, "\n### {title}");
            for role in [Role::Gateway, Role::Mailbox] {
                let of = |truth: &[_]| validate(&members, truth, role);
                let (raw, judged, against) = (of(&raw), of(&judged), of(&against));
                // Whoever changes a verdict judges the new disagreement.
                for row in &raw.disagreements {
                    let ruling = rulings.iter().find(|r| r.domain == row.domain && r.role == role);
                    assert!(
                        ruling.is_some(),
                        "{} {}: label {}, verdict {}: nobody has judged it",
                        row.domain,
                        role.as_str(),
                        row.label,
                        row.verdict
                    );
                    used += 1;
                }
                scores(&mut out, role, [&raw, &judged, &against]);
            }
        }
        let (known, open) = behind(&mut tail, title, &snapshot, &members, rules);
        assert!(3 * open < known, "{title}: {open} of {known} members with evidence are left unknown");
    }
    assert_eq!(used, rulings.len(), "rulings on what is no disagreement any more");
    let count = |role, right| rulings.iter().filter(|r| r.role == role && r.right == right).count();
    _ = writeln!(tail, "\n### Rulings\n\n| role | ours | label | undecidable |\n|---|---|---|---|");
    for role in [Role::Gateway, Role::Mailbox] {
        let n = [Right::Ours, Right::Label, Right::Undecidable].map(|right| count(role, right));
        _ = writeln!(tail, "| {} | {} | {} | {} |", role.as_str(), n[0], n[1], n[2]);
    }
    let figures = format!("{out}{tail}\n");

    let path = repository("docs/validation.md");
    let page = fs::read_to_string(&path).unwrap();
    let (head, rest) = page.split_once(BEGIN).expect("the page has a mark where figures begin");
    let (held, foot) = rest.split_once(END).expect("the page has a mark where figures end");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, format!("{head}{BEGIN}{figures}{END}{foot}")).unwrap();
        return;
    }
    let first = held.lines().zip(figures.lines()).find(|(a, b)| a != b);
    assert!(held == figures, "docs/validation.md is not of today, first at {first:?}; UPDATE_GOLDEN=1 writes it anew");
}
