//! Intervals for lists that are samples of something larger.

use crate::share::{Count, number};

/// The 97.5 % point of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// The 95 % score interval of a proportion (Wilson 1927), within 0 and 1. `None` where there is no
/// denominator. Members counted in parts enter as they are.
pub fn wilson(members: &Count, denominator: &Count) -> Option<(f64, f64)> {
    if *denominator <= Count::from_integer(0) {
        return None;
    }
    let n = number::float(denominator);
    let p = number::float(&(members / denominator));
    let z2 = Z * Z;
    let centre = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z / (1.0 + z2 / n) * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    // At both ends the score interval ends at the proportion itself, which floating point misses.
    let low = if p <= 0.0 { 0.0 } else { (centre - half).max(0.0) };
    let high = if p >= 1.0 { 1.0 } else { (centre + half).min(1.0) };
    Some((low, high))
}
