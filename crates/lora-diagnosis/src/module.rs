//! The diagnosis of one adapted module.

use lora_checkpoint::{PairNames, Tensor};
use lora_peft::Multiplier;
use serde::Serialize;

use crate::deltas::{Deltas, Sides};
use crate::factor::Factor;
use crate::law::Law;
use crate::movement::Movement;
use crate::place::Place;
use crate::spectrum::{Spectrum, Thin, product};
use crate::start::{Declared, Start};
use crate::training::TrainingAsked;

/// The module's output for inputs whose entries have an rms of 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct UnitOutput {
    /// The rms of an output entry for independent input entries: ‖s B A‖_F/√fan-out.
    pub typical: f64,
    /// The largest rms of any such input: ‖s B A‖ √(fan-in/fan-out).
    pub largest: f64,
}

/// An adapted module.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModuleDiagnosis {
    /// Its name in the base model.
    pub module: String,
    /// Its kind and its layer.
    #[serde(flatten)]
    pub place: Place,
    /// Columns of A.
    pub fan_in: usize,
    /// Rows of B.
    pub fan_out: usize,
    /// The rank.
    pub r: usize,
    /// α.
    pub alpha: f64,
    /// s.
    pub scaling: f64,
    /// A, r × fan-in.
    pub a: Factor,
    /// B, fan-out × r.
    pub b: Factor,
    /// s B A.
    pub product: Spectrum,
    /// What that makes of inputs.
    pub output: UnitOutput,
    /// How the factors started.
    pub start: Start,
    /// How far they moved; none where it is not known which one started at zero.
    pub movement: Option<Movement>,
    /// Bounds on δ1, δ2 and δ3; none where the law of the random factor is not recognised.
    pub deltas: Option<Deltas>,
}

/// What is known of a module beside its factors.
#[derive(Clone, Copy)]
pub(crate) struct Known<'a> {
    pub names: &'a PairNames,
    pub multiplier: Multiplier,
    pub declared: Declared,
    pub level: f64,
    pub training: Option<&'a TrainingAsked>,
}

/// Diagnoses a module; none if its singular values were not found.
pub(crate) fn diagnosed(known: &Known<'_>, a: &Tensor, b: &Tensor) -> Option<ModuleDiagnosis> {
    let PairNames { module, rank, fan_in, fan_out, .. } = known.names;
    let (r, fan_in, fan_out) = (*rank, *fan_in, *fan_out);
    let Multiplier { alpha, scaling, .. } = known.multiplier;
    let thin_a = Thin::of_a(&a.as_f32(), r, fan_in);
    let thin_b = Thin::of_b(&b.as_f32(), fan_out, r);
    let spectrum = product(scaling, &thin_b, &thin_a)?;
    let a = Factor::of(a, &thin_a, &Law::of_a(r, fan_in), [r, fan_in], known.level)?;
    let b = Factor::of(b, &thin_b, &Law::of_b(r), [r, fan_out], known.level)?;
    let start = Start::of(&a, &b, known.declared);
    let sides = Sides { a: &a, b: &b, scaling, r, fan_in, fan_out, total: spectrum.spectral };
    let (n_in, n_out) = (fan_in as f64, fan_out as f64);
    Some(ModuleDiagnosis {
        module: module.clone(),
        place: Place::of(module),
        fan_in,
        fan_out,
        r,
        alpha,
        scaling,
        output: UnitOutput {
            typical: spectrum.frobenius / n_out.sqrt(),
            largest: spectrum.spectral * (n_in / n_out).sqrt(),
        },
        product: spectrum,
        movement: Movement::of(&start, &a, &b, known.training),
        deltas: Deltas::of(&sides, &start, known.training),
        start,
        a,
        b,
    })
}
