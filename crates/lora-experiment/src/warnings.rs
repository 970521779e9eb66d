//! What may make a sweep's exponents mean less than they seem to; a user should know it before training.
//! None of it is an error.

use lora_sim::spec::Activation;
use lora_types::ModelKind;

use crate::experiment::Experiment;
use crate::numbers::short;

/// Neighbouring widths at most this share apart give no slope: an error of 1% in each of two learning
/// rates is an error of 7 in the slope between them.
const SAME_SIZE: f64 = 0.002;

/// What a user should know of an experiment before it is trained.
pub fn before_training(e: &Experiment) -> Vec<String> {
    let (widths, rank) = (&e.model.widths, e.model.rank);
    let mut warnings: Vec<String> = too_close("model.widths", widths).into_iter().collect();
    if e.model.kind == ModelKind::Transformer {
        warnings.extend(full_rank(rank, widths.first().copied()));
        return warnings;
    }
    warnings.extend(large_rank("model.rank", rank, widths.first().copied()));
    warnings.extend(saturating(e.model.activation));
    warnings
}

/// An adapter of a transformer that could be a full matrix. The theory's other warnings are not for it.
fn full_rank(rank: usize, narrowest: Option<usize>) -> Option<String> {
    let width = narrowest.filter(|&width| rank > width)?;
    Some(format!(
        "model.rank = {rank} is above the width {width}: an adapter of rank {width} is the most that \
         most of its modules hold"
    ))
}

/// Sizes in ascending order with two that are nearly the same.
pub fn too_close(key: &str, sizes: &[usize]) -> Option<String> {
    let near = |pair: &&[usize]| pair[1] as f64 <= pair[0] as f64 * (1.0 + SAME_SIZE);
    let pair = sizes.windows(2).find(near)?;
    Some(format!(
        "{key}: {} and {} are within 0.2% of each other, so that the slope between them is mostly \
         noise",
        pair[0], pair[1]
    ))
}

/// A rank that the theory does not speak of at the narrowest width.
pub fn large_rank(key: &str, rank: usize, narrowest: Option<usize>) -> Option<String> {
    let width = narrowest?;
    let root = (width as f64).sqrt();
    if rank > width {
        return Some(format!(
            "{key} = {rank} is above the width {width}: an adapter of rank {width} is the most that \
             there is, and the theory takes the rank to be small"
        ));
    }
    // Sums over the rank are then no smaller than sums of n independent terms.
    (rank as f64 > root).then(|| {
        format!(
            "{key} = {rank} is not small against √n = {} at the width {width}: the theory \
             takes the rank to be fixed as n grows, so leave out widths below {}",
            short(root),
            (rank as u64).pow(2)
        )
    })
}

/// An activation that is not homogeneous at large arguments either.
pub fn saturating(activation: Activation) -> Option<String> {
    (activation == Activation::Tanh).then(|| {
        "model.activation = \"tanh\" saturates at large features, which the theory leaves out: its \
         exponents hold only while Z_B stays small"
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warned(change: impl Fn(&mut Experiment)) -> Vec<String> {
        let mut e = Experiment::default();
        change(&mut e);
        before_training(&e)
    }

    fn one(change: impl Fn(&mut Experiment)) -> String {
        let warnings = warned(change);
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        warnings[0].clone()
    }

    #[test]
    fn the_papers_experiment_gives_no_warning() {
        assert_eq!(warned(|_| ()), Vec::<String>::new());
    }

    #[test]
    fn widths_of_nearly_the_same_size_are_named() {
        let said = one(|e| e.model.widths = vec![128, 1000, 1001, 4000].into());
        assert!(said.starts_with("model.widths: 1000 and 1001 are within 0.2%"), "{said}");
        assert!(warned(|e| e.model.widths = vec![1000, 1003].into()).is_empty());
        assert_eq!(warned(|e| e.model.widths = vec![1000, 1002].into()).len(), 1);
    }

    #[test]
    fn a_rank_that_is_not_small_is_told_with_the_width_from_which_it_is() {
        assert!(warned(|e| e.model.rank = 11).is_empty(), "11 is below the root of 128");
        let said = one(|e| e.model.rank = 16);
        assert!(said.contains("= 16 is not small against √n = 11.3137 at the width 128"), "{said}");
        assert!(said.ends_with("leave out widths below 256"), "{said}");
        let said = one(|e| e.model.rank = 129);
        assert!(said.starts_with("model.rank = 129 is above the width 128"), "{said}");
    }

    #[test]
    fn a_transformer_is_not_warned_of_what_the_theory_takes_to_be_small() {
        let of = |rank| {
            warned(|e| {
                (e.model.kind, e.model.rank) = (ModelKind::Transformer, rank);
                e.model.widths = vec![64].into();
            })
        };
        assert!(of(64).is_empty());
        assert!(of(65)[0].starts_with("model.rank = 65 is above the width 64"));
    }

    #[test]
    fn tanh_lies_outside_the_theory() {
        let said = one(|e| e.model.activation = Activation::Tanh);
        assert!(said.starts_with("model.activation = \"tanh\" saturates"), "{said}");
        assert!(warned(|e| e.model.activation = Activation::Gelu).is_empty());
    }
}
