//! The document of `diagnose`: adapters with what is said of them.

use pyo3::prelude::*;

use crate::answer::records;
use crate::cells::column;
use crate::diagnosed_module::{AllowedMovement, ModuleDiagnosis, PartBounds, RandomMovement};
use crate::table::Table;

records! {
    /// What trained adapters say of their training.
    Diagnosis {
        /// Version of the document.
        schema: u32,
        /// The training that was stated; None if none was.
        training: Option<StatedTraining>,
        /// The adapters, in the order in which they were named.
        adapters: Vec<AdapterDiagnosis>,
        /// What no adapter tells, in sentences.
        unknowable: Vec<String>,
    }
    + figures
    {
        /// The modules of all adapters as a table: a row for each, with the columns of modules.csv. Sizes of A (r ×
        /// fan_in) and B (fan_out × r) are those of entries (rms) and of whole matrices (frobenius, spectral).
        #[getter]
        fn table(&self) -> PyResult<Table> {
            let rows: Vec<(&String, &ModuleDiagnosis)> = self
                .adapters
                .iter()
                .flat_map(|adapter| adapter.modules.iter().map(move |module| (&adapter.dir, module)))
                .collect();
            Ok(Table::of([of_shapes(&rows), of_sizes(&rows), of_movements(&rows)].concat())?)
        }
    }

    /// What is known of the training of an adapter.
    StatedTraining {
        /// η of A; the largest one of a schedule.
        lr: f64,
        /// Optimiser steps.
        steps: u32,
        /// η_B/η_A; 1 without LoRA+.
        lr_ratio: f64,
        /// Adam's β1 and β2.
        betas: (f64, f64),
        /// λ of AdamW; 0 without weight decay.
        weight_decay: f64,
    }

    /// One adapter.
    AdapterDiagnosis {
        /// Its folder, as it was named.
        dir: String,
        /// init_lora_weights of its config.
        init_lora_weights: String,
        /// What is said of it.
        findings: Findings,
        /// Movements over its modules together; None where no start is recognised.
        pooled: Option<PooledMovement>,
        /// The level of each test of a factor: 0.001 over the number of factors.
        level: f64,
        /// Its modules, by kind, layer and name.
        modules: Vec<ModuleDiagnosis>,
        /// What nothing is said of.
        left_out: Vec<LeftOut>,
    }

    /// The verdicts on an adapter.
    Findings {
        /// How it started: "Init[A]", "Init[B]", "both random", "mixed" or "unknown".
        start: Finding,
        /// Whether that is what its config says: "agrees", "contradicts" or "cannot_tell".
        declared: Finding,
        /// Whether it was trained: "untrained", "partly" or "trained".
        trained: Finding,
        /// How far the factors moved beside each other: "alike", "zero_start_more", "random_start_still",
        /// "random_start_more" or "cannot_tell".
        movement: Finding,
        /// How large its output is for inputs with an rms of 1: "nothing", "hardly_acts", "acts" or "beyond_order_one".
        output: Finding,
        /// Whether B is trained enough: "undertrained", "looks_undertrained", "trained" or "cannot_tell".
        b: Finding,
        /// Whether the stated training can have made it: "possible", "contradicted" or "cannot_tell"; None if none was
        /// stated.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stated: Option<Finding>,
    }

    /// Something that is said of an adapter.
    Finding {
        /// What is said, in a word.
        verdict: String,
        /// Why, with numbers.
        because: String,
        /// Where that ends.
        limit: String,
    }

    /// Movements of an entry over all modules of one init.
    PooledMovement {
        /// The init: "Init[A]" or "Init[B]".
        init: String,
        /// By what `random_start` is estimated: "edge", where means of absolute values are compared, or "excess", where
        /// rms are.
        by: String,
        /// Of the factor that started at zero.
        zero_start: f64,
        /// Of the factor that started random: the value, the lower end of its range, and the upper one.
        random_start: (f64, f64, f64),
        /// The first over the second, with its range; None is infinite.
        ratio: (Option<f64>, f64, Option<f64>),
        /// Modules that it is over.
        modules: usize,
        /// Whether nothing speaks against the start of the random factor in any of them.
        unmoved: bool,
        /// The rms of an entry's movement of the factor that started random, with its range; None if the mean squares are
        /// below the law's by more than chance.
        random_rms: Option<(f64, f64, f64)>,
    }

    /// Tensors or modules of which nothing is said.
    LeftOut {
        /// What they are, in the plural.
        what: String,
        /// How many there are.
        count: usize,
        /// The first of them.
        first: String,
        /// Why nothing is said, or what that does to what is said.
        why: String,
    }
}

/// A module with the folder of its adapter.
type Row<'a> = (&'a String, &'a ModuleDiagnosis);

/// Columns of a table.
type Columns = Vec<(&'static str, arrow_array::ArrayRef)>;

fn of_shapes(rows: &[Row<'_>]) -> Columns {
    let of = || rows.iter().map(|(_, module)| *module);
    vec![
        column("adapter", rows.iter().map(|(dir, _)| (*dir).clone())),
        column("module", of().map(|one| one.module.clone())),
        column("kind", of().map(|one| one.kind.clone())),
        column("layer", of().map(|one| one.layer)),
        column("fan_in", of().map(|one| one.fan_in)),
        column("fan_out", of().map(|one| one.fan_out)),
        column("r", of().map(|one| one.r)),
        column("alpha", of().map(|one| one.alpha)),
        column("scaling", of().map(|one| one.scaling)),
    ]
}

fn of_sizes(rows: &[Row<'_>]) -> Columns {
    let of = || rows.iter().map(|(_, module)| *module);
    vec![
        column("a_frobenius", of().map(|one| one.a.frobenius)),
        column("a_rms", of().map(|one| one.a.rms)),
        column("a_spectral", of().map(|one| one.a.spectral)),
        column("b_frobenius", of().map(|one| one.b.frobenius)),
        column("b_rms", of().map(|one| one.b.rms)),
        column("b_spectral", of().map(|one| one.b.spectral)),
        column("product_spectral", of().map(|one| one.product.spectral)),
        column("product_frobenius", of().map(|one| one.product.frobenius)),
        column("effective_rank", of().map(|one| one.product.effective_rank)),
        column("above_a_tenth", of().map(|one| one.product.above_a_tenth)),
        column("output_typical", of().map(|one| one.output.typical)),
        column("output_largest", of().map(|one| one.output.largest)),
    ]
}

fn of_movements(rows: &[Row<'_>]) -> Columns {
    let of = || rows.iter().map(|(_, module)| *module);
    let moved = || of().map(|one| one.movement.as_ref());
    let allowed = |of: &AllowedMovement| of.share;
    let random = |of: fn((f64, f64, f64)) -> f64| {
        let rms = |random: &RandomMovement| random.rms;
        moved().map(move |moved| moved?.random_start.as_ref().and_then(rms).map(of))
    };
    let part =
        |of_part: fn(&PartBounds) -> f64| of().map(move |one| one.deltas.as_ref().map(of_part));
    vec![
        column("looks_like", of().map(|one| one.start.looks_like.clone())),
        column("untrained", of().map(|one| one.start.untrained)),
        column("zero_start_rms", moved().map(|moved| moved.map(|moved| moved.zero_start.rms))),
        column(
            "share_of_bound",
            moved().map(|moved| moved?.zero_start.allowed.as_ref().map(allowed)),
        ),
        column("random_start_rms", random(|rms| rms.0)),
        column("random_start_rms_low", random(|rms| rms.1)),
        column("random_start_rms_high", random(|rms| rms.2)),
        column("start_part_at_most", part(|deltas| deltas.start_at_most)),
        column("delta3_at_least", part(|deltas| deltas.delta3_at_least)),
        column("delta3_at_most", part(|deltas| deltas.delta3_at_most)),
    ]
}
