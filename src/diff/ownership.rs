//! Brands that changed hands between two snapshots: annotations, never growth.

use std::collections::BTreeMap;

use crate::diff::DiffTable;
use crate::share::{Count, Row};
use crate::vendor::Vendor;

/// A brand had another owner on the new side than on the old one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnershipEvent {
    /// The brand's label.
    pub vendor: String,
    pub from: String,
    pub to: String,
    /// The day of the last change up to the new snapshot, as far as the rules know it.
    pub on: Option<String>,
    /// Whether the source of that day was read; else it rests on memory.
    pub verified: bool,
    /// The brand's members on both sides: what a table by owner moves from one owner to the other
    /// without anybody having switched.
    pub members_old: Count,
    pub members_new: Count,
}

/// The events between the last day of the old observation and the last day of the new one, for the
/// brands in a table by vendor, in its order.
pub fn ownership(by_vendor: &DiffTable, vendors: &BTreeMap<String, Vendor>) -> Vec<OwnershipEvent> {
    let (before, after) = (by_vendor.old.observed_to.as_str(), by_vendor.new.observed_to.as_str());
    let event = |row: &crate::diff::DiffRow| {
        let Row::Named(id) = &row.row else { return None };
        let vendor = vendors.get(id)?;
        let (from, to) = (vendor.owner(Some(before)), vendor.owner(Some(after)));
        if from == to {
            return None;
        }
        let begun = vendor.owners.iter().rev().find(|o| o.name == to && o.from.as_deref().is_none_or(|day| day <= after));
        Some(OwnershipEvent {
            vendor: row.label.clone(),
            from: from.to_owned(),
            to: to.to_owned(),
            on: begun.and_then(|o| o.from.clone()),
            verified: begun.is_some_and(|o| o.verified),
            members_old: row.old,
            members_new: row.new,
        })
    };
    by_vendor.rows.iter().filter_map(event).collect()
}
