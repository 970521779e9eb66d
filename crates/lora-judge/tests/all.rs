//! All tests of the judge of tables, as one program, since each program of its own would be linked anew.

mod bad_tables;
mod coordinates;
mod histories;
mod plant;
mod planted;
mod trackers;
mod written;
