//! The limits that a readout exponent has, and the inits that have none.

use lora_limit::{Class, Points, rms_preactivation};
use lora_sim::spec::Init;
use lora_theory::Rational;

use crate::answer::InitAnswer;
use crate::bound::Bound;
use crate::error::ConstantsError;
use crate::question::Question;

/// A limit that exists.
pub(crate) struct Setting {
    pub init: Init,
    pub class: Class,
    pub bound: Bound,
    /// What has to be said of c_stable.
    pub remark: Option<String>,
}

type Missing = Vec<(Init, InitAnswer)>;

/// The limits of a readout, and the inits that have none.
pub(crate) fn settings(
    question: &Question,
    readout: Rational,
) -> Result<(Vec<Setting>, Missing), ConstantsError> {
    let (mut settings, mut missing) = (Vec::new(), Vec::new());
    let kappa = question.experiment.search.stability_bound;
    for &init in &question.experiment.training.inits {
        match question.class(readout, init) {
            Ok(class) => {
                let bound = Bound::of(&class, kappa, question.width)?;
                let remark = bound.remark(rms_h(question, readout)?);
                settings.push(Setting { init, class, bound, remark });
            }
            Err(why) if why.means_no_limit() => {
                missing.push((init, InitAnswer::Nothing { no_limit: why.to_string() }));
            }
            Err(why) => return Err(why.into()),
        }
    }
    Ok((settings, missing))
}

/// rms of h over the points of the first seed.
fn rms_h(question: &Question, readout: Rational) -> Result<f64, ConstantsError> {
    let (model, seeds) = (question.model(readout), &question.experiment.training.seeds);
    let points = Points::draw(&model, seeds.first().copied().unwrap_or_default())?;
    Ok(rms_preactivation(&model, &points))
}
