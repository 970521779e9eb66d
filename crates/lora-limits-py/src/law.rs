//! What the theory says of a start, as `advise` has it.

use crate::answer::records;
use crate::number::Power;

records! {
    /// The law of modules that start alike.
    Law {
        /// The start in the paper's terms.
        init: String,
        /// The start in words.
        starts: String,
        /// η_opt: the learning rate that trains best.
        optimal: LawRate,
        /// η_stable: the largest at which Z_B stays bounded.
        stable: LawRate,
        /// While what the powers of the best learning rate hold; None if always.
        holds_while: Option<String>,
        /// The exponents of η_A and η_B at which the layer alone learns efficiently with both factors, at LoRA+'s
        /// ratio η_B/η_A = n.
        lora_plus: Option<(Power, Power)>,
        /// Those that train the whole network best at the same ratio.
        lora_plus_network: Option<(Power, Power)>,
    }

    /// One critical learning rate, η = Θ(n^exponent).
    LawRate {
        /// The exponent of n, the fan-in; None if there is no largest rate.
        exponent: Option<Power>,
        /// The power of r in it, with s as the config has it and α fixed.
        rank: Option<Power>,
        /// The power of s in it.
        multiplier: Option<Power>,
        /// The power of LoRA+'s ratio η_B/η_A in η_A.
        ratio: Option<Power>,
        /// What the features do there.
        features: Option<String>,
        /// What training does there, in words.
        words: Option<String>,
    }
}
