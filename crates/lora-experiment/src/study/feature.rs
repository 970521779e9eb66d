//! What the theory predicts of features at an experiment's own power of the width.

use lora_theory::analyse;
use lora_types::{Init, ModelKind, Quantity};

use crate::experiment::Experiment;
use crate::prediction::{Predicted, TRANSFORMER, setting};
use crate::study::predicted::size_of;

/// The power of n with which a feature goes at η = c (n/n_0)^γ, γ being the experiment's `search.lr_exponent`.
///
/// It is the largest over the symbolic steps, so it is to be compared with what is measured after several steps.
pub fn of_feature(experiment: &Experiment, init: Init, feature: Quantity) -> Predicted {
    if experiment.model.kind == ModelKind::Transformer {
        return Predicted::nothing(TRANSFORMER);
    }
    let gamma = experiment.search.lr_exponent.of(init);
    let at = analyse(&setting(experiment, init)).and_then(|analysis| analysis.at(gamma));
    Predicted::or_nothing(at.map(|at| size_of(&at, feature)))
}

#[cfg(test)]
mod tests {
    use lora_theory::Rational;

    use super::*;
    use crate::experiment::with_settings;

    /// Theorems 1 and 2 of the paper, and a γ that is larger by 1/4: there Z_B grows like n^(2γ + 1) under Init\[A\]
    /// and like n^(γ + 1) under Init\[B\].
    #[test]
    fn features_at_the_papers_learning_rates() {
        let at = |exponents: &str| {
            let set = ["model.readout_exponent=1", &format!("search.lr_exponent={exponents}")];
            let experiment = with_settings(&set.map(str::to_owned)).expect("an experiment");
            let of = |init, feature| of_feature(&experiment, init, feature).exponent();
            [Init::A, Init::B].map(|init| [of(init, Quantity::Za), of(init, Quantity::Zb)])
        };
        let [zero, quarter, half] = [0, 1, 2].map(|quarters| Some(Rational::new(quarters, 4)));
        assert_eq!(at(r#"{ A = "-1/2", B = "-1" }"#), [[half, zero], [zero, zero]]);
        let [a, b] = at(r#"{ A = "-1/4", B = "-3/4" }"#);
        assert_eq!((a[1], b), (half, [quarter, quarter]));
    }

    #[test]
    fn of_a_transformer_nothing_is_predicted() {
        let mut experiment = Experiment::default();
        experiment.model.kind = ModelKind::Transformer;
        let why = "no prediction, because the theory treats one layer with LoRA, not a transformer";
        assert_eq!(of_feature(&experiment, Init::A, Quantity::Zb).reason(), Some(why));
    }
}
