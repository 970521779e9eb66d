"""Machine code as text, and what the hottest loop of a kernel is made of. For developers."""

import re
import subprocess

import nvrtc

ARCHITECTURE = "sm_90"
COUNTED = ("FFMA", "FADD", "FMUL", "LDS", "LDG", "STG")
INSTRUCTION = re.compile(r"/\*[0-9a-f]{4,}\*/\s+(?:@!?U?P\w+\s+)?([A-Z][A-Z0-9_]*)[^;]*;")
SECTION = re.compile(r"^\s*\.section\s+\.text\.(\w+)", re.M)


def disassemble(cubin):
    command = [nvrtc.wheel_file("bin/nvdisasm"), "--print-code", cubin]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def kernels(listing):
    """Name and text of every kernel."""
    parts = SECTION.split(listing)
    return list(zip(parts[1::2], parts[2::2]))


def read(text):
    """Opcodes in order, the place of every label, and branches as (from, label)."""
    opcodes, labels, branches = [], {}, []
    for line in text.splitlines():
        if label := re.match(r"(\.L_x?_?\w+):", line.strip()):
            labels[label[1]] = len(opcodes)
        elif instruction := INSTRUCTION.search(line):
            if instruction[1] == "BRA" and (target := re.search(r"`\((\.L_\w+)\)", line)):
                branches.append((len(opcodes), target[1]))
            opcodes.append(instruction[1])
    return opcodes, labels, branches


def largest_inner_loop(text):
    """Opcodes of the longest loop that holds no other; a loop is what a backward branch spans."""
    opcodes, labels, branches = read(text)
    loops = [(labels[label], end) for end, label in branches if labels.get(label, end) < end]
    inner = [
        (start, end)
        for start, end in loops
        if not any(start <= s and e <= end and (s, e) != (start, end) for s, e in loops)
    ]
    start, end = max(inner, key=lambda loop: loop[1] - loop[0], default=(0, -1))
    return opcodes[start : end + 1]


def write(folder, outputs):
    folder.mkdir(parents=True, exist_ok=True)
    print("largest innermost loop:", "kernel", *COUNTED, "all")
    for (source, _), output in outputs.items():
        cubin = folder / f"{source.stem}.cubin"
        cubin.write_bytes(output.cubin)
        listing = disassemble(cubin)
        cubin.with_suffix(".sass").write_text(listing)
        for name, text in kernels(listing):
            loop = largest_inner_loop(text)
            print(
                f"{name:40}", *(f"{loop.count(opcode):5}" for opcode in COUNTED), f"{len(loop):5}"
            )
    print(f"machine code for {ARCHITECTURE} in {folder}")
