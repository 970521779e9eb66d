//! The whole model: outputs, loss and gradients of a batch.

use rayon::prelude::*;

use lora_checkpoint::Positions;

use crate::attention::Layout;
use crate::batch::{Batch, Slice};
use crate::block::{self, BlockTape, Reach};
use crate::buffer::Buffer;
use crate::embedding;
use crate::head;
use crate::loss::Loss;
use crate::net::{Block, Net};
use crate::pass::{Gradients, Pass};
use crate::rotary::Rotary;

/// Sums of gradients that are kept apart, each over every `LANES`th slice. They are added in their order
/// at the end, so bytes do not depend on threads, and memory does not grow with the batch.
const LANES: usize = 8;

/// What is kept of the forward pass for the backward pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Everything that it needs.
    All,
    /// The input of each block, from which the rest is computed once more, to the same bytes.
    Inputs,
}

/// The rotation of the places of sequences up to a length, in models that have one.
pub(crate) fn rotary(net: &Net, longest: usize) -> Option<Rotary> {
    match &net.config.positions {
        Positions::Rotary { inverse_frequencies } => {
            Some(Rotary::new(inverse_frequencies, longest))
        }
        Positions::Learned { .. } => None,
    }
}

/// Calls `one` with the pass of each slice, on all threads; one after another if somebody observes.
fn slices<'s, R: Send>(
    pass: &Pass,
    batch: &'s Batch,
    one: impl Fn(&Pass, &'s Slice<'s>, Option<&Rotary>) -> R + Sync,
) -> Vec<R> {
    let rotary = rotary(pass.net, batch.longest);
    let one = |slice: &'s Slice<'s>| {
        one(&Pass { first_row: slice.first_row, ..*pass }, slice, rotary.as_ref())
    };
    match pass.observer {
        Some(_) => batch.slices.iter().map(one).collect(),
        None => batch.slices.par_iter().map(one).collect(),
    }
}

/// The hidden states \[rows, n\] of a slice behind the last block.
fn hidden(pass: &Pass, slice: &Slice, rotary: Option<&Rotary>) -> Buffer {
    let layout = Layout { sequences: &slice.rows, rotary };
    let (x, _) = embedding::forward(pass, &slice.ids, &slice.rows);
    pass.net.blocks.iter().fold(x, |x, block| block::forward(pass, block, layout, x).0)
}

/// Logits of each slice \[rows, vocabulary\] or \[sequences, labels\]; the last hidden states \[rows, n\] of
/// a model without a head.
pub fn outputs(pass: &Pass, batch: &Batch) -> Vec<Vec<f32>> {
    slices(pass, batch, |pass, slice, rotary| {
        head::logits(pass, slice, hidden(pass, slice, rotary)).into_vec()
    })
}

/// The loss of a batch.
pub fn loss(pass: &Pass, batch: &Batch) -> Loss {
    let losses = slices(pass, batch, |pass, slice, rotary| {
        head::loss(pass, slice, &hidden(pass, slice, rotary), 0.0, None, false).0
    });
    losses.into_iter().fold(Loss::default(), |sum, loss| sum + loss)
}

/// The loss of a batch and the gradients of its mean, for all that [`Pass::wants`] says.
pub fn gradients(pass: &Pass, batch: &Batch, keep: Keep) -> (Loss, Gradients) {
    let rotary = rotary(pass.net, batch.longest);
    let weight = 1.0 / batch.targets.max(1) as f32;
    let reaches = Reaches::new(pass);
    let lane = |lane: usize| {
        let mut gradients = Gradients::zero(pass.net, pass.adapters, pass.wants);
        let mut losses = Vec::new();
        for slice in batch.slices.iter().skip(lane).step_by(LANES) {
            let pass = Pass { first_row: slice.first_row, ..*pass };
            let layout = Layout { sequences: &slice.rows, rotary: rotary.as_ref() };
            let step = Step { pass: &pass, slice, layout, keep, reaches: &reaches };
            losses.push(step.run(weight, &mut gradients));
        }
        (losses, gradients)
    };
    let lanes = LANES.min(batch.slices.len()).max(1);
    let lanes: Vec<_> = (0..lanes).into_par_iter().map(lane).collect();
    let loss = (0..batch.slices.len())
        .map(|slice| lanes[slice % LANES].0[slice / LANES])
        .fold(Loss::default(), |sum, loss| sum + loss);
    let sum = lanes.into_iter().map(|(_, gradients)| gradients).reduce(|mut sum, other| {
        sum.add(&other);
        sum
    });
    (loss, sum.unwrap_or_default())
}

/// How far gradients go down.
struct Reaches {
    /// Whether the embedding trains.
    embedding: bool,
    /// By block.
    blocks: Vec<Reach>,
}

impl Reaches {
    fn new(pass: &Pass) -> Self {
        let embedding = embedding::trains(pass);
        let mut below = embedding;
        let reach = |block: &Block| {
            let reach = Reach::new(pass.wants, block, below);
            below = reach.any();
            reach
        };
        Self { embedding, blocks: pass.net.blocks.iter().map(reach).collect() }
    }

    /// Whether anything below the head trains.
    fn any(&self) -> bool {
        self.blocks.last().map_or(self.embedding, |reach| reach.any())
    }
}

/// Forward and backward of one slice.
struct Step<'a> {
    pass: &'a Pass<'a>,
    slice: &'a Slice<'a>,
    layout: Layout<'a>,
    keep: Keep,
    reaches: &'a Reaches,
}

/// What is kept of a block.
enum Kept {
    /// Nothing: no gradient gets there.
    Nothing,
    /// Its input.
    Input(Buffer),
    /// All that its backward pass needs.
    Tape(Box<BlockTape>),
}

impl Step<'_> {
    fn run(&self, weight: f32, gradients: &mut Gradients) -> Loss {
        let (pass, slice) = (self.pass, self.slice);
        let (mut x, embedding_tape) = embedding::forward(pass, &slice.ids, &slice.rows);
        let mut kept = Vec::with_capacity(self.reaches.blocks.len());
        for (block, reach) in pass.net.blocks.iter().zip(&self.reaches.blocks) {
            let (y, keep) = self.forward(block, *reach, x);
            x = y;
            kept.push(keep);
        }
        let below = self.reaches.any();
        let (loss, mut dx) = head::loss(pass, slice, &x, weight, Some(gradients), below);
        drop(x);
        for (block, reach) in pass.net.blocks.iter().zip(&self.reaches.blocks).rev() {
            let Some(dy) = dx else { return loss };
            let tape = match kept.pop() {
                Some(Kept::Tape(tape)) => *tape,
                Some(Kept::Input(x)) => block::forward(pass, block, self.layout, x).1,
                Some(Kept::Nothing) | None => return loss,
            };
            dx = block::backward(pass, block, self.layout, (&tape, *reach), dy, gradients);
        }
        if let Some(dx) = dx {
            embedding::backward(pass, &slice.ids, &slice.rows, &embedding_tape, dx, gradients);
        }
        loss
    }

    fn forward(&self, block: &Block, reach: Reach, x: Buffer) -> (Buffer, Kept) {
        let input = (self.keep == Keep::Inputs && reach.any()).then(|| Buffer::copy(&x));
        let (y, tape) = block::forward(self.pass, block, self.layout, x);
        let kept = match input {
            Some(input) => Kept::Input(input),
            None if reach.any() => Kept::Tape(Box::new(tape)),
            None => Kept::Nothing,
        };
        (y, kept)
    }
}

#[cfg(test)]
mod tests {
    use lora_checkpoint::{Activation, Config, Family};
    use lora_sim::spec::Init;

    use super::*;
    use crate::base::Base;
    use crate::batch::Sequence;
    use crate::lora::{LoraSpec, Targets};
    use crate::net::{Pooling, Task};
    use crate::run_spec::{RunSpec, Training};
    use crate::trainer::Trainer;

    fn config(family: Family) -> Config {
        let causal = family.is_causal();
        Config {
            family,
            vocabulary: 40,
            width: 32,
            depth: 2,
            heads: 4,
            key_value_heads: if causal { 2 } else { 4 },
            head_dim: 8,
            mlp_width: 48,
            max_positions: 128,
            norm_epsilon: 1e-6,
            activation: Activation::Gelu,
            positions: match causal {
                true => Positions::Rotary { inverse_frequencies: vec![1.0, 0.3, 0.1, 0.03] },
                false => Positions::Learned { first: 0, token_types: 2 },
            },
            query_key_value_bias: true,
            output_bias: true,
            mlp_bias: true,
            tied_head: false,
            labels: None,
        }
    }

    fn base(family: Family) -> Base {
        let classify = Task::Classify { labels: 3, pooling: Pooling::Cls };
        let task = if family.is_causal() { Task::NextToken } else { classify };
        let net = Net::new(&config(family), task);
        let values = net.params.iter().map(|info| {
            let count = info.shape.iter().product::<usize>();
            (0..count).map(|i| ((i * 7919 + 13) % 2003) as f32 / 8000.0 + 0.01).collect()
        });
        Base::of(net.clone(), values.collect(), "tiny".to_owned())
    }

    /// In these tests arrays begin as NaN where whoever takes them promises to write all of them. Passes of
    /// lengths on both sides of a block, some of them with the arrays of those before, leave no NaN.
    #[test]
    fn nobody_reads_an_array_before_it_is_written() {
        for family in [Family::Llama, Family::Bert] {
            let base = base(family);
            for (init, keep) in [(Init::A, Keep::All), (Init::B, Keep::Inputs)] {
                let targets = Targets::Pattern(".*".to_owned());
                let lora = LoraSpec { targets, init, rank: 3, alpha: 3.0, ..LoraSpec::default() };
                let training = Training { keep, ..Training::default() };
                let spec = RunSpec { lora, lr: 1e-3, lora_plus_ratio: 1.0, head: None, training };
                let mut trainer = Trainer::new(&base, &spec).expect("a run");
                for lengths in [[100, 3], [65, 40], [1, 2]] {
                    let of = |length: usize| {
                        let ids = (0..length).map(|place| (place * 7 % 40) as u32).collect();
                        let causal = family.is_causal();
                        if causal { Sequence::text(ids) } else { Sequence::labelled(ids, 1) }
                    };
                    let sequences = lengths.map(of);
                    let step = trainer.step(&[Batch::new(&sequences)]);
                    assert!(step.loss.is_finite() && step.gradient_norm.is_finite());
                    let finite = |values: &[f32]| values.iter().all(|value| value.is_finite());
                    let mut adapters = trainer.trained.adapters.iter().flatten();
                    assert!(adapters.all(|one| finite(&one.a) && finite(&one.b)));
                }
            }
        }
    }
}
