//! Which colour stands for what: one for each vendor, whatever the year or theme, greys for
//! everything that is no vendor, and the inks of the two themes.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::Theme;
use super::colour::Colour;
use crate::share::Row;

/// What is drawn with; the theme says which colour that is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ink {
    Paper,
    /// Titles, labels and figures.
    Text,
    /// Subtitles, captions and axis labels.
    Muted,
    /// Grid lines.
    Grid,
    /// The zero line and rules.
    Rule,
    /// Rows that are no vendor: darker for what is known, lighter for what is not.
    Grey,
    Pale,
    Gain,
    Loss,
    /// Face marks of data that is not a live crawl.
    Mark,
    OnMark,
    /// A step of the sequential scale, 0 (nothing) to 7, and text upon it.
    Heat(u8),
    OnHeat(u8),
    Data(Colour),
}

/// Steps of the sequential scale.
pub const HEAT_STEPS: u8 = 8;

impl Ink {
    /// Every ink that the theme decides.
    pub fn themed() -> impl Iterator<Item = Self> {
        [
            Self::Paper,
            Self::Text,
            Self::Muted,
            Self::Grid,
            Self::Rule,
            Self::Grey,
            Self::Pale,
            Self::Gain,
            Self::Loss,
            Self::Mark,
            Self::OnMark,
        ]
        .into_iter()
        .chain((0..HEAT_STEPS).flat_map(|n| [Self::Heat(n), Self::OnHeat(n)]))
    }

    pub fn colour(self, theme: Theme) -> Colour {
        let pick = |light: u32, dark: u32| {
            let v = if theme == Theme::Light { light } else { dark };
            Colour((v >> 16) as u8, (v >> 8) as u8, v as u8)
        };
        match self {
            Self::Paper => pick(0xffffff, 0x14171c),
            Self::Text => pick(0x1b1f24, 0xe9ecf0),
            Self::Muted => pick(0x5a626c, 0xa7afba),
            Self::Grid => pick(0xe6e8eb, 0x2a2f37),
            Self::Rule => pick(0x9aa1ab, 0x6b7480),
            Self::Grey => pick(0x8d949d, 0x87909b),
            Self::Pale => pick(0xd3d7dc, 0x5b6472),
            Self::Gain => pick(0x1f6fb8, 0x5ba4e6),
            Self::Loss => pick(0xbf5014, 0xe8894a),
            Self::Mark => pick(0x8a2432, 0xf2a3ac),
            Self::OnMark => pick(0xfffffe, 0x2b0a0f),
            Self::Heat(step) => {
                let (paper, full) = (Self::Paper.colour(theme), pick(0x0b4f8a, 0x8cc6f7));
                // The first step stands clear of the paper, or one member would look like none.
                let amount = if step == 0 { 0.0 } else { 0.10 + 0.90 * f64::from(step - 1) / f64::from(HEAT_STEPS - 2) };
                paper.mix(full, amount)
            }
            Self::OnHeat(step) => {
                let under = Self::Heat(step).colour(theme);
                let (dark, light) = (Colour(0x10, 0x14, 0x19), Colour(0xfd, 0xfe, 0xfe));
                if under.contrast(dark) >= under.contrast(light) { dark } else { light }
            }
            Self::Data(colour) => colour,
        }
    }

    /// The class that a page's style sheet colours; none for colours that no theme changes.
    pub fn class(self) -> Option<String> {
        Some(match self {
            Self::Paper => "paper".into(),
            Self::Text => "text".into(),
            Self::Muted => "muted".into(),
            Self::Grid => "grid".into(),
            Self::Rule => "rule".into(),
            Self::Grey => "grey".into(),
            Self::Pale => "pale".into(),
            Self::Gain => "gain".into(),
            Self::Loss => "loss".into(),
            Self::Mark => "mark".into(),
            Self::OnMark => "on-mark".into(),
            Self::Heat(n) => format!("heat{n}"),
            Self::OnHeat(n) => format!("on-heat{n}"),
            Self::Data(_) => return None,
        })
    }
}

/// How a row's area is filled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fill {
    Solid(Ink),
    /// Stripes: something is there, and nobody can say what.
    Hatched(Ink),
}

/// The fill of a row. What is no vendor is grey; what is not known is hatched.
pub fn fill(row: &Row, label: &str) -> Fill {
    match row {
        Row::Named(key) => Fill::Solid(Ink::Data(vendor(key, label))),
        Row::SelfHosted => Fill::Solid(Ink::Grey),
        Row::Other | Row::None | Row::NoMail | Row::Total => Fill::Solid(Ink::Pale),
        Row::Unattributed => Fill::Hatched(Ink::Grey),
        Row::Unreachable => Fill::Hatched(Ink::Muted),
    }
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    core: BTreeMap<String, String>,
    named: BTreeMap<String, String>,
    spare: Spare,
}

#[derive(serde::Deserialize)]
struct Spare {
    colours: Vec<String>,
}

struct Colours {
    by_key: BTreeMap<String, Colour>,
    spare: Vec<Colour>,
}

fn colours() -> &'static Colours {
    static COLOURS: OnceLock<Colours> = OnceLock::new();
    COLOURS.get_or_init(|| {
        let file: File = toml::from_str(include_str!("../../data/colours.toml")).expect("shipped file, read by a test");
        let read = |text: &String| Colour::parse(text).expect("shipped file, read by a test");
        Colours {
            by_key: file.core.iter().chain(&file.named).map(|(key, c)| (plain(key), read(c))).collect(),
            spare: file.spare.colours.iter().map(read).collect(),
        }
    })
}

/// Letters and digits alone, in lower case: `Trend Micro` and `trend-micro` are one vendor.
fn plain(key: &str) -> String {
    key.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The colour of a vendor, product or owner, by its key or else by its label. Products of a vendor
/// (`proofpoint/essentials`) take the vendor's. Others take a spare one that depends on the key alone,
/// so that nobody's colour changes because somebody else came or went.
pub fn vendor(key: &str, label: &str) -> Colour {
    let colours = colours();
    let brand = key.split('/').next().unwrap_or(key);
    if let Some(found) = [key, label, brand].iter().find_map(|name| colours.by_key.get(&plain(name))) {
        return *found;
    }
    // FNV-1a: short, and the same everywhere.
    let hash = plain(key).bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
    colours.spare[(hash % colours.spare.len() as u64) as usize]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::colour::{Eyes, distance};

    fn core() -> Vec<(String, Colour)> {
        let file: File = toml::from_str(include_str!("../../data/colours.toml")).unwrap();
        file.core.iter().map(|(k, c)| (k.clone(), Colour::parse(c).unwrap())).collect()
    }

    #[test]
    fn vendors_seen_together_stay_apart_for_all_eyes() {
        let core = core();
        assert!(core.len() >= 8);
        for (i, (a, colour_a)) in core.iter().enumerate() {
            for (b, colour_b) in &core[i + 1..] {
                for eyes in [Eyes::Common, Eyes::Deuteranope, Eyes::Protanope] {
                    let d = distance(*colour_a, *colour_b, eyes);
                    assert!(d >= 0.08, "{a} and {b} are {d:.3} apart for {eyes:?}");
                }
            }
        }
    }

    /// What is no vendor is grey, looks like no vendor to anybody in either theme, and is striped where nobody knows it.
    #[test]
    fn what_is_no_vendor_is_grey_and_what_is_unknown_is_hatched() {
        let ink = |row: &Row| match fill(row, "") {
            Fill::Solid(ink) | Fill::Hatched(ink) => ink,
        };
        let rest = [Row::Other, Row::None, Row::NoMail, Row::SelfHosted, Row::Unattributed, Row::Unreachable];
        for row in &rest {
            let unknown = matches!(row, Row::Unattributed | Row::Unreachable);
            assert_eq!(matches!(fill(row, ""), Fill::Hatched(_)), unknown, "{row:?}");
            for theme in Theme::ALL {
                let grey = ink(row).colour(theme);
                let Colour(r, g, b) = grey;
                assert!(r.max(g).max(b) - r.min(g).min(b) <= 30, "{row:?} is {grey} on {} paper", theme.as_str());
            }
        }
        for theme in Theme::ALL {
            for grey in [Ink::Grey, Ink::Pale] {
                for (name, colour) in core() {
                    for eyes in [Eyes::Common, Eyes::Deuteranope, Eyes::Protanope] {
                        let d = distance(grey.colour(theme), colour, eyes);
                        assert!(d >= 0.05, "{grey:?} and {name} are {d:.3} apart for {eyes:?} on {} paper", theme.as_str());
                    }
                }
            }
        }
    }

    #[test]
    fn every_data_colour_shows_on_both_papers() {
        for colour in colours().by_key.values().chain(&colours().spare) {
            for theme in Theme::ALL {
                let c = colour.contrast(Ink::Paper.colour(theme));
                assert!(c >= 2.2, "{colour} has contrast {c:.2} on {} paper", theme.as_str());
            }
        }
    }

    #[test]
    fn text_can_be_read() {
        for theme in Theme::ALL {
            let paper = Ink::Paper.colour(theme);
            for ink in [Ink::Text, Ink::Muted, Ink::Gain, Ink::Loss] {
                let c = ink.colour(theme).contrast(paper);
                assert!(c >= 4.5, "{ink:?} {} {c:.2}", theme.as_str());
            }
            assert!(Ink::Mark.colour(theme).contrast(Ink::OnMark.colour(theme)) >= 4.5);
            for step in 0..HEAT_STEPS {
                let c = Ink::OnHeat(step).colour(theme).contrast(Ink::Heat(step).colour(theme));
                assert!(c >= 4.5, "step {step} {} {c:.2}", theme.as_str());
            }
        }
    }

    #[test]
    fn gain_and_loss_stay_apart_for_all_eyes() {
        for theme in Theme::ALL {
            for eyes in [Eyes::Common, Eyes::Deuteranope, Eyes::Protanope] {
                assert!(distance(Ink::Gain.colour(theme), Ink::Loss.colour(theme), eyes) > 0.15);
            }
        }
    }

    #[test]
    fn a_vendor_keeps_its_colour_however_it_is_written() {
        let one = vendor("trend-micro", "Trend Micro");
        for (key, label) in [("trendmicro", "x"), ("tm", "TREND MICRO"), ("trend-micro/tmes", "Email Security")] {
            assert_eq!(vendor(key, label), one, "{key}");
        }
        assert_eq!(vendor("acme-mail", "Acme"), vendor("acme-mail", "Acme Incorporated"));
    }
}
