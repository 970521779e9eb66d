"""Whether a file is complete, by its format alone."""

import csv
import json
import shutil
import sqlite3
import struct
import tempfile
import tomllib
import xml.etree.ElementTree
import zlib
from pathlib import Path


class Incomplete(Exception):
    """What is wrong with a file."""


def require(condition, reason):
    if not condition:
        raise Incomplete(reason)


def png(data):
    """Every chunk with its checksum, the last one IEND, and pixels for every line."""
    require(data.startswith(b"\x89PNG\r\n\x1a\n"), "no PNG")
    at, pixels, kind = 8, b"", b""
    while at < len(data):
        require(len(data) >= at + 12, "cut in the middle of a chunk")
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        body, check = data[at + 8 : at + 8 + length], data[at + 8 + length : at + 12 + length]
        require(check == struct.pack(">I", zlib.crc32(kind + body)), f"{kind} has another checksum")
        if kind == b"IHDR":
            width, height = struct.unpack(">II", body[:8])
        if kind == b"IDAT":
            pixels += body
        at += 12 + length
    require(kind == b"IEND", "no IEND at the end")
    require(len(zlib.decompress(pixels)) == height * (1 + 3 * width), "pixels are missing")


def svg(data):
    require(data.endswith(b"</svg>\n"), "no </svg> at the end")
    xml.etree.ElementTree.fromstring(data)


def html(data):
    require(data.startswith(b"<!DOCTYPE html>"), "no HTML")
    require(data.rstrip().endswith(b"</html>"), "no </html> at the end")


def table(data):
    require(data.endswith(b"\n"), "the last line has no end")
    rows = list(csv.reader(data.decode().splitlines()))
    if rows[0][0].startswith("# rows: "):
        # A kept cell tells how many rows it has, beside its header.
        count, *rows = rows
        require(count == [f"# rows: {len(rows) - 1}"], "another number of rows than it says")
    require(len({len(row) for row in rows}) == 1, "rows of different lengths")


def parquet(data):
    require(data[:4] == data[-4:] == b"PAR1", "no PAR1 at both ends")
    (footer,) = struct.unpack("<I", data[-8:-4])
    require(0 < footer < len(data) - 12, "a footer of no length that can be")


def page(data):
    require(data.endswith(b"\n"), "the last line has no end")


READERS = {
    ".png": png,
    ".svg": svg,
    ".html": html,
    ".csv": table,
    ".parquet": parquet,
    ".md": page,
    ".json": lambda data: json.loads(data),
    ".toml": lambda data: tomllib.loads(data.decode()),
}


def database(path: Path):
    """What is wrong with a database. A copy is opened: mending it is left to the program."""
    with tempfile.TemporaryDirectory() as place:
        for file in path.parent.glob(path.name + "*"):
            shutil.copy(file, place)
        connection = sqlite3.connect(Path(place) / path.name)
        (found,) = connection.execute("PRAGMA integrity_check").fetchone()
        connection.close()
    return None if found == "ok" else found


def fault(path: Path):
    """What is wrong with a file; None if it is complete."""
    if path.suffix == ".sqlite":
        return database(path)
    reader = READERS.get(path.suffix)
    if reader is None:
        return "a name that no file of the program has"
    data = path.read_bytes()
    if not data:
        return "empty"
    try:
        reader(data)
    except Exception as error:  # noqa: BLE001: whatever a reader stumbles over
        return f"{type(error).__name__}: {error}"
    return None
