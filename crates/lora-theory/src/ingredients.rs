//! What ingredients of a transformer leave of the exponents of the bare layer.
//!
//! The calculus needs of a network that the backward signal g = ∂L/∂Z_B has entries of n^-a, that its direction does not
//! turn away from W_out, and that an optimum changes the output by the order of its error. All of this is \[D\].
//!
//! - **Many outputs**, K fixed: g_i = Σ_k W_ki e_k φ' is a sum of K terms of n^-a. B is then aligned with each of the K
//!   rows to a share of order K^-1/2. Exponents stay, constants do not, and n must be large beside K. Under Init\[B\] with K > r
//!   it must be larger still: what A learns reaches the outputs through W_out B_0, of rank r, so that K − r directions of the
//!   output are left to the motion of B. For a = 1/2 that balances at n^-3/4, as under Init\[A\], where the r directions
//!   are too large by n^1/4 only, which is 2 from n = 128 to 2048. As n → ∞ the smaller rate n^-1 wins.
//! - **A residual stream** adds the frozen W_out Z to an output that has a frozen part of that order, n^(1/2 − a), already.
//!   The adapter does not reach it. Exponents stay.
//! - **RMSNorm** divides by ρ, the rms of what enters the readout, which is Θ(1) while Z_B = O(1). Its derivative
//!   projects out one of n directions. Exponents stay there. Where Z_B grows with n, ρ grows with it and divides the
//!   output: Δf = O(e⁰) bounds no longer what it did. So η_opt has a prediction if Z_B = O(1) at it, and η_stable always.
//! - **Minibatches** of m samples, m fixed: an error of n^0 at m instead of N samples. All neurons see the same samples,
//!   so that updates stay aligned with g. Exponents stay; Adam's constants do not.
//! - **Several layers**, L fixed: Y_l = Y_(l−1) + (W_l + s B_l A_l) φ(Y_(l−1)) with W_l of variance 1/n. The inputs φ(Y_l)
//!   stay Θ(1). The signal at layer l is that at layer l + 1, and what W_(l+1)ᵀ and the adapter above, s Aᵀ Bᵀ, make of it.
//!   The first is of the same order n^-a. So is the second where Z_B = O(1): with both factors trained η is O(n^-1/2)
//!   then, so that Bᵀ g = O(η n^(1−a)), times an A of n^-1/2, is O(n^-a). So every layer has the balance of the bare one, and their L
//!   contributions add up in Δf. Exponents stay there. Where Z_B grows with n, later layers read inputs that grow. So η_opt has a
//!   prediction if Z_B = O(1) at it, and η_stable always. B alone beside a random A may have η up to Θ(1) in the bare layer.
//!   There the second part grows like n^1/2 η, and nothing is predicted.
//! - **A trained base**: Adam moves entries of W_out at a rate of c/n and those of W_l at c n^(a−2). In a fixed number of steps
//!   each moves by that order, and all of a row may move together. So W_out's part moves the output by Θ(1), and that of
//!   W_l moves H by Θ(n^(a−1)) along W_out, and the output by n^(1−a) n^(a−1) = Θ(1). The entries n^-a of W_out stay the larger
//!   ones for a ≤ 1, and the error is Θ(1) for a ≥ 1/2, trained or not. So exponents stay for 1/2 ≤ a ≤ 1. Beyond 1 the base's
//!   readout has entries of n^-1, and below 1/2 training may shrink a frozen output that grows with n. η_stable of
//!   sign-like updates knows neither.
//! - **Cross-entropy**: its error e = softmax(f) − onehot is Θ(1) as long as samples are wrong, so that g and η_stable
//!   stay. But an output that is too large costs nothing where it is right. Where Δf → ∞, the loss of a wrong sample
//!   goes as Δf and that of a right one as exp(−Δf): training is that of a perceptron, which no scale of η changes. If it
//!   separates the samples within its steps, then a larger η is better without end; if not, an optimum has Δf = Θ(1).
//!   Which of both happens depends on the samples, the labels and the steps, and not on n. So Δf = Θ(1) bounds η_opt from
//!   below, and there is no exponent. Under Init\[A\] the largest Z_B is flat over the range of η in which training fits
//!   its samples, at the order n^(a − 1) that the margins need. While n is so small that this lies at the bound, η_stable
//!   is no power law.

use lora_types::{Ingredients, Loss, Norm, OptimizerKind, Trained};

use crate::setting::Scope;
use crate::{Analysis, Exponent, Rational, TheoryError};

/// Why η_opt of a network with these ingredients has no exponent, as a clause; none where it has that of the
/// bare layer, which `analysis` is of. Sizes at the optimum have exponents where η_opt has.
///
/// # Errors
/// [`TheoryError`] if an exact exponent does not fit 64 bits.
pub fn no_optimum(
    ingredients: &Ingredients,
    analysis: &Analysis,
) -> Result<Option<&'static str>, TheoryError> {
    if analysis.setting.scope == Scope::Layer {
        return Ok(None);
    }
    if ingredients.loss == Loss::CrossEntropy {
        let why = "cross-entropy has no target of a fixed size: an output that grows with n lowers it where the \
                   samples are separated, so that Δf = Θ(1) only bounds η_opt from below";
        return Ok(Some(why));
    }
    if other_base(ingredients, analysis) {
        return Ok(Some(OTHER_BASE));
    }
    if b_beside_random_a(ingredients, analysis) {
        return Ok(Some(B_ALONE));
    }
    let why = match (ingredients.norm, ingredients.layers) {
        (Norm::None, ..=1) => return Ok(None),
        (Norm::Rms, _) => {
            "Z_B grows with n at the rate at which the bare output does, and RMSNorm divides the output by it"
        }
        (Norm::None, _) => {
            "Z_B grows with n at the rate at which the bare output does, and later layers read what it makes"
        }
    };
    let grows = |z_b: Exponent| z_b > Exponent::Power(Rational::new_raw(0, 1));
    let at_optimum = analysis.at_optimal()?;
    Ok(at_optimum.is_some_and(|found| grows(found.z_b)).then_some(why))
}

/// Why a trained base leaves no exponent.
const OTHER_BASE: &str = "a base that is trained keeps the order of the readout's entries and of the error for 1/2 ≤ a ≤ 1 \
                          alone";

/// Why several layers in which B trains alone leave none.
const B_ALONE: &str = "B alone may grow to order one beside a random A, so that the signal of the lower layers grows with n";

/// Whether a layer's adapter may enlarge the signal of the layers below it.
fn b_beside_random_a(ingredients: &Ingredients, analysis: &Analysis) -> bool {
    let setting = &analysis.setting;
    ingredients.layers > 1 && setting.scope == Scope::Network && setting.train == Trained::B
}

/// Whether training of the base changes the order of W_out's entries or of the error.
fn other_base(ingredients: &Ingredients, analysis: &Analysis) -> bool {
    let a = analysis.setting.readout;
    let kept = Rational::new_raw(1, 2) <= a && a <= Rational::new_raw(1, 1);
    ingredients.pretrain_steps > 0 && analysis.setting.scope == Scope::Network && !kept
}

/// Why η_stable has no exponent, as a clause; none where it has that of the bare layer.
///
/// Sign-like updates have the same size whatever the size of the error is. Those of SGD start from the error,
/// which is n^(1/2 − a) for squared error and a < 1/2, and Θ(1) for cross-entropy.
pub fn no_stable(ingredients: &Ingredients, analysis: &Analysis) -> Option<&'static str> {
    if b_beside_random_a(ingredients, analysis) {
        return Some(B_ALONE);
    }
    let setting = &analysis.setting;
    if other_base(ingredients, analysis) && setting.optimizer == OptimizerKind::Sgd {
        return Some(OTHER_BASE);
    }
    let other_error = ingredients.loss == Loss::CrossEntropy
        && setting.scope == Scope::Network
        && setting.optimizer == OptimizerKind::Sgd
        && setting.readout < Rational::new_raw(1, 2);
    let why = "the error of cross-entropy is of order one where that of squared error grows with n, and updates of \
               SGD are as large as the error";
    other_error.then_some(why)
}
