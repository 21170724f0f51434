//! Names of countries, for titles: lists carry ISO 3166-1 codes.

/// Codes that lists of this project carry or are likely to; others stay codes.
const NAMES: [(&str, &str); 60] = [
    ("at", "Austria"),
    ("au", "Australia"),
    ("ba", "Bosnia and Herzegovina"),
    ("be", "Belgium"),
    ("bg", "Bulgaria"),
    ("br", "Brazil"),
    ("ca", "Canada"),
    ("ch", "Switzerland"),
    ("cl", "Chile"),
    ("cn", "China"),
    ("co", "Colombia"),
    ("cy", "Cyprus"),
    ("cz", "Czechia"),
    ("de", "Germany"),
    ("dk", "Denmark"),
    ("ee", "Estonia"),
    ("es", "Spain"),
    ("fi", "Finland"),
    ("fo", "Faroe Islands"),
    ("fr", "France"),
    ("gb", "United Kingdom"),
    ("gl", "Greenland"),
    ("gr", "Greece"),
    ("hk", "Hong Kong"),
    ("hr", "Croatia"),
    ("hu", "Hungary"),
    ("ie", "Ireland"),
    ("il", "Israel"),
    ("in", "India"),
    ("is", "Iceland"),
    ("it", "Italy"),
    ("jp", "Japan"),
    ("kr", "South Korea"),
    ("li", "Liechtenstein"),
    ("lt", "Lithuania"),
    ("lu", "Luxembourg"),
    ("lv", "Latvia"),
    ("mc", "Monaco"),
    ("me", "Montenegro"),
    ("mk", "North Macedonia"),
    ("mt", "Malta"),
    ("mx", "Mexico"),
    ("nl", "Netherlands"),
    ("no", "Norway"),
    ("nz", "New Zealand"),
    ("pl", "Poland"),
    ("pt", "Portugal"),
    ("ro", "Romania"),
    ("rs", "Serbia"),
    ("se", "Sweden"),
    ("sg", "Singapore"),
    ("si", "Slovenia"),
    ("sk", "Slovakia"),
    ("sm", "San Marino"),
    ("th", "Thailand"),
    ("tr", "Türkiye"),
    ("tw", "Taiwan"),
    ("ua", "Ukraine"),
    ("us", "United States"),
    ("za", "South Africa"),
];

/// The English name of a country, by its code in either case.
pub fn country(code: &str) -> Option<&'static str> {
    let place = NAMES.binary_search_by(|(known, _)| known.cmp(&code.to_ascii_lowercase().as_str())).ok()?;
    Some(NAMES[place].1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_found() {
        for (code, name) in NAMES {
            assert_eq!(country(code), Some(name));
            assert_eq!(country(&code.to_uppercase()), Some(name));
        }
        assert_eq!((country("xx"), country("")), (None, None));
    }
}
