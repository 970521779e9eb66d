//! The CPU engine on random sizes, inits, optimizers and activations, against the reference.

use lora_conformance::cases::{ACTIVATIONS, INITS, OPTIMIZERS, model};
use lora_conformance::suite::one_case_agrees;
use lora_sim::CpuEngine;
use proptest::prelude::*;

proptest! {
    // A case trains a few dozen steps in f64; PROPTEST_CASES scales the effort.
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases / 4, ..ProptestConfig::default() })]
    #[test]
    fn any_size_agrees(
        n in 1usize..160,
        points in 1usize..90,
        test_points in 0usize..40,
        rank in 1usize..12,
        activation in 0usize..3,
        optimizer in 0usize..4,
        init in 0usize..3,
        explicit in any::<bool>(),
    ) {
        let mut model = model(points, test_points, rank, ACTIVATIONS[activation]);
        model.explicit_hidden_up_to = if explicit { 1 << 20 } else { 0 };
        one_case_agrees(&CpuEngine::new(), &model, n, OPTIMIZERS[optimizer], INITS[init]);
    }
}
