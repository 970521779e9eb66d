//! Many sweeps under all choices.

use lora_figures::Verdict;

use crate::choice::{Choice, choices};
use crate::error::MapError;
use crate::finding::{Found, findings};
use crate::row::MapRow;
use crate::sweep::Sweep;

/// The findings of a sweep under a choice.
pub(crate) struct MapCell {
    /// Its place among the sweeps.
    pub sweep: usize,
    pub choice: Choice,
    pub found: Vec<Found>,
}

/// Sweeps with their findings under all choices.
pub struct Map {
    pub(crate) sweeps: Vec<Sweep>,
    pub(crate) cells: Vec<MapCell>,
}

impl Map {
    /// Judges every sweep under every choice that its runs are long enough for. Sweeps go in the order of
    /// readout, W_h and scales.
    ///
    /// # Errors
    /// [`MapError::Twice`] for two sweeps of one setting, and as [`findings`].
    pub fn of(mut sweeps: Vec<Sweep>) -> Result<Self, MapError> {
        let place = |sweep: &Sweep| {
            let model = &sweep.model;
            let hidden = format!("{:?}", model.hidden);
            (model.readout_exponent, hidden, model.teacher_scale, model.a_scale)
        };
        sweeps.sort_by(|one, other| {
            let (a, b) = (place(one), place(other));
            a.0.total_cmp(&b.0)
                .then_with(|| a.1.cmp(&b.1))
                .then_with(|| a.2.total_cmp(&b.2))
                .then_with(|| a.3.total_cmp(&b.3))
        });
        let same = |one: &Sweep, other: &Sweep| {
            (&one.model, &one.training) == (&other.model, &other.training)
        };
        for (index, one) in sweeps.iter().enumerate() {
            if let Some(other) = sweeps[..index].iter().find(|other| same(one, other)) {
                let (one, other) = (other.dir.clone(), one.dir.clone());
                return Err(MapError::Twice { one, other });
            }
        }
        let mut cells = Vec::new();
        for (index, sweep) in sweeps.iter().enumerate() {
            for choice in choices(sweep.training.steps) {
                cells.push(MapCell { sweep: index, choice, found: findings(sweep, choice)? });
            }
        }
        Ok(Self { sweeps, cells })
    }

    /// A row for every sweep and choice.
    pub fn rows(&self) -> Vec<MapRow> {
        let row = |cell: &MapCell| MapRow::of(&self.sweeps[cell.sweep], cell.choice, &cell.found);
        self.cells.iter().map(row).collect()
    }

    /// The verdicts of a sweep under a choice; none where it was not judged.
    pub(crate) fn verdicts(&self, sweep: usize, choice: Choice) -> Vec<Option<Verdict>> {
        let cell = self.cells.iter().find(|cell| cell.sweep == sweep && cell.choice == choice);
        cell.map_or_else(Vec::new, |cell| cell.found.iter().map(|found| found.verdict).collect())
    }
}
