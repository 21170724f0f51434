//! The canonical file of a population: what a snapshot keeps as `population.csv`.

use super::Population;

impl Population {
    /// CSV with a header: `id,rank,name,domain,mail_domain`, then the cohort columns; members in
    /// their order. [`super::parse`] reads it back to an equal population.
    pub fn to_csv(&self) -> Vec<u8> {
        let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
        let mut record = csv::ByteRecord::new();
        for column in ["id", "rank", "name", "domain", "mail_domain"] {
            record.push_field(column.as_bytes());
        }
        self.cohorts.iter().for_each(|column| record.push_field(column.as_bytes()));
        // Writing to memory fails for uneven records alone, and a missing cohort is written blank.
        let mut write = |record: &csv::ByteRecord| writer.write_byte_record(record).expect("even records into memory");
        write(&record);
        for member in &self.members {
            record.clear();
            record.push_field(member.id.as_bytes());
            record.push_field(member.rank.map(|r| r.to_string()).unwrap_or_default().as_bytes());
            record.push_field(member.name.as_bytes());
            record.push_field(member.domain.bare().as_bytes());
            record.push_field(member.mail_domain.as_ref().map_or("", |d| d.bare()).as_bytes());
            for i in 0..self.cohorts.len() {
                record.push_field(member.cohorts.get(i).map_or("", |value| value).as_bytes());
            }
            write(&record);
        }
        writer.into_inner().expect("memory never fails to flush")
    }
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
