//! A call that may train: what it was asked and where it ran.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::kept::key::{Hash, hash};
use crate::manifest::Manifest;
use lora_experiment::error::CommandError;
use lora_experiment::request::Request;

/// A row of `sessions`.
#[derive(Clone, Debug)]
pub struct Session {
    /// Hash of all the rest, and of the process.
    pub id: Hash,
    /// Short name of the experiment.
    pub name: String,
    /// What was asked: see [`Request::text`].
    pub experiment: String,
    /// Of the engine.
    pub numerics: String,
    /// Versions, commit, machine, engine, threads, as JSON.
    pub provenance: String,
    /// When it began, seconds since 1970.
    pub started: f64,
}

impl Session {
    /// One that begins now.
    pub fn begin(
        manifest: &Manifest,
        request: &Request,
        numerics: &str,
    ) -> Result<Self, CommandError> {
        let experiment = request.text()?;
        let provenance = serde_json::to_string(manifest).map_err(CommandError::failed)?;
        let started = now();
        let [moment, process] = [started.to_bits(), u64::from(std::process::id())];
        let parts = [experiment.as_bytes(), numerics.as_bytes(), provenance.as_bytes()];
        let id = hash(&[&hash(&parts), &moment.to_le_bytes(), &process.to_le_bytes()]);
        let (name, numerics) = (manifest.experiment.clone(), numerics.to_owned());
        Ok(Self { id, name, experiment, numerics, provenance, started })
    }

    /// What was asked for.
    pub fn request(&self) -> Result<Request, CommandError> {
        Ok(Request::parse(&self.name, &self.experiment)?)
    }

    /// Where it ran and of what it is a part.
    pub fn manifest(&self) -> Result<Manifest, CommandError> {
        serde_json::from_str(&self.provenance).map_err(|error| {
            let name = &self.name;
            CommandError::Failed(format!("{name}: where it was trained cannot be read: {error}"))
        })
    }
}

/// Seconds since 1970.
pub fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}
