//! Measurements in f64: plain loops over small blocks, which the compiler vectorizes.
//!
//! They round after every multiplication and addition on every instruction set, so all sets agree bit
//! for bit.

/// Columns of a register block of [`quadratic_forms`].
const BLOCK: usize = 16;

/// Σ x in sixteen running sums, so that the compiler can vectorize it without reordering.
#[inline(always)]
pub fn sum(x: &[f64]) -> f64 {
    sum_of(x, |x| x)
}

/// Σ √x in sixteen running sums.
#[inline(always)]
pub fn sum_of_roots(x: &[f64]) -> f64 {
    sum_of(x, f64::sqrt)
}

#[inline(always)]
fn sum_of(x: &[f64], term: impl Fn(f64) -> f64) -> f64 {
    let mut sums = [0.0f64; BLOCK];
    let mut xs = x.chunks_exact(BLOCK);
    for x in &mut xs {
        for l in 0..BLOCK {
            sums[l] += term(x[l]);
        }
    }
    for (sum, &x) in sums.iter_mut().zip(xs.remainder()) {
        *sum += term(x);
    }
    sums.iter().sum()
}

/// Writes `scale`·(f − y), rounded to f32, to `e`, which may be longer. Returns Σ (f − y)².
#[inline(always)]
pub fn errors(f: &[f64], y: &[f32], scale: f64, e: &mut [f32]) -> f64 {
    let mut sums = [0.0f64; BLOCK];
    let blocks = f.chunks(BLOCK).zip(y.chunks(BLOCK)).zip(e.chunks_mut(BLOCK));
    for ((f, y), e) in blocks {
        for (((sum, &f), &y), e) in sums.iter_mut().zip(f).zip(y).zip(e) {
            let error = f - f64::from(y);
            *e = (scale * error) as f32;
            *sum += error * error;
        }
    }
    sums.iter().sum()
}

/// out ← x ∘ y.
#[inline(always)]
pub fn product(x: &[f32], y: &[f32], out: &mut [f32]) {
    out.iter_mut().zip(x).zip(y).for_each(|((out, x), y)| *out = x * y);
}

/// Σ (x − y)² in f64.
#[inline(always)]
pub fn squared_distance(x: &[f32], y: &[f32]) -> f64 {
    let mut sums = [0.0f64; BLOCK];
    let (mut xs, mut ys) = (x.chunks_exact(BLOCK), y.chunks_exact(BLOCK));
    for (x, y) in (&mut xs).zip(&mut ys) {
        for l in 0..BLOCK {
            let difference = f64::from(x[l]) - f64::from(y[l]);
            sums[l] += difference * difference;
        }
    }
    let rest = xs.remainder().iter().zip(ys.remainder());
    let rest: f64 = rest.map(|(&x, &y)| (f64::from(x) - f64::from(y)).powi(2)).sum();
    sums.iter().sum::<f64>() + rest
}

/// z_μᵀ G z_μ for every column μ of `rows`, from the upper triangle of G; never below zero.
#[inline(always)]
pub fn quadratic_forms(gram: &[f64], rows: &[Vec<f64>], out: &mut [f64]) {
    let whole = out.len() / BLOCK * BLOCK;
    for at in (0..whole).step_by(BLOCK) {
        forms::<BLOCK>(gram, rows, at, &mut out[at..at + BLOCK]);
    }
    for at in whole..out.len() {
        forms::<1>(gram, rows, at, &mut out[at..at + 1]);
    }
}

#[inline(always)]
fn forms<const W: usize>(gram: &[f64], rows: &[Vec<f64>], at: usize, out: &mut [f64]) {
    let mut sums = [0.0f64; W];
    for k in 0..rows.len() {
        let mut product = [0.0f64; W];
        // A weight of 0 is not skipped: 0·∞ must show.
        for l in k..rows.len() {
            let other = &rows[l][at..at + W];
            let weight = gram[k * rows.len() + l] * if k == l { 1.0 } else { 2.0 };
            for c in 0..W {
                product[c] += weight * other[c];
            }
        }
        let row = &rows[k][at..at + W];
        for c in 0..W {
            sums[c] += row[c] * product[c];
        }
    }
    for c in 0..W {
        out[c] = if sums[c] < 0.0 { 0.0 } else { sums[c] };
    }
}

/// out ← x − `minus` in f64, or x without a `minus`.
#[inline(always)]
pub fn widen(x: &[f32], minus: Option<&[f32]>, out: &mut [f64]) {
    out.iter_mut().zip(x).for_each(|(out, &x)| *out = f64::from(x));
    if let Some(minus) = minus {
        out.iter_mut().zip(minus).for_each(|(out, &minus)| *out -= f64::from(minus));
    }
}

/// out += x in f64.
#[inline(always)]
pub fn add_widened(out: &mut [f64], x: &[f32]) {
    out.iter_mut().zip(x).for_each(|(out, &x)| *out += f64::from(x));
}

/// out += x.
#[inline(always)]
pub fn add(out: &mut [f32], x: &[f32]) {
    out.iter_mut().zip(x).for_each(|(out, x)| *out += x);
}

/// x ← x ∘ y.
#[inline(always)]
pub fn scale(x: &mut [f32], y: &[f32]) {
    x.iter_mut().zip(y).for_each(|(x, y)| *x *= y);
}
