//! What must change no byte: threads, what is kept of a forward pass, and the other sequences of a batch.

use super::values::TOLERANCE;
use super::{Problem, bits, distance};
use crate::transformer::engine::{Dropout, How, LoraEngine, Model};
use crate::transformer::inputs::{Gradients, Head, Sequence, Target};

fn all_bits(gradients: &Gradients) -> Vec<u64> {
    let factors = gradients.adapters.iter().flat_map(|(a, b)| [a, b]);
    let mut all = bits(factors.chain(gradients.weights.values()));
    all.push(gradients.loss.to_bits());
    all
}

/// Gradients of a batch in many parts, with dropout.
pub fn neither_threads_nor_recomputation_change_a_byte(engine: &dyn LoraEngine) {
    for problem in Problem::all() {
        let model = problem.with(Some(Dropout { rate: 0.2, seed: 3 }));
        let batch = problem.many();
        let with = |threads, recompute| {
            all_bits(&engine.gradients(&model, &batch, How { threads, recompute }))
        };
        let expected = with(1, false);
        for (threads, recompute) in [(2, false), (3, false), (2, true)] {
            let same = with(threads, recompute) == expected;
            let name = problem.case.name;
            assert!(same, "{name}: bytes change with {threads} threads, recompute {recompute}");
        }
    }
}

/// The logits of a sequence do not depend on what the others of its batch hold, to the byte. Alone it has the
/// same logits but for rounding, as far as both may be from the reference: how a product is summed may depend
/// on its size.
pub fn batch_mates_change_no_byte(engine: &dyn LoraEngine) {
    for problem in Problem::all() {
        let (model, name) = (problem.model(), problem.case.name);
        let logits = |batch: &[Sequence]| engine.forward(&model, batch, How::USUAL).logits;
        let sequences = of_all_lengths(&problem, 0);
        let expected = logits(&sequences);
        for (place, one) in sequences.iter().enumerate() {
            let mut others = of_all_lengths(&problem, 1 + place as u32 % 3);
            others[place].clone_from(one);
            let found = &logits(&others)[place];
            assert!(
                bits([found]) == bits([&expected[place]]),
                "{name}: batch mates change {place}"
            );
            let alone = &logits(std::slice::from_ref(one))[0];
            let off = distance(alone, found, 0.0);
            assert!(off < TOLERANCE, "{name}: alone, sequence {place} is {off:e} away");
        }
    }
}

/// Sequences of every length that the models take, each twice; `shift` chooses other tokens.
fn of_all_lengths(problem: &Problem, shift: u32) -> Vec<Sequence> {
    let most = problem.case.config.max_positions as u32;
    let one = |number: u32| {
        let id = |i: u32| 2 + (number + i * i + shift * (1 + i % 2)) % 9;
        let ids: Vec<u32> = (0..number % most + 1).map(id).collect();
        let target = match problem.case.head {
            Head::NextToken => Target::Next(ids.iter().map(|&id| Some(id)).collect()),
            Head::Classifier { .. } => Target::Label(0),
        };
        Sequence { ids, target }
    };
    (0..2 * most).map(one).collect()
}

/// What the loss asks of a prompt's tokens, which is nothing, changes no byte of what it asks of the answer.
/// Two sequences with the same tokens and masks side by side have the gradients of one.
pub fn masked_places_count_for_nothing(engine: &dyn LoraEngine) {
    for problem in Problem::all().filter(|problem| problem.case.head == Head::NextToken) {
        let model: Model = problem.model();
        let ids: Vec<u32> = vec![3, 7, 2, 9, 4];
        let with = |mask: [bool; 5]| {
            let next = ids.iter().zip(mask).map(|(&id, asked)| asked.then_some((id + 1) % 11));
            Sequence { ids: ids.clone(), target: Target::Next(next.collect()) }
        };
        let loss = |batch: &[Sequence]| engine.gradients(&model, batch, How::USUAL).loss;
        let one = |place: usize| loss(&[with(std::array::from_fn(|i| i == place))]);
        let (last, both) = (one(4), loss(&[with([false, false, false, true, true])]));
        let mean = (one(3) + last) / 2.0;
        let name = problem.case.name;
        assert!((both / mean - 1.0).abs() < 1e-6, "{name}: a mean over {both}, not {mean}");
        let silent = with([false; 5]);
        let beside = loss(&[with(std::array::from_fn(|i| i == 4)), silent]);
        assert_eq!(beside, last, "{name}: a sequence without targets counts");
    }
}
