//! What stays random in the limit: taken from a finite run, or drawn in law.
//!
//! | dynamics | random |
//! |---|---|
//! | mean field | u⁰ = A_0 Z, r × P, and f⁰ = n^(a − 1/2) W_out φ(H), P |
//! | decoder | the neurons (h, ω, B_0) that read Z_A, where W_out = n^-a ω |
//!
//! u⁰ is all that a run of any width knows of A_0, since A enters only through A Z. f⁰ and the
//! decoder's F are n^-1/2 times sums of independent terms: they must not be made of ± pairs, in which
//! they would vanish.

use std::borrow::Cow;

use lora_random::normal::fill_row;
use lora_random::philox::{Purpose, Stream};
use lora_sim::spec::Model;
use lora_sim::{AdapterState, Frozen};
use ndarray::{Array1, Array2};
use rayon::prelude::*;

use crate::class::{Class, Dynamics};
use crate::error::LimitError;
use crate::gaussian::{of_inputs, of_preactivations, second_moment};
use crate::points::Points;
use crate::root::Root;
use crate::rows::{activate, dot, row};

/// The random part of one run's limit.
#[derive(Clone, Debug, PartialEq)]
pub enum Start {
    /// For [`Dynamics::MeanField`].
    Features {
        /// u⁰ = A_0 Z, r × P.
        inner: Array2<f64>,
        /// f⁰, the frozen output of the standard readout, P.
        frozen: Array1<f64>,
    },
    /// For [`Dynamics::Decoder`].
    Neurons(Neurons),
}

/// The frozen neurons through which A learns.
#[derive(Clone, Debug, PartialEq)]
pub struct Neurons {
    /// h, n × P.
    pub h: Array2<f64>,
    /// ω, n standard normals.
    pub omega: Array1<f64>,
    /// B_0, n × r.
    pub b: Array2<f64>,
}

impl Start {
    /// Couples the limit to the run of a finite width that starts from `state` on `frozen`.
    pub fn of_run(class: &Class, model: &Model, frozen: &Frozen, state: &AdapterState) -> Self {
        let points = frozen.columns.train + frozen.columns.test;
        let wide = |m: &lora_sim::AlignedMatrix| {
            let at = |(i, p)| f64::from(m.row(i)[frozen.columns.column(p)]);
            Array2::from_shape_fn((frozen.width, points), at)
        };
        let h = wide(&frozen.h);
        let readout = (frozen.width as f64).powf(model.readout_exponent);
        let omega = frozen.w_out.iter().map(|&w| readout * f64::from(w)).collect();
        match class.dynamics() {
            Dynamics::MeanField { .. } => {
                let inner = state.a.mapv(f64::from).dot(&wide(&frozen.z));
                Self::Features { inner, frozen: frozen_output(model, &h, &omega) }
            }
            Dynamics::Decoder { .. } => {
                Self::Neurons(Neurons { h, omega, b: state.b.mapv(f64::from) })
            }
        }
    }

    /// Draws the random part in law; a decoder gets `neurons` independent neurons.
    ///
    /// # Errors
    /// [`LimitError::Eigen`] if a covariance has no eigendecomposition.
    pub fn draw(
        class: &Class,
        model: &Model,
        points: &Points,
        neurons: usize,
        seed: u64,
    ) -> Result<Self, LimitError> {
        let inputs = of_inputs(points.x.view());
        let outer = of_preactivations(model, &inputs);
        let draw = |what: usize, covariance: &Array2<f64>, count: usize| {
            let root = Root::new(covariance)?;
            let stream = Stream::new(seed, what, Purpose::LimitStart);
            let vectors = root.vectors(count, points.all(), |i, out| normals(&stream, i, 1.0, out));
            Ok::<_, LimitError>(vectors)
        };
        match class.dynamics() {
            Dynamics::MeanField { .. } => {
                let z = second_moment(model.activation, &inputs);
                let inner = draw(0, &z, model.rank)? * model.a_scale;
                let output = draw(1, &second_moment(model.activation, &outer), 1)?;
                Ok(Self::Features { inner, frozen: output.row(0).to_owned() })
            }
            Dynamics::Decoder { .. } => {
                let h = draw(2, &outer, neurons)?;
                let mut omega = Array1::zeros(neurons);
                let stream = Stream::new(seed, 3, Purpose::LimitStart);
                normals(&stream, 0, 1.0, omega.as_slice_mut().expect("contiguous"));
                let mut b = Array2::zeros((neurons, model.rank));
                let stream = Stream::new(seed, 4, Purpose::LimitStart);
                let std = model.b_scale / (model.rank as f64).sqrt();
                for (i, mut b) in b.rows_mut().into_iter().enumerate() {
                    normals(&stream, i, std, b.as_slice_mut().expect("contiguous"));
                }
                Ok(Self::Neurons(Neurons { h, omega, b }))
            }
        }
    }

    /// The same with every matrix stored row after row, as sums over points need them.
    pub(crate) fn in_rows(&self) -> Cow<'_, Self> {
        let rows = |m: &Array2<f64>| m.as_standard_layout().into_owned();
        let line = |v: &Array1<f64>| v.as_standard_layout().into_owned();
        match self {
            Self::Neurons(n)
                if !(n.h.is_standard_layout()
                    && n.b.is_standard_layout()
                    && n.omega.is_standard_layout()) =>
            {
                let (h, b, omega) = (rows(&n.h), rows(&n.b), line(&n.omega));
                Cow::Owned(Self::Neurons(Neurons { h, omega, b }))
            }
            Self::Features { inner, frozen } if !inner.is_standard_layout() => {
                Cow::Owned(Self::Features { inner: rows(inner), frozen: line(frozen) })
            }
            _ => Cow::Borrowed(self),
        }
    }

    /// Whether it fits the class and the points.
    pub(crate) fn check(
        &self,
        class: &Class,
        model: &Model,
        points: &Points,
    ) -> Result<(), LimitError> {
        let (r, p) = (model.rank, points.all());
        let fits = match (self, class.dynamics()) {
            (Self::Features { inner, frozen }, Dynamics::MeanField { .. }) => {
                inner.dim() == (r, p) && frozen.len() == p
            }
            (Self::Neurons(n), Dynamics::Decoder { .. }) => {
                let count = n.omega.len();
                count > 0 && n.h.dim() == (count, p) && n.b.dim() == (count, r)
            }
            _ => false,
        };
        if fits {
            return Ok(());
        }
        let needed = match class.dynamics() {
            Dynamics::MeanField { .. } => format!("u⁰ of {r}×{p} and f⁰ of {p}"),
            Dynamics::Decoder { .. } => format!("neurons with h of n×{p} and B_0 of n×{r}"),
        };
        let found = match self {
            Self::Features { inner, frozen } => {
                format!("u⁰ of {}×{} and f⁰ of {}", inner.nrows(), inner.ncols(), frozen.len())
            }
            Self::Neurons(n) => format!(
                "neurons with h of {}×{} and B_0 of {}×{}",
                n.h.nrows(),
                n.h.ncols(),
                n.b.nrows(),
                n.b.ncols()
            ),
        };
        Err(LimitError::Start { found, needed })
    }
}

/// n^-1/2 Σ ω φ(h), the frozen output of the standard readout.
fn frozen_output(model: &Model, h: &Array2<f64>, omega: &Array1<f64>) -> Array1<f64> {
    let mut z = h.t().as_standard_layout().into_owned();
    let width = z.ncols().max(1);
    let rows = z.as_slice_mut().expect("standard layout");
    rows.par_chunks_mut(width).for_each(|row| activate(model.activation, row));
    let omega = omega.as_slice().expect("contiguous");
    (0..z.nrows()).map(|p| dot(row(&z, p), omega) / (width as f64).sqrt()).collect()
}

/// Row `i` of a stream's standard normals, times `std`.
fn normals(stream: &Stream, i: usize, std: f64, out: &mut [f64]) {
    let mut row = vec![0.0f32; out.len()];
    fill_row(stream, i, 1.0, &mut row);
    out.iter_mut().zip(row).for_each(|(out, x)| *out = std * f64::from(x));
}
