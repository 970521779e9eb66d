//! Planted sweeps: tables whose best learning rates follow a known law of the width.

use lora_judge::{Asked, Judged, Table, judge};

#[path = "../../../lora-stats/tests/support/random.rs"]
mod random;

pub use random::Random;

/// What is planted.
#[derive(Clone, Debug)]
pub struct Plant {
    pub widths: Vec<usize>,
    pub seeds: u64,
    /// γ in η_opt = e^-1 n^γ.
    pub slope: f64,
    /// ln η_opt gets this times (ln (n / 128))², which is no power law.
    pub bend: f64,
    /// ln loss = curvature · (ln η − ln η_opt)².
    pub curvature: f64,
    /// Standard deviation of ln η_opt, from seed to seed and width to width.
    pub noise: f64,
    /// Learning rates on each side of the law's optimum, a factor 2 apart.
    pub side: i32,
    pub stream: u64,
}

impl Default for Plant {
    fn default() -> Self {
        Self {
            widths: vec![128, 256, 512, 1024, 2048, 4096],
            seeds: 5,
            slope: -0.75,
            bend: 0.0,
            curvature: 0.1,
            noise: 0.05,
            side: 6,
            stream: 1,
        }
    }
}

/// One run: width, seed, learning rate, loss.
pub type Run = (usize, u64, f64, f64);

impl Plant {
    /// ln η_opt of the law.
    pub fn ln_opt(&self, width: usize) -> f64 {
        let n = width as f64;
        -1.0 + self.slope * n.ln() + self.bend * (n / 128.0).ln().powi(2)
    }

    /// Every run. The learning rates are whole powers of 2, so that no optimum lies on one.
    pub fn runs(&self) -> Vec<Run> {
        let mut random = Random::new(self.stream);
        let mut runs = Vec::new();
        for seed in 0..self.seeds {
            for &width in &self.widths {
                let best = self.ln_opt(width) + self.noise * random.normal();
                let middle = (self.ln_opt(width) / 2f64.ln()).round() as i32;
                for power in middle - self.side..=middle + self.side {
                    let lr = 2f64.powi(power);
                    let loss = (self.curvature * (lr.ln() - best).powi(2)).exp();
                    runs.push((width, seed, lr, loss));
                }
            }
        }
        runs
    }

    pub fn csv(&self) -> String {
        csv(&self.runs())
    }
}

/// A tidy table.
pub fn csv(runs: &[Run]) -> String {
    let row = |(width, seed, lr, loss): &Run| format!("{width},{seed},{lr},{loss}\n");
    "width,seed,lr,loss\n".to_owned() + &runs.iter().map(row).collect::<String>()
}

pub fn table(csv: &str) -> Table {
    Table::of_bytes("sweep.csv", csv.as_bytes().to_vec(), &[]).expect("a table")
}

pub fn judged(csv: &str, asked: &Asked) -> Judged {
    judge(&table(csv), asked).expect("a judgement")
}

/// What is said of a table that cannot be judged.
pub fn refused(csv: &str, asked: &Asked) -> String {
    let table = Table::of_bytes("sweep.csv", csv.as_bytes().to_vec(), &[]);
    let judged = table.and_then(|table| judge(&table, asked));
    judged.map(|_| ()).expect_err("it is refused").to_string()
}
