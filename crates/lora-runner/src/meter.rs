//! How far a training is that takes long, in steps and tokens: filled by an engine, read by the progress.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Tokens a second are a mean over at least this time, where it has passed.
const WINDOW: Duration = Duration::from_secs(15);

/// Counts the steps of runs and of a pretraining.
#[derive(Debug, Default)]
pub struct Meter {
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    /// Tokens that were trained on.
    tokens: u64,
    /// Earlier counts of them, the oldest first.
    earlier: VecDeque<(Instant, u64)>,
    /// By width, the share that is done of the runs that are trained now: 1 for each whole run.
    shares: BTreeMap<usize, f64>,
    pretraining: Option<Pretraining>,
}

impl Counts {
    /// Time counts from the end of the first step.
    fn add(&mut self, tokens: usize) {
        self.tokens += tokens as u64;
        if self.earlier.is_empty() && tokens > 0 {
            self.earlier.push_back((Instant::now(), self.tokens));
        }
    }
}

/// How far a pretraining is.
#[derive(Clone, Debug, PartialEq)]
pub struct Pretraining {
    /// n.
    pub width: usize,
    /// Updates to make.
    pub steps: usize,
    /// Updates made, if one was made in this call.
    pub step: Option<usize>,
    /// The first of them that this call made, and when that was.
    first: Option<(usize, Instant)>,
}

impl Pretraining {
    /// The time that is left, reckoned from the steps of this call.
    pub fn left(&self, now: Instant) -> Option<Duration> {
        let ((first, since), step) = (self.first?, self.step?);
        let made = u32::try_from(step.checked_sub(first)?).ok().filter(|&made| made > 0)?;
        let left = u32::try_from(self.steps.saturating_sub(step)).ok()?;
        Some(now.saturating_duration_since(since) / made * left)
    }
}

impl Meter {
    /// A pretraining begins.
    pub fn begin_pretraining(&self, width: usize, steps: usize) {
        let begun = Pretraining { width, steps, step: None, first: None };
        self.counts().pretraining = Some(begun);
    }

    /// A pretraining has made `step` updates, the last of them on so many tokens.
    pub fn pretrained(&self, step: usize, tokens: usize) {
        let mut counts = self.counts();
        counts.add(tokens);
        if let Some(pretraining) = &mut counts.pretraining {
            pretraining.step = Some(step);
            pretraining.first.get_or_insert((step, Instant::now()));
        }
    }

    /// The pretraining has ended.
    pub fn end_pretraining(&self) {
        self.counts().pretraining = None;
    }

    /// A run of a width has done another share of its steps, on so many tokens.
    pub fn stepped(&self, width: usize, share: f64, tokens: usize) {
        let mut counts = self.counts();
        counts.add(tokens);
        *counts.shares.entry(width).or_default() += share;
    }

    /// The runs that were trained are counted elsewhere from now on.
    pub fn clear_shares(&self) {
        self.counts().shares.clear();
    }

    /// By width, how many runs the work on those that are trained now amounts to.
    pub fn shares(&self) -> Vec<(usize, f64)> {
        self.counts().shares.iter().map(|(&width, &share)| (width, share)).collect()
    }

    /// The pretraining that is on its way.
    pub fn pretraining(&self) -> Option<Pretraining> {
        self.counts().pretraining.clone()
    }

    /// Tokens a second over the last while; none before there are any.
    pub fn tokens_a_second(&self, now: Instant) -> Option<f64> {
        let mut counts = self.counts();
        let tokens = counts.tokens;
        while counts.earlier.get(1).is_some_and(|&(then, _)| then + WINDOW <= now) {
            counts.earlier.pop_front();
        }
        let since = counts.earlier.front().copied();
        counts.earlier.push_back((now, tokens));
        let (then, before) = since?;
        let seconds = now.saturating_duration_since(then).as_secs_f64();
        (tokens > before && seconds > 0.0).then(|| (tokens - before) as f64 / seconds)
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A rate in words, with three digits.
pub fn rate_in_words(tokens: f64) -> String {
    match tokens {
        few if few < 9.995 => format!("{few:.2} tokens/s"),
        few if few < 99.95 => format!("{few:.1} tokens/s"),
        some if some < 999.5 => format!("{some:.0} tokens/s"),
        many if many < 9995.0 => format!("{:.2}k tokens/s", many / 1e3),
        many if many < 99_950.0 => format!("{:.1}k tokens/s", many / 1e3),
        many if many < 999_500.0 => format!("{:.0}k tokens/s", many / 1e3),
        most => format!("{:.2}M tokens/s", most / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_that_of_the_last_while() {
        let (meter, start) = (Meter::default(), Instant::now());
        let at = |seconds: u64| meter.tokens_a_second(start + Duration::from_secs(seconds));
        assert_eq!(at(0), None);
        meter.stepped(64, 0.1, 1000);
        assert_eq!(at(10), Some(100.0));
        meter.stepped(64, 0.1, 4000);
        assert_eq!(at(20), Some(250.0), "since the start");
        // What is older than the window does not count any more.
        meter.stepped(64, 0.1, 2000);
        assert_eq!(at(40), Some(100.0), "since 20 s");
        assert_eq!(at(60), None, "nothing since 40 s");
    }

    /// Where a line is told once a minute, the first one has a rate.
    #[test]
    fn time_counts_from_the_first_step() {
        let meter = Meter::default();
        meter.stepped(64, 0.1, 1000);
        meter.stepped(64, 0.1, 1000);
        let (first, _) = meter.counts().earlier[0];
        assert_eq!(meter.tokens_a_second(first + Duration::from_secs(60)), Some(1000.0 / 60.0));
    }

    #[test]
    fn shares_add_up_by_width_until_they_are_cleared() {
        let meter = Meter::default();
        for width in [64, 128, 64] {
            meter.stepped(width, 0.25, 1);
        }
        assert_eq!(meter.shares(), [(64, 0.5), (128, 0.25)]);
        meter.clear_shares();
        assert_eq!(meter.shares(), []);
    }

    /// A pretraining that goes on from step 50 says nothing of the time that those steps took.
    #[test]
    fn the_time_left_is_reckoned_from_the_steps_of_this_call() {
        let meter = Meter::default();
        meter.begin_pretraining(64, 100);
        let of = |meter: &Meter| meter.pretraining().expect("it is on its way");
        assert_eq!((of(&meter).step, of(&meter).left(Instant::now())), (None, None));
        meter.pretrained(51, 8);
        assert_eq!(of(&meter).left(Instant::now()), None, "one step has no time");
        meter.pretrained(61, 8);
        let pretraining = of(&meter);
        let (_, since) = pretraining.first.expect("a step");
        let left = pretraining.left(since + Duration::from_secs(10));
        assert_eq!(left, Some(Duration::from_secs(39)), "a second a step, and 39 steps");
        meter.end_pretraining();
        assert_eq!(meter.pretraining(), None);
    }

    #[test]
    fn rates_have_three_digits() {
        for (rate, words) in [
            (0.5, "0.50 tokens/s"),
            (12.34, "12.3 tokens/s"),
            (999.4, "999 tokens/s"),
            (999.6, "1.00k tokens/s"),
            (12_345.0, "12.3k tokens/s"),
            (123_456.0, "123k tokens/s"),
            (2_345_678.0, "2.35M tokens/s"),
        ] {
            assert_eq!(rate_in_words(rate), words);
        }
    }
}
