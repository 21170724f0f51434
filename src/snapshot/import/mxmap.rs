//! JSON lines of the mxmap project: one object a domain, with what its crawler kept of the answers.
//!
//! The crawler reduces answers to values, so much of a record is filled in again here and named in
//! the limits. It gives up on NXDOMAIN, NODATA and failures alike and then writes nothing, so whatever
//! is empty is `unrecorded`. `mx_asns`, `mx_countries` and `m365_tenant` are not DNS answers of the
//! domain and are left out.
//!
//! | field | becomes | filled in or lost |
//! |---|---|---|
//! | `mx` | MX | preference 0 (`mx-preference`); an empty host is a null MX (RFC 7505) |
//! | `mx_cnames` | CNAME of the exchange | a chain is one link to its end (`cname-links`) |
//! | `spf`, `txt_verifications` | TXT | other TXT, other SPF records and repeated tokens are lost (partial); the prefix of a token (`txt-token-prefix`), string borders (`txt-string-borders`) |
//! | `dkim` | CNAME below `_domainkey` | |
//! | `autodiscover_cname` | CNAME | |
//! | `autodiscover_srv` | SRV | priority, weight, port (`srv-numbers`); further records are lost (partial) |

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;

use super::{ImportError, Lines, Shape, Sink};
use crate::dns::{Name, Type, canonical, quote_strings};
use crate::plan::{Kind, Labels};

/// How each service begins its verification record, by the word mxmap uses for the service.
const TOKEN_PREFIXES: [(&str, &str); 6] = [
    ("apple", "apple-domain-verification="),
    ("atlassian", "atlassian-domain-verification="),
    ("docusign", "docusign="),
    ("facebook", "facebook-domain-verification="),
    ("google", "google-site-verification="),
    ("microsoft", "MS="),
];

const MICROSOFT: [&str; 2] = ["selector1", "selector2"];
const GOOGLE: [&str; 1] = ["google"];

#[derive(Deserialize)]
struct Row {
    domain: String,
    observed_at: Option<String>,
    #[serde(default)]
    mx: Vec<String>,
    #[serde(default)]
    mx_cnames: BTreeMap<String, String>,
    #[serde(default)]
    spf: String,
    #[serde(default)]
    autodiscover: BTreeMap<String, String>,
    #[serde(default)]
    dkim: BTreeMap<String, String>,
    #[serde(default)]
    txt_verifications: BTreeMap<String, String>,
}

/// What the crawler asks of every domain.
pub(super) fn shape() -> Shape {
    let kinds = [
        Kind::Mx,
        Kind::Txt,
        Kind::ExchangeCname,
        Kind::DkimMicrosoft,
        Kind::DkimGoogle,
        Kind::AutodiscoverCname,
        Kind::AutodiscoverSrv,
    ];
    let labels = Labels {
        microsoft_selectors: MICROSOFT.map(str::to_owned).to_vec(),
        google_selectors: GOOGLE.map(str::to_owned).to_vec(),
        ..Labels::default()
    };
    Shape { kinds: BTreeSet::from(kinds), labels }
}

pub(super) fn read(input: &Path, sink: &mut Sink) -> Result<(), ImportError> {
    sink.limits.partial.extend([Kind::Txt, Kind::AutodiscoverSrv]);
    let mut lines = Lines::open(input)?;
    while let Some((line, text)) = lines.next()? {
        sink.row(line);
        let row: Row = serde_json::from_slice(text).map_err(|error| sink.fault(error.to_string()))?;
        let domain = Name::parse(&row.domain).map_err(|error| sink.fault(format!("domain {:?}: {error}", row.domain)))?;
        if let Some(moment) = row.observed_at.as_deref().filter(|moment| !super::is_moment(moment)) {
            return Err(sink.fault(format!("observed_at {moment:?} is not a time of RFC 3339")));
        }
        if !sink.is_member(&domain) {
            sink.skip("domain that is not in the list");
            continue;
        }
        sink.observed(&domain, row.observed_at.as_deref());
        read_exchanges(&domain, &row, sink);
        read_txt(&domain, &row, sink);
        read_targets(&domain, &row, sink);
    }
    Ok(())
}

fn read_exchanges(domain: &Name, row: &Row, sink: &mut Sink) {
    let mut hosts = BTreeSet::new();
    for host in &row.mx {
        match if host.is_empty() { Ok(Name::root()) } else { Name::parse(host) } {
            Ok(host) if hosts.insert(host.clone()) => {}
            // The crawler kept one entry a record; without preferences the second says nothing.
            Ok(_) => sink.skip("exchange that stands twice at its domain"),
            Err(_) => sink.skip("exchange that is not a name"),
        }
    }
    if !hosts.is_empty() {
        sink.limits.reconstructed.insert("mx-preference".to_owned());
        sink.answered(domain.clone(), Type::Mx, hosts.iter().map(|host| format!("0 {host}")));
    }
    for (host, target) in &row.mx_cnames {
        let (Ok(host), Some(target)) = (Name::parse(host), canonical(Type::Cname, target)) else {
            sink.skip("CNAME of an exchange that is not a name");
            continue;
        };
        sink.limits.reconstructed.insert("cname-links".to_owned());
        sink.answered(host, Type::Cname, [target]);
    }
}

fn read_txt(domain: &Name, row: &Row, sink: &mut Sink) {
    let mut texts = Vec::new();
    if !row.spf.is_empty() {
        texts.push(row.spf.clone());
    }
    for (service, token) in &row.txt_verifications {
        match TOKEN_PREFIXES.iter().find(|(known, _)| known == service) {
            Some((_, prefix)) => {
                sink.limits.reconstructed.insert("txt-token-prefix".to_owned());
                texts.push(format!("{prefix}{token}"));
            }
            None => sink.skip("verification token of an unknown service"),
        }
    }
    if texts.iter().any(|text| text.len() > 255) {
        sink.limits.reconstructed.insert("txt-string-borders".to_owned());
    }
    if texts.iter().any(|text| !text.is_ascii()) {
        sink.limits.reconstructed.insert("txt-bytes".to_owned());
    }
    if !texts.is_empty() {
        sink.answered(domain.clone(), Type::Txt, texts.iter().map(|text| quote_strings(text.as_bytes().chunks(255))));
    }
}

fn read_targets(domain: &Name, row: &Row, sink: &mut Sink) {
    for (selector, target) in &row.dkim {
        let known = MICROSOFT.contains(&selector.as_str()) || GOOGLE.contains(&selector.as_str());
        let qname = domain.prepend(&format!("{selector}._domainkey"));
        match (known, qname, canonical(Type::Cname, target)) {
            (true, Ok(qname), Some(target)) => sink.answered(qname, Type::Cname, [target]),
            (false, ..) => sink.skip("DKIM selector that mxmap is not known to ask"),
            _ => sink.skip("DKIM target that is not a name"),
        }
    }
    for (what, target) in &row.autodiscover {
        let (labels, qtype, rdata) = match what.as_str() {
            "autodiscover_cname" => ("autodiscover", Type::Cname, canonical(Type::Cname, target)),
            "autodiscover_srv" => ("_autodiscover._tcp", Type::Srv, canonical(Type::Srv, &format!("0 0 443 {target}"))),
            _ => {
                sink.skip("autodiscover record of an unknown type");
                continue;
            }
        };
        match (domain.prepend(labels), rdata) {
            (Ok(qname), Some(rdata)) => {
                if qtype == Type::Srv {
                    sink.limits.reconstructed.insert("srv-numbers".to_owned());
                }
                sink.answered(qname, qtype, [rdata]);
            }
            _ => sink.skip("autodiscover target that is not a name"),
        }
    }
}
