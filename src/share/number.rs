//! How numbers become text. This is the only place that formats them.

use crate::share::Count;

/// The nearest floating point number, for charts and intervals; never for sums.
pub fn float(value: &Count) -> f64 {
    *value.numer() as f64 / *value.denom() as f64
}
