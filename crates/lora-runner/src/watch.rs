//! What passes between a training that takes long and whoever started it: a wish to stop, lines to be
//! told, how far it is, and where its states are kept.

use std::sync::{Arc, OnceLock};

use crate::meter::Meter;
use crate::progress::tell;
use crate::states::States;

/// Whether to stop.
type Stop = Box<dyn Fn() -> bool + Send + Sync>;

/// Says a line.
type Say = Box<dyn Fn(&str) + Send + Sync>;

/// Shared by an engine and by whoever calls it. Before anybody attends, nothing stops it and no state is
/// kept.
#[derive(Default)]
pub struct Watch {
    /// How far it is.
    pub meter: Arc<Meter>,
    attended: OnceLock<(Stop, Say, States)>,
}

impl Watch {
    /// Attends from now on: `stop` is asked after every step, `say` prints a line, and states go to
    /// `states`. Only the first call counts.
    pub fn attend(
        &self,
        stop: impl Fn() -> bool + Send + Sync + 'static,
        say: impl Fn(&str) + Send + Sync + 'static,
        states: States,
    ) {
        let _ = self.attended.set((Box::new(stop), Box::new(say), states));
    }

    /// Whether to end after the step that is made now.
    pub fn stopped(&self) -> bool {
        self.attended.get().is_some_and(|(stop, ..)| stop())
    }

    /// Says a line, without spoiling the progress.
    pub fn say(&self, line: &str) {
        match self.attended.get() {
            Some((_, say, _)) => say(line),
            None => tell(line),
        }
    }

    /// Where states are kept.
    pub fn states(&self) -> Option<&States> {
        self.attended.get().map(|(.., states)| states)
    }
}
