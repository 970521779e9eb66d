//! The MLP: down(φ(up(x))), or with a gate down(φ(gate(x)) ⊙ up(x)).

use crate::activation;
use crate::buffer::Buffer;
use crate::linear::{self, LinearTape};
use crate::net::Mlp;
use crate::pass::{Gradients, Pass};
use crate::product::Into;
use crate::vector::widest;

/// What the backward pass needs besides the input.
#[derive(Debug, Default)]
pub struct MlpTape {
    /// up(x) \[rows, m\].
    up: Buffer,
    /// gate(x) \[rows, m\]; empty without a gate.
    gate: Buffer,
    tapes: [LinearTape; 3],
}

/// The branch's outputs \[rows, n\] for `x` \[rows, n\].
pub fn forward(pass: &Pass, mlp: &Mlp, x: &[f32]) -> (Buffer, MlpTape) {
    let rows = x.len() / pass.net.config.width;
    let mut tape = MlpTape::default();
    if let Some(gate) = &mlp.gate {
        (tape.gate, tape.tapes[0]) = linear::forward(pass, gate, x, rows);
    }
    (tape.up, tape.tapes[1]) = linear::forward(pass, &mlp.up, x, rows);
    let hidden = tape.hidden(pass);
    let (y, down) = linear::forward(pass, &mlp.down, &hidden, rows);
    tape.tapes[2] = down;
    (y, tape)
}

impl MlpTape {
    /// What goes into `down` \[rows, m\].
    fn hidden(&self, pass: &Pass) -> Buffer {
        let mut hidden = Buffer::unset(self.up.len());
        if self.gate.is_empty() {
            activation::apply(pass.net.config.activation, &self.up, &mut hidden);
        } else {
            activation::apply(pass.net.config.activation, &self.gate, &mut hidden);
            multiply(&mut hidden, &self.up);
        }
        hidden
    }
}

/// Adds the gradients of what the branch trains, given its input and `dy`; adds that of the input to `dx`
/// if it is wanted.
pub fn backward(
    pass: &Pass,
    mlp: &Mlp,
    (x, tape): (&[f32], &MlpTape),
    dy: &[f32],
    gradients: &mut Gradients,
    mut dx: Option<&mut [f32]>,
) {
    let trains = |linear| pass.wants.linear(linear);
    let inner = dx.is_some() || trains(&mlp.up) || mlp.gate.as_ref().is_some_and(trains);
    let down = (&mlp.down, &tape.tapes[2]);
    if !inner {
        let hidden = tape.hidden(pass);
        linear::backward(pass, down.0, (&hidden, down.1), dy, gradients, None);
        return;
    }
    let mut dup = Buffer::unset(tape.up.len());
    let dz = linear::to_input(pass, down.0, dy, Some((Into::Set, &mut dup)));
    // One look at the activations gives their slopes and, once more, their values.
    let mut hidden = Buffer::unset(tape.up.len());
    let mut dgate = Buffer::unset(tape.gate.len());
    let activation = pass.net.config.activation;
    if mlp.gate.is_some() {
        let saved = (&tape.gate[..], &tape.up[..]);
        activation::back_through_gate(activation, saved, &mut dup, &mut dgate, &mut hidden);
    } else {
        activation::back(activation, &tape.up, &mut dup, &mut hidden);
    }
    linear::to_own(pass, down.0, (&hidden, down.1), (dy, &dz), gradients);
    drop(hidden);
    if let Some(gate) = &mlp.gate {
        let saved = (x, &tape.tapes[0]);
        linear::backward(pass, gate, saved, &dgate, gradients, dx.as_deref_mut());
    }
    linear::backward(pass, &mlp.up, (x, &tape.tapes[1]), &dup, gradients, dx);
}

widest! {
    /// x_i ← x_i y_i.
    pub fn multiply(x: &mut [f32], y: &[f32]) {
        for (x, y) in x.iter_mut().zip(y) {
            *x *= y;
        }
    }
}
