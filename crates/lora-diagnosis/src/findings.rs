//! What is said of an adapter, from its modules.

use serde::Serialize;

use crate::b_trained::b_trained;
use crate::module::ModuleDiagnosis;
use crate::numbers::{counted, range, shown};
use crate::pooled::{By, Pooled};
use crate::start::InitLook;
use crate::stated_training::stated;
use crate::training::TrainingAsked;
use crate::verdict::{
    ALIKE, BVerdict, DeclaredVerdict, Finding, MovementVerdict, OutputVerdict, StatedVerdict,
    TrainedVerdict,
};

/// The rms of Z_B that a stable run stays under, as `judge` and experiments have it.
const STABLE: f64 = 10.0;
/// A hundredth of the input's own size, which no input exceeds.
const HARDLY: f64 = 0.01;

/// Everything that is said of an adapter.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Findings {
    /// How it started.
    pub start: Finding<InitLook>,
    /// Whether that is what its config says.
    pub declared: Finding<DeclaredVerdict>,
    /// Whether it was trained.
    pub trained: Finding<TrainedVerdict>,
    /// How far the factors moved beside each other.
    pub movement: Finding<MovementVerdict>,
    /// How large its output is.
    pub output: Finding<OutputVerdict>,
    /// Whether B is trained enough.
    pub b: Finding<BVerdict>,
    /// Whether the stated training can have made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stated: Option<Finding<StatedVerdict>>,
}

impl Findings {
    pub(crate) fn of(
        modules: &[ModuleDiagnosis],
        declared: &str,
        pooled: Option<&Pooled>,
        training: Option<&TrainingAsked>,
    ) -> Self {
        let start = start(modules);
        let trained = trained(modules);
        Self {
            declared: declared_start(declared, start.verdict),
            movement: movement(start.verdict, &trained, pooled),
            output: output(modules),
            b: b_trained(modules, start.verdict, trained.verdict, pooled, training),
            stated: training.map(|training| stated(modules, training)),
            start,
            trained,
        }
    }
}

fn start(modules: &[ModuleDiagnosis]) -> Finding<InitLook> {
    let mut looks: Vec<(InitLook, usize)> = Vec::new();
    for module in modules {
        let look = module.start.looks_like;
        match looks.iter_mut().find(|(known, _)| *known == look) {
            Some((_, count)) => *count += 1,
            None => looks.push((look, 1)),
        }
    }
    // What cannot be told of some modules contradicts nothing that is told of others.
    let told: Vec<InitLook> =
        looks.iter().map(|(look, _)| *look).filter(|look| *look != InitLook::Unknown).collect();
    let unknown = looks.iter().find(|(look, _)| *look == InitLook::Unknown);
    let unknown = unknown.map_or(0, |(_, count)| *count);
    let verdict = match told[..] {
        // Few modules do not stand for all.
        _ if 2 * unknown > modules.len() => InitLook::Unknown,
        [] => InitLook::Unknown,
        [one] => one,
        _ => InitLook::Mixed,
    };
    let counts = looks.iter().map(|(look, count)| format!("{} in {count}", look.name()));
    let first =
        modules.iter().find(|module| module.start.looks_like == verdict).or(modules.first());
    let why = first.map_or("", |module| &module.start.because);
    let few = match told[..] {
        [_, ..] if verdict == InitLook::Unknown => ", and fewer than half do not stand for all",
        _ => "",
    };
    Finding::new(
        verdict,
        format!(
            "{} of {}{few}: {why}",
            counts.collect::<Vec<_>>().join(", "),
            counted(modules.len(), "module")
        ),
        "the laws are those of PEFT's defaults and of the paper; a start computed from weights, or a factor that was \
         drawn otherwise, looks unknown or is mistaken",
    )
}

fn declared_start(declared: &str, found: InitLook) -> Finding<DeclaredVerdict> {
    let says = match declared {
        "true" | "gaussian" => Some(InitLook::A),
        "false" => Some(InitLook::Both),
        _ => None,
    };
    let verdict = match (says, found) {
        (_, InitLook::Unknown) | (None, _) => DeclaredVerdict::CannotTell,
        (Some(says), found) if says == found => DeclaredVerdict::Agrees,
        _ => DeclaredVerdict::Contradicts,
    };
    let stands =
        says.map_or("a start computed from something".to_owned(), |says| says.name().to_owned());
    Finding::new(
        verdict,
        format!("init_lora_weights is {declared}, which stands for {stands}"),
        "a script may change the factors after PEFT has drawn them, and the config does not say so",
    )
}

fn trained(modules: &[ModuleDiagnosis]) -> Finding<TrainedVerdict> {
    let zero = modules.iter().filter(|module| module.start.untrained).count();
    let verdict = match zero {
        0 => TrainedVerdict::Trained,
        _ if zero == modules.len() => TrainedVerdict::Untrained,
        _ => TrainedVerdict::Partly,
    };
    Finding::new(
        verdict,
        format!("a factor is exactly zero in {zero} of {}", counted(modules.len(), "module")),
        "a factor that trained has no reason to be exactly zero; a module that no input reached stays as it started",
    )
}

fn movement(
    start: InitLook,
    trained: &Finding<TrainedVerdict>,
    pooled: Option<&Pooled>,
) -> Finding<MovementVerdict> {
    let pooled = match (pooled, trained.verdict, start) {
        (_, TrainedVerdict::Untrained, _) => Err("nothing moved"),
        (Some(_), _, InitLook::Unknown) => Err("it is told of too few modules how they started"),
        (Some(pooled), ..) => Ok(pooled),
        _ => Err(
            "no module shows which factor started at zero, and how far the other one moved from its law",
        ),
    };
    let pooled = match pooled {
        Ok(pooled) => pooled,
        Err(why) => return Finding::new(MovementVerdict::CannotTell, why, ""),
    };
    let (zero, random) = if pooled.init == InitLook::B { ("A", "B") } else { ("B", "A") };
    let (mean, how) = match pooled.by {
        By::Edge => ("mean", "the entries beyond the edge of its uniform start"),
        By::Excess => ("rms", "its mean square in excess of the start's"),
    };
    let shrunk = match (pooled.random_rms.is_none(), pooled.unmoved) {
        (true, false) => format!(
            "; but the entries of {random} are smaller than their law's, so it moved against its start"
        ),
        _ => String::new(),
    };
    Finding::new(
        moved_beside(pooled),
        format!(
            "the {mean} movement of an entry is {} in {zero}, which started at zero, and {} in {random} by {how}: a ratio \
             of {} over {}{shrunk}",
            shown(pooled.zero_start),
            range(pooled.random_start),
            range(pooled.ratio),
            counted(pooled.modules, "module"),
        ),
        format!(
            "the start of {random} is not in the file: the first value takes its movement for independent of it, and the \
             range has room for one that goes on along it, but not for one against it, as that of weight decay. A ratio \
             above {ALIKE} comes from unequal rates, as LoRA+'s, from a factor that was frozen, or from gradients that \
             keep their sign in one factor alone"
        ),
    )
}

/// A factor that moved against its start has few entries beyond the edge and a small mean square. So one that moved,
/// and shows none of it there, is not called still, and one that shrank has no upper end.
fn moved_beside(pooled: &Pooled) -> MovementVerdict {
    let [value, low, high] = pooled.ratio;
    let shrank = !pooled.unmoved && pooled.random_rms.is_none();
    if high < 1.0 / ALIKE {
        MovementVerdict::RandomStartMore
    } else if shrank {
        MovementVerdict::CannotTell
    } else if low > ALIKE && pooled.random_start[1] > 0.0 {
        MovementVerdict::ZeroStartMore
    } else if low > ALIKE && pooled.unmoved {
        MovementVerdict::RandomStartStill
    } else if high.is_finite() && (1.0 / ALIKE..=ALIKE).contains(&value) {
        MovementVerdict::Alike
    } else {
        MovementVerdict::CannotTell
    }
}

fn output(modules: &[ModuleDiagnosis]) -> Finding<OutputVerdict> {
    let most = |of: fn(&ModuleDiagnosis) -> f64| modules.iter().map(of).fold(0.0, f64::max);
    let (typical, largest) =
        (most(|module| module.output.typical), most(|module| module.output.largest));
    let verdict = if largest == 0.0 {
        OutputVerdict::Nothing
    } else if largest <= HARDLY {
        OutputVerdict::HardlyActs
    } else if typical >= STABLE {
        OutputVerdict::BeyondOrderOne
    } else {
        OutputVerdict::Acts
    };
    Finding::new(
        verdict,
        format!(
            "for inputs with an rms of 1, s B A z has an rms of at most {} in every module, and typically of up to {}; \
             {HARDLY} is a hundredth of the input, and {STABLE} is where a run of ours counts as unstable",
            shown(largest),
            shown(typical)
        ),
        "the inputs are not in the file: behind a normalisation their rms is that of its gains, elsewhere it may be \
         anything. Whether a small output is a rate too low, few steps, or all that the task needs, it does not say",
    )
}
