"""One zip archive of all PTX, whose bytes follow from the texts alone.

Names are in order, times are all the same, and requirements.txt pins the compressor, because Python's
own is whatever zlib the system has, and those differ. Every text is compressed alone: a changed kernel
leaves the bytes of the others as they are, and git stores only what changed.
"""

import io
import struct
import zipfile
import zlib

import deflate

LEVEL = 12  # the densest
DEFLATED = 8
VERSION = 20  # of the format: 2.0, the oldest with this compression
DATE = 0x0021  # 1 January 1980, the earliest that the format has


class Damaged(Exception):
    """The archive cannot be unpacked."""


def pack(files):
    """The archive of {name: text}."""
    entries, directory = bytearray(), bytearray()
    for name, text in sorted(files.items()):
        plain, path = text.encode(), name.encode()
        packed = deflate.deflate_compress(plain, LEVEL)
        sizes = (zlib.crc32(plain), len(packed), len(plain), len(path), 0)
        header = struct.pack("<5H3I2H", VERSION, 0, DEFLATED, 0, DATE, *sizes)
        offset = len(entries)
        entries += b"PK\x03\x04" + header + path + packed
        directory += b"PK\x01\x02" + struct.pack("<H", VERSION) + header
        directory += struct.pack("<3H2I", 0, 0, 0, 0, offset) + path
    counts = (0, 0, len(files), len(files), len(directory), len(entries), 0)
    return bytes(entries + directory + b"PK\x05\x06" + struct.pack("<4H2IH", *counts))


def unpack(packed):
    """The {name: text} of an archive; Damaged where its checksums or its structure are wrong."""
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            return {name: archive.read(name).decode() for name in archive.namelist()}
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, ValueError) as error:
        raise Damaged(str(error)) from error
