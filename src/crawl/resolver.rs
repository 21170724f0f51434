//! Whom a crawl asks, as the user writes it.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

/// A resolver: `IP[:port]`, `system`, `tls://IP[:port]#name`, `https://name[:port]/path`,
/// `quic://IP[:port]#name` or `recursive`. IPv6 addresses stand in brackets where a port follows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ResolverSpec {
    /// Plain DNS over UDP, and TCP for what is too long (RFC 1035, RFC 7766).
    Plain(SocketAddr),
    /// The name servers of the operating system's configuration, each asked directly.
    System,
    /// DNS over TLS (RFC 7858); `name` is what the certificate must say.
    Tls { addr: SocketAddr, name: String },
    /// DNS over HTTPS (RFC 8484).
    Https { host: String, port: u16, path: String },
    /// DNS over QUIC (RFC 9250).
    Quic { addr: SocketAddr, name: String },
    /// No resolver at all: the program asks the authoritative servers itself, from the root down.
    Recursive,
}

const DNS_PORT: u16 = 53;
const TLS_PORT: u16 = 853;
const HTTPS_PORT: u16 = 443;

/// Why a text does not name a resolver.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResolverSpecError {
    #[error("{0:?} is not an IP address with an optional port, such as 9.9.9.9, 9.9.9.9:53 or [2620:fe::fe]:53")]
    Address(String),
    #[error("{0:?} lacks the server name its certificate must show; write it behind a #, as in tls://9.9.9.9#dns.quad9.net")]
    ServerName(String),
    #[error("{0:?} is not a DNS over HTTPS address, such as https://dns.quad9.net/dns-query")]
    Https(String),
    #[error(
        "unknown resolver {0:?}; expected IP[:port], system, recursive, tls://IP[:port]#name, https://name/path or quic://IP[:port]#name"
    )]
    Unknown(String),
}

impl FromStr for ResolverSpec {
    type Err = ResolverSpecError;

    fn from_str(text: &str) -> Result<Self, ResolverSpecError> {
        match text {
            "system" => return Ok(Self::System),
            "recursive" => return Ok(Self::Recursive),
            _ => {}
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            return Ok(Self::Plain(address(text, DNS_PORT)?));
        };
        match scheme {
            "tls" => certified(rest).map(|(addr, name)| Self::Tls { addr, name }),
            "quic" => certified(rest).map(|(addr, name)| Self::Quic { addr, name }),
            "https" => https(text, rest),
            _ => Err(ResolverSpecError::Unknown(text.to_owned())),
        }
    }
}

fn address(text: &str, port: u16) -> Result<SocketAddr, ResolverSpecError> {
    if let Ok(addr) = text.parse::<SocketAddr>() {
        return Ok(addr);
    }
    let bare = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text);
    let ip = bare.parse::<IpAddr>().map_err(|_| ResolverSpecError::Address(text.to_owned()))?;
    Ok(SocketAddr::new(ip, port))
}

fn certified(rest: &str) -> Result<(SocketAddr, String), ResolverSpecError> {
    match rest.split_once('#') {
        Some((addr, name)) if !name.is_empty() => Ok((address(addr, TLS_PORT)?, name.to_owned())),
        _ => Err(ResolverSpecError::ServerName(rest.to_owned())),
    }
}

fn https(text: &str, rest: &str) -> Result<ResolverSpec, ResolverSpecError> {
    let broken = || ResolverSpecError::Https(text.to_owned());
    let (authority, path) = rest.split_once('/').ok_or_else(broken)?;
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !host.is_empty() && !port.ends_with(']') => (host, port.parse().map_err(|_| broken())?),
        _ => (authority, HTTPS_PORT),
    };
    if host.is_empty() {
        return Err(broken());
    }
    Ok(ResolverSpec::Https { host: host.to_owned(), port, path: format!("/{path}") })
}

impl fmt::Display for ResolverSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(addr) => write!(f, "{addr}"),
            Self::System => f.write_str("system"),
            Self::Tls { addr, name } => write!(f, "tls://{addr}#{name}"),
            Self::Https { host, port: HTTPS_PORT, path } => write!(f, "https://{host}{path}"),
            Self::Https { host, port, path } => write!(f, "https://{host}:{port}{path}"),
            Self::Quic { addr, name } => write!(f, "quic://{addr}#{name}"),
            Self::Recursive => f.write_str("recursive"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read_and_written_back() {
        for (text, canonical) in [
            ("9.9.9.9", "9.9.9.9:53"),
            ("127.0.0.1:5300", "127.0.0.1:5300"),
            ("2620:fe::fe", "[2620:fe::fe]:53"),
            ("[2620:fe::fe]", "[2620:fe::fe]:53"),
            ("[2620:fe::fe]:5353", "[2620:fe::fe]:5353"),
            ("system", "system"),
            ("recursive", "recursive"),
            ("tls://9.9.9.9#dns.quad9.net", "tls://9.9.9.9:853#dns.quad9.net"),
            ("quic://[2620:fe::fe]:8853#dns.quad9.net", "quic://[2620:fe::fe]:8853#dns.quad9.net"),
            ("https://dns.quad9.net/dns-query", "https://dns.quad9.net/dns-query"),
            ("https://dns.quad9.net:8443/dns-query", "https://dns.quad9.net:8443/dns-query"),
        ] {
            let spec: ResolverSpec = text.parse().unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!(spec.to_string(), canonical);
            assert_eq!(canonical.parse::<ResolverSpec>().unwrap(), spec);
        }
    }

    #[test]
    fn what_is_no_resolver_says_what_was_expected() {
        for text in
            ["dns.quad9.net", "9.9.9.9:99999", "", "tls://9.9.9.9", "https://dns.quad9.net", "https:///x", "ftp://9.9.9.9"]
        {
            assert!(text.parse::<ResolverSpec>().is_err(), "{text}");
        }
    }
}
