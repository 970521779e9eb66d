//! The assumptions behind an answer, and reasons for caution.

use lora_theory::Init;
use lora_types::Verdict;

use crate::transfer::asked::TransferRequest;
use crate::transfer::change::{Method, SizeChange};
use crate::transfer::choices::{CarriedLr, Multiplier};
use crate::transfer::exact_rule::exactly;
use crate::transfer::finished_run::RunMeasured;
use crate::transfer::request::CheckedTransfer;
use crate::transfer::stored::{self, MeasuredExponent};
use crate::transfer::words::{shown, words};
use lora_analysis::minus::minus_signs;
use lora_types::OptimizerKind;

/// What every answer takes for granted, even if nothing that the law knows changes.
pub fn of_every_answer(from_lr: f64, goal: CarriedLr) -> [String; 3] {
    [
        format!(
            "{from_lr:e} is the {} of the first model; any error in it carries over",
            words(goal)
        ),
        "nothing else changes: data, number of steps, depth, everything frozen but its width"
            .to_owned(),
        "the other model is like the synthetic student, one hidden layer with LoRA; larger models \
         were not measured"
            .to_owned(),
    ]
}

/// What an answer by a run takes for granted.
fn of_run(arguments: &TransferRequest, run: &RunMeasured) -> Vec<String> {
    let [start, change, _] = of_every_answer(arguments.from_lr, arguments.goal);
    let own = format!(
        "{:e} is the {} of the run itself at n = {}",
        arguments.from_lr,
        words(arguments.goal),
        arguments.from_width
    );
    let start = if arguments.from_interval.is_some() { own } else { start };
    vec![start, change, format!("both models are like those of the run {}", run.run)]
}

/// What is taken for granted.
pub fn assumptions(request: &CheckedTransfer, changes: &[SizeChange]) -> Vec<String> {
    if let Some(run) = &request.arguments.run {
        return of_run(request.arguments, run).into_iter().chain(of_range(changes)).collect();
    }
    let every = of_every_answer(request.arguments.from_lr, request.arguments.goal);
    let mut assumptions = Vec::from(every);
    if request.setting.init == Init::A {
        assumptions.push(
            "A has variance 1/n; PEFT's Kaiming-uniform A has 1/(3n), which changes constants but no \
             exponent"
                .to_owned(),
        );
    }
    let of = |symbol| changes.iter().find(|change| change.of == symbol);
    assumptions.extend(of("r").map(|_| at_both_ranks(request.multiplier).to_owned()));
    assumptions.extend(of("α").map(|change| of_alpha(request, change)));
    assumptions.extend(of("η_B/η_A").map(|change| of_ratio(request, change)));
    if request.width.is_some() && request.ratio != [1.0; 2] {
        assumptions.push(
            "the powers of n hold for a fixed η_B/η_A; LoRA+'s own scaling, η_A = n^-1 with η_B = 1, \
             has a ratio that grows like n: give the ratio of each model"
                .to_owned(),
        );
    }
    assumptions.extend(of_range(changes));
    assumptions
}

/// What a power of the rank stands for.
pub fn at_both_ranks(multiplier: Multiplier) -> &'static str {
    match multiplier {
        Multiplier::Constant => "the multiplier s is the same at both ranks",
        Multiplier::Sqrt => "the power of r is for s = α/√r with the same α",
        Multiplier::Inverse => "the power of r is for s = α/r with the same α",
    }
}

/// The limit's rule for both rates together, and the exact rule.
fn of_alpha(request: &CheckedTransfer, change: &SizeChange) -> String {
    let limit = of_multiplier(change);
    exactly(request).map_or_else(|| limit.clone(), |exact| format!("{limit}; instead, {exact}"))
}

/// What a power of s stands for.
pub fn of_multiplier(change: &SizeChange) -> String {
    let power = change.theory_exact.as_deref().unwrap_or_default();
    format!(
        "s is proportional to α; with the same init and both rates together, the power {power} of s \
         holds in the limit of large n"
    )
}

fn of_ratio(request: &CheckedTransfer, change: &SizeChange) -> String {
    let power = change.theory_exact.as_deref().unwrap_or_default();
    let why = match request.arguments.init {
        Init::A => "there the loss depends on s η_A η_B alone",
        Init::B => "there B's own motion does not matter while η_B/η_A is small against √n",
        Init::AB => "as long as the ratio is small against powers of n",
    };
    format!("the power {power} of η_B/η_A in η_A holds in the limit of large n: {why}")
}

/// What the range holds.
pub fn of_range(changes: &[SizeChange]) -> Vec<String> {
    let by = |method| changes.iter().any(|change| change.method == method);
    let mut lines = Vec::new();
    if by(Method::Interpolated) || by(Method::Fit) {
        lines.push(
            "in the range, errors of local slopes add in squares, as if they were independent; \
             neighbouring slopes share a point, so the range errs on the wide side"
                .to_owned(),
        );
    }
    if by(Method::Theory) {
        lines.push("the theory's powers count as exact and widen no range".to_owned());
    }
    if changes.len() > 1 && lines.len() + usize::from(by(Method::Given)) > 1 {
        lines.push("ranges of different changes are combined at their worst".to_owned());
    }
    lines
}

/// What a reader should know before using the answer.
pub fn warnings(request: &CheckedTransfer, changes: &[SizeChange]) -> Vec<String> {
    let run = request.arguments.run.as_ref();
    let mut warnings: Vec<String> =
        changes.iter().flat_map(|change| about(change, run.is_some())).collect();
    if let Some(run) = run {
        warnings.extend(run.doubts.iter().map(|doubt| minus_signs(doubt)));
        return warnings;
    }
    let measured = changes.iter().any(|change| change.measured.is_some());
    if measured && request.ratio != [1.0; 2] {
        warnings.push(
            "the measurements have η_B = η_A; at another ratio the theory has the same powers of n \
             and r, but a bend may lie elsewhere"
                .to_owned(),
        );
    }
    let theory = changes.iter().any(|change| change.method == Method::Theory);
    if theory && request.arguments.optimizer == OptimizerKind::Sgd {
        warnings.push(format!(
            "under SGD the theory's powers depend on the number of steps; these are for {}",
            request.setting.steps
        ));
    }
    warnings.extend(changes.iter().find_map(|change| of_large_rank(request, change)));
    warnings.extend(of_large_ratio(request));
    warnings.extend(of_paper(request));
    warnings
}

/// The theory's powers of the rank are those of ranks that are small powers of n.
fn of_large_rank(request: &CheckedTransfer, change: &SizeChange) -> Option<String> {
    let rank = change.from.max(change.to);
    let root = f64::from(request.arguments.from_width).sqrt();
    (change.of == "r" && change.method == Method::Theory && rank > root).then(|| {
        format!(
            "r = {rank} is not small against √n = {root:.1}, which the theory's powers of r assume"
        )
    })
}

/// B's own motion is smaller than A's by n^-1/2 under Init[B], times the ratio of the rates.
fn of_large_ratio(request: &CheckedTransfer) -> Option<String> {
    let [from, to] = request.ratio;
    let [n, _] = request.width.unwrap_or([f64::from(request.arguments.from_width); 2]);
    let (ratio, root) = (from.max(to), n.sqrt());
    (request.setting.init == Init::B && ratio > root).then(|| {
        format!(
            "η_B/η_A = {} is not small against √n = {root:.1}: B's own motion may lead, and the theory's \
             powers change with it",
            shown(ratio)
        )
    })
}

/// Where the paper's exponent would mislead.
fn of_paper(request: &CheckedTransfer) -> Option<String> {
    let arguments = request.arguments;
    let asked = arguments.goal == CarriedLr::Optimal && arguments.optimizer == OptimizerKind::Adam;
    let paper = stored::of_paper(arguments.init, arguments.readout)?;
    let refuted = asked && request.width.is_some() && paper.verdict == Verdict::Refuted;
    refuted.then(|| {
        format!(
            "the paper's exponent is of the largest stable LR; for the best LR it is refuted here: {}",
            minus_signs(&paper.reason)
        )
    })
}

/// What is doubtful about one change.
fn about(change: &SizeChange, of_run: bool) -> Vec<String> {
    let of = change.of;
    match (change.method, &change.measured) {
        (Method::Given, _) => no_interval(change).into_iter().collect(),
        (Method::Theory, _) if matches!(of, "n" | "r") => {
            vec![format!("the exponent of {of} was not measured in this setting")]
        }
        (Method::Interpolated, Some(measured)) => {
            of_verdict(change, measured, of_run).into_iter().collect()
        }
        (Method::Fit, Some(measured)) => {
            let verdict = of_verdict(change, measured, of_run);
            verdict.into_iter().chain([beyond(change, measured)]).collect()
        }
        _ => Vec::new(),
    }
}

/// Why the theory's exponent does not hold, if it does not.
fn of_verdict(change: &SizeChange, measured: &MeasuredExponent, of_run: bool) -> Option<String> {
    let SizeChange { of, .. } = change;
    let [smallest, largest] = measured_between(change, measured);
    if measured.bends() {
        let place = match of_run {
            true => "in a model unlike those of the run the bend may lie elsewhere",
            false => {
                "the place of the bend was measured in one model only, and may differ in yours"
            }
        };
        let why = minus_signs(&measured.reason);
        return Some(format!("over {of} = {smallest} to {largest}, {why}; {place}"));
    }
    let exact = change.theory_exact.as_deref().filter(|_| measured.verdict != Verdict::Holds);
    exact.map(|exact| {
        format!(
            "the theory's exponent of {of}, {exact}, is {}: {}",
            measured.verdict,
            minus_signs(&measured.reason)
        )
    })
}

fn beyond(change: &SizeChange, measured: &MeasuredExponent) -> String {
    let [smallest, largest] = measured_between(change, measured);
    format!(
        "the measurements cover {} = {smallest} to {largest} only; the fitted power continues beyond \
         that, with a range that holds the local slope at the nearest end",
        change.of
    )
}

fn measured_between(change: &SizeChange, measured: &MeasuredExponent) -> [f64; 2] {
    change.measured_between.unwrap_or([measured.smallest_used, measured.largest_used])
}

fn no_interval(change: &SizeChange) -> Option<String> {
    let given = change.given.as_ref()?;
    given.interval.is_none().then(|| {
        let whose =
            given.rule.map_or("your exponent".to_owned(), |rule| format!("the rule {rule}"));
        format!("{whose} of {} has no interval, so the range leaves out its error", change.of)
    })
}
