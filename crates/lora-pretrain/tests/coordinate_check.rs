//! The coordinate check of Yang et al.: how far five updates move features and logits, over widths.

mod pretrained;

use std::collections::BTreeMap;

use lora_pretrain::{Parametrisation, Recipe};
use lora_transformer::base::Base;
use lora_transformer::batch::{Batch, Sequence};
use lora_transformer::net::Site;
use lora_transformer::observe::{Observer, Seen};
use lora_transformer::trainer::Trainer;
use lora_transformer::vector::squares;
use pretrained::{corpus, recipe};

const BASE_WIDTH: usize = 32;
const WIDE: usize = 256;
const STEPS: usize = 5;

/// What leaves every module with a site.
#[derive(Default)]
struct Outputs(BTreeMap<usize, Vec<f32>>);

impl Observer for Outputs {
    fn site(&mut self, site: Site, seen: Seen<'_>) {
        self.0.entry(site.0).or_default().extend_from_slice(seen.output);
    }

    fn other(&mut self, _: &dyn Fn() -> String, _: &[f32]) {}
}

/// The outputs of every branch, and the logits.
fn outputs(trainer: &Trainer, batch: &Batch) -> BTreeMap<String, Vec<f32>> {
    let Outputs(all) = trainer.observe(batch, Outputs::default());
    let name = |site: usize| trainer.base.net.sites[site].name.clone();
    let ends = ["o_proj", "down_proj", "lm_head"];
    all.into_iter()
        .map(|(site, values)| (name(site), values))
        .filter(|(name, _)| ends.iter().any(|end| name.ends_with(end)))
        .collect()
}

/// The rms of what five updates change of each, over a batch that stays the same.
fn changes(parametrisation: Parametrisation, width: usize) -> BTreeMap<String, f64> {
    let recipe = Recipe {
        width,
        parametrisation,
        lr: 1e-4,    // So small that one step does not bend the loss for the next.
        steps: 1000, // The rate stays near its largest value.
        warmup: 0.0,
        weight_decay: 0.0,
        ..recipe()
    };
    let tokens = corpus(8 * 32).tokens;
    let texts: Vec<Sequence> = tokens.chunks(32).map(|ids| Sequence::text(ids.to_vec())).collect();
    let base: Base = recipe.initial().expect("a model");
    let mut trainer = recipe.trainer(&base).expect("a trainer");
    let before = outputs(&trainer, &Batch::new(&texts));
    for _ in 0..STEPS {
        trainer.step(&[Batch::new(&texts)]);
    }
    let after = outputs(&trainer, &Batch::new(&texts));
    let change = |(name, values): (String, Vec<f32>)| {
        let moved: Vec<f32> = after[&name].iter().zip(&values).map(|(a, b)| a - b).collect();
        (name, (squares(&moved) / moved.len() as f64).sqrt())
    };
    before.into_iter().map(change).collect()
}

fn growth(parametrisation: Parametrisation) -> BTreeMap<String, f64> {
    let narrow = changes(parametrisation, BASE_WIDTH);
    let mut wide = changes(parametrisation, WIDE);
    wide.iter_mut().for_each(|(name, change)| *change /= narrow[name]);
    wide
}

/// Theory has the changes grow like n^0 in muP, by 1, and like n^1 in the standard parametrisation with one
/// rate, by 8 between these widths. √8 is halfway: the latter must exceed it, and the former must stay
/// within √8 below. Above, a factor of 2 is enough for it. Below it is not, since the head's own start,
/// through which the features' change moves the logits, vanishes with the width: at the base width it is
/// half of what moves them.
#[test]
fn changes_keep_their_size_in_mup_and_grow_with_one_rate_for_all() {
    let mup = growth(Parametrisation::MuP { base_width: BASE_WIDTH });
    let standard = growth(Parametrisation::Standard);
    println!("muP {mup:.2?}\nstandard {standard:.2?}");
    assert_eq!(mup.len(), 2 * recipe().depth + 1);
    let limit = ((WIDE / BASE_WIDTH) as f64).sqrt();
    for (name, growth) in mup {
        assert!((1.0 / limit..2.0).contains(&growth), "muP, {name}: {growth}");
    }
    for (name, growth) in standard {
        assert!(growth > limit, "standard, {name}: {growth}");
    }
}
