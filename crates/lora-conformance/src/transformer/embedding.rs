//! An embedding with LoRA: the row of token t is E[t] + s (B A)[:, t]ᵀ.

use ndarray::{Array2, Axis};

use super::inputs::Gradients;
use super::parameters::Parameters;

/// The rows of the ids.
pub(super) fn forward(model: Parameters, module: &str, ids: &[usize]) -> Array2<f64> {
    let table = model.weight(module);
    for &id in ids {
        assert!(id < table.nrows(), "row {id} of {module}, which has {}", table.nrows());
    }
    let mut rows = table.select(Axis(0), ids);
    for (_, adapter) in model.adapters_on(module) {
        let columns = adapter.a.select(Axis(1), ids);
        rows.scaled_add(adapter.scaling, &columns.t().dot(&adapter.b.t()));
    }
    rows
}

/// Adds to the module's gradients. With a = A[:, t] and g the row of G at a place with token t:
/// dE[t] += gᵀ, dB += s gᵀ aᵀ, dA[:, t] += s Bᵀ gᵀ.
pub(super) fn backward(
    model: Parameters,
    module: &str,
    ids: &[usize],
    g: &Array2<f64>,
    sums: &mut Gradients,
) {
    let table = sums.of(&model.weight_name(module));
    for (row, &id) in g.rows().into_iter().zip(ids) {
        let mut at = table.row_mut(id);
        at += &row;
    }
    for (place, adapter) in model.adapters_on(module) {
        let columns = adapter.a.select(Axis(1), ids);
        let (da, db) = &mut sums.adapters[place];
        db.scaled_add(adapter.scaling, &columns.dot(g).t());
        let g_b = g.dot(&adapter.b);
        for (row, &id) in g_b.rows().into_iter().zip(ids) {
            da.column_mut(id).scaled_add(adapter.scaling, &row);
        }
    }
}

#[cfg(test)]
mod tests {
    use lora_checkpoint::Family;
    use proptest::prelude::*;

    use super::super::cases;
    use super::super::difference::inner;
    use super::super::inputs::{Adapter, Weights};
    use super::super::random::normals;
    use super::*;

    proptest! {
        /// The rows are linear in each of E, A and B, so each gradient is a transpose. Ids repeat.
        #[test]
        fn the_backward_pass_is_adjoint(
            ids in proptest::collection::vec(0usize..5, 1..9), width in 1usize..6,
            rank in 1usize..4, seed: u64
        ) {
            let config = cases::encoder(Family::Bert);
            let draw = |name: &str, shape| normals(name, seed, shape);
            let weights: Weights = [("e.weight".into(), draw("e", [5, width]))].into();
            let (a, b) = (draw("a", [rank, 5]), draw("b", [width, rank]));
            let adapter = Adapter { module: "e".into(), a, b, scaling: 0.5 };
            let g = draw("g", [ids.len(), width]);
            let of = |weights: &Weights, adapter: &Adapter| {
                let adapters = std::slice::from_ref(adapter);
                inner(&forward(Parameters { config: &config, weights, adapters }, "e", &ids), &g)
            };
            let adapters = std::slice::from_ref(&adapter);
            let mut sums = Gradients::zeros(&weights, adapters);
            let model = Parameters { config: &config, weights: &weights, adapters };
            backward(model, "e", &ids, &g, &mut sums);

            let base = of(&weights, &adapter);
            let check = |got: &Array2<f64>, moved: &dyn Fn(&Array2<f64>) -> f64| {
                let d = draw("d", [got.nrows(), got.ncols()]);
                let (got, want) = (inner(got, &d), moved(&d) - base);
                prop_assert!((got - want).abs() < 1e-10, "{} {}", got, want);
                Ok(())
            };
            check(&sums.weights["e.weight"], &|d| {
                of(&[("e.weight".into(), &weights["e.weight"] + d)].into(), &adapter)
            })?;
            let (da, db) = &sums.adapters[0];
            check(da, &|d| of(&weights, &Adapter { a: &adapter.a + d, ..adapter.clone() }))?;
            check(db, &|d| of(&weights, &Adapter { b: &adapter.b + d, ..adapter.clone() }))?;
        }
    }

    #[test]
    fn a_row_is_that_of_its_token() {
        let config = cases::encoder(Family::Bert);
        let table = ndarray::arr2(&[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]);
        let weights: Weights = [("e.weight".into(), table)].into();
        let (a, b) = (ndarray::arr2(&[[1.0, 10.0, 100.0]]), ndarray::arr2(&[[1.0], [-1.0]]));
        let adapters = [Adapter { module: "e".into(), a, b, scaling: 2.0 }];
        let model = Parameters { config: &config, weights: &weights, adapters: &adapters };
        assert_eq!(forward(model, "e", &[2, 0]), ndarray::arr2(&[[205.0, -194.0], [3.0, 0.0]]));
    }
}
