//! Gradients of f64 transformers of random shapes, in all parameters at once.

use lora_checkpoint::{Activation, Config, Family, Positions};
use lora_conformance::transformer::cases::{self, Case};
use lora_conformance::transformer::difference::derivative;
use lora_conformance::transformer::random::normals;
use lora_conformance::transformer::{
    Adapter, Gradients, Head, Pooling, Weights, gradients, loss, random_adapters, random_weights,
};
use ndarray::Array2;
use proptest::prelude::*;

prop_compose! {
    /// A model in which no two sizes need be equal. Activations have no kinks, and ε is so large that no
    /// row is too short for differences.
    fn case()(
        family in proptest::sample::select(vec![
            Family::Bert, Family::Roberta, Family::DistilBert, Family::Llama, Family::Qwen2,
        ]),
        activation in proptest::sample::select(vec![
            Activation::Gelu, Activation::GeluTanh, Activation::Silu,
        ]),
        width in 2usize..10, depth in 0usize..3, half_dim in 1usize..4, mlp_width in 1usize..9,
        key_value_heads in 1usize..4, group in 1usize..4,
        [qkv, output, mlp, tied, mean] in any::<[bool; 5]>(), labels in 2usize..5,
    ) -> Case {
        let causal = family.is_causal();
        let base = if causal { cases::decoder(family) } else { cases::encoder(family) };
        let positions = match base.positions {
            Positions::Rotary { .. } => Positions::Rotary {
                inverse_frequencies: (0..half_dim).map(|i| 0.3f64.powi(i as i32)).collect(),
            },
            learned => learned,
        };
        let pooling = if mean || family == Family::DistilBert { Pooling::Mean } else { Pooling::Cls };
        let config = Config {
            activation, norm_epsilon: 0.1, width, depth, mlp_width, key_value_heads, positions,
            heads: key_value_heads * group, head_dim: 2 * half_dim,
            query_key_value_bias: qkv, output_bias: output, mlp_bias: mlp,
            tied_head: tied && causal, labels: (!causal).then_some(labels), ..base
        };
        let head = if causal { Head::NextToken } else { Head::Classifier { pooling } };
        Case { name: "random", config, head }
    }
}

/// Every parameter as one list of matrices.
fn all(weights: &Weights, adapters: &[(Array2<f64>, Array2<f64>)]) -> Vec<Array2<f64>> {
    let of_adapters = adapters.iter().flat_map(|(a, b)| [a.clone(), b.clone()]);
    weights.values().cloned().chain(of_adapters).collect()
}

fn inner(a: &[Array2<f64>], b: &[Array2<f64>]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a * b).sum()).sum()
}

/// A direction of length one, half random and half along the gradient.
fn direction(gradient: &[Array2<f64>], seed: u64) -> Vec<Array2<f64>> {
    let unit = |list: Vec<Array2<f64>>| -> Vec<Array2<f64>> {
        let length = inner(&list, &list).sqrt();
        list.into_iter().map(|m| m / length).collect()
    };
    let random = gradient
        .iter()
        .enumerate()
        .map(|(i, g)| normals(&format!("direction {i}"), seed, [g.nrows(), g.ncols()]))
        .collect();
    let along = unit(gradient.to_vec());
    unit(unit(random).into_iter().zip(along).map(|(r, g)| r + g).collect())
}

proptest! {
    #![proptest_config(share(2))]

    /// The difference errs by 2⁻⁵²/h of the loss, and little by its curvature: norms of width 2 bend sharply,
    /// so that h is small.
    #[test]
    fn gradients_are_differences(case in case(), seed: u64) {
        let weights = random_weights(&case.config, seed);
        let adapters = random_adapters(&case.config, 2, 0.5, seed ^ 1);
        let batch = cases::batch(&case);
        let Gradients { weights: dw, adapters: dab, .. } =
            gradients(&case.config, &weights, &adapters, case.head, &batch);
        let gradient = all(&dw, &dab);
        let direction = direction(&gradient, seed);
        let along = |t: f64| {
            let mut rest = direction.iter();
            let mut by = || t * rest.next().expect("a direction for each parameter");
            let moved: Weights = weights.iter().map(|(k, w)| (k.clone(), w + by())).collect();
            let moved_adapters: Vec<Adapter> = adapters
                .iter()
                .map(|one| Adapter { a: &one.a + by(), b: &one.b + by(), ..one.clone() })
                .collect();
            loss(&case.config, &moved, &moved_adapters, case.head, &batch)
        };
        let (got, want) = (inner(&gradient, &direction), derivative(along, 2e-5));
        prop_assert!((got - want).abs() <= 1e-6 * want.abs(), "{} and {}", got, want);
    }
}

/// An `of`-th of the usual number of cases; PROPTEST_CASES scales it.
fn share(of: u32) -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig { cases: (usual.cases / of).max(1), ..usual }
}
