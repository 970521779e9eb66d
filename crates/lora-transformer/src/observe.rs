//! Looking into a pass.

use crate::net::Site;

/// Sees what goes in and out of the modules that can be adapted, and the name of each module otherwise.
pub trait Observer {
    /// A module with a site: its inputs \[rows, in\] (none for an embedding, which takes `ids`), and its
    /// outputs \[rows, out\].
    fn site(&mut self, site: Site, seen: Seen<'_>);

    /// A module without a site, with its outputs.
    fn other(&mut self, name: &dyn Fn() -> String, output: &[f32]);
}

/// What an observer sees of a module.
#[derive(Clone, Copy)]
pub struct Seen<'a> {
    /// Its inputs \[rows, in\].
    pub input: Input<'a>,
    /// A x \[rows, r\]; empty if the module is not adapted.
    pub za: &'a [f32],
    /// Its outputs \[rows, out\].
    pub output: &'a [f32],
}

/// The inputs of a module.
#[derive(Clone, Copy)]
pub enum Input<'a> {
    /// Vectors.
    Rows(&'a [f32]),
    /// Token numbers.
    Ids(&'a [u32]),
}

/// The first module whose output is not finite.
#[derive(Debug, Default)]
pub struct FirstNotFinite {
    /// By site, or by name.
    pub found: Option<Found>,
}

/// A module in which something was found.
#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    /// A module that can be adapted.
    Site(Site),
    /// Another one.
    Other(String),
}

impl Observer for FirstNotFinite {
    fn site(&mut self, site: Site, seen: Seen<'_>) {
        if self.found.is_none() && !seen.output.iter().all(|v| v.is_finite()) {
            self.found = Some(Found::Site(site));
        }
    }

    fn other(&mut self, name: &dyn Fn() -> String, output: &[f32]) {
        if self.found.is_none() && !output.iter().all(|v| v.is_finite()) {
            self.found = Some(Found::Other(name()));
        }
    }
}
