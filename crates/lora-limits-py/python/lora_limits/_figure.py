"""The figures of a folder, for notebooks."""

from __future__ import annotations

import os
from pathlib import Path

from lora_limits._native import LoraLimitsError, Sweep
from lora_limits._whole_file import write_whole

# What is shown of a folder with several figures, if none is named.
_FIRST = "scaling"


class Figure:
    """A figure as SVG, made by `plot`. A notebook shows it."""

    def __init__(self, name: str, svg: str) -> None:
        self._name = name
        self._svg = svg

    @property
    def name(self) -> str:
        """Its name in the folder, such as "scaling"."""
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


def plot(of: Sweep | str | os.PathLike[str], figure: str | None = None) -> Figure:
    """A figure that a sweep, a judgement, a limit or a diagnosis has left in its folder. Nothing is drawn anew.

    Args:
        of: what `sweep` returned, or the folder that was given as `out`.
        figure: its name, such as "curves"; "scaling", or where there is none the first by name, if None.

    Raises:
        LoraLimitsError: for a folder without figures, and a name that it does not have.
        OSError: for a folder that cannot be read.
    """
    folder = Path(of.directory if isinstance(of, Sweep) else of)
    names = sorted(entry.removesuffix(".svg") for entry in os.listdir(folder) if entry.endswith(".svg"))
    if not names:
        raise LoraLimitsError(f"{folder}: holds no figure; sweep writes some, and judge, limit and diagnose with out")
    chosen = figure if figure is not None else (_FIRST if _FIRST in names else names[0])
    if chosen not in names:
        raise LoraLimitsError(f"figure {chosen!r}: {folder} has {', '.join(names)}")
    svg = (folder / f"{chosen}.svg").read_text(encoding="utf-8")
    if "<svg" not in svg:
        raise LoraLimitsError(f"{folder / chosen}.svg: is no SVG")
    return Figure(chosen, svg)
