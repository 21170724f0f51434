//! Made-up classifications for tests: by hand, and arbitrary ones.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use crate::classify::{Attribution, Classification, Confidence, Evidence, Reached, Verdict, Weight};
use crate::dns::Outcome;
use crate::population::Unit;
use crate::provenance::{Kind, Provenance};
use crate::share::{Labels, Ownership};
use crate::vendor::{Owner, Product, Vendor};

/// Three vendors; `alpha` was bought by the owner of `beta` on 2025-01-01.
pub(crate) fn vendors() -> BTreeMap<String, Vendor> {
    BTreeMap::from([
        vendor("alpha", "Alpha", &[("Alpha Inc", None), ("Beta Group", Some("2025-01-01"))]),
        vendor("beta", "Beta", &[("Beta Group", None)]),
        vendor("gamma", "Gamma", &[("Gamma AG", None)]),
    ])
}

/// A vendor with the products `edge` and `box`.
pub(crate) fn vendor(id: &str, name: &str, owners: &[(&str, Option<&str>)]) -> (String, Vendor) {
    let owner = |(name, from): &(&str, Option<&str>)| Owner {
        name: (*name).to_owned(),
        from: from.map(Into::into),
        verified: true,
        source: String::new(),
    };
    let product = |id: &str| Product {
        id: id.into(),
        name: format!("Product {id}"),
        roles: Vec::new(),
        selectors: Vec::new(),
        sender_address: None,
    };
    let vendor = Vendor {
        id: id.into(),
        name: name.into(),
        website: String::new(),
        domains: Vec::new(),
        owners: owners.iter().map(owner).collect(),
        products: vec![product("edge"), product("box")],
    };
    (id.to_owned(), vendor)
}

pub(crate) fn labels() -> Labels {
    Labels::new(&vendors(), &Ownership::Current)
}

pub(crate) fn provenance(members: usize, day: &str) -> Provenance {
    Provenance {
        population: format!("synthetic-{}", &day[..4]),
        series: "synthetic".into(),
        unit: Unit::Company,
        members,
        observed_from: day.into(),
        observed_to: day.into(),
        kind: Kind::Synthetic,
        source: None,
        snapshot: "0123456789ab".into(),
        notes: Vec::new(),
    }
}

pub(crate) fn named(vendor: &str) -> Verdict {
    Verdict::Vendor { vendor: vendor.into(), product: "edge".into() }
}

pub(crate) fn attribution(verdict: Verdict, numer: i64, denom: i64) -> Attribution {
    let confidence = match &verdict {
        Verdict::Vendor { .. } => Some(Confidence::Confirmed),
        Verdict::SelfHosted | Verdict::Unattributed => Some(Confidence::Weak),
        Verdict::NoMail | Verdict::Unreachable => None,
    };
    let evidence = vec![Evidence { rule: "(made-up)".into(), question: "example. MX".into(), value: verdict.as_str().into() }];
    Attribution { verdict, weight: Weight::new(numer, denom), confidence, customer: None, evidence }
}

/// A member whose gateway is split in equal parts between the verdicts; mailbox likewise, nothing else.
pub(crate) fn member(id: &str, domain: &str, verdicts: &[Verdict]) -> Classification {
    let parts: Vec<Attribution> = verdicts.iter().map(|v| attribution(v.clone(), 1, verdicts.len() as i64)).collect();
    Classification {
        id: id.into(),
        name: format!("Member {id}").into(),
        domain: domain.into(),
        rank: None,
        cohorts: Vec::new(),
        gateway: parts.clone(),
        mailbox: parts,
        sender: (Reached::Measured, Vec::new()),
        dmarc: (Reached::Measured, Vec::new()),
        overlay: (Reached::Measured, Vec::new()),
        flags: BTreeSet::new(),
        failure: None,
    }
}

fn verdict() -> impl Strategy<Value = Verdict> {
    let vendor = prop_oneof![Just("alpha"), Just("beta"), Just("gamma"), Just("unknown-to-the-rules")];
    let product = prop_oneof![Just("edge"), Just("box")];
    prop_oneof![
        6 => (vendor, product).prop_map(|(v, p)| Verdict::Vendor { vendor: v.into(), product: p.into() }),
        1 => Just(Verdict::SelfHosted),
        2 => Just(Verdict::Unattributed),
        1 => Just(Verdict::NoMail),
    ]
}

fn confidence() -> impl Strategy<Value = Option<Confidence>> {
    prop_oneof![Just(None), Just(Some(Confidence::Weak)), Just(Some(Confidence::Likely)), Just(Some(Confidence::Confirmed))]
}

/// Parts of an exclusive role that sum to 1, unequal ones and repeated rows included.
fn exclusive() -> impl Strategy<Value = Vec<Attribution>> {
    let part = (verdict(), 1_i64..5, confidence(), prop::option::of(prop_oneof![Just("acme"), Just("umbrella")]));
    let parts = prop::collection::vec(part, 1..4).prop_map(|parts| {
        let whole: i64 = parts.iter().map(|(_, weight, _, _)| weight).sum();
        let made = |(verdict, weight, confidence, customer): (Verdict, i64, Option<Confidence>, Option<&str>)| Attribution {
            confidence,
            customer: customer.map(Into::into),
            ..attribution(verdict, weight, whole)
        };
        parts.into_iter().map(made).collect()
    });
    prop_oneof![8 => parts, 1 => Just(vec![attribution(Verdict::Unreachable, 1, 1)])]
}

fn reach() -> impl Strategy<Value = (Reached, Vec<Attribution>)> {
    let found = prop::collection::vec((verdict(), confidence()), 0..4).prop_map(|found| {
        let made = |(verdict, confidence)| Attribution { confidence, ..attribution(verdict, 1, 1) };
        (Reached::Measured, found.into_iter().map(made).collect())
    });
    prop_oneof![6 => found, 1 => Just((Reached::Unreachable(Outcome::Timeout), Vec::new()))]
}

/// One member; id and domain are put in by the caller.
fn classified() -> impl Strategy<Value = Classification> {
    (exclusive(), exclusive(), reach(), reach(), reach(), prop::option::of(1_u32..400), 0_u8..3).prop_map(
        |(gateway, mailbox, sender, dmarc, overlay, rank, cohort)| Classification {
            gateway,
            mailbox,
            sender,
            dmarc,
            overlay,
            rank,
            cohorts: vec![["north", "south", ""][usize::from(cohort)].into()],
            ..member("", "", &[Verdict::NoMail])
        },
    )
}

/// Members of one list, ids unique.
pub(crate) fn snapshot() -> impl Strategy<Value = Vec<Classification>> {
    prop::collection::vec((classified(), 0_u8..40), 0..25).prop_map(|members| {
        let place = |(i, (member, domain)): (usize, (Classification, u8))| Classification {
            id: format!("m{i}").into(),
            domain: format!("d{domain}.example").into(),
            ..member
        };
        members.into_iter().enumerate().map(place).collect()
    })
}

/// Two lists that share members by id, some by domain only, some not at all; domains change, ids
/// are unique within a list, domains are not.
pub(crate) fn snapshots() -> impl Strategy<Value = (Vec<Classification>, Vec<Classification>)> {
    let one = (
        prop::option::weighted(0.85, classified()),
        prop::option::weighted(0.85, classified()),
        any::<(bool, bool, bool)>(),
        0_u8..30,
    );
    prop::collection::vec(one, 0..25).prop_map(|members| {
        let (mut old, mut new) = (Vec::new(), Vec::new());
        for (i, (before, after, (same_verdict, same_id, same_domain), domain)) in members.into_iter().enumerate() {
            let at = |id: String, domain: String, member: Classification| Classification {
                id: id.into(),
                domain: domain.into(),
                ..member
            };
            let after = if same_verdict && after.is_some() && before.is_some() { before.clone() } else { after };
            if let Some(before) = before {
                old.push(at(format!("m{i}"), format!("d{domain}.example"), before));
            }
            if let Some(after) = after {
                let id = if same_id { format!("m{i}") } else { format!("n{i}") };
                let domain = if same_domain { format!("d{domain}.example") } else { format!("e{i}.example") };
                new.push(at(id, domain, after));
            }
        }
        (old, new)
    })
}
