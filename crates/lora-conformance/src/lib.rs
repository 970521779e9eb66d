//! The checks that every training engine must pass.
//!
//! [`mod@reference`] trains the student in f64 with plain ndarray formulas; it is slow and meant to be
//! read. [`suite`] holds the checks, and [`conformance!`] turns them into tests of one engine:
//!
//! ```
//! # fn main() {}
//! lora_conformance::conformance!(cpu, lora_sim::CpuEngine::new());
//! ```
//!
//! [`limit`] solves the limits n → ∞ over plain independent neurons, for reading beside `lora-limit`.
//!
//! [`ingredients`] is the loss of networks with ingredients of a transformer, for engines that train them.
//!
//! [`transformer`] does the same for real transformers with LoRA: a reference, forward and backward, a suite of
//! its own, and [`transformer_conformance!`].

#![warn(clippy::missing_errors_doc)]

pub mod cases;
pub mod envelope;
pub mod ingredients;
pub mod limit;
pub mod reference;
pub mod suite;
pub mod tolerance;
pub mod transformer;

/// Defines a module `$module` with the whole suite as tests of one engine. Each test evaluates `$engine`
/// once; the expression may `return` from the test if there is no such engine.
#[macro_export]
macro_rules! conformance {
    ($module:ident, $engine:expr) => {
        mod $module {
            use $crate::{cases, suite};

            #[test]
            fn every_step_agrees_with_the_reference() {
                let engine = $engine;
                suite::every_step_agrees_with_the_reference(&engine);
            }
            #[test]
            fn short_trajectories_agree_with_the_reference() {
                let engine = $engine;
                suite::short_trajectories_agree_with_the_reference(&engine);
            }
            #[test]
            fn recorded_numbers_agree_with_the_reference() {
                let engine = $engine;
                suite::recorded_numbers_agree_with_the_reference(&engine);
            }
            #[test]
            fn recording_less_changes_nothing_else() {
                let engine = $engine;
                suite::recording_less_changes_nothing_else(&engine);
            }
            #[test]
            fn a_divergence_is_recorded() {
                let engine = $engine;
                suite::a_divergence_is_recorded(&engine);
            }
            #[test]
            fn the_frozen_student_is_the_addressed_one() {
                let engine = $engine;
                suite::the_frozen_student_is_the_addressed_one(&engine);
            }
            #[test]
            fn initial_adapters_are_the_addressed_ones() {
                let engine = $engine;
                suite::initial_adapters_are_the_addressed_ones(&engine);
            }
            #[test]
            fn nothing_hides_a_nan() {
                let engine = $engine;
                suite::nothing_hides_a_nan(&engine);
            }
            #[test]
            fn adams_bound_survives_underflow() {
                let engine = $engine;
                suite::adams_bound_survives_underflow(&engine);
            }
            #[test]
            fn a_zero_factor_starts_from_the_frozen_model() {
                let engine = $engine;
                suite::a_zero_factor_starts_from_the_frozen_model(&engine);
            }
            #[test]
            fn the_factor_without_gradient_does_not_move_at_first() {
                let engine = $engine;
                suite::the_factor_without_gradient_does_not_move_at_first(&engine);
            }
            #[test]
            fn batch_mates_change_no_byte() {
                let engine = $engine;
                suite::batch_mates_change_no_byte(&engine);
            }
            #[test]
            fn a_diverging_run_is_a_result() {
                let engine = $engine;
                suite::a_diverging_run_is_a_result(&engine);
            }
            #[test]
            fn a_run_continued_from_its_state_is_the_same_run() {
                let engine = $engine;
                suite::a_run_continued_from_its_state_is_the_same_run(&engine);
            }
            #[test]
            fn every_update_is_bounded() {
                let engine = $engine;
                for case in cases::some() {
                    suite::every_update_is_bounded(&engine, &case, 1.0);
                }
            }
            #[test]
            fn every_record_is_bounded() {
                let engine = $engine;
                for case in cases::some() {
                    suite::every_record_is_bounded(&engine, &case, 1.0);
                }
            }
            #[test]
            fn bounds_are_nearly_attained() {
                let engine = $engine;
                suite::bounds_are_nearly_attained(&engine);
            }
            #[test]
            fn an_extremal_update_attains_its_bound() {
                let engine = $engine;
                for (case, t) in cases::some().iter().zip(1..) {
                    let count =
                        suite::an_extremal_update_attains_its_bound(&engine, case, [0.9, 0.999], t);
                    assert!(count > 0);
                }
            }
            #[test]
            fn a_step_of_zb_splits_in_three() {
                let engine = $engine;
                for case in cases::some() {
                    suite::a_step_of_zb_splits_in_three(&engine, &case);
                }
            }
            #[test]
            fn powers_of_two_pass_through() {
                let engine = $engine;
                for case in cases::some() {
                    assert!(suite::powers_of_two_pass_through(&engine, &case, [3, -2]));
                }
            }
            #[test]
            fn signs_of_components_cancel() {
                let engine = $engine;
                for case in cases::some() {
                    suite::signs_of_components_cancel(&engine, &case, 0b101);
                }
            }
            #[test]
            fn equal_rates_are_plain_lora() {
                let engine = $engine;
                for case in cases::some() {
                    suite::equal_rates_are_plain_lora(&engine, &case);
                }
            }
            #[test]
            fn scaled_gradients_leave_the_path() {
                let engine = $engine;
                let cases = cases::some().into_iter().map(|case| case.resized(16, 4));
                let compared = cases
                    .filter(|case| suite::scaled_gradients_leave_the_path(&engine, case, -3))
                    .count();
                assert!(compared >= 6, "{compared} of 12 cases are in range");
            }
            #[test]
            fn order_changes_only_rounding() {
                let engine = $engine;
                for case in cases::some() {
                    let backwards = |count: usize| (0..count).rev().collect::<Vec<_>>();
                    let (neurons, samples) = (backwards(case.width), backwards(case.model.points));
                    suite::order_changes_only_rounding(&engine, &case, &neurons, &samples);
                }
            }
            #[test]
            fn gradients_are_directional_derivatives() {
                let engine = $engine;
                for case in cases::some() {
                    suite::gradients_are_directional_derivatives(&engine, &case, 11);
                }
            }
            #[test]
            fn neurons_that_are_off_stay_put() {
                let engine = $engine;
                for case in cases::some() {
                    assert!(suite::neurons_that_are_off_stay_put(&engine, &case) * 4 > case.width);
                }
            }
            #[test]
            fn a_factor_that_is_not_trained_keeps_its_bits() {
                let engine = $engine;
                suite::a_factor_that_is_not_trained_keeps_its_bits(&engine);
            }
            #[test]
            fn a_factor_trained_alone_agrees_with_the_reference() {
                let engine = $engine;
                suite::a_factor_trained_alone_agrees_with_the_reference(&engine);
            }
            #[test]
            fn a_step_of_one_factor_is_its_part_of_a_step_of_both() {
                let engine = $engine;
                for case in cases::some() {
                    suite::a_step_of_one_factor_is_its_part_of_a_step_of_both(&engine, &case);
                }
            }
            #[test]
            fn a_diverging_factor_leaves_the_other_alone() {
                let engine = $engine;
                suite::a_diverging_factor_leaves_the_other_alone(&engine);
            }
            #[test]
            fn a_linearised_network_agrees_with_the_reference() {
                let engine = $engine;
                suite::a_linearised_network_agrees_with_the_reference(&engine);
            }
            #[test]
            fn a_linearised_network_starts_as_the_network() {
                let engine = $engine;
                suite::a_linearised_network_starts_as_the_network(&engine);
            }
            #[test]
            fn bad_requests_are_errors() {
                let engine = $engine;
                suite::bad_requests_are_errors(&engine);
            }
        }
    };
}

/// Compiles and runs the README's example.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
