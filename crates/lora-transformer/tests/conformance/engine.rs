//! This crate's engine, as the suite asks it.

use std::ops::Range;

use lora_checkpoint::Positions;
use lora_conformance::transformer::engine::{
    Forward, How, LoraEngine, Model, Operation, Run, Step, Training,
};
use lora_conformance::transformer::{self as reference, Gradients};
use lora_sim::spec::Optimizer;
use lora_transformer::attention::{self, Layout};
use lora_transformer::batch::Batch;
use lora_transformer::block::{self, Reach};
use lora_transformer::buffer::Buffer;
use lora_transformer::lora::{LoraSpec, Targets};
use lora_transformer::model::{self, Keep};
use lora_transformer::net::{self, Linear, Net, Norm};
use lora_transformer::optimizer::Rule;
use lora_transformer::pass::{self, Pass, Wants};
use lora_transformer::rotary::Rotary;
use lora_transformer::run_spec::{self, RunSpec};
use lora_transformer::state::{restore, to_bytes};
use lora_transformer::trainer::Trainer;
use lora_transformer::{linear, mlp, norm};
use lora_types::{Init, OptimizerKind};
use ndarray::Array2;

use super::built::{Built, array, flat, sequences};

/// What a state belongs to.
const IDENTITY: &str = "a run of the suite";

pub struct Cpu;

fn on<R: Send>(how: How, work: impl FnOnce() -> R + Send) -> R {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(how.threads).build();
    pool.expect("a pool").install(work)
}

const fn keep(how: How) -> Keep {
    if how.recompute { Keep::Inputs } else { Keep::All }
}

impl LoraEngine for Cpu {
    fn forward(&self, model: &Model, batch: &[reference::Sequence], how: How) -> Forward {
        let built = Built::new(model);
        let (wants, all) = (Wants::nothing(&built.base.net), sequences(batch));
        let (pass, batch) = (built.pass(&wants), Batch::new(&all));
        let (loss, outputs) =
            on(how, || (model::loss(&pass, &batch).mean(), model::outputs(&pass, &batch)));
        let of_slices = batch.slices.iter().zip(&outputs).flat_map(|(slice, outputs)| {
            // A classifier has a row for each sequence.
            let tokens = matches!(built.base.net.head, net::Head::NextToken(_));
            let rows = if tokens { slice.ids.len() } else { slice.rows.len() };
            let columns = outputs.len() / rows;
            let part = move |(place, rows): (usize, &Range<usize>)| {
                let rows = if tokens { rows.clone() } else { place..place + 1 };
                array(&outputs[rows.start * columns..rows.end * columns], columns)
            };
            slice.rows.iter().enumerate().map(part)
        });
        let logits = of_slices.collect();
        let mut trainer = Trainer::new(&built.base, &spec(model, &usual())).expect("a run");
        trainer.trained.adapters.clone_from(&built.adapters);
        Forward { loss, logits, not_finite: trainer.first_not_finite(&batch) }
    }

    fn gradients(&self, model: &Model, batch: &[reference::Sequence], how: How) -> Gradients {
        let built = Built::new(model);
        let (wants, all) = (built.everything(), sequences(batch));
        let pass = built.pass(&wants);
        let (loss, found) = on(how, || model::gradients(&pass, &Batch::new(&all), keep(how)));
        let (adapters, weights) = (built.pairs(&found), built.weights(&found));
        Gradients { loss: loss.mean(), adapters, weights }
    }

    fn train(
        &self,
        model: &Model,
        training: &Training,
        batches: &[Vec<reference::Sequence>],
        from: Option<&[u8]>,
        how: How,
    ) -> Run {
        let built = Built::new(model);
        let mut spec = spec(model, training);
        spec.training.keep = keep(how);
        let mut trainer = Trainer::new(&built.base, &spec).expect("a run");
        let places = |all: &[Option<_>]| all.iter().map(Option::is_some).collect::<Vec<_>>();
        assert_eq!(places(&built.adapters), places(&trainer.trained.adapters), "modules");
        trainer.trained.adapters.clone_from(&built.adapters);
        if let Some(state) = from {
            restore(&mut trainer.trained, IDENTITY, state).expect("a state of this run");
        }
        let step = |batch: &Vec<reference::Sequence>| {
            let all = sequences(batch);
            let seen = on(how, || trainer.step(&[Batch::new(&all)]));
            let gradients = built.pairs(&seen.gradients);
            Step { loss: seen.loss, gradients, adapters: built.factors(&trainer.trained.adapters) }
        };
        let steps = batches.iter().map(step).collect();
        Run { steps, state: to_bytes(&trainer.trained, IDENTITY) }
    }

    fn operation(
        &self,
        model: &Model,
        operation: &Operation,
        lengths: &[usize],
        x: &Array2<f64>,
        g: &Array2<f64>,
    ) -> Option<[Array2<f64>; 2]> {
        let built = Built::new(model);
        let wants = Wants::nothing(&built.base.net);
        let pass = built.pass(&wants);
        let [y, dx] = piece(&pass, operation, lengths, (&flat(x), &flat(g)))?;
        Some([array(&y, g.ncols()), array(&dx, x.ncols())])
    }
}

/// Any training: of a run that makes no step.
fn usual() -> Training {
    Training { optimizer: Optimizer::Sgd, rates: [1.0; 2], train: lora_types::Trained::AB }
}

fn spec(model: &Model, training: &Training) -> RunSpec {
    let plain = Rule::default();
    let rule = match training.optimizer {
        Optimizer::Adam { beta1, beta2, epsilon } => {
            Rule { kind: OptimizerKind::Adam, betas: [beta1, beta2], epsilon, ..plain }
        }
        Optimizer::AdamW { beta1, beta2, epsilon, weight_decay } => {
            Rule { kind: OptimizerKind::AdamW, betas: [beta1, beta2], epsilon, weight_decay }
        }
        Optimizer::SignSgd => Rule { kind: OptimizerKind::SignSgd, ..plain },
        Optimizer::Sgd => Rule { kind: OptimizerKind::Sgd, ..plain },
    };
    let names: Vec<&str> = model.adapters.iter().map(|one| &one.module[..]).collect();
    let lora = LoraSpec {
        targets: Targets::Pattern(names.join("|").replace('.', "\\.")),
        rank: model.adapters[0].a.nrows(),
        alpha: 1.0,
        dropout: model.dropout.map_or(0.0, |mask| mask.rate as f32),
        init: Init::AB,
        train: training.train,
        ..LoraSpec::default()
    };
    let seed = model.dropout.map_or(0, |mask| mask.seed);
    let settings = run_spec::Training { rule, seed, ..run_spec::Training::default() };
    let [lr, of_b] = training.rates;
    RunSpec { lora, lr, lora_plus_ratio: of_b / lr, head: None, training: settings }
}

/// Outputs of a piece, and the gradient of its inputs.
fn piece(
    pass: &Pass,
    operation: &Operation,
    lengths: &[usize],
    (x, g): (&[f32], &[f32]),
) -> Option<[Vec<f32>; 2]> {
    let rows: usize = lengths.iter().sum();
    let starts = lengths.iter().scan(0, |at, length| {
        *at += length;
        Some(*at - length..*at)
    });
    let sequences: Vec<Range<usize>> = starts.collect();
    let rotary = match &pass.net.config.positions {
        Positions::Rotary { inverse_frequencies } => Some(Rotary::new(inverse_frequencies, rows)),
        Positions::Learned { .. } => None,
    };
    let layout = Layout { sequences: &sequences, rotary: rotary.as_ref() };
    let mut none = pass::Gradients::zero(pass.net, pass.adapters, pass.wants);
    let mut dx = vec![0.0; x.len()];
    let y = match operation {
        Operation::Linear(name) => {
            let module = linear_named(pass.net, name)?;
            let (y, tape) = linear::forward(pass, module, x, rows);
            linear::backward(pass, module, (x, &tape), g, &mut none, Some(&mut dx));
            y
        }
        Operation::Norm(name) => {
            let module = norm_named(pass.net, name)?;
            let (y, stats) = norm::forward(pass, module, x);
            norm::backward(pass, module, (x, &stats), g, &mut none, Some(&mut dx));
            y
        }
        Operation::Attention(block) => {
            let branch = &pass.net.blocks[*block].attention;
            let (y, tape) = attention::forward(pass, branch, layout, x);
            attention::backward(pass, branch, layout, (x, &tape), g, &mut none, Some(&mut dx));
            y
        }
        Operation::Mlp(block) => {
            let branch = &pass.net.blocks[*block].mlp;
            let (y, tape) = mlp::forward(pass, branch, x);
            mlp::backward(pass, branch, (x, &tape), g, &mut none, Some(&mut dx));
            y
        }
        Operation::Block(block) => {
            let block = &pass.net.blocks[*block];
            let (y, tape) = block::forward(pass, block, layout, Buffer::copy(x));
            let reach = Reach::new(pass.wants, block, true);
            let g = Buffer::copy(g);
            dx = block::backward(pass, block, layout, (&tape, reach), g, &mut none)?.into_vec();
            y
        }
    };
    Some([y.into_vec(), dx])
}

fn linear_named<'n>(net: &'n Net, name: &str) -> Option<&'n Linear> {
    let of_blocks = net.blocks.iter().flat_map(|block| {
        let (attention, mlp) = (&block.attention, &block.mlp);
        let others = [Some(&attention.output), mlp.gate.as_ref(), Some(&mlp.up), Some(&mlp.down)];
        attention.qkv.iter().chain(others.into_iter().flatten())
    });
    let of_head = match &net.head {
        net::Head::None => [None, None],
        net::Head::NextToken(head) => [Some(head), None],
        net::Head::Classifier { dense, output, .. } => {
            [dense.as_ref().map(|(dense, _)| dense), Some(output)]
        }
    };
    of_blocks.chain(of_head.into_iter().flatten()).find(|one| net.sites[one.site.0].name == name)
}

fn norm_named<'n>(net: &'n Net, name: &str) -> Option<&'n Norm> {
    let of_blocks = net.blocks.iter().flat_map(|block| [&block.attention_norm, &block.mlp_norm]);
    let others = [net.embedding.norm.as_ref(), net.last_norm.as_ref()];
    of_blocks.chain(others.into_iter().flatten()).find(|one| net.module(one.gain) == name)
}
