//! The Python package `lora_limits`: the library crates that the command line calls, as functions.
//!
//! Nothing is decided here. Arguments are read by [`arguments`](self), a library is called on a thread of its
//! own, and its answer becomes a frozen object.

mod advise;
mod answer;
mod arguments;
mod arrow_in;
mod cells;
mod config;
mod coordinates;
mod diagnose;
mod diagnosed_module;
mod diagnosis;
mod drawn;
mod experiment;
mod failure;
mod html;
mod judge;
mod law;
mod limit;
mod number;
mod on_thread;
mod phase_map;
mod predict;
mod shown;
mod summary;
mod sweep;
mod sweep_tables;
mod table;
mod transfer;
mod transferred;
mod watched;
mod works;

use pyo3::prelude::*;

/// The native half of `lora_limits`.
#[pymodule]
mod _native {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::advise::{Advice, LoraPlusRates, LossRatio, ModelSummary, ModuleAdvice, advise};
    #[pymodule_export]
    use crate::coordinates::{CoordinateSummary, FeatureSummary, LossGapSummary};
    #[pymodule_export]
    use crate::diagnose::diagnose;
    #[pymodule_export]
    use crate::diagnosed_module::{
        AllowedMovement, FactorDiagnosis, LawTest, ModuleDiagnosis, ModuleStart, Movement,
        PartBounds, RandomMovement, Spectrum, StepBounds, UnitOutput, ZeroMovement,
    };
    #[pymodule_export]
    use crate::diagnosis::{
        AdapterDiagnosis, Diagnosis, Finding, Findings, LeftOut, PooledMovement, StatedTraining,
    };
    #[pymodule_export]
    use crate::failure::LoraLimitsError;
    #[pymodule_export]
    use crate::judge::{Counts, FitTest, InitTests, JudgedSweep, Judgement, Needed, ReadAs, judge};
    #[pymodule_export]
    use crate::law::{Law, LawRate};
    #[pymodule_export]
    use crate::limit::{
        BasinOver, Constants, Limit, LossOver, LowerLoss, NoLimit, NotCompared, ReadoutLimit,
        SeedConstants, limit,
    };
    #[pymodule_export]
    use crate::phase_map::{CriticalPoint, Phase, PhaseMap, RegimeSizes, Snapshot, phase_map};
    #[pymodule_export]
    use crate::predict::{
        Analysis, Critical, CriticalRate, GammaRange, Point, Prediction, predict,
    };
    #[pymodule_export]
    use crate::summary::{
        BasinSummary, ExponentSummary, InitSummary, LrSummary, SlopeSummary, StatementSummary,
        Summary, ValueSummary, WidthSummary,
    };
    #[pymodule_export]
    use crate::sweep::{Sweep, sweep};
    #[pymodule_export]
    use crate::table::Table;
    #[pymodule_export]
    use crate::transfer::transfer;
    #[pymodule_export]
    use crate::transferred::{
        Beside, GivenExponent, LrRange, MeasuredExponent, SizeChange, Transfer,
    };

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        // After Python's own threads have ended, and before the process does.
        let finish = wrap_pyfunction!(crate::works::_finish, module)?;
        module.py().import("atexit")?.call_method1("register", (finish,))?;
        // Pickle finds it by its name, and it is none of the names that the module exports.
        module.setattr("_Figures", module.py().get_type::<crate::drawn::Figures>())?;
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
