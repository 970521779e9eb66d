"""Files that are there in full or not at all."""

from __future__ import annotations

import os
from pathlib import Path


def write_whole(path: str | os.PathLike[str], text: str) -> None:
    """Writes a text in UTF-8. After a fault the file is as it was before.

    Raises:
        OSError: if the file cannot be written.
    """
    to = Path(path)
    part = to.with_name(f".{to.name}.{os.getpid()}.part")
    try:
        with part.open("x", encoding="utf-8", newline="") as file:
            file.write(text)
        part.replace(to)
    finally:
        part.unlink(missing_ok=True)
