//! What must not change a run, or only by powers of two, or only in rounding, on random cases.

use crate::strategies;
use lora_conformance::cases::Case;
use lora_conformance::reference::State;
use lora_conformance::suite;
use lora_sim::spec::{Init, Optimizer};
use lora_sim::{AdapterState, CpuEngine};
use proptest::prelude::*;

proptest! {
    #![proptest_config(strategies::cases(1))]

    #[test]
    fn powers_of_two_pass_through(case in strategies::case(), a in -6i32..=6, b in -6i32..=6) {
        // Nearly all cases stay in range and are compared.
        suite::powers_of_two_pass_through(&CpuEngine::new(), &case, [a, b]);
    }

    #[test]
    fn signs_of_components_cancel(case in strategies::case(), mask in any::<u32>()) {
        suite::signs_of_components_cancel(&CpuEngine::new(), &case, mask);
    }

    #[test]
    fn equal_rates_are_plain_lora(case in strategies::case()) {
        suite::equal_rates_are_plain_lora(&CpuEngine::new(), &case);
    }

    #[test]
    fn scaled_gradients_leave_the_path(
        case in strategies::case(),
        width_power in 1u32..6,
        points_power in 0u32..4,
        k in -3i32..=-1,
    ) {
        let mut case = case;
        case.width = 1 << width_power;
        case.model.points = 1 << points_power;
        // About two thirds of the cases stay in range and are compared.
        suite::scaled_gradients_leave_the_path(&CpuEngine::new(), &case, k);
    }

    #[test]
    fn a_run_can_be_cut(case in strategies::case(), cut in 0usize..=12) {
        suite::a_run_can_be_cut(&CpuEngine::new(), &case, cut.min(case.training.steps));
    }

    #[test]
    fn the_frozen_loss_knows_no_adapter(case in strategies::case(), rank in 1usize..20) {
        suite::the_frozen_loss_knows_no_adapter(&CpuEngine::new(), &case, rank);
    }

    #[test]
    fn the_random_factor_does_not_move_at_first(case in strategies::case(), of_a in any::<bool>()) {
        let mut case = case;
        case.run.init = if of_a { Init::A } else { Init::B };
        // AdamW's decay moves every weight.
        if !matches!(case.training.optimizer, Optimizer::AdamW { .. }) {
            suite::first_move_of_the_zero_factor(&CpuEngine::new(), &case);
        }
    }
}

fn forgets(optimizer: &Optimizer) -> bool {
    match *optimizer {
        Optimizer::Adam { beta2, .. } | Optimizer::AdamW { beta2, .. } => beta2 == 0.0,
        Optimizer::SignSgd | Optimizer::Sgd => false,
    }
}

/// A case with an order of its neurons and one of its samples.
fn reordered() -> impl Strategy<Value = (Case, Vec<usize>, Vec<usize>)> {
    strategies::case().prop_flat_map(|case| {
        let order = |count: usize| Just((0..count).collect::<Vec<_>>()).prop_shuffle();
        let (neurons, points) = (order(case.width), order(case.model.points));
        (Just(case), neurons, points)
    })
}

proptest! {
    #![proptest_config(strategies::cases(1))]

    #[test]
    fn order_changes_only_rounding((case, neurons, points) in reordered()) {
        // With β2 = 0 an update has no bound, nor the effect of rounding on it.
        if !forgets(&case.training.optimizer) {
            suite::order_changes_only_rounding(&CpuEngine::new(), &case, &neurons, &points);
        }
    }

    /// Of the reference alone, where y can be scaled too: W_out and y times 2^k scale the loss by
    /// 4^k and leave the path at ε = 0, bit for bit.
    #[test]
    fn a_scaled_loss_leaves_the_path(
        case in strategies::case(),
        betas in strategies::betas(),
        k in -20i32..=20,
    ) {
        let mut case = case;
        let [beta1, beta2] = betas;
        // With β2 = 0 a zero gradient leaves m but no v to divide it by.
        let beta2 = beta2.max(0.5);
        case.training.optimizer = Optimizer::Adam { beta1, beta2, epsilon: 0.0 };
        let engine = CpuEngine::new();
        let problem = case.prepare(&engine);
        let (plain, mut scaled) =
            (case.reference(problem.as_ref()), case.reference(problem.as_ref()));
        scaled.w_out *= 2f64.powi(k);
        scaled.y *= 2f64.powi(k);
        let start = AdapterState::initial(&case.model, case.width, &case.run);
        let mut states = [State::from_engine(&start), State::from_engine(&start)];
        for _ in 0..case.training.steps {
            let (one, two) =
                (plain.pass(&states[0].a, &states[0].b), scaled.pass(&states[1].a, &states[1].b));
            assert_eq!(one.loss * 4f64.powi(k), two.loss, "{case:?}");
            states = [
                states[0].updated(one.gradients(), &case.training, case.run.lr),
                states[1].updated(two.gradients(), &case.training, case.run.lr),
            ];
            assert_eq!((&states[0].a, &states[0].b), (&states[1].a, &states[1].b), "{case:?}");
        }
    }
}
