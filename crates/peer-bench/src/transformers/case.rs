//! The cases: single runs on models of several shapes, and sweeps of sixteen runs.

use lora_checkpoint::Config;
use lora_types::Init;

use super::options::Options;
use super::runs::OneRun;
use super::shapes;
use super::texts::Sizes;

/// η of a single run: so large that losses move, and a contestant that updates otherwise disagrees.
const LR: f64 = 1e-2;

/// The smallest learning rate of a sweep; each is twice the one before. Under Init\[B\] these models, whose
/// weights are random, amplify rounding beyond the tolerance from about 5e-3 on.
const LEAST_LR: f64 = 1e-5;

/// Where the tokens come from, if they are not random.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text {
    /// Sentences with a class, as they come.
    Sst2,
    /// Running text.
    WikiText2,
}

impl Text {
    /// Its name in tables.
    pub fn label(self) -> &'static str {
        match self {
            Self::Sst2 => "SST-2",
            Self::WikiText2 => "WikiText-2",
        }
    }
}

/// What all contestants train.
#[derive(Clone, Debug)]
pub struct Case {
    /// A name for files and messages.
    pub name: String,
    /// The model in tables.
    pub model: &'static str,
    /// Its shape.
    pub config: Config,
    /// The batches.
    pub sizes: Sizes,
    /// The runs.
    pub runs: Vec<OneRun>,
    /// The text, of a sweep.
    pub text: Option<Text>,
}

/// The cases that are selected, in their order.
pub fn cases(options: &Options) -> Vec<Case> {
    let mut all = if options.quick { quick(options) } else { full(options) };
    all.retain(|case| options.takes(&case.name));
    all
}

/// Single runs take about 1000 tokens a step, but for those of other lengths.
fn full(options: &Options) -> Vec<Case> {
    let mut all = llamas(options, (128, 256), 8);
    let minilm = ("minilm", "MiniLM", shapes::minilm());
    all.push(single(&minilm, Sizes { steps: 8, batch: 32, shortest: 32, longest: 32 }));
    all.push(single(&minilm, Sizes { steps: 8, batch: 32, shortest: 5, longest: 60 }));
    let smollm2 = ("smollm2", "SmolLM2-135M", shapes::smollm2());
    all.push(single(&smollm2, Sizes { steps: 2, batch: 8, shortest: 128, longest: 128 }));
    let sentences = Sizes { steps: 20, batch: 16, shortest: 5, longest: 60 };
    all.push(sweep(minilm, sentences, (8, Some(Text::Sst2))));
    let windows = Sizes { steps: 2, batch: 4, shortest: 128, longest: 128 };
    all.push(sweep(smollm2, windows, (8, Some(Text::WikiText2))));
    all
}

fn quick(options: &Options) -> Vec<Case> {
    let mut all = llamas(options, (16, 64), 2);
    let bert = ("bert", "tiny BERT", shapes::bert(48, 2, 100));
    let sizes = Sizes { steps: 3, batch: 4, shortest: 3, longest: 9 };
    all.push(single(&bert, sizes));
    all.push(sweep(bert, sizes, (2, None)));
    all
}

/// All widths at one length, and all lengths at one width.
fn llamas(options: &Options, (length, width): (usize, usize), batch: usize) -> Vec<Case> {
    let widths = options.widths.iter().map(|&width| (width, length));
    let lengths = options.lengths.iter().map(|&length| (width, length));
    let mut all: Vec<Case> = Vec::new();
    for (width, length) in widths.chain(lengths) {
        let steps = if options.quick { 3 } else { steps(width) };
        let sizes = Sizes { steps, batch, shortest: length, longest: length };
        let name = format!("llama-{width}");
        let case = single(&(&name, "Llama-like", shapes::llama(width)), sizes);
        if all.iter().all(|other| other.name != case.name) {
            all.push(case);
        }
    }
    all
}

/// Steps of a run, so that it does not take long.
fn steps(width: usize) -> usize {
    match width {
        ..=256 => 16,
        257..=512 => 8,
        _ => 4,
    }
}

/// The name in files, the name in tables, and the shape.
type Model<'n> = (&'n str, &'static str, Config);

fn single((name, model, config): &Model, sizes: Sizes) -> Case {
    let Sizes { shortest, longest, .. } = sizes;
    let lengths = match shortest == longest {
        true => format!("{longest}"),
        false => format!("{shortest}to{longest}"),
    };
    let runs = vec![OneRun { init: Init::A, lr: LR }];
    Case {
        name: format!("{name}-{lengths}"),
        model,
        config: config.clone(),
        sizes,
        runs,
        text: None,
    }
}

/// Half of the runs start with A random, half with B.
fn sweep((name, model, config): Model, sizes: Sizes, (rates, text): (usize, Option<Text>)) -> Case {
    let of = |init| (0..rates).map(move |k| OneRun { init, lr: LEAST_LR * 2f64.powi(k as i32) });
    let runs = [Init::A, Init::B].into_iter().flat_map(of).collect();
    Case { name: format!("sweep-{name}"), model, config, sizes, runs, text }
}

impl Case {
    /// Updates of all runs together.
    pub fn steps(&self) -> usize {
        self.runs.len() * self.sizes.steps
    }
}

#[cfg(test)]
mod tests {
    use super::super::options::tests::options;
    use super::*;

    fn names(words: &[&str]) -> Vec<String> {
        let options = options(words).expect("good words");
        cases(&options.settled()).into_iter().map(|case| case.name).collect()
    }

    #[test]
    fn no_case_is_there_twice() {
        let all = names(&[]);
        assert_eq!(
            all[..5],
            ["llama-64-128", "llama-128-128", "llama-256-128", "llama-512-128", "llama-1024-128"]
        );
        assert_eq!(all[5..9], ["llama-256-32", "llama-256-64", "llama-256-256", "llama-256-512"]);
        assert_eq!(
            all[9..],
            ["minilm-32", "minilm-5to60", "smollm2-128", "sweep-minilm", "sweep-smollm2"]
        );
        assert_eq!(names(&["--quick"]).len(), 5);
        assert_eq!(
            names(&["--only", "sweep,llama-1024"]),
            ["llama-1024-128", "sweep-minilm", "sweep-smollm2"]
        );
    }

    #[test]
    fn a_sweep_has_both_inits_at_every_rate() {
        let options = options(&[]).expect("no words");
        let sweep = cases(&options).pop().expect("the last is a sweep");
        assert_eq!((sweep.runs.len(), sweep.steps()), (16, 32));
        assert_eq!(sweep.runs[0].lr, sweep.runs[8].lr);
        assert_ne!(sweep.runs[0].init, sweep.runs[8].init);
    }
}
