//! The rows of a verification's tables, of one type each for writing and for reading back.

use lora_theory::Rational;
use lora_types::{Init, Quantity, Verdict};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::cells;

/// A row of `claims.csv`. Texts are escaped for spreadsheets when they are written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClaimRow {
    /// The claim's name.
    #[serde(deserialize_with = "cells::text")]
    pub claim: String,
    /// What is wrong with it; empty unless it is a negative control.
    #[serde(deserialize_with = "cells::text")]
    pub control: String,
    /// Its topic.
    #[serde(deserialize_with = "cells::text")]
    pub topic: String,
    /// What it says, with the predicted exponent in it.
    #[serde(deserialize_with = "cells::text")]
    pub statement: String,
    /// Who says so.
    #[serde(deserialize_with = "cells::text")]
    pub source: String,
    /// The study that measured it.
    #[serde(deserialize_with = "cells::text")]
    pub study: String,
    /// The init that was measured.
    pub init: Init,
    /// The verdict.
    #[serde(serialize_with = "cells::verdict")]
    pub verdict: Verdict,
    /// What is predicted, in short.
    pub predicted: String,
    /// What was measured, in short.
    pub measured: String,
    /// The tolerance, where exponents are compared.
    pub tolerance: Option<f64>,
    /// Why the tolerance is what it is.
    #[serde(deserialize_with = "cells::text")]
    pub tolerance_reason: String,
    /// Why the verdict is what it is.
    #[serde(deserialize_with = "cells::text")]
    pub why: String,
    /// What was changed after measuring; tables of older versions lack it.
    #[serde(default, deserialize_with = "cells::text")]
    pub changed: String,
}

/// A row of `tests.csv`: one number tested against one prediction.
///
/// Exponents are of the width or the rank. A comparison of losses has a ratio, as a natural
/// logarithm, in place of an exponent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TestRow {
    /// The claim's name.
    #[serde(deserialize_with = "cells::text")]
    pub claim: String,
    /// The study that measured it.
    #[serde(deserialize_with = "cells::text")]
    pub study: String,
    /// The init that was measured.
    pub init: Init,
    /// What scales; none where the test is about a regime.
    #[serde(with = "cells::quantity")]
    pub quantity: Option<Quantity>,
    /// γ_A of a given learning rate η_A = n^γ_A.
    #[serde(with = "cells::exact")]
    pub gamma_a: Option<Rational>,
    /// γ_B of a given learning rate η_B = n^γ_B.
    #[serde(with = "cells::exact")]
    pub gamma_b: Option<Rational>,
    /// The predicted exponent, as a number.
    pub predicted: Option<f64>,
    /// The predicted exponent.
    #[serde(with = "cells::exact")]
    pub predicted_exact: Option<Rational>,
    /// The exponent over the chosen points.
    pub estimate: Option<f64>,
    /// Lower end of its 95% interval.
    pub lower: Option<f64>,
    /// Upper end.
    pub upper: Option<f64>,
    /// Smallest width or rank of the chosen points.
    pub smallest_used: Option<f64>,
    /// Largest.
    pub largest_used: Option<f64>,
    /// Number of chosen points.
    pub points_used: Option<usize>,
    /// The exponent over all points.
    pub all_widths: Option<f64>,
    /// Lower end of its interval.
    pub all_lower: Option<f64>,
    /// Upper end.
    pub all_upper: Option<f64>,
    /// The exponent of the fit with a finite-width correction.
    pub corrected: Option<f64>,
    /// Lower end of its interval.
    pub corrected_lower: Option<f64>,
    /// Upper end.
    pub corrected_upper: Option<f64>,
    /// ln of a ratio of losses.
    pub log_ratio: Option<f64>,
    /// Lower end of its interval.
    pub log_ratio_lower: Option<f64>,
    /// Upper end.
    pub log_ratio_upper: Option<f64>,
    /// Number of seeds.
    pub seeds: Option<usize>,
    /// The local slope at the widest points, where a line does not describe them.
    pub heading: Option<f64>,
    /// Lower end of its interval.
    pub heading_lower: Option<f64>,
    /// Upper end.
    pub heading_upper: Option<f64>,
    /// The verdict.
    #[serde(serialize_with = "cells::verdict")]
    pub verdict: Verdict,
    /// Why, with ASCII minus signs.
    #[serde(deserialize_with = "cells::text")]
    pub reason: String,
}

/// A row of `slopes.csv`: the exponent between two neighbouring points.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SlopeRow {
    /// The claim's name.
    #[serde(deserialize_with = "cells::text")]
    pub claim: String,
    /// The init that was measured.
    pub init: Init,
    /// What scales.
    #[serde(with = "cells::quantity")]
    pub quantity: Option<Quantity>,
    /// γ_A of a given learning rate η_A = n^γ_A.
    #[serde(with = "cells::exact")]
    pub gamma_a: Option<Rational>,
    /// γ_B of a given learning rate η_B = n^γ_B.
    #[serde(with = "cells::exact")]
    pub gamma_b: Option<Rational>,
    /// The predicted exponent.
    pub predicted: Option<f64>,
    /// The smaller width or rank.
    pub from: f64,
    /// The larger one.
    pub to: f64,
    /// The exponent between them.
    pub slope: f64,
    /// Lower end of its interval.
    pub lower: Option<f64>,
    /// Upper end.
    pub upper: Option<f64>,
}

/// Reads a table.
///
/// # Errors
/// [`csv::Error`] for a row that is cut, a number that is none, and an unknown name.
pub fn read<Row: DeserializeOwned>(table: &[u8]) -> Result<Vec<Row>, csv::Error> {
    csv::Reader::from_reader(table).into_deserialize().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLOPES: &str =
        "claim,init,quantity,gamma_a,gamma_b,predicted,from,to,slope,lower,upper\n";

    fn slope(cells: &str) -> Result<Vec<SlopeRow>, String> {
        read(format!("{SLOPES}{cells}\n").as_bytes()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_row_reads_back_as_it_was_written() {
        let cells = "'=one,A,η_opt,-1/2,-1/2,-0.75,128.0,256.0,-0.7,,";
        let row = &slope(cells).expect("a row")[0];
        assert_eq!((row.claim.as_str(), row.quantity), ("=one", Some(Quantity::EtaOpt)));
        assert_eq!(row.gamma_a, Some(Rational::new(-1, 2)));
        let mut written = csv::Writer::from_writer(Vec::new());
        let again = SlopeRow { claim: lora_figures::cell(&row.claim), ..row.clone() };
        written.serialize(again).expect("a row");
        let written = String::from_utf8(written.into_inner().expect("bytes")).expect("text");
        assert_eq!(written, format!("{SLOPES}{cells}\n"));
    }

    #[test]
    fn an_unknown_name_is_an_error() {
        for (cells, named) in [
            ("c,X,η_opt,,,,1,2,0,,", "`X` is not a known init"),
            ("c,A,eta,,,,1,2,0,,", "unknown quantity \"eta\", expected one of η_opt, η_stable"),
            ("c,A,η_opt,half,,,1,2,0,,", "half"),
        ] {
            let error = slope(cells).expect_err(cells);
            assert!(error.contains(named), "{error}");
        }
    }
}
