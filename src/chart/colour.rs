//! Colours as numbers: sRGB, contrast (WCAG 2.2), perceptual distance (OKLab) and how colours look to
//! people who lack the red or green cones (Machado, Oliveira and Fernandes 2009, severity 1).

use std::fmt;

/// An sRGB colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Colour(pub u8, pub u8, pub u8);

impl Colour {
    /// From `#rrggbb`.
    pub fn parse(text: &str) -> Option<Self> {
        let hex = text.strip_prefix('#').filter(|h| h.len() == 6 && h.bytes().all(|b| b.is_ascii_hexdigit()))?;
        let value = u32::from_str_radix(hex, 16).ok()?;
        Some(Self((value >> 16) as u8, (value >> 8) as u8, value as u8))
    }

    /// Part `amount` of `other`, the rest of this colour, mixed in OKLab so that no step looks muddy.
    pub fn mix(self, other: Self, amount: f64) -> Self {
        let (a, b) = (self.oklab(), other.oklab());
        from_oklab(std::array::from_fn(|i| a[i] + (b[i] - a[i]) * amount))
    }

    fn linear(self) -> [f64; 3] {
        [self.0, self.1, self.2].map(|v| {
            let v = f64::from(v) / 255.0;
            if v <= 0.040_45 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
        })
    }

    /// WCAG relative luminance, 0 to 1.
    pub fn luminance(self) -> f64 {
        let [r, g, b] = self.linear();
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    /// WCAG contrast ratio, 1 to 21.
    pub fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    fn oklab(self) -> [f64; 3] {
        to_oklab(self.linear())
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

fn to_oklab([r, g, b]: [f64; 3]) -> [f64; 3] {
    let l = (0.412_221_470_8 * r + 0.536_332_536_3 * g + 0.051_445_992_9 * b).cbrt();
    let m = (0.211_903_498_2 * r + 0.680_699_545_1 * g + 0.107_396_956_6 * b).cbrt();
    let s = (0.088_302_461_9 * r + 0.281_718_837_6 * g + 0.629_978_700_5 * b).cbrt();
    [
        0.210_454_255_3 * l + 0.793_617_785_0 * m - 0.004_072_046_8 * s,
        1.977_998_495_1 * l - 2.428_592_205_0 * m + 0.450_593_709_9 * s,
        0.025_904_037_1 * l + 0.782_771_766_2 * m - 0.808_675_766_0 * s,
    ]
}

fn from_oklab([l, a, b]: [f64; 3]) -> Colour {
    let cube = |v: f64| v * v * v;
    let (x, y, z) = (
        cube(l + 0.396_337_777_4 * a + 0.215_803_757_3 * b),
        cube(l - 0.105_561_345_8 * a - 0.063_854_172_8 * b),
        cube(l - 0.089_484_177_5 * a - 1.291_485_548_0 * b),
    );
    let linear = [
        4.076_741_662_1 * x - 3.307_711_591_3 * y + 0.230_969_929_2 * z,
        -1.268_438_004_6 * x + 2.609_757_401_1 * y - 0.341_319_396_5 * z,
        -0.004_196_086_3 * x - 0.703_418_614_7 * y + 1.707_614_701_0 * z,
    ];
    let [r, g, b] = linear.map(|v| {
        let v = v.clamp(0.0, 1.0);
        let v = if v <= 0.003_130_8 { v * 12.92 } else { 1.055 * v.powf(1.0 / 2.4) - 0.055 };
        (v * 255.0).round() as u8
    });
    Colour(r, g, b)
}

/// Whose eyes look.
#[cfg(test)]
#[derive(Clone, Copy, Debug)]
pub enum Eyes {
    Common,
    Deuteranope,
    Protanope,
}

/// Distance of two colours in OKLab as these eyes see them; about 0.02 is just noticeable side by side.
#[cfg(test)]
pub fn distance(a: Colour, b: Colour, eyes: Eyes) -> f64 {
    let seen = |c: Colour| {
        let [r, g, b] = c.linear();
        let m = match eyes {
            Eyes::Common => [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
            Eyes::Deuteranope => {
                [[0.367_322, 0.860_646, -0.227_968], [0.280_085, 0.672_501, 0.047_413], [-0.011_820, 0.042_940, 0.968_881]]
            }
            Eyes::Protanope => {
                [[0.152_286, 1.052_583, -0.204_868], [0.114_503, 0.786_281, 0.099_216], [-0.003_882, -0.048_116, 1.051_998]]
            }
        };
        to_oklab(m.map(|row: [f64; 3]| (row[0] * r + row[1] * g + row[2] * b).clamp(0.0, 1.0)))
    };
    let (a, b) = (seen(a), seen(b));
    (0..3).map(|i| (a[i] - b[i]).powi(2)).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_is_read_and_written() {
        assert_eq!(Colour::parse("#0e62C4").unwrap().to_string(), "#0e62c4");
        for bad in ["0e62c4", "#0e62c", "#0e62cg", "#é2c4e", ""] {
            assert_eq!(Colour::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn contrast_of_black_and_white_is_21() {
        assert!((Colour(0, 0, 0).contrast(Colour(255, 255, 255)) - 21.0).abs() < 1e-9);
    }

    #[test]
    fn mixing_nothing_keeps_a_colour() {
        for c in [Colour(14, 98, 196), Colour(255, 255, 255), Colour(1, 2, 3)] {
            assert_eq!(c.mix(Colour(9, 9, 9), 0.0), c);
        }
    }

    #[test]
    fn deuteranopes_confuse_red_and_green() {
        let (red, green) = (Colour(200, 60, 40), Colour(104, 116, 40));
        assert!(distance(red, green, Eyes::Deuteranope) < distance(red, green, Eyes::Common) / 2.0);
    }
}
