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
