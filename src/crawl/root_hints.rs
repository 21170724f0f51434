//! Where recursion begins: the addresses of the root servers (RFC 8109).

use std::net::IpAddr;
use std::path::Path;

use super::CrawlError;

/// The root servers of the Internet (IANA, <https://www.iana.org/domains/root/servers>, as of 2026).
const IANA: [&str; 26] = [
    "198.41.0.4",
    "2001:503:ba3e::2:30",
    "170.247.170.2",
    "2801:1b8:10::b",
    "192.33.4.12",
    "2001:500:2::c",
    "199.7.91.13",
    "2001:500:2d::d",
    "192.203.230.10",
    "2001:500:a8::e",
    "192.5.5.241",
    "2001:500:2f::f",
    "192.112.36.4",
    "2001:500:12::d0d",
    "198.97.190.53",
    "2001:500:1::53",
    "192.36.148.17",
    "2001:7fe::53",
    "192.58.128.30",
    "2001:503:c27::2:30",
    "193.0.14.129",
    "2001:7fd::1",
    "199.7.83.42",
    "2001:500:9f::42",
    "202.12.27.33",
    "2001:dc3::35",
];

/// The servers of a root, and the port at which they and all servers below them are asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RootHints {
    pub addresses: Vec<IpAddr>,
    pub port: u16,
    /// A root of one's own: its servers may be at private addresses.
    pub private: bool,
}

impl Default for RootHints {
    fn default() -> Self {
        let addresses = IANA.iter().filter_map(|text| text.parse().ok()).collect();
        Self { addresses, port: 53, private: false }
    }
}

impl RootHints {
    /// Another root, from a file of hints as InterNIC publishes it: its A and AAAA records count.
    ///
    /// # Errors
    /// Where the file cannot be read, or names no address.
    pub fn read(path: &Path) -> Result<Self, CrawlError> {
        let text = std::fs::read_to_string(path).map_err(|source| CrawlError::Io { path: path.to_owned(), source })?;
        let addresses = addresses(&text);
        if addresses.is_empty() {
            return Err(CrawlError::RootHints { path: path.to_owned() });
        }
        Ok(Self { addresses, port: 53, private: true })
    }
}

fn addresses(text: &str) -> Vec<IpAddr> {
    let address = |line: &str| {
        let mut fields = line.split(';').next()?.split_whitespace().rev();
        let (address, rtype) = (fields.next()?.parse::<IpAddr>().ok()?, fields.next()?);
        (rtype.eq_ignore_ascii_case("A") || rtype.eq_ignore_ascii_case("AAAA")).then_some(address)
    };
    text.lines().filter_map(address).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_hints_is_read_and_the_shipped_ones_are_whole() {
        let text = "; a comment\n.  3600000  NS  A.ROOT.\nA.ROOT.  3600000  A  192.0.2.1 ; here\na.root. IN AAAA 2001:db8::1\nx TXT 192.0.2.9\n";
        assert_eq!(addresses(text), ["192.0.2.1".parse::<IpAddr>().unwrap(), "2001:db8::1".parse().unwrap()]);
        let shipped = RootHints::default().addresses;
        assert_eq!((shipped.len(), shipped.iter().filter(|a| a.is_ipv4()).count()), (26, 13));
    }
}
