//! Norms of the LoRA features from r × r Gram matrices, in f64.
//!
//! ‖s B z‖² = s² zᵀ(BᵀB)z, so the norms of Z_B and of δ1, δ2, δ3 cost O(n r² + N r²), never n N.

use super::shared::Shared;
use super::slab::Slab;
use crate::engine::Record;

/// f_μ: the slabs' parts added in order.
pub fn outputs(slabs: &[Slab], position: usize, stride: usize) -> Vec<f64> {
    let mut f = vec![0.0f64; stride];
    for slab in slabs {
        let part = &slab.f[position * stride..(position + 1) * stride];
        f.iter_mut().zip(part).for_each(|(f, &part)| *f += f64::from(part));
    }
    f
}

/// Mean of (f − y)², 0 over no points.
pub fn mean_square(f: &[f64], y: &[f32]) -> f64 {
    let sum: f64 = f.iter().zip(y).map(|(f, &y)| (f - f64::from(y)).powi(2)).sum();
    sum / f.len().max(1) as f64
}

/// One run's parameters and features after a forward pass.
pub struct Norms<'a> {
    pub shared: &'a Shared<'a>,
    pub slabs: &'a [Slab],
    pub position: usize,
    /// r × stride.
    pub za: &'a [f32],
}

impl Norms<'_> {
    fn rank(&self) -> usize {
        self.shared.model.rank
    }

    fn points(&self) -> usize {
        self.shared.frozen.columns.train
    }

    /// A record with the norms of Z_A and Z_B filled in.
    pub fn features(&self) -> Record {
        let rows = self.za_rows();
        let za = square_norms(&rows, self.points());
        let gram = self.gram(|slab| (&slab.b.value, None));
        let zb = quadratic_forms(&gram, &rows, self.points());
        let s = self.shared.model.multiplier;
        Record {
            za_rms: rms(&za, self.rank()),
            za_norm: mean_root(&za),
            zb_rms: s * rms(&zb, self.shared.frozen.width),
            zb_norm: s * mean_root(&zb),
            ..Record::default()
        }
    }

    /// rms of s B_{t−1} ΔZ_A, s ΔB Z_{A,t−1} and s ΔB ΔZ_A, given Z_{A,t−1} (r × train columns).
    pub fn deltas(&self, za_previous: &[f32]) -> [f64; 3] {
        let columns = self.shared.frozen.columns.train_padded();
        let before: Vec<Vec<f64>> = za_previous.chunks(columns).map(widen).collect();
        let now = self.za_rows();
        let change: Vec<Vec<f64>> =
            now.iter().zip(&before).map(|(now, before)| difference(now, before)).collect();
        let b_before = self.gram(|slab| (&slab.b_previous, None));
        let b_change = self.gram(|slab| (&slab.b.value, Some(&slab.b_previous)));
        let scaled = |gram: &[f64], rows: &[Vec<f64>]| {
            let forms = quadratic_forms(gram, rows, self.points());
            self.shared.model.multiplier * rms(&forms, self.shared.frozen.width)
        };
        [scaled(&b_before, &change), scaled(&b_change, &before), scaled(&b_change, &change)]
    }

    /// rms entry of A − A_0 and of B − B_0.
    pub fn movement(&self) -> (f64, f64) {
        let entries = (self.shared.frozen.width * self.rank()) as f64;
        let (mut a, mut b) = (0.0, 0.0);
        for slab in self.slabs {
            let part = slab.part(self.position, self.rank());
            let squares = |value: &[f32], start: &[f32]| -> f64 {
                let pairs = value[part.clone()].iter().zip(&start[part.clone()]);
                pairs.map(|(&v, &s)| (f64::from(v) - f64::from(s)).powi(2)).sum()
            };
            a += squares(&slab.a.value, &slab.a.start);
            b += squares(&slab.b.value, &slab.b.start);
        }
        ((a / entries).sqrt(), (b / entries).sqrt())
    }

    fn za_rows(&self) -> Vec<Vec<f64>> {
        let stride = self.shared.frozen.h.stride();
        self.za.chunks(stride).map(|row| widen(&row[..self.points()])).collect()
    }

    /// MᵀM of an n × r matrix M given slab by slab as a value, or a difference of two.
    fn gram<'s>(
        &'s self,
        matrix: impl Fn(&'s Slab) -> (&'s Vec<f32>, Option<&'s Vec<f32>>),
    ) -> Vec<f64> {
        let rank = self.rank();
        let mut gram = vec![0.0f64; rank * rank];
        let mut row = vec![0.0f64; rank];
        for slab in self.slabs {
            let part = slab.part(self.position, rank);
            let (value, minus) = matrix(slab);
            for at in part.step_by(rank) {
                for (k, entry) in row.iter_mut().enumerate() {
                    let subtracted = minus.map_or(0.0, |minus| f64::from(minus[at + k]));
                    *entry = f64::from(value[at + k]) - subtracted;
                }
                for (k, out) in gram.chunks_mut(rank).enumerate() {
                    for (out, &other) in out[k..].iter_mut().zip(&row[k..]) {
                        *out += row[k] * other;
                    }
                }
            }
        }
        for k in 0..rank {
            for l in 0..k {
                gram[k * rank + l] = gram[l * rank + k];
            }
        }
        gram
    }
}

/// ‖z_μ‖² for every column μ of the rows z (r × points).
fn square_norms(rows: &[Vec<f64>], points: usize) -> Vec<f64> {
    let mut squares = vec![0.0f64; points];
    for row in rows {
        squares.iter_mut().zip(row).for_each(|(square, x)| *square += x * x);
    }
    squares
}

/// z_μᵀ G z_μ for every column μ of the rows z (r × points), G r × r, never below zero.
fn quadratic_forms(gram: &[f64], rows: &[Vec<f64>], points: usize) -> Vec<f64> {
    let rank = rows.len();
    let mut forms = vec![0.0f64; points];
    for k in 0..rank {
        for l in k..rank {
            // Nothing is skipped where the weight is 0: 0·∞ must show.
            let weight = gram[k * rank + l] * if k == l { 1.0 } else { 2.0 };
            let pairs = rows[k].iter().zip(&rows[l]);
            forms.iter_mut().zip(pairs).for_each(|(form, (x, y))| *form += weight * x * y);
        }
    }
    forms.iter_mut().for_each(|form| *form = if *form < 0.0 { 0.0 } else { *form });
    forms
}

fn widen(row: &[f32]) -> Vec<f64> {
    row.iter().map(|&v| f64::from(v)).collect()
}

fn difference(now: &[f64], before: &[f64]) -> Vec<f64> {
    now.iter().zip(before).map(|(now, before)| now - before).collect()
}

/// Root of the mean square over `rows` entries of every column, from squared column norms.
fn rms(squares: &[f64], rows: usize) -> f64 {
    (squares.iter().sum::<f64>() / (squares.len() * rows) as f64).sqrt()
}

fn mean_root(squares: &[f64]) -> f64 {
    squares.iter().map(|square| square.sqrt()).sum::<f64>() / squares.len() as f64
}
