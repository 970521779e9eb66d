//! The setting of a transformer in words, for captions, the report and the dry run.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::Path;

use super::choices::{InitLaw, Modules, Parametrisation, Schedule, Task};
use super::transformer::is_pairs;
use super::{Experiment, TransformerSection};

/// The base model: "a Llama of 2 blocks, pretrained here for 300 steps".
pub fn base(section: &TransformerSection) -> String {
    if !section.checkpoint.is_empty() {
        let name = file_name(&section.checkpoint);
        // The folder of a model that was pretrained here is called by a hash.
        let hash = name.len() == 64 && name.chars().all(|c| c.is_ascii_hexdigit());
        return if hash {
            "a model that was pretrained here".to_owned()
        } else {
            format!("the checkpoint {name}")
        };
    }
    let parametrisation = match section.parametrisation {
        Parametrisation::Standard => "",
        Parametrisation::Mup => " in muP",
    };
    let weights = match section.pretrain_steps {
        0 => "with random weights".to_owned(),
        steps => format!("pretrained here for {}", counted(steps, "step")),
    };
    let each = if section.base_per_seed { ", one for each seed" } else { "" };
    format!("a Llama of {}{parametrisation}, {weights}{each}", counted(section.depth, "block"))
}

/// What it learns from: "to predict the next token of the text that comes with the program".
pub fn lesson(section: &TransformerSection) -> String {
    let file = file_name(&section.train_data);
    match (section.task, file.is_empty(), section.checkpoint.is_empty()) {
        (Task::NextToken, true, true) => "to predict the next token of the text that comes with \
                                          the program, in the part that the pretraining left out"
            .to_owned(),
        (Task::NextToken, true, false) => {
            "to predict the next token of the text that comes with the program".to_owned()
        }
        (Task::NextToken, false, _) if is_pairs(&file) && section.learn_prompt => {
            format!("to predict the next token of the prompts and answers of {file}")
        }
        (Task::NextToken, false, _) if is_pairs(&file) => {
            format!("to answer the prompts of {file}")
        }
        (Task::NextToken, false, _) => format!("to predict the next token of {file}"),
        (Task::Classify, ..) => format!("to classify the sentences of {file}"),
    }
}

/// The adapted modules: "all linear modules", or their names.
pub fn targets(section: &TransformerSection) -> String {
    let names = match &section.targets {
        all if all.is_all_linear() => "all linear modules".to_owned(),
        some => modules(some),
    };
    let blocks = match &section.layers_to_transform[..] {
        [] => String::new(),
        [one] => format!(" in block {one}"),
        several => format!(" in blocks {}", list(several)),
    };
    let excluded = match &section.exclude_modules {
        none if none.is_none() => String::new(),
        some => format!(" without {}", modules(some)),
    };
    format!("{names}{blocks}{excluded}")
}

fn modules(modules: &Modules) -> String {
    match modules {
        Modules::Names(names) => names.join(", "),
        Modules::Pattern(pattern) => format!("modules that match {pattern}"),
    }
}

fn list(items: &[impl Display]) -> String {
    items.iter().map(|item| item.to_string()).collect::<Vec<_>>().join(", ")
}

/// The rank, with those of single modules: "4 (2 for q_proj)".
pub fn ranks(section: &TransformerSection, rank: usize) -> String {
    match &section.rank_pattern {
        none if none.is_empty() => rank.to_string(),
        some => format!("{rank} ({})", by_pattern(some)),
    }
}

/// The values of single modules: "2 for q_proj, 8 for k_proj".
fn by_pattern(values: &BTreeMap<String, impl Display>) -> String {
    let one = |(pattern, value)| format!("{value} for {pattern}");
    values.iter().map(one).collect::<Vec<String>>().join(", ")
}

/// The multiplier, with what gives single modules another one: "1 (rsLoRA; α = 16 for q_proj)".
fn multiplier(section: &TransformerSection, multiplier: f64) -> String {
    let alphas = &section.alpha_pattern;
    let alphas = (!alphas.is_empty()).then(|| format!("α = {}", by_pattern(alphas)));
    let own = section.use_rslora.then(|| "rsLoRA".to_owned()).into_iter().chain(alphas);
    match &own.collect::<Vec<String>>()[..] {
        [] => multiplier.to_string(),
        own => format!("{multiplier} ({})", own.join("; ")),
    }
}

/// How a random factor is drawn, where it is not as in the paper; else nothing.
pub fn init_law(section: &TransformerSection) -> String {
    match section.init_law {
        InitLaw::FanIn => String::new(),
        InitLaw::Kaiming => ", Kaiming-uniform factors".to_owned(),
        InitLaw::Gaussian => ", factors of standard deviation 1/r".to_owned(),
        InitLaw::Std(std) => format!(", factors of standard deviation {std}"),
    }
}

/// What a step takes: "batches of 16 × 64 tokens".
pub fn batches(section: &TransformerSection) -> String {
    let TransformerSection { batch, context, .. } = section;
    let one = match section.task {
        Task::NextToken if is_pairs(&section.train_data) => {
            format!("batches of {} of at most {context} tokens", counted(*batch, "example"))
        }
        Task::NextToken => format!("batches of {batch} × {context} tokens"),
        Task::Classify => {
            format!("batches of {} of at most {context} tokens", counted(*batch, "sentence"))
        }
    };
    match section.accumulation {
        1 => one,
        several => format!("{several} accumulated {one}"),
    }
}

/// What the learning rate does over the steps, and what else touches an update.
pub fn schedule(section: &TransformerSection) -> String {
    let decay = match section.schedule {
        Schedule::Constant => "a constant learning rate",
        Schedule::Linear => "a learning rate that falls linearly",
        Schedule::Cosine => "a learning rate that falls along a cosine",
    };
    let warmup = match section.warmup {
        0 => String::new(),
        steps => format!(" behind a warm-up of {}", counted(steps, "step")),
    };
    let dropout = match section.dropout {
        0.0 => String::new(),
        share => format!(", dropout {share}"),
    };
    let clip = match section.max_grad_norm {
        0.0 => String::new(),
        norm => format!(", gradients clipped at {norm}"),
    };
    let head = match (section.task, section.head_lr) {
        (Task::NextToken, _) => String::new(),
        (Task::Classify, 0.0) => ", a frozen head".to_owned(),
        (Task::Classify, lr) => format!(", η = {lr} for the head"),
    };
    format!("{decay}{warmup}{dropout}{clip}{head}")
}

/// The setting of an experiment, given its optimiser and its seeds in words.
pub fn setting(e: &Experiment, optimizer: &str, seeds: &str) -> String {
    let (t, model) = (&e.transformer, &e.model);
    format!(
        "{}; LoRA on {}, r = {}, s = {}{}; {}, {optimizer}, {}, {}, {seeds}",
        base(t),
        targets(t),
        ranks(t, model.rank),
        multiplier(t, model.multiplier),
        init_law(t),
        batches(t),
        schedule(t),
        counted(e.training.steps, "step"),
    )
}

/// The last part of a path: where a file lies is nobody's affair but the machine's.
fn file_name(path: &str) -> String {
    let name = Path::new(path).file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("one {what}") } else { format!("{count} {what}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_names_everything_that_is_not_the_default() {
        let mut e = Experiment::default();
        let said = setting(&e, "Adam", "seed 0");
        assert_eq!(
            said,
            "a Llama of 2 blocks, pretrained here for 300 steps; LoRA on all linear modules, r = 4, \
             s = 1; batches of 16 × 64 tokens, Adam, a constant learning rate, 100 steps, seed 0"
        );
        e.transformer.pretrain_steps = 0;
        assert_eq!(base(&e.transformer), "a Llama of 2 blocks, with random weights");
        e.transformer.base_per_seed = true;
        let said = "a Llama of 2 blocks, with random weights, one for each seed";
        assert_eq!(base(&e.transformer), said);
        let t = &mut e.transformer;
        (t.checkpoint, t.task) = ("models/tiny-bert".to_owned(), Task::Classify);
        (t.train_data, t.head_lr) = ("data/train.tsv".to_owned(), 0.0);
        t.targets = Modules::Names(vec!["query".to_owned(), "value".to_owned()]);
        t.init_law = InitLaw::Gaussian;
        (t.schedule, t.warmup, t.dropout) = (Schedule::Cosine, 10, 0.1);
        t.max_grad_norm = 1.0;
        let said = setting(&e, "Adam", "seed 0");
        assert_eq!(
            said,
            "the checkpoint tiny-bert; LoRA on query, value, r = 4, s = 1, factors of standard \
             deviation 1/r; batches of 16 sentences of at most 64 tokens, Adam, a learning rate that \
             falls along a cosine behind a warm-up of 10 steps, dropout 0.1, gradients clipped at 1, \
             a frozen head, 100 steps, seed 0"
        );
        assert_eq!(lesson(&e.transformer), "to classify the sentences of train.tsv");
        let t = &mut e.transformer;
        (t.task, t.train_data) = (Task::NextToken, "data/train.jsonl".to_owned());
        assert_eq!(lesson(t), "to answer the prompts of train.jsonl");
        assert_eq!(batches(t), "batches of 16 examples of at most 64 tokens");
        t.learn_prompt = true;
        assert_eq!(
            lesson(t),
            "to predict the next token of the prompts and answers of train.jsonl"
        );
    }

    #[test]
    fn a_setting_names_what_single_modules_have_of_their_own() {
        let mut e = Experiment::default();
        let t = &mut e.transformer;
        t.targets = Modules::Pattern(".*_proj".to_owned());
        t.exclude_modules = Modules::Names(vec!["up_proj".to_owned()]);
        (t.layers_to_transform, t.accumulation) = (vec![0, 1], 4);
        (t.use_rslora, t.init_law) = (true, InitLaw::Std(0.02));
        t.rank_pattern = [("q_proj".to_owned(), 8), ("k_proj".to_owned(), 2)].into();
        t.alpha_pattern = [("v_proj".to_owned(), 16.0)].into();
        assert_eq!(
            setting(&e, "Adam", "seed 0"),
            "a Llama of 2 blocks, pretrained here for 300 steps; LoRA on modules that match .*_proj \
             in blocks 0, 1 without up_proj, r = 4 (2 for k_proj, 8 for q_proj), s = 1 (rsLoRA; α = \
             16 for v_proj), factors of standard deviation 0.02; 4 accumulated batches of 16 × 64 \
             tokens, Adam, a constant learning rate, 100 steps, seed 0"
        );
    }
}
