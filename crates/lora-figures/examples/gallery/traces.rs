//! Made-up data of a coordinate check: one feature that stays as the width grows, and one that grows.

use lora_figures::{Init, TraceAxis, TraceNote, TracePoint, TraceRow, TracesFigure};

use super::sample::{noise, words};

/// Steps that are recorded.
pub const STEPS: u64 = 10;

/// A feature that is flat, and one that goes like n^1/2 under Init\[A\]; at step 0 the flat one is 0, which a log axis
/// cannot show.
pub fn traces_data(over: TraceAxis) -> TracesFigure {
    let mut figure = TracesFigure {
        text: words("Features against width", true),
        over,
        rows: [("za_rms", "rms of Z_{A}"), ("zb_rms", "rms of Z_{B}")]
            .map(|(key, name)| TraceRow { key: key.to_owned(), name: name.to_owned() })
            .into(),
        ..TracesFigure::default()
    };
    for (row, init) in
        [("za_rms", Init::A), ("za_rms", Init::B), ("zb_rms", Init::A), ("zb_rms", Init::B)]
    {
        let power: f64 = if (row, init) == ("za_rms", Init::A) { 0.5 } else { 0.0 };
        figure.notes.push(TraceNote {
            row: row.to_owned(),
            init,
            text: format!(
                "slope {power:.2} [{:.2}, {:.2}], theory {power}: made up",
                power - 0.1,
                power + 0.1
            ),
        });
        for width in (7..=13).map(|k| 1_usize << k) {
            for step in 0..=STEPS {
                let off = (0.05 * noise(&[init as u64, width as u64, step])).exp();
                let moved = step as f64 * (width as f64 / 128.0).powf(power) * off;
                let value = if row == "za_rms" { 1.0 + moved } else { moved };
                let (row, width) = (row.to_owned(), width.into());
                figure.points.push(TracePoint { row, init, width, step, value });
            }
        }
    }
    figure
}
