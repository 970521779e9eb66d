//! Gradients of the f64 transformers against differences of the loss, for every base tensor and every
//! adapter of every family, and the chain rule between the two.

use lora_checkpoint::{Activation, Family};
use lora_conformance::transformer::cases::{self, Case};
use lora_conformance::transformer::difference::{derivative, inner, norm};
use lora_conformance::transformer::random::normals;
use lora_conformance::transformer::{
    Adapter, Gradients, Head, Pooling, Sequence, Weights, gradients, loss, random_adapters,
    random_weights,
};
use ndarray::Array2;

/// Step along a direction of length one. The difference then errs by about h⁴/500 of the fifth
/// derivative and by ε/h, both near 1e-12.
const STEP: f64 = 2e-3;
/// The same with ReLU: kinks lie close by, and only rounding is left.
const STEP_BETWEEN_KINKS: f64 = 2e-5;

/// A model to differentiate.
struct Problem {
    case: Case,
    weights: Weights,
    adapters: Vec<Adapter>,
    batch: Vec<Sequence>,
}

impl Problem {
    fn new(case: Case) -> Self {
        let weights = random_weights(&case.config, 3);
        let adapters = random_adapters(&case.config, 2, 0.75, 4);
        let batch = cases::batch(&case);
        Self { case, weights, adapters, batch }
    }

    fn loss(&self, weights: &Weights, adapters: &[Adapter]) -> f64 {
        loss(&self.case.config, weights, adapters, self.case.head, &self.batch)
    }

    /// Compares a gradient with the derivative along a direction of length one that is half random. The
    /// other half is the gradient itself, so that nothing cancels and 1e-7 is relative to its length.
    fn compare(&self, what: &str, gradient: &Array2<f64>, along: impl Fn(&Array2<f64>) -> f64) {
        let unit = |m: Array2<f64>| {
            let length = norm(&m);
            m / length
        };
        let random = unit(normals(what, 9, [gradient.nrows(), gradient.ncols()]));
        let length = norm(gradient);
        let direction = if length > 1e-9 { unit(random + gradient / length) } else { random };
        let has_kinks = self.case.config.activation == Activation::Relu;
        let step = if has_kinks { STEP_BETWEEN_KINKS } else { STEP };
        let want = derivative(|t| along(&(t * &direction)), step);
        let got = inner(gradient, &direction);
        let bound = if length > 1e-9 { 1e-7 * want.abs() } else { 1e-10 };
        assert!((got - want).abs() <= bound, "{}, {what}: {got} and {want}", self.case.name);
    }

    fn gradients(&self) -> Gradients {
        let Self { case, weights, adapters, batch } = self;
        gradients(&case.config, weights, adapters, case.head, batch)
    }
}

#[test]
fn the_loss_is_that_of_the_gradients() {
    for case in cases::all() {
        let problem = Problem::new(case);
        let loss = problem.loss(&problem.weights, &problem.adapters);
        assert!((problem.gradients().loss - loss).abs() < 1e-14);
    }
}

#[test]
fn gradients_of_base_tensors_are_differences() {
    for case in cases::all() {
        let problem = Problem::new(case);
        for (name, gradient) in &problem.gradients().weights {
            problem.compare(name, gradient, |by| {
                let mut moved = problem.weights.clone();
                *moved.get_mut(name).expect("a gradient of a tensor") += by;
                problem.loss(&moved, &problem.adapters)
            });
        }
    }
}

#[test]
fn gradients_of_adapters_are_differences() {
    for case in cases::all() {
        let problem = Problem::new(case);
        for (place, (da, db)) in problem.gradients().adapters.iter().enumerate() {
            let module = &problem.adapters[place].module;
            let along = |edit: &dyn Fn(&mut Adapter)| {
                let mut moved = problem.adapters.clone();
                edit(&mut moved[place]);
                problem.loss(&problem.weights, &moved)
            };
            problem.compare(&format!("A on {module}"), da, |by| along(&|adapter| adapter.a += by));
            problem.compare(&format!("B on {module}"), db, |by| along(&|adapter| adapter.b += by));
        }
    }
}

/// Elsewhere a zero would hide that a tensor is forgotten in both passes.
#[test]
fn only_what_cannot_matter_has_no_gradient() {
    for case in cases::all() {
        let problem = Problem::new(case);
        let Case { name: case, config, head } = &problem.case;
        let mean = *head == Head::Classifier { pooling: Pooling::Mean };
        let got = problem.gradients();
        let is_zero = |gradient: &Array2<f64>| norm(gradient) < 1e-12;
        let other_head = |module: &str| match config.family {
            Family::Bert => mean && module == "bert.pooler.dense",
            Family::DistilBert => mean && module == "pre_classifier",
            Family::Roberta if mean => module.starts_with("classifier."),
            Family::Roberta => module == "classifier",
            Family::Llama | Family::Qwen2 => mean && module == "lm_head",
        };
        for (name, gradient) in &got.weights {
            let (module, kind) = name.rsplit_once('.').expect("module and kind");
            // Without rotation, a bias of the keys adds the same to all scores of a query.
            let key = module.ends_with(".key") || module.ends_with(".k_lin");
            let wanted = other_head(module) || key && kind == "bias";
            assert_eq!(is_zero(gradient), wanted, "{case}: {name}");
        }
        for (adapter, (da, db)) in problem.adapters.iter().zip(&got.adapters) {
            let wanted = other_head(&adapter.module);
            assert_eq!(is_zero(da), wanted, "{case}: A on {}", adapter.module);
            assert_eq!(is_zero(db), wanted, "{case}: B on {}", adapter.module);
        }
    }
}

/// With D the gradient at the merged weight W + s B A: dA = s Bᵀ D and dB = s D Aᵀ. A table of an
/// embedding is the transpose of such a weight.
#[test]
fn gradients_of_adapters_follow_from_those_of_merged_weights() {
    for case in cases::all().into_iter().filter(|case| !case.config.tied_head) {
        let problem = Problem::new(case);
        let Problem { case, weights, adapters, batch } = &problem;
        let mut merged = weights.clone();
        for Adapter { module, a, b, scaling } in adapters {
            let weight = merged.get_mut(&format!("{module}.weight")).expect("an adapted weight");
            let product = *scaling * b.dot(a);
            *weight += &if is_embedding(module) { product.reversed_axes() } else { product };
        }
        let of_merged = gradients(&case.config, &merged, &[], case.head, batch).weights;
        let of_adapters = problem.gradients().adapters;
        for (Adapter { module, a, b, scaling }, (da, db)) in adapters.iter().zip(&of_adapters) {
            let mut d = of_merged[&format!("{module}.weight")].view();
            if is_embedding(module) {
                d = d.reversed_axes();
            }
            let far = |got: &Array2<f64>, want: Array2<f64>| norm(&(got - *scaling * want));
            assert!(far(da, b.t().dot(&d)) < 1e-13, "{}: A on {module}", case.name);
            assert!(far(db, d.dot(&a.t())) < 1e-13, "{}: B on {module}", case.name);
        }
    }
}

fn is_embedding(module: &str) -> bool {
    module.contains("embed")
}
