//! Finite runs and the limits that are coupled to them.

use lora_limit::{
    Class, Points, Quadrature, Series, Solution, Solver, Start, Trajectory, Variant, setting,
};
use lora_sim::spec::{Init, Model, Optimizer, Run, Teacher, Training};
use lora_sim::{AdapterState, Batch, CpuEngine, Engine, Frozen};
use lora_theory::{Exponent, Setting};

/// Adam without epsilon, as the limit has it.
pub const ADAM: Optimizer = Optimizer::Adam { beta1: 0.9, beta2: 0.999, epsilon: 0.0 };

/// A small problem.
pub fn model(readout_exponent: f64) -> Model {
    Model {
        points: 32,
        test_points: 8,
        readout_exponent,
        explicit_hidden_up_to: 0,
        teacher: Teacher { width: 200, rank: 4 },
        ..Model::default()
    }
}

/// So many steps of Adam, each recorded.
pub fn training(steps: usize) -> Training {
    Training { optimizer: ADAM, steps, ..Training::default() }
}

/// One run's problem at every width.
pub struct Case {
    pub init: Init,
    pub model: Model,
    pub training: Training,
    pub class: Class,
    pub points: Points,
    pub quadrature: Quadrature,
    pub c: f64,
    pub seed: u64,
}

/// Relative rms distances of whole trajectories.
pub struct Distances {
    pub losses: f64,
    pub test_losses: f64,
    pub z_a: f64,
    pub z_b: f64,
    /// The quadrature's error of the losses in the same units.
    pub quadrature: f64,
}

impl Case {
    /// The critical limit of an init and a readout exponent.
    pub fn new(init: Init, readout: f64, c: f64, seed: u64) -> Self {
        let (model, training) = (model(readout), training(20));
        let setting = setting(&model, &training, init).unwrap();
        Self::of(init, &setting, model, training, c, seed)
    }

    /// The critical limit of any setting.
    pub fn of(
        init: Init,
        setting: &Setting,
        model: Model,
        training: Training,
        c: f64,
        seed: u64,
    ) -> Self {
        let class = Class::critical(setting, model.activation).unwrap();
        let points = Points::draw(&model, seed).unwrap();
        let quadrature = Quadrature { neurons: 2048, replicates: 2, seed: 9 };
        Self { init, model, training, class, points, quadrature, c, seed }
    }

    /// The frozen student of a width, the engine's start, and its run in the limit's units.
    pub fn engine(&self, width: usize) -> (Frozen, AdapterState, Trajectory) {
        let engine = CpuEngine::new();
        let mut problem = engine.prepare(&self.model, width, self.seed).unwrap();
        let n = width as f64;
        let [gamma_a, gamma_b] = self.class.rate_exponents();
        // A factor that does not train has the exponent −∞.
        let base = if gamma_a.is_finite() { gamma_a } else { gamma_b };
        let run = Run { init: self.init, lr: self.c * n.powf(base), adapter_seed: self.seed };
        let apart = if gamma_b.is_finite() { n.powf(gamma_b - base) } else { 1.0 };
        let lr_ratio = self.training.lr_ratio * apart;
        let training = Training { lr_ratio, ..self.training.clone() };
        let outcome = problem.train(&Batch::new(&training, &[run])).unwrap().remove(0);
        let scales = self.class.terms().scales;
        let unit = |exponent: Exponent| n.powf(-exponent.to_f64());
        let [unit_a, unit_b] = [self.class.z_a_exponent(), scales.z_b].map(unit);
        let loss = unit(scales.error).powi(2);
        let records = &outcome.trajectory.records;
        // An engine measures features on the training points alone.
        let train = Series {
            losses: outcome.trajectory.losses.iter().map(|x| loss * x).collect(),
            z_a: records.iter().map(|r| unit_a * r.za_rms).collect(),
            z_b: records.iter().map(|r| unit_b * r.zb_rms).collect(),
        };
        let losses = records.iter().map(|r| loss * r.test_loss).collect();
        let finite = Trajectory { train, test: Series { losses, ..Series::default() } };
        let state = AdapterState::initial(&self.model, width, &run);
        (problem.frozen().unwrap(), state, finite)
    }

    pub fn solve(&self, start: &Start, variant: Variant) -> Solution {
        self.solve_with(start, variant, self.quadrature)
    }

    pub fn solve_with(&self, start: &Start, variant: Variant, quadrature: Quadrature) -> Solution {
        Solver::new(&self.class, &self.model, &self.training, &self.points, start, quadrature)
            .unwrap()
            .solve(self.c, variant)
            .unwrap()
    }

    /// The distances of one run to its limit in each variant.
    pub fn distances_to(&self, width: usize, variants: &[Variant]) -> Vec<Distances> {
        let (frozen, state, finite) = self.engine(width);
        let start = Start::of_run(&self.class, &self.model, &frozen, &state);
        let distances = |variant: &Variant| {
            let limit = self.solve(&start, *variant);
            Distances {
                losses: distance(&limit.mean.train.losses, &finite.train.losses),
                test_losses: distance(&limit.mean.test.losses, &finite.test.losses),
                z_a: distance(&limit.mean.train.z_a, &finite.train.z_a),
                z_b: distance(&limit.mean.train.z_b, &finite.train.z_b),
                quadrature: size(&limit.error.train.losses) / size(&finite.train.losses),
            }
        };
        variants.iter().map(distances).collect()
    }

    pub fn distances(&self, width: usize) -> Distances {
        self.distances_to(width, &[Variant::default()]).remove(0)
    }
}

pub fn size(x: &[f64]) -> f64 {
    x.iter().map(|x| x * x).sum::<f64>().sqrt()
}

/// |x − y|/|y|.
pub fn distance(x: &[f64], y: &[f64]) -> f64 {
    assert_eq!(x.len(), y.len());
    let difference: Vec<f64> = x.iter().zip(y).map(|(x, y)| x - y).collect();
    size(&difference) / size(y)
}

/// Root of the mean square.
pub fn rms(x: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = x.len() as f64;
    (x.map(|x| x * x).sum::<f64>() / count).sqrt()
}

/// The rms distance of the losses over some runs, each to its own limit in each variant, and the
/// quadrature's error in the same units.
pub fn rms_distances(cases: &[Case], width: usize, variants: &[Variant]) -> Vec<[f64; 2]> {
    let all: Vec<_> = cases.iter().map(|case| case.distances_to(width, variants)).collect();
    let parts: [fn(&Distances) -> f64; 2] = [|d| d.losses, |d| d.quadrature];
    (0..variants.len()).map(|i| parts.map(|part| rms(all.iter().map(|d| part(&d[i]))))).collect()
}

/// The distances alone.
pub fn rms_distance<const N: usize>(
    cases: &[Case],
    width: usize,
    variants: [Variant; N],
) -> [f64; N] {
    let all = rms_distances(cases, width, &variants);
    std::array::from_fn(|i| all[i][0])
}
