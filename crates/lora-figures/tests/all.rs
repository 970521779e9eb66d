//! All tests of the figures, as one program, since each program of its own would be linked anew.

mod choices;
mod common;
mod degenerate;
mod drawn_values;
mod infinite_width;
mod layers;
mod pictures;
