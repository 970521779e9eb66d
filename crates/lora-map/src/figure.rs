//! The map as rows of a figure: settings below each other, steps side by side.

use lora_figures::{ChoiceRow, ChoicesFigure, FigureText, Verdict};

use crate::choice::{Choice, Grid};
use crate::error::MapError;
use crate::finding::Finding;
use crate::map::Map;
use crate::setting::setting;

/// What is said below the cells.
const CAPTION: &str = "Each square is one of the four things that the paper's figures show, in the colour of its \
    verdict: a 95% interval over seeds against the printed exponent, or against a ratio at the widest network. White: \
    not measured, because a best learning rate lies at an end of the grid, a compared run diverged, or there is one \
    seed. All learning rates of the grid; map.csv has a coarse one, too.";

/// The figure of a map.
///
/// # Errors
/// [`MapError::Theory`] does not occur for the settings that it asks for.
pub fn figure(map: &Map) -> Result<ChoicesFigure, MapError> {
    let mut steps: Vec<usize> = map.cells.iter().map(|cell| cell.choice.steps).collect();
    steps.sort_unstable();
    steps.dedup();
    let mut rows: Vec<ChoiceRow> = Vec::new();
    for (index, sweep) in map.sweeps.iter().enumerate() {
        let of_sweep = map.cells.iter().filter(|cell| cell.sweep == index);
        let mut ways: Vec<Choice> = Vec::new();
        for cell in of_sweep.filter(|cell| cell.choice.grid == Grid::Fine) {
            if !ways.iter().any(|way| same_row(way, &cell.choice)) {
                ways.push(cell.choice);
            }
        }
        for way in ways {
            let cells = steps.iter().map(|&steps| map.verdicts(index, Choice { steps, ..way }));
            rows.push(ChoiceRow {
                group: setting(sweep, &map.sweeps),
                label: format!("{}, {}", way.metric.words(), way.lr_at.words()),
                cells: cells.collect::<Vec<Vec<Option<Verdict>>>>(),
            });
        }
    }
    Ok(ChoicesFigure {
        text: FigureText {
            title: "Under which choices the paper's synthetic figures come out as printed"
                .to_owned(),
            caption: CAPTION.to_owned(),
            badge: None,
        },
        columns_name: "steps T".to_owned(),
        columns: steps.iter().map(usize::to_string).collect(),
        findings: Finding::ALL.into_iter().map(Finding::words).collect::<Result<_, _>>()?,
        rows,
    })
}

fn same_row(one: &Choice, other: &Choice) -> bool {
    (one.metric, one.grid, one.lr_at) == (other.metric, other.grid, other.lr_at)
}
