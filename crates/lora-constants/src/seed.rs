//! The curves of one seed: what is kept of them, and the rest solved.

use std::sync::atomic::{AtomicUsize, Ordering};

use lora_limit::{Quadrature, Solver, Variant};
use lora_stats::LrGrid;
use lora_theory::Rational;
use rayon::prelude::*;

use crate::error::ConstantsError;
use crate::kept::{Keep, Place};
use crate::question::Question;
use crate::run::LimitRun;
use crate::search::{Curve, search};
use crate::setting::Setting;
use crate::student::Student;
use crate::watch::Watch;

/// A seed of a question.
#[derive(Clone, Copy)]
pub(crate) struct OfSeed<'a> {
    pub question: &'a Question,
    pub readout: Rational,
    pub seed: u64,
    pub kept: &'a dyn Keep,
}

/// A run that is not kept.
struct Missing;

impl OfSeed<'_> {
    /// The curves of these limits. The inits share the seed's student, which is drawn only where a run has to be
    /// solved, and are searched side by side.
    pub fn curves(
        self,
        settings: &[Setting],
        (watch, counted): (&Watch, &AtomicUsize),
    ) -> Result<Vec<Curve>, ConstantsError> {
        let grid = self.question.grid()?;
        let kept = |setting: &Setting| {
            let find = |place: Place| self.kept.find(&place).ok_or(Missing);
            self.curve(&grid, setting, |c, quadrature| find(self.place(setting, c, quadrature)))
        };
        let whole: Result<Vec<Curve>, Missing> = settings.iter().map(kept).collect();
        if let Ok(curves) = whole {
            return Ok(curves);
        }
        let stopped = || ConstantsError::Stopped { done: counted.load(Ordering::SeqCst) };
        let go_on = || if (watch.stop)() { Err(stopped()) } else { Ok(()) };
        go_on()?;
        let student =
            Student::draw(&self.question.model(self.readout), self.question.width, self.seed)?;
        let done = || (watch.done)(counted.fetch_add(1, Ordering::SeqCst) + 1);
        let solved = |setting: &Setting| {
            let (student, go_on, done) = (&student, &go_on, &done);
            Source { of: self, setting, student, go_on, done }.curve(&grid)
        };
        settings.par_iter().map(solved).collect()
    }

    /// The search of one limit, with `run` as the source of its runs. The best is run again over more neurons.
    fn curve<E>(
        self,
        grid: &LrGrid,
        setting: &Setting,
        mut run: impl FnMut((i64, f64), Quadrature) -> Result<LimitRun, E>,
    ) -> Result<Curve, E> {
        let quadrature = self.question.quadrature(self.seed);
        let (basin, bound) = (self.question.experiment.search.basin, setting.bound.value());
        let mut curve = search(grid, basin, bound, |index, c| run((index, c), quadrature))?;
        if let Some(best) = curve.best().map(|best| (best.c_index, best.c)) {
            for times in self.question.finer() {
                curve.finer.push(run(best, self.question.finer_quadrature(self.seed, times))?);
            }
        }
        Ok(curve)
    }

    fn place(self, setting: &Setting, (c_index, _): (i64, f64), quadrature: Quadrature) -> Place {
        let (readout, seed, neurons) = (self.readout, self.seed, quadrature.neurons);
        Place { readout, init: setting.init, seed, neurons, c_index }
    }
}

/// Where the runs of one limit come from.
struct Source<'a> {
    of: OfSeed<'a>,
    setting: &'a Setting,
    student: &'a Student,
    go_on: &'a (dyn Fn() -> Result<(), ConstantsError> + Sync),
    done: &'a (dyn Fn() + Sync),
}

impl Source<'_> {
    fn curve(&self, grid: &LrGrid) -> Result<Curve, ConstantsError> {
        let (question, init) = (self.of.question, self.setting.init);
        let (model, training) = (question.model(self.of.readout), question.experiment.training());
        let (class, points) = (&self.setting.class, &self.student.points);
        let start = self.student.start(class, &model, init);
        // One solver at a time is in memory.
        let mut at_hand: Option<(usize, Solver)> = None;
        let run = |c: (i64, f64), quadrature: Quadrature| {
            let place = self.of.place(self.setting, c, quadrature);
            if let Some(run) = self.of.kept.find(&place) {
                return Ok(run);
            }
            (self.go_on)()?;
            let neurons = quadrature.neurons;
            let (_, solver) = match at_hand.take().filter(|(of, _)| *of == neurons) {
                Some(fitting) => at_hand.insert(fitting),
                None => {
                    let solver = Solver::new(class, &model, &training, points, &start, quadrature)?;
                    at_hand.insert((neurons, solver))
                }
            };
            let solution = solver.solve(c.1, Variant::default())?;
            let run = LimitRun::of(&question.experiment, c, quadrature.neurons, &solution);
            self.of.kept.keep(place, &run)?;
            (self.done)();
            Ok::<_, ConstantsError>(run)
        };
        self.of.curve(grid, self.setting, run)
    }
}
