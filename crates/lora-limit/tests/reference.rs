//! The solver against formulas that are written out over plain independent neurons (`lora-conformance`).

use crate::common::*;
use lora_conformance::limit::{DecoderNeurons, LimitProblem, PlainNeurons};
use lora_limit::{Quadrature, Start, Variant};
use lora_sim::spec::Init;

/// Independent neurons of a population, and populations.
const NEURONS: usize = 1 << 14;
const POPULATIONS: usize = 6;

/// The losses of one population by the written formulas.
fn written(case: &Case, start: &Start, population: usize) -> Vec<f64> {
    let model = &case.model;
    let problem = LimitProblem {
        x: case.points.x.clone(),
        targets: case.points.targets.clone(),
        rank: model.rank,
        multiplier: model.multiplier,
        beta: [0.9, 0.999],
        steps: case.training.steps,
    };
    let neurons = PlainNeurons::draw(&problem, NEURONS, population);
    match start {
        Start::Features { inner, frozen } => {
            let full = model.readout_exponent == 1.0;
            problem.init_a(&neurons, (inner, frozen), full, case.c)
        }
        Start::Neurons(own) => {
            let decoder =
                DecoderNeurons { h: own.h.clone(), omega: own.omega.clone(), b: own.b.clone() };
            match model.readout_exponent {
                1.0 => problem.init_b_growing(&neurons, &decoder, 0.05, case.c),
                _ => problem.init_b(&neurons, &decoder, case.c),
            }
        }
    }
}

/// The solver's losses and the written ones, with the standard errors of both.
fn both(init: Init, readout: f64) -> [[Vec<f64>; 2]; 2] {
    let mut case = Case::new(init, readout, 0.25, 4);
    case.model.test_points = 0;
    case.training.steps = 12;
    case.points = lora_limit::Points::draw(&case.model, 4).unwrap();
    let start = Start::draw(&case.class, &case.model, &case.points, 512, 4).unwrap();
    let quadrature = Quadrature { neurons: 2048, replicates: 8, seed: 1 };
    let solved = case.solve_with(&start, Variant::default(), quadrature);
    let all: Vec<_> = (0..POPULATIONS).map(|i| written(&case, &start, i)).collect();
    let count = POPULATIONS as f64;
    let at = |t: usize| all.iter().map(move |losses| losses[t]);
    let mean: Vec<f64> = (0..all[0].len()).map(|t| at(t).sum::<f64>() / count).collect();
    let error = |t: usize| {
        let squares: f64 = at(t).map(|x| (x - mean[t]).powi(2)).sum();
        (squares / (count - 1.0) / count).sqrt()
    };
    let errors = (0..mean.len()).map(error).collect();
    [[solved.mean.train.losses, solved.error.train.losses], [mean.clone(), errors]]
}

/// Four classes, with relu and Adam, agree with their formulas within four times both errors.
#[test]
fn the_solver_agrees_with_the_written_formulas() {
    for (init, readout) in [(Init::A, 1.0), (Init::A, 0.5), (Init::B, 0.5), (Init::B, 1.0)] {
        let [[solved, error], [written, scatter]] = both(init, readout);
        assert_eq!(solved.len(), written.len());
        let whole = size(&error).hypot(size(&scatter));
        let gap: Vec<f64> = solved.iter().zip(&written).map(|(x, y)| x - y).collect();
        let relative = size(&gap) / size(&written);
        println!(
            "{init}, a = {readout}: distance {relative:.5}, solver ± {:.5}, written ± {:.5}",
            size(&error) / size(&written),
            size(&scatter) / size(&written)
        );
        // Student's t of five degrees of freedom passes 4 once in a hundred times.
        assert!(size(&gap) < 4.0 * whole, "{init}, a = {readout}: {relative}");
        assert!(relative < 0.02, "{init}, a = {readout}: {relative}");
    }
}
