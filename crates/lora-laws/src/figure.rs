//! The laws as a figure: exponents below each other, run by run.

use lora_figures::{FigureText, VerdictRow, VerdictsFigure};

use crate::law::Law;
use crate::quantity::LawQuantity;

/// What is said below the rows.
const CAPTION: &str = concat!(
    "Exponents over the width with 95% intervals, and what the calculus says where a backward signal falls like n^-a. ",
    "Of a synthetic network a is given; of a transformer it is measured, from the gradients of the first step, and its ",
    "interval makes the band. That a module of a transformer is a LoRA layer with such a signal is a hypothesis. Holds ",
    "and refuted say whether the measured interval meets the prediction; a, from which it starts, is not judged. ",
    "Intervals are over seeds. Where all seeds have one base at each width they hold the scatter of the widths, too."
);

const MODULES_CAPTION: &str = concat!(
    "The exponent a of each kind of module, from the gradients of the first step: those of B under Init[A] and those of ",
    "A under Init[B]. The 95% intervals are over seeds, and where these have one base at each width over the scatter of ",
    "widths, too. There is no prediction, and nothing is judged. The synthetic network has a = 1/2 with the standard readout and 1 with muP's."
);

/// The figure of all laws.
pub fn figure(laws: &[Law]) -> VerdictsFigure {
    of(laws, &LawQuantity::ALL, "How learning rates and features scale with the width")
}

/// The figure of the learning rates alone, which is short where runs are many.
pub fn rates(laws: &[Law]) -> VerdictsFigure {
    let rates = [LawQuantity::EtaOpt, LawQuantity::EtaStable];
    of(laws, &rates, "How learning rates scale with the width")
}

/// By quantity and init.
fn of(laws: &[Law], quantities: &[LawQuantity], title: &str) -> VerdictsFigure {
    let mut rows = Vec::new();
    for &quantity in quantities {
        let mut of: Vec<&Law> = laws.iter().filter(|law| law.quantity == quantity).collect();
        of.retain(|law| law.module.is_none());
        of.sort_by_key(|law| law.arm);
        rows.extend(of.into_iter().map(row));
    }
    drawn(title, CAPTION, (laws, rows))
}

/// The figure of readout exponents by module, run by run; none where there are none.
pub fn modules(laws: &[Law]) -> Option<VerdictsFigure> {
    let of_module = |law: &Law| {
        let module = law.module.clone()?;
        Some(VerdictRow { group: format!("{}, {}", law.run, law.arm), label: module, ..row(law) })
    };
    let rows: Vec<VerdictRow> = laws.iter().filter_map(of_module).collect();
    let title = "Readout exponents of the modules of transformers";
    (!rows.is_empty()).then(|| drawn(title, MODULES_CAPTION, (laws, rows)))
}

fn drawn(title: &str, caption: &str, (laws, rows): (&[Law], Vec<VerdictRow>)) -> VerdictsFigure {
    VerdictsFigure {
        text: FigureText {
            title: title.to_owned(),
            caption: caption.to_owned(),
            badge: badge(laws),
        },
        x_label: "exponent".to_owned(),
        x_range: None,
        rows,
    }
}

/// What is said of quick runs.
pub(crate) fn badge(laws: &[Law]) -> Option<String> {
    let quick = laws.iter().any(|law| law.quick);
    quick.then(|| "quick runs among them: small sizes, do not quote".to_owned())
}

fn row(law: &Law) -> VerdictRow {
    let (fit, predicted) = (&law.fit, law.predicted);
    let power = |value: Option<f64>| value.filter(|_| fit.not_a_power_law.is_none());
    VerdictRow {
        group: format!("{}, {}", law.quantity.heading(), law.arm),
        label: law.run.clone(),
        estimate: power(fit.exponent),
        lower: power(fit.lower),
        upper: power(fit.upper),
        corrected: None,
        predicted: predicted.map_or(f64::NAN, |of| (of.lower + of.upper) / 2.0),
        tolerance: predicted.map_or(0.0, |of| of.width() / 2.0),
        verdict: law.verdict(),
    }
}
