//! How far a call is: a line that is drawn again on a terminal, and a line a minute where standard
//! error is none.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::error::RunnerError;
use crate::meter::{Meter, rate_in_words};
use crate::progress::tell;

/// How often the line on a terminal is drawn, and how often one is told elsewhere.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// On a terminal.
    pub drawn: Duration,
    /// Elsewhere.
    pub told: Duration,
}

/// How often a caller of [`Bar::told`] is told.
const TOLD: Pace = Pace { drawn: Duration::from_millis(500), told: Duration::from_millis(500) };

const PACE: Pace = Pace { drawn: Duration::from_millis(250), told: Duration::from_secs(60) };

/// Takes what it shows off the screen when it is dropped.
pub struct Bar {
    bar: ProgressBar,
    shown: Arc<Shown>,
    ticker: Option<(Sender<()>, JoinHandle<()>)>,
}

/// What the ticker shows of a bar.
#[derive(Default)]
struct Shown {
    /// What is trained now.
    current: Mutex<String>,
    /// Where the bar stands without the runs that are trained now.
    base: AtomicU64,
    /// How far these can move it.
    room: AtomicU64,
    /// By width, what a run costs.
    runs: Mutex<BTreeMap<usize, u64>>,
    /// Of an engine that tells how far these runs are.
    meter: Option<Arc<Meter>>,
    /// Where the bar stood when the work began, and when that was.
    begun: Mutex<Option<(u64, Instant)>>,
}

impl Bar {
    /// On standard error.
    ///
    /// # Errors
    ///
    /// [`RunnerError::Thread`] where the system starts no thread.
    pub fn new(meter: Option<Arc<Meter>>) -> Result<Self, RunnerError> {
        Self::on(ProgressBar::new(0), PACE, meter, tell)
    }

    /// One that draws nothing and tells how far it is, twice a second: the share that is done, from 0 to 1,
    /// and the line that is told where standard error is no terminal.
    ///
    /// # Errors
    ///
    /// [`RunnerError::Thread`] where the system starts no thread.
    pub fn told(
        meter: Option<Arc<Meter>>,
        tell: impl Fn(f64, &str) + Send + 'static,
    ) -> Result<Self, RunnerError> {
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::hidden());
        let gauge = bar.clone();
        let share = move || gauge.position() as f64 / gauge.length().unwrap_or(0).max(1) as f64;
        Self::on(bar, TOLD, meter, move |line| tell(share().min(1.0), line))
    }

    /// One that shows nothing.
    pub fn hidden() -> Self {
        Self { bar: ProgressBar::hidden(), shown: Arc::default(), ticker: None }
    }

    /// On what a bar draws on, or with lines for `tell` where that is nothing.
    fn on(
        bar: ProgressBar,
        pace: Pace,
        meter: Option<Arc<Meter>>,
        tell: impl Fn(&str) + Send + 'static,
    ) -> Result<Self, RunnerError> {
        let style = ProgressStyle::with_template(TEMPLATE)
            .map_err(|error| RunnerError::Template(error.to_string()))?;
        bar.set_style(style);
        let begun = Mutex::new(Some((0, Instant::now())));
        let shown = Arc::new(Shown { meter, begun, ..Shown::default() });
        let (stop, stopped) = channel();
        let (gauge, of) = (bar.clone(), shown.clone());
        let drawn = !bar.is_hidden();
        let pause = if drawn { pace.drawn } else { pace.told };
        let tick = move || {
            while stopped.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                of.move_on(&gauge);
                let (share, parts) = of.words(&gauge, Instant::now());
                match drawn {
                    true => gauge.set_message(format!("{share:>4}  {}", parts.join("  "))),
                    false => tell(&format!("progress: {share}, {}", parts.join(", "))),
                }
            }
        };
        let ticker = thread::Builder::new()
            .spawn(tick)
            .map_err(|source| RunnerError::Thread { purpose: "the progress", source })?;
        Ok(Self { bar, shown, ticker: Some((stop, ticker)) })
    }

    /// Shows what is trained now.
    pub fn set_current(&self, what: String) {
        *lock(&self.shown.current) = what;
    }

    /// What a run of each width costs that is trained now. All runs together move the bar by `room` at most.
    pub fn set_runs(&self, costs: impl Iterator<Item = (usize, u64)>, room: u64) {
        *lock(&self.shown.runs) = costs.collect();
        self.shown.room.store(room, Ordering::SeqCst);
    }

    /// All up to here is done, and of the runs behind it nothing. They move it by `room` at most.
    pub fn stand_at(&self, position: u64, room: u64) {
        // In this order: work that is counted twice would move the bar back later.
        if let Some(meter) = &self.shown.meter {
            meter.clear_shares();
        }
        self.shown.room.store(room, Ordering::SeqCst);
        self.shown.base.store(position, Ordering::SeqCst);
        self.bar.set_position(position);
    }

    /// The work begins where the bar stands: from here on the time that is left is reckoned.
    pub fn begin(&self) {
        *lock(&self.shown.begun) = Some((self.bar.position(), Instant::now()));
    }

    /// Where it stands, for whoever moves it.
    pub fn gauge(&self) -> &ProgressBar {
        &self.bar
    }
}

impl Shown {
    /// Moves the bar on with the runs that are trained now, never back.
    fn move_on(&self, bar: &ProgressBar) {
        let Some(meter) = &self.meter else { return };
        let base = self.base.load(Ordering::SeqCst);
        let runs = lock(&self.runs);
        let cost = |(width, share): (usize, f64)| share * *runs.get(&width).unwrap_or(&0) as f64;
        let moved = meter.shares().into_iter().map(cost).sum::<f64>() as u64;
        let now = base.saturating_add(moved.min(self.room.load(Ordering::SeqCst)));
        if now > bar.position() {
            bar.set_position(now);
        }
    }

    /// The time that is left, if the rest goes on as the work did from its beginning. The rate of the last
    /// moments says less: long runs move the bar seldom, and between two moves it falls to nothing.
    fn left(&self, bar: &ProgressBar, now: Instant) -> Option<Duration> {
        let (from, since) = (*lock(&self.begun))?;
        let done = bar.position().checked_sub(from).filter(|&done| done > 0)?;
        let rest = bar.length().unwrap_or(0).saturating_sub(bar.position());
        let seconds =
            now.saturating_duration_since(since).as_secs_f64() * rest as f64 / done as f64;
        Duration::try_from_secs_f64(seconds).ok()
    }

    /// How much is done, and the rest: what matters most first.
    fn words(&self, bar: &ProgressBar, now: Instant) -> (String, Vec<String>) {
        let rate = self.meter.as_ref().and_then(|meter| meter.tokens_a_second(now));
        let rate = rate.map(rate_in_words);
        let elapsed = format!("elapsed {:#}", HumanDuration(bar.elapsed()));
        let left = |left: Duration| format!("left {:#}", HumanDuration(left));
        if let Some(of) = self.meter.as_ref().and_then(|meter| meter.pretraining()) {
            let step = of.step.unwrap_or(0);
            let what = format!("n = {}, step {step} of {}", of.width, of.steps);
            let parts = [of.left(now).map(left), Some(what), rate, Some(elapsed)];
            let share = format!("{} of pretraining", percent(step as u64, of.steps as u64));
            return (share, parts.into_iter().flatten().collect());
        }
        let current = lock(&self.current).clone();
        let current = (!current.is_empty()).then_some(current);
        let left = self.left(bar, now).map(left);
        let share = percent(bar.position(), bar.length().unwrap_or(0));
        (share, [left, current, rate, Some(elapsed)].into_iter().flatten().collect())
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

fn percent(done: u64, of: u64) -> String {
    format!("{}%", (100 * u128::from(done) / u128::from(of.max(1))).min(100))
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some((stop, ticker)) = self.ticker.take() {
            drop(stop);
            // A thread that has failed shows nothing either.
            let _ = ticker.join();
        }
        self.bar.finish_and_clear();
    }
}

/// What does not fit into a line of the terminal is cut at its end, so that no line wraps.
const TEMPLATE: &str = "{wide_msg}";

#[cfg(test)]
mod tests {
    use std::io;

    use indicatif::TermLike;

    use super::*;

    /// A terminal of 20 columns that keeps what is written to it.
    #[derive(Clone, Debug, Default)]
    struct Narrow(Arc<Mutex<Vec<String>>>);

    impl TermLike for Narrow {
        fn width(&self) -> u16 {
            20
        }
        fn move_cursor_up(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_down(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_right(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_left(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn write_line(&self, text: &str) -> io::Result<()> {
            self.write_str(text)
        }
        fn write_str(&self, text: &str) -> io::Result<()> {
            self.0.lock().expect("nobody failed").push(text.to_owned());
            Ok(())
        }
        fn clear_line(&self) -> io::Result<()> {
            Ok(())
        }
        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    const QUICK: Pace = Pace { drawn: Duration::from_millis(1), told: Duration::from_millis(1) };

    /// Waits for what a thread does.
    fn eventually(done: impl Fn() -> bool) {
        let started = Instant::now();
        while !done() {
            assert!(started.elapsed() < Duration::from_secs(20), "it takes too long");
            thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn on_twenty_columns_no_line_wraps_and_the_time_left_is_seen() {
        let terminal = Narrow::default();
        let target = ProgressDrawTarget::term_like(Box::new(terminal.clone()));
        let bar = ProgressBar::with_draw_target(Some(200), target);
        let bar = Bar::on(bar, QUICK, None, |line| panic!("told {line}")).expect("it starts");
        bar.set_current("n = 8192, seed 1234567890123456789".to_owned());
        bar.gauge().set_position(100);
        let seen = |text: &str| terminal.0.lock().expect("nobody failed").concat().contains(text);
        eventually(|| seen("50%  left ") && seen("  n = "));
        drop(bar);
        for line in terminal.0.lock().expect("nobody failed").iter() {
            assert!(line.chars().count() <= 20, "{line:?}");
        }
    }

    #[test]
    fn without_a_terminal_a_line_is_told_now_and_then() {
        let told = Arc::<Mutex<Vec<String>>>::default();
        let keep = told.clone();
        let bar = ProgressBar::with_draw_target(Some(8), ProgressDrawTarget::hidden());
        let tell = move |line: &str| keep.lock().expect("nobody failed").push(line.to_owned());
        let bar = Bar::on(bar, QUICK, None, tell).expect("it starts");
        let last = || told.lock().expect("nobody failed").last().cloned().unwrap_or_default();
        eventually(|| last() == "progress: 0%, elapsed 0s");
        bar.set_current("n = 64, seed 2".to_owned());
        bar.gauge().set_position(3);
        eventually(|| {
            last().starts_with("progress: 37%, left ") && last().contains(", n = 64, seed 2, ")
        });
        drop(bar);
        let count = told.lock().expect("nobody failed").len();
        thread::sleep(Duration::from_millis(20));
        assert_eq!(told.lock().expect("nobody failed").len(), count, "nothing after the end");
    }

    #[test]
    fn the_time_left_is_in_proportion_to_what_was_done_since_the_work_began() {
        let bar = Bar::hidden();
        bar.gauge().set_length(1000);
        bar.gauge().set_position(200);
        bar.begin();
        let left = |after: u64| {
            let (_, since) = lock(&bar.shown.begun).expect("it has begun");
            bar.shown.left(bar.gauge(), since + Duration::from_secs(after))
        };
        assert_eq!(left(100), None, "what was skipped tells nothing");
        bar.gauge().set_position(300);
        assert_eq!(left(100), Some(Duration::from_secs(700)));
        // Nothing moves for an hour.
        assert_eq!(left(3700), Some(Duration::from_secs(7 * 3700)));
    }

    /// Lines that a bar of 1000 tells with a meter, of which each run of width 64 costs 100.
    fn told_with(meter: &Arc<Meter>) -> (Bar, impl Fn(&str) -> bool + use<>) {
        let told = Arc::<Mutex<Vec<String>>>::default();
        let keep = told.clone();
        let bar = ProgressBar::with_draw_target(Some(1000), ProgressDrawTarget::hidden());
        let tell = move |line: &str| keep.lock().expect("nobody failed").push(line.to_owned());
        let bar = Bar::on(bar, QUICK, Some(meter.clone()), tell).expect("it starts");
        bar.set_runs([(64, 100)].into_iter(), 800);
        let last = move |text: &str| {
            let told = told.lock().expect("nobody failed");
            told.last().is_some_and(|line| line.contains(text))
        };
        (bar, last)
    }

    #[test]
    fn runs_that_are_trained_now_move_it_and_are_not_counted_twice() {
        let meter = Arc::<Meter>::default();
        let (bar, last) = told_with(&meter);
        bar.stand_at(200, 600);
        meter.stepped(64, 0.5, 10);
        meter.stepped(64, 1.0, 10);
        meter.stepped(128, 1.0, 10);
        eventually(|| last("progress: 35%, left ") && last(" tokens/s"));
        bar.stand_at(400, 400);
        eventually(|| last("progress: 40%, "));
        meter.stepped(64, 0.5, 10);
        eventually(|| last("progress: 45%, "));
        // A run that ends before its last step.
        bar.stand_at(500, 300);
        eventually(|| last("progress: 50%, "));
        // More runs than were expected.
        meter.stepped(64, 5.0, 10);
        eventually(|| last("progress: 80%, "));
    }

    #[test]
    fn a_pretraining_is_told_by_its_steps() {
        let meter = Arc::<Meter>::default();
        let (bar, last) = told_with(&meter);
        meter.begin_pretraining(64, 600);
        eventually(|| last("progress: 0% of pretraining, n = 64, step 0 of 600, elapsed 0s"));
        meter.pretrained(100, 1024);
        meter.pretrained(150, 1024);
        eventually(|| last("progress: 25% of pretraining, left ") && last("step 150 of 600, "));
        meter.end_pretraining();
        eventually(|| last("progress: 0%, "));
        drop(bar);
    }

    #[test]
    fn a_caller_is_told_the_share_and_the_line() {
        let told = Arc::<Mutex<Vec<(f64, String)>>>::default();
        let keep = told.clone();
        let tell = move |share: f64, line: &str| lock(&keep).push((share, line.to_owned()));
        let bar = Bar::told(None, tell).expect("it starts");
        bar.gauge().set_length(8);
        bar.gauge().set_position(3);
        eventually(|| lock(&told).last().is_some_and(|(share, _)| *share == 0.375));
        assert!(lock(&told).last().is_some_and(|(_, line)| line.starts_with("progress: 37%, ")));
    }

    #[test]
    fn a_hidden_one_says_nothing_and_needs_no_thread() {
        let bar = Bar::hidden();
        bar.set_current("n = 64".to_owned());
        assert!(bar.ticker.is_none() && bar.gauge().is_hidden());
    }
}
