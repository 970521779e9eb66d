//! Points and lines against width.

use std::collections::BTreeMap;

use lora_report::{Named, ScalingLine, ScalingPoint, Value};

use crate::draw::exponents;
use crate::report::curves::named;
use crate::report::exponents::{at_optimum, lr};
use crate::summary::{InitSummary, WidthSummary};
use lora_types::Init;

type OfWidth = fn(&WidthSummary) -> Value;

const QUANTITIES: [(&str, &str, OfWidth); 8] = [
    ("eta_opt", "optimal learning rate η_{opt}", |row| lr(&row.eta_opt)),
    ("eta_stable", "largest stable learning rate η_{stable}", |row| lr(&row.eta_stable)),
    ("loss", "best score", |row| at_optimum(row, &row.loss)),
    ("test_loss", "held-out loss at the optimum", |row| at_optimum(row, &row.test_loss)),
    ("za_rms", "rms Z_{A} at the optimum", |row| at_optimum(row, &row.za_rms)),
    ("zb_rms", "rms Z_{B} at the optimum", |row| at_optimum(row, &row.zb_rms)),
    ("za_norm", "norm of Z_{A} at the optimum", |row| at_optimum(row, &row.za_norm)),
    ("zb_norm", "norm of Z_{B} at the optimum", |row| at_optimum(row, &row.zb_norm)),
];

/// Names; quantities without any point are left out.
pub fn quantities(inits: &BTreeMap<Init, InitSummary>) -> Vec<Named> {
    let points = points(inits);
    let drawn = |key: &str| points.iter().any(|point| point.quantity == key);
    let all = QUANTITIES.iter().filter(|(key, _, _)| drawn(key));
    all.map(|(key, name, _)| named(key, name)).collect()
}

/// Everything that has a value.
pub fn points(inits: &BTreeMap<Init, InitSummary>) -> Vec<ScalingPoint> {
    let mut points = Vec::new();
    for (key, _, of) in QUANTITIES {
        for (&init, results) in inits {
            points.extend(results.widths.iter().filter_map(|row| {
                let Value { value, lower, upper, bound } = of(row);
                let quantity = key.to_owned();
                Some(ScalingPoint {
                    quantity,
                    init,
                    n: row.width.into(),
                    value: value?,
                    lower,
                    upper,
                    bound,
                })
            }));
        }
    }
    points
}

/// The fitted power laws.
pub fn lines(inits: &BTreeMap<Init, InitSummary>) -> Vec<ScalingLine> {
    let mut lines = Vec::new();
    for (&init, results) in inits {
        for (quantity, fit) in exponents(results) {
            let (Some(exponent), Some(prefactor)) = (fit.exponent, fit.prefactor) else { continue };
            lines.push(ScalingLine {
                quantity: quantity.column().to_owned(),
                init,
                exponent,
                prefactor,
                predicted: fit.predicted,
                predicted_exact: fit.predicted_exact.clone(),
            });
        }
    }
    lines
}
