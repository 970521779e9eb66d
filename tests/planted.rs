//! The whole pipeline on an engine that trains nothing: its losses have a planted optimum and its
//! features a planted bound, so that search, statistics and summary must find them.

use lora_analysis::analysis::{readings, summarise};
use lora_analysis::summary::Summary;
use lora_experiment::experiment::{Experiment, SearchSection, TrainingSection};
use lora_experiment::prediction::RunPlan;
use lora_experiment::study::definition::Study;
use lora_runner::sweep;
use lora_sim::spec::{Init, Model, Run};
use lora_sim::{Batch, Engine, Frozen, Memory, Outcome, Problem, Record, SimError, Trajectory};
use lora_stats::Agreement;

/// η_opt = c n^γ for Init[A], c n^γ_b for Init[B]; Z_B reaches the bound at three times that.
struct Planted {
    gamma_a: f64,
    gamma_b: f64,
    /// Standard deviation of ln η_opt over seeds and widths.
    noise: f64,
}

struct PlantedProblem<'a> {
    engine: &'a Planted,
    width: usize,
    seed: u64,
}

impl Engine for Planted {
    fn describe(&self) -> String {
        "planted".into()
    }

    fn numerics(&self) -> String {
        "planted".into()
    }

    fn prepare(
        &self,
        _: &Model,
        width: usize,
        seed: u64,
    ) -> Result<Box<dyn Problem + '_>, SimError> {
        Ok(Box::new(PlantedProblem { engine: self, width, seed }))
    }

    fn memory(&self, _: &Model, _: usize, _: usize) -> Memory {
        Memory::default()
    }
}

impl PlantedProblem<'_> {
    fn optimum(&self, init: Init) -> f64 {
        let gamma = if init == Init::A { self.engine.gamma_a } else { self.engine.gamma_b };
        // A fixed scatter of unit variance, the same for both inits: a full turn over five seeds.
        let turn =
            std::f64::consts::TAU * (self.seed as f64 / 5.0 + (self.width as f64).log2() / 3.0);
        (2.0 * (self.width as f64).powf(gamma))
            * (self.engine.noise * 2f64.sqrt() * turn.sin()).exp()
    }

    fn trajectory(&self, run: &Run, steps: usize) -> Trajectory {
        let ratio = run.lr / self.optimum(run.init);
        let loss = 1e-3 * (ratio.ln().powi(2)).exp();
        let diverged = ratio > 50.0;
        let steps = if diverged { 2 } else { steps };
        let record = Record { step: steps, train_loss: loss, test_loss: loss, ..Record::default() };
        Trajectory {
            losses: vec![loss; steps + 1],
            peak_zb: if diverged { f64::INFINITY } else { 10.0 * ratio / 3.0 },
            least_gradient_a: 1.0,
            least_gradient_b: 1.0,
            records: vec![record],
            diverged_at: diverged.then_some(2),
            extra: Vec::new(),
        }
    }
}

impl Problem for PlantedProblem<'_> {
    fn train(&mut self, batch: &Batch) -> Result<Vec<Outcome>, SimError> {
        let outcome =
            |run| Outcome { trajectory: self.trajectory(run, batch.training.steps), state: None };
        Ok(batch.runs.iter().map(outcome).collect())
    }

    fn frozen(&self) -> Result<Frozen, SimError> {
        unimplemented!("nothing is frozen here")
    }
}

fn study(engine: &Planted, experiment: &Experiment) -> Summary {
    let study = Study::of("planted", experiment).expect("a grid");
    let results = sweep::run(&study, engine).expect("a good experiment");
    let readings = readings(&study, &results.runs);
    summarise("planted", false, (experiment, &RunPlan::new(experiment)), &readings)
}

#[test]
fn planted_exponents_are_found() {
    let engine = Planted { gamma_a: -0.75, gamma_b: -1.0, noise: 0.1 };
    let summary = study(&engine, &Experiment::default());
    for (init, gamma) in [(Init::A, -0.75), (Init::B, -1.0)] {
        let results = &summary.inits[&init];
        for fit in [&results.eta_opt, &results.eta_stable] {
            let (exponent, lower, upper) =
                (fit.exponent.unwrap(), fit.lower.unwrap(), fit.upper.unwrap());
            // The scatter is 0.1 over a range of ln n of 4.2, so slopes are good to a few hundredths.
            assert!((exponent - gamma).abs() < 0.03, "{init}: {exponent}");
            assert!(lower <= gamma && gamma <= upper && upper - lower < 0.2, "{init}");
            assert_eq!((fit.excluded_widths.len(), fit.seeds), (0, 5));
        }
        let first = &results.widths[0];
        let ratio = first.eta_stable.value.unwrap() / first.eta_opt.value.unwrap();
        assert!((ratio - 3.0).abs() < 0.05, "{ratio}");
        // exp(x²) ≤ 1.1 where |x| ≤ √ln 1.1 = 0.309.
        let basin = (first.basin.upper.unwrap() / first.basin.lower.unwrap()).ln() / 2.0;
        assert!((basin - 1.1f64.ln().sqrt()).abs() < 0.05, "{basin}");
        assert!(first.eta_opt.bracketed && results.widths[6].diverged_runs > 0);
    }
    assert_eq!(summary.inits[&Init::A].eta_opt.agreement, Agreement::Agrees);
}

/// Negative control: inits swapped, the intervals exclude the predictions.
#[test]
fn swapped_inits_do_not_agree_with_the_theory() {
    let engine = Planted { gamma_a: -1.0, gamma_b: -0.75, noise: 0.1 };
    let summary = study(&engine, &Experiment::default());
    assert_eq!(summary.inits[&Init::A].eta_opt.agreement, Agreement::Excluded);
    assert_eq!(summary.inits[&Init::B].eta_opt.agreement, Agreement::Excluded);
}

/// An optimum beyond what the grid may reach is not bracketed, is in no fit, and is warned of.
#[test]
fn an_optimum_beyond_the_grid_is_reported_and_not_fitted() {
    let engine = Planted { gamma_a: -3.0, gamma_b: -0.5, noise: 0.0 };
    let search = SearchSection { max_extensions: 0, ..SearchSection::default() };
    let summary = study(&engine, &Experiment { search, ..Experiment::default() });
    let fit = &summary.inits[&Init::A].eta_opt;
    assert!(fit.excluded_widths.contains(&8192));
    assert!(!summary.inits[&Init::A].widths[6].eta_opt.bracketed);
    assert!(summary.warnings.iter().any(|warning| warning.contains("not bracketed")));
    assert!(summary.inits[&Init::B].eta_opt.excluded_widths.is_empty());
}

/// With one seed there are exponents and no intervals.
#[test]
fn one_seed_makes_no_interval() {
    let engine = Planted { gamma_a: -0.75, gamma_b: -1.0, noise: 0.1 };
    let training = TrainingSection { seeds: vec![3], ..TrainingSection::default() };
    let summary = study(&engine, &Experiment { training, ..Experiment::default() });
    let fit = &summary.inits[&Init::A].eta_opt;
    assert!(fit.exponent.is_some() && fit.lower.is_none());
    assert_eq!(fit.agreement, Agreement::NoInterval);
    assert!(summary.warnings.iter().any(|warning| warning.contains("one seed")));
}
