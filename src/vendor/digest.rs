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
        hash.fields("rule", [&*rule.id, &rule.vendor, &rule.product, rule.signal.as_str(), &rule.pattern]);
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
        ("opaque spf", &labels.opaque_spf),
        ("sender addresses", &labels.sender_addresses),
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::dns::Name;
    use crate::vendor::{Ruleset, Signal, VENDOR_FILES};

    const HOSTS: [&str; 6] = [
        "mx0a-001b2d01.pphosted.com",
        "hotmail-com.olc.protection.outlook.com",
        "inbound-smtp.us-east-1.amazonaws.com",
        "mail1.corpmailsvcs.com",
        "custmx.cscdns.net",
        "smg1.example.com",
    ];

    fn matches(rules: &Ruleset) -> Vec<Option<std::sync::Arc<str>>> {
        let id = |host: &&str| rules.match_name(Signal::MxHost, &Name::parse(host).unwrap()).map(|r| r.id.clone());
        HOSTS.iter().map(id).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]
        #[test]
        fn order_and_names_of_files_change_nothing(files in Just(VENDOR_FILES.to_vec()).prop_shuffle()) {
            let renamed: Vec<(String, &str)> = files.iter().enumerate().map(|(i, (_, text))| (format!("{i}.toml"), *text)).collect();
            let rules = Ruleset::from_files(renamed.iter().map(|(name, text)| (name.as_str(), *text))).unwrap();
            prop_assert_eq!(&rules.digest, &Ruleset::embedded().digest);
            prop_assert_eq!(matches(&rules), matches(Ruleset::embedded()));
        }
    }

    const ACME: &str = r#"
        id = "acme"
        name = "Acme"
        website = "https://acme.com"
        [[product]]
        id = "filter"
        name = "Filter"
        roles = ["gateway"]
        [[product.rule]]
        id = "acme-a"
        signal = "mx-host"
        pattern = "a.acme.com"
        certainty = "high"
        source = "a test"
        [[product.rule]]
        id = "acme-b"
        signal = "mx-host"
        pattern = "b.acme.com"
        certainty = "high"
        source = "a test"
    "#;

    fn digest(text: &str) -> String {
        Ruleset::from_files([("acme.toml", text)]).unwrap().digest
    }

    #[test]
    fn what_changes_no_verdict_changes_no_digest() {
        let (head, rules) = ACME.split_at(ACME.find("[[product.rule]]").unwrap());
        let (a, b) = rules.split_at(rules.rfind("[[product.rule]]").unwrap());
        let swapped = format!("# a comment\n{head}{b}{a}").replace("a test", "another source");
        assert_eq!(digest(&swapped), digest(ACME));
        assert_eq!(digest(&ACME.replace("https://acme.com", "https://www.acme.com")), digest(ACME));
    }

    #[test]
    fn what_may_change_a_verdict_changes_the_digest() {
        for (from, to) in [
            ("b.acme.com", "c.acme.com"),
            ("\"Acme\"", "\"Acme Inc\""),
            ("[\"gateway\"]", "[\"gateway\", \"sender\"]"),
            ("pattern = \"b.acme.com\"", "pattern = \"b.acme.com\"\nexchange = \"parking\""),
            ("pattern = \"b.acme.com\"", "pattern = \"b.acme.com\"\ncustomer = \"(x)\""),
            ("name = \"Filter\"", "name = \"Filter\"\nselectors = [\"k1\"]"),
            ("website =", "domains = [\"acme.com\"]\nwebsite ="),
        ] {
            assert_ne!(digest(&ACME.replace(from, to)), digest(ACME), "{to}");
        }
    }
}
