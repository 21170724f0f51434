//! `validate`: verdicts held against labels.

use std::fs::File;

use crate::report::{confusion_table, disagreements_table, scores_table};
use crate::validate::{read_truth, validate as compare};
use crate::vendor::Role;

use super::args::{Common, Format, ValidateArgs, ValidateTable};
use super::failure::{Exit, Failure};
use super::{measures, out, side};

pub fn validate(common: &Common, args: &ValidateArgs) -> Result<Exit, Failure> {
    let rules = side::rules(common)?;
    let name = args.truth.display().to_string();
    let file = File::open(&args.truth).map_err(|e| Failure::new(format!("cannot read {name}: {e}")))?;
    let truth = read_truth(file, &name)?;
    let snapshot = side::open(common, &args.snapshot)?;
    let members = side::classify_all(&snapshot, None, rules.get());
    let roles = args.role.map_or(vec![Role::Gateway, Role::Mailbox], |role| vec![role.into()]);
    let table = |role| {
        let validation = compare(&members, &truth, role);
        let table = match args.table {
            ValidateTable::Scores => scores_table(&validation),
            ValidateTable::Confusion => confusion_table(&validation),
            ValidateTable::Disagreements => disagreements_table(&validation),
        };
        (None, table)
    };
    let list = roles.into_iter().map(table).collect();
    let text = measures::render(list, args.format);
    out::emit(&text, args.out.as_deref())?;
    if !common.quiet && args.format == Format::Table {
        eprintln!("labels: {name}; snapshot {}, rules {}", snapshot.digest12(), rules.get().short_digest());
    }
    Ok(Exit::Done)
}
