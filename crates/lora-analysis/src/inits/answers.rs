//! Which init has more answers of a final test right, paired by seed and by answer.

use lora_sim::spec::Init;
use lora_stats::{DEFAULT_LEVEL, Decision, Interval, crossed_mean, decide_interval};

use super::above_zero;

/// The answers of the best run of an init at one width and seed.
#[derive(Clone, Debug, PartialEq)]
pub struct Answers {
    /// The init.
    pub init: Init,
    /// n.
    pub width: usize,
    /// The seed.
    pub seed: u64,
    /// Whether each answer was right, in the order of the final data.
    pub right: Vec<bool>,
}

/// How much larger the share of right answers is under Init\[A\] than under Init\[B\] at a width, over seeds and
/// answers, and whether it is larger; none where no seed has answers of both.
pub fn more_right(all: &[Answers], width: usize) -> Option<(Interval, Decision)> {
    more_right_of(all, width, (Init::A, Init::B))
}

fn more_right_of(
    all: &[Answers],
    width: usize,
    (first, second): (Init, Init),
) -> Option<(Interval, Decision)> {
    let of = |init: Init| all.iter().filter(move |of| (of.init, of.width) == (init, width));
    let row = |one: &Answers| {
        let other = of(second).find(|other| other.seed == one.seed)?;
        let difference = |(&one, &other): (&bool, &bool)| f64::from(one) - f64::from(other);
        (other.right.len() == one.right.len())
            .then(|| one.right.iter().zip(&other.right).map(difference).collect())
    };
    let rows: Vec<Vec<f64>> = of(first).filter_map(row).collect();
    let interval = crossed_mean(&rows, DEFAULT_LEVEL).ok()?;
    let decision = decide_interval(&interval, above_zero());
    Some((interval, decision))
}

#[cfg(test)]
mod tests {
    use lora_types::Verdict;

    use super::*;

    /// Both inits at three seeds on 200 answers; Init[A] has `more` of them right that Init[B] has not, and
    /// every seed errs at answers of its own.
    fn planted(more: usize) -> Vec<Answers> {
        let mut all = Vec::new();
        for seed in 0..3u64 {
            for init in [Init::A, Init::B] {
                let errs = |answer: usize| (7 * answer + 31 * seed as usize).is_multiple_of(10);
                let behind = |answer: usize| init == Init::B && answer % 100 < more;
                let right = (0..200).map(|answer| !errs(answer) && !behind(answer)).collect();
                all.push(Answers { init, width: 64, seed, right });
            }
        }
        all
    }

    fn verdict(all: &[Answers], inits: (Init, Init)) -> Verdict {
        more_right_of(all, 64, inits).expect("answers").1.verdict
    }

    #[test]
    fn a_large_difference_is_seen_and_refuted_where_the_inits_are_swapped() {
        let all = planted(20);
        assert_eq!(verdict(&all, (Init::A, Init::B)), Verdict::Holds);
        assert_eq!(verdict(&all, (Init::B, Init::A)), Verdict::Refuted);
        let (interval, _) = more_right(&all, 64).expect("answers");
        assert!((interval.estimate - 0.18).abs() < 0.01, "{interval:?}");
    }

    #[test]
    fn a_difference_of_single_answers_is_not() {
        assert_eq!(verdict(&planted(1), (Init::A, Init::B)), Verdict::Undecided);
    }

    #[test]
    fn equal_arms_are_judged_equal() {
        // The answers of one init in both places: nothing is larger.
        let mut all = planted(0);
        let swapped: Vec<Answers> = all.iter().filter(|of| of.init == Init::A).cloned().collect();
        all.retain(|of| of.init == Init::A);
        all.extend(swapped.into_iter().map(|of| Answers { init: Init::B, ..of }));
        assert_eq!(verdict(&all, (Init::A, Init::B)), Verdict::Refuted);
    }

    #[test]
    fn one_seed_decides_nothing_and_other_widths_have_no_answers() {
        let all: Vec<Answers> = planted(20).into_iter().filter(|of| of.seed == 0).collect();
        assert_eq!(verdict(&all, (Init::A, Init::B)), Verdict::Undecided);
        assert!(more_right(&all, 128).is_none());
    }
}
