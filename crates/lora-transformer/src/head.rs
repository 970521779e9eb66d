//! What stands behind the blocks: logits of the next token or of a class, and their loss.

use std::ops::Range;

use crate::batch::{Slice, Target};
use crate::buffer::Buffer;
use crate::linear;
use crate::loss::{Loss, cross_entropy};
use crate::net::{Head, Linear, Pooling, Squash};
use crate::norm;
use crate::pass::{Gradients, Pass};
use crate::vector::{add, scale, tanh};

/// Bytes of logits that are there at the same time. The vocabulary is wide: rows are taken in groups.
const GROUP_BYTES: usize = 16 << 20;

/// Logits of all rows \[rows, vocabulary\], or of all sequences \[sequences, labels\]; the last hidden
/// states \[rows, n\] of a model without a head.
pub fn logits(pass: &Pass, slice: &Slice, x: Buffer) -> Buffer {
    let x = normed(pass, x);
    match &pass.net.head {
        Head::None => x,
        Head::NextToken(head) => linear::forward(pass, head, &x, slice.ids.len()).0,
        Head::Classifier { .. } => Classified::new(pass, slice, &x).logits,
    }
}

/// What goes into the head: `x` \[rows, n\] behind the last norm, if there is one.
pub fn normed(pass: &Pass, x: Buffer) -> Buffer {
    match &pass.net.last_norm {
        Some(norm) => norm::forward(pass, norm, &x).0,
        None => x,
    }
}

/// The loss of a slice. Its gradients times `weight` are added to `gradients` if there are any, and the
/// gradient of `x` \[rows, n\] is returned if `below` trains.
pub fn loss(
    pass: &Pass,
    slice: &Slice,
    x: &[f32],
    weight: f32,
    gradients: Option<&mut Gradients>,
    below: bool,
) -> (Loss, Option<Buffer>) {
    let normed = pass.net.last_norm.as_ref().map(|norm| (norm, norm::forward(pass, norm, x)));
    let hidden = normed.as_ref().map_or(x, |(_, (hidden, _))| hidden);
    let norm_trains = normed.as_ref().is_some_and(|(norm, _)| pass.wants.norm(norm));
    let mut dhidden =
        (gradients.is_some() && (below || norm_trains)).then(|| Buffer::zeros(hidden.len()));
    let mut gradients = gradients;
    let loss = match &pass.net.head {
        Head::None => Loss::default(),
        Head::NextToken(head) => {
            let dhidden = dhidden.as_deref_mut();
            next_token(pass, head, slice, hidden, weight, gradients.as_deref_mut(), dhidden)
        }
        Head::Classifier { .. } => {
            let dhidden = dhidden.as_deref_mut();
            classes(pass, slice, hidden, weight, gradients.as_deref_mut(), dhidden)
        }
    };
    let (Some(gradients), Some(dhidden)) = (gradients, dhidden) else { return (loss, None) };
    let Some((norm, (_, stats))) = &normed else { return (loss, Some(dhidden)) };
    let mut dx = below.then(|| Buffer::zeros(x.len()));
    norm::backward(pass, norm, (x, stats), &dhidden, gradients, dx.as_deref_mut());
    (loss, dx)
}

fn next_token(
    pass: &Pass,
    head: &Linear,
    slice: &Slice,
    hidden: &[f32],
    weight: f32,
    mut gradients: Option<&mut Gradients>,
    mut dhidden: Option<&mut [f32]>,
) -> Loss {
    let width = head.inputs;
    let wanted: Vec<Wanted> = targets(slice).collect();
    let group = (GROUP_BYTES / 4 / head.outputs).max(1);
    let (mut loss, mut exact) = (Loss::default(), vec![None; slice.sequences.len()]);
    for (index, wanted) in wanted.chunks(group).enumerate() {
        let rows = wanted.iter().flat_map(|one| &hidden[one.row * width..][..width]);
        let rows: Vec<f32> = rows.copied().collect();
        let pass = &Pass { first_row: pass.first_row + index * group, ..*pass };
        let (mut logits, tape) = linear::forward(pass, head, &rows, wanted.len());
        for (logits, one) in logits.chunks_exact_mut(head.outputs).zip(wanted) {
            let of_row = cross_entropy(logits, one.target as usize, weight);
            let before = exact[one.sequence].unwrap_or(true);
            exact[one.sequence] = Some(before && of_row.right == 1);
            loss += of_row;
        }
        let Some(gradients) = gradients.as_deref_mut() else { continue };
        let mut drows = dhidden.is_some().then(|| Buffer::zeros(rows.len()));
        linear::backward(pass, head, (&rows, &tape), &logits, gradients, drows.as_deref_mut());
        if let (Some(drows), Some(dhidden)) = (drows, dhidden.as_deref_mut()) {
            for (drow, one) in drows.chunks_exact(width).zip(wanted) {
                dhidden[one.row * width..][..width].copy_from_slice(drow);
            }
        }
    }
    loss.sequences = exact.iter().flatten().count();
    loss.exact = exact.iter().flatten().filter(|exact| **exact).count();
    loss
}

/// A token that is to be predicted.
struct Wanted {
    /// The row that predicts it.
    row: usize,
    target: u32,
    /// The number of its sequence in the slice.
    sequence: usize,
}

fn targets(slice: &Slice) -> impl Iterator<Item = Wanted> {
    slice.sequences.iter().zip(&slice.rows).enumerate().flat_map(|(sequence, (one, rows))| {
        let next: &[Option<u32>] = match &one.target {
            Target::Next(next) => next,
            Target::None | Target::Label(_) => &[],
        };
        let wanted = move |(row, target): (usize, &Option<u32>)| {
            Some(Wanted { row, target: (*target)?, sequence })
        };
        rows.clone().zip(next).filter_map(wanted)
    })
}

fn classes(
    pass: &Pass,
    slice: &Slice,
    hidden: &[f32],
    weight: f32,
    gradients: Option<&mut Gradients>,
    dhidden: Option<&mut [f32]>,
) -> Loss {
    let mut classified = Classified::new(pass, slice, hidden);
    let labels = classified.labels;
    let mut loss = Loss::default();
    for (logits, sequence) in classified.logits.chunks_exact_mut(labels).zip(&slice.sequences) {
        match sequence.target {
            Target::Label(label) => {
                let of_row = cross_entropy(logits, label as usize, weight);
                loss += Loss { sequences: 1, exact: of_row.right, ..of_row };
            }
            Target::None | Target::Next(_) => logits.fill(0.0),
        }
    }
    if let Some(gradients) = gradients {
        classified.backward(pass, &slice.rows, gradients, dhidden);
    }
    loss
}

/// A classification head's forward pass.
struct Classified<'a> {
    pooling: Pooling,
    dense: Option<&'a (Linear, Squash)>,
    output: &'a Linear,
    labels: usize,
    /// One vector for each sequence \[sequences, n\].
    pooled: Buffer,
    dense_tape: linear::LinearTape,
    /// What goes into the output \[sequences, n\]: the squashed layer's, or `pooled`.
    squashed: Buffer,
    output_tape: linear::LinearTape,
    /// \[sequences, labels\].
    logits: Buffer,
}

impl<'a> Classified<'a> {
    fn new(pass: &Pass<'a>, slice: &Slice, hidden: &[f32]) -> Self {
        let Head::Classifier { pooling, dense, output } = &pass.net.head else {
            unreachable!("asked for by a classifier alone")
        };
        let (sequences, width) = (slice.rows.len(), pass.net.config.width);
        let mut pooled = Buffer::zeros(sequences * width);
        for (pooled, rows) in pooled.chunks_exact_mut(width).zip(&slice.rows) {
            let taken = pooling.rows(rows);
            let part = 1.0 / taken.len() as f32;
            taken.for_each(|row| add(pooled, &hidden[row * width..][..width]));
            scale(pooled, part);
        }
        let (squashed, dense_tape) = match dense {
            None => (Buffer::copy(&pooled), linear::LinearTape::default()),
            Some((dense, squash)) => {
                let (mut out, tape) = linear::forward(pass, dense, &pooled, sequences);
                out.iter_mut().for_each(|x| *x = squash.apply(*x));
                (out, tape)
            }
        };
        let (logits, output_tape) = linear::forward(pass, output, &squashed, sequences);
        Self {
            pooling: *pooling,
            dense: dense.as_ref(),
            output,
            labels: output.outputs,
            pooled,
            dense_tape,
            squashed,
            output_tape,
            logits,
        }
    }

    /// Adds gradients, given that `logits` holds its own.
    fn backward(
        &self,
        pass: &Pass,
        rows: &[Range<usize>],
        gradients: &mut Gradients,
        dhidden: Option<&mut [f32]>,
    ) {
        let width = pass.net.config.width;
        let mut dpooled = Buffer::zeros(self.pooled.len());
        let saved = (&self.squashed[..], &self.output_tape);
        let into = Some(&mut dpooled[..]);
        linear::backward(pass, self.output, saved, &self.logits, gradients, into);
        if let Some((dense, squash)) = self.dense {
            let mut dout = std::mem::replace(&mut dpooled, Buffer::zeros(self.pooled.len()));
            for (d, &y) in dout.iter_mut().zip(&self.squashed[..]) {
                *d *= squash.slope(y);
            }
            let saved = (&self.pooled[..], &self.dense_tape);
            linear::backward(pass, dense, saved, &dout, gradients, Some(&mut dpooled));
        }
        let Some(dhidden) = dhidden else { return };
        for (d, rows) in dpooled.chunks_exact_mut(width).zip(rows) {
            let taken = self.pooling.rows(rows);
            scale(d, 1.0 / taken.len() as f32);
            taken.for_each(|row| add(&mut dhidden[row * width..][..width], d));
        }
    }
}

impl Pooling {
    /// The rows of a sequence over which the mean is taken.
    fn rows(self, rows: &Range<usize>) -> Range<usize> {
        match self {
            Self::Cls => rows.start..rows.start + 1,
            Self::Mean => rows.clone(),
        }
    }
}

impl Squash {
    fn apply(self, x: f32) -> f32 {
        match self {
            Self::Tanh => tanh(x),
            Self::Relu => {
                if x < 0.0 {
                    0.0
                } else {
                    x
                }
            }
        }
    }

    /// The slope where the value is `y`.
    fn slope(self, y: f32) -> f32 {
        match self {
            Self::Tanh => 1.0 - y * y,
            Self::Relu => f32::from(y > 0.0),
        }
    }
}
