//! Each piece of a model alone: its backward pass is the transpose of its derivative.

use ndarray::Array2;

use super::Problem;
use crate::transformer::difference::{derivative, inner, norm};
use crate::transformer::engine::{LoraEngine, Operation};
use crate::transformer::random::normals;

/// Two sequences, one of a single token.
const LENGTHS: [usize; 2] = [5, 1];

/// For directions d of the inputs x, ⟨g, y(x + t d)⟩ has the slope ⟨dx, d⟩ at t = 0, where dx is the gradient
/// of ⟨g, y⟩ that the backward pass gives.
pub fn operations_are_adjoint(engine: &dyn LoraEngine) {
    let mut checked = 0;
    for problem in Problem::all() {
        for (operation, [inputs, outputs]) in pieces(&problem) {
            let seed = checked;
            let rows: usize = LENGTHS.iter().sum();
            let wide = |m: Array2<f64>| m.mapv(|value| f64::from(value as f32));
            let x = wide(normals("x", seed, [rows, inputs]));
            let g = wide(normals("g", seed, [rows, outputs]));
            let d = normals("d", seed, [rows, inputs]);
            checked += u64::from(is_adjoint(engine, (&problem, &operation), [&x, &g, &d]));
        }
    }
    assert!(checked > 0, "the engine has none of the pieces");
}

fn is_adjoint(
    engine: &dyn LoraEngine,
    (problem, operation): (&Problem, &Operation),
    [x, g, d]: [&Array2<f64>; 3],
) -> bool {
    let model = problem.model();
    let ask = |x: &Array2<f64>| engine.operation(&model, operation, &LENGTHS, x, g);
    let Some([y, dx]) = ask(x) else { return false };
    // Half of the direction is the gradient itself, so that nothing cancels.
    let unit = |m: &Array2<f64>| m / norm(m);
    let d = unit(&(unit(d) + unit(&dx)));
    let along = |by: f64| {
        let moved = (x + &(&d * by)).mapv(|value| f64::from(value as f32));
        ask(&moved).map_or(f64::NAN, |[y, _]| inner(&y, g))
    };
    let kinks = problem.case.name.starts_with("DistilBERT");
    let step = if kinks { 0.004 } else { 0.05 };
    let (quotient, slope) = (derivative(along, step), inner(&dx, &d));
    let bound = 1e-6 / step * norm(&y) * norm(g) + 2e-3 * norm(&dx);
    let name = problem.case.name;
    assert!(
        (quotient - slope).abs() < bound,
        "{name}: {operation:?} has the slope {quotient}, its backward pass {slope}"
    );
    true
}

/// The pieces of a model, with their inputs and outputs for each row.
fn pieces(problem: &Problem) -> Vec<(Operation, [usize; 2])> {
    let config = &problem.case.config;
    let (n, mut all) = (config.width, Vec::new());
    for adapter in &problem.adapters {
        if !adapter.module.contains("embed") {
            let sizes = [adapter.a.ncols(), adapter.b.nrows()];
            all.push((Operation::Linear(adapter.module.clone()), sizes));
        }
    }
    for name in problem.used().filter(|name| name.to_lowercase().contains("norm.weight")) {
        let module = name.trim_end_matches(".weight").to_owned();
        all.push((Operation::Norm(module), [n, n]));
    }
    for block in 0..config.depth {
        let pieces = [Operation::Attention(block), Operation::Mlp(block), Operation::Block(block)];
        all.extend(pieces.map(|piece| (piece, [n, n])));
    }
    all
}
