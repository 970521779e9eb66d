//! The MLP: down(φ(up(x))), or with a gate down(φ(gate(x)) ⊙ up(x)).

use crate::activation;
use crate::linear::{self, LinearTape};
use crate::net::Mlp;
use crate::pass::{Gradients, Pass};
use crate::vector::widest;

/// What the backward pass needs besides the input.
#[derive(Debug, Default)]
pub struct MlpTape {
    /// up(x) \[rows, m\].
    up: Vec<f32>,
    /// gate(x) \[rows, m\]; empty without a gate.
    gate: Vec<f32>,
    tapes: [LinearTape; 3],
}

/// The branch's outputs \[rows, n\] for `x` \[rows, n\].
pub fn forward(pass: &Pass, mlp: &Mlp, x: &[f32]) -> (Vec<f32>, MlpTape) {
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
    fn hidden(&self, pass: &Pass) -> Vec<f32> {
        let mut hidden = vec![0.0; self.up.len()];
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
    let hidden = tape.hidden(pass);
    let mut dhidden = inner.then(|| vec![0.0; hidden.len()]);
    let saved = (&hidden[..], &tape.tapes[2]);
    linear::backward(pass, &mlp.down, saved, dy, gradients, dhidden.as_deref_mut());
    let Some(mut dup) = dhidden else { return };
    let activation = pass.net.config.activation;
    if let Some(gate) = &mlp.gate {
        let mut dgate = hidden;
        activation::back_through_gate(activation, (&tape.gate, &tape.up), &mut dup, &mut dgate);
        let saved = (x, &tape.tapes[0]);
        linear::backward(pass, gate, saved, &dgate, gradients, dx.as_deref_mut());
    } else {
        activation::times_slope(activation, &tape.up, &mut dup);
    }
    linear::backward(pass, &mlp.up, (x, &tape.tapes[1]), &dup, gradients, dx);
}

widest! {
    /// x_i ← x_i y_i.
    pub fn multiply(x: &mut [f32], y: &[f32]) {
        x.iter_mut().zip(y).for_each(|(x, y)| *x *= y);
    }
}
