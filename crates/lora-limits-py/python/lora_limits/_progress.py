"""How far a long call is, on standard error."""

import sys
import time

# Seconds between two lines where standard error is no terminal and no notebook.
_PAUSE = 60.0


class Line:
    """Writes over its own line on a terminal or in a notebook, and else a line a minute."""

    def __init__(self) -> None:
        self._written_over = sys.stderr.isatty() or "ipykernel" in sys.modules
        self._longest = 0
        self._next = time.monotonic() + _PAUSE

    def __call__(self, share: float, line: str) -> None:
        if self._written_over:
            self._longest = max(self._longest, len(line))
            sys.stderr.write("\r" + line.ljust(self._longest))
        elif time.monotonic() >= self._next:
            self._next = time.monotonic() + _PAUSE
            sys.stderr.write(line + "\n")
        sys.stderr.flush()

    def _end(self) -> None:
        if self._longest:
            sys.stderr.write("\r" + " " * self._longest + "\r")
            sys.stderr.flush()
