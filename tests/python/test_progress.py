"""What `progress=True` writes on standard error."""

import io
import sys
import time

import lora_limits
from lora_limits._progress import Line


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_has_one_line_that_is_taken_away_at_the_end(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    line = Line()
    line(0.1, "progress: 10%, elapsed 9s")
    line(0.2, "progress: 20%")
    line._end()
    shown = terminal.getvalue().split("\r")
    assert shown == ["", "progress: 10%, elapsed 9s", "progress: 20%            ", " " * 25, ""]


def test_what_cannot_be_shown_is_not(monkeypatch, tmp_path, root):
    """An answer is worth more than the line that goes before it."""

    class Broken(Terminal):
        def write(self, text):
            raise BrokenPipeError(text)

    closed = Terminal()
    closed.close()
    monkeypatch.chdir(root)
    for error in [None, closed, Broken()]:
        monkeypatch.setattr(sys, "stderr", error)
        small = {"quick": True, "set": "training.steps=1", "neurons": 2, "width": 16}
        answer = lora_limits.limit("paper", **small, progress=True)
        assert answer == lora_limits.limit("paper", **small, progress=False)


def test_an_end_of_its_own_is_left_alone():
    class Mine:
        def __call__(self, share, line):
            pass

        def _end(self):
            raise AssertionError("it is nobody's business")

    lora_limits.limit("paper", quick=True, set="training.steps=1", neurons=2, width=16, progress=Mine())


def test_elsewhere_a_line_is_written_a_minute(monkeypatch):
    file, now = io.StringIO(), [0.0]
    monkeypatch.setattr(sys, "stderr", file)
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    line = Line()
    for second in range(0, 150, 10):
        now[0] = float(second)
        line(0.5, f"at {second} s")
    line._end()
    assert file.getvalue() == "at 60 s\nat 120 s\n"
