//! What is asked: the settings that the flags describe, one for each init.

use lora_theory::{Exponent, Factor, Init, InitStd, Rate, Rational, Setting, Trained};

use crate::cli::PredictArgs;

/// A question to the theory.
pub struct Request {
    /// One for each init.
    pub settings: Vec<Setting>,
    /// The γ at which to show everything; `None` for the critical ones.
    pub at: Option<Rational>,
    /// Whether some factor's learning rate follows γ, so that there are critical ones.
    pub scans: bool,
}

impl Request {
    /// Reads the flags.
    ///
    /// # Errors
    /// Which flags contradict each other, and why.
    pub fn of(arguments: &PredictArgs) -> Result<Self, String> {
        let train = train(arguments)?;
        let (rate_a, rate_b) = rates(arguments, train)?;
        let scanned = |(factor, rate): (Factor, Rate)| {
            train.includes(factor) && matches!(rate, Rate::Scanned(_))
        };
        let scans = [(Factor::A, rate_a), (Factor::B, rate_b)].into_iter().any(scanned);
        if !scans && arguments.lr_exponent.is_some() {
            let fixed = "every learning rate is fixed by --lr-a-exponent and --lr-b-exponent";
            return Err(format!("--lr-exponent has nothing to set, {fixed}"));
        }
        let setting = |init| Setting {
            optimizer: arguments.optimizer,
            train,
            rate_a,
            rate_b,
            rank: arguments.rank_exponent,
            multiplier_rank: arguments.multiplier_rank,
            multiplier_width: arguments.multiplier_width,
            steps: arguments.steps,
            ..scope(arguments, init)
        };
        Ok(Self {
            settings: inits(arguments).into_iter().map(setting).collect(),
            at: arguments.lr_exponent.or((!scans).then(|| Rational::from_integer(0))),
            scans,
        })
    }
}

/// Whether both factors start random: with a growing rank the calculus then gives upper bounds.
pub fn both_random(init: InitStd) -> bool {
    match init {
        InitStd::Of(init) => init == Init::AB,
        InitStd::Custom { a, b } => a != Exponent::Zero && b != Exponent::Zero,
    }
}

fn scope(arguments: &PredictArgs, init: InitStd) -> Setting {
    match arguments.layer {
        true => Setting::layer(init),
        false => Setting::network(init, arguments.readout),
    }
}

fn inits(arguments: &PredictArgs) -> Vec<InitStd> {
    match (arguments.init, arguments.std_a_exponent, arguments.std_b_exponent) {
        (_, Some(a), Some(b)) => vec![InitStd::Custom { a, b }],
        (Some(init), ..) => vec![init.into()],
        _ => vec![Init::A.into(), Init::B.into()],
    }
}

fn train(arguments: &PredictArgs) -> Result<Trained, String> {
    Trained::try_from(arguments.train.as_slice())
        .map_err(|_| "--train names each factor once: A, B or A,B".to_owned())
}

fn rates(arguments: &PredictArgs, train: Trained) -> Result<(Rate, Rate), String> {
    let zero = Rational::from_integer(0);
    if let (Some(_), Trained::A | Trained::B) = (arguments.lr_ratio_exponent, train) {
        return Err(format!("--lr-ratio-exponent compares η_B with η_A, but {train} trains"));
    }
    let fixed = [
        ("--lr-a-exponent", Factor::A, arguments.lr_a_exponent),
        ("--lr-b-exponent", Factor::B, arguments.lr_b_exponent),
    ];
    for (flag, factor, rate) in fixed {
        if rate.is_some() && !train.includes(factor) {
            let without = format!("leave it out or train {factor}");
            return Err(format!(
                "{flag} sets a learning rate of {factor}, but {train} trains: {without}"
            ));
        }
    }
    let ratio = arguments.lr_ratio_exponent.unwrap_or(zero);
    Ok((
        arguments.lr_a_exponent.map_or(Rate::Scanned(zero), Rate::Fixed),
        arguments.lr_b_exponent.map_or(Rate::Scanned(ratio), Rate::Fixed),
    ))
}
