//! Whether a vendor's gains and losses are more than balanced switching: exact McNemar, and Holm.

/// The two-sided exact p-value of `rose` against `fell`: min(1, 2 P(Bin(n, 1/2) <= min)), with n
/// their sum; 1 where n is 0 (McNemar 1947, exact form). Uses only the four basic operations, so it
/// is the same figure on every machine. Below the smallest positive number it stays there: never 0.
pub fn mcnemar(rose: u64, fell: u64) -> f64 {
    let n = rose + fell;
    let least = rose.min(fell);
    if n == 0 || rose == fell {
        return 1.0;
    }
    // P = 2^(1-n) * sum of C(n, i) for i <= least. From the largest term down the ratios are
    // i / (n - i + 1), all below 1, and the sum of them never exceeds n.
    let mut term = 1.0;
    let mut tail = 1.0;
    for i in (1..=least).rev() {
        term *= i as f64 / (n - i + 1) as f64;
        tail += term;
        if term < tail * f64::EPSILON * 1e-3 {
            break;
        }
    }
    // C(n, least) as a product of factors above 1; the n halvings are spread among them, so that the
    // value never leaves the range of a double from above.
    let mut value = 2.0 * tail;
    let mut halvings = n;
    for i in 1..=least {
        value *= (n - least + i) as f64 / i as f64;
        while value > 1.0 && halvings > 0 {
            value *= 0.5;
            halvings -= 1;
        }
    }
    while halvings > 0 && value > f64::MIN_POSITIVE {
        value *= 0.5;
        halvings -= 1;
    }
    value.clamp(f64::MIN_POSITIVE, 1.0)
}

/// The smallest |rose - fell| that would have reached p < 0.05 at this rose + fell; `None` where no
/// split of so few does.
pub fn needed(changed: u64) -> Option<u64> {
    // p grows with the smaller count, so the largest smaller count below the threshold is found by halving.
    let reaches = |least: u64| mcnemar(least, changed - least) < 0.05;
    if changed == 0 || !reaches(0) {
        return None;
    }
    let (mut low, mut high) = (0, changed / 2);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if reaches(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(changed - 2 * low)
}

/// Holm's step-down correction of a family of p-values, in their order (Holm 1979).
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut adjusted = vec![1.0; p_values.len()];
    let mut floor: f64 = 0.0;
    for (rank, &at) in order.iter().enumerate() {
        floor = floor.max((p_values.len() - rank) as f64 * p_values[at]).min(1.0);
        adjusted[at] = floor;
    }
    adjusted
}
