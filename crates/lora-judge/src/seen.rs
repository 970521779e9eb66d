//! Rows of one kind, counted for a note.

use crate::place::Place;

/// Rows that are left out or stand apart, with the first of them, for a note.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) count: usize,
    first: Option<Place>,
}

impl Seen {
    pub(crate) fn add(&mut self, place: Place) {
        self.count += 1;
        self.first = Some(self.first.map_or(place, |first| first.min(place)));
    }

    /// "3 rows (the first is line 7)".
    pub(crate) fn words(&self, what: &str) -> String {
        let s = if self.count == 1 { "" } else { "s" };
        let first = self.first.map_or(String::new(), |first| match self.count {
            1 => format!(" ({first})"),
            _ => format!(" (the first is {first})"),
        });
        format!("{} {what}{s}{first}", self.count)
    }
}
