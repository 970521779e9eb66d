//! What is measured of a run after a number of steps.
//!
//! Every measurement is declared once, in [`for_each_measurement`]. The fields of [`Record`], what is
//! stored, and the columns of `trajectories.csv` and of the exported tables all follow from there.

use serde::{Deserialize, Serialize};

/// Calls a macro with the declaration of every measurement, in the order of files and tables:
///
/// `name [unit] over "meaning";` where `over` says which samples it is taken on: `train`, or
/// `held_out`, which a model may have none of.
///
/// A new measurement is one more line here, and its value in the engines. Since it changes what is
/// stored of a run, `FORMAT` of `lora-store` is raised with it.
#[macro_export]
macro_rules! for_each_measurement {
    ($then:ident) => {
        $then! {
            train_loss ["1"] train "Mean squared error on the training points";
            test_loss ["1"] held_out "Mean squared error on the held-out points; NaN where a run \
diverged between steps that are recorded";
            za_rms ["1"] train "rms entry of Z_A = A Z";
            za_norm ["1"] train "Mean over training points of the norm of Z_A";
            zb_rms ["1"] train "rms entry of Z_B = s B Z_A";
            zb_norm ["1"] train "Mean over training points of the norm of Z_B";
            delta1 ["1"] train "rms entry of δ1 = s B ΔZ_A of the last update; 0 before the first";
            delta2 ["1"] train "rms entry of δ2 = s ΔB Z_A of the last update; 0 before the first";
            delta3 ["1"] train "rms entry of δ3 = s ΔB ΔZ_A of the last update; 0 before the first";
            a_move ["1"] train "rms entry of A - A_0";
            b_move ["1"] train "rms entry of B - B_0";
        }
    };
}

macro_rules! record {
    ($($name:ident [$unit:literal] $over:ident $meaning:literal;)*) => {
        /// Norms and losses after `step` updates, over the training points unless said otherwise.
        ///
        /// "rms" is the root of the mean square over entries. It is Θ(1) in the width where the
        /// entries are. "norm" is the mean over training points of the Euclidean norm of a column.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
        pub struct Record {
            /// Updates made so far.
            pub step: usize,
            $(#[doc = concat!($meaning, ".")] pub $name: f64,)*
        }

        impl Record {
            /// Every measurement, in the order of files and tables.
            pub const MEASUREMENTS: &[Measurement] = &[$(Measurement {
                name: stringify!($name),
                unit: $unit,
                meaning: $meaning,
                get: |record| record.$name,
                set: |record, value| record.$name = value,
            },)*];
        }
    };
}
for_each_measurement!(record);

/// One number of a [`Record`].
#[derive(Clone, Copy, Debug)]
pub struct Measurement {
    /// Its name in every file.
    pub name: &'static str,
    /// Its unit; "1" where it has none.
    pub unit: &'static str,
    /// What it is.
    pub meaning: &'static str,
    /// Its value in a record.
    pub get: fn(&Record) -> f64,
    /// Puts a value into a record.
    pub set: fn(&mut Record, f64),
}

/// A measurement that only some models have, such as the norm of one adapted module of a transformer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ExtraMeasurement {
    /// Its name, such as `layers.3.q.zb_rms`.
    pub name: String,
    /// Updates made so far, with the value after them.
    pub values: Vec<(usize, f64)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_measurement_sets_and_gets_a_field_of_its_own() {
        let mut record = Record::default();
        for (place, measurement) in Record::MEASUREMENTS.iter().enumerate() {
            (measurement.set)(&mut record, 1.0 + place as f64);
        }
        let values = Record::MEASUREMENTS.iter().map(|measurement| (measurement.get)(&record));
        assert!(values.eq((1..=Record::MEASUREMENTS.len()).map(|place| place as f64)));
        assert_eq!((record.train_loss, record.b_move), (1.0, 11.0));
    }
}
