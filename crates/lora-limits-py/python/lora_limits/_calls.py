"""Which calls of an optimiser's step lie inside another one."""

from __future__ import annotations

import inspect


class Calls:
    """The calls of `step` that have begun and not ended, the outermost first.

    PyTorch tells of each call: of that of a subclass, and of the one of its base class inside it. It tells nothing of the
    end of a call that raised an error. So a call is known by its depth on the stack, which is larger for one inside it.
    """

    def __init__(self) -> None:
        self._depths: list[int] = []

    def begin(self) -> bool:
        """Says that a call begins. Returns whether it lies inside no other."""
        depth = _depth()
        self._depths = [*(outer for outer in self._depths if outer < depth), depth]
        return len(self._depths) == 1

    def end(self) -> bool:
        """Says that a call ends. Returns whether it lay inside no other."""
        depth = _depth()
        begun = [at for at in self._depths if at <= depth]
        self._depths = begun[:-1]
        return len(begun) == 1


def _depth() -> int:
    """The number of frames on the stack."""
    frame, count = inspect.currentframe(), 0
    while frame is not None:
        frame, count = frame.f_back, count + 1
    return count
