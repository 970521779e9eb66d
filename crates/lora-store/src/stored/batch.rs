//! Runs that are to be stored together.

use lora_sim::Trajectory;
use rusqlite::{Transaction, params};

use crate::stored::blob;
use crate::stored::key::{Hash, RunSetting, hash};
use crate::stored::session::Session;

/// A run that has just been finished.
pub struct NewRun<'a> {
    /// See [`RunSetting::key`].
    pub key: Hash,
    /// n.
    pub width: usize,
    /// Seed of the cell.
    pub seed: u64,
    /// What was run.
    pub run: &'a lora_sim::spec::Run,
    /// What was measured.
    pub trajectory: &'a Trajectory,
}

/// Runs of one setting that were trained together.
pub struct NewBatch<'a> {
    /// What they share.
    pub setting: RunSetting,
    /// The runs.
    pub runs: Vec<NewRun<'a>>,
    /// Wall time of all of them.
    pub seconds: f64,
}

/// Adds the rows of a batch, with its setting where that is new.
pub(super) fn put_batch(
    transaction: &Transaction,
    session: &Session,
    NewBatch { setting, runs, seconds }: &NewBatch,
) -> rusqlite::Result<()> {
    transaction.execute(
        "INSERT OR IGNORE INTO settings (id, numerics, text) VALUES (?1, ?2, ?3)",
        params![setting.id, setting.numerics, setting.text],
    )?;
    let mut insert = transaction.prepare(
        "INSERT INTO runs (key, setting, session, width, seed, explicit_hidden, init, lr,
             adapter_seed, diverged_at, seconds, trajectory, digest)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
    )?;
    for NewRun { key, width, seed, run, trajectory } in runs {
        let bytes = blob::encode(trajectory);
        insert.execute(params![
            key,
            setting.id,
            session.id,
            *width as i64,
            *seed as i64,
            setting.explicit_hidden(*width),
            run.init.key(),
            run.lr,
            run.adapter_seed as i64,
            trajectory.diverged_at.map(|step| step as i64),
            seconds / runs.len() as f64,
            bytes,
            hash(&[key, &bytes]),
        ])?;
    }
    Ok(())
}
