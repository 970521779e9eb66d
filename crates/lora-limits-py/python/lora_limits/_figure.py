"""Figures for notebooks: those of an answer, and those of a folder."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from lora_limits._native import Diagnosis, Judgement, Limit, LoraLimitsError, PhaseMap, Sweep
from lora_limits._whole_file import write_whole

# What is shown of several figures, if none is named.
_FIRST = "scaling"


class Figure:
    """A figure as SVG. A notebook shows it."""

    def __init__(self, name: str, svg: str) -> None:
        self._name = name
        self._svg = svg

    @property
    def name(self) -> str:
        """Its name, such as "scaling"."""
        return self._name

    @property
    def svg(self) -> str:
        """The picture as SVG. Its size is in points."""
        return self._svg

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the picture to a file whose name ends in .svg.

        Raises:
            LoraLimitsError: for another ending.
            OSError: if the file cannot be written.
        """
        if Path(path).suffix.lower() != ".svg":
            raise LoraLimitsError(f"path {os.fspath(path)}: must end in .svg")
        write_whole(path, self._svg)

    def _repr_svg_(self) -> str:
        return self._svg

    def __repr__(self) -> str:
        return f"Figure: {self._name}"


def choose(of: str, names: Sequence[str], name: str | None) -> str:
    """The figure that is shown, of several.

    Raises:
        LoraLimitsError: where there is none, or none of that name.
    """
    if not names:
        raise LoraLimitsError(f"{of}: has no figure")
    chosen = name if name is not None else (_FIRST if _FIRST in names else min(names))
    if chosen not in names:
        raise LoraLimitsError(f"figure {chosen!r}: {of} has {', '.join(names)}")
    return chosen


def plot(
    of: Diagnosis | Judgement | Limit | PhaseMap | Sweep | str | os.PathLike[str], figure: str | None = None
) -> Figure:
    """A figure of an answer, as the command line draws it, or one that a call has left in its folder.

    Args:
        of: what `phase_map`, `limit`, `judge`, `diagnose` or `sweep` returned, or a folder that was given as `out`.
            Nothing is drawn anew of a folder.
        figure: its name, such as "curves"; "scaling", or where there is none the first by name, if None.

    Raises:
        LoraLimitsError: where there is no figure, or none of that name.
        OSError: for a folder that cannot be read.
    """
    if isinstance(of, (Diagnosis, Judgement, Limit, PhaseMap)):
        return of.figure(figure)
    folder = Path(of.directory if isinstance(of, Sweep) else of)
    names = sorted(entry.removesuffix(".svg") for entry in os.listdir(folder) if entry.endswith(".svg"))
    if not names:
        raise LoraLimitsError(f"{folder}: holds no figure; sweep writes some, and judge, limit and diagnose with out")
    chosen = choose(str(folder), names, figure)
    svg = (folder / f"{chosen}.svg").read_text(encoding="utf-8")
    if "<svg" not in svg:
        raise LoraLimitsError(f"{folder / chosen}.svg: is no SVG")
    return Figure(chosen, svg)
