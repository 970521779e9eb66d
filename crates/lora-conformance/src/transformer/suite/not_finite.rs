//! Where numbers that are not finite begin.

use lora_checkpoint::Positions;

use super::Problem;
use crate::transformer::engine::{How, LoraEngine};

const PLANTED: [f64; 3] = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY];

fn first(engine: &dyn LoraEngine, problem: &Problem) -> Option<String> {
    engine.forward(&problem.model(), &problem.batch, How::USUAL).not_finite
}

/// The row of a tensor that the batch reads.
fn read_row(problem: &Problem, tensor: &str) -> usize {
    if tensor.contains("embed_tokens") || tensor.contains("word_embeddings") {
        return problem.batch[0].ids[0] as usize;
    }
    match problem.case.config.positions {
        Positions::Learned { first, .. } if tensor.contains("position_embeddings") => first,
        _ => 0,
    }
}

/// Each base tensor in turn, norms and embeddings among them, has one entry that is not finite.
pub fn the_module_of_a_planted_weight_is_named(engine: &dyn LoraEngine) {
    for mut problem in Problem::all() {
        assert_eq!(first(engine, &problem), None, "{}", problem.case.name);
        let tensors: Vec<String> = problem.used().cloned().collect();
        assert!(tensors.iter().filter(|name| name.to_lowercase().contains("norm")).count() > 4);
        for tensor in tensors {
            let row = read_row(&problem, &tensor);
            let module = tensor.rsplit_once('.').map_or(&tensor[..], |(module, _)| module);
            for planted in PLANTED {
                let entry = |problem: &mut Problem, value| {
                    let weight = problem.weights.get_mut(&tensor).expect("a tensor");
                    std::mem::replace(&mut weight[(row, 0)], value)
                };
                let healthy = entry(&mut problem, planted);
                let found = first(engine, &problem);
                entry(&mut problem, healthy);
                let name = problem.case.name;
                assert_eq!(found.as_deref(), Some(module), "{name}: {planted} was planted there");
            }
        }
    }
}

/// Each factor in turn has one entry that is not finite.
pub fn the_module_of_a_planted_factor_is_named(engine: &dyn LoraEngine) {
    for problem in Problem::all() {
        for place in 0..problem.adapters.len() {
            for (planted, of_a) in PLANTED.iter().flat_map(|&p| [(p, true), (p, false)]) {
                let mut sick = problem.clone();
                let adapter = &mut sick.adapters[place];
                // An embedding reads the columns of its tokens alone.
                let embeds = adapter.module.contains("embed_tokens")
                    || adapter.module.contains("word_embeddings");
                let column = if embeds { problem.batch[0].ids[0] as usize } else { 0 };
                if of_a {
                    adapter.a[(0, column)] = planted;
                } else {
                    adapter.b[(0, 0)] = planted;
                }
                let (name, module) = (problem.case.name, adapter.module.clone());
                let found = first(engine, &sick);
                assert_eq!(
                    found,
                    Some(module),
                    "{name}: {planted} was planted there, in A: {of_a}"
                );
            }
        }
    }
}
