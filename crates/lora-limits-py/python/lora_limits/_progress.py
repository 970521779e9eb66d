"""How far a long call is, on standard error."""

import sys
import time

# Seconds between two lines where standard error is no terminal and no notebook.
_PAUSE = 60.0


class Line:
    """Writes over its own line on a terminal or in a notebook, and else a line a minute. What cannot be shown is not:
    a program may have no standard error, or one that nobody reads."""

    def __init__(self) -> None:
        self._written_over = "ipykernel" in sys.modules or _is_terminal()
        self._longest = 0
        self._next = time.monotonic() + _PAUSE

    def __call__(self, share: float, line: str) -> None:
        if self._written_over:
            self._longest = max(self._longest, len(line))
            _write("\r" + line.ljust(self._longest))
        elif time.monotonic() >= self._next:
            self._next = time.monotonic() + _PAUSE
            _write(line + "\n")

    def _end(self) -> None:
        if self._longest:
            _write("\r" + " " * self._longest + "\r")


def _is_terminal() -> bool:
    try:
        return sys.stderr.isatty()
    except (AttributeError, OSError, ValueError):
        return False


def _write(text: str) -> None:
    # AttributeError: there is no standard error. ValueError: it was closed.
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except (AttributeError, OSError, ValueError):
        pass
