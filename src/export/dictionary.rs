//! What every column of a published table means: the data dictionary, and the types of the columns.

use super::{Field, Kind};
use crate::report::table::Column;

/// A column of any table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meaning {
    pub name: &'static str,
    pub kind: Kind,
    pub meaning: &'static str,
}

const fn text(name: &'static str, meaning: &'static str) -> Meaning {
    Meaning { name, kind: Kind::Text, meaning }
}

const fn integer(name: &'static str, meaning: &'static str) -> Meaning {
    Meaning { name, kind: Kind::Integer, meaning }
}

const fn number(name: &'static str, meaning: &'static str) -> Meaning {
    Meaning { name, kind: Kind::Number, meaning }
}

/// Every column that a publication folder can hold. R are the measured members (a definitive answer, and
/// mail), U the unreachable ones.
const COLUMNS: [Meaning; 52] = [
    text("role", "gateway, mailbox, sender, dmarc or overlay: which of the five markets the row is about"),
    text("vendor", "name of the vendor, or one of self-hosted, unattributed, none, no-mail, unreachable, total"),
    text("cohort", "column=value: the part of the list that the row is about"),
    number("members", "members of the row; a member whose most preferred exchanges tie counts in equal parts"),
    number("share", "members / R, a fraction of 1; empty where the row is outside the denominator"),
    number("lower_bound", "members / (R + U): the share if no missing answer was of this row"),
    number(
        "upper_bound",
        "(members + unattributed + weakly self-hosted + U) / (R + U): the share if every missing answer was of this row",
    ),
    number("confirmed", "members of the row with confidence confirmed: two independent signals, or one only the vendor can make"),
    number("likely", "members of the row with confidence likely"),
    number("weak", "members of the row with confidence weak"),
    number("wilson_low", "lower end of the 95 % Wilson score interval, for lists that are samples"),
    number("wilson_high", "upper end of the 95 % Wilson score interval, for lists that are samples"),
    number("old", "members of the row in the older snapshot"),
    number("new", "members of the row in the newer snapshot"),
    number("net", "new - old"),
    number("relative_change", "(new - old) / old, a fraction of 1; empty where old is 0"),
    number("share_old", "share in the older snapshot, a fraction of 1"),
    number("share_new", "share in the newer snapshot, a fraction of 1"),
    number("share_change_pp", "share_new - share_old, in percentage points"),
    number("count_effect_pp", "100 (new - old) / R_new: points that come from the count"),
    number("denominator_effect_pp", "100 old (1 / R_new - 1 / R_old): points that come from the denominator"),
    number("gained", "members of both lists, measured on both sides, that came to the row"),
    number("lost", "members of both lists, measured on both sides, that went from the row"),
    number("entered", "members of the newer list alone"),
    number("left", "members of the older list alone"),
    number("appeared", "members of both lists, unreachable on the older side alone"),
    number("disappeared", "members of both lists, unreachable on the newer side alone"),
    number("gained_from_unattributed", "part of gained that was unattributed before: detection, perhaps not market"),
    number("lost_to_unattributed", "part of lost that is unattributed now: detection, perhaps not market"),
    number("gained_domain", "part of gained whose asked domain changed"),
    number("lost_domain", "part of lost whose asked domain changed"),
    number("p_value", "exact two-sided McNemar test over members of both lists, measured on both sides"),
    number("p_holm", "p_value after Holm over all vendors of the role that changed"),
    text("from", "row of the older snapshot; (entered) where the member was not in the older list"),
    text("to", "row of the newer snapshot; (left) where the member is not in the newer list"),
    text("id", "identifier of the member, the same over the years"),
    text("name", "name of the member"),
    text("domain", "domain that was asked about"),
    text("domain_old", "domain that was asked about in the older snapshot"),
    text("domain_new", "domain that was asked about in the newer snapshot"),
    text("cause", "dns where the records moved, domain where another domain was asked about"),
    text("evidence_old", "records and rules that the older verdict rests on"),
    text("evidence_new", "records and rules that the newer verdict rests on"),
    text("verdict", "vendor, self-hosted, unattributed, no-mail or unreachable"),
    text("product", "product of the vendor, where the records tell it"),
    text("owner", "owner of the vendor, as the rules name it"),
    text("customer", "account name that the records show"),
    integer("weight_num", "numerator of the part in which the member counts for this row"),
    integer("weight_den", "denominator of the part in which the member counts for this row"),
    text("confidence", "confirmed, likely or weak"),
    text("flags", "what is odd about the member's records, words with spaces between"),
    text("evidence", "records and rules that the verdict rests on"),
];

/// What a column means, where it is known.
pub fn meaning(name: &str) -> Option<&'static Meaning> {
    COLUMNS.iter().find(|column| column.name == name)
}

/// Columns with their types; a column that is not in the dictionary is text.
pub fn fields(columns: &[Column]) -> Vec<Field> {
    let kind = |column: &Column| meaning(&column.name).map_or(Kind::Text, |m| m.kind);
    columns.iter().map(|column| Field { kind: kind(column), column: column.clone() }).collect()
}
