//! Gradients against directional derivatives along random directions, of the reference in f64 and
//! of the engine in f32, and exact zeros where relu is off.

use crate::strategies;
use lora_conformance::reference::State;
use lora_conformance::suite::{self, direction, directional_derivative, inner};
use lora_sim::{AdapterState, CpuEngine};
use proptest::prelude::*;

proptest! {
    #![proptest_config(strategies::cases(1))]

    /// ⟨∂loss, d⟩ is a sum of n·N·r products on both sides, nested three deep: neither side rounds
    /// by more than n + N + r and a dozen roundings of f64 in units of the absolute sum.
    #[test]
    fn the_references_gradients_are_adjoint(case in strategies::case(), seed in any::<u64>()) {
        let engine = CpuEngine::new();
        let problem = case.prepare(&engine);
        let reference = case.reference(problem.as_ref());
        let start = AdapterState::initial(&case.model, case.width, &case.run);
        let state = State::from_engine(&start);
        let pass = reference.pass(&state.a, &state.b);
        let [da, db] = direction(&case, seed);
        let got = inner([&pass.grad_a, &pass.grad_b], [&da, &db]);
        let [want, scale] =
            directional_derivative(&case.model, &reference, &state, &pass, [&da, &db]);
        let roundings = case.width + case.model.points + case.model.rank + 12;
        let bound = roundings as f64 * f64::EPSILON * scale;
        prop_assert!((got - want).abs() <= bound, "{got} {want}, bound {bound}");
    }

    #[test]
    fn the_engines_gradients_are_adjoint(case in strategies::case(), seed in any::<u64>()) {
        suite::gradients_are_directional_derivatives(&CpuEngine::new(), &case, seed);
    }

    #[test]
    fn neurons_that_are_off_stay_put(case in strategies::case()) {
        suite::neurons_that_are_off_stay_put(&CpuEngine::new(), &case);
    }
}
