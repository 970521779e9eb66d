//! Rotary positions: each pair (x_i, x_{i + d/2}) of a head is rotated by the angle p f_i at place p.

use ndarray::Array2;

/// Every head of every row, rotated.
pub(super) fn rotate(x: &Array2<f64>, head_dim: usize, frequencies: &[f64]) -> Array2<f64> {
    turn(x, head_dim, frequencies, 1.0)
}

/// The backward pass: the transpose of a rotation turns back.
pub(super) fn rotate_back(g: &Array2<f64>, head_dim: usize, frequencies: &[f64]) -> Array2<f64> {
    turn(g, head_dim, frequencies, -1.0)
}

fn turn(x: &Array2<f64>, head_dim: usize, frequencies: &[f64], sign: f64) -> Array2<f64> {
    let half = head_dim / 2;
    assert_eq!(2 * frequencies.len(), head_dim, "one frequency for each pair of a head");
    let mut y = x.clone();
    for (place, mut row) in y.rows_mut().into_iter().enumerate() {
        for start in (0..row.len()).step_by(head_dim) {
            for (i, frequency) in frequencies.iter().enumerate() {
                let (sin, cos) = (sign * place as f64 * frequency).sin_cos();
                let [first, second] = [start + i, start + i + half];
                let [u, v] = [row[first], row[second]];
                row[first] = u * cos - v * sin;
                row[second] = v * cos + u * sin;
            }
        }
    }
    y
}

#[cfg(test)]
mod tests {
    use ndarray::s;
    use proptest::prelude::*;

    use super::super::difference::inner;
    use super::super::random::normals;
    use super::*;

    #[test]
    fn halves_are_paired() {
        // Place 1, d = 4, a right angle for pair 0 and none for pair 1.
        let x = ndarray::arr2(&[[0.0; 4], [1.0, 2.0, 3.0, 4.0]]);
        let y = rotate(&x, 4, &[std::f64::consts::FRAC_PI_2, 0.0]);
        let want = [-3.0, 2.0, 1.0, 4.0];
        assert!(y.row(1).iter().zip(want).all(|(y, want)| (y - want).abs() < 1e-15), "{y}");
    }

    proptest! {
        /// Each entry is a sum of two products on either side.
        #[test]
        fn turning_back_is_adjoint_and_inverse(
            len in 1usize..9, heads in 1usize..4, half in 1usize..5, seed: u64
        ) {
            let shape = [len, heads * 2 * half];
            let [x, g] = ["x", "g"].map(|name| normals(name, seed, shape));
            let frequencies = normals("f", seed, [1, half]).into_raw_vec_and_offset().0;
            let y = rotate(&x, 2 * half, &frequencies);
            let back = rotate_back(&g, 2 * half, &frequencies);
            let most = x.mapv(f64::abs).sum() * g.mapv(f64::abs).sum();
            prop_assert!((inner(&y, &g) - inner(&x, &back)).abs() <= 1e-14 * most);
            let again = rotate_back(&y, 2 * half, &frequencies);
            prop_assert!((again - x).iter().all(|e| e.abs() < 1e-13));
        }

        /// ⟨R_p q, R_{p'} k⟩ is a function of p − p'.
        #[test]
        fn products_depend_on_differences_of_places(
            first in 0usize..20, second in 0usize..20, shift in 1usize..20, seed: u64
        ) {
            let frequencies = [1.0, 0.3, 0.01];
            let [q, k] = ["q", "k"].map(|name| normals(name, seed, [1, 6]));
            let at = |x: &Array2<f64>, place: usize| {
                let rows = x.broadcast((place + 1, 6)).expect("one row").to_owned();
                rotate(&rows, 6, &frequencies).slice(s![place..=place, ..]).to_owned()
            };
            let product = |shift: usize| inner(&at(&q, first + shift), &at(&k, second + shift));
            prop_assert!((product(0) - product(shift)).abs() < 1e-12);
        }
    }
}
