"""NVRTC as found in its Python wheel: CUDA C++ to PTX or to machine code, without a GPU."""

import ctypes
import functools
import re
import sysconfig
from pathlib import Path
from typing import NamedTuple

# Every fused multiply-add is written as one in the sources, so that CPU and GPU round alike.
OPTIONS = ("--std=c++17", "--fmad=false")
# What a driver may fuse by itself: an operation without a rounding mode.
FUSIBLE = re.compile(r"^\s*(?:@\S+\s+)?((?:add|sub|mul)(?:\.ftz)?(?:\.sat)?\.f(?:32|64))\s", re.M)


class Output(NamedTuple):
    ok: bool
    log: str
    ptx: str = ""
    cubin: bytes = b""


def wheel_file(place):
    """A file of NVIDIA's wheels in this Python's environment."""
    for scheme in ("purelib", "platlib"):
        found = Path(sysconfig.get_path(scheme), "nvidia", "cu13", place)
        if found.exists():
            return found
    raise SystemExit(f"compile.py: {place} is not installed; run it through compile.sh")


@functools.cache
def library():
    # NVRTC looks for its built-ins on the loader's path, where a wheel's folder is not.
    ctypes.CDLL(str(wheel_file("lib/libnvrtc-builtins.so.13.0")), mode=ctypes.RTLD_GLOBAL)
    lib = ctypes.CDLL(str(wheel_file("lib/libnvrtc.so.13")))
    lib.nvrtcGetErrorString.restype = ctypes.c_char_p
    return lib


def must(status):
    if status:
        raise SystemExit(f"compile.py: NVRTC: {library().nvrtcGetErrorString(status).decode()}")


def fetch(program, what):
    """The bytes of one of the program's results."""
    size = ctypes.c_size_t()
    must(getattr(library(), f"nvrtcGet{what}Size")(program, ctypes.byref(size)))
    held = ctypes.create_string_buffer(size.value)
    must(getattr(library(), f"nvrtcGet{what}")(program, held))
    return held.raw


def text(held):
    return held.rstrip(b"\0").decode()


def compile_source(source, architecture, *more):
    """`source` for compute_XX, giving PTX, or for sm_XX, giving PTX and machine code."""
    lib, program = library(), ctypes.c_void_p()
    # The bare name: names of internal functions hold it, and a path would differ by machine.
    name = source.name.encode()
    must(lib.nvrtcCreateProgram(ctypes.byref(program), source.read_bytes(), name, 0, None, None))
    options = [
        *OPTIONS,
        f"--include-path={source.parent}",
        f"--gpu-architecture={architecture}",
        *more,
    ]
    given = (ctypes.c_char_p * len(options))(*[option.encode() for option in options])
    status = lib.nvrtcCompileProgram(program, len(options), given)
    log = text(fetch(program, "ProgramLog")).strip()
    if status:
        log = log or lib.nvrtcGetErrorString(status).decode()
        output = Output(False, log)
    else:
        cubin = fetch(program, "CUBIN") if architecture.startswith("sm_") else b""
        output = Output(True, log, text(fetch(program, "PTX")), cubin)
    must(lib.nvrtcDestroyProgram(ctypes.byref(program)))
    return output


def portable(ptx, source_name):
    """The PTX with a first line of ours in place of the compiler's, which holds a build id."""
    version = re.search(r"^// Cuda compilation tools, .* (V[\d.]+)$", ptx, re.M)
    body = ptx[ptx.index(".version") :].rstrip()
    made_by = f"NVRTC {version[1] if version else '?'} {' '.join(OPTIONS)}"
    return f"// {source_name}: {made_by}, by kernels/compile.sh\n{body}\n"


def fusible(ptx):
    """The first operation that a driver might fuse into another, or None."""
    found = FUSIBLE.search(ptx)
    return found and found[1]
