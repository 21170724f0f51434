//! The canonical file of a population: what a snapshot keeps as `population.csv`.

use super::{Member, Population};

impl Population {
    /// CSV with a header: `id,rank,name,domain,mail_domain`, then the cohort columns; members in
    /// their order. [`super::parse`] reads it back to an equal population.
    pub fn to_csv(&self) -> Vec<u8> {
        let mut bytes = header(&self.cohorts);
        self.members.iter().for_each(|member| push_row(&mut bytes, member, self.cohorts.len()));
        bytes
    }
}

/// The first line of the file.
pub(super) fn header(cohorts: &[String]) -> Vec<u8> {
    let fixed = ["id", "rank", "name", "domain", "mail_domain"];
    let mut bytes = Vec::new();
    push_line(&mut bytes, fixed.into_iter().chain(cohorts.iter().map(String::as_str)));
    bytes
}

/// Appends the line of a member, with so many cohort columns: a missing one is written blank.
pub(super) fn push_row(bytes: &mut Vec<u8>, member: &Member, cohorts: usize) {
    let rank = member.rank.map(|r| r.to_string()).unwrap_or_default();
    let mail_domain = member.mail_domain.as_ref().map_or("", |d| d.bare());
    let fixed = [&*member.id, &rank, &member.name, member.domain.bare(), mail_domain];
    push_line(bytes, fixed.into_iter().chain((0..cohorts).map(|i| member.cohorts.get(i).map_or("", |value| value))));
}

fn push_line<'a>(bytes: &mut Vec<u8>, fields: impl Iterator<Item = &'a str>) {
    for (i, field) in fields.enumerate() {
        if i > 0 {
            bytes.push(b',');
        }
        if field.bytes().any(|b| matches!(b, b',' | b'"' | b'\n' | b'\r')) {
            bytes.extend(format!("\"{}\"", field.replace('"', "\"\"")).into_bytes());
        } else {
            bytes.extend_from_slice(field.as_bytes());
        }
    }
    bytes.push(b'\n');
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::super::domain::trim;
    use super::super::{About, Member, Population, Unit, parse};
    use crate::dns::Name;

    /// A field as the loader leaves it: one line, no blanks around it.
    fn field() -> impl Strategy<Value = Box<str>> {
        any::<String>().prop_map(|text| {
            let line: String = text.chars().filter(|c| !c.is_control()).collect();
            trim(&line).into()
        })
    }

    fn domain() -> impl Strategy<Value = Name> {
        "[a-z0-9_]{1,20}(\\.[a-z0-9_]{1,10}){1,3}"
            .prop_filter("an address is no domain", |text| text.parse::<std::net::IpAddr>().is_err())
            .prop_map(|text| Name::parse(&text).unwrap())
    }

    fn population() -> impl Strategy<Value = Population> {
        let unit = prop_oneof![Just(Unit::Company), Just(Unit::Domain)];
        let columns = prop::collection::btree_set("[a-z]{1,3}[0-9]", 0..3);
        (unit, columns).prop_flat_map(|(unit, columns)| {
            let cohorts = prop::collection::vec(field(), columns.len());
            let member = (field(), field(), domain(), prop::option::of(domain()), any::<Option<u32>>(), cohorts);
            prop::collection::vec(member, 0..12).prop_map(move |rows| {
                let (mut ids, mut asked) = (BTreeSet::new(), BTreeSet::new());
                let members = rows.into_iter().map(|(id, name, domain, mail_domain, rank, cohorts)| Member {
                    id: if id.is_empty() { domain.bare().into() } else { id },
                    name,
                    domain,
                    mail_domain,
                    rank,
                    cohorts,
                });
                let unique = |m: &Member| ids.insert(m.id.clone()) & (asked.insert(m.asked().clone()) | (unit == Unit::Company));
                Population {
                    name: "synthetic".to_owned(),
                    series: "synthetic".to_owned(),
                    unit,
                    cohorts: columns.iter().cloned().collect(),
                    members: members.filter(unique).collect(),
                }
            })
        })
    }

    proptest! {
        #[test]
        fn a_population_reads_as_it_was_written(population in population()) {
            let about = About { unit: Some(population.unit), ..About::default() };
            let loaded = parse(&population.to_csv()[..], &population.name, about).unwrap();
            prop_assert_eq!(&loaded.rejected, &vec![]);
            prop_assert!(loaded.repairs.is_empty());
            prop_assert_eq!(loaded.population.to_csv(), population.to_csv());
            prop_assert_eq!(loaded.population, population);
        }

        #[test]
        fn no_bytes_panic(list in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&list[..], "x", About::default());
        }
    }
}
