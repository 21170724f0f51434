//! The fingerprint of a ruleset: equal where no verdict can differ.

use sha2::{Digest, Sha256};

use super::{Ruleset, Signal};

/// SHA-256, as hex, over everything that can change a verdict or a question. Order of files and
/// rules, comments, sources, examples, dates of rules and websites are left out.
pub fn digest(rules: &Ruleset) -> String {
    let mut hash = Canonical(Sha256::new());
    for vendor in rules.vendors.values() {
        hash.fields("vendor", [vendor.id.as_str(), &vendor.name]);
        let mut domains: Vec<&str> = vendor.domains.iter().map(String::as_str).collect();
        domains.sort_unstable();
        hash.fields("domains", domains);
        for owner in &vendor.owners {
            hash.fields("owner", [owner.name.as_str(), owner.from.as_deref().unwrap_or("")]);
        }
        let mut products: Vec<_> = vendor.products.iter().collect();
        products.sort_by_key(|p| &p.id);
        for product in products {
            hash.fields("product", [product.id.as_str(), &product.name]);
            let mut roles = product.roles.clone();
            roles.sort_unstable();
            hash.fields("roles", roles.iter().map(|r| r.as_str()));
        }
    }
    for rule in &rules.rules {
        hash.fields("rule", [rule.id.as_str(), &rule.vendor, &rule.product, rule.signal.as_str(), &rule.pattern]);
        let texts = [&rule.regex, &rule.customer, &rule.implies].map(|t| t.as_deref().unwrap_or(""));
        hash.fields("texts", texts);
        hash.fields("kinds", [format!("{:?} {:?} {:?}", rule.exchange, rule.tier, rule.certainty).as_str()]);
        hash.fields("opaque", [if rule.opaque { "opaque" } else { "" }]);
    }
    for (domain, company) in &rules.private_brands {
        hash.fields("private brand", [domain.as_str(), company]);
    }
    let labels = &rules.labels;
    for (kind, list) in [
        ("microsoft selectors", &labels.microsoft_selectors),
        ("google selectors", &labels.google_selectors),
        ("vendor selectors", &labels.vendor_selectors),
        (Signal::MxHost.as_str(), &labels.known_exchanges),
    ] {
        hash.fields(kind, list.iter().map(String::as_str));
    }
    hash.0.finalize().iter().map(|b| format!("{b:02x}")).collect()
}

struct Canonical(Sha256);

impl Canonical {
    /// Lengths go before texts, so that no two lists give the same bytes.
    fn fields<'a>(&mut self, kind: &str, values: impl IntoIterator<Item = &'a str>) {
        self.text(kind);
        let values: Vec<&str> = values.into_iter().collect();
        self.0.update((values.len() as u64).to_be_bytes());
        for value in values {
            self.text(value);
        }
    }

    fn text(&mut self, text: &str) {
        self.0.update((text.len() as u64).to_be_bytes());
        self.0.update(text.as_bytes());
    }
}
