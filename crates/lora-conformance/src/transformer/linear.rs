//! A linear module with LoRA: Y = X Wᵀ + 1 bᵀ + s (X Aᵀ) Bᵀ, which is W x + b + s B A x for each row x.

use ndarray::{Array2, Axis};

use super::inputs::Gradients;
use super::parameters::Parameters;

/// Y of the module.
pub(super) fn forward(model: Parameters, module: &str, x: &Array2<f64>) -> Array2<f64> {
    let mut y = x.dot(&model.weight(module).t());
    if let Some(bias) = model.bias(module) {
        y += bias;
    }
    for (_, adapter) in model.adapters_on(module) {
        y.scaled_add(adapter.scaling, &x.dot(&adapter.a.t()).dot(&adapter.b.t()));
    }
    y
}

/// Adds to the module's gradients and returns ∂loss/∂X:
/// dW = Gᵀ X, db = Gᵀ 1, dB = s Gᵀ X Aᵀ, dA = s (G B)ᵀ X, dX = G W + s G B A.
pub(super) fn backward(
    model: Parameters,
    module: &str,
    x: &Array2<f64>,
    g: &Array2<f64>,
    sums: &mut Gradients,
) -> Array2<f64> {
    sums.add(&model.weight_name(module), &g.t().dot(x));
    if model.bias(module).is_some() {
        let bias = g.sum_axis(Axis(0)).insert_axis(Axis(0));
        sums.add(&format!("{module}.bias"), &bias);
    }
    let mut dx = g.dot(model.weight(module));
    for (place, adapter) in model.adapters_on(module) {
        let s = adapter.scaling;
        let g_b = g.dot(&adapter.b);
        let (da, db) = &mut sums.adapters[place];
        da.scaled_add(s, &g_b.t().dot(x));
        db.scaled_add(s, &g.t().dot(&x.dot(&adapter.a.t())));
        dx.scaled_add(s, &g_b.dot(&adapter.a));
    }
    dx
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
        /// Y is linear in each of X, W, b, A and B, so each gradient is a transpose: with the others
        /// fixed, ⟨G, Y(d) − Y(0)⟩ = ⟨gradient, d⟩.
        #[test]
        fn the_backward_pass_is_adjoint(
            len in 1usize..6, inputs in 1usize..7, outputs in 1usize..7, rank in 1usize..4, seed: u64
        ) {
            let config = cases::encoder(Family::Bert);
            let draw = |name: &str, shape| normals(name, seed, shape);
            let x = draw("x", [len, inputs]);
            let weights: Weights = [
                ("m.weight".into(), draw("w", [outputs, inputs])),
                ("m.bias".into(), draw("bias", [1, outputs])),
            ]
            .into();
            let (a, b) = (draw("a", [rank, inputs]), draw("b", [outputs, rank]));
            let adapter = Adapter { module: "m".into(), a, b, scaling: -1.5 };
            let g = draw("g", [len, outputs]);
            let of = |x: &Array2<f64>, weights: &Weights, adapter: &Adapter| {
                let adapters = std::slice::from_ref(adapter);
                inner(&forward(Parameters { config: &config, weights, adapters }, "m", x), &g)
            };
            let adapters = std::slice::from_ref(&adapter);
            let mut sums = Gradients::zeros(&weights, adapters);
            let model = Parameters { config: &config, weights: &weights, adapters };
            let dx = backward(model, "m", &x, &g, &mut sums);

            let base = of(&x, &weights, &adapter);
            let check = |got: &Array2<f64>, moved: &dyn Fn(&Array2<f64>) -> f64| {
                let d = draw("d", [got.nrows(), got.ncols()]);
                let (got, want) = (inner(got, &d), moved(&d) - base);
                prop_assert!((got - want).abs() < 1e-10, "{} {}", got, want);
                Ok(())
            };
            check(&dx, &|d| of(&(&x + d), &weights, &adapter))?;
            for name in ["m.weight", "m.bias"] {
                check(&sums.weights[name], &|d| {
                    let mut moved = weights.clone();
                    *moved.get_mut(name).expect("named above") += d;
                    of(&x, &moved, &adapter)
                })?;
            }
            let (da, db) = &sums.adapters[0];
            check(da, &|d| of(&x, &weights, &Adapter { a: &adapter.a + d, ..adapter.clone() }))?;
            check(db, &|d| of(&x, &weights, &Adapter { b: &adapter.b + d, ..adapter.clone() }))?;
        }
    }
}
