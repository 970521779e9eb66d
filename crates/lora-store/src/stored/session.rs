//! A call that may train: what it was asked and where it ran.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::error::StoreError;
use crate::manifest::Manifest;
use crate::stored::key::{Hash, hash};
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
    ///
    /// # Errors
    ///
    /// [`StoreError::Encode`] or [`StoreError::Request`] if what is asked has no text.
    pub fn begin(
        manifest: &Manifest,
        request: &Request,
        numerics: &str,
    ) -> Result<Self, StoreError> {
        let experiment = request.text()?;
        let provenance = serde_json::to_string(manifest).map_err(StoreError::encode)?;
        let started = now();
        let [moment, process] = [started.to_bits(), u64::from(std::process::id())];
        let parts = [experiment.as_bytes(), numerics.as_bytes(), provenance.as_bytes()];
        let id = hash(&[&hash(&parts), &moment.to_le_bytes(), &process.to_le_bytes()]);
        let (name, numerics) = (manifest.experiment.clone(), numerics.to_owned());
        Ok(Self { id, name, experiment, numerics, provenance, started })
    }

    /// What was asked for.
    ///
    /// # Errors
    ///
    /// [`StoreError::Request`] if it cannot be read.
    pub fn request(&self) -> Result<Request, StoreError> {
        Ok(Request::parse(&self.name, &self.experiment)?)
    }

    /// Where it ran and of what it is a part.
    ///
    /// # Errors
    ///
    /// [`StoreError::Provenance`] if it cannot be read.
    pub fn manifest(&self) -> Result<Manifest, StoreError> {
        serde_json::from_str(&self.provenance)
            .map_err(|source| StoreError::Provenance { name: self.name.clone(), source })
    }
}

/// Seconds since 1970.
pub fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}
