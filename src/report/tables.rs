//! What stands in which table: the columns are a contract with everyone who reads the files.

mod change;
mod diff;
mod members;
mod sensitivity;
mod share;
mod trend;

use serde_json::{Value, json};

use crate::provenance::{Kind, Provenance};
use crate::share::{Base, Count, number};

pub use change::{drift, noise, ownership, summary, win_loss};
pub use diff::{diff, panel, switchers, transitions};
pub use members::{ATTRIBUTIONS, attribution_rows, attributions};
pub use sensitivity::{published, sensitivity, sensitivity_long};
pub use share::{concentration, share};
pub use trend::{trend, trend_long, trend_steps};

/// Where the figures of one snapshot come from, in lines.
pub fn citation(provenance: &Provenance, ruleset: &str) -> Vec<String> {
    let mut lines = Vec::new();
    match provenance.kind {
        Kind::Live => {}
        Kind::Replay => lines.push("Replayed from a recorded snapshot; not crawled from the live DNS.".to_owned()),
        Kind::Imported => lines.push("Imported: recorded by others, converted by this program.".to_owned()),
        Kind::Synthetic => lines.push("SYNTHETIC DATA, made up for tests or benchmarks.".to_owned()),
    }
    let unit = provenance.unit.noun(provenance.members);
    let members = number::grouped(&Count::from_integer(provenance.members as i128));
    lines.push(format!(
        "{}: {members} {unit}, observed {}; snapshot {}, rules {ruleset}.",
        provenance.population,
        provenance.dates(),
        provenance.snapshot
    ));
    lines.extend(provenance.source.iter().map(|source| format!("Source: {source}")));
    lines.extend(provenance.notes.iter().cloned());
    lines
}

/// The denominators in one sentence.
fn denominators(base: &Base, exclusive: bool) -> String {
    let count = |value: Count| number::grouped(&value);
    if exclusive {
        format!(
            "Shares are of {} measured (of {}: {} without mail, {} unreachable).",
            count(base.measured()),
            count(base.population),
            count(base.no_mail),
            count(base.unreachable)
        )
    } else {
        format!(
            "Reach, of {} measured (of {}, {} unreachable): one member counts in several rows, and rows do not sum.",
            count(base.measured()),
            count(base.population),
            count(base.unreachable)
        )
    }
}

fn withheld(rows: usize, min_n: u32) -> Option<String> {
    let rows_are = if rows == 1 { "row is" } else { "rows are" };
    (rows > 0).then(|| format!("{rows} {rows_are} withheld: fewer than {min_n} members (--min-n)."))
}

fn base_fact(base: &Base) -> Value {
    let text = |value: Count| Value::from(number::exact(&value).parse::<f64>().unwrap_or_default());
    let whole = |value: Count| if value.is_integer() { json!(value.to_integer() as u64) } else { text(value) };
    json!({
        "population": whole(base.population),
        "measured": whole(base.measured()),
        "no_mail": whole(base.no_mail),
        "unreachable": whole(base.unreachable),
    })
}

fn provenance_fact(provenance: &Provenance) -> Value {
    serde_json::to_value(provenance).unwrap_or(Value::Null)
}

/// What a role is called above a table.
fn role_title(role: crate::vendor::Role) -> &'static str {
    use crate::vendor::Role;
    match role {
        Role::Gateway => "E-mail gateways",
        Role::Mailbox => "Mailbox hosts",
        Role::Sender => "Senders (reach)",
        Role::Dmarc => "DMARC and TLS reporting (reach)",
        Role::Overlay => "Overlay products (reach, a lower bound)",
    }
}
