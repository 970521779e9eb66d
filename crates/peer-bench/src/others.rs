//! The share of the processors that other programs take during a turn, from Linux's counters.

use std::fs;
use std::thread::sleep;
use std::time::Duration;

use width_sweep::error::CommandError;

/// A turn is repeated if other programs took more than this share of the processors.
const DISTURBED: f64 = 0.1;

/// Pause before a turn is repeated.
const PAUSE: Duration = Duration::from_secs(2);

/// The time of a turn, and the share that other programs took.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Turn {
    /// Milliseconds per LR-step.
    pub ms: f64,
    /// Share of all processors' time that went to other programs.
    pub others: f64,
}

/// The first undisturbed turn of some processes, or the least disturbed of `1 + retries` turns.
///
/// # Errors
/// That of the turn.
pub fn least_disturbed(
    processes: &[u32],
    retries: usize,
    mut turn: impl FnMut() -> Result<f64, CommandError>,
) -> Result<Turn, CommandError> {
    let mut best: Option<Turn> = None;
    for attempt in 0..=retries {
        if attempt > 0 {
            sleep(PAUSE);
        }
        let before = Clock::read(processes);
        let ms = turn()?;
        let others = before.others_until(Clock::read(processes));
        if best.is_none_or(|best| others < best.others) {
            best = Some(Turn { ms, others });
        }
        if others <= DISTURBED {
            break;
        }
    }
    Ok(best.expect("there is one attempt at least"))
}

/// Processor ticks since the start of the machine.
#[derive(Clone, Copy, Debug)]
struct Clock {
    /// All processors, busy or idle.
    all: f64,
    /// All processors, busy.
    busy: f64,
    /// The processes.
    own: f64,
}

impl Clock {
    /// Reads the counters; zeros where they cannot be read.
    fn read(processes: &[u32]) -> Self {
        let text = fs::read_to_string("/proc/stat").unwrap_or_default();
        let own = |process: &u32| fs::read_to_string(format!("/proc/{process}/stat"));
        let (all, busy) = of_machine(&text);
        let own = processes.iter().map(|process| of_process(&own(process).unwrap_or_default()));
        Self { all, busy, own: own.sum() }
    }

    fn others_until(self, later: Self) -> f64 {
        let passed = later.all - self.all;
        let others = (later.busy - self.busy) - (later.own - self.own);
        if passed > 0.0 { (others / passed).clamp(0.0, 1.0) } else { 0.0 }
    }
}

/// All ticks and busy ticks. The columns are user, nice, system, idle, iowait, irq, softirq and steal;
/// steal, which the host takes, counts as busy.
fn of_machine(stat: &str) -> (f64, f64) {
    let line = stat.lines().next().unwrap_or_default();
    let ticks: Vec<f64> =
        line.split_whitespace().skip(1).take(8).filter_map(|word| word.parse().ok()).collect();
    let all: f64 = ticks.iter().sum();
    (all, all - ticks.iter().skip(3).take(2).sum::<f64>())
}

/// User and system ticks of a process. The name before them is in brackets and may contain anything.
fn of_process(stat: &str) -> f64 {
    let after = stat.rsplit(')').next().unwrap_or_default();
    after.split_whitespace().skip(11).take(2).filter_map(|word| word.parse::<f64>().ok()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_are_what_is_busy_and_not_the_process() {
        assert_eq!(of_machine("cpu  10 1 4 80 5 0 0 2 0 0\ncpu0 1"), (102.0, 17.0));
        assert_eq!(of_process("7 (a) b) S 1 2 3 4 5 6 7 8 9 10 30 12 0 0"), 42.0);
        let before = Clock { all: 100.0, busy: 50.0, own: 20.0 };
        let after = Clock { all: 200.0, busy: 130.0, own: 80.0 };
        assert!((before.others_until(after) - 0.2).abs() < 1e-12);
    }

    #[test]
    fn the_first_undisturbed_turn_ends_it() {
        let mut turns = 0;
        let turn = least_disturbed(&[std::process::id()], 0, || {
            turns += 1;
            Ok(1.5)
        });
        assert_eq!((turns, turn.map(|turn| turn.ms).ok()), (1, Some(1.5)));
    }
}
