//! Facts to canonical CSV.

use std::io::{self, Write};

use super::COLUMNS;
use crate::observation::Facts;

/// Writes the canonical CSV: the same facts are always the same bytes.
pub fn write(facts: &Facts, output: impl Write) -> io::Result<()> {
    let mut writer = csv::WriterBuilder::new().from_writer(output);
    writer.write_record(COLUMNS)?;
    for (question, answer) in facts.iter() {
        let (qname, qtype) = (question.qname.as_str(), question.qtype.to_string());
        let outcome = answer.outcome.as_str();
        if answer.records().is_empty() {
            writer.write_record([qname, &qtype, outcome, "", "", ""])?;
        }
        for record in answer.records() {
            writer.write_record([qname, &qtype, outcome, record.owner.as_str(), &record.rtype.to_string(), &record.rdata])?;
        }
    }
    writer.flush()
}
