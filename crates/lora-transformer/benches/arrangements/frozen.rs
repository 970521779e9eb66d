//! The products of a block with its frozen weights, forward and backward.

use std::sync::Barrier;
use std::time::{Duration, Instant};

use lora_transformer::product::{Into, Mat, MatMut, product};

use crate::models::{Model, entries, measuring, median, seconds};

/// For how long they are timed.
const TIME: Duration = Duration::from_millis(300);

/// Seconds of all products of a block for so many rows, on a thread beside all others.
pub fn of_block(model: &Model, rows: usize) -> f64 {
    let barrier = Barrier::new(rayon::current_num_threads());
    let all = rayon::broadcast(|_| {
        let array = |&[inputs, outputs]: &[usize; 2]| {
            let arrays = [rows * inputs, inputs * outputs, rows * outputs].map(entries);
            ([inputs, outputs], arrays)
        };
        let mut arrays: Vec<_> = model.linears().iter().map(array).collect();
        let mut call = || {
            for ([inputs, outputs], [x, w, y]) in &mut arrays {
                let w = Mat::new(w, *inputs, *outputs);
                let left = Mat::new(x, rows, *inputs);
                product(&mut MatMut::new(y, rows, *outputs), Into::Set, 1.0, left, w);
                // So small a factor that repetition keeps the sum finite.
                let left = Mat::new(y, rows, *outputs);
                product(&mut MatMut::new(x, rows, *inputs), Into::Add, 1e-9, left, w.t());
            }
        };
        call();
        barrier.wait();
        let (begun, mut times) = (Instant::now(), Vec::new());
        while times.is_empty() || (measuring() && begun.elapsed() < TIME) {
            times.push(seconds(&mut call));
        }
        times
    });
    median(&all.concat())
}
