//! How long a study trains, reckoned from its sizes.

use lora_stats::LrGrid;

use lora_experiment::study::definition::Goal;
use lora_experiment::study::definition::Point;
use lora_experiment::study::definition::Rates;
use lora_experiment::study::definition::Scope;
use lora_experiment::study::definition::Study;
use lora_experiment::study::suite::Suite;
use lora_experiment::cells::batch_size;

/// Seconds of two cores of an AMD EPYC with AVX-512 that a training step takes for each neuron, data
/// point and component of the rank.
const NETWORK: f64 = 5e-11;
/// The same for the layer alone, whose cells are mostly spent on drawing them.
const LAYER: f64 = 6e-10;

/// Minutes of training.
pub fn minutes(study: &Study) -> f64 {
    let each = match study.scope {
        Scope::Network => NETWORK,
        Scope::Layer => LAYER,
    };
    let entries = |point: &Point| (point.width * point.model.points * point.model.rank) as f64;
    let entries: f64 = study.points().iter().map(entries).sum();
    let steps = study.experiment.training.steps as f64;
    each * entries * steps * runs(study) as f64 / 60.0
}

/// Runs of a point and seed that are to be expected.
fn runs(study: &Study) -> usize {
    let inits = study.experiment.training.inits.len();
    match &study.rates {
        Rates::Powers { pairs, .. } => pairs.len() * inits,
        Rates::Search(goal) => {
            let grid = LrGrid::new(study.experiment.grid_spec());
            let halvings = grid.map_or(0, |grid| grid.halvings() as usize);
            let sides = match goal {
                Goal::Optimum => 2,
                Goal::Stable => 1,
                Goal::Both => 3,
            };
            batch_size(&study.experiment) + sides * halvings * inits
        }
    }
}

/// The whole in words, with the studies that take longest.
pub fn render(suite: &Suite) -> String {
    let mut all: Vec<(f64, &str)> =
        suite.studies.iter().map(|study| (minutes(study), study.id.as_str())).collect();
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
    use super::*;

    /// Under two hours on two cores of half the speed; docs/deciding.md has the costs study by study.
    #[test]
    fn the_whole_suite_is_measured_in_two_hours() {
        let suite = Suite::load(&[], false).expect("the built-in topics");
        let total: f64 = suite.studies.iter().map(minutes).sum();
        assert!((30.0..60.0).contains(&total), "{total}");
        let quick = Suite::load(&[], true).expect("the built-in topics");
        let quick: f64 = quick.studies.iter().map(minutes).sum();
        assert!(quick < 2.0, "{quick}");
    }
}
