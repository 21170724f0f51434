//! Every verdict on every member: the attributions table.

use super::diff::evidence;
use crate::classify::{Attribution, Classification, Reached, Verdict};
use crate::report::table::{Cell, Column, Table};
use crate::share::{Count, Labels};
use crate::vendor::Role;

/// One row a member, role and verdict.
pub const ATTRIBUTIONS: [Column; 14] = [
    Column::detail("id"),
    Column::new("name", "name"),
    Column::new("domain", "domain"),
    Column::new("role", "role"),
    Column::new("verdict", "verdict"),
    Column::new("vendor", "vendor"),
    Column::new("product", "product"),
    Column::detail("owner"),
    Column::detail("customer"),
    Column::detail("weight_num"),
    Column::detail("weight_den"),
    Column::new("confidence", "confidence"),
    Column::new("flags", "flags"),
    Column::detail("evidence"),
];

/// All members in the given roles, in their order.
pub fn attributions<'m>(members: impl IntoIterator<Item = &'m Classification>, roles: &[Role], labels: &Labels) -> Table {
    let mut out = Table::new("attributions", "Attributions", &ATTRIBUTIONS);
    for member in members {
        out.rows.extend(attribution_rows(member, roles, labels));
    }
    out
}

/// The rows of one member, for writing them as they come. Never none for a role: where a reach role
/// found nobody the verdict is `none`, where it got no answer `unreachable` with the outcome. What other
/// answers showed of an unreachable member follows as evidence; shares count it as unreachable alone.
pub fn attribution_rows(member: &Classification, roles: &[Role], labels: &Labels) -> Vec<Vec<Cell>> {
    let mut rows = Vec::new();
    for &role in roles {
        let attributions = member.role(role);
        match reached(member, role) {
            Some(Reached::Unreachable(outcome)) => {
                rows.push(row(member, role, "unreachable", (1, 1), None, labels, outcome.as_str().to_owned()));
            }
            _ if attributions.is_empty() => rows.push(row(member, role, "none", (1, 1), None, labels, String::new())),
            _ => {}
        }
        for a in attributions {
            let weight = (*a.weight.numer(), *a.weight.denom());
            rows.push(row(member, role, a.verdict.as_str(), weight, Some(a), labels, evidence(&a.evidence)));
        }
    }
    rows
}

fn reached(member: &Classification, role: Role) -> Option<Reached> {
    match role {
        Role::Gateway | Role::Mailbox => None,
        Role::Sender => Some(member.sender.0),
        Role::Dmarc => Some(member.dmarc.0),
        Role::Overlay => Some(member.overlay.0),
    }
}

fn row(
    member: &Classification,
    role: Role,
    verdict: &str,
    (numer, denom): (i64, i64),
    attribution: Option<&Attribution>,
    labels: &Labels,
    evidence: String,
) -> Vec<Cell> {
    let (vendor, product, owner) = match attribution.map(|a| &a.verdict) {
        Some(Verdict::Vendor { vendor, product }) => {
            (labels.vendor(vendor).to_owned(), labels.product(vendor, product), labels.owner(vendor).to_owned())
        }
        _ => Default::default(),
    };
    let flags: Vec<&str> = member.flags.iter().map(|flag| flag.as_str()).collect();
    let whole = |n: i64| Cell::Count(Count::from_integer(i128::from(n)));
    let text = |text: &str| if text.is_empty() { Cell::Empty } else { Cell::text(text) };
    vec![
        text(&member.id),
        text(&member.name),
        text(&member.domain),
        text(role.as_str()),
        text(verdict),
        text(&vendor),
        text(&product),
        text(&owner),
        text(attribution.and_then(|a| a.customer.as_deref()).unwrap_or("")),
        whole(numer),
        whole(denom),
        text(attribution.and_then(|a| a.confidence).map_or("", |c| c.as_str())),
        text(&flags.join(" ")),
        text(&evidence),
    ]
}
