//! All tests of the diagnosis of adapters, as one program, since each program of its own would be linked anew.

mod decayed;
mod page;
mod parts;
mod planted;
mod planting;
mod verdicts;
