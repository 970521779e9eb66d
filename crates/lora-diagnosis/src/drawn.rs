//! Random numbers for tests.

/// SplitMix64 (Steele, Lea and Flood 2014).
pub struct Drawn(pub u64);

impl Drawn {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Uniform between 0 and 1.
    pub fn unit(&mut self) -> f64 {
        ((self.next() >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    /// Uniform between −b and b.
    pub fn uniform(&mut self, b: f64, count: usize) -> Vec<f32> {
        (0..count).map(|_| (b * (2.0 * self.unit() - 1.0)) as f32).collect()
    }

    /// Normal with a standard deviation, by Box and Muller.
    pub fn normal(&mut self, std: f64, count: usize) -> Vec<f32> {
        let one = |of: &mut Self| {
            let radius = (-2.0 * of.unit().ln()).sqrt();
            (std * radius * (std::f64::consts::TAU * of.unit()).cos()) as f32
        };
        (0..count).map(|_| one(self)).collect()
    }
}
