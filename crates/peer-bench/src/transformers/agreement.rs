//! Whether a contestant's losses agree with ours, which is checked before any time is measured.

/// The first losses of each run are compared: rounding errors grow from step to step.
const FIRST: usize = 4;

/// The largest relative difference at which two losses agree.
pub const TOLERANCE: f64 = 1e-4;

/// The largest relative difference of any of the first losses of any run; infinite where one is missing or
/// not finite.
pub fn difference(ours: &[Vec<Option<f64>>], theirs: &[Vec<Option<f64>>]) -> f64 {
    if ours.len() != theirs.len() || ours.is_empty() {
        return f64::INFINITY;
    }
    ours.iter().zip(theirs).map(|(ours, theirs)| of_run(ours, theirs)).fold(0.0, f64::max)
}

fn of_run(ours: &[Option<f64>], theirs: &[Option<f64>]) -> f64 {
    if ours.len() != theirs.len() || ours.is_empty() {
        return f64::INFINITY;
    }
    let off = |(our, their): (&Option<f64>, &Option<f64>)| match (our, their) {
        (Some(our), Some(their)) => ((their - our) / our).abs(),
        _ => f64::INFINITY,
    };
    ours.iter().zip(theirs).take(FIRST).map(off).fold(0.0, f64::max)
}

/// The losses of all runs, from processes of which each has trained every `shares.len()`-th run.
pub fn gathered(shares: &[Vec<Vec<Option<f64>>>]) -> Vec<Vec<Option<f64>>> {
    let runs = shares.iter().map(Vec::len).sum();
    let of = |run: usize| shares[run % shares.len()].get(run / shares.len()).cloned();
    (0..runs).map(|run| of(run).unwrap_or_default()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_relative_and_what_is_missing_never_agrees() {
        let ours = vec![vec![Some(2.0), Some(1.0)]];
        assert!((difference(&ours, &[vec![Some(2.0002), Some(1.0)]]) - 1e-4).abs() < 1e-12);
        for theirs in [vec![Some(2.0), None], vec![Some(2.0)], vec![]] {
            assert_eq!(difference(&ours, &[theirs]), f64::INFINITY);
        }
        assert_eq!(difference(&ours, &[]), f64::INFINITY);
        assert_eq!(difference(&[], &[]), f64::INFINITY);
    }

    #[test]
    fn only_the_first_losses_count() {
        let ours = vec![vec![Some(1.0); 6]];
        let theirs = |at: usize| {
            let mut run = vec![Some(1.0); 6];
            run[at] = Some(2.0);
            [run]
        };
        assert_eq!((difference(&ours, &theirs(3)), difference(&ours, &theirs(4))), (1.0, 0.0));
    }

    #[test]
    fn shared_runs_come_back_in_their_order() {
        let run = |loss| vec![Some(loss)];
        let shares = [vec![run(0.0), run(2.0), run(4.0)], vec![run(1.0), run(3.0)]];
        let all: Vec<f64> =
            gathered(&shares).into_iter().map(|run| run[0].expect("a loss")).collect();
        assert_eq!(all, [0.0, 1.0, 2.0, 3.0, 4.0]);
    }
}
