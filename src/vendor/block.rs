//! Address blocks and AS numbers, as rules write them.

use std::net::{IpAddr, Ipv6Addr};

/// An address block; IPv4 stands in `::ffff:0:0/96`, so that one key serves both families.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Block {
    bits: u128,
    /// Of the prefix, in bits of the IPv6 form.
    pub length: u8,
}

impl Block {
    /// Reads `192.0.2.0/24`, `2001:db8::/32` or a single address; host bits are cleared.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length.parse::<u8>().ok()?)),
            None => (text, None),
        };
        let (address, offset, width) = match address.parse().ok()? {
            IpAddr::V4(v4) => (v4.to_ipv6_mapped(), 96, 32),
            IpAddr::V6(v6) => (v6, 0, 128),
        };
        let length = length.unwrap_or(width);
        (length <= width).then(|| Self { bits: address.to_bits(), length: offset + length }.cut(offset + length))
    }

    /// The wider block of a shorter prefix.
    pub fn cut(self, length: u8) -> Self {
        let mask = u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or(0);
        Self { bits: self.bits & mask, length }
    }
}

impl std::fmt::Display for Block {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let address = Ipv6Addr::from_bits(self.bits);
        match address.to_ipv4_mapped() {
            Some(v4) if self.length >= 96 => write!(f, "{v4}/{}", self.length - 96),
            _ => write!(f, "{address}/{}", self.length),
        }
    }
}

/// The block in its shortest form, host bits cleared; `None` where it is no block.
pub fn canonical_block(text: &str) -> Option<String> {
    Block::parse(text).map(|b| b.to_string())
}

/// `AS8075` as a number.
pub fn parse_as(text: &str) -> Option<u32> {
    text.strip_prefix("AS").filter(|n| !n.starts_with(['+', '0']))?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_read_in_both_families() {
        for (text, canonical) in [
            ("192.0.2.0/24", Some("192.0.2.0/24")),
            ("192.0.2.77/24", Some("192.0.2.0/24")),
            ("192.0.2.1", Some("192.0.2.1/32")),
            ("0.0.0.0/0", Some("0.0.0.0/0")),
            ("2001:DB8::1/32", Some("2001:db8::/32")),
            ("2001:db8::1", Some("2001:db8::1/128")),
            ("::/0", Some("::/0")),
            ("192.0.2.0/33", None),
            ("2001:db8::/129", None),
            ("192.0.2.0/", None),
            ("192.0.2/24", None),
            ("", None),
            ("\u{e9}/8", None),
        ] {
            assert_eq!(canonical_block(text).as_deref(), canonical, "{text}");
        }
    }

    #[test]
    fn an_as_is_written_with_its_prefix() {
        assert_eq!(parse_as("AS8075"), Some(8075));
        for text in ["8075", "as8075", "AS", "AS+1", "AS01", "AS4294967296"] {
            assert_eq!(parse_as(text), None, "{text}");
        }
    }
}
