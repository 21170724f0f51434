//! Who is right where a verdict and a label differ, decided row by row and written down.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use super::{Label, Truth, TruthError, label_words};
use crate::vendor::Role;

/// Who is right about one domain and role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    Ours,
    Label,
    /// The records cannot say.
    Undecidable,
}

/// One judged disagreement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adjudicated {
    pub domain: String,
    pub role: Role,
    /// The label as it stood when it was judged.
    pub label: String,
    /// The verdict as it stood when it was judged: a vendor id, or as a label is written.
    pub verdict: String,
    pub right: Right,
    pub reason: String,
}

/// Reads an adjudication: CSV with `domain,role,label,verdict,right,reason`; `right` is `ours`, `label`
/// or `undecidable`.
///
/// # Errors
/// The first row that is not of that form, with its line.
pub fn read_adjudication(input: impl Read, file: &str) -> Result<Vec<Adjudicated>, TruthError> {
    #[derive(serde::Deserialize)]
    struct Row {
        domain: String,
        role: String,
        label: String,
        verdict: String,
        right: String,
        reason: String,
    }
    let mut rows = Vec::new();
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(input);
    for (i, row) in reader.deserialize::<Row>().enumerate() {
        let row = row.map_err(|error| TruthError::Csv {
            file: file.to_owned(),
            columns: "domain, role, label, verdict, right and reason",
            error,
        })?;
        let fault = |what: String| TruthError::Row { file: file.to_owned(), line: i as u64 + 2, what };
        let role = Role::ALL.into_iter().find(|r| r.is_exclusive() && r.as_str() == row.role);
        let role = role.ok_or_else(|| fault(format!("role {:?} is neither gateway nor mailbox", row.role)))?;
        let right = match row.right.as_str() {
            "ours" => Right::Ours,
            "label" => Right::Label,
            "undecidable" => Right::Undecidable,
            other => return Err(fault(format!("right is {other:?}; write ours, label or undecidable"))),
        };
        if row.reason.is_empty() {
            return Err(fault("the reason is empty".to_owned()));
        }
        rows.push(Adjudicated { domain: row.domain, role, label: row.label, verdict: row.verdict, right, reason: row.reason });
    }
    Ok(rows)
}

/// The labels as judged: where ours was right, the verdict of that day is the label; what cannot be
/// decided is left out, or kept as labelled with `against_us`. A row judged under another label than
/// the one that stands is not used; their domains come back second.
pub fn adjudicate(truth: &[Truth], rows: &[Adjudicated], against_us: bool) -> (Vec<Truth>, Vec<String>) {
    let named: BTreeSet<(Role, String)> = truth.iter().map(|t| (t.role, label_words(&t.label))).collect();
    let judged: BTreeMap<(&str, Role), &Adjudicated> = rows.iter().map(|r| ((r.domain.as_str(), r.role), r)).collect();
    let (mut adjudicated, mut stale) = (Vec::new(), Vec::new());
    for row in truth {
        let Some(found) = judged.get(&(row.domain.as_str(), row.role)) else {
            adjudicated.push(row.clone());
            continue;
        };
        if found.label != label_words(&row.label) {
            stale.push(row.domain.clone());
            adjudicated.push(row.clone());
            continue;
        }
        match found.right {
            Right::Undecidable if !against_us => {}
            Right::Undecidable | Right::Label => adjudicated.push(row.clone()),
            Right::Ours => {
                // A vendor that no label names is `other`, or that label would change its meaning.
                let label = Label::read(&found.verdict);
                let unnamed = matches!(label, Label::Vendor(_)) && !named.contains(&(row.role, found.verdict.clone()));
                adjudicated.push(Truth { label: if unnamed { Label::Other } else { label }, ..row.clone() });
            }
        }
    }
    (adjudicated, stale)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::read_truth;

    #[test]
    fn rows_are_judged_one_by_one() {
        let truth = "domain,role,label\na.example,mailbox,other\nb.example,mailbox,google\nc.example,mailbox,microsoft\nd.example,mailbox,other\n";
        let truth = read_truth(truth.as_bytes(), "t").unwrap();
        let rows = "domain,role,label,verdict,right,reason\n\
            a.example,mailbox,other,microsoft,ours,x\nb.example,mailbox,google,microsoft,undecidable,x\n\
            c.example,mailbox,google,self-hosted,ours,x\nd.example,mailbox,other,hostopia,ours,x\n";
        let rows = read_adjudication(rows.as_bytes(), "a").unwrap();
        let words = |truth: &[Truth]| truth.iter().map(|t| format!("{} {}", t.domain, label_words(&t.label))).collect::<Vec<_>>();
        let (judged, stale) = adjudicate(&truth, &rows, false);
        assert_eq!(words(&judged), ["a.example microsoft", "c.example microsoft", "d.example other"]);
        assert_eq!(stale, ["c.example"]);
        assert_eq!(words(&adjudicate(&truth, &rows, true).0)[1], "b.example google");
        let bad = "domain,role,label,verdict,right,reason\na.example,mailbox,other,x,perhaps,y\n";
        assert!(read_adjudication(bad.as_bytes(), "a").unwrap_err().to_string().contains("line 2"));
    }
}
