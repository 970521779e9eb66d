//! The examples, at a size that takes no time.

#[path = "../examples/sweep_from_code.rs"]
#[allow(dead_code)] // its main
mod sweep_from_code;

use lora_experiment::experiment::Experiment;

#[test]
fn a_sweep_from_code_fits_an_exponent_for_each_init() {
    let mut experiment = Experiment::default();
    (experiment.model.widths, experiment.training.seeds) = (vec![8, 16, 32].into(), vec![0, 1]);
    (experiment.model.points, experiment.model.teacher_width) = (8, 8);
    (experiment.model.teacher_rank, experiment.training.steps) = (2, 3);
    let lines = sweep_from_code::exponents(&experiment).expect("it trains");
    assert_eq!(lines.len(), experiment.training.inits.len());
    for (line, init) in lines.iter().zip(&experiment.training.inits) {
        let start = format!("{init}: the best learning rate goes like n^");
        let exponent = line.strip_prefix(&start).expect(line).parse::<f64>().expect(line);
        assert!(exponent.is_finite(), "{line}");
    }
}
