//! Exchanges that no rule knows, in groups: the next rules worth writing.

use std::collections::{BTreeMap, BTreeSet};

use num_rational::Ratio;

use crate::classify::exchange::origins;
use crate::classify::{Classification, Verdict, Weight};
use crate::dns::{Name, Type, parse_mx, registrable};
use crate::observation::Observation;
use crate::plan::Kind;
use crate::vendor::{Reviewed, Ruleset, Signal};

/// What the exchanges of a group have in common.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Common {
    /// The registrable domain they stand under, or the exchange itself where it has none.
    #[default]
    Domain,
    /// The origin AS of their addresses. Needs a crawl at depth `standard` or `deep`.
    Operator,
    /// How their names are built, whosever domain they stand under: appliances that many companies
    /// run under their own names show here.
    Shape,
}

/// Exchanges that have something in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The domain, `AS64496`, or the shape; `(not asked)` where no AS was answered.
    pub key: String,
    /// Members whose gateway verdict is unattributed because of these exchanges, by weight.
    pub members: Weight,
    /// Asked domains, sorted.
    pub domains: BTreeSet<String>,
    /// Exchange names, sorted.
    pub exchanges: BTreeSet<String>,
    /// Origin ASes of their addresses, where asked.
    pub operators: BTreeSet<u32>,
    pub shapes: BTreeSet<String>,
    /// A rule of low certainty that would name it, or that of a sender whose bounces end here.
    pub hint: Option<String>,
}

/// The groups of a snapshot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unattributed {
    /// Largest first.
    pub groups: Vec<Group>,
    /// Groups that somebody looked at already (`[[reviewed]]` of the rules), largest first.
    pub reviewed: Vec<(Group, Reviewed)>,
    /// Members that receive mail and whose gateway question was answered: the denominator of a share.
    pub measured: usize,
}

/// The groups behind every `unattributed` gateway verdict. An exchange under a reviewed domain is in
/// no group but its domain's own.
pub fn unattributed<'a>(
    classified: impl IntoIterator<Item = (Observation<'a>, Classification)>,
    rules: &Ruleset,
    common: Common,
) -> Unattributed {
    let mut found = Unattributed::default();
    let (mut open, mut reviewed) = (BTreeMap::new(), BTreeMap::new());
    for (observation, verdict) in classified {
        let has_mail = |v: &Verdict| !matches!(v, Verdict::NoMail | Verdict::Unreachable);
        found.measured += usize::from(verdict.gateway.iter().all(|a| has_mail(&a.verdict)));
        let Some(nobody) = verdict.gateway.iter().find(|a| a.verdict == Verdict::Unattributed) else { continue };
        let evidence: BTreeSet<Name> = nobody.evidence.iter().filter_map(|e| parse_mx(&e.value)).map(|mx| mx.exchange).collect();
        let hosts = if evidence.is_empty() { answered(&observation) } else { evidence };
        let mut parts: BTreeMap<(bool, String), Vec<Exchange>> = BTreeMap::new();
        for host in hosts {
            let exchange = Exchange::new(&observation, host, rules);
            let known = rules.reviewed.contains_key(&exchange.domain);
            let keys = if known { vec![exchange.domain.clone()] } else { exchange.keys(common) };
            for key in keys {
                parts.entry((known, key)).or_default().push(exchange.clone());
            }
        }
        let part = nobody.weight / Ratio::from_integer(i64::try_from(parts.len()).unwrap_or(1).max(1));
        for ((known, key), exchanges) in parts {
            let groups = if known { &mut reviewed } else { &mut open };
            let group = groups.entry(key.clone()).or_insert_with(|| Group::new(key));
            group.members += part;
            group.domains.insert(observation.member.asked().bare().to_owned());
            for exchange in exchanges {
                group.add(exchange);
            }
        }
    }
    found.groups = by_size(open);
    let reason = |g: Group| rules.reviewed.get(&g.key).cloned().map(|why| (g, why));
    found.reviewed = by_size(reviewed).into_iter().filter_map(reason).collect();
    found
}

fn by_size(groups: BTreeMap<String, Group>) -> Vec<Group> {
    let mut list: Vec<Group> = groups.into_values().collect();
    list.sort_by(|a, b| b.members.cmp(&a.members).then_with(|| a.key.cmp(&b.key)));
    list
}

fn answered(observation: &Observation) -> BTreeSet<Name> {
    let answer = observation.answer(Kind::Mx, observation.member.asked(), Type::Mx);
    answer.into_iter().flat_map(|a| a.rdata(Type::Mx)).filter_map(parse_mx).map(|mx| mx.exchange).collect()
}

impl Group {
    fn new(key: String) -> Self {
        Self {
            key,
            members: Ratio::from_integer(0),
            domains: BTreeSet::new(),
            exchanges: BTreeSet::new(),
            operators: BTreeSet::new(),
            shapes: BTreeSet::new(),
            hint: None,
        }
    }

    fn add(&mut self, exchange: Exchange) {
        self.exchanges.insert(exchange.host.bare().to_owned());
        self.operators.extend(exchange.operators);
        self.shapes.insert(exchange.shape);
        self.hint = self.hint.take().or(exchange.hint);
    }
}

/// One exchange of a member with all that groups may have in common.
#[derive(Clone)]
struct Exchange {
    host: Name,
    domain: String,
    operators: BTreeSet<u32>,
    shape: String,
    hint: Option<String>,
}

impl Exchange {
    fn new(observation: &Observation, host: Name, rules: &Ruleset) -> Self {
        let hint = || rules.match_hint(Signal::MxHost, &host);
        Self {
            domain: registrable(&host).unwrap_or_else(|| host.clone()).bare().to_owned(),
            operators: origins(observation, &host),
            shape: shape(&host, observation.member.asked()),
            hint: rules.match_name(Signal::MxHost, &host).or_else(hint).map(|r| r.id.to_string()),
            host,
        }
    }

    fn keys(&self, common: Common) -> Vec<String> {
        match common {
            Common::Domain => vec![self.domain.clone()],
            Common::Shape => vec![self.shape.clone()],
            Common::Operator if self.operators.is_empty() => vec!["(not asked)".to_owned()],
            Common::Operator => self.operators.iter().map(|number| format!("AS{number}")).collect(),
        }
    }
}

/// How a name is built: the labels below its registrable domain, with `N` for a number and
/// `{customer}` for the member's own domain in dashes or its first label.
///
/// `mx01.example.net` is `mxN.*`, `made-up-example.mail.example.net` is `{customer}.mail.*`.
fn shape(host: &Name, asked: &Name) -> String {
    let own = registrable(host).unwrap_or_else(|| host.clone());
    let below = host.labels().count().saturating_sub(own.labels().count());
    let dashed = asked.bare().replace('.', "-");
    let first = asked.labels().next().unwrap_or_default();
    let mut shape = String::new();
    for label in host.labels().take(below) {
        if label == dashed || label == first {
            shape.push_str("{customer}");
        } else {
            let mut digits = false;
            for c in label.chars() {
                if !c.is_ascii_digit() {
                    shape.push(c);
                } else if !digits {
                    shape.push('N');
                }
                digits = c.is_ascii_digit();
            }
        }
        shape.push('.');
    }
    shape.push('*');
    shape
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape_of(host: &str, asked: &str) -> String {
        shape(&Name::parse(host).unwrap(), &Name::parse(asked).unwrap())
    }

    #[test]
    fn names_built_alike_have_one_shape() {
        assert_eq!(shape_of("mx01.example.net", "made-up.example"), "mxN.*");
        assert_eq!(shape_of("mx-2-31.example.co.uk", "made-up.example"), "mx-N-N.*");
        assert_eq!(shape_of("made-up-example.mail.example.net", "made-up.example"), "{customer}.mail.*");
        assert_eq!(shape_of("made-up.example.net", "made-up.example"), "{customer}.*");
        assert_eq!(shape_of("example.net", "made-up.example"), "*");
        assert_eq!(shape_of("localhost", "made-up.example"), "*");
    }
}
