//! A second derivation: the recursion in floats at two huge widths, one number per tensor.

use crate::common::between;
use lora_theory::{Init, Setting, analyse, approximate};
use proptest::prelude::*;

/// Z_A, Z_B, δ1, δ2, δ3 and Δf after eight steps of size `eta`, largest over the steps.
///
/// Sums of aligned terms are multiplied by n, of independent ones by √n; r = 1 and s = 1.
fn recursion(init: Init, n: f64, eta: f64, readout: f64) -> [f64; 6] {
    let (a0_z, b0) = if init == Init::A { (n.sqrt() / n.sqrt(), 0.0) } else { (0.0, 1.0) };
    let (mut a, mut b) = (0.0, 0.0);
    let mut largest = [a0_z, b0 * a0_z, 0.0, 0.0, 0.0, 0.0_f64];
    for _ in 0..8 {
        let z_a = a0_z + n * a;
        let da = if b0 + b > 0.0 { eta } else { 0.0 };
        let db = if z_a > 0.0 { eta } else { 0.0 };
        let dz_a = n * da;
        let seen = n.sqrt() * b0 * dz_a + n * b * dz_a + n * db * (z_a + dz_a);
        (a, b) = (a + da, b + db);
        let z_a_after = a0_z + n * a;
        let now = [
            z_a_after,
            (b0 + b) * z_a_after,
            (b0 + b - db) * dz_a,
            db * z_a,
            db * dz_a,
            n.powf(-readout) * seen,
        ];
        largest = std::array::from_fn(|i| largest[i].max(now[i]));
    }
    largest
}

proptest! {
    #[test]
    fn slopes_agree(
        random_a in any::<bool>(), gamma in between(-2, 1), readout in between(0, 1),
    ) {
        let init = if random_a { Init::A } else { Init::B };
        let (g, a) = (approximate(gamma), approximate(readout));
        let (small, large) = (1e40_f64, 1e60_f64);
        let low = recursion(init, small, small.powf(g), a);
        let high = recursion(init, large, large.powf(g), a);

        let at = analyse(&Setting::network(init, readout)).unwrap().at(gamma).unwrap();
        let exact = [at.z_a, at.z_b, at.delta1, at.delta2, at.delta3, at.output.unwrap()];
        for (i, exponent) in exact.iter().enumerate() {
            let slope = (high[i] / low[i]).ln() / (large / small).ln();
            // Constants from repeated steps cancel, up to a change of the leading term.
            prop_assert!((slope - exponent.to_f64()).abs() < 0.08, "{i}: {slope} {exponent}");
        }
    }
}
