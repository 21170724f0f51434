//! Names and record data.

use std::cmp::Ordering;

use mxcensus::dns::{self, Name, Type};

/// What reads as a name is written in one form only, which reads back; its parts fit together.
pub fn name(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut parts = text.splitn(2, '\n');
    let names: Vec<Name> = parts.by_ref().filter_map(|part| Name::parse(part).ok()).collect();
    for name in &names {
        assert_eq!(Name::parse(name.as_str()).as_ref(), Ok(name));
        assert_eq!(Name::parse(name.bare()).as_ref(), Ok(name));
        assert_eq!(Name::from_labels(name.wire_labels()).as_ref(), Ok(name));
        assert_eq!(name.labels().count(), name.wire_labels().count());
        assert_eq!(name.suffixes().count(), name.labels().count());
        assert!(name.as_str().bytes().all(|b| b.is_ascii_graphic()), "{name}");
        for suffix in name.suffixes() {
            assert!(name.is_within(&Name::parse(suffix).unwrap()));
        }
        if let Some(parent) = name.parent() {
            assert!(name.is_within(&parent) && !parent.is_within(name));
            assert!(parent < *name);
        }
        if let Some(registrable) = dns::registrable(name) {
            assert!(name.is_within(&registrable));
        }
        let wire = dns::wire::wire_name(name).expect("what is a name here is one on the wire");
        assert_eq!(dns::wire::name(&wire).as_ref(), Ok(name));
    }
    if let [a, b] = &names[..] {
        assert_eq!(a.cmp(b), b.cmp(a).reverse());
        assert_eq!(a.cmp(b) == Ordering::Equal, a == b);
    }
}

/// Text of record data: what is read as strings is written back, what goes on the wire comes back.
pub fn rdata(data: &[u8]) {
    let quoted = dns::quote_strings(data.chunks(255));
    assert_eq!(dns::txt_strings(&quoted).unwrap(), data.chunks(255).collect::<Vec<_>>());
    assert_eq!(dns::txt_bytes(&quoted), data);
    assert!(quoted.bytes().all(|b| b == b' ' || b.is_ascii_graphic()));
    let text = String::from_utf8_lossy(data);
    if let Some(strings) = dns::txt_strings(&text) {
        assert_eq!(dns::txt_strings(&dns::quote_strings(&strings)).unwrap(), strings);
    }
    if let Some(mx) = dns::parse_mx(&text) {
        assert_eq!(dns::parse_mx(&format!("{} {}", mx.preference, mx.exchange)), Some(mx));
    }
    _ = dns::parse_srv(&text);
    _ = (dns::parse_a(&text), dns::parse_aaaa(&text));
    let types =
        [Type::A, Type::Aaaa, Type::Cname, Type::Mx, Type::Ns, Type::Ptr, Type::Soa, Type::Srv, Type::Txt, Type::Other(99)];
    for rtype in types {
        let record = dns::Record { owner: Name::root(), rtype, rdata: text.as_ref().into() };
        let Some(wire) = dns::wire::wire_record(&record, 0) else { continue };
        let canonical = dns::wire::record(&wire).expect("what was made from text has a text");
        let again = dns::wire::wire_record(&canonical, 0).expect("canonical text goes on the wire");
        assert_eq!(dns::wire::record(&again).unwrap(), canonical);
    }
}
