//! The products of a block with its frozen weights, forward and backward, at two numbers of rows in turns.

use std::sync::Barrier;
use std::time::{Duration, Instant};

use lora_transformer::product::{Into, Mat, MatMut, product};

use crate::models::{Model, entries, measuring, median, seconds};

/// For how long they are timed.
const TIME: Duration = Duration::from_millis(1000);

/// Seconds of all products of a block for so many rows, on a thread beside all others. Each number of rows
/// has its turn after the other, because the load of the machine changes.
pub fn of_block(model: &Model, rows: [usize; 2]) -> [f64; 2] {
    let barrier = Barrier::new(rayon::current_num_threads());
    let all = rayon::broadcast(|_| {
        let mut products = rows.map(|rows| Products::new(model, rows));
        products.iter_mut().for_each(Products::run);
        barrier.wait();
        let (begun, mut times) = (Instant::now(), Vec::new());
        while times.is_empty() || (measuring() && begun.elapsed() < TIME) {
            times.push(products.each_mut().map(|one| seconds(|| one.run())));
        }
        times
    });
    let all = all.concat();
    [0, 1].map(|which| median(&all.iter().map(|times| times[which]).collect::<Vec<_>>()))
}

/// Operands of the products of a block.
struct Products {
    rows: usize,
    /// Fan-in and fan-out, then x, W and y, of each linear module.
    modules: Vec<([usize; 2], [Vec<f32>; 3])>,
}

impl Products {
    fn new(model: &Model, rows: usize) -> Self {
        let one = |&[inputs, outputs]: &[usize; 2]| {
            ([inputs, outputs], [rows * inputs, inputs * outputs, rows * outputs].map(entries))
        };
        Self { rows, modules: model.linears().iter().map(one).collect() }
    }

    fn run(&mut self) {
        let rows = self.rows;
        for ([inputs, outputs], [x, w, y]) in &mut self.modules {
            let w = Mat::new(w, *inputs, *outputs);
            let left = Mat::new(x, rows, *inputs);
            product(&mut MatMut::new(y, rows, *outputs), Into::Set, 1.0, left, w);
            // So small a factor that repetition keeps the sum finite.
            let left = Mat::new(y, rows, *outputs);
            product(&mut MatMut::new(x, rows, *inputs), Into::Add, 1e-9, left, w.t());
        }
    }
}
