"""Tables as dicts of columns: rows to columns, several tables to one, and CSV."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, SupportsFloat, TypeAlias

from lora_limits._native import LoraLimitsError
from lora_limits._whole_file import write_whole

Columns: TypeAlias = dict[str, list[Any]]
"""A table: columns of one length by name. `judge`, `pandas.DataFrame` and `polars.DataFrame` take it."""


Cell: TypeAlias = str | SupportsFloat
"""A text or a number, also one of NumPy or a tensor with one number."""


def of_rows(rows: Sequence[Mapping[str, Any]]) -> Columns:
    """The rows as columns, in the order in which names come up; a row without a name has None there. Columns that
    have nothing but None are left out."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {name: [row.get(name) for row in rows] for name in names}
    return {name: cells for name, cells in columns.items() if any(cell is not None for cell in cells)}


def join(tables: Iterable[Mapping[str, Sequence[Any]]]) -> Columns:
    """The rows of several tables, one table after another. Where one lacks a column, its cells are None."""
    given = [dict(table) for table in tables]
    names = list(dict.fromkeys(name for table in given for name in table))
    columns: Columns = {name: [] for name in names}
    for table in given:
        count = _rows(table)
        for name in names:
            columns[name].extend(table.get(name, [None] * count))
    return columns


def write_csv(table: Mapping[str, Sequence[Any]], path: str | os.PathLike[str]) -> None:
    """Writes a table as CSV, as `width-sweep judge` reads it. After a fault the file is as it was before.

    Raises:
        LoraLimitsError: if the columns are not of one length.
        OSError: if the file cannot be written.
    """
    count = _rows(table)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table)
    writer.writerows([_cell(cells[row]) for cells in table.values()] for row in range(count))
    write_whole(path, text.getvalue())


def _cell(value: Any) -> Any:
    # Python's own text of a float is the shortest that is read back as the same number.
    return "" if value is None else value


def _rows(table: Mapping[str, Sequence[Any]]) -> int:
    counts = {name: len(cells) for name, cells in table.items()}
    if len(set(counts.values())) > 1:
        said = ", ".join(f"{name!r} has {count}" for name, count in counts.items())
        raise LoraLimitsError(f"table: columns must be of one length; {said}")
    return next(iter(counts.values()), 0)


def given(columns: Mapping[str, Cell], measured: Iterable[str]) -> dict[str, str | int | float]:
    """Columns that the caller names, with Python's own numbers.

    Raises:
        LoraLimitsError: for the first one that a recording has itself, or whose value no cell can hold.
    """
    taken = list(measured)
    found: dict[str, str | int | float] = {}
    for name, value in columns.items():
        if name in taken:
            raise LoraLimitsError(f"{name}: is recorded, so no column can be called that; taken are {', '.join(taken)}")
        own = plain(value)
        if not isinstance(own, (str, int, float)):
            raise LoraLimitsError(f"{name} {value!r}: must be a text or a number")
        found[name] = own
    return found


def plain(value: Any) -> Any:
    """Python's own number for one of NumPy or of a tensor; anything else as it is."""
    return value.item() if getattr(value, "ndim", None) == 0 and callable(getattr(value, "item", None)) else value
