//! `diagnose`: what trained adapters say of their training.

use std::path::PathBuf;

use lora_advice::numbers::learning_rate;
use lora_diagnosis::stated::{STEPS, betas, weight_decay};
use lora_diagnosis::{
    DiagnoseAnswer, DiagnoseRequest, KNOWN, TooMuchDecay, TrainingAsked, drawing, write,
};
use lora_runner::threads::pool;
use lora_store::folder::Folder;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::answer::record;
use crate::arguments::{Number, PathArgument, maybe, read, within};
use crate::diagnosis::Diagnosis;
use crate::drawn::Figures;
use crate::failure::Failure;
use crate::on_thread::{StopFlag, on_thread};
use crate::watched::threads_of;

/// The line of the page that diagnoses again.
const AGAIN: &str = "lora_limits.diagnose(adapters, …)";

/// The β1 and β2 that a stated training has by default, and its η_B/η_A.
const USUAL: ([f64; 2], f64) = ([0.9, 0.999], 1.0);

/// The path of one folder, or several.
pub struct Folders(Vec<PathBuf>);

impl<'a, 'py> FromPyObject<'a, 'py> for Folders {
    type Error = PyErr;

    fn extract(of: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(PathArgument(path)) = of.extract() {
            return Ok(Self(vec![path]));
        }
        let wrong = |kind| format!("must be the path of a folder or several paths, not {kind}");
        let Ok(paths) = of.try_iter() else {
            return Err(PyTypeError::new_err(wrong(of.get_type().name()?)));
        };
        let path = |path: PyResult<Bound<'py, PyAny>>| Ok(path?.extract::<PathArgument>()?.0);
        paths.map(path).collect::<PyResult<_>>().map(Self)
    }
}

/// The stated training. Nothing of it stands without both `lr` and `steps`.
fn training(
    (lr, steps): (Option<Number>, Option<i64>),
    lr_ratio: Option<&Number>,
    given: Option<&(Number, Number)>,
    decay: Option<&Number>,
) -> Result<Option<TrainingAsked>, Failure> {
    let (Some(lr), Some(steps)) = (&lr, steps) else {
        let named = [("lr", lr.is_some()), ("steps", steps.is_some())];
        let others = [
            ("lr_ratio", lr_ratio.is_some()),
            ("betas", given.is_some()),
            ("weight_decay", decay.is_some()),
        ];
        return match named.into_iter().chain(others).find(|(_, given)| *given) {
            Some((name, _)) => {
                let other = if name == "lr" { "steps" } else { "lr" };
                Err(Failure::Request(format!(
                    "{name} needs {other}: a stated training has lr and steps"
                )))
            }
            None => Ok(None),
        };
    };
    let text = given.map(|(beta1, beta2)| Number::of(&format!("{},{}", beta1.text, beta2.text)));
    let plain = TrainingAsked::new(
        maybe("lr", Some(lr), learning_rate)?.unwrap_or_default(),
        within("steps", steps, (*STEPS.start(), *STEPS.end()))?,
        maybe("lr_ratio", lr_ratio, learning_rate)?.unwrap_or(USUAL.1),
        maybe("betas", text.as_ref(), betas)?.unwrap_or(USUAL.0),
    );
    let Some(decay) = decay else { return Ok(Some(plain)) };
    let lambda = read("weight_decay", decay, weight_decay)?;
    let too_much =
        |error: TooMuchDecay| Failure::argument("weight_decay", &decay.text, &error.to_string());
    Ok(Some(plain.with_weight_decay(lambda).map_err(too_much)?))
}

/// Says how trained PEFT adapters started, how far their factors moved and what they do. No base model is read and
/// nothing is trained.
///
/// A folder holds adapter_config.json and adapter_model.safetensors, as PEFT's save_pretrained writes them.
///
/// Args:
///     adapters: the path of a folder, or several of them.
///     lr: η of the training, of A with LoRA+; the largest one of a schedule.
///     steps: its optimiser steps. With both, movements are compared with what Adam could do.
///     lr_ratio: η_B/η_A, PEFT's loraplus_lr_ratio; 1 if None.
///     betas: Adam's β1 and β2; (0.9, 0.999) if None.
///     weight_decay: λ of AdamW, which decays both factors; 0 if None.
///     threads: threads to compute on, 1 to 1024; all cores if None. The answer does not depend on it.
///     out: a folder for diagnosis.json, modules.csv, the figure and a page.
///
/// Raises:
///     LoraLimitsError: for an adapter that is damaged, and for arguments that contradict each other.
///     OSError: for a file or a folder that cannot be read or written.
#[pyfunction]
#[pyo3(signature = (adapters, *, lr=None, steps=None, lr_ratio=None, betas=None, weight_decay=None, threads=None, out=None))]
#[expect(clippy::too_many_arguments, reason = "they are keywords")]
pub fn diagnose(
    py: Python<'_>,
    adapters: Folders,
    lr: Option<Number>,
    steps: Option<i64>,
    lr_ratio: Option<Number>,
    betas: Option<(Number, Number)>,
    weight_decay: Option<Number>,
    threads: Option<i64>,
    out: Option<PathArgument>,
) -> PyResult<Diagnosis> {
    let Folders(dirs) = adapters;
    if dirs.is_empty() {
        let said = "adapters: names no folder, but must name at least one";
        return Err(Failure::Request(said.to_owned()).into());
    }
    let decay = weight_decay.as_ref();
    let training = training((lr, steps), lr_ratio.as_ref(), betas.as_ref(), decay)?;
    let threads = threads_of(threads)?;
    let asked = DiagnoseRequest { dirs, training };
    let work = move |stop: StopFlag| {
        if let Some(PathArgument(out)) = &out {
            Folder::check(out, &KNOWN)?;
        }
        let answer = pool(threads)?.install(|| DiagnoseAnswer::until(&asked, &|| stop.asked()))?;
        if let Some(PathArgument(out)) = &out {
            write(&answer, out, AGAIN)?;
        }
        let diagnosis: Diagnosis = record(&answer)?;
        Ok(Diagnosis { figures: Figures::of(move || vec![drawing(&answer)]), ..diagnosis })
    };
    on_thread(py, work, |_| Ok(()))
}
