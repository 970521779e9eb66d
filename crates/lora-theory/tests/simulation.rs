//! The rules themselves, tested on numbers: a real layer with real vectors and sign updates.
//!
//! One sample, a linear readout, and a fixed error: the calculus assumes which sums are aligned,
//! and here they simply are or are not.

use lora_theory::{Init, Setting, analyse, rational};

/// Independent centred entries of unit variance, from a small counter-based generator.
struct Draws(u64);

impl Draws {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^= x >> 31;
        let uniform = (x >> 11) as f64 / (1_u64 << 53) as f64;
        (2.0 * uniform - 1.0) * 3.0_f64.sqrt()
    }

    fn vector(&mut self, len: usize, std: f64) -> Vec<f64> {
        (0..len).map(|_| std * self.unit()).collect()
    }
}

fn sign(x: f64) -> f64 {
    if x == 0.0 { 0.0 } else { x.signum() }
}

/// Sizes of Z_A, Z_B and the output's change after four steps at a = 1/2.
fn train(init: Init, n: usize, r: usize, eta: f64, seed: u64) -> [f64; 3] {
    let mut draws = Draws(seed);
    let (z, w) = (draws.vector(n, 1.0), draws.vector(n, (n as f64).powf(-0.5)));
    let (std_a, std_b) = match init {
        Init::A => ((n as f64).powf(-0.5), 0.0),
        _ => (0.0, (r as f64).powf(-0.5)),
    };
    // Both factors row by row along n, r entries to a row.
    let (mut a, mut b) = (draws.vector(n * r, std_a), draws.vector(n * r, std_b));
    let down = |m: &[f64], v: &[f64]| {
        let mut sum = vec![0.0; r];
        for (row, x) in m.chunks(r).zip(v) {
            sum.iter_mut().zip(row).for_each(|(s, m)| *s += m * x);
        }
        sum
    };
    for _ in 0..4 {
        let (z_a, back) = (down(&a, &z), down(&b, &w));
        for i in 0..n {
            for k in 0..r {
                a[i * r + k] += eta * sign(z[i] * back[k]);
                b[i * r + k] += eta * sign(w[i] * z_a[k]);
            }
        }
    }
    let z_a = down(&a, &z);
    let up = |row: &[f64]| row.iter().zip(&z_a).map(|(b, z)| b * z).sum::<f64>();
    let z_b: Vec<f64> = b.chunks(r).map(up).collect();
    let change: f64 = z_b.iter().zip(&w).map(|(z, w)| z * w).sum();
    let rms = |v: &[f64]| (v.iter().map(|x| x * x).sum::<f64>() / v.len() as f64).sqrt();
    [rms(&z_a), rms(&z_b), change.abs()]
}

/// Mean logarithms over seeds.
fn logs(init: Init, n: usize, r: usize, eta: f64) -> [f64; 3] {
    let seeds = 6;
    let mut mean = [0.0; 3];
    for seed in 0..seeds {
        let sizes = train(init, n, r, eta, 1000 * seed + 1);
        mean = std::array::from_fn(|i| mean[i] + sizes[i].ln() / seeds as f64);
    }
    mean
}

/// At γ far from where the leading term changes, which finite widths blur.
#[test]
fn widths_follow_the_calculus() {
    let (small, large) = (1_usize << 10, 1_usize << 16);
    for init in [Init::A, Init::B] {
        let analysis = analyse(&Setting::network(init, rational(1, 2).unwrap())).unwrap();
        for gamma in [rational(-3, 2), rational(-1, 2), rational(1, 2)] {
            let gamma = gamma.unwrap();
            let g = lora_theory::approximate(gamma);
            let low = logs(init, small, 4, (small as f64).powf(g));
            let high = logs(init, large, 4, (large as f64).powf(g));
            let at = analysis.at(gamma).unwrap();
            for (i, exact) in [at.z_a, at.z_b, at.output.unwrap()].into_iter().enumerate() {
                let slope = (high[i] - low[i]) / (large as f64 / small as f64).ln();
                assert!(
                    (slope - exact.to_f64()).abs() < 0.1,
                    "{init} {gamma} {i}: {slope} {exact}"
                );
            }
        }
    }
}

/// Below the threshold of Init[B] the output grows with the rank, and the features do not.
#[test]
fn ranks_follow_the_calculus_under_init_b() {
    let n = 1_usize << 13;
    let eta = (n as f64).powf(-1.5);
    let (low, high) = (logs(Init::B, n, 4, eta), logs(Init::B, n, 256, eta));
    let slope = |i: usize| (high[i] - low[i]) / 64.0_f64.ln();
    assert!(slope(1).abs() < 0.1, "Z_B: {}", slope(1));
    assert!((slope(2) - 0.5).abs() < 0.1, "output: {}", slope(2));
}
