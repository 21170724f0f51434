//! A title says the finding: its figures are those of the CSV beside the chart, added up here once more.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use assert_cmd::cargo::CommandCargoExt;
use regex::Regex;

const TOWNS: [&str; 2] = ["recorded-municipalities/2026-05-03", "recorded-municipalities/2026-04-05"];
const MIDDLE: &str = "recorded-municipalities/2026-04-15";
const REST: [&str; 6] = ["self-hosted", "unattributed", "no-mail", "unreachable", "none", "total"];

fn mxcensus(arguments: &[&str]) {
    let mut command = Command::cargo_bin("mxcensus").unwrap();
    command.current_dir(env!("CARGO_MANIFEST_DIR")).env("MXCENSUS_CONFIG", "").arg("--quiet").args(arguments);
    let out = command.output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
}

type Row = BTreeMap<String, String>;

fn rows(path: &Path) -> Vec<Row> {
    csv::Reader::from_path(path).unwrap().deserialize().map(Result::unwrap).collect()
}

fn number(row: &Row, column: &str) -> f64 {
    row[column].parse().unwrap_or(0.0)
}

fn named(row: &&Row) -> bool {
    !REST.contains(&row["vendor"].as_str())
}

/// Members who were measured: all but those without mail and those out of reach.
fn measured(rows: &[&Row], column: &str) -> f64 {
    let of = |name: &str| rows.iter().find(|r| r["vendor"] == name).map_or(0.0, |r| number(r, column));
    of("total") - of("no-mail") - of("unreachable")
}

/// A count as titles print it: `3,045.3`.
fn count(n: f64) -> String {
    let tenths = (n * 10.0).round() as i64;
    let digits = (tenths / 10).to_string();
    let mut whole = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            whole.push(',');
        }
        whole.push(c);
    }
    if tenths % 10 == 0 { whole } else { format!("{whole}.{}", tenths % 10) }
}

/// `64.6 %`, or the other neighbour where the CSV's six digits leave it open.
fn says_percent(title: &str, share: f64) -> bool {
    [share - 1e-6, share, share + 1e-6].iter().any(|s| title.contains(&format!("{:.1} %", s * 100.0)))
}

/// Title and table of every chart of a folder, by name; the title with plain spaces and signs.
fn charts(folder: &Path) -> BTreeMap<String, (String, Vec<Row>)> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|e| e != "svg") {
            continue;
        }
        let svg = fs::read_to_string(&path).unwrap();
        let title = svg.split_once("<title").unwrap().1.split_once('>').unwrap().1.split_once("</title>").unwrap().0;
        let title = title.replace('\u{a0}', " ").replace('\u{2212}', "-").replace('\u{2192}', "->").replace("&amp;", "&");
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        found.insert(name, (title, rows(&path.with_extension("csv"))));
    }
    found
}

fn check_share(title: &str, rows: &[Row]) {
    let all: Vec<&Row> = rows.iter().collect();
    let most = all.iter().copied().filter(named).map(|r| number(r, "members")).fold(0.0, f64::max);
    let n = measured(&all, "members");
    let leads = |r: &&Row| number(r, "members") == most && title.starts_with(&r["vendor"]);
    assert!(all.iter().copied().filter(named).any(|r| leads(&r)), "{title}: the largest has {most}");
    assert!(
        title.contains(&format!(" {} of {} ", count(most), count(n))) && says_percent(title, most / n),
        "{title}: {most} of {n}"
    );
}

fn check_concentration(title: &str, rows: &[Row]) {
    let all: Vec<&Row> = rows.iter().collect();
    let n = measured(&all, "members");
    let mut sizes: Vec<f64> = all.iter().copied().filter(named).map(|r| number(r, "members")).collect();
    sizes.sort_by(|a, b| b.total_cmp(a));
    let (mut few, mut sum) = (0, 0.0);
    while sum < n / 2.0 - 1e-3 && few < sizes.len() {
        sum += sizes[few];
        few += 1;
    }
    let who = if few == 1 { "One vendor holds".to_owned() } else { format!("The {few} largest vendors hold") };
    let told = format!("{who} {} of {} ", count(sum), count(n));
    assert!(title.starts_with(&told) && says_percent(title, sum / n), "{title}: {told}");
}

/// `Name -7.7 % (45.7 -> 42.2 domains, -0.1 points)` is what the row of that name says.
fn check_phrase(phrase: &str, rows: &[Row]) -> f64 {
    let form = Regex::new(r"^(.+?) ([+-]?[0-9.,]+) % \(([0-9.,]+) -> ([0-9.,]+) [a-z]+, ([+-]?[0-9.]+) points\)$").unwrap();
    let told = form.captures(phrase).unwrap_or_else(|| panic!("{phrase}"));
    let row = rows.iter().find(|r| r["vendor"] == told[1]).unwrap_or_else(|| panic!("{phrase}: no such row"));
    let change = number(row, "relative_change") * 100.0;
    assert!((told[2].parse::<f64>().unwrap() - change).abs() < 0.0501, "{phrase}: {change}");
    assert_eq!((&told[3], &told[4]), (count(number(row, "old")).as_str(), count(number(row, "new")).as_str()));
    let points = &told[5];
    let last = points.split_once('.').map_or(1.0, |(_, digits)| 0.1_f64.powi(digits.len() as i32));
    let exact = number(row, "share_change_pp");
    assert!((points.parse::<f64>().unwrap() - exact).abs() <= last * 0.501, "{phrase}: {exact}");
    number(row, "net")
}

fn check_change(title: &str, rows: &[Row]) {
    let nets: Vec<f64> = rows.iter().filter(named).map(|r| number(r, "net")).collect();
    let (most, least) = (nets.iter().copied().fold(0.0, f64::max), nets.iter().copied().fold(0.0, f64::min));
    let told: Vec<f64> = title.split("; ").map(|phrase| check_phrase(phrase, rows)).collect();
    let expected: Vec<f64> = [most, least].into_iter().filter(|n| *n != 0.0).collect();
    assert_eq!(told, expected, "{title}");
}

fn check_lead(title: &str, rows: &[Row]) {
    let most = |column: &str| rows.iter().filter(named).map(|r| number(r, column)).fold(0.0, f64::max);
    let phrase = title.strip_prefix("Still in the lead: ").unwrap_or_else(|| panic!("{title}"));
    check_phrase(phrase, rows);
    let leader = rows.iter().find(|r| phrase.starts_with(&format!("{} ", r["vendor"]))).unwrap();
    assert_eq!((number(leader, "old"), number(leader, "new")), (most("old"), most("new")), "{title}");
}

/// Moves between vendors and self-hosting, counted over all rows, folded in the picture or not.
fn check_moves(title: &str, rows: &[Row]) {
    let holds = |end: &str| !["unattributed", "no-mail", "unreachable", "(entered)", "(left)"].contains(&end);
    let moved = |r: &&Row| r["from"] != r["to"] && holds(&r["from"]) && holds(&r["to"]);
    let sum: f64 = rows.iter().filter(moved).map(|r| number(r, "members")).sum();
    let most = rows.iter().filter(moved).map(|r| number(r, "members")).fold(0.0, f64::max);
    let ways: Vec<&Row> = rows.iter().filter(moved).filter(|r| number(r, "members") == most).collect();
    assert!(title.starts_with(&format!("{} ", count(sum))) && title.contains(" changed vendor"), "{title}: {sum}");
    let told = match ways.as_slice() {
        [one] => format!("the largest flow is {}, from {} to {}", count(most), one["from"], one["to"]),
        _ => format!("no more than {} on any one way", count(most)),
    };
    assert!(title.ends_with(&told), "{title}: {told}");
}

/// Where the largest vendor of all is strongest and weakest, among parts of at least ten.
fn check_parts(title: &str, rows: &[Row]) {
    let mut parts: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    rows.iter().for_each(|r| parts.entry(r["cohort"].split_once('=').unwrap().1).or_default().push(r));
    let mut sizes: BTreeMap<&str, f64> = BTreeMap::new();
    rows.iter().filter(named).for_each(|r| *sizes.entry(&r["vendor"]).or_default() += number(r, "members"));
    let (leader, _) = sizes.iter().max_by(|a, b| a.1.total_cmp(b.1)).unwrap();
    assert!(title.starts_with(&format!("{leader} has ")), "{title}: {leader}");
    let large: Vec<(&str, f64, f64)> = parts
        .iter()
        .map(|(part, rows)| {
            (*part, rows.iter().find(|r| r["vendor"] == *leader).map_or(0.0, |r| number(r, "members")), measured(rows, "members"))
        })
        .filter(|(_, _, n)| *n >= 10.0)
        .collect();
    let share = |p: &&(&str, f64, f64)| p.1 / p.2;
    let high = large.iter().max_by(|a, b| share(a).total_cmp(&share(b)).then(a.2.total_cmp(&b.2))).unwrap();
    let low = large.iter().min_by(|a, b| share(a).total_cmp(&share(b)).then(b.2.total_cmp(&a.2))).unwrap();
    let countries = [("fi", "Finland"), ("dk", "Denmark")];
    for (part, members, n) in [high, low] {
        let part = countries.iter().find(|c| c.0 == *part).map_or(*part, |c| c.1);
        let told = format!(" of {part} ({} of {})", count(*members), count(*n));
        let share = if *members == 0.0 { title.contains(" none of ") } else { says_percent(title, members / n) };
        assert!(title.contains(&told) && share, "{title}: {told}");
    }
}

#[test]
fn titles_say_what_the_tables_say() {
    let folder = tempfile::tempdir().unwrap();
    let sets = [&TOWNS[..], &["recorded-nordic-listed/2026-04-21"], &["recorded-fortune20/2023-10-04"]];
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for (i, set) in sets.iter().enumerate() {
        let out = folder.path().join(i.to_string());
        mxcensus(&[&["chart"], *set, &["--out", out.to_str().unwrap()]].concat());
        for (name, (title, rows)) in charts(&out) {
            let kind = name.split('-').next().unwrap().to_owned();
            match kind.as_str() {
                "share" => check_share(&title, &rows),
                "concentration" => check_concentration(&title, &rows),
                "change" => check_change(&title, &rows),
                "shares" => check_lead(&title, &rows),
                "transitions" | "flow" => check_moves(&title, &rows),
                "heat" | "bands" => check_parts(&title, &rows),
                _ => panic!("nothing checks {name}"),
            }
            *seen.entry(kind).or_default() += 1;
        }
    }
    assert_eq!(seen.len(), 8, "{seen:?}");

    // A trend is titled by its ends.
    let out = folder.path().join("trend");
    let (text, table) = (out.to_str().unwrap(), folder.path().join("table.txt"));
    mxcensus(&["trend", TOWNS[1], MIDDLE, TOWNS[0], "--charts", text, "--out", table.to_str().unwrap()]);
    let (title, _) = &charts(&out)["trend-gateway"];
    check_change(title, &rows(&folder.path().join("0/change-gateway.csv")));
}
