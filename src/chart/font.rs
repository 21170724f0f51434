//! The shipped font: registered for pixels, measured for layout, embedded in pages.
//!
//! One pair of files serves all three, without layout tables, so a text is as wide in a browser as it
//! was when the chart was laid out. What the font cannot draw is spelt out, and so are control and
//! bidirectional characters: a hostile name may neither vanish nor turn its neighbours around.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::OnceLock;

use ab_glyph::{Font, FontRef};
use plotters::style::{FontDesc, FontFamily, FontStyle, register_font};

/// Family name in SVG, HTML and the font registry.
pub const FAMILY: &str = "Inter";

/// Plotters sizes fonts by line height, CSS by em. Inter's ascent and descent are 1984 and 494 of 2048.
pub const LINE_PER_EM: f64 = (1984.0 + 494.0) / 2048.0;

static REGULAR: &[u8] = include_bytes!("../../data/fonts/Inter-Regular.ttf");
static BOLD: &[u8] = include_bytes!("../../data/fonts/Inter-Bold.ttf");
static REGULAR_WEB: &[u8] = include_bytes!("../../data/fonts/Inter-Regular.woff2");
static BOLD_WEB: &[u8] = include_bytes!("../../data/fonts/Inter-Bold.woff2");

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    Regular,
    Bold,
}

impl Weight {
    fn style(self) -> FontStyle {
        match self {
            Self::Regular => FontStyle::Normal,
            Self::Bold => FontStyle::Bold,
        }
    }
}

/// How far a glyph moves the pen, and how far right of the pen its ink begins; in ems.
#[derive(Clone, Copy, Debug)]
struct Metrics {
    advance: f64,
    bearing: f64,
}

/// By character, regular and bold; no entry where the font has no glyph.
type Table = BTreeMap<char, [Metrics; 2]>;

/// Registers both weights with plotters and measures every glyph, once. Registering comes first:
/// drawing in an unknown family is an error, and an unregistered bold silently draws as regular.
fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        let [regular, bold] = [(FontStyle::Normal, REGULAR), (FontStyle::Bold, BOLD)].map(|(style, bytes)| {
            assert!(register_font(FAMILY, style, bytes).is_ok(), "the shipped font is whole");
            FontRef::try_from_slice(bytes).expect("the shipped font is whole")
        });
        let metrics = |font: &FontRef<'_>, c: char| {
            let (glyph, em) = (font.glyph_id(c), f64::from(font.units_per_em().unwrap_or(2048.0)));
            let bearing = font.outline(glyph).map_or(0.0, |o| f64::from(o.bounds.min.x));
            Metrics { advance: f64::from(font.h_advance_unscaled(glyph)) / em, bearing: bearing / em }
        };
        let both = |c| (c, [metrics(&regular, c), metrics(&bold, c)]);
        regular.codepoint_ids().map(|(_, c)| c).filter(|c| !c.is_control()).map(both).collect()
    })
}

fn metrics(c: char, weight: Weight) -> Metrics {
    // Never missing in a text that `visible` has seen.
    table().get(&c).map_or(Metrics { advance: 1.0, bearing: 0.0 }, |both| both[usize::from(weight == Weight::Bold)])
}

/// Plotters' handle on the font; `px` is the em size.
pub fn desc(px: f64, weight: Weight) -> FontDesc<'static> {
    table();
    FontDesc::new(FontFamily::Name(FAMILY), px * LINE_PER_EM, weight.style())
}

/// Width in pixels of a text that [`visible`] has seen.
pub fn width(text: &str, px: f64, weight: Weight) -> f64 {
    text.chars().map(|c| metrics(c, weight).advance).sum::<f64>() * px
}

/// How far right of the pen a glyph's ink begins, in pixels.
pub fn bearing(c: char, px: f64, weight: Weight) -> f64 {
    metrics(c, weight).bearing * px
}

/// The text with everything that the font cannot draw as `[U+202E]`, and line breaks as spaces.
pub fn visible(text: &str) -> Cow<'_, str> {
    let known = table();
    if text.chars().all(|c| known.contains_key(&c)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            c if known.contains_key(&c) => out.push(c),
            '\n' | '\r' | '\t' => out.push(' '),
            c => write!(out, "[U+{:04X}]", u32::from(c)).expect("writing to a string"),
        }
    }
    Cow::Owned(out)
}

/// Breaks a text into lines no wider than `limit`, between words where it can, inside a word where it
/// must. Never gives an empty list; nothing is cut off.
pub fn wrap(text: &str, px: f64, weight: Weight, limit: f64) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ').filter(|w| !w.is_empty()) {
        let line = lines.last_mut().expect("never empty");
        let joined = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if width(&joined, px, weight) <= limit {
            *line = joined;
            continue;
        }
        if !line.is_empty() {
            lines.push(String::new());
        }
        for c in word.chars() {
            let line = lines.last_mut().expect("never empty");
            line.push(c);
            if width(line, px, weight) > limit && line.chars().count() > 1 {
                line.pop();
                lines.push(c.to_string());
            }
        }
    }
    lines
}

/// `@font-face` rules with both weights inside, for a style element.
pub fn css() -> &'static str {
    static CSS: OnceLock<String> = OnceLock::new();
    CSS.get_or_init(|| {
        let face = |weight: u32, bytes: &[u8]| {
            format!(
                "@font-face{{font-family:{FAMILY};font-weight:{weight};src:url(data:font/woff2;base64,{}) format(\"woff2\")}}",
                base64(bytes)
            )
        };
        format!("{}\n{}", face(400, REGULAR_WEB), face(700, BOLD_WEB))
    })
}

/// RFC 4648, with padding.
pub fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let value = (0..3).fold(0u32, |v, i| v << 8 | u32::from(group.get(i).copied().unwrap_or(0)));
        for i in 0..4 {
            let digit = (value >> (18 - 6 * i)) & 63;
            out.push(if i <= group.len() { DIGITS[digit as usize] as char } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_of_rfc_4648() {
        for (plain, coded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }

    #[test]
    fn every_glyph_is_there_and_bold_is_bold() {
        assert!(table().values().all(|both| both.iter().all(|m| m.advance > 0.0)));
        for c in ('!'..='~').chain("äÅéñøŁž−→≤–…".chars()) {
            assert!(table().contains_key(&c), "{c}");
        }
        assert!(width("Proofpoint", 12.0, Weight::Bold) > width("Proofpoint", 12.0, Weight::Regular));
        // Measured with fonttools in the files themselves: zero is 1296 and 1324 of 2048 units wide.
        assert!((width("0", 2048.0, Weight::Bold) - 1324.0).abs() < 0.5);
        for digit in '1'..='9' {
            let digit = digit.to_string();
            assert_eq!(width(&digit, 10.0, Weight::Regular), width("0", 10.0, Weight::Regular), "tabular digits");
        }
    }

    #[test]
    fn what_cannot_be_drawn_is_spelt_out() {
        assert_eq!(visible("Côte & <Łódź>"), "Côte & <Łódź>");
        assert_eq!(visible("a\u{202e}b\u{0}c\nd\u{ad}"), "a[U+202E]b[U+0000]c d[U+00AD]");
        assert_eq!(visible("日本"), "[U+65E5][U+672C]");
    }

    #[test]
    fn wrapping_loses_nothing_and_fits() {
        let text = "A rather long vendor name with Donaudampfschifffahrtsgesellschaft inside";
        for limit in [30.0, 80.0, 200.0, 2000.0] {
            let lines = wrap(text, 12.0, Weight::Regular, limit);
            assert!(lines.iter().all(|l| width(l, 12.0, Weight::Regular) <= limit), "{lines:?}");
            let letters = |s: &str| s.chars().filter(|c| *c != ' ').collect::<String>();
            assert_eq!(letters(&lines.concat()), letters(text));
        }
        assert_eq!(wrap("", 12.0, Weight::Regular, 10.0), [""]);
    }
}
