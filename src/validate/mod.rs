//! Verdicts held against labels from outside: confusion matrix, precision and recall, and every
//! disagreement with its evidence.

mod adjudication;
mod draw;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use crate::classify::{Attribution, Classification, Evidence, Verdict};
use crate::share::{Count, wilson};
use crate::vendor::Role;

pub use adjudication::{Adjudicated, Right, adjudicate, read_adjudication};
pub use draw::draw;

/// What a label says about a domain.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Label {
    /// A vendor id.
    Vendor(String),
    SelfHosted,
    NoMail,
    /// Somebody, but none of the vendors that the labels name at all: `other`.
    Other,
}

impl Label {
    fn read(word: &str) -> Self {
        match word {
            "self-hosted" => Self::SelfHosted,
            "no-mail" => Self::NoMail,
            "other" => Self::Other,
            vendor => Self::Vendor(vendor.to_owned()),
        }
    }
}

/// One labelled row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Truth {
    pub domain: String,
    pub role: Role,
    pub label: Label,
    pub note: String,
}

/// Why a truth file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TruthError {
    #[error("{file}: {error}; wanted is a CSV with the columns {columns}")]
    Csv { file: String, columns: &'static str, error: csv::Error },
    #[error("{file}, line {line}: {what}")]
    Row { file: String, line: u64, what: String },
}

/// Reads a truth file: CSV with `domain,role,label[,note]`. A label is a vendor id, `self-hosted`,
/// `no-mail`, `other`, or `unknown`, which is left out.
///
/// # Errors
/// The first row that is not of that form, with its line.
pub fn read_truth(input: impl Read, file: &str) -> Result<Vec<Truth>, TruthError> {
    #[derive(serde::Deserialize)]
    struct Row {
        domain: String,
        role: String,
        label: String,
        #[serde(default)]
        note: String,
    }
    let csv_error =
        |error| TruthError::Csv { file: file.to_owned(), columns: "domain, role, label and, if you like, note", error };
    let mut reader = csv::ReaderBuilder::new().flexible(false).trim(csv::Trim::All).from_reader(input);
    let headers = reader.headers().map_err(csv_error)?.clone();
    let mut truth = Vec::new();
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record).map_err(csv_error)? {
        let line = record.position().map_or(0, csv::Position::line);
        let row: Row = record.deserialize(Some(&headers)).map_err(csv_error)?;
        let fault = |what: String| TruthError::Row { file: file.to_owned(), line, what };
        let role = Role::ALL.into_iter().find(|r| r.as_str() == row.role);
        let role = role
            .filter(|r| r.is_exclusive())
            .ok_or_else(|| fault(format!("role {:?} is neither gateway nor mailbox", row.role)))?;
        let label = match row.label.as_str() {
            "" => return Err(fault("the label is empty; write unknown where nobody knows".into())),
            "unknown" => continue,
            word => Label::read(word),
        };
        truth.push(Truth { domain: row.domain.trim_end_matches('.').to_lowercase(), role, label, note: row.note });
    }
    Ok(truth)
}

/// Hits among trials, with the 95 % Wilson interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    pub hits: usize,
    pub trials: usize,
    pub interval: Option<(f64, f64)>,
}

impl Rate {
    fn new(hits: usize, trials: usize) -> Self {
        let count = |n: usize| Count::from_integer(n as i128);
        Self { hits, trials, interval: wilson(&count(hits), &count(trials)) }
    }

    /// `None` without trials.
    pub fn value(&self) -> Option<f64> {
        (self.trials > 0).then(|| self.hits as f64 / self.trials as f64)
    }
}

/// How one vendor fares.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    pub vendor: String,
    /// Of the domains we give to the vendor, those the labels give to it.
    pub precision: Rate,
    /// Of the domains the labels give to the vendor, those we do.
    pub recall: Rate,
}

/// A labelled domain on which verdict and label differ.
#[derive(Clone, Debug, PartialEq)]
pub struct Disagreement {
    pub domain: String,
    pub label: String,
    pub verdict: String,
    pub note: String,
    pub evidence: Vec<Evidence>,
}

/// The verdicts of one role held against the labels.
#[derive(Clone, Debug, PartialEq)]
pub struct Validation {
    pub role: Role,
    /// Labelled domains that the snapshot holds, and those it does not.
    pub compared: usize,
    pub missing: usize,
    /// Agreements among all compared. An open verdict (unattributed, unreachable) is none, but for
    /// `unattributed` where the label is `other`: neither side names anybody.
    pub accuracy: Rate,
    /// Agreements among the compared domains with a verdict that is not open.
    pub decided: Rate,
    /// Label, verdict, domains.
    pub confusion: BTreeMap<(String, String), usize>,
    pub scores: Vec<Score>,
    /// Sorted by label, verdict and domain.
    pub disagreements: Vec<Disagreement>,
}

/// Compares the verdicts of one role with its labels. A split member agrees where one of its parts does.
pub fn validate(members: &[Classification], truth: &[Truth], role: Role) -> Validation {
    let by_domain: BTreeMap<&str, &Classification> = members.iter().map(|c| (&*c.domain, c)).collect();
    let truth: Vec<&Truth> = truth.iter().filter(|t| t.role == role).collect();
    let named: BTreeSet<&str> = truth.iter().filter_map(|t| vendor(&t.label)).collect();
    let mut confusion: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut disagreements = Vec::new();
    let (mut compared, mut missing, mut agreed, mut decided, mut decided_right) = (0, 0, 0, 0, 0);
    // Vendor: given by us, of these right, given by the labels, of these right.
    let mut counts: BTreeMap<&str, [usize; 4]> = named.iter().map(|v| (*v, [0; 4])).collect();
    for row in &truth {
        let Some(member) = by_domain.get(row.domain.as_str()) else {
            missing += 1;
            continue;
        };
        compared += 1;
        let attributions = member.role(role);
        let right = attributions.iter().any(|a| agrees(&row.label, &a.verdict, &named));
        let open = attributions.iter().all(|a| matches!(a.verdict, Verdict::Unattributed | Verdict::Unreachable));
        agreed += usize::from(right);
        decided += usize::from(!open);
        decided_right += usize::from(!open && right);
        let verdict = words(attributions, &named);
        *confusion.entry((label_words(&row.label), verdict.clone())).or_default() += 1;
        for given in attributions.iter().filter_map(verdict_vendor).filter_map(|v| named.get(v)) {
            let count = counts.entry(given).or_default();
            count[0] += 1;
            count[1] += usize::from(vendor(&row.label) == Some(*given));
        }
        if let Some(labelled) = vendor(&row.label) {
            let count = counts.entry(labelled).or_default();
            count[2] += 1;
            count[3] += usize::from(right);
        }
        if !right {
            let evidence = attributions.iter().flat_map(|a| a.evidence.iter().cloned()).collect();
            let note = row.note.clone();
            disagreements.push(Disagreement {
                domain: row.domain.clone(),
                label: label_words(&row.label),
                verdict,
                note,
                evidence,
            });
        }
    }
    disagreements.sort_by(|a, b| (&a.label, &a.verdict, &a.domain).cmp(&(&b.label, &b.verdict, &b.domain)));
    let score = |(vendor, [given, right, labelled, found]): (&str, [usize; 4])| Score {
        vendor: vendor.to_owned(),
        precision: Rate::new(right, given),
        recall: Rate::new(found, labelled),
    };
    Validation {
        role,
        compared,
        missing,
        accuracy: Rate::new(agreed, compared),
        decided: Rate::new(decided_right, decided),
        confusion,
        scores: counts.into_iter().map(score).collect(),
        disagreements,
    }
}

fn vendor(label: &Label) -> Option<&str> {
    match label {
        Label::Vendor(id) => Some(id),
        _ => None,
    }
}

fn verdict_vendor(attribution: &Attribution) -> Option<&str> {
    match &attribution.verdict {
        Verdict::Vendor { vendor, .. } => Some(vendor),
        _ => None,
    }
}

fn agrees(label: &Label, verdict: &Verdict, named: &BTreeSet<&str>) -> bool {
    match (label, verdict) {
        (Label::Vendor(id), Verdict::Vendor { vendor, .. }) => **vendor == **id,
        (Label::SelfHosted, Verdict::SelfHosted) | (Label::NoMail, Verdict::NoMail) => true,
        // Nobody the labels know by name: self-hosted, another vendor, or an exchange nobody knows.
        (Label::Other, Verdict::Vendor { vendor, .. }) => !named.contains(&**vendor),
        (Label::Other, Verdict::SelfHosted | Verdict::Unattributed) => true,
        _ => false,
    }
}

fn label_words(label: &Label) -> String {
    match label {
        Label::Vendor(id) => id.clone(),
        Label::SelfHosted => "self-hosted".into(),
        Label::NoMail => "no-mail".into(),
        Label::Other => "other".into(),
    }
}

/// The verdict as a column of the matrix: vendors that no label names are taken together.
fn words(attributions: &[Attribution], named: &BTreeSet<&str>) -> String {
    let word = |a: &Attribution| match &a.verdict {
        Verdict::Vendor { vendor, .. } if named.contains(&**vendor) => vendor.to_string(),
        Verdict::Vendor { .. } => "other vendor".to_owned(),
        other => other.as_str().to_owned(),
    };
    let words: BTreeSet<String> = attributions.iter().map(word).collect();
    words.into_iter().collect::<Vec<_>>().join(" + ")
}
