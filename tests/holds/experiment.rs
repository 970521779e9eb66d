//! Experiment files, `--set`, and topic files of claims.

use lora_experiment::error::ExperimentError::{Grid, NoText, NotARequest, Unplanned};
use lora_experiment::experiment::{Experiment, load_text, parse_resolved};
use lora_experiment::study::suite::check_topic;

use super::{Told, soon};

/// What messages call the file.
pub const FILE: &str = "any.toml";

/// An experiment with assignments over it is refused, or it is the same after it was written and read
/// again, and can be planned. Whether it was taken.
pub fn experiment(text: &str, set: &[String], told: Told) -> bool {
    let load = |quick| match soon(|| load_text((FILE, "any"), text, set, quick)) {
        Ok(loaded) => {
            same_again(&loaded.experiment);
            assert!(loaded.study.batch_size() <= loaded.study.expected_runs());
            assert!(!loaded.experiment.norm_widths().is_empty());
            true
        }
        Err(error) => {
            let of_program =
                matches!(error, Grid(_) | NoText { .. } | NotARequest { .. } | Unplanned(_));
            assert!(!of_program, "the text is at fault: {error}");
            told(error.into());
            false
        }
    };
    // What is good with the quick sizes need not be without, when assignments are over it.
    load(true) | load(false)
}

fn same_again(experiment: &Experiment) {
    let written = toml::to_string(experiment).expect("it can be written");
    match parse_resolved(FILE, &written) {
        Ok(again) => assert_eq!(&again, experiment, "{written}"),
        Err(error) => panic!("{error}\n{written}"),
    }
}

/// A topic file is refused, or its claims can be measured. Whether it was taken.
pub fn topic(text: &str, told: Told) -> bool {
    match soon(|| check_topic(FILE, text)) {
        Ok(_) => true,
        Err(error) => {
            told(error.into());
            false
        }
    }
}
