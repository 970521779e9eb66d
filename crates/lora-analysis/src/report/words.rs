//! What was run, in words.

use lora_report::significant;
use lora_types::Init;

use crate::draw::{Sources, gammas};
use lora_experiment::experiment::{Experiment, transformer_words as setting};
use lora_store::manifest::Manifest;

/// The experiment's title, or its name where it has none.
pub fn title(experiment: &Experiment, manifest: &Manifest) -> String {
    let title = experiment.title.trim();
    if title.is_empty() { manifest.experiment.clone() } else { title.to_owned() }
}

/// What was trained and measured, a paragraph each.
pub fn about(sources: &Sources) -> Vec<String> {
    let (m, t, s) =
        (&sources.experiment.model, &sources.experiment.training, &sources.experiment.search);
    let inits: Vec<&str> = t.inits.iter().map(init_words).collect();
    let inits = inits.join(" and from ");
    let (seeds, over) = (each(t.seeds.len()), widths(&m.widths));
    let trained = if sources.of_transformer() {
        let of = &sources.experiment.transformer;
        format!(
            "The model is {}. LoRA adapters of rank {} on {} learn {}, in {} steps with {}, for {over}. \
             {seeds} starts from {inits}; the seed draws the adapters and the order of the batches.",
            setting::base(of),
            setting::ranks(of, m.rank),
            setting::targets(of),
            setting::lesson(of),
            t.steps,
            setting::batches(of),
        )
    } else {
        let steps = match t.batch {
            0 => "full-batch steps".to_owned(),
            some => format!("steps on {some} of them each"),
        };
        format!(
            "A frozen random network of width n has a LoRA adapter of rank {} on its hidden layer. The \
             adapter learns a teacher’s targets at {} training samples in {} {steps}, for {over}. \
             {seeds} starts from {inits}.",
            m.rank, m.points, t.steps,
        )
    };
    let runs = &sources.results.runs;
    let diverged = runs.iter().filter(|run| run.diverged_at.is_some()).count();
    let measured = format!(
        "For every width, init and seed, the search covers learning rates from {} to {}{}{}. It looks \
         for the lowest {} (η_{{opt}}), and for the largest learning rate that keeps the rms of \
         Z_{{B}} under {} at {} (η_{{stable}}). It trained {}, of which {diverged} diverged.",
        significant(s.lr_min, 2),
        significant(s.lr_max, 2),
        following(sources.experiment),
        beyond(s.max_extensions),
        sources.score_words(),
        s.stability_bound,
        sources.compared_steps(),
        counted(runs.len(), "run"),
    );
    vec![trained, measured, sources.settings()]
}

/// How a grid of learning rates follows the width.
fn following(experiment: &Experiment) -> String {
    let zero = |init: &Init| experiment.search.lr_exponent.of(*init) == 0.into();
    if experiment.training.inits.iter().all(zero) {
        return String::new();
    }
    let first = experiment.model.widths[0];
    format!(", times (n/{first})^{{γ}} with γ = {}", gammas(experiment))
}

/// How far a search goes past an end that does not bracket its answer.
fn beyond(extensions: usize) -> String {
    match extensions {
        0 => String::new(),
        most => format!(
            ", and up to {} beyond an end that left the answer open",
            counted(most, "coarse step")
        ),
    }
}

fn init_words(init: &Init) -> &'static str {
    match init {
        Init::A => "a random A with B = 0 (Init[A])",
        Init::B => "a random B with A = 0 (Init[B])",
        Init::AB => "two random factors (Init[AB])",
    }
}

fn widths(widths: &[usize]) -> String {
    match widths {
        [] => "no width".to_owned(),
        [only] => format!("n = {only}"),
        [first, .., last] => format!("{} widths from {first} to {last}", widths.len()),
    }
}

fn each(seeds: usize) -> String {
    if seeds == 1 { "One seed".to_owned() } else { format!("Each of {seeds} seeds") }
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("one {what}") } else { format!("{count} {what}s") }
}
