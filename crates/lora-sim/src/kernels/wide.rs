//! What is measured in f64: plain loops over small blocks, which the compiler makes lanes of.
//!
//! They multiply, round and add whatever the instruction set, so all sets agree bit for bit.

/// Columns that a block of [`quadratic_forms`] keeps in registers.
const BLOCK: usize = 16;

/// Rows and columns of M Mᵀ that a block of [`gram`] keeps in registers.
const SIDE: usize = 4;
/// Running sums of an entry of M Mᵀ.
const LANES: usize = 8;

/// An entry of M Mᵀ as the sums that add up to it.
pub type Running = [f64; LANES];

/// Adds M Mᵀ, M rank × columns, to the running sums of its upper triangle, rank × rank; those below
/// it may change, too.
#[inline(always)]
pub fn gram(m: &[f64], rank: usize, sums: &mut [Running]) {
    let whole = rank / SIDE * SIDE;
    for k in (0..whole).step_by(SIDE) {
        for l in (k..whole).step_by(SIDE) {
            dots::<SIDE>(m, rank, [k, l], sums);
        }
    }
    for l in whole..rank {
        for k in 0..=l {
            dots::<1>(m, rank, [k, l], sums);
        }
    }
}

/// Adds the products of rows k to k + `S` with rows l to l + `S`.
#[inline(always)]
fn dots<const S: usize>(m: &[f64], rank: usize, [k, l]: [usize; 2], sums: &mut [Running]) {
    let columns = m.len() / rank;
    let mut block = [[[0.0; LANES]; S]; S];
    for i in 0..S {
        block[i].copy_from_slice(&sums[(k + i) * rank + l..][..S]);
    }
    for at in (0..columns / LANES * LANES).step_by(LANES) {
        let (mut rows, mut others) = ([[0.0; LANES]; S], [[0.0; LANES]; S]);
        for i in 0..S {
            rows[i].copy_from_slice(&m[(k + i) * columns + at..][..LANES]);
            others[i].copy_from_slice(&m[(l + i) * columns + at..][..LANES]);
        }
        block = products(rows, others, block);
    }
    let rest = columns % LANES;
    if rest > 0 {
        let (mut rows, mut others) = ([[0.0; LANES]; S], [[0.0; LANES]; S]);
        for i in 0..S {
            rows[i][..rest].copy_from_slice(&m[(k + i + 1) * columns - rest..][..rest]);
            others[i][..rest].copy_from_slice(&m[(l + i + 1) * columns - rest..][..rest]);
        }
        block = products(rows, others, block);
    }
    for i in 0..S {
        sums[(k + i) * rank + l..][..S].copy_from_slice(&block[i]);
    }
}

/// Every row times every other, added to `block`. No lane is named by a variable, or the block
/// would have to lie in memory.
#[inline(always)]
fn products<const S: usize>(
    rows: [Running; S],
    others: [Running; S],
    mut block: [[Running; S]; S],
) -> [[Running; S]; S] {
    for i in 0..S {
        for j in 0..S {
            block[i][j] = multiply_add(rows[i], others[j], block[i][j]);
        }
    }
    block
}

#[inline(always)]
fn multiply_add(x: [f64; LANES], y: [f64; LANES], mut sum: [f64; LANES]) -> [f64; LANES] {
    for c in 0..LANES {
        sum[c] += x[c] * y[c];
    }
    sum
}

/// Σ x in sixteen running sums, so that it becomes lanes without reordering.
#[inline(always)]
pub fn sum(x: &[f64]) -> f64 {
    sum_of(x, |x| x)
}

/// Σ √x, likewise.
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

/// (f − y) scaled and rounded, to `e`, which may be longer; returns Σ (f − y)².
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

/// x ∘ y, to `out`.
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

/// z_μᵀ G z_μ for every column μ of `rows`, from the upper triangle of G, never below zero.
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
        // Nothing is skipped where the weight is 0: 0·∞ must show.
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

/// x in f64, less `minus` if there is any, to `out`.
#[inline(always)]
pub fn widen(x: &[f32], minus: Option<&[f32]>, out: &mut [f64]) {
    out.iter_mut().zip(x).for_each(|(out, &x)| *out = f64::from(x));
    if let Some(minus) = minus {
        out.iter_mut().zip(minus).for_each(|(out, &minus)| *out -= f64::from(minus));
    }
}

/// out += x, widened.
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
