//! Answers to canonical CSV: the same answers are always the same bytes.

use std::io::{self, Write};

use super::COLUMNS;
use crate::observation::Facts;

/// Writes the header and every answer.
pub fn write(facts: &Facts, mut output: impl Write) -> io::Result<()> {
    let mut rows = Vec::new();
    push_row(&mut rows, COLUMNS);
    for (question, answer) in facts.iter() {
        let (qname, qtype) = (question.qname.as_str(), question.qtype.to_string());
        let outcome = answer.outcome.as_str();
        if answer.records().is_empty() {
            push_row(&mut rows, [qname, &qtype, outcome, "", "", ""]);
        }
        for record in answer.records() {
            push_row(&mut rows, [qname, &qtype, outcome, record.owner.as_str(), &record.rtype.to_string(), &record.rdata]);
        }
        if rows.len() >= 1 << 15 {
            output.write_all(&rows)?;
            rows.clear();
        }
    }
    output.write_all(&rows)?;
    output.flush()
}

/// One row, with quotes where a field needs them (RFC 4180), ended by a line feed.
pub fn push_row(bytes: &mut Vec<u8>, fields: [&str; COLUMNS.len()]) {
    for (i, field) in fields.iter().enumerate() {
        if i > 0 {
            bytes.push(b',');
        }
        // Without an early end, so that many octets are looked at in one step.
        if !field.bytes().fold(false, |quoted, b| quoted | matches!(b, b',' | b'"' | b'\n' | b'\r')) {
            bytes.extend_from_slice(field.as_bytes());
            continue;
        }
        bytes.push(b'"');
        for (i, piece) in field.split('"').enumerate() {
            if i > 0 {
                bytes.extend_from_slice(b"\"\"");
            }
            bytes.extend_from_slice(piece.as_bytes());
        }
        bytes.push(b'"');
    }
    bytes.push(b'\n');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn rows_are_those_of_the_csv_crate(fields in prop::array::uniform6("[a-z,\"\r\n .\\\\é]{0,12}")) {
            let fields: [&str; 6] = std::array::from_fn(|i| fields[i].as_str());
            let mut ours = Vec::new();
            push_row(&mut ours, fields);
            let mut theirs = csv::Writer::from_writer(Vec::new());
            theirs.write_record(fields).unwrap();
            prop_assert_eq!(ours, theirs.into_inner().unwrap());
        }
    }
}
