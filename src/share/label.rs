//! What the rows of a table are called.

use std::collections::{BTreeMap, BTreeSet};

use crate::vendor::Vendor;

/// Names that rest rows carry; a vendor of such a name gets its id beside it.
const RESERVED: [&str; 7] = ["none", "no-mail", "other", "self-hosted", "total", "unattributed", "unreachable"];

/// On which day a brand's owner is looked up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Ownership {
    /// The newest owner known, for all snapshots alike.
    #[default]
    Current,
    /// The owner on a day (`YYYY-MM-DD`).
    AsOf(String),
}

/// Names of vendors, products and owners by id, unique among their kind so that a row can be found
/// by its label.
#[derive(Clone, Debug, Default)]
pub struct Labels {
    vendors: BTreeMap<String, Names>,
}

#[derive(Clone, Debug)]
struct Names {
    name: String,
    owner: String,
    products: BTreeMap<String, String>,
}

impl Labels {
    pub fn new(vendors: &BTreeMap<String, Vendor>, ownership: &Ownership) -> Self {
        let mut seen = BTreeSet::new();
        let mut shared = BTreeSet::new();
        for vendor in vendors.values() {
            if !seen.insert(vendor.name.as_str()) {
                shared.insert(vendor.name.as_str());
            }
        }
        let on = match ownership {
            Ownership::Current => None,
            Ownership::AsOf(day) => Some(day.as_str()),
        };
        let names = |(id, vendor): (&String, &Vendor)| {
            let ambiguous = shared.contains(vendor.name.as_str()) || is_reserved(&vendor.name);
            let name = if ambiguous { format!("{} ({id})", vendor.name) } else { vendor.name.clone() };
            let owner = vendor.owner(on);
            let owner = if is_reserved(owner) { format!("{owner} (owner)") } else { owner.to_owned() };
            let products = vendor.products.iter().map(|p| (p.id.clone(), full_name(&name, &p.name))).collect();
            (id.clone(), Names { name, owner, products })
        };
        Self { vendors: vendors.iter().map(names).collect() }
    }

    /// A vendor's name; its id where the ruleset does not know it.
    pub fn vendor<'a>(&'a self, id: &'a str) -> &'a str {
        self.vendors.get(id).map_or(id, |v| &v.name)
    }

    pub fn owner<'a>(&'a self, vendor: &'a str) -> &'a str {
        self.vendors.get(vendor).map_or(vendor, |v| &v.owner)
    }

    /// A product's name, with its vendor's in front.
    pub fn product(&self, vendor: &str, product: &str) -> String {
        if product.is_empty() {
            return self.vendor(vendor).to_owned();
        }
        let known = self.vendors.get(vendor).and_then(|v| v.products.get(product));
        known.cloned().unwrap_or_else(|| full_name(self.vendor(vendor), product))
    }
}

fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name.to_ascii_lowercase().as_str())
}

fn full_name(vendor: &str, product: &str) -> String {
    if product.starts_with(vendor) { product.to_owned() } else { format!("{vendor} {product}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::share::arbitrary;

    fn vendor(id: &str, name: &str) -> (String, Vendor) {
        arbitrary::vendor(id, name, &[("First", None), ("Second", Some("2021-08-31"))])
    }

    #[test]
    fn equal_and_reserved_names_are_told_apart() {
        let vendors = BTreeMap::from([vendor("a", "Mail"), vendor("b", "Mail"), vendor("c", "Other"), vendor("d", "Plain")]);
        let labels = Labels::new(&vendors, &Ownership::Current);
        assert_eq!([labels.vendor("a"), labels.vendor("b")], ["Mail (a)", "Mail (b)"]);
        assert_eq!([labels.vendor("c"), labels.vendor("d"), labels.vendor("x")], ["Other (c)", "Plain", "x"]);
        assert_eq!(labels.product("d", "edge"), "Plain Product edge");
        assert_eq!(labels.product("d", "q"), "Plain q");
    }

    #[test]
    fn the_owner_is_that_of_the_day() {
        let vendors = BTreeMap::from([vendor("a", "Mail")]);
        let on = |day: &str| Labels::new(&vendors, &Ownership::AsOf(day.into())).owner("a").to_owned();
        assert_eq!([on("2021-08-30"), on("2021-08-31")], ["First", "Second"]);
        assert_eq!(Labels::new(&vendors, &Ownership::Current).owner("a"), "Second");
    }
}
