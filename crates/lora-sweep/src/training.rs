//! A call that trains what is not kept: the same for an experiment and for claims.

use std::time::Instant;

use lora_analysis::duration;
use lora_experiment::cells::Cell;
use lora_experiment::request::Request;
use lora_experiment::shard::Shard;
use lora_experiment::study::definition::Study;
use lora_runner::engines::Engines;
use lora_runner::replay::{self, Replay};
use lora_runner::sweep::{ByCell, Sweep};
use lora_store::error::StoreError;
use lora_store::manifest::{Manifest, SweepCounts};
use lora_store::rows::Rows;
use lora_store::stored::{Database, Session, StoredRuns};

use crate::caller::{Caller, CommandLine};
use crate::error::SweepError;
use crate::final_words::final_words;

/// What is to be trained, with what, and where it is kept.
pub struct TrainingCall<'a> {
    /// What was asked.
    pub request: &'a Request,
    /// Its studies.
    pub studies: &'a [Study],
    /// What trains them.
    pub engines: &'a Engines<'a>,
    /// Where runs are kept.
    pub database: &'a Database,
    /// The share that this call trains.
    pub shard: Option<Shard>,
    /// Who calls.
    pub caller: &'a dyn Caller,
}

/// What a call has trained or found trained.
pub struct Measured<R> {
    /// The rows of every cell.
    pub rows: ByCell<R>,
    /// Cells that an earlier call had finished.
    pub cells_kept: usize,
    /// What the final test has found, in words; nothing where there is none.
    pub finals: String,
    /// Where it was done.
    pub manifest: Manifest,
}

impl<'a> TrainingCall<'a> {
    /// What is kept of what this call is to train.
    ///
    /// # Errors
    /// [`SweepError`] for runs of other numerics, and for a database that cannot be read.
    pub fn replay<R: Rows>(
        &self,
        cells: &[Cell],
    ) -> Result<(StoredRuns<'a>, Vec<Replay<R>>), SweepError> {
        let numerics = self.engines.numerics(self.studies);
        let kept = StoredRuns::new(self.database, self.studies, numerics)?;
        let replayed = replay::of_cells(&kept, cells)?;
        Ok((kept, replayed))
    }

    /// Trains what is not kept. `manifest` is that of a call that begins; `begin` is told the place
    /// of every study before its first cell is trained.
    ///
    /// # Errors
    /// [`SweepError`] for a training that fails or is stopped, for a database that cannot be written, and from
    /// `begin`.
    pub fn train<R: Rows>(
        &self,
        (kept, replayed): (StoredRuns<'a>, Vec<Replay<R>>),
        mut manifest: Manifest,
        begin: impl FnMut(usize) -> Result<(), StoreError>,
    ) -> Result<Measured<R>, SweepError> {
        let started = Instant::now();
        if let Some(line) = kept_line(self.studies, &replayed, self.database) {
            self.caller.tell(&line);
        }
        let CommandLine { words, directory } = self.caller.command();
        (manifest.shard, manifest.command) = (self.shard, words);
        // A merge tells how to go on with a shard. Of other runs the path would only be published.
        manifest.directory = self.shard.and(directory);
        let runs_kept = replay::kept(&replayed);
        let cells: Vec<Cell> = replayed.iter().map(|replay| replay.cell).collect();
        let cells_kept = replayed.iter().filter(|replay| replay.wanted == 0).count();
        let progress = &self.caller.progress(self.studies, &cells, self.engines.meter())?;
        let listening = self.caller.listen(progress, self.engines.finishes())?;
        self.engines.attend(listening.asker(), progress, self.database.path());
        let numerics = self.engines.numerics(self.studies).to_string();
        let session = &Session::begin(&manifest, self.request, &numerics)?;
        self.database.begin(session)?;
        let stop = &|| listening.asked();
        let (engines, kept) = (self.engines, &kept);
        let sweep = Sweep { engines, kept, session, progress, stop };
        let outcome = sweep.run(replayed, begin)?;
        manifest.end(started.elapsed().as_secs_f64());
        manifest.sweep = Some(SweepCounts { runs: outcome.runs, kept: runs_kept });
        manifest.trained = self.database.origins()?;
        let finals = final_words(kept, &cells)?;
        Ok(Measured { rows: outcome.rows, cells_kept, finals, manifest })
    }
}

/// How much is kept of what a sweep needs; none where that is nothing.
pub fn kept_line<R>(
    studies: &[Study],
    replayed: &[Replay<R>],
    database: &Database,
) -> Option<String> {
    let kept = replay::kept(replayed);
    let of = replay::needed(studies, replayed);
    (kept > 0).then(|| format!("kept: {kept} of {of} runs, in {}", database.path().display()))
}

/// What the final test has found, apart from what follows.
pub fn with_gap(finals: &str) -> String {
    if finals.is_empty() { String::new() } else { format!("{finals}\n") }
}

impl<R> Measured<R> {
    /// How many runs this call trained, and how many it found.
    pub fn counts(&self) -> (usize, usize) {
        let counts = self.manifest.sweep;
        counts.map_or((0, 0), |counts| (counts.runs - counts.kept, counts.kept))
    }

    /// How long it took, on what.
    pub fn time(&self) -> String {
        let Manifest { wall_seconds, provenance, .. } = &self.manifest;
        format!("{} on {}", duration(*wall_seconds), provenance.engine)
    }
}
