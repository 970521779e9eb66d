//! Bounds, splits and ranks on random cases, and how close cases come to the bounds.

use crate::strategies;
use lora_conformance::cases::ADAM;
use lora_conformance::suite;
use lora_sim::CpuEngine;
use lora_sim::spec::{Init, Optimizer};
use proptest::prelude::*;

proptest! {
    #![proptest_config(strategies::cases(1))]

    #[test]
    fn every_update_is_bounded(case in strategies::case()) {
        suite::every_update_is_bounded(&CpuEngine::new(), &case, 1.0);
    }

    #[test]
    fn every_record_is_bounded(case in strategies::case()) {
        suite::every_record_is_bounded(&CpuEngine::new(), &case, 1.0);
    }

    #[test]
    fn an_extremal_update_attains_its_bound(
        case in strategies::case(),
        [beta1, beta2] in strategies::betas(),
        t in 1usize..40,
    ) {
        // β2 = 0 remembers nothing that an extremal past could use.
        let beta2 = if beta2 == 0.0 { 0.5 } else { beta2 };
        suite::an_extremal_update_attains_its_bound(&CpuEngine::new(), &case, [beta1, beta2], t);
    }

    #[test]
    fn a_step_of_zb_splits_in_three(case in strategies::case()) {
        suite::a_step_of_zb_splits_in_three(&CpuEngine::new(), &case);
    }
}

proptest! {
    #![proptest_config(strategies::cases(4))]

    #[test]
    fn the_adapter_has_rank_r(case in strategies::case()) {
        suite::the_adapter_has_rank_r(&CpuEngine::new(), &case);
    }
}

#[test]
#[should_panic(expected = "bound")]
fn half_the_bound_of_an_update_is_passed() {
    let case = suite::aligned_case(Init::A, Optimizer::SignSgd);
    suite::every_update_is_bounded(&CpuEngine::new(), &case, 0.5);
}

#[test]
#[should_panic(expected = "bound")]
fn half_the_bound_of_a_record_is_passed() {
    let case = suite::aligned_case(Init::B, ADAM);
    suite::every_record_is_bounded(&CpuEngine::new(), &case, 0.5);
}
