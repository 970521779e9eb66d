//! All tests of the statistics, as one program, since each program of its own would be linked anew.

mod any_input;
mod calibration;
mod centre;
mod decisions;
mod end_to_end;
mod intervals;
mod line_reference;
mod scaling;
mod search_properties;
mod shapes;
mod summarised;
mod support;
mod verdicts;
