"""Lets a torch that was built for CUDA be imported without NVIDIA's libraries.

On Linux the package index has only the wheel built for CUDA. It is linked with a dozen libraries
in packages of their own, which are several times larger than torch. Nothing here runs on a GPU. So
`requirements.txt` is installed without them, and this script makes a stand-in for each: every
function that torch may look up is there, and returns 100, which is CUDA's code for "no device".
Those that put a code into words return these words, since torch makes a message of them. torch then
reports that there is no GPU. What it computes on the CPU is in libraries of its own.

The script needs a C compiler and readelf. It does nothing where torch can be imported as it is.
"""

import pathlib
import re
import subprocess
import sys
import sysconfig

SITE = pathlib.Path(sysconfig.get_path("purelib"))
TORCH = SITE / "torch" / "lib"
# torch's own search path leads here.
PLACE = SITE / "nvidia" / "cu13" / "lib"
# transformers asks whether a stream is captured, and takes an error of CUDA for a no.
PROBE = """
import torch
assert not torch.cuda.is_available()
torch.ones(2, 2) @ torch.ones(2, 2)
try:
    torch.cuda.is_current_stream_capturing()
except RuntimeError:
    pass
"""
# What returns a text. cuGetErrorString and its like return a code, and write the text elsewhere.
IN_WORDS = {
    "cudaGetErrorName", "cudaGetErrorString", "cudnnGetErrorString", "cusparseGetErrorString", "ncclGetErrorString",
    "nvrtcGetErrorString",
}


def imports() -> bool:
    """Whether a fresh Python can import torch and compute on the CPU."""
    probe = subprocess.run([sys.executable, "-c", PROBE], capture_output=True)
    return probe.returncode == 0


def wanted() -> tuple[set[str], set[str]]:
    """The libraries of NVIDIA that torch's are linked with, and the functions missing in torch's."""
    libraries, functions = set(), set()
    for path in sorted(TORCH.glob("*.so*")):
        told = subprocess.run(
            ["readelf", "-W", "--dynamic", "--dyn-syms", path],
            capture_output=True, text=True, check=True,
        ).stdout
        libraries |= set(re.findall(r"\(NEEDED\).*\[(lib(?:cu|nv|nccl).*)\]", told))
        for line in told.splitlines():
            fields = line.split()
            if len(fields) >= 8 and fields[6] == "UND":
                name = fields[7].partition("@")[0]
                if re.match(r"_*(cu|nv|nccl)[a-zA-Z0-9_]*$", name):
                    functions.add(name)
    return libraries, functions


def absent(name: str) -> str:
    """A function in C that says that there is no device, as a code or in words."""
    if name in IN_WORDS:
        return f'const char *{name}(void) {{ return "no device"; }}\n'
    return f"int {name}(void) {{ return 100; }}\n"


def link(name: str, source: str, *arguments: str) -> None:
    """Compiles `source` into the shared library `name`."""
    subprocess.run(
        ["cc", "-shared", "-fPIC", "-w", "-xc", "-", "-o", PLACE / name, f"-Wl,-soname,{name}",
         "-Wl,--no-as-needed,-rpath,$ORIGIN", "-L", PLACE, *arguments],
        input=source, text=True, check=True,
    )


def main() -> None:
    """Makes the stand-ins where they are needed, and checks that they suffice."""
    if imports():
        return
    libraries, functions = wanted()
    PLACE.mkdir(parents=True, exist_ok=True)
    # One library with all functions and no versions: the loader takes an unversioned function
    # from any library but the very one that the version names.
    link("libabsent.so", "".join(map(absent, sorted(functions))))
    for name in sorted(libraries):
        link(name, "", "-l:libabsent.so")
    if not imports():
        sys.exit("torch cannot be imported: install it with all of its dependencies")


if __name__ == "__main__":
    main()
