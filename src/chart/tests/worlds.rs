//! Tables made up to try layouts: every one says that it is synthetic.

use crate::diff::{DiffRow, DiffTable, End, PanelRow, Transition};
use crate::population::Unit;
use crate::provenance::{Kind, Provenance};
use crate::share::{Base, Count, Grouping, Row, ShareRow, ShareTable};
use crate::trend::{Point, Series, TrendTable};
use crate::vendor::Role;

pub fn int(n: i128) -> Count {
    Count::from_integer(n)
}

pub fn provenance(year: &str, members: i128) -> Provenance {
    Provenance {
        population: format!("synthetic-{year}"),
        series: "synthetic".into(),
        unit: Unit::Company,
        members: members as usize,
        observed_from: format!("{year}-03-15"),
        observed_to: format!("{year}-03-15"),
        kind: Kind::Synthetic,
        source: None,
        snapshot: "0123456789ab".into(),
        notes: vec!["Counts are made up to try the layout".into()],
    }
}

/// Vendors with old and new counts; self-hosted, unattributed, no-mail, unreachable likewise.
#[derive(Clone)]
pub struct World {
    pub vendors: Vec<(String, i128, i128)>,
    pub rest: [(i128, i128); 4],
}

pub const REST: [(Row, &str); 4] = [
    (Row::SelfHosted, "self-hosted"),
    (Row::Unattributed, "unattributed"),
    (Row::NoMail, "no-mail"),
    (Row::Unreachable, "unreachable"),
];

fn row_of(name: &str) -> Row {
    Row::Named(name.to_lowercase().replace(' ', "-"))
}

impl World {
    pub fn new(vendors: &[(&str, i128, i128)], rest: [(i128, i128); 4]) -> Self {
        Self { vendors: vendors.iter().map(|(n, a, b)| ((*n).to_owned(), *a, *b)).collect(), rest }
    }

    fn base(&self, new: bool) -> Base {
        let pick = |p: (i128, i128)| int(if new { p.1 } else { p.0 });
        let named: Count = self.vendors.iter().map(|v| pick((v.1, v.2))).sum();
        let rest: Count = self.rest.iter().map(|r| pick(*r)).sum();
        Base { population: named + rest, unreachable: pick(self.rest[3]), no_mail: pick(self.rest[2]) }
    }

    pub fn shares(&self) -> ShareTable {
        let base = self.base(true);
        let (r, ru) = (base.measured(), base.measurable());
        let over = |n: Count, d: Count| (d != int(0)).then(|| n / d);
        let row = |row: Row, label: &str, members: Count| {
            let inside = !matches!(row, Row::NoMail | Row::Unreachable);
            let open = if row == Row::Unattributed { int(0) } else { int(self.rest[1].1) };
            ShareRow {
                row,
                label: label.into(),
                members,
                share: over(members, r).filter(|_| inside),
                lower_bound: over(members, ru).filter(|_| inside),
                upper_bound: over(members + open + base.unreachable, ru).filter(|_| inside),
                confirmed: members,
                likely: int(0),
                weak: int(0),
                wilson: None,
                withheld: None,
            }
        };
        let mut rows: Vec<ShareRow> = self.vendors.iter().map(|(n, _, b)| row(row_of(n), n, int(*b))).collect();
        rows.sort_by_key(|r| std::cmp::Reverse(r.members));
        rows.extend(REST.iter().zip(&self.rest).map(|((r, l), n)| row(r.clone(), l, int(n.1))));
        ShareTable {
            role: Role::Gateway,
            by: Grouping::Vendor,
            provenance: provenance("2025", *base.population.numer()),
            ruleset: "0123456789ab".into(),
            cohort: None,
            base,
            rows,
            concentration: None,
        }
    }

    pub fn diff(&self) -> DiffTable {
        let (old, new) = (self.base(false), self.base(true));
        let over = |n: i128, base: &Base| (base.measured() != int(0)).then(|| int(n) / base.measured());
        let row = |row: Row, label: &str, a: i128, b: i128| {
            let inside = !matches!(row, Row::NoMail | Row::Unreachable);
            let (share_old, share_new) = (over(a, &old).filter(|_| inside), over(b, &new).filter(|_| inside));
            DiffRow {
                row,
                label: label.into(),
                old: int(a),
                new: int(b),
                relative_change: (a != 0).then(|| Count::new(b - a, a)),
                share_old,
                share_new,
                share_change_pp: share_old.zip(share_new).map(|(a, b)| (b - a) * int(100)),
                count_effect_pp: None,
                denominator_effect_pp: None,
                gained: int((b - a).max(0)),
                lost: int((a - b).max(0)),
                entered: int(0),
                left: int(0),
                appeared: int(0),
                disappeared: int(0),
                gained_from_unattributed: int(0),
                lost_to_unattributed: int(0),
                gained_domain: int(0),
                lost_domain: int(0),
                p_value: None,
                p_holm: None,
                panel: PanelRow::default(),
                withheld: None,
            }
        };
        let mut rows: Vec<DiffRow> = self.vendors.iter().map(|(n, a, b)| row(row_of(n), n, *a, *b)).collect();
        rows.sort_by_key(|r| std::cmp::Reverse(r.new));
        rows.extend(REST.iter().zip(&self.rest).map(|((r, l), n)| row(r.clone(), l, n.0, n.1)));
        let transitions = flow(&rows);
        DiffTable {
            role: Role::Gateway,
            by: Grouping::Vendor,
            old: provenance("2024", *old.population.numer()),
            new: provenance("2025", *new.population.numer()),
            ruleset: "0123456789ab".into(),
            cohort: None,
            panel: 400,
            compared: 390,
            base_old: old,
            base_new: new,
            panel_base_old: old,
            panel_base_new: new,
            rows,
            transitions,
            switchers: Vec::new(),
        }
    }
}

/// An end of a move with its label.
type Labelled = (End, String);

/// Some way for the losers' members to reach the gainers; what is left over enters or leaves.
fn flow(rows: &[DiffRow]) -> Vec<Transition> {
    let end = |r: &DiffRow| (End::Row(r.row.clone()), r.label.clone());
    let mut out: Vec<(Labelled, Labelled, Count)> = Vec::new();
    let mut gaps: Vec<Count> = rows.iter().map(|r| r.new - r.old.min(r.new)).collect();
    for row in rows {
        out.push((end(row), end(row), row.old.min(row.new)));
        let mut rest = row.old - row.old.min(row.new);
        for (to, gap) in rows.iter().zip(&mut gaps) {
            let part = rest.min(*gap).min(int(3));
            out.push((end(row), end(to), part));
            *gap -= part;
            rest -= part;
        }
        out.push((end(row), (End::Left, "(left)".into()), rest));
    }
    for (to, gap) in rows.iter().zip(&gaps) {
        out.push(((End::Entered, "(entered)".into()), end(to), *gap));
    }
    out.into_iter()
        .filter(|t| t.2 != int(0))
        .map(|(from, to, members)| Transition { from: from.0, from_label: from.1, to: to.0, to_label: to.1, members })
        .collect()
}

pub fn usual() -> World {
    World::new(
        &[
            ("Proofpoint", 138, 151),
            ("Microsoft", 89, 78),
            ("Cisco", 61, 72),
            ("Mimecast", 41, 43),
            ("Google", 14, 16),
            ("Trend Micro", 18, 15),
            ("Broadcom", 24, 15),
            ("Barracuda", 11, 12),
            ("Trellix", 12, 8),
            ("Forcepoint", 9, 6),
            ("Cloudflare", 0, 4),
            ("Fortinet", 3, 5),
            ("Sophos", 2, 2),
            ("Hornetsecurity", 2, 1),
            ("Zix", 1, 0),
        ],
        [(31, 29), (20, 17), (12, 14), (12, 12)],
    )
}

pub fn worlds() -> Vec<(&'static str, World)> {
    let three = World::new(&[("Microsoft", 12, 14), ("Google", 3, 2), ("Proofpoint", 1, 1)], [(0, 0), (1, 0), (0, 0), (0, 0)]);
    let many: Vec<(String, i128, i128)> =
        (0..40).map(|i| (format!("Vendor Number {i}"), 300 / (i + 1), 290 / (i + 1) + i128::from(i % 3 == 0))).collect();
    let forty = World { vendors: many, rest: [(40, 42), (60, 50), (9, 9), (30, 31)] };
    let dominant =
        World::new(&[("Microsoft", 9800, 9931), ("Google", 3, 2), ("Proofpoint", 1, 30)], [(1, 1), (1, 0), (7, 7), (2, 3)]);
    let mut still = usual();
    still.vendors.iter_mut().for_each(|v| v.2 = v.1);
    still.rest.iter_mut().for_each(|r| r.1 = r.0);
    let empty = World::new(&[], [(0, 0); 4]);
    let nobody = World::new(&[], [(0, 0), (0, 0), (0, 0), (40, 41)]);
    let long = World::new(
        &[
            ("Internationale Gesellschaft für die Sicherheit der elektronischen Post mbH & Co. KGaA", 1_234_567, 1_334_567),
            ("Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft", 220, 880),
            ("A<script>alert(1)</script>\u{202e}gnirts & \"Söhne\"", 100, 1),
            ("日本メール", 50, 70),
            ("X", 12, 12),
        ],
        [(400, 300), (123_456, 123_000), (2, 2), (99_999, 100_000)],
    );
    let doubled = World::new(&[("Proofpoint", 20, 95), ("Microsoft", 60, 5), ("Cisco", 1, 40)], [(5, 0), (0, 5), (0, 0), (3, 3)]);
    // Every second vendor loses thirty members to the others.
    let churning = (0..24).map(|i| (format!("Mover {i}"), 60 - i, if i % 2 == 0 { 30 - i } else { 90 - i })).collect();
    let movers = World { vendors: churning, rest: [(20, 24), (31, 27), (5, 5), (4, 4)] };
    vec![
        ("movers", movers),
        ("usual", usual()),
        ("three", three),
        ("forty", forty),
        ("dominant", dominant),
        ("still", still),
        ("empty", empty),
        ("nobody", nobody),
        ("long", long),
        ("doubled", doubled),
    ]
}

/// The same world at three dates: old, new, and new again.
pub fn trend(world: &World) -> TrendTable {
    let whole = world.diff();
    let mut shares = world.shares();
    let days = ["2023-01-10", "2024-03-15", "2025-03-15"];
    let at = |day: &str| Provenance { observed_from: day.into(), observed_to: day.into(), ..shares.provenance.clone() };
    let snapshots = days.map(at).to_vec();
    let point = |members: Count, share: Option<Count>| Some(Point { members, share, lower_bound: None, upper_bound: None });
    let series = |r: &DiffRow| Series {
        row: r.row.clone(),
        label: r.label.clone(),
        points: vec![point(r.old, r.share_old), None, point(r.new, r.share_new)],
    };
    let mut lines: Vec<Series> = whole.rows.iter().map(series).collect();
    for (i, line) in lines.iter_mut().enumerate().filter(|(i, _)| i % 2 == 0) {
        line.points[1] = line.points[i % 4];
    }
    shares.cohort = None;
    TrendTable {
        role: whole.role,
        by: whole.by,
        ruleset: whole.ruleset.clone(),
        cohort: None,
        snapshots,
        shares: vec![shares],
        series: lines,
        steps: Vec::new(),
        whole,
    }
}

pub fn parts(world: &World) -> Vec<ShareTable> {
    let part = |(i, name): (usize, &&str)| {
        let mut world = world.clone();
        for (k, vendor) in world.vendors.iter_mut().enumerate() {
            vendor.2 = vendor.2 * ((i + k) % 4) as i128 / 4;
        }
        ShareTable { cohort: Some(format!("sector={name}")), ..world.shares() }
    };
    ["Energy", "Retailing", "Food, Beverages & Tobacco of the whole of North America", "X"].iter().enumerate().map(part).collect()
}
