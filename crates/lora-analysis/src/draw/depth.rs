//! Norms of Z_A and Z_B against the depth of a transformer, at each init's own optimum.

use std::collections::BTreeMap;

use lora_figures::{LoraFeature, NormNote, NormRow, NormsFigure};
use lora_sim::spec::Init;

use crate::draw::Sources;
use crate::draw::norms::{Norms, best_runs, means, notes, shown};
use lora_store::rows::ModuleRow;

/// Feature, init, width, seed and block.
type Place = (LoraFeature, Init, usize, u64, usize);

/// Squares of the rms of a block's modules.
type Squares = BTreeMap<Place, Vec<f64>>;

pub fn figure(sources: &Sources) -> NormsFigure {
    let best = best_runs(sources);
    let mut squares = Squares::new();
    for row in &sources.results.modules {
        let ModuleRow { init, width, seed, lr_index, .. } = *row;
        let is_best = best.contains_key(&(init, width, seed, lr_index));
        let Some(block) = block(&row.module).filter(|_| is_best) else { continue };
        for (feature, rms) in [(LoraFeature::ZA, row.za_rms), (LoraFeature::ZB, row.zb_rms)] {
            let of_block = squares.entry((feature, init, width, seed, block)).or_default();
            of_block.push(f64::from(rms).powi(2));
        }
    }
    let caption = "Root mean squares over held-out tokens and over the adapted modules of a block, after \
                   the last step, of Z_{A} = A x and Z_{B} = s B Z_{A}, each seed at its own sampled \
                   optimum.";
    let seeds = sources.experiment.training.seeds.len();
    let mut norms = Norms::new();
    for (&(feature, init, width, _, block), squares) in &squares {
        norms.entry((init, width, block, feature)).or_default().push(rms(squares));
    }
    let shown = shown(sources);
    NormsFigure {
        text: sources.text(TITLE, caption.to_owned()),
        means: means(seeds, norms),
        rows: rows(&squares, shown),
        seeds,
        // The norms of all blocks together are those of the figure of training.
        notes: notes(sources, &best)
            .into_iter()
            .map(|note| NormNote { z_a: None, z_b: None, ..note })
            .collect(),
        x_label: "block".to_owned(),
        y_label: "rms of".to_owned(),
    }
}

/// The figure's title.
pub const TITLE: &str = "Feature norms against depth at the optimal learning rate";

/// The number of the block that a module is in: the first whole number of its name.
fn block(module: &str) -> Option<usize> {
    module.split('.').find_map(|part| part.parse().ok())
}

/// The root of the mean of squares.
fn rms(squares: &[f64]) -> f64 {
    (squares.iter().sum::<f64>() / squares.len() as f64).sqrt()
}

/// A row for each block of each of some seeds.
fn rows(squares: &Squares, seeds: &[u64]) -> Vec<NormRow> {
    let row = |(&(feature, init, width, seed, block), squares): (&Place, &Vec<f64>)| NormRow {
        feature,
        init,
        width: width.into(),
        seed,
        step: block as u64,
        norm: rms(squares),
    };
    squares.iter().filter(|((.., seed, _), _)| seeds.contains(seed)).map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_the_rms_over_the_modules_of_a_block_and_of_the_seeds_that_are_shown() {
        let at = |seed, block| (LoraFeature::ZA, Init::A, 64, seed, block);
        let squares = Squares::from([(at(0, 3), vec![1.0, 7.0]), (at(1, 3), vec![4.0])]);
        let rows: Vec<_> = rows(&squares, &[0]).iter().map(|row| (row.step, row.norm)).collect();
        assert_eq!(rows, [(3, 2.0)]);
    }

    #[test]
    fn a_block_is_the_first_number_of_a_name() {
        assert_eq!(block("model.layers.12.self_attn.q_proj"), Some(12));
        assert_eq!(block("encoder.layer.0.attention.self.query"), Some(0));
        assert_eq!(block("lm_head"), None);
    }
}
