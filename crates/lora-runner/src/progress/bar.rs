//! How far a call is: a line that is drawn again on a terminal, and a line a minute where standard
//! error is none.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use indicatif::{HumanDuration, ProgressBar, ProgressStyle};

use crate::error::RunnerError;
use crate::progress::tell;

/// How often the line on a terminal is drawn, and how often one is told elsewhere.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// On a terminal.
    pub drawn: Duration,
    /// Elsewhere.
    pub told: Duration,
}

const PACE: Pace = Pace { drawn: Duration::from_millis(250), told: Duration::from_secs(60) };

/// Takes what it shows off the screen when it is dropped.
pub struct Bar {
    bar: ProgressBar,
    /// What is trained now.
    current: Arc<Mutex<String>>,
    ticker: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Bar {
    /// On standard error.
    ///
    /// # Errors
    ///
    /// [`RunnerError::Thread`] where the system starts no thread.
    pub fn new() -> Result<Self, RunnerError> {
        Self::on(ProgressBar::new(0), PACE, tell)
    }

    /// One that shows nothing.
    pub fn hidden() -> Self {
        Self { bar: ProgressBar::hidden(), current: Arc::default(), ticker: None }
    }

    /// On what a bar draws on, or with lines for `tell` where that is nothing.
    fn on(
        bar: ProgressBar,
        pace: Pace,
        tell: impl Fn(&str) + Send + 'static,
    ) -> Result<Self, RunnerError> {
        let style = ProgressStyle::with_template(TEMPLATE)
            .map_err(|error| RunnerError::Template(error.to_string()))?;
        bar.set_style(style);
        let current = Arc::<Mutex<String>>::default();
        let (stop, stopped) = channel();
        let (shown, hand) = (bar.clone(), current.clone());
        let drawn = !bar.is_hidden();
        let pause = if drawn { pace.drawn } else { pace.told };
        let tick = move || {
            while stopped.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                let hand = hand.lock().unwrap_or_else(PoisonError::into_inner).clone();
                match drawn {
                    true => shown.set_message(parts(&shown, &hand).join("  ")),
                    false => tell(&plain(&shown, &hand)),
                }
            }
        };
        let ticker = thread::Builder::new()
            .spawn(tick)
            .map_err(|source| RunnerError::Thread { purpose: "the progress", source })?;
        Ok(Self { bar, current, ticker: Some((stop, ticker)) })
    }

    /// Shows what is trained now.
    pub fn set_current(&self, what: String) {
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = what;
    }

    /// Where it stands, for whoever moves it.
    pub fn gauge(&self) -> &ProgressBar {
        &self.bar
    }
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
const TEMPLATE: &str = "{percent:>3}%  {wide_msg}";

/// What matters most first.
fn parts(bar: &ProgressBar, current: &str) -> Vec<String> {
    let left = (bar.position() > 0).then(|| format!("left {:#}", HumanDuration(bar.eta())));
    let current = (!current.is_empty()).then(|| current.to_owned());
    let elapsed = format!("elapsed {:#}", HumanDuration(bar.elapsed()));
    [left, current, Some(elapsed)].into_iter().flatten().collect()
}

fn plain(bar: &ProgressBar, current: &str) -> String {
    let done = 100 * u128::from(bar.position()) / u128::from(bar.length().unwrap_or(0).max(1));
    format!("progress: {}%, {}", done.min(100), parts(bar, current).join(", "))
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::time::Instant;

    use indicatif::{ProgressDrawTarget, TermLike};

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
        let bar = Bar::on(bar, QUICK, |line| panic!("told {line}")).expect("it starts");
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
        let bar = Bar::on(bar, QUICK, tell).expect("it starts");
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
    fn a_hidden_one_says_nothing_and_needs_no_thread() {
        let bar = Bar::hidden();
        bar.set_current("n = 64".to_owned());
        assert!(bar.ticker.is_none() && bar.gauge().is_hidden());
    }
}
