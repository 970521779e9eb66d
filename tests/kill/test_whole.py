"""The negative control: of complete files none is complained of, and cut ones all are."""

import json
import struct
import tempfile
import zlib
from pathlib import Path

from whole import fault


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def picture():
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 3, 8, 2, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(bytes(3 * 13)))
    return b"\x89PNG\r\n\x1a\n" + header + pixels + chunk(b"IEND", b"")


WHOLE = {
    "a.png": picture(),
    "a.svg": b'<svg xmlns="http://www.w3.org/2000/svg"><text>a</text></svg>\n',
    "a.html": b"<!DOCTYPE html><html><body></body></html>",
    "a.csv": b"a,b\n100,200\n",
    "cell.csv": b"# rows: 2\na,b\n1,2\n3,4\n",
    "a.parquet": b"PAR1" + bytes(20) + struct.pack("<I", 10) + b"PAR1",
    "a.json": json.dumps({"a": [1, 2]}).encode(),
    "a.toml": b'[a]\nb = "c"',
    "a.md": b"# A\n",
}


def lines_less(name, data):
    """Where a line less is told by the format itself."""
    return [data.rindex(b"\n", 0, -1) + 1] if name == "cell.csv" else []


def main():
    with tempfile.TemporaryDirectory() as folder:
        for name, data in WHOLE.items():
            path = Path(folder) / name
            path.write_bytes(data)
            assert fault(path) is None, f"{name}: {fault(path)}"
            for cut in (0, 1, len(data) // 2, len(data) - 1, *lines_less(name, data)):
                path.write_bytes(data[:cut])
                assert fault(path) is not None, f"{name}: nothing wrong with {cut} bytes of it"
        strange = Path(folder) / "scaling.png.tmp"
        strange.write_bytes(picture())
        assert fault(strange) is not None
    print("cut files of every format are found")


if __name__ == "__main__":
    main()
