//! DMARC records (RFC 7489 section 6.3, RFC 9989), and the report addresses of TLS-RPT (RFC 8460).

use crate::dns::{Name, txt_bytes};

/// The tags of a DMARC record that the program reads.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Record {
    /// `p=`: none, quarantine, reject, or what was written there.
    pub policy: Option<String>,
    /// Domains of the `rua=` mail addresses, in order, each once.
    pub rua: Vec<Name>,
    /// Domains of the `ruf=` mail addresses, in order, each once.
    pub ruf: Vec<Name>,
}

/// Whether TXT rdata is a DMARC record: it begins with `v=DMARC1`.
pub fn is_record(rdata: &str) -> bool {
    tags(&text(rdata)).next().is_some_and(|(tag, value)| tag.eq_ignore_ascii_case("v") && value == "DMARC1")
}

/// Reads TXT rdata as a DMARC record; `None` where it is another kind of TXT record.
pub fn parse(rdata: &str) -> Option<Record> {
    if !is_record(rdata) {
        return None;
    }
    let text = text(rdata);
    let mut record = Record::default();
    for (tag, value) in tags(&text) {
        match tag.to_ascii_lowercase().as_str() {
            "p" => record.policy = Some(value.to_ascii_lowercase()),
            "rua" => record.rua = addresses(value),
            "ruf" => record.ruf = addresses(value),
            _ => {}
        }
    }
    Some(record)
}

/// The domains that receive the reports of a TLS-RPT record (`v=TLSRPTv1; rua=...`).
pub fn tls_rpt(rdata: &str) -> Vec<Name> {
    let text = text(rdata);
    let mut tags = tags(&text);
    if !tags.next().is_some_and(|(tag, value)| tag.eq_ignore_ascii_case("v") && value == "TLSRPTv1") {
        return Vec::new();
    }
    tags.filter(|(tag, _)| tag.eq_ignore_ascii_case("rua")).flat_map(|(_, value)| addresses(value)).collect()
}

fn text(rdata: &str) -> String {
    String::from_utf8_lossy(&txt_bytes(rdata)).into_owned()
}

fn tags(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split(';').filter_map(|tag| tag.split_once('=')).map(|(tag, value)| (tag.trim(), value.trim()))
}

/// `mailto:a@b.example!10m,https://c.example/x` gives `b.example.` and `c.example.`.
fn addresses(value: &str) -> Vec<Name> {
    let mut domains = Vec::new();
    for uri in value.split(',').map(str::trim) {
        let (scheme, rest) = uri.split_once(':').unwrap_or(("mailto", uri));
        let host = match scheme.to_ascii_lowercase().as_str() {
            "mailto" => rest.rsplit_once('@').map(|(_, domain)| domain.split(['!', '?']).next().unwrap_or(domain)),
            "https" => rest.trim_start_matches('/').split(['/', ':', '?']).next(),
            _ => None,
        };
        let name = host.and_then(|h| Name::parse(h.trim()).ok()).filter(|n| !n.is_root());
        domains.extend(name.filter(|n| !domains.contains(n)));
    }
    domains
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::quote_strings;

    fn read(text: &str) -> Option<Record> {
        parse(&quote_strings([text]))
    }

    #[test]
    fn report_addresses_give_their_domains_once() {
        let record = read(
            "v=DMARC1; p=REJECT; rua=mailto:a@rua.agari.com!10m, mailto:b@RUA.agari.com,c@own.example; ruf=mailto:x@y.example;",
        )
        .unwrap();
        assert_eq!(record.policy.as_deref(), Some("reject"));
        assert_eq!(record.rua.iter().map(Name::bare).collect::<Vec<_>>(), ["rua.agari.com", "own.example"]);
        assert_eq!(record.ruf.len(), 1);
        assert_eq!(tls_rpt(&quote_strings(["v=TLSRPTv1; rua=mailto:a@b.example,https://c.example/v1"])).len(), 2);
    }

    #[test]
    fn other_txt_records_are_not_dmarc() {
        assert!(read("v=spf1 -all").is_none());
        assert!(read("p=none; v=DMARC1").is_none());
        assert!(read("").is_none());
        assert!(read("v = DMARC1 ; p=none").is_some());
    }
}
