//! Checks of the knowledge base beyond what loading it needs: all findings at once.
//!
//! Loading refuses what cannot be used; the lint refuses what can be used and is wrong: an example
//! that another rule takes, two rules for one name, a fact without a source.

mod examples;
mod overlap;
mod wording;

use super::{Place, Rule, Ruleset};

/// Something to mend in the vendor files.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    pub place: Place,
    /// What it is about, with the key: `rule proofpoint-mx-pphosted-com: matches`.
    pub key: String,
    pub problem: String,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}: {}", self.place, self.key, self.problem)
    }
}

/// Everything that is wrong with the rules, sorted by place.
pub fn lint(rules: &Ruleset) -> Vec<Finding> {
    let mut report = Report { rules, findings: Vec::new() };
    wording::check(&mut report);
    overlap::check(&mut report);
    examples::check(&mut report);
    report.findings.sort();
    report.findings.dedup();
    report.findings
}

struct Report<'r> {
    rules: &'r Ruleset,
    findings: Vec<Finding>,
}

impl Report<'_> {
    fn at(&mut self, place: &Place, key: impl Into<String>, problem: impl Into<String>) {
        self.findings.push(Finding { place: place.clone(), key: key.into(), problem: problem.into() });
    }

    fn rule(&mut self, rule: &Rule, key: &str, problem: impl Into<String>) {
        if let Some(place) = self.rules.place(rule) {
            let colon = if key.is_empty() { "" } else { ": " };
            self.at(place, format!("rule {}{colon}{key}", rule.id), problem);
        }
    }

    fn vendor(&mut self, id: &str, key: impl Into<String>, problem: impl Into<String>) {
        if let Some(place) = self.rules.vendor_places.get(id) {
            self.at(place, format!("vendor {id}: {}", key.into()), problem);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHARED: &str = r#"
        [[source]]
        id = "seen"
        text = "seen in a test"
        [[weight]]
        signal = "mx-host"
        tier = "a"
        source = "seen"
        [[weight]]
        signal = "spf-include"
        tier = "b"
        source = "seen"
        [[negative]]
        signal = "mx-host"
        texts = ["mx.own.example"]
        why = "a company's own"
    "#;

    /// The findings for a vendor file, as `key: problem`.
    fn findings(vendor: &str) -> Vec<String> {
        let rules = Ruleset::from_files([("_shared.toml", SHARED), ("acme.toml", vendor)]).unwrap();
        lint(&rules).into_iter().map(|f| format!("{}: {}", f.key, f.problem)).collect()
    }

    fn acme(rules: &str) -> String {
        format!(
            r#"
            id = "acme"
            name = "Acme"
            website = "https://acme.com"
            domains = ["acme.com"]
            [[product]]
            id = "filter"
            name = "Acme Filter"
            roles = ["gateway", "mailbox", "sender"]
            {rules}
            "#
        )
    }

    fn rule(id: &str, pattern: &str, rest: &str) -> String {
        let (host, other) = (format!("mx.{pattern}"), format!("not{pattern}"));
        format!(
            r#"
            [[product.rule]]
            id = "{id}"
            signal = "mx-host"
            pattern = "{pattern}"
            certainty = "high"
            source = "seen"
            {}
            {rest}
            "#,
            if rest.contains("matches") { String::new() } else { format!("matches = [\"{host}\"]\nrejects = [\"{other}\"]") }
        )
    }

    #[test]
    fn the_embedded_rules_have_no_finding() {
        let findings = lint(Ruleset::embedded());
        assert!(findings.is_empty(), "{}", findings.iter().map(|f| format!("{f}\n")).collect::<String>());
    }

    #[test]
    fn a_clean_rule_has_no_finding() {
        assert_eq!(findings(&acme(&rule("acme-mx", "mx.acme.com", ""))), [""; 0]);
    }

    #[test]
    fn faults_are_named_with_their_key() {
        for (rules, expected) in [
            (rule("other-mx", "mx.acme.com", ""), "rule other-mx: id: must begin with acme-"),
            (rule("acme-mx", "Mx.acme.com", ""), "rule acme-mx: pattern: write it as mx.acme.com"),
            (rule("acme-mx", "co.uk", ""), "rule acme-mx: pattern: a public suffix: everybody's names stand under it"),
            (
                rule("acme-mx", "mx.acme.com", "matches = [\"mx.other.com\"]\nrejects = [\"x.com\"]"),
                "rule acme-mx: matches: mx.other.com is matched by no rule",
            ),
            (
                rule("acme-mx", "mx.acme.com", "matches = [\"mx.acme.com\"]\nrejects = [\"a.mx.acme.com\"]"),
                "rule acme-mx: rejects: a.mx.acme.com is matched by this rule",
            ),
            (
                rule("acme-mx", "mx.acme.com", "matches = [\"mx.acme.com\"]"),
                "rule acme-mx: rejects: give a host name that only looks like the vendor's",
            ),
            (rule("acme-mx", "own.example", ""), "rule acme-mx: pattern: matches mx.own.example: a company's own"),
            (
                rule("acme-a", "mx.acme.com", "") + &rule("acme-b", "mx.acme.com", ""),
                "rule acme-b: pattern: rule acme-a has the same pattern: only one can win",
            ),
            (
                rule("acme-a", "acme.com", "") + &rule("acme-b", "mx.acme.com", ""),
                "rule acme-b: pattern: says nothing that rule acme-a does not say of acme.com",
            ),
            (
                rule("acme-mx", "mx.acme.com", "reason = \"because\""),
                "rule acme-mx: reason: a reason without a regular expression",
            ),
            (
                rule("acme-mx", "mx.acme.com", "from = \"2024-13\""),
                "rule acme-mx: from: not a date; write 2024, 2024-07 or 2024-07-31",
            ),
            (rule("acme-mx", "mx.acme.com", "from = \"2024\"\nto = \"2023\""), "rule acme-mx: to: before from"),
            (
                rule("acme-mx", "mx.acme.com", "customer = \"^(x[0-9]+)\""),
                "rule acme-mx: customer: finds no customer in any of the examples",
            ),
        ] {
            let found = findings(&acme(&rules));
            assert!(found.iter().any(|f| f == expected), "expected {expected}\nfound {found:#?}");
        }
    }
}
