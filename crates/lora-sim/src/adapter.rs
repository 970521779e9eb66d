//! The trained LoRA factors with the optimizer's moments.

use lora_random::normal::fill_row;
use lora_random::philox::{Purpose, Stream};
use ndarray::Array2;
use rayon::prelude::*;

use crate::spec::{Init, Model, Run};

/// A and B of one run with Adam's moments, as they stand after `step` updates.
#[derive(Clone, Debug, PartialEq)]
pub struct AdapterState {
    /// A, r × n.
    pub a: Array2<f32>,
    /// B, n × r.
    pub b: Array2<f32>,
    /// First moment of A's gradient, r × n.
    pub m_a: Array2<f32>,
    /// Second moment of A's gradient, r × n.
    pub v_a: Array2<f32>,
    /// First moment of B's gradient, n × r.
    pub m_b: Array2<f32>,
    /// Second moment of B's gradient, n × r.
    pub v_b: Array2<f32>,
    /// Updates made so far.
    pub step: usize,
}

impl AdapterState {
    /// A_0 and B_0 of a run, moments zero.
    ///
    /// A_ij ~ N(0, 1/n) except under Init\[B\], and B_ij ~ N(0, 1/r) except under Init\[A\]. The
    /// random number of entry (k, i) of A has the address (row i, column k), so that a range of
    /// neurons can be drawn alone.
    pub fn initial(model: &Model, width: usize, run: &Run) -> Self {
        let r = model.rank;
        let a_std = model.a_scale / (width as f64).sqrt();
        let b_std = model.b_scale / (r as f64).sqrt();
        let draw = |random: bool, purpose, std: f64| {
            let mut entries = Array2::<f32>::zeros((width, r));
            if random {
                let stream = Stream::new(run.adapter_seed, width, purpose);
                let rows = entries.as_slice_mut().expect("a fresh array is contiguous");
                rows.par_chunks_mut(r).with_min_len(256).enumerate().for_each(|(i, row)| {
                    fill_row(&stream, i, std as f32, row);
                });
            }
            entries
        };
        let a = draw(run.init != Init::B, Purpose::AdapterA, a_std);
        let b = draw(run.init != Init::A, Purpose::AdapterB, b_std);
        let a = a.t().as_standard_layout().into_owned();
        let zeros = |like: &Array2<f32>| Array2::zeros(like.raw_dim());
        Self { m_a: zeros(&a), v_a: zeros(&a), m_b: zeros(&b), v_b: zeros(&b), a, b, step: 0 }
    }
}
