//! The setting of a sweep in words.

use lora_sim::spec::{Hidden, Model};

use crate::sweep::Sweep;

/// "readout a = 0.5, W_h random, targets × 1", and every other key in which the sweeps of a map differ.
pub fn setting(sweep: &Sweep, all: &[Sweep]) -> String {
    let Model { readout_exponent, hidden, teacher_scale, .. } = &sweep.model;
    let hidden = match hidden {
        Hidden::Gaussian => "W_h random",
        Hidden::Zero => "W_h = 0",
    };
    let mut words = format!("readout a = {readout_exponent}, {hidden}, targets × {teacher_scale}");
    for (place, (name, value)) in others(sweep).into_iter().enumerate() {
        if all.iter().any(|other| others(other)[place].1 != value) {
            words += &format!(", {name} {value}");
        }
    }
    words
}

/// What else a sweep may be told by.
fn others(sweep: &Sweep) -> Vec<(&'static str, String)> {
    let (model, training) = (&sweep.model, &sweep.training);
    vec![
        ("A ×", model.a_scale.to_string()),
        ("B ×", model.b_scale.to_string()),
        ("s =", model.multiplier.to_string()),
        ("r =", model.rank.to_string()),
        ("N =", model.points.to_string()),
        ("φ =", model.activation.key().to_owned()),
        ("teacher", format!("{} wide, rank {}", model.teacher.width, model.teacher.rank)),
        ("by", training.optimizer.kind().key().to_owned()),
        ("training", training.train.key().to_owned()),
        ("η_B/η_A =", training.lr_ratio.to_string()),
        ("T ≤", training.steps.to_string()),
    ]
}
