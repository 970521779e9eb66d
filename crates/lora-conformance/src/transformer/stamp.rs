//! The suite as tests of one engine.

/// Defines a module `$module` with the whole [suite](crate::transformer::suite) as tests of one engine for
/// transformers. Each test evaluates `$engine` once, which must be a
/// [`LoraEngine`](crate::transformer::engine::LoraEngine); the expression may `return` from the test if there
/// is no such engine.
#[macro_export]
macro_rules! transformer_conformance {
    ($module:ident, $engine:expr) => {
        mod $module {
            use $crate::transformer::suite;

            #[test]
            fn logits_agree_with_the_reference() {
                let engine = $engine;
                suite::logits_agree_with_the_reference(&engine);
            }
            #[test]
            fn losses_and_all_gradients_agree_with_the_reference() {
                let engine = $engine;
                suite::losses_and_all_gradients_agree_with_the_reference(&engine);
            }
            #[test]
            fn every_step_agrees_with_the_reference() {
                let engine = $engine;
                suite::every_step_agrees_with_the_reference(&engine);
            }
            #[test]
            fn every_step_of_one_factor_agrees_with_the_reference() {
                let engine = $engine;
                suite::every_step_of_one_factor_agrees_with_the_reference(&engine);
            }
            #[test]
            fn gradients_are_those_of_the_loss_with_the_same_mask() {
                let engine = $engine;
                suite::gradients_are_those_of_the_loss_with_the_same_mask(&engine);
            }
            #[test]
            fn operations_are_adjoint() {
                let engine = $engine;
                suite::operations_are_adjoint(&engine);
            }
            #[test]
            fn neither_threads_nor_recomputation_change_a_byte() {
                let engine = $engine;
                suite::neither_threads_nor_recomputation_change_a_byte(&engine);
            }
            #[test]
            fn a_run_does_not_depend_on_how_it_is_computed() {
                let engine = $engine;
                suite::a_run_does_not_depend_on_how_it_is_computed(&engine);
            }
            #[test]
            fn batch_mates_change_no_byte() {
                let engine = $engine;
                suite::batch_mates_change_no_byte(&engine);
            }
            #[test]
            fn masked_places_count_for_nothing() {
                let engine = $engine;
                suite::masked_places_count_for_nothing(&engine);
            }
            #[test]
            fn the_module_of_a_planted_weight_is_named() {
                let engine = $engine;
                suite::the_module_of_a_planted_weight_is_named(&engine);
            }
            #[test]
            fn the_module_of_a_planted_factor_is_named() {
                let engine = $engine;
                suite::the_module_of_a_planted_factor_is_named(&engine);
            }
            #[test]
            fn a_run_continued_from_its_state_is_the_same_run() {
                let engine = $engine;
                suite::a_run_continued_from_its_state_is_the_same_run(&engine);
            }
            #[test]
            fn a_factor_that_is_not_trained_keeps_its_bits() {
                let engine = $engine;
                suite::a_factor_that_is_not_trained_keeps_its_bits(&engine);
            }
            #[test]
            fn planted_errors_are_caught() {
                let engine = $engine;
                suite::planted_errors_are_caught(&engine);
            }
        }
    };
}
