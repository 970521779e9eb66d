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
