//! Reads the host's clock, and sums up repeated measurements.

use std::time::Instant;

use lora_sim::SimError;
use lora_stats::Spread;

/// The median of some times; NaN if there are none.
pub fn median(times: impl Iterator<Item = Result<f64, SimError>>) -> Result<f64, SimError> {
    let times = times.collect::<Result<Vec<f64>, _>>()?;
    Ok(Spread::of(&times).map_or(f64::NAN, |spread| spread.median))
}

/// The largest of some rates.
pub fn best(rates: Vec<f64>) -> f64 {
    rates.into_iter().fold(0.0, f64::max)
}

/// Milliseconds that the work takes on the host's clock, and its result.
pub fn watched<T>(work: impl FnOnce() -> Result<T, SimError>) -> Result<(f64, T), SimError> {
    let start = Instant::now();
    let result = work()?;
    Ok((start.elapsed().as_secs_f64() * 1000.0, result))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_lies_between() {
        let of = |times: &[f64]| median(times.iter().map(|&time| Ok(time))).expect("times");
        assert_eq!(of(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(of(&[4.0, 1.0, 2.0, 9.0]), 3.0);
        assert!(of(&[]).is_nan());
    }
}
