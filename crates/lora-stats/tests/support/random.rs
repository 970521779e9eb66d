//! Random numbers for tests, of this crate and of others.
#![allow(dead_code, reason = "each test file uses a part")]

/// Reproducible pseudo-random numbers (SplitMix64).
pub struct Random(u64);

impl Random {
    pub fn new(stream: u64) -> Self {
        Self(stream.wrapping_mul(0xd134_2543_de82_ef95))
    }

    /// Uniform in (0, 1).
    pub fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 * 2f64.powi(-53) + 2f64.powi(-54)
    }

    /// Standard normal, by the Box–Muller transform.
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * self.uniform().ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// Laplace with unit variance: heavier tails than the normal.
    pub fn laplace(&mut self) -> f64 {
        let (size, sign) = (-self.uniform().ln(), self.uniform() - 0.5);
        (size / 2f64.sqrt()).copysign(sign)
    }
}
