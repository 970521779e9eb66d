//! Cross-entropy of a row of logits z with target t: log Σ e^z − z_t.

use ndarray::Array2;

/// The sum over the rows that have a target, and its gradient: softmax(z) − e_t in such a row, else 0.
pub(super) fn sum(logits: &Array2<f64>, targets: &[Option<u32>]) -> (f64, Array2<f64>) {
    assert_eq!(logits.nrows(), targets.len(), "a target for each row of logits, or none");
    let mut total = 0.0;
    let mut gradient = Array2::zeros(logits.raw_dim());
    for ((row, mut g), target) in logits.rows().into_iter().zip(gradient.rows_mut()).zip(targets) {
        let Some(target) = target.map(|target| target as usize) else { continue };
        assert!(target < row.len(), "target {target} among {} logits", row.len());
        let most = row.fold(f64::NEG_INFINITY, |most, &z| most.max(z));
        let weights = row.mapv(|z| (z - most).exp());
        total += weights.sum().ln() + most - row[target];
        g.assign(&(&weights / weights.sum()));
        g[target] -= 1.0;
    }
    (total, gradient)
}

#[cfg(test)]
mod tests {
    use super::super::difference::{derivative, inner};
    use super::super::random::normals;
    use super::*;

    #[test]
    fn equal_logits_cost_the_logarithm_of_their_number() {
        let (loss, _) = sum(&Array2::from_elem((2, 8), 700.0), &[Some(3), Some(0)]);
        assert!((loss - 2.0 * 8f64.ln()).abs() < 1e-12);
    }

    #[test]
    fn the_gradient_is_the_difference_and_masked_rows_have_none() {
        let targets = [Some(2), None, Some(0)];
        let [z, d] = ["z", "d"].map(|name| normals(name, 4, [3, 5]));
        let (loss, g) = sum(&z, &targets);
        let want = derivative(|t| sum(&(&z + t * &d), &targets).0, 2e-3);
        assert!((inner(&g, &d) - want).abs() < 1e-9, "{want}");
        assert!(g.row(1).iter().all(|&g| g == 0.0));
        let mut other = z.clone();
        other.row_mut(1).fill(9.0);
        assert_eq!(sum(&other, &targets).0, loss);
    }
}
