//! A process that is asked line by line and answers each with a line.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

/// An answer that takes longer than this has failed.
const LONGEST_TURN: Duration = Duration::from_secs(1800);

/// A process that waits between its turns; it ends when this is dropped.
pub struct Process {
    child: Child,
    ask: Option<ChildStdin>,
    lines: Receiver<String>,
}

impl Process {
    /// Starts a process, whose standard error goes to `log`.
    ///
    /// # Errors
    /// If the log cannot be written or the process cannot be started.
    pub fn start(command: &mut Command, log: &Path) -> std::io::Result<Self> {
        fs::create_dir_all(log.parent().unwrap_or(Path::new(".")))?;
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(File::create(log)?);
        let mut child = command.spawn()?;
        let lines = lines_of(child.stdout.take().expect("it is piped"));
        Ok(Self { ask: child.stdin.take(), child, lines })
    }

    /// Its id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Its next line.
    ///
    /// # Errors
    /// In words, if it ends or takes longer.
    pub fn hear(&mut self, longest: Duration) -> Result<String, String> {
        use std::sync::mpsc::RecvTimeoutError::{Disconnected, Timeout};
        self.lines.recv_timeout(longest).map_err(|error| match error {
            Timeout => format!("took more than {} s", longest.as_secs()),
            Disconnected => "failed".to_owned(),
        })
    }

    /// Writes a line to it.
    ///
    /// # Errors
    /// In words, if it has ended.
    pub fn say(&mut self, line: &str) -> Result<(), String> {
        let ask = self.ask.as_mut().expect("it is open until this is dropped");
        writeln!(ask, "{line}").map_err(|error| error.to_string())
    }

    /// The answer to a line that it has been told.
    ///
    /// # Errors
    /// In words, if it ends or takes more than half an hour.
    pub fn answer(&mut self) -> Result<String, String> {
        self.hear(LONGEST_TURN)
    }
}

/// Reads lines on a thread, so that waiting for one can time out.
fn lines_of(from: ChildStdout) -> Receiver<String> {
    let (send, lines) = channel();
    thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            if send.send(line).is_err() {
                break;
            }
        }
    });
    lines
}

impl Drop for Process {
    fn drop(&mut self) {
        // It ends by itself when its standard input closes, unless it hangs.
        drop(self.ask.take());
        thread::sleep(Duration::from_millis(200));
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn started(script: &str) -> Process {
        let log = std::env::temp_dir().join(format!("peer-bench-{}.log", std::process::id()));
        Process::start(Command::new("sh").args(["-c", script]), &log).expect("there is a shell")
    }

    #[test]
    fn a_process_answers_line_by_line() {
        let mut echo = started("while read line; do echo \"heard $line\"; done");
        for line in ["one", "two"] {
            echo.say(line).expect("it listens");
            assert_eq!(echo.answer(), Ok(format!("heard {line}")));
        }
    }

    #[test]
    fn one_that_ends_or_hangs_is_told_apart() {
        assert_eq!(started("exit 3").answer(), Err("failed".to_owned()));
        let patience = Duration::from_millis(50);
        assert_eq!(started("sleep 5").hear(patience), Err("took more than 0 s".to_owned()));
    }
}
