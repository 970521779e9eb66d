//! Outputs, losses and gradients against the reference.

use super::{Problem, distance};
use crate::transformer::engine::{How, LoraEngine};
use crate::transformer::{difference, model};

/// f32 rounds to 6e-8; a gradient here passes some fifty roundings on its way, in sums of tens of terms.
pub(super) const TOLERANCE: f64 = 1e-5;

/// Gradients that are tiny beside the others are compared with this share of the largest one: that of a
/// key's bias is zero in exact arithmetic.
const FLOOR: f64 = 1e-2;

/// Logits of every case.
pub fn logits_agree_with_the_reference(engine: &dyn LoraEngine) {
    for problem in Problem::all() {
        let Problem { case, weights, adapters, batch } = &problem;
        let found = engine.forward(&problem.model(), batch, How::USUAL).logits;
        assert_eq!(found.len(), batch.len(), "{}: sequences", case.name);
        for (found, sequence) in found.iter().zip(batch) {
            let exact = model::logits(&case.config, weights, adapters, case.head, &sequence.ids);
            let off = distance(found, &exact, 0.0);
            assert!(off < TOLERANCE, "{}: logits {off:e} from the reference", case.name);
        }
    }
}

/// Losses, and the gradients of all adapters and all base tensors. The loss is the same with gradients and
/// without.
pub fn losses_and_all_gradients_agree_with_the_reference(engine: &dyn LoraEngine) {
    for problem in Problem::all() {
        let Problem { case, weights, adapters, batch } = &problem;
        let name = case.name;
        let found = engine.gradients(&problem.model(), batch, How::USUAL);
        let alone = engine.forward(&problem.model(), batch, How::USUAL).loss;
        assert_eq!(alone, found.loss, "{name}: losses with and without gradients");
        let exact = model::gradients(&case.config, weights, adapters, case.head, batch);
        let off = (found.loss / exact.loss - 1.0).abs();
        assert!(off < TOLERANCE, "{name}: loss {off:e} from the reference");

        let floor = FLOOR * exact.weights.values().map(difference::norm).fold(0.0, f64::max);
        assert_eq!(found.adapters.len(), adapters.len(), "{name}: adapters");
        for (adapter, (found, exact)) in
            adapters.iter().zip(found.adapters.iter().zip(&exact.adapters))
        {
            let offs = [(&found.0, &exact.0), (&found.1, &exact.1)]
                .map(|(found, exact)| distance(found, exact, floor));
            let module = &adapter.module;
            assert!(
                offs.iter().all(|&off| off < TOLERANCE),
                "{name}: gradients of {module} {offs:?} from the reference"
            );
        }
        for tensor in problem.used() {
            let found = found.weights.get(tensor);
            let found = found.unwrap_or_else(|| panic!("{name}: no gradient of {tensor}"));
            let off = distance(found, &exact.weights[tensor], floor);
            assert!(off < TOLERANCE, "{name}: gradient of {tensor} {off:e} from the reference");
        }
    }
}
