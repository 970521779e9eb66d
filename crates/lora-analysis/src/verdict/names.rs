//! The files of a verification's directory, beside the plan and the figures.

/// One row for each claim.
pub const CLAIMS: &str = "claims.csv";
/// One row for each tested number.
pub const TESTS: &str = "tests.csv";
/// One row for each pair of neighbouring points.
pub const SLOPES: &str = "slopes.csv";
/// One row for each run.
pub const VALUES: &str = "values.csv";
/// One row for each pair of runs whose losses a claim compares step by step, if one does.
pub const DISTANCES: &str = "distances.csv";
/// Everything about the verdicts, for scripts.
pub const VERDICTS: &str = "verdicts.json";
/// The page for readers.
pub const PAGE: &str = "RESULTS.md";
/// Where the results come from.
pub const MANIFEST: &str = "manifest.json";

/// What is written from the verdicts, in the order of the program's messages.
pub const WRITTEN: [&str; 6] = [PAGE, VERDICTS, CLAIMS, TESTS, SLOPES, VALUES];

/// The tables that verdicts are judged from again.
pub const JUDGED: [&str; 3] = [CLAIMS, TESTS, SLOPES];
