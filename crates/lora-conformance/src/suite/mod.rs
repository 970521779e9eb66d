//! The checks. Each covers the inits, optimizers, activations and odd sizes that matter for it, and
//! panics with what differs.

mod bounds;
mod features;
mod frozen;
mod gradients;
mod invariances;
mod invariants;
mod linearised;
mod records;
mod requests;
mod steps;
mod trained;

pub use bounds::*;
pub use features::*;
pub use frozen::*;
pub use gradients::*;
pub use invariances::*;
pub use invariants::*;
pub use linearised::*;
pub use records::*;
pub use requests::*;
pub use steps::*;
pub use trained::*;

use lora_sim::spec::{Model, Optimizer, Run, Training};
use lora_sim::{AdapterState, Batch, Engine, Outcome, Problem};

use crate::cases::{ACTIVATIONS, Case, INITS, OPTIMIZERS, SIZES, model, run};
use crate::reference::Reference;

type Check<'c> = &'c dyn Fn(&str, &Model, &Reference, &mut dyn Problem, Optimizer, &Run);

/// Goes over sizes, activations, optimizers and inits, such that any three of them meet in every way. All four
/// meet with `PROPTEST_CASES` of 1000 or more, which takes three times as long.
fn for_each_case(
    engine: &dyn Engine,
    check: impl Fn(&str, &Model, &Reference, &mut dyn Problem, Optimizer, &Run),
) {
    let check: Check = &check;
    let all = full_effort();
    for (size, (n, points, test_points, rank)) in SIZES.into_iter().enumerate() {
        for (phi, activation) in ACTIVATIONS.into_iter().enumerate() {
            let model = model(points, test_points, rank, activation);
            let mut problem = engine.prepare(&model, n, 7).expect("a small problem");
            let reference = Reference::new(&model, &problem.frozen().expect("in memory"));
            for (rule, (optimizer, lr)) in OPTIMIZERS.into_iter().enumerate() {
                // Wider layers train at smaller rates.
                let lr = lr * (100.0 / n as f64).min(1.0);
                for (start, init) in INITS.into_iter().enumerate() {
                    // A Latin square: each triple of the other three has one init, and each pair of them meets all three.
                    if !all && (size + phi + rule) % INITS.len() != start {
                        continue;
                    }
                    let name = format!(
                        "{activation:?}, {optimizer:?}, {}, n {n}, N {points}, r {rank}",
                        init.label()
                    );
                    check(&name, &model, &reference, problem.as_mut(), optimizer, &run(init, lr));
                }
            }
        }
    }
}

/// Whether the variable that scales the effort of property tests asks for all.
fn full_effort() -> bool {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse::<u32>().ok());
    cases.is_some_and(|cases| cases >= 1000)
}

fn one(
    problem: &mut dyn Problem,
    training: &Training,
    run: &Run,
    start: Option<&AdapterState>,
) -> Outcome {
    let starts = start.map(std::slice::from_ref);
    let runs = std::slice::from_ref(run);
    let batch = Batch { training, runs, starts, keep_states: true };
    problem.train(&batch).expect("a good batch").remove(0)
}

fn keep_states(problem: &mut dyn Problem, training: &Training, runs: &[Run]) -> Vec<Outcome> {
    let batch = Batch { training, runs, starts: None, keep_states: true };
    problem.train(&batch).expect("a good batch")
}

/// The states of a run after 0, 1, … updates, until the run ends, diverges or its parameters become too
/// large.
fn path(problem: &mut dyn Problem, case: &Case) -> Vec<AdapterState> {
    let training = Training { steps: 1, ..case.training.clone() };
    let mut states = vec![AdapterState::initial(&case.model, case.width, &case.run)];
    for at in 0..case.training.steps {
        let next = one(problem, &training, &case.run, Some(&states[at])).state.expect("asked for");
        if next.step == at || !is_moderate(&next) {
            break;
        }
        states.push(next);
    }
    states
}

/// Whether all parameters are at most 10⁶. Beyond that, products of a diverging run overflow in f32.
fn is_moderate(state: &AdapterState) -> bool {
    state.a.iter().chain(&state.b).all(|v| v.abs() <= 1e6)
}
