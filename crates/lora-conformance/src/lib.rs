//! What every engine must agree with.
//!
//! [`mod@reference`] trains the student in f64 with plain ndarray formulas, slow and meant to be read.
//! [`suite`] holds the checks; [`conformance!`] stamps them as tests for one engine:
//!
//! ```
//! # fn main() {}
//! lora_conformance::conformance!(cpu, lora_sim::CpuEngine::new());
//! ```

pub mod cases;
pub mod envelope;
pub mod reference;
pub mod suite;
pub mod tolerance;

/// Stamps the whole suite as tests in a module of its own, for the engine that `$engine` makes.
#[macro_export]
macro_rules! conformance {
    ($module:ident, $engine:expr) => {
        mod $module {
            use $crate::{cases, suite};

            #[test]
            fn every_step_agrees_with_the_reference() {
                suite::every_step_agrees_with_the_reference(&$engine);
            }
            #[test]
            fn short_trajectories_agree_with_the_reference() {
                suite::short_trajectories_agree_with_the_reference(&$engine);
            }
            #[test]
            fn recorded_numbers_agree_with_the_reference() {
                suite::recorded_numbers_agree_with_the_reference(&$engine);
            }
            #[test]
            fn recording_less_changes_nothing_else() {
                suite::recording_less_changes_nothing_else(&$engine);
            }
            #[test]
            fn a_divergence_is_recorded() {
                suite::a_divergence_is_recorded(&$engine);
            }
            #[test]
            fn the_frozen_student_is_the_addressed_one() {
                suite::the_frozen_student_is_the_addressed_one(&$engine);
            }
            #[test]
            fn initial_adapters_are_the_addressed_ones() {
                suite::initial_adapters_are_the_addressed_ones(&$engine);
            }
            #[test]
            fn nothing_hides_a_nan() {
                suite::nothing_hides_a_nan(&$engine);
            }
            #[test]
            fn adams_bound_survives_underflow() {
                suite::adams_bound_survives_underflow(&$engine);
            }
            #[test]
            fn a_zero_factor_starts_from_the_frozen_model() {
                suite::a_zero_factor_starts_from_the_frozen_model(&$engine);
            }
            #[test]
            fn the_factor_without_gradient_does_not_move_at_first() {
                suite::the_factor_without_gradient_does_not_move_at_first(&$engine);
            }
            #[test]
            fn batch_mates_change_no_byte() {
                suite::batch_mates_change_no_byte(&$engine);
            }
            #[test]
            fn a_diverging_run_is_a_result() {
                suite::a_diverging_run_is_a_result(&$engine);
            }
            #[test]
            fn a_run_continued_from_its_state_is_the_same_run() {
                suite::a_run_continued_from_its_state_is_the_same_run(&$engine);
            }
            #[test]
            fn every_update_is_bounded() {
                for case in cases::some() {
                    suite::every_update_is_bounded(&$engine, &case, 1.0);
                }
            }
            #[test]
            fn every_record_is_bounded() {
                for case in cases::some() {
                    suite::every_record_is_bounded(&$engine, &case, 1.0);
                }
            }
            #[test]
            fn bounds_are_nearly_attained() {
                suite::bounds_are_nearly_attained(&$engine);
            }
            #[test]
            fn an_extremal_update_attains_its_bound() {
                for (case, t) in cases::some().iter().zip(1..) {
                    let count = suite::an_extremal_update_attains_its_bound(
                        &$engine,
                        case,
                        [0.9, 0.999],
                        t,
                    );
                    assert!(count > 0);
                }
            }
            #[test]
            fn a_step_of_zb_splits_in_three() {
                for case in cases::some() {
                    suite::a_step_of_zb_splits_in_three(&$engine, &case);
                }
            }
            #[test]
            fn powers_of_two_pass_through() {
                for case in cases::some() {
                    assert!(suite::powers_of_two_pass_through(&$engine, &case, [3, -2]));
                }
            }
            #[test]
            fn signs_of_components_cancel() {
                for case in cases::some() {
                    suite::signs_of_components_cancel(&$engine, &case, 0b101);
                }
            }
            #[test]
            fn equal_rates_are_plain_lora() {
                for case in cases::some() {
                    suite::equal_rates_are_plain_lora(&$engine, &case);
                }
            }
            #[test]
            fn scaled_gradients_leave_the_path() {
                let cases = cases::some().into_iter().map(|case| case.resized(16, 4));
                let compared = cases
                    .filter(|case| suite::scaled_gradients_leave_the_path(&$engine, case, -3))
                    .count();
                assert!(compared >= 6, "{compared} of 12 cases are in range");
            }
            #[test]
            fn order_changes_only_rounding() {
                for case in cases::some() {
                    let backwards = |count: usize| (0..count).rev().collect::<Vec<_>>();
                    let (neurons, points) = (backwards(case.width), backwards(case.model.points));
                    suite::order_changes_only_rounding(&$engine, &case, &neurons, &points);
                }
            }
            #[test]
            fn gradients_are_directional_derivatives() {
                for case in cases::some() {
                    suite::gradients_are_directional_derivatives(&$engine, &case, 11);
                }
            }
            #[test]
            fn neurons_that_are_off_stay_put() {
                for case in cases::some() {
                    assert!(suite::neurons_that_are_off_stay_put(&$engine, &case) * 4 > case.width);
                }
            }
            #[test]
            fn bad_requests_are_errors() {
                suite::bad_requests_are_errors(&$engine);
            }
        }
    };
}
