//! What is kept of a run that is in work, so that it goes on where it was.
//!
//! A file has, behind a magic number, a digest of what the run is; the trajectory as far as it was measured;
//! and what the run has trained, which a run that has ended does not need any more. A digest of all of it
//! ends the file.

use std::time::{Duration, Instant};

use lora_sim::Trajectory;
use lora_store::stored::{Hash, blob};
use lora_transformer::state::{restore, to_bytes};
use lora_transformer::trained::Trained;
use lora_types::hex;
use sha2::{Digest, Sha256};

use crate::states::States;
use crate::watch::Watch;

/// What a file begins with; the last digit is the format's version.
const MAGIC: &[u8; 8] = b"llrun__1";

/// Where a run keeps its state.
pub struct RunState<'w> {
    watch: &'w Watch,
    states: &'w States,
    key: Hash,
    /// Everything that decides how the run goes on.
    identity: String,
}

/// How far a run is.
#[derive(Debug)]
pub enum Found {
    /// It has ended.
    Ended(Trajectory),
    /// It goes on with the update that follows its last loss. What it has trained is in place.
    Open(Trajectory),
}

impl<'w> RunState<'w> {
    /// Of the run with a key, on an engine of these numerics; none if nobody keeps states.
    pub fn new(watch: &'w Watch, key: Hash, numerics: &str) -> Option<Self> {
        let identity = format!("{} on {numerics}", hex(&key));
        watch.states().map(|states| Self { watch, states, key, identity })
    }

    /// Reads what is kept of the run into one that has just begun. What cannot be used is told of, and the
    /// run begins anew.
    pub fn find(&self, trained: &mut Trained, steps: usize) -> Option<Found> {
        let read = self.states.read(&self.key).map_err(|error| error.to_string());
        let found = read.and_then(|bytes| {
            let decode = |bytes: Vec<u8>| decode(&bytes, &self.identity, trained, steps);
            bytes.map(decode).transpose()
        });
        found.unwrap_or_else(|why| {
            let path = self.states.path(&self.key);
            self.watch.say(&format!("warning: {}: {why}; the run begins anew", path.display()));
            None
        })
    }

    /// Keeps how far the run is; `trained` is not there for one that has ended. How long to wait with the
    /// next time.
    pub fn keep(&self, trajectory: &Trajectory, trained: Option<&Trained>) -> Duration {
        let started = Instant::now();
        let bytes = encode(&self.identity, trajectory, trained);
        if let Err(error) = self.states.write(&self.key, &bytes) {
            self.watch.say(&format!("warning: {error}; a run that is ended begins anew"));
        }
        self.states.pause(started.elapsed())
    }

    /// How long a run goes on before it keeps its first state.
    pub fn pause(&self) -> Duration {
        self.states.pause(Duration::ZERO)
    }
}

fn encode(identity: &str, trajectory: &Trajectory, trained: Option<&Trained>) -> Vec<u8> {
    let trajectory = blob::encode(trajectory);
    let mut bytes = MAGIC.to_vec();
    bytes.extend(Sha256::digest(identity));
    bytes.extend((trajectory.len() as u64).to_le_bytes());
    bytes.extend(trajectory);
    bytes.extend(trained.map(|trained| to_bytes(trained, identity)).unwrap_or_default());
    let digest = Sha256::digest(&bytes);
    bytes.extend(digest);
    bytes
}

/// What bytes say of a run, or what is wrong with them; `trained` is then as it was.
fn decode(
    bytes: &[u8],
    identity: &str,
    trained: &mut Trained,
    steps: usize,
) -> Result<Found, String> {
    let damaged = || "the state is damaged".to_owned();
    let (content, digest) = bytes.split_last_chunk::<32>().ok_or_else(damaged)?;
    if Sha256::digest(content)[..] != digest[..] {
        return Err(damaged());
    }
    let content = content.strip_prefix(MAGIC).ok_or("the state is of another version")?;
    let (of, content) = content.split_first_chunk::<32>().ok_or_else(damaged)?;
    if Sha256::digest(identity)[..] != of[..] {
        return Err("the state is that of another run".to_owned());
    }
    let (length, content) = content.split_first_chunk::<8>().ok_or_else(damaged)?;
    let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| damaged())?;
    let (trajectory, state) = content.split_at_checked(length).ok_or_else(damaged)?;
    let trajectory = blob::decode(trajectory).ok_or_else(damaged)?;
    let measured = trajectory.losses.len();
    if state.is_empty() {
        let ended = measured == steps + 1 || trajectory.diverged_at.is_some();
        return if ended { Ok(Found::Ended(trajectory)) } else { Err(damaged()) };
    }
    let mut restored = trained.clone();
    restore(&mut restored, identity, state).map_err(|error| error.to_string())?;
    if measured != restored.step + 1 || measured > steps || trajectory.diverged_at.is_some() {
        return Err(damaged());
    }
    *trained = restored;
    Ok(Found::Open(trajectory))
}
