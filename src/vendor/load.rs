//! Reading the knowledge base from TOML: every error at once, each with file, line and key.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use crate::dns::Name;

use super::{Exchange, Negative, Owner, Place, Product, Reviewed, Role, Rule, Signal, Source, Vendor, Weight, schema};

/// The files of `data/vendors`, compiled into the program: file name and text.
pub const VENDOR_FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/vendor_files.rs"));

/// What is wrong with the vendor files.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("no .toml file in {}: name the folder that holds the vendor files", path.display())]
    Empty { path: PathBuf },
    /// `key` is the path of tables, such as `product[0].rule[2]`, or empty for the file itself.
    #[error("{place}: {key}{}{problem}", if key.is_empty() { "" } else { ": " })]
    Invalid { place: Place, key: String, problem: String },
}

/// Everything the files say, before it is put together.
#[derive(Debug, Default)]
pub struct Contents {
    pub vendors: Vec<Vendor>,
    pub rules: Vec<Rule>,
    pub weights: Vec<Weight>,
    pub private_brands: Vec<(String, String)>,
    pub reviewed: Vec<(String, Reviewed)>,
    pub negatives: Vec<Negative>,
    pub sources: Vec<(String, Source)>,
    /// Where each vendor and each rule is written, in the order of `vendors` and `rules`.
    pub vendor_places: Vec<Place>,
    pub rule_places: Vec<Place>,
    pub errors: Vec<LoadError>,
}

/// Name and text of every `.toml` file of a folder, by name.
pub fn read_dir(dir: &Path) -> Result<Vec<(String, String)>, Vec<LoadError>> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |source| LoadError::Read { path, source }
    };
    let entries = std::fs::read_dir(dir).map_err(|e| vec![unreadable(dir)(e)])?;
    let (mut files, mut errors) = (BTreeMap::new(), Vec::new());
    for entry in entries {
        let path = match entry {
            Ok(entry) => entry.path(),
            Err(e) => {
                errors.push(unreadable(dir)(e));
                continue;
            }
        };
        if path.extension().is_some_and(|e| e == "toml") {
            match std::fs::read_to_string(&path) {
                Ok(text) => {
                    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                    files.insert(name, text);
                }
                Err(e) => errors.push(unreadable(&path)(e)),
            }
        }
    }
    if files.is_empty() && errors.is_empty() {
        errors.push(LoadError::Empty { path: dir.to_owned() });
    }
    if errors.is_empty() { Ok(files.into_iter().collect()) } else { Err(errors) }
}

impl Contents {
    /// Reads one file. What it is shows from its keys: a vendor's file has an `id`.
    pub fn read(&mut self, file: &str, text: &str) {
        let (root, errors) = DeTable::parse_recoverable(text);
        let mut reader = Reader { file, text, contents: self };
        for error in &errors {
            reader.fail(error.span().map_or(0, |s| s.start), "", error.message());
        }
        if !errors.is_empty() {
            return;
        }
        if root.get_ref().contains_key("id") { reader.vendor(root) } else { reader.shared(root) }
    }
}

struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    contents: &'a mut Contents,
}

impl<'a> Reader<'a> {
    fn place(&self, offset: usize) -> Place {
        let before = self.text.get(..offset).unwrap_or(self.text);
        Place { file: self.file.to_owned(), line: before.matches('\n').count() + 1 }
    }

    fn fail(&mut self, offset: usize, key: &str, problem: &str) {
        let error = LoadError::Invalid { place: self.place(offset), key: key.to_owned(), problem: problem.to_owned() };
        self.contents.errors.push(error);
    }

    fn take<T: Deserialize<'a>>(&mut self, key: &str, value: Spanned<DeValue<'a>>) -> Option<T> {
        let start = value.span().start;
        match T::deserialize(ValueDeserializer::from(value)) {
            Ok(taken) => Some(taken),
            Err(error) => {
                self.fail(error.span().map_or(start, |s| s.start), key, error.message());
                None
            }
        }
    }

    /// The tables of `[[name]]`, taken out of the table they stand in.
    fn tables(&mut self, table: &mut DeTable<'a>, path: &str, name: &str) -> Vec<(String, Spanned<DeValue<'a>>)> {
        let Some(value) = table.remove(name) else { return Vec::new() };
        let (start, key) = (value.span().start, format!("{path}{name}"));
        match value.into_inner() {
            DeValue::Array(items) => items.into_iter().enumerate().map(|(i, item)| (format!("{key}[{i}]"), item)).collect(),
            _ => {
                self.fail(start, &key, &format!("expected tables, written [[{name}]]"));
                Vec::new()
            }
        }
    }

    fn each<T: Deserialize<'a>>(&mut self, table: &mut DeTable<'a>, name: &str) -> Vec<(Place, T)> {
        let tables = self.tables(table, "", name);
        let place = |reader: &Self, value: &Spanned<_>| reader.place(value.span().start);
        tables.into_iter().filter_map(|(key, value)| Some((place(self, &value), self.take(&key, value)?))).collect()
    }

    fn shared(&mut self, root: Spanned<DeTable<'a>>) {
        let mut root = root.into_inner();
        for (place, source) in self.each::<schema::Source>(&mut root, "source") {
            self.contents.sources.push((source.id, Source { text: source.text, place }));
        }
        for (place, w) in self.each::<schema::Weight>(&mut root, "weight") {
            let schema::Weight { signal, vendor, tier, own, other, source } = w;
            self.contents.weights.push(Weight { signal, vendor, tier, own, other, source, place });
        }
        for (key, value) in self.tables(&mut root, "", "private_brand") {
            let start = value.span().start;
            let Some(brand) = self.take::<schema::PrivateBrand>(&key, value) else { continue };
            match Name::parse(&brand.domain) {
                Ok(_) => self.contents.private_brands.push((brand.domain, brand.company)),
                Err(e) => self.fail(start, &format!("{key}.domain"), &e.to_string()),
            }
        }
        for (place, reviewed) in self.each::<schema::Reviewed>(&mut root, "reviewed") {
            let schema::Reviewed { domain, on, why } = reviewed;
            self.contents.reviewed.push((domain, Reviewed { on, why, place }));
        }
        for (place, negative) in self.each::<schema::Negative>(&mut root, "negative") {
            let schema::Negative { signal, texts, why } = negative;
            let each = |text| Negative { signal, text, why: why.clone(), place: place.clone() };
            self.contents.negatives.extend(texts.into_iter().map(each));
        }
        for key in root.keys() {
            let problem = "unknown table; expected id (of a vendor), source, weight, private_brand, reviewed or negative";
            self.fail(key.span().start, key.get_ref(), problem);
        }
    }

    fn vendor(&mut self, root: Spanned<DeTable<'a>>) {
        let span = root.span();
        let mut root = root.into_inner();
        let owners = self.each::<schema::Owner>(&mut root, "owner");
        let products = self.tables(&mut root, "", "product");
        let head = self.take::<schema::Head>("", Spanned::new(span, DeValue::Table(root)));
        let vendor_id = head.as_ref().map_or("?", |h| h.id.as_str()).to_owned();
        let products = products.into_iter().filter_map(|(key, value)| self.product(&vendor_id, &key, value)).collect();
        if let Some(schema::Head { id, name, website, domains }) = head {
            let owner = |o: schema::Owner| Owner { name: o.name, from: o.from, verified: o.verified, source: o.source };
            let owners = owners.into_iter().map(|(_, o)| owner(o)).collect();
            self.contents.vendors.push(Vendor { id, name, website, domains, owners, products });
            self.contents.vendor_places.push(self.place(0));
        }
    }

    fn product(&mut self, vendor: &str, key: &str, value: Spanned<DeValue<'a>>) -> Option<Product> {
        let span = value.span();
        let DeValue::Table(mut table) = value.into_inner() else {
            self.fail(span.start, key, "expected a table, written [[product]]");
            return None;
        };
        let rules = self.tables(&mut table, &format!("{key}."), "rule");
        let product = self.take::<schema::Product>(key, Spanned::new(span, DeValue::Table(table)));
        let (id, roles) = product.as_ref().map_or(("?", &[][..]), |p| (p.id.as_str(), &p.roles));
        for (key, value) in rules {
            let place = self.place(value.span().start);
            if let Some(rule) = self.take::<schema::Rule>(&key, value) {
                self.contents.rules.push(rule.of(vendor, id, roles));
                self.contents.rule_places.push(place);
            }
        }
        product.map(|p| Product {
            id: p.id,
            name: p.name,
            roles: p.roles,
            selectors: p.selectors,
            sender_address: p.sender_address,
        })
    }
}

impl schema::Rule {
    fn of(self, vendor: &str, product: &str, product_roles: &[Role]) -> Rule {
        let mut roles: Vec<Role> = self.signal.roles().iter().filter(|r| product_roles.contains(r)).copied().collect();
        if self.exchange != Exchange::Mail {
            // A parking or verification host says nothing about who handles the mail.
            roles.clear();
        } else if self.signal == Signal::TxtToken && roles.contains(&Role::Mailbox) {
            roles = vec![Role::Mailbox];
        }
        Rule {
            id: self.id.into(),
            vendor: vendor.into(),
            product: product.into(),
            signal: self.signal,
            pattern: self.pattern,
            regex: self.regex,
            reason: self.reason,
            customer: self.customer,
            roles,
            exchange: self.exchange,
            tier: self.tier,
            opaque: self.opaque,
            implies: self.implies,
            certainty: self.certainty,
            source: self.source,
            from: self.from,
            to: self.to,
            matches: self.matches,
            rejects: self.rejects,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::vendor::Ruleset;

    #[test]
    fn every_error_is_reported_with_line_and_key() {
        let acme = "id = 'acme'
name = 'Acme'
website = 'https://acme.com'
colour = 'red'
[[product]]
id = 'filter'
name = 'Filter'
roles = ['gateway', 'doorman']
[[product]]
id = 'other'
name = 'Other'
roles = ['gateway']
[[product.rule]]
id = 'acme-a'
signal = 'mx-host'
patern = 'a.acme.com'
certainty = 'high'
source = 'a test'
[[product.rule]]
id = 'acme-b'
signal = 'mx-host'
pattern = 'b..acme.com'
certainty = 'high'
source = 'a test'
";
        let broken = "id = 'broken\nname = 'Broken'\n";
        let shared = "[[private_brand]]\ndomain = 'a..b'\ncompany = 'A'\nsource = 'a test'\n[wieght]\nsignal = 'mx-host'\n";
        let errors = Ruleset::from_files([("acme.toml", acme), ("broken.toml", broken), ("_shared.toml", shared)]).unwrap_err();
        let text: String = errors.iter().map(|e| format!("{e}\n")).collect();
        for expected in [
            "acme.toml:4: unknown field `colour`",
            "acme.toml:8: product[0]: unknown variant `doorman`",
            "acme.toml:16: product[1].rule[0]: unknown field `patern`",
            "acme.toml:19: rule acme-b: pattern: empty label",
            "broken.toml:1: ",
            "_shared.toml:1: private_brand[0].domain: empty label",
            "_shared.toml:5: wieght: unknown table",
        ] {
            assert!(text.contains(expected), "expected {expected}\nin\n{text}");
        }
    }

    #[test]
    fn a_folder_is_read_and_a_wrong_one_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let errors = Ruleset::load(dir.path()).unwrap_err();
        assert!(errors[0].to_string().contains("no .toml file in"), "{}", errors[0]);
        std::fs::write(dir.path().join("acme.toml"), "id = 'acme'\nname = 'Acme'\nwebsite = 'https://acme.com'\n").unwrap();
        std::fs::write(dir.path().join("notes.txt"), "not a rule").unwrap();
        assert_eq!(Ruleset::load(dir.path()).unwrap().vendors.len(), 1);
        let errors = Ruleset::load(&dir.path().join("missing")).unwrap_err();
        assert!(errors[0].to_string().contains("cannot read"), "{}", errors[0]);
    }
}
