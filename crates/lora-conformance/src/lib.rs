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
pub mod reference;
pub mod suite;
pub mod tolerance;

/// Stamps the whole suite as tests in a module of its own, for the engine that `$engine` makes.
#[macro_export]
macro_rules! conformance {
    ($module:ident, $engine:expr) => {
        mod $module {
            use $crate::suite;

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
            fn bad_requests_are_errors() {
                suite::bad_requests_are_errors(&$engine);
            }
        }
    };
}
