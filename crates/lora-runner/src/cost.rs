//! How long studies train, reckoned from their sizes.

use lora_experiment::study::definition::Study;

/// Minutes of training on two idle cores of an AMD EPYC with AVX-512.
pub fn minutes(study: &Study) -> f64 {
    let cost: f64 = study.cells(0).into_iter().map(|cell| study.cost(cell) as f64).sum();
    cost * 1e-11 / 60.0
}

/// The whole in words, with the studies that take longest.
pub fn render(studies: &[Study]) -> String {
    let mut all: Vec<(f64, &str)> =
        studies.iter().map(|study| (minutes(study), study.id.as_str())).collect();
    all.sort_by(|a, b| b.0.total_cmp(&a.0));
    let total: f64 = all.iter().map(|(minutes, _)| minutes).sum();
    let longest: Vec<String> =
        all.iter().take(3).map(|(minutes, study)| format!("{study} {minutes:.1}")).collect();
    format!(
        "Training takes about {total:.1} minutes on two idle cores with AVX-512, the longest: {}.\n",
        longest.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use lora_experiment::study::suite::Suite;

    use super::*;

    /// Under two hours on two cores of two thirds of the speed; docs/deciding.md has the costs study by
    /// study.
    #[test]
    fn the_whole_suite_is_measured_in_two_hours() {
        let suite = Suite::load(&[], false).expect("the built-in topics");
        let total: f64 = suite.studies.iter().map(minutes).sum();
        assert!((30.0..80.0).contains(&total), "{total}");
        let quick = Suite::load(&[], true).expect("the built-in topics");
        let quick: f64 = quick.studies.iter().map(minutes).sum();
        assert!(quick < 2.0, "{quick}");
    }
}
