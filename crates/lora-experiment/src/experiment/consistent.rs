//! Checks of keys against each other.

use lora_sim::spec::{Hidden, Init, Trained};
use lora_stats::{LrGrid, StatsError};
use lora_types::{Loss, ModelKind};

use crate::experiment::conflict::{Conflict, conflict};
use crate::experiment::shown::shown;
use crate::experiment::transformer::Task;
use crate::experiment::{Experiment, Score, consistent_data, consistent_limit};
use crate::numbers::short;

/// Learning rates that f32 holds with all its digits, in round numbers.
const LEAST_LR: f64 = 1.2e-38;
const MOST_LR: f64 = 3.4e38;

/// Most widths: more have no place in a table, and with as many seeds would fill any memory.
const MOST_WIDTHS: usize = 1000;

/// Most seeds, as many as intervals are made of.
const MOST_SEEDS: usize = 10_000;

/// The first inconsistent key and what it must be.
pub fn check(e: &Experiment) -> Result<(), Conflict> {
    check_counts(e)?;
    check_grid(e)?;
    check_lr_exponent(e)?;
    check_coordinates_lr(e)?;
    if e.search.score == Score::TestError && e.model.kind != ModelKind::Transformer {
        let valid = r#"one of "train-tail", "train-final", "train-best", "test-final": only a transformer has an accuracy"#;
        return conflict("search.score", Some("model.kind"), valid);
    }
    if e.search.score == Score::TestFinal && e.model.test_points == 0 {
        let valid =
            r#"one of "train-tail", "train-final", "train-best" while model.test_points = 0"#;
        return conflict("search.score", Some("model.test_points"), valid);
    }
    if let Some(width) = e.figures.norm_widths.iter().find(|w| !e.model.widths.contains(w)) {
        let valid = format!("widths from model.widths; {width} is not among them");
        return conflict("figures.norm_widths", Some("model.widths"), valid);
    }
    check_kind(e)?;
    check_ingredients(e)?;
    check_trained(e)?;
    consistent_limit::check(e)
}

/// Ingredients of a transformer, with each other and with the linearised network.
fn check_ingredients(e: &Experiment) -> Result<(), Conflict> {
    let (m, batch) = (&e.model, e.training.batch);
    if m.linearised && !e.is_bare() {
        let first = e.ingredients().first().map(|(key, _)| format!("model.{key}"));
        let key = first.unwrap_or_else(|| "training.batch".to_owned());
        let valid = format!("false beside {key}: only the bare layer is linearised");
        return conflict("model.linearised", None, valid);
    }
    if m.loss == Loss::CrossEntropy && m.outputs < 2 {
        let valid = r#"at least 2 while model.loss = "cross-entropy": it is the number of classes"#;
        return conflict("model.outputs", Some("model.loss"), valid);
    }
    if m.pretrain_steps == 0 && m.pretrain_lr != 1.0 {
        let valid =
            "left out while model.pretrain_steps = 0: it is the learning rate of those steps";
        return conflict("model.pretrain_lr", Some("model.pretrain_steps"), valid);
    }
    let largest = m.widths.iter().copied().max().unwrap_or_default();
    if m.layers > 1 && m.hidden == Hidden::Gaussian && m.explicit_hidden_up_to < largest {
        let valid =
            format!("at least {largest}, the largest of model.widths, while model.layers > 1");
        return conflict("model.explicit_hidden_up_to", Some("model.layers"), valid);
    }
    if batch > m.points {
        let valid = format!("from 0, for all, to model.points = {}", m.points);
        return conflict("training.batch", Some("model.points"), valid);
    }
    Ok(())
}

/// Keys of one kind of model in an experiment with another.
fn check_kind(e: &Experiment) -> Result<(), Conflict> {
    let t = &e.transformer;
    if e.model.kind != ModelKind::Transformer {
        if t.is_default() {
            return Ok(());
        }
        let valid = r#""transformer" where [transformer] has keys"#;
        return conflict("model.kind", None, valid);
    }
    if let Some(key) = synthetic_key(e) {
        let valid = r#"left out: a model.kind of "transformer" does not read it"#;
        return conflict(key, Some("model.kind"), valid);
    }
    consistent_data::check(t)?;
    if t.held_out > 0 && !t.test_data.is_empty() {
        let valid = "left out, or 0, beside transformer.test_data, which is held out then";
        return conflict("transformer.held_out", Some("transformer.test_data"), valid);
    }
    if t.warmup > e.training.steps {
        let valid = format!("at most training.steps = {}", e.training.steps);
        return conflict("transformer.warmup", Some("training.steps"), valid);
    }
    if !t.checkpoint.is_empty() && !t.pretrain_data.is_empty() {
        let valid = "left out beside transformer.checkpoint, with which nothing is pretrained";
        return conflict("transformer.pretrain_data", Some("transformer.checkpoint"), valid);
    }
    if !t.checkpoint.is_empty() && t.base_per_seed {
        let valid =
            "left out, or false, beside transformer.checkpoint, which is the base of all seeds";
        return conflict("transformer.base_per_seed", Some("transformer.checkpoint"), valid);
    }
    if !t.checkpoint.is_empty() {
        return if e.model.widths.len() == 1 {
            Ok(())
        } else {
            let valid = "one width, that of transformer.checkpoint";
            conflict("model.widths", Some("transformer.checkpoint"), valid)
        };
    }
    if t.task == Task::Classify {
        let valid = r#""next-token", or transformer.checkpoint an encoder: only language models are pretrained here"#;
        return conflict("transformer.task", Some("transformer.checkpoint"), valid);
    }
    match e.model.widths.iter().find(|width| !width.is_multiple_of(t.head_dim)) {
        Some(width) => {
            let valid = format!("a divisor of every width; {width} is no multiple of it");
            conflict("transformer.head_dim", Some("model.widths"), valid)
        }
        None => Ok(()),
    }
}

/// A key of the synthetic model that has another value than its default.
fn synthetic_key(e: &Experiment) -> Option<&'static str> {
    let (m, usual) = (&e.model, &Experiment::default().model);
    let changed = [
        ("model.input_dim", m.input_dim != usual.input_dim),
        ("model.points", m.points != usual.points),
        ("model.test_points", m.test_points != usual.test_points),
        ("model.activation", m.activation != usual.activation),
        ("model.hidden", m.hidden != usual.hidden),
        ("model.explicit_hidden_up_to", m.explicit_hidden_up_to != usual.explicit_hidden_up_to),
        ("model.readout_exponent", m.readout_exponent != usual.readout_exponent),
        ("model.a_scale", m.a_scale != usual.a_scale),
        ("model.b_scale", m.b_scale != usual.b_scale),
        ("model.teacher_width", m.teacher_width != usual.teacher_width),
        ("model.teacher_rank", m.teacher_rank != usual.teacher_rank),
        ("model.teacher_scale", m.teacher_scale != usual.teacher_scale),
        ("model.linearised", m.linearised != usual.linearised),
        ("model.loss", m.loss != usual.loss),
        ("model.outputs", m.outputs != usual.outputs),
        ("model.norm", m.norm != usual.norm),
        ("model.residual", m.residual != usual.residual),
        ("model.layers", m.layers != usual.layers),
        ("model.pretrain_steps", m.pretrain_steps != usual.pretrain_steps),
        ("model.pretrain_lr", m.pretrain_lr != usual.pretrain_lr),
        ("training.batch", e.training.batch != 0),
    ];
    changed.into_iter().find_map(|(key, changed)| changed.then_some(key))
}

/// A factor whose partner is 0 and stays 0 has no gradient, ever.
fn check_trained(e: &Experiment) -> Result<(), Conflict> {
    let (init, zero) = match e.training.train {
        Trained::A => (Init::A, "B"),
        Trained::B => (Init::B, "A"),
        Trained::AB => return Ok(()),
    };
    if !e.training.inits.contains(&init) {
        return Ok(());
    }
    let key = init.key();
    let valid = format!(
        r#"["{zero}"] or ["A", "B"] while training.inits has "{key}": there {zero} starts at 0, and {key} alone has no gradient"#
    );
    conflict("training.train", Some("training.inits"), valid)
}

fn check_counts(e: &Experiment) -> Result<(), Conflict> {
    for (key, count, most) in [
        ("model.widths", e.model.widths.len(), MOST_WIDTHS),
        ("training.seeds", e.training.seeds.len(), MOST_SEEDS),
    ] {
        if count > most {
            return conflict(key, None, format!("a list of at most {most} entries"));
        }
    }
    Ok(())
}

fn check_grid(e: &Experiment) -> Result<(), Conflict> {
    let s = &e.search;
    if s.lr_max < s.lr_min {
        let valid = format!("at least search.lr_min = {}", number(s.lr_min));
        return conflict("search.lr_max", Some("search.lr_min"), valid);
    }
    // With room for the grid's own tolerance.
    if s.lr_max.ln() - s.lr_min.ln() < 0.999 * s.coarse_factor.ln() {
        let (factor, least) = (number(s.coarse_factor), number(s.lr_min));
        let valid =
            format!("at least search.coarse_factor = {factor} times search.lr_min = {least}");
        return conflict("search.lr_max", Some("search.lr_min"), valid);
    }
    if s.bracket_factor > s.coarse_factor {
        let valid = format!("at most search.coarse_factor = {}", number(s.coarse_factor));
        return conflict("search.bracket_factor", Some("search.coarse_factor"), valid);
    }
    check_rates(e)?;
    match LrGrid::new(e.grid_spec()) {
        Ok(_) => Ok(()),
        Err(StatsError::InvalidParameter { name, requirement, .. }) => {
            grid_conflict(name, requirement, s.max_extensions)
        }
        Err(error) => conflict("search.coarse_factor", None, format!("another one: {error}")),
    }
}

/// Every learning rate that the search may come to, of A and of B, is a number that engines compute
/// with.
fn check_rates(e: &Experiment) -> Result<(), Conflict> {
    let (s, ratio) = (&e.search, e.training.lr_ratio);
    let holds = |lr: f64| (LEAST_LR..=MOST_LR).contains(&lr);
    let range = format!("from {LEAST_LR:e} to {MOST_LR:e}, which 32-bit floats hold");
    for (key, lr) in [("search.lr_min", s.lr_min), ("search.lr_max", s.lr_max)] {
        if !holds(lr) {
            return conflict(key, None, range);
        }
        if !holds(lr * ratio) {
            let valid =
                format!("such that training.lr_ratio = {} times it is {range}", short(ratio));
            return conflict(key, Some("training.lr_ratio"), valid);
        }
    }
    let reach = s.coarse_factor.powf(s.max_extensions as f64);
    let ends = [("search.lr_min", s.lr_min / reach), ("search.lr_max", s.lr_max * reach)];
    for (key, lr) in ends {
        let (of_a, of_b) = (holds(lr), holds(lr * ratio));
        if !(of_a && of_b) {
            let and = if of_a { " of B" } else { "" };
            let valid = format!("small enough that every learning rate{and} is {range}");
            let other = if of_a { "training.lr_ratio" } else { key };
            return conflict("search.max_extensions", Some(other), valid);
        }
    }
    Ok(())
}

/// Every init that is trained has a γ, and all learning rates up to the largest width are numbers that engines compute
/// with.
fn check_lr_exponent(e: &Experiment) -> Result<(), Conflict> {
    let (s, inits) = (&e.search, &e.training.inits);
    let key = "search.lr_exponent";
    if s.lr_exponent.lacks(inits).is_some() {
        let valid = "a fraction, or a table with every init of training.inits";
        return conflict(key, Some("training.inits"), valid);
    }
    let reach = s.coarse_factor.powf(s.max_extensions as f64);
    let ends = [s.lr_min / reach, s.lr_max * reach];
    let widest = e.model.widths.last().copied().unwrap_or_default();
    let factors = inits.iter().map(|&init| e.lr_factor(init, widest));
    let rates = factors.flat_map(|factor| ends.map(|lr| lr * factor));
    let holds = |lr: f64| (LEAST_LR..=MOST_LR).contains(&lr);
    if rates.flat_map(|lr| [lr, lr * e.training.lr_ratio]).all(holds) {
        return Ok(());
    }
    let valid = format!(
        "such that every learning rate is from {LEAST_LR:e} to {MOST_LR:e}, which 32-bit floats hold"
    );
    conflict(key, Some("model.widths"), valid)
}

/// What is drawn lies on the coarse grid, which every width is trained on.
fn check_coordinates_lr(e: &Experiment) -> Result<(), Conflict> {
    let (s, lr) = (&e.search, e.figures.coordinates_lr);
    if lr == 0.0 || (s.lr_min..=s.lr_max).contains(&lr) {
        return Ok(());
    }
    let (least, most) = (number(s.lr_min), number(s.lr_max));
    let valid = format!("0, or from search.lr_min = {least} to search.lr_max = {most}");
    conflict("figures.coordinates_lr", None, valid)
}

/// In the words of the grid, whose parameters are named as the keys are.
fn grid_conflict(name: &str, requirement: &str, extensions: usize) -> Result<(), Conflict> {
    let (key, other) = match name {
        "lr_min" => ("search.lr_min", None),
        "lr_max" => ("search.lr_max", Some("search.lr_min")),
        "bracket_factor" => ("search.bracket_factor", Some("search.coarse_factor")),
        // Without extensions it is the range itself that is too wide.
        "max_extensions" if extensions == 0 => ("search.lr_max", Some("search.lr_min")),
        "max_extensions" => ("search.max_extensions", Some("search.lr_min")),
        _ => ("search.coarse_factor", Some("search.lr_min")),
    };
    conflict(key, other, requirement)
}

fn number(value: f64) -> String {
    shown(&toml::Value::Float(value))
}
