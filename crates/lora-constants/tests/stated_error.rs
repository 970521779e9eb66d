//! The stated error of the lowest loss against a quadrature of many times as many neurons.

use lora_constants::{Choices, ConstantsError, Question, SeedConstants, Watch, solve};
use lora_experiment::experiment::Experiment;
use lora_limit::{Points, Quadrature, Solver, Start, Variant};
use lora_sim::spec::{Init, Run};
use lora_sim::{AdapterState, Frozen, Isa};
use lora_theory::rational;

/// M, on each side and in each replicate.
const NEURONS: usize = 64;

/// Init[A] at a = 1/2 on few points.
fn experiment() -> Experiment {
    let mut experiment = Experiment::default();
    let (m, t, s) = (&mut experiment.model, &mut experiment.training, &mut experiment.search);
    (m.widths, m.points, m.test_points) = (vec![128].into(), 48, 0);
    (m.teacher_width, m.teacher_rank) = (40, 3);
    (t.seeds, t.steps, t.epsilon) = ((0..8).collect(), 40, 0.0);
    (t.inits, s.bracket_factor) = (vec![Init::A], 1.5);
    experiment
}

/// The loss at a seed's best c over 64 M neurons in eight replicates, 16 times those of the answer.
fn reference(question: &Question, found: &SeedConstants) -> Result<f64, ConstantsError> {
    let half = rational(1, 2)?;
    let (model, training, seed) =
        (question.model(half), question.experiment.training(), found.seed);
    let class = question.class(half, Init::A)?;
    let points = Points::draw(&model, seed)?;
    let frozen = Frozen::draw(&model, question.width, seed, Isa::best())?;
    let state = AdapterState::initial(
        &model,
        question.width,
        &Run { init: Init::A, lr: 1.0, adapter_seed: seed },
    );
    let start = Start::of_run(&class, &model, &frozen, &state);
    let quadrature = Quadrature { neurons: 64 * NEURONS, replicates: 8, seed: 1000 + seed };
    let solver = Solver::new(&class, &model, &training, &points, &start, quadrature)?;
    let solution = solver.solve(found.c_best.expect("a loss"), Variant::default())?;
    let run = lora_constants::LimitRun::of(&question.experiment, (0, 1.0), 0, &solution);
    Ok(run.loss.expect("no divergence"))
}

/// Over eight seeds the distance to the reference is of the size of the stated error.
#[test]
fn the_error_of_the_lowest_loss_is_honest() -> Result<(), ConstantsError> {
    let choices = Choices { neurons: Some(NEURONS), ..Choices::default() };
    let question = Question::new(("small", false), &experiment(), &choices)?;
    let (answer, curves) = solve(&question, &Watch { stop: &|| false, done: &|_| () })?;
    let constants = answer.readouts[0].inits[&Init::A].constants().expect("a limit");
    let (mut ratios, mut over_spread) = (Vec::new(), Vec::new());
    for (found, (_, curve)) in constants.seeds.iter().zip(&curves[0][&Init::A]) {
        let (loss, error) = (found.loss.expect("a loss"), found.error.expect("an error"));
        let exact = reference(&question, found)?;
        let spread = curve.finer.last().and_then(|run| run.error).expect("an error");
        println!(
            "seed {}: {loss:.5} ± {error:.5} (spread {spread:.5}), exact {exact:.5}",
            found.seed
        );
        ratios.push((loss - exact).abs() / error);
        over_spread.push((loss - exact).abs() / spread);
    }
    println!("distance over stated error {ratios:.2?}, over spread {over_spread:.2?}");
    let rms = |x: &[f64]| (x.iter().map(|x| x * x).sum::<f64>() / x.len() as f64).sqrt();
    assert!((0.2..1.5).contains(&rms(&ratios)), "{ratios:?}");
    // The replicates' spread alone would not say it.
    assert!(rms(&over_spread) > 2.0, "{over_spread:?}");
    Ok(())
}
