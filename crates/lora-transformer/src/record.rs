//! What is measured of each adapted module, on a probe batch that stays the same over a run.
//!
//! With x_t the module's present input, the last update changed Z_B = s B A x by
//!
//! - δ1 = s B_{t-1} ΔA x_t,
//! - δ2 = s ΔB A_{t-1} x_t,
//! - δ3 = s ΔB ΔA x_t,
//! - and the drift of its input, s B_{t-1} A_{t-1} (x_t - x_{t-1}).
//!
//! The paper defines δ1, δ2 and δ3 for a fixed input; in a network of several adapted modules inputs move,
//! so their drift is kept apart. The four add up to the change of Z_B.

use serde::{Deserialize, Serialize};

use crate::adapter::Adapter;
use crate::net::{Net, Site};
use crate::observe::{Input, Observer, Seen};
use crate::pass::Gradients;
use crate::product::{Into, Mat, MatMut, product};
use crate::vector::squares;

/// Measurements of one adapted module after `step` updates.
///
/// "rms" is the root of the mean square over entries, "norm" the mean over tokens of the Euclidean norm.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SiteRecord {
    /// Updates made so far.
    pub step: usize,
    /// Name of the module.
    pub module: String,
    /// rms entry of Z_A = A x.
    pub za_rms: f64,
    /// Mean norm of Z_A.
    pub za_norm: f64,
    /// rms entry of Z_B = s B A x.
    pub zb_rms: f64,
    /// Mean norm of Z_B.
    pub zb_norm: f64,
    /// rms entry of δ1; 0 before the first update, as the next three.
    pub delta1: f64,
    /// rms entry of δ2.
    pub delta2: f64,
    /// rms entry of δ3.
    pub delta3: f64,
    /// rms entry of s B_{t-1} A_{t-1} (x_t - x_{t-1}).
    pub drift: f64,
    /// rms entry of A - A_0.
    pub a_move: f64,
    /// rms entry of B - B_0.
    pub b_move: f64,
    /// Norm of A's gradient in the last update, or in the first one where there was none yet.
    pub a_gradient: f64,
    /// Norm of B's gradient, likewise.
    pub b_gradient: f64,
}

impl SiteRecord {
    /// Every number with its name.
    pub fn named(&self) -> [(&'static str, f64); 12] {
        [
            ("za_rms", self.za_rms),
            ("za_norm", self.za_norm),
            ("zb_rms", self.zb_rms),
            ("zb_norm", self.zb_norm),
            ("delta1", self.delta1),
            ("delta2", self.delta2),
            ("delta3", self.delta3),
            ("drift", self.drift),
            ("a_move", self.a_move),
            ("b_move", self.b_move),
            ("a_gradient", self.a_gradient),
            ("b_gradient", self.b_gradient),
        ]
    }
}

/// A x of every adapted module, before an update.
#[derive(Debug, Default)]
pub struct Before {
    /// By site, rows in the order in which they were seen.
    za: Vec<Vec<f32>>,
}

impl Before {
    /// For a model's modules.
    pub fn new(net: &Net) -> Self {
        Self { za: vec![Vec::new(); net.sites.len()] }
    }
}

impl Observer for Before {
    fn site(&mut self, site: Site, seen: Seen<'_>) {
        self.za[site.0].extend_from_slice(seen.za);
    }

    fn other(&mut self, _: &dyn Fn() -> String, _: &[f32]) {}
}

/// The adapters that a measurement compares.
#[derive(Clone, Debug)]
pub struct Compared {
    /// A_0 and B_0.
    pub start: Vec<Option<Adapter>>,
    /// A_{t-1} and B_{t-1}.
    pub before: Vec<Option<Adapter>>,
    /// A_t and B_t.
    pub after: Vec<Option<Adapter>>,
}

/// Measures every adapted module after an update.
#[derive(Debug)]
pub struct After {
    compared: Compared,
    /// A_{t-1} x_{t-1}; empty before the first update.
    before: Before,
    sums: Vec<Sums>,
}

/// Sums over the rows of a module.
#[derive(Clone, Debug, Default)]
struct Sums {
    rows: usize,
    za: Sizes,
    zb: Sizes,
    /// Squares of δ1, δ2, δ3 and of the drift.
    parts: [f64; 4],
}

/// Sum of squares, and of norms of rows.
#[derive(Clone, Copy, Debug, Default)]
struct Sizes {
    squares: f64,
    norms: f64,
}

impl Sizes {
    fn add(&mut self, values: &[f32], cols: usize) {
        for row in values.chunks_exact(cols) {
            let square = squares(row);
            self.squares += square;
            self.norms += square.sqrt();
        }
    }
}

impl After {
    /// Compares adapters, given what [`Before`] saw of A_{t-1} and B_{t-1}.
    pub fn new(compared: Compared, before: Before) -> Self {
        let sums = vec![Sums::default(); compared.after.len()];
        Self { compared, before, sums }
    }

    /// What came out, by module that the probe reaches, with the gradients of the last update.
    pub fn records(
        &self,
        net: &Net,
        step: usize,
        gradients: Option<&Gradients>,
    ) -> Vec<SiteRecord> {
        let one = |index: usize| {
            let after = self.compared.after[index].as_ref()?;
            let start = self.compared.start[index].as_ref()?;
            // A probe without targets does not reach a head of next tokens.
            let sums = Some(&self.sums[index]).filter(|sums| sums.rows > 0)?;
            let rms = |squares: f64, cols: usize| (squares / (sums.rows * cols) as f64).sqrt();
            let norm = |norms: f64| norms / sums.rows as f64;
            let (rank, outputs) = (after.rank, after.outputs());
            let [delta1, delta2, delta3, drift] = sums.parts.map(|part| rms(part, outputs));
            let gradient = |factor: usize| {
                let of_site = gradients.and_then(|all| all.sites.get(index));
                of_site.map_or(0.0, |of_site| squares(&of_site[factor]).sqrt())
            };
            Some(SiteRecord {
                step,
                module: net.sites[index].name.clone(),
                za_rms: rms(sums.za.squares, rank),
                za_norm: norm(sums.za.norms),
                zb_rms: rms(sums.zb.squares, outputs),
                zb_norm: norm(sums.zb.norms),
                delta1,
                delta2,
                delta3,
                drift,
                a_move: distance(&after.a, &start.a),
                b_move: distance(&after.b, &start.b),
                a_gradient: gradient(0),
                b_gradient: gradient(1),
            })
        };
        (0..net.sites.len()).filter_map(one).collect()
    }
}

/// rms entry of the difference.
fn distance(x: &[f32], y: &[f32]) -> f64 {
    (squares(&difference(x, y)) / x.len() as f64).sqrt()
}

fn difference(x: &[f32], y: &[f32]) -> Vec<f32> {
    x.iter().zip(y).map(|(x, y)| x - y).collect()
}

impl Observer for After {
    fn site(&mut self, site: Site, seen: Seen<'_>) {
        let (Some(after), Some(before)) =
            (&self.compared.after[site.0], &self.compared.before[site.0])
        else {
            return;
        };
        let (rank, outputs, s) = (after.rank, after.outputs(), after.scaling);
        let rows = seen.za.len() / rank;
        let sums = &mut self.sums[site.0];
        let from = sums.rows * rank;
        sums.rows += rows;
        sums.za.add(seen.za, rank);
        sums.zb.add(&through(seen.za, &after.b, (rows, rank, outputs), s), outputs);
        let earlier = &self.before.za[site.0];
        if earlier.is_empty() {
            return;
        }
        let (da, db) = (difference(&after.a, &before.a), difference(&after.b, &before.b));
        let size = (rows, rank, outputs);
        let moved = inner(seen.input, &da, rank);
        let old = inner(seen.input, &before.a, rank);
        let drifted = difference(&old, &earlier[from..from + rows * rank]);
        let parts = [(&moved, &before.b), (&old, &db), (&moved, &db), (&drifted, &before.b)];
        for (sum, (z, b)) in sums.parts.iter_mut().zip(parts) {
            *sum += squares(&through(z, b, size, s));
        }
    }

    fn other(&mut self, _: &dyn Fn() -> String, _: &[f32]) {}
}

/// s z Bᵀ \[rows, out\].
fn through(
    z: &[f32],
    b: &[f32],
    (rows, rank, outputs): (usize, usize, usize),
    scaling: f32,
) -> Vec<f32> {
    let mut out = vec![0.0; rows * outputs];
    let (z, b) = (Mat::new(z, rows, rank), Mat::new(b, outputs, rank));
    product(&mut MatMut::new(&mut out, rows, outputs), Into::Set, scaling, z, b.t());
    out
}

/// x Aᵀ \[rows, r\].
fn inner(input: Input, a: &[f32], rank: usize) -> Vec<f32> {
    let inputs = a.len() / rank;
    match input {
        Input::Rows(x) => {
            let rows = x.len() / inputs;
            let mut z = vec![0.0; rows * rank];
            let (x, a) = (Mat::new(x, rows, inputs), Mat::new(a, rank, inputs));
            product(&mut MatMut::new(&mut z, rows, rank), Into::Set, 1.0, x, a.t());
            z
        }
        Input::Ids(ids) => {
            let column = |&id: &u32| (0..rank).map(move |row| a[row * inputs + id as usize]);
            ids.iter().flat_map(column).collect()
        }
    }
}
