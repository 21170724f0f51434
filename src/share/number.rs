//! How numbers become text. This is the only place that formats them.
//!
//! Rounding starts from the exact fraction and goes half away from zero. A figure that rounds to
//! zero carries no sign.

use crate::share::Count;

/// The nearest floating point number, for charts and intervals; never for sums.
pub fn float(value: &Count) -> f64 {
    *value.numer() as f64 / *value.denom() as f64
}

/// A fixed number of decimals, rounded half away from zero: `-12.3`, `0.333333`.
pub fn fixed(value: &Count, places: usize) -> String {
    let (numer, denom) = (value.numer().unsigned_abs(), value.denom().unsigned_abs());
    let mut whole = numer / denom;
    let (mut digits, rest) = long_division(numer % denom, denom, places);
    // rest / denom is at least one half.
    if rest >= denom - rest {
        let mut carry = true;
        for digit in digits.iter_mut().rev() {
            if *digit == 9 {
                *digit = 0;
            } else {
                *digit += 1;
                carry = false;
                break;
            }
        }
        whole += u128::from(carry);
    }
    let negative = *value.numer() < 0 && (whole > 0 || digits.iter().any(|d| *d > 0));
    assemble(negative, whole, &digits)
}

/// Whole numbers as such, exact decimals where they are finite, else six places.
pub fn exact(value: &Count) -> String {
    let mut rest = value.denom().unsigned_abs();
    for factor in [2, 5] {
        while rest.is_multiple_of(factor) {
            rest /= factor;
        }
    }
    if rest != 1 {
        return fixed(value, 6);
    }
    let (numer, denom) = (value.numer().unsigned_abs(), value.denom().unsigned_abs());
    let mut digits = Vec::new();
    let mut rest = numer % denom;
    while rest > 0 {
        let (digit, next) = long_division(rest, denom, 1);
        digits.extend(digit);
        rest = next;
    }
    assemble(*value.numer() < 0, numer / denom, &digits)
}

/// A count for readers: commas between thousands, and parts of members to two places where they
/// have more: `2,640`, `90.5`, `75.67`.
pub fn grouped(value: &Count) -> String {
    let mut text = exact(value);
    if text.split_once('.').is_some_and(|(_, decimals)| decimals.len() > 2) {
        text = fixed(value, 2);
    }
    let (sign, text) = text.strip_prefix('-').map_or(("", text.as_str()), |rest| ("-", rest));
    let (whole, decimals) = text.split_once('.').map_or((text, None), |(w, d)| (w, Some(d)));
    let mut out = String::from(sign);
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(decimals) = decimals {
        out.push('.');
        out.push_str(decimals);
    }
    out
}

/// As [`grouped`], to one decimal where members are split: for sentences, where six digits would not be read.
pub fn rounded(value: &Count) -> String {
    grouped(&((value * Count::from_integer(10)).round() / Count::from_integer(10)))
}

/// As [`grouped`], with a plus sign where the value is above zero.
pub fn change(value: &Count) -> String {
    signed(grouped(value))
}

/// One decimal, or as many as it takes to see that a small figure is not zero (six at most): `2.0`,
/// `0.04`.
fn readable(value: &Count) -> String {
    let is_zero = |text: &str| text.bytes().all(|b| matches!(b, b'0' | b'.'));
    (1..=6).map(|places| fixed(value, places)).find(|text| !is_zero(text)).unwrap_or_else(|| "0.0".to_owned())
}

/// A fraction of 1 in percent: `12.3 %`, `0.04 %`.
pub fn percent(fraction: &Count) -> String {
    format!("{} %", readable(&(fraction * Count::from_integer(100))))
}

/// A fraction of 1 that is not exact, in percent: `12.3 %`.
pub fn estimate(fraction: f64) -> String {
    format!("{:.1} %", fraction * 100.0)
}

/// A relative change in percent, with its sign: `+1.4 %`.
pub fn relative(fraction: &Count) -> String {
    format!("{} %", signed(readable(&(fraction * Count::from_integer(100)))))
}

/// Percentage points with their sign, the unit left to the heading: `+0.1`, `-0.04`.
pub fn points(value: &Count) -> String {
    signed(readable(value))
}

/// A probability for readers: two decimals, below 0.1 two significant digits, and as many more as
/// it takes not to round across 0.05.
pub fn probability(p: f64) -> String {
    if p >= 0.1 {
        return format!("{p:.2}");
    }
    let keeps_side = |text: &String| text.parse::<f64>().is_ok_and(|read| (read < 0.05) == (p < 0.05));
    (2..=17).map(|digits| significant(p, digits)).find(keeps_side).unwrap_or_else(|| format!("{p}"))
}

/// A floating point figure for machines: up to six significant digits, without trailing zeros.
pub fn figure(value: f64) -> String {
    let text = significant(value, 6);
    let (mantissa, exponent) = text.split_once('e').map_or((text.as_str(), None), |(m, e)| (m, Some(e)));
    let mantissa = if mantissa.contains('.') { mantissa.trim_end_matches('0').trim_end_matches('.') } else { mantissa };
    exponent.map_or_else(|| mantissa.to_owned(), |e| format!("{mantissa}e{e}"))
}

/// Significant digits; scientific notation below 0.00001.
fn significant(value: f64, digits: usize) -> String {
    let scientific = format!("{value:.*e}", digits.saturating_sub(1));
    let exponent: i32 = scientific.rsplit('e').next().and_then(|e| e.parse().ok()).unwrap_or(0);
    if exponent < -5 {
        return scientific;
    }
    let places = usize::try_from(digits as i64 - 1 - i64::from(exponent)).unwrap_or(0);
    format!("{value:.places$}")
}

fn signed(text: String) -> String {
    let is_zero = text.bytes().all(|b| matches!(b, b'0' | b'.' | b','));
    if is_zero || text.starts_with('-') { text } else { format!("+{text}") }
}

/// The decimals of `rest / denom` (below 1), and what is left.
fn long_division(mut rest: u128, denom: u128, places: usize) -> (Vec<u8>, u128) {
    let mut digits = Vec::with_capacity(places);
    for _ in 0..places {
        // Counts keep their denominators below 2^120 (see `share::parts::Sum`), so ten times fits.
        let scaled = rest.saturating_mul(10);
        digits.push(u8::try_from(scaled / denom).unwrap_or(9));
        rest = scaled % denom;
    }
    (digits, rest)
}

fn assemble(negative: bool, whole: u128, digits: &[u8]) -> String {
    let mut out = if negative { format!("-{whole}") } else { whole.to_string() };
    if !digits.is_empty() {
        out.push('.');
        out.extend(digits.iter().map(|d| char::from(b'0' + d)));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratio(numer: i128, denom: i128) -> Count {
        Count::new(numer, denom)
    }

    #[test]
    fn counts_are_exact_where_finite() {
        assert_eq!(exact(&ratio(89, 1)), "89");
        assert_eq!(exact(&ratio(-3, 2)), "-1.5");
        assert_eq!(exact(&ratio(1, 1024)), "0.0009765625");
        assert_eq!(exact(&ratio(2, 3)), "0.666667");
        assert_eq!(exact(&ratio(-2, 3)), "-0.666667");
        assert_eq!(exact(&ratio(17, 6)), "2.833333");
        assert_eq!(exact(&ratio(0, 1)), "0");
    }

    #[test]
    fn rounding_is_half_away_from_zero_and_carries() {
        assert_eq!(fixed(&ratio(1, 8), 2), "0.13");
        assert_eq!(fixed(&ratio(-1, 8), 2), "-0.13");
        assert_eq!(fixed(&ratio(1999, 1000), 1), "2.0");
        assert_eq!(fixed(&ratio(1, 2), 0), "1");
        assert_eq!(fixed(&ratio(-1, 100), 1), "0.0");
        assert_eq!(fixed(&ratio(5, 2), 0), "3");
    }

    #[test]
    fn figures_for_readers() {
        assert_eq!(grouped(&ratio(2640, 1)), "2,640");
        assert_eq!(grouped(&ratio(-1_234_567, 2)), "-617,283.5");
        assert_eq!(grouped(&ratio(100, 1)), "100");
        assert_eq!(rounded(&ratio(8953, 3)), "2,984.3");
        assert_eq!(rounded(&ratio(78, 1)), "78");
        assert_eq!(grouped(&ratio(227, 3)), "75.67");
        assert_eq!(grouped(&ratio(2, 3000)), "0.00");
        assert_eq!(change(&ratio(3, 1)), "+3");
        assert_eq!(change(&ratio(0, 1)), "0");
        assert_eq!(percent(&ratio(89, 455)), "19.6 %");
        assert_eq!(relative(&ratio(78 - 89, 89)), "-12.4 %");
        assert_eq!(relative(&ratio(1, 100_000)), "+0.001 %");
        assert_eq!(relative(&ratio(0, 1)), "0.0 %");
        assert_eq!(points(&ratio(-4, 100)), "-0.04");
        assert_eq!(percent(&ratio(1, 1_000_000_000_000)), "0.0 %");
        assert_eq!(points(&ratio(300, 2640)), "+0.1");
    }

    #[test]
    fn probabilities_never_round_across_the_threshold() {
        assert_eq!(probability(0.375), "0.38");
        assert_eq!(probability(1.0), "1.00");
        assert_eq!(probability(0.0499), "0.0499");
        assert_eq!(probability(0.049_996), "0.049996");
        assert_eq!(probability(0.0501), "0.050");
        assert_eq!(probability(0.000_123), "0.00012");
        assert_eq!(probability(1.5e-9), "1.5e-9");
    }

    #[test]
    fn figures_for_machines() {
        assert_eq!(figure(0.375), "0.375");
        assert_eq!(figure(1.0), "1");
        assert_eq!(figure(0.0), "0");
        assert_eq!(figure(0.123_456_789), "0.123457");
        assert_eq!(figure(1.5e-9), "1.5e-9");
        assert_eq!(figure(0.000_030_517_578_125), "0.0000305176");
    }
}
