//! What several test files share: drawing all figures, and a small PNG reader.

use std::path::Path;

use lora_figures::{
    CollapseFigure, CurvesFigure, DriftFigure, FigureError, Files, LoraPlusFigure, NormsFigure,
    PhasesFigure, ScalingFigure, Style, TraceAxis, TracesFigure, VerdictsFigure, collapse, curves,
    drift, lora_plus, norms, phases, scaling, traces as draw_traces, verdicts,
};

pub mod png;
#[path = "../../examples/gallery/sample.rs"]
pub mod sample;
#[allow(dead_code, reason = "the gallery draws more")]
#[path = "../../examples/gallery/suite.rs"]
pub mod suite;
#[path = "../../examples/gallery/traces.rs"]
pub mod traces;

/// Small enough to be quick, large enough to read.
pub const QUICK: Style = Style { png_scale: 2, oversample: 2 };

/// All figures with their names.
pub struct All {
    pub scaling: ScalingFigure,
    pub norms: NormsFigure,
    pub curves: CurvesFigure,
    pub phases: PhasesFigure,
    pub verdicts: VerdictsFigure,
    pub lora_plus: LoraPlusFigure,
    pub drift: DriftFigure,
    pub collapse: CollapseFigure,
    pub traces: TracesFigure,
}

impl All {
    pub fn sample() -> Self {
        Self {
            scaling: sample::scaling_data(),
            norms: sample::norms_data(),
            curves: sample::curves_data(),
            phases: sample::phases_data(),
            verdicts: suite::verdicts_data(),
            lora_plus: suite::lora_plus_data(),
            drift: suite::drift_data(),
            collapse: suite::collapse_data(),
            traces: traces::traces_data(TraceAxis::Width),
        }
    }

    pub fn empty() -> Self {
        Self {
            scaling: ScalingFigure::default(),
            norms: NormsFigure::default(),
            curves: CurvesFigure::default(),
            phases: PhasesFigure::default(),
            verdicts: VerdictsFigure::default(),
            lora_plus: LoraPlusFigure::default(),
            drift: DriftFigure::default(),
            collapse: CollapseFigure::default(),
            traces: TracesFigure::default(),
        }
    }

    pub fn draw(&self, dir: &Path) -> Result<Vec<Files>, FigureError> {
        Ok(vec![
            scaling(&self.scaling, &dir.join("scaling"), &QUICK)?,
            norms(&self.norms, &dir.join("norms"), &QUICK)?,
            curves(&self.curves, &dir.join("curves"), &QUICK)?,
            phases(&self.phases, &dir.join("phases"), &QUICK)?,
            verdicts(&self.verdicts, &dir.join("verdicts"), &QUICK)?,
            lora_plus(&self.lora_plus, &dir.join("lora_plus"), &QUICK)?,
            drift(&self.drift, &dir.join("drift"), &QUICK)?,
            collapse(&self.collapse, &dir.join("collapse"), &QUICK)?,
            draw_traces(&self.traces, &dir.join("traces"), &QUICK)?,
        ])
    }
}
