//! Exchanges that no rule knows, grouped by the domain they stand under: the next rules worth writing.

use std::collections::{BTreeMap, BTreeSet};

use num_rational::Ratio;

use crate::classify::{Verdict, Weight, classify};
use crate::dns::{Name, Type, parse_mx, registrable};
use crate::observation::Observation;
use crate::plan::Kind;
use crate::vendor::{Ruleset, Signal};

/// Exchanges under one registrable domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The registrable domain, or the exchange itself where it has none.
    pub domain: String,
    /// Members whose gateway verdict is unattributed because of these exchanges, by weight.
    pub members: Weight,
    /// Asked domains, sorted.
    pub domains: Vec<String>,
    /// Exchange names, sorted.
    pub exchanges: Vec<String>,
    /// A rule of low certainty that would name it.
    pub hint: Option<String>,
}

/// The groups behind every `unattributed` gateway verdict, largest first.
pub fn unattributed<'a>(observations: impl IntoIterator<Item = Observation<'a>>, rules: &Ruleset) -> Vec<Group> {
    struct Building {
        members: Weight,
        domains: BTreeSet<String>,
        exchanges: BTreeSet<String>,
        hint: Option<String>,
    }
    let mut groups: BTreeMap<String, Building> = BTreeMap::new();
    for observation in observations {
        let verdict = classify(&observation, rules);
        let Some(open) = verdict.gateway.iter().find(|a| a.verdict == Verdict::Unattributed) else { continue };
        let asked = observation.member.asked();
        let hosts: BTreeSet<Name> = open.evidence.iter().filter_map(|e| parse_mx(&e.value)).map(|mx| mx.exchange).collect();
        let hosts = if hosts.is_empty() {
            let answer = observation.answer(Kind::Mx, asked, Type::Mx);
            answer.into_iter().flat_map(|a| a.rdata(Type::Mx)).filter_map(parse_mx).map(|mx| mx.exchange).collect()
        } else {
            hosts
        };
        let keys: BTreeSet<String> =
            hosts.iter().map(|h| registrable(h).unwrap_or_else(|| h.clone()).bare().to_owned()).collect();
        let part = open.weight / Ratio::from_integer(i64::try_from(keys.len()).unwrap_or(1).max(1));
        for key in keys {
            let group = groups.entry(key.clone()).or_insert_with(|| Building {
                members: Ratio::from_integer(0),
                domains: BTreeSet::new(),
                exchanges: BTreeSet::new(),
                hint: None,
            });
            group.members += part;
            group.domains.insert(asked.bare().to_owned());
            for host in hosts.iter().filter(|h| registrable(h).unwrap_or_else(|| (*h).clone()).bare() == key) {
                group.exchanges.insert(host.bare().to_owned());
                group.hint = group.hint.take().or_else(|| rules.match_hint(Signal::MxHost, host).map(|r| r.id.clone()));
            }
        }
    }
    let mut list: Vec<Group> = groups
        .into_iter()
        .map(|(domain, b)| Group {
            domain,
            members: b.members,
            domains: b.domains.into_iter().collect(),
            exchanges: b.exchanges.into_iter().collect(),
            hint: b.hint,
        })
        .collect();
    list.sort_by(|a, b| b.members.cmp(&a.members).then_with(|| a.domain.cmp(&b.domain)));
    list
}
