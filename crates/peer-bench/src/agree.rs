//! Whether a contestant's losses agree with ours, which is checked before any time is measured.
//!
//! The tolerance is that of crates/lora-cuda/peers/peer.py: after t updates a loss may differ by
//! 8 (t + 1) √n ε of the largest loss so far, with ε = 2^-23. Every contestant sums over n neurons in
//! f32 with independent rounding errors, and every update adds one such error.

/// The largest share of the tolerance that any loss of any run uses; above 1 the losses disagree. A
/// loss that is missing or not finite has an infinite share.
pub fn share(width: usize, ours: &[Vec<f64>], theirs: &[Vec<Option<f64>>]) -> f64 {
    let runs = ours.iter().zip(theirs);
    let share = runs.map(|(ours, theirs)| share_of_run(width, ours, theirs)).fold(0.0, f64::max);
    if theirs.is_empty() { f64::INFINITY } else { share }
}

fn share_of_run(width: usize, ours: &[f64], theirs: &[Option<f64>]) -> f64 {
    if theirs.is_empty() {
        return f64::INFINITY;
    }
    let unit = 8.0 * (width as f64).sqrt() * f64::from(f32::EPSILON);
    let (mut largest, mut most) = (0.0, 0.0);
    for (t, (our, their)) in ours.iter().zip(theirs).enumerate() {
        largest = f64::max(largest, *our);
        let off = their.map_or(f64::INFINITY, |their| (their - our).abs());
        most = f64::max(most, off / (unit * (t + 1) as f64 * largest));
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_is_of_the_largest_loss_so_far_and_grows_with_updates() {
        let unit = 8.0 * 32.0 * 2f64.powi(-23);
        let ours = vec![vec![2.0, 1.0]];
        let off = |first: f64, second: f64| vec![vec![Some(2.0 + first), Some(1.0 + second)]];
        assert!((share(1024, &ours, &off(unit, 0.0)) - 0.5).abs() < 1e-6);
        assert!((share(1024, &ours, &off(0.0, 4.0 * unit)) - 1.0).abs() < 1e-6);
        assert!(share(1024, &ours, &off(0.0, 4.1 * unit)) > 1.0);
    }

    #[test]
    fn fewer_steps_may_be_compared_but_nothing_or_a_nan_never_agrees() {
        let ours = vec![vec![2.0, 1.0]];
        assert_eq!(share(64, &ours, &[vec![Some(2.0)]]), 0.0);
        assert_eq!(share(64, &ours, &[vec![Some(2.0), None]]), f64::INFINITY);
        assert_eq!(share(64, &ours, &[vec![]]), f64::INFINITY);
        assert_eq!(share(64, &ours, &[]), f64::INFINITY);
    }
}
