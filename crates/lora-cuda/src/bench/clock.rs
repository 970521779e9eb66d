//! Times, and what is made of several.

use std::time::Instant;

use lora_sim::SimError;

/// The median.
pub fn median(times: impl Iterator<Item = Result<f64, SimError>>) -> Result<f64, SimError> {
    let mut times = times.collect::<Result<Vec<f64>, _>>()?;
    times.sort_by(f64::total_cmp);
    let half = times.len() / 2;
    Ok(match times.len() {
        0 => f64::NAN,
        even if even % 2 == 0 => (times[half - 1] + times[half]) / 2.0,
        _ => times[half],
    })
}

/// The largest.
pub fn best(rates: Vec<f64>) -> f64 {
    rates.into_iter().fold(0.0, f64::max)
}

/// Milliseconds on the host's clock, and the result.
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
