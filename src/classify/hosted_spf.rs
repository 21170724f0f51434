//! SPF records that a hosting service makes up for each sender: what it said of the senders we know.
//!
//! Such a record cannot be read, only asked: the macros of RFC 7208 section 7 carry the sender's address,
//! and the answer speaks of that sender alone.

use std::net::IpAddr;

use crate::classify::senders::match_term;
use crate::dns::{Outcome, Question, Type};
use crate::mail::spf::{self, Term};
use crate::observation::Observation;
use crate::plan::{Hosted, Kind};
use crate::vendor::{Rule, Ruleset};

/// One question about one known sender.
#[derive(Clone, Debug)]
pub struct Asked<'r> {
    pub question: Question,
    /// The rule of the sender's address.
    pub rule: &'r Rule,
    pub said: Said,
}

/// What the hosting service said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// The record lets the sender through.
    Authorised { record: String },
    /// A record, and it does not let the sender through.
    NotAuthorised,
    /// No record for this domain and sender: services that answer so for every sender they do not let
    /// through cannot be told from those that do not know the domain.
    NoRecord,
    /// No definitive answer; `None` where it was not asked.
    Open(Option<Outcome>),
}

impl Said {
    pub fn words(&self) -> String {
        match self {
            Self::Authorised { .. } => "authorised".to_owned(),
            Self::NotAuthorised => "known to the service, and not authorised".to_owned(),
            Self::NoRecord => "no record: not authorised, or not configured".to_owned(),
            Self::Open(None) => "not asked (depth deep asks)".to_owned(),
            Self::Open(Some(outcome)) => format!("no definitive answer ({outcome})"),
        }
    }
}

/// What was said of every known sender where a term of the domain's own record leads to a hosting service.
pub(super) fn ask<'r>(observation: &Observation, rules: &'r Ruleset, term: &Term) -> Vec<Asked<'r>> {
    let hosted = observation.plan.labels.hosted_spf(observation.member.asked(), term);
    hosted
        .filter_map(|Hosted { question, sender }| {
            let rule = rules.match_block(&sender.to_string())?;
            let said = said(observation, rules, &question, sender, rule);
            Some(Asked { question, rule, said })
        })
        .collect()
}

fn said(observation: &Observation, rules: &Ruleset, question: &Question, sender: IpAddr, rule: &Rule) -> Said {
    let Some(answer) = observation.answer(Kind::HostedSpf, &question.qname, question.qtype) else { return Said::Open(None) };
    let record = match question.qtype {
        Type::A => answer.rdata(Type::A).next(),
        _ => answer.rdata(Type::Txt).find(|text| admits(text, sender, rule, rules)),
    };
    let is_record = |text: &str| spf::parse(text).is_some();
    match record {
        Some(record) => Said::Authorised { record: record.to_owned() },
        None if answer.rdata(Type::Txt).any(is_record) => Said::NotAuthorised,
        None if answer.outcome.is_definitive() => Said::NoRecord,
        None => Said::Open(Some(answer.outcome)),
    }
}

/// Whether a record lets a sender through by its address or by its vendor's include. `+all` lets
/// everybody through and names nobody.
fn admits(rdata: &str, sender: IpAddr, rule: &Rule, rules: &Ruleset) -> bool {
    let Some(record) = spf::parse(rdata) else { return false };
    record.reachable().filter(|t| !t.is_negative()).any(|term| match term {
        Term::Ip(_, block) => spf::block_holds(block, sender),
        _ => match_term(term, rules).is_some_and(|(found, _)| found.vendor == rule.vendor),
    })
}
