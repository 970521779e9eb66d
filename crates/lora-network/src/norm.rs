//! RMSNorm without a gain: v = u / ρ(u) with ρ(u)² = Σ u_i²/n + ε, for each column.

use ndarray::Array2;

/// ε, Llama's. It bounds v where u is zero, and is far below the mean square of u otherwise.
const EPSILON: f64 = 1e-6;

/// Divides each column of u, n × N, by its ρ, and returns 1/ρ of every column.
pub fn normalise(u: &mut Array2<f32>) -> Vec<f32> {
    let squares = column_sums(u, u);
    let n = u.nrows() as f64;
    let inverse: Vec<f32> =
        squares.iter().map(|square| (1.0 / (square / n + EPSILON).sqrt()) as f32).collect();
    for mut row in u.rows_mut() {
        row.iter_mut().zip(&inverse).for_each(|(u, inverse)| *u *= inverse);
    }
    inverse
}

/// Turns ∂L/∂v into ∂L/∂u = (∂L/∂v − v ⟨v, ∂L/∂v⟩/n)/ρ, column by column, all n × N.
pub fn backward(gradient: &mut Array2<f32>, v: &Array2<f32>, inverse: &[f32]) {
    let n = v.nrows() as f64;
    let along: Vec<f32> =
        column_sums(gradient, v).iter().map(|product| (product / n) as f32).collect();
    for (mut row, v) in gradient.rows_mut().into_iter().zip(v.rows()) {
        for (mu, g) in row.iter_mut().enumerate() {
            *g = (*g - v[mu] * along[mu]) * inverse[mu];
        }
    }
}

/// Σ_i x_iμ y_iμ for every column μ.
fn column_sums(x: &Array2<f32>, y: &Array2<f32>) -> Vec<f64> {
    let mut sums = vec![0.0f64; x.ncols()];
    for (x, y) in x.rows().into_iter().zip(y.rows()) {
        for ((sum, &x), &y) in sums.iter_mut().zip(x).zip(y) {
            *sum += f64::from(x) * f64::from(y);
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    fn columns() -> Array2<f32> {
        array![[1.0f32, -3.0], [2.0, 0.5], [-2.0, 4.0], [0.5, 1.0]]
    }

    /// Up to ε, which is 1e-6 of a mean square of one.
    #[test]
    fn the_scale_of_a_column_does_not_matter() {
        let (mut one, mut scaled) = (columns(), columns() * 64.0);
        normalise(&mut one);
        normalise(&mut scaled);
        for (one, scaled) in one.iter().zip(&scaled) {
            assert!((one / scaled - 1.0).abs() < 1e-6, "{one} {scaled}");
        }
        let mean = one.column(1).iter().map(|v| v * v).sum::<f32>() / 4.0;
        assert!((mean - 1.0).abs() < 1e-6, "{mean}");
    }

    /// A gradient along u changes the scale alone, which v does not have.
    #[test]
    fn a_gradient_along_the_column_vanishes() {
        let mut v = columns();
        let inverse = normalise(&mut v);
        let mut gradient = v.clone();
        backward(&mut gradient, &v, &inverse);
        assert!(gradient.iter().all(|g| g.abs() < 2e-6), "{gradient}");
    }

    #[test]
    fn a_column_of_zeros_stays() {
        let mut zeros = Array2::zeros((4, 1));
        assert_eq!(normalise(&mut zeros), [1e3]);
        assert_eq!(zeros, Array2::zeros((4, 1)));
    }
}
