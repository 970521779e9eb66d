//! What the paper's figures of the synthetic network show, each with a verdict.

use lora_stats::{
    Agreement, DEFAULT_LEVEL, Verdict, agreement, decide_interval, exponent_over_seeds,
    mean_interval,
};
use lora_theory::{Rational, Setting, analyse, approximate};
use lora_types::Init;

use crate::best::{COARSE, best, looked_at, score, za};
use crate::choice::{Choice, Grid, LrAt};
use crate::error::MapError;
use crate::sweep::{MapRun, Sweep};

/// Exponents that must be told apart are this far from each other.
const SPACING: f64 = 0.25;

/// "Much larger" is our reading of a picture: by this factor at least.
const MUCH: f64 = 2.0;

/// One thing that the figures show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The best learning rate of an init follows the line that is printed beside it.
    Follows(Init),
    /// At the widest network the norm of Z_A is much larger under Init\[A\].
    LargerZa,
    /// At the widest network the loss is lower under Init\[A\].
    LowerLoss,
}

/// A finding as measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// What it is about.
    pub finding: Finding,
    /// An exponent, or the logarithm of a ratio; none where some seed or some width has none.
    pub value: Option<f64>,
    /// Its interval over seeds.
    pub interval: Option<(f64, f64)>,
    /// Whether it came out as printed; none where it was not measured.
    pub verdict: Option<Verdict>,
}

impl Finding {
    /// In the order of tables and figures.
    pub const ALL: [Self; 4] =
        [Self::Follows(Init::A), Self::Follows(Init::B), Self::LargerZa, Self::LowerLoss];

    /// In words, for a figure.
    ///
    /// # Errors
    /// [`MapError::Theory`] does not occur for the settings that it asks for.
    pub fn words(self) -> Result<String, MapError> {
        Ok(match self {
            Self::Follows(init) => {
                format!("{}: η_{{opt}} ∝ n^{{{}}}", init.label(), printed(init)?)
            }
            Self::LargerZa => format!("Z_{{A}} at least {MUCH} times as large under Init[A]"),
            Self::LowerLoss => "lower loss under Init[A]".to_owned(),
        })
    }

    /// Its name in tables.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Follows(Init::B) => "eta_opt_b",
            Self::Follows(_) => "eta_opt_a",
            Self::LargerZa => "larger_za",
            Self::LowerLoss => "lower_loss",
        }
    }
}

/// The exponent of the line that the paper prints beside an init: that of the largest stable learning rate of
/// the layer, its Theorems 1 and 2.
fn printed(init: Init) -> Result<Rational, MapError> {
    let critical = analyse(&Setting::layer(init))?.critical;
    Ok(critical.stable.gamma().unwrap_or_default())
}

/// All findings of a sweep under a choice.
///
/// # Errors
/// [`MapError::Stats`] for learning rates that are no positive numbers.
pub fn findings(sweep: &Sweep, choice: Choice) -> Result<Vec<Found>, MapError> {
    Finding::ALL.into_iter().map(|finding| found(sweep, choice, finding)).collect()
}

fn found(sweep: &Sweep, choice: Choice, finding: Finding) -> Result<Found, MapError> {
    let least = match finding {
        Finding::Follows(init) => return follows(sweep, choice, init),
        Finding::LargerZa => MUCH.ln(),
        // A ratio of 1 is no lower loss.
        Finding::LowerLoss => f64::MIN_POSITIVE,
    };
    let mut pairs = Vec::new();
    for seed in sweep.seeds() {
        let [a, b] = [Init::A, Init::B].map(|init| compared(sweep, choice, (init, seed)));
        pairs.push((a?, b?));
    }
    if let Some(verdict) = one_diverges(&pairs, choice).filter(|_| finding == Finding::LowerLoss) {
        return Ok(Found { finding, value: None, interval: None, verdict: Some(verdict) });
    }
    let logs: Option<Vec<f64>> =
        pairs.iter().map(|&pair| log_ratio(pair, choice, finding)).collect();
    let interval = logs.and_then(|logs| mean_interval(&logs, DEFAULT_LEVEL).ok());
    let ends = interval.and_then(|interval| interval.lower.zip(interval.upper));
    Ok(Found {
        finding,
        value: interval.map(|interval| interval.estimate),
        interval: ends,
        // A single seed has no interval and decides nothing.
        verdict: ends.and(interval).map(|of| decide_interval(&of, (Some(least), None)).verdict),
    })
}

/// The runs of Init\[A\] and of Init\[B\] that are compared at one seed.
type Pair<'s> = (Option<&'s MapRun>, Option<&'s MapRun>);

/// Whether the loss of Init\[A\] is lower because the compared run of Init\[B\] diverges at every seed and that of
/// Init\[A\] at none, or the other way round.
fn one_diverges(pairs: &[Pair], choice: Choice) -> Option<Verdict> {
    let all = |test: &dyn Fn(&MapRun, &MapRun) -> bool| {
        let of = |&(a, b): &Pair| a.zip(b).is_some_and(|(a, b)| test(a, b));
        !pairs.is_empty() && pairs.iter().all(of)
    };
    let ends = |run: &MapRun| score(run, choice).is_some();
    if all(&|a, b| ends(a) && !ends(b)) {
        Some(Verdict::Holds)
    } else if all(&|a, b| !ends(a) && ends(b)) {
        Some(Verdict::Refuted)
    } else {
        None
    }
}

/// ln of Z_A under Init\[A\] over Init\[B\], or of the loss under Init\[B\] over Init\[A\], at the widest network.
fn log_ratio((a, b): Pair, choice: Choice, finding: Finding) -> Option<f64> {
    let (a, b) = (a?, b?);
    let (above, below) = match finding {
        Finding::LargerZa => (za(a, choice)?, za(b, choice)?),
        _ => (score(b, choice)?, score(a, choice)?),
    };
    (above > 0.0 && below > 0.0).then(|| above.ln() - below.ln())
}

/// The run of the widest network at the learning rate of the choice.
fn compared(
    sweep: &Sweep,
    choice: Choice,
    (init, seed): (Init, u64),
) -> Result<Option<&MapRun>, MapError> {
    let widths = sweep.widths();
    let (Some(&narrowest), Some(&widest)) = (widths.first(), widths.last()) else {
        return Ok(None);
    };
    let Some(runs) = sweep.cells.get(&(init, widest, seed)) else { return Ok(None) };
    Ok(match choice.lr_at {
        LrAt::EachWidth => best(runs, choice)?.map(|(_, run)| run),
        LrAt::Narrowest => {
            let Some(narrow) = sweep.cells.get(&(init, narrowest, seed)) else { return Ok(None) };
            let chosen = best(narrow, choice)?.map(|(_, run)| run.lr);
            chosen.and_then(|lr| runs.iter().find(|run| run.lr == lr))
        }
    })
}

/// Whether the exponent of the best learning rate is the printed one.
fn follows(sweep: &Sweep, choice: Choice, init: Init) -> Result<Found, MapError> {
    let widths = sweep.widths();
    let lr = |seed: u64, width: usize| match sweep.cells.get(&(init, width, seed)) {
        Some(runs) => Ok(best(runs, choice)?.map(|(lr, _)| lr)),
        None => Ok(None),
    };
    let of_seed = |seed: u64| widths.iter().map(|&width| lr(seed, width)).collect();
    let by_seed: Vec<Vec<Option<f64>>> =
        sweep.seeds().into_iter().map(of_seed).collect::<Result<_, MapError>>()?;
    let wide: Vec<f64> = widths.iter().map(|&width| width as f64).collect();
    let fit = exponent_over_seeds(&wide, &by_seed, DEFAULT_LEVEL).ok();
    // The widths that are left would be another experiment.
    let fit = fit.filter(|fit| fit.excluded_widths.is_empty());
    let interval = fit.as_ref().and_then(|fit| fit.lower.zip(fit.upper));
    let printed = approximate(printed(init)?);
    let verdict = match choice.grid {
        Grid::Fine => told_apart(interval, printed),
        Grid::Coarse => fit.as_ref().map(|_| passes(&by_seed, printed, (&wide, step(sweep)))),
    };
    let value = fit.map(|fit| fit.exponent);
    Ok(Found { finding: Finding::Follows(init), value, interval, verdict })
}

/// Whether the interval has the printed exponent and none of its neighbours.
fn told_apart(interval: Option<(f64, f64)>, printed: f64) -> Option<Verdict> {
    match agreement(interval, Some(printed), SPACING) {
        Agreement::Agrees => Some(Verdict::Holds),
        Agreement::Excluded => Some(Verdict::Refuted),
        Agreement::TooWide => Some(Verdict::Undecided),
        Agreement::NoInterval | Agreement::NoPrediction => None,
    }
}

/// ln of the largest step of the coarse grid.
fn step(sweep: &Sweep) -> f64 {
    let runs = sweep.cells.values().next().map_or(&[][..], Vec::as_slice);
    let kept = looked_at(runs, Grid::Coarse);
    kept.windows(2).map(|pair| (pair[1].lr / pair[0].lr).ln()).fold(COARSE.ln(), f64::max)
}

/// Whether a line with the printed exponent passes the means of all widths within half a step of the grid, as a
/// reader of the picture would judge. Seeds agree on grid points, so that an interval over them says little.
fn passes(by_seed: &[Vec<Option<f64>>], printed: f64, (widths, step): (&[f64], f64)) -> Verdict {
    let above_line = |(place, width): (usize, &f64)| {
        let logs = by_seed.iter().filter_map(|of_seed| Some(of_seed[place]?.ln()));
        logs.sum::<f64>() / by_seed.len() as f64 - printed * width.ln()
    };
    let above: Vec<f64> = widths.iter().enumerate().map(above_line).collect();
    let (low, high) = above
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &x| (low.min(x), high.max(x)));
    // Rounding must not decide where all points lie on grid points of the line.
    if high - low <= step * (1.0 + 1e-9) { Verdict::Holds } else { Verdict::Refuted }
}
