//! Norms of Z_A and Z_B against the depth of a transformer, at each init's own optimum.

use std::collections::BTreeMap;

use lora_figures::{LoraFeature, NormMeanRow, NormNote, NormRow, NormsFigure};
use lora_sim::spec::Init;
use lora_stats::geometric_mean;

use crate::draw::Sources;
use crate::draw::norms::{best_runs, notes};
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
    let rows = rows(&squares);
    NormsFigure {
        text: sources.text(TITLE, caption.to_owned()),
        means: means(sources, &rows),
        rows,
        seeds: sources.experiment.training.seeds.len(),
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

fn rows(squares: &Squares) -> Vec<NormRow> {
    let row = |(&(feature, init, width, seed, block), squares): (&Place, &Vec<f64>)| NormRow {
        feature,
        init,
        width: width.into(),
        seed,
        step: block as u64,
        norm: (squares.iter().sum::<f64>() / squares.len() as f64).sqrt(),
    };
    squares.iter().map(row).collect()
}

/// Geometric means at the blocks at which every seed has a positive norm.
fn means(sources: &Sources, rows: &[NormRow]) -> Vec<NormMeanRow> {
    let all = sources.experiment.training.seeds.len();
    let mut norms: BTreeMap<_, Vec<f64>> = BTreeMap::new();
    for row in rows {
        norms.entry((row.feature, row.init, row.width, row.step)).or_default().push(row.norm);
    }
    let whole = norms.into_iter().filter(|(_, norms)| {
        norms.len() == all && norms.iter().all(|norm| norm.is_finite() && *norm > 0.0)
    });
    whole
        .map(|((feature, init, width, step), norms)| NormMeanRow {
            feature,
            init,
            width,
            step,
            norm: geometric_mean(&norms),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_the_first_number_of_a_name() {
        assert_eq!(block("model.layers.12.self_attn.q_proj"), Some(12));
        assert_eq!(block("encoder.layer.0.attention.self.query"), Some(0));
        assert_eq!(block("lm_head"), None);
    }
}
