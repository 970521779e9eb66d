//! What an exported run holds, key by key. docs/replay.md lists the keys for readers of the file.

use std::io::{Result, Seek, Write};

use lora_sim::spec::{Model, Run};
use lora_sim::{AdapterState, AlignedMatrix, Data, Frozen, Outcome, hidden_weights, input_weights};
use lora_types::{Measurement, Record};
use ndarray::Array2;
use serde::Serialize;

use crate::cell_archive::archive::CellArchive;
use lora_experiment::experiment::Experiment;

/// One run with everything that it was made from.
pub struct Exported<'a> {
    /// Every key, with this run's width, init and seed as the only ones.
    pub experiment: &'a Experiment,
    /// The model of it.
    pub model: &'a Model,
    /// Init, learning rate, seed.
    pub run: Run,
    /// X and y.
    pub data: &'a Data,
    /// Z, H, W_out.
    pub frozen: &'a Frozen,
    /// A_0 and B_0.
    pub start: &'a AdapterState,
    /// A_T, B_T and the trajectory.
    pub outcome: &'a Outcome,
    /// What computed it.
    pub engine: &'a str,
}

impl Exported<'_> {
    /// Writes every key.
    pub(super) fn write<W: Write + Seek>(&self, to: &mut CellArchive<W>) -> Result<()> {
        self.data(to)?;
        self.weights(to)?;
        self.adapter(to)?;
        self.sizes(to)?;
        self.constants(to)?;
        self.words(to)?;
        self.trajectory(to)
    }

    /// In f64, as drawn; the engine rounds them to f32.
    fn data<W: Write + Seek>(&self, to: &mut CellArchive<W>) -> Result<()> {
        let (d, all) = self.data.x.dim();
        to.array("X", &[d, all], self.data.x.iter().copied())?;
        to.array("y", &[all], self.data.y.iter().copied())
    }

    fn weights<W: Write + Seek>(&self, to: &mut CellArchive<W>) -> Result<()> {
        let (n, seed) = (self.frozen.width, self.run.adapter_seed);
        rows(to, "W_in", [n, self.model.input_dim], input_weights(self.model.input_dim, n, seed))?;
        if let Some(draw) = hidden_weights(self.model, n, seed) {
            rows(to, "W_h", [n, n], draw)?;
        }
        self.columns(to, "Z", &self.frozen.z)?;
        self.columns(to, "H", &self.frozen.h)?;
        to.array("W_out", &[n], self.frozen.w_out.iter().copied())
    }

    /// A data-wide matrix without its padding.
    fn columns<W: Write + Seek>(
        &self,
        to: &mut CellArchive<W>,
        name: &str,
        matrix: &AlignedMatrix,
    ) -> Result<()> {
        let columns = self.frozen.columns;
        let points = columns.train + columns.test;
        let row = |i| (0..points).map(move |point| matrix.row(i)[columns.column(point)]);
        to.array(name, &[self.frozen.width, points], (0..self.frozen.width).flat_map(row))
    }

    fn adapter<W: Write + Seek>(&self, to: &mut CellArchive<W>) -> Result<()> {
        matrix(to, "A_0", &self.start.a)?;
        matrix(to, "B_0", &self.start.b)?;
        let Some(end) = &self.outcome.state else { return Ok(()) };
        matrix(to, "A_T", &end.a)?;
        matrix(to, "B_T", &end.b)
    }

    fn sizes<W: Write + Seek>(&self, to: &mut CellArchive<W>) -> Result<()> {
        let (model, training) = (self.model, &self.experiment.training);
        for (name, size) in [
            ("width", self.frozen.width),
            ("rank", model.rank),
            ("input_dim", model.input_dim),
            ("points", model.points),
            ("test_points", model.test_points),
            ("steps", training.steps),
            ("record_every", training.record_every),
            ("linearised", usize::from(model.linearised)),
        ] {
            to.scalar(name, size as i64)?;
        }
        to.scalar("seed", self.run.adapter_seed)
    }

    fn constants<W: Write + Seek>(&self, to: &mut CellArchive<W>) -> Result<()> {
        let (model, training) = (self.model, &self.experiment.training);
        for (name, constant) in [
            ("multiplier", model.multiplier),
            ("readout_exponent", model.readout_exponent),
            ("a_scale", model.a_scale),
            ("b_scale", model.b_scale),
            ("lr", self.run.lr),
            ("lr_ratio", training.lr_ratio),
            ("beta1", training.beta1),
            ("beta2", training.beta2),
            ("epsilon", training.epsilon),
            ("weight_decay", training.weight_decay),
            ("divergence_factor", training.divergence_factor),
        ] {
            to.scalar(name, constant)?;
        }
        Ok(())
    }

    fn words<W: Write + Seek>(&self, to: &mut CellArchive<W>) -> Result<()> {
        to.text("activation", &word(&self.model.activation)?)?;
        to.text("hidden", &word(&self.model.hidden)?)?;
        to.text("optimizer", &word(&self.experiment.training.optimizer)?)?;
        to.text("init", self.run.init.key())?;
        to.text("train", self.experiment.training.train.key())?;
        to.text("engine", self.engine)?;
        to.text("experiment", &serde_json::to_string(self.experiment)?)
    }

    fn trajectory<W: Write + Seek>(&self, to: &mut CellArchive<W>) -> Result<()> {
        let trajectory = &self.outcome.trajectory;
        let (losses, records) = (&trajectory.losses, &trajectory.records);
        to.array("losses", &[losses.len()], losses.iter().copied())?;
        to.array("step", &[records.len()], records.iter().map(|record| record.step as i64))?;
        for Measurement { name, get, .. } in Record::MEASUREMENTS {
            to.array(name, &[records.len()], records.iter().map(get))?;
        }
        to.scalar("peak_zb", trajectory.peak_zb)?;
        to.scalar("diverged_at", trajectory.diverged_at.map_or(-1, |step| step as i64))
    }
}

fn matrix<W: Write + Seek>(
    to: &mut CellArchive<W>,
    name: &str,
    matrix: &Array2<f32>,
) -> Result<()> {
    to.array(name, &[matrix.nrows(), matrix.ncols()], matrix.iter().copied())
}

/// A matrix that is drawn row by row.
fn rows<W: Write + Seek>(
    to: &mut CellArchive<W>,
    name: &str,
    [count, length]: [usize; 2],
    draw: impl Fn(usize, &mut [f32]),
) -> Result<()> {
    let row = |i| {
        let mut row = vec![0.0f32; length];
        draw(i, &mut row);
        row
    };
    to.array(name, &[count, length], (0..count).flat_map(row))
}

/// The name that experiment files use.
fn word(value: &impl Serialize) -> Result<String> {
    let value = serde_json::to_value(value)?;
    Ok(value.as_str().unwrap_or_default().to_owned())
}
