//! Planted studies: learning rates with a known width exponent, and how often an interval should
//! cover it.

mod random;

pub use random::Random;

/// Widths 2^7 … 2^13.
pub fn widths() -> Vec<f64> {
    (7..=13).map(|exponent| f64::from(1 << exponent)).collect()
}

/// Widths 2^7 … 2^16, of the largest studies.
pub fn study_widths() -> Vec<f64> {
    (7..=16).map(|exponent| f64::from(1 << exponent)).collect()
}

/// Standard deviations, in ln lr, of what makes studies differ.
#[derive(Clone, Copy)]
pub struct Noise {
    /// Of a factor that a seed applies at all widths.
    pub seed_level: f64,
    /// Of a seed's own exponent about the true one.
    pub seed_slope: f64,
    /// Of each single reading.
    pub reading: f64,
}

/// What a sweep with a fine grid of factor √2 and visible differences between seeds looks like.
pub const REALISTIC: Noise = Noise { seed_level: 0.3, seed_slope: 0.02, reading: 0.2 };

/// As [`REALISTIC`], with another scatter of the readings.
pub fn scattered(reading: f64) -> Noise {
    Noise { reading, ..REALISTIC }
}

/// ln lr by seed and width: −1 + exponent · ln n and noise drawn from `draw`.
pub fn plant(
    exponent: f64,
    seeds: usize,
    noise: Noise,
    random: &mut Random,
    draw: fn(&mut Random) -> f64,
) -> Vec<Vec<f64>> {
    let seed = |_| {
        let level = -1.0 + noise.seed_level * draw(random);
        let slope = exponent + noise.seed_slope * draw(random);
        let reading = |n: f64| level + slope * n.ln() + noise.reading * draw(random);
        widths().into_iter().map(reading).collect()
    };
    (0..seeds).map(seed).collect()
}

/// lr by seed at `widths`, with ln lr = −1 + exponent · ln n + amplitude · n^-1/2 and noise.
pub fn plant_corrected(
    widths: &[f64],
    exponent: f64,
    amplitude: f64,
    seeds: usize,
    noise: Noise,
    random: &mut Random,
) -> Vec<Vec<Option<f64>>> {
    let seed = |_| {
        let level = -1.0 + noise.seed_level * random.normal();
        let slope = exponent + noise.seed_slope * random.normal();
        let reading = |n: &f64| {
            let law = level + slope * n.ln() + amplitude * n.powf(-0.5);
            Some((law + noise.reading * random.normal()).exp())
        };
        widths.iter().map(reading).collect()
    };
    (0..seeds).map(seed).collect()
}

/// Asserts that `hits` of `plants` agrees with probability `p`.
///
/// The number of hits is binomial with standard deviation √(plants · p · (1 − p)). Four of them
/// are allowed: a correct procedure would fail one such check in 16 000 if the plants were drawn
/// anew, and they are fixed. At 4000 plants and p = 0.95 that is ± 0.014.
pub fn assert_binomial(hits: usize, plants: usize, p: f64, what: &str) {
    let share = hits as f64 / plants as f64;
    let tolerance = 4.0 * (p * (1.0 - p) / plants as f64).sqrt();
    assert!((share - p).abs() <= tolerance, "{what}: {share:.4}, not {p} ± {tolerance:.4}");
}
