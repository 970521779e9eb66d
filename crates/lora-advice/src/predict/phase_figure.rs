//! The figure of a γ line: the bar that sweeps draw of their own setting, for any setting.

use lora_analysis::draw::{marked, phase_bar};
use lora_figures::{Drawable, Drawing, FigureText, PhasesFigure};
use lora_theory::{Exponent, Init, InitStd, Rational, Setting};

use super::Question;
use super::heading::asked_for;

/// Its name, which is that of a sweep's figure.
const FIGURE: &str = "phases";

/// A bar for each setting of a question, cut into regimes between two learning-rate exponents. A setting outside the
/// calculus has none.
///
/// ```
/// use lora_advice::predict::{PredictRequest, Question, phase_drawing};
/// use lora_theory::Rational;
///
/// let asked = PredictRequest::default();
/// let drawing = phase_drawing(&Question::of(&asked)?, (Rational::new(-3, 2), Rational::new(0, 1)));
/// assert!(drawing.svg()?.contains("Init[A]"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn phase_drawing(question: &Question, range: (Rational, Rational)) -> Drawing {
    let mut figure = PhasesFigure::default();
    for setting in &question.settings {
        phase_bar(&mut figure, look(setting.init), &bar(question, setting), setting, range);
    }
    let asked = asked_for(question).into_iter().map(|line| format!(" {line}."));
    figure.text = FigureText {
        title: "What a learning rate of order n^{γ} does as n grows".to_owned(),
        caption: marked(&format!(
            "Exponent γ of η = Θ(n^{{γ}}). Regimes and exact critical exponents are the theory's.{}",
            asked.collect::<String>()
        )),
        badge: None,
    };
    figure.named(FIGURE)
}

/// What a bar is called beside its init.
fn bar(question: &Question, setting: &Setting) -> String {
    let scope = match question.asked.layer {
        true => "LoRA layer alone".to_owned(),
        false => format!("whole network, a = {}", question.asked.readout),
    };
    match setting.init {
        InitStd::Of(_) => scope,
        InitStd::Custom { .. } => format!("{scope}; {}", setting.init),
    }
}

/// The init with the same random factors, whose name and colour a bar has.
fn look(init: InitStd) -> Init {
    match init {
        InitStd::Of(init) => init,
        InitStd::Custom { b: Exponent::Zero, .. } => Init::A,
        InitStd::Custom { a: Exponent::Zero, .. } => Init::B,
        InitStd::Custom { .. } => Init::AB,
    }
}
