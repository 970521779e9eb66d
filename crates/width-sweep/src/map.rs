//! `map`: which choices make the paper's synthetic figures come out as printed.

use lora_map::{Map, MapError, MapRow, Sweep};

use crate::cli::MapArgs;
use crate::error::CommandError;
use lora_tables::plain::{add, table};

/// Reads all sweeps before anything is written.
pub fn map(arguments: &MapArgs) -> Result<String, CommandError> {
    let sweeps: Vec<Sweep> =
        arguments.dirs.iter().map(|dir| Sweep::read(dir)).collect::<Result<_, _>>()?;
    let map = Map::of(sweeps)?;
    let written = lora_map::write(&map, &arguments.out)?;
    let files: String = written.iter().map(|file| format!("{}\n", file.display())).collect();
    Ok(format!("{}\n{files}", most(&map.rows())))
}

/// The choices under which most comes out as printed, for each grid: they have rules of their own.
fn most(rows: &[MapRow]) -> String {
    let mut grids: Vec<&str> = rows.iter().map(|row| row.grid.as_str()).collect();
    // The fine one first.
    grids.sort_unstable_by(|one, other| other.cmp(one));
    grids.dedup();
    grids.into_iter().map(|grid| most_on(rows, grid)).collect::<Vec<_>>().join("\n")
}

fn most_on(rows: &[MapRow], grid: &str) -> String {
    let rows: Vec<&MapRow> = rows.iter().filter(|row| row.grid == grid).collect();
    let most = rows.iter().map(|row| row.as_printed).max().unwrap_or(0);
    let mut out =
        table(&["a", "W_h", "targets ×", "T", "loss", "compared at", "η_opt A", "η_opt B"]);
    let best: Vec<&&MapRow> = rows.iter().filter(|row| row.as_printed == most).collect();
    for row in &best {
        let number = |x: Option<f64>| x.map_or("–".to_owned(), |x| format!("{x:.2}"));
        let cells = vec![
            row.readout_exponent.to_string(),
            row.hidden.clone(),
            row.teacher_scale.to_string(),
            row.steps.to_string(),
            row.metric.clone(),
            row.lr_at.clone(),
            number(row.eta_opt_a),
            number(row.eta_opt_b),
        ];
        add(&mut out, cells);
    }
    let (count, of, table) = (best.len(), rows.len(), out.trim_fmt());
    format!(
        "On the {grid} at most {most} of 4 findings come out as printed, under {count} of {of} choices:\n{table}\n"
    )
}

impl From<MapError> for CommandError {
    fn from(error: MapError) -> Self {
        let said = error.to_string();
        match error {
            MapError::Store(error) => error.into(),
            MapError::Mixed { .. }
            | MapError::NotSynthetic { .. }
            | MapError::OneInit { .. }
            | MapError::Unfinished { .. }
            | MapError::Twice { .. }
            | MapError::Grid { .. } => Self::Usage(said),
            _ => Self::Failed(said),
        }
    }
}
