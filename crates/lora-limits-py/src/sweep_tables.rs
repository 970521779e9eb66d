//! The rows of a sweep as tables: the columns of `runs.csv`, `trajectories.csv`, `modules.csv` and `limits.csv`.

use lora_store::limits::LimitRow;
use lora_store::rows::{ModuleRow, Results, RunRow, StepRow};
use lora_types::for_each_measurement;

use crate::cells::column;
use crate::failure::Failure;
use crate::table::Table;

/// The tables of a sweep.
#[derive(Clone, Debug)]
pub struct SweepTables {
    /// A row for each run.
    pub runs: Table,
    /// A row for each recorded step.
    pub steps: Table,
    /// A row for each adapted module of each run of a transformer.
    pub modules: Table,
    /// A row for each run of the limit n → ∞.
    pub limits: Table,
}

impl SweepTables {
    /// Of all rows.
    ///
    /// # Errors
    /// [`Failure::Bug`] if columns are not of one length.
    pub fn of(results: &Results) -> Result<Self, Failure> {
        let Results { runs, steps, modules, limits, .. } = results;
        Ok(Self {
            runs: of_runs(runs)?,
            steps: of_steps(steps)?,
            modules: of_modules(modules)?,
            limits: of_limits(limits)?,
        })
    }
}

macro_rules! table {
    ($rows:ident: $($name:ident),*) => {
        Table::of(vec![
            $(column(stringify!($name), $rows.iter().map(|row| row.$name.to_owned())),)*
        ])
    };
}

fn of_runs(rows: &[RunRow]) -> Result<Table, Failure> {
    table!(rows: init, width, seed, lr_index, lr, score, first_loss, train_loss, test_loss, peak_zb, za_rms, zb_rms,
        za_norm, zb_norm, a_move, b_move, least_gradient_a, least_gradient_b, diverged_at)
}

macro_rules! of_steps {
    ($($name:ident [$unit:literal] $over:ident $meaning:literal;)*) => {
        fn of_steps(rows: &[StepRow]) -> Result<Table, Failure> {
            table!(rows: init, width, seed, lr_index, step, $($name),*)
        }
    };
}
for_each_measurement!(of_steps);

fn of_modules(rows: &[ModuleRow]) -> Result<Table, Failure> {
    table!(rows: init, width, seed, lr_index, module, za_rms, zb_rms)
}

fn of_limits(rows: &[LimitRow]) -> Result<Table, Failure> {
    table!(rows: key, init, gamma, seed, neurons, c_index, c, score, error, z_a, z_a_power, z_b, z_b_power, peak_z_b,
        diverged_at)
}
