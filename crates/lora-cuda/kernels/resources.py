"""What kernels take of a multiprocessor, as ptxas tells, and what they may spill."""

import re
from typing import NamedTuple

TABLE = (
    "kernel,arch,registers,shared_bytes,threads,blocks_per_multiprocessor,stack_bytes,spill_bytes"
)


class Limits(NamedTuple):
    """Of a multiprocessor: from the CUDA programming guide's table of compute capabilities."""

    warps: int
    blocks: int
    shared: int
    # What the system takes of it for every block, and the unit of what a block gets.
    reserved: int
    unit: int


LIMITS = {
    "sm_75": Limits(32, 16, 65536, 0, 256),
    "sm_80": Limits(64, 32, 167936, 1024, 128),
    "sm_86": Limits(48, 16, 102400, 1024, 128),
    "sm_90": Limits(64, 32, 233472, 1024, 128),
}
REGISTERS = 65536
# Registers are given to a warp by this many, and warps are spread over four schedulers.
REGISTER_UNIT, SCHEDULERS = 256, 4


class Usage(NamedTuple):
    kernel: str
    arch: str
    registers: int
    shared: int
    threads: int
    frame: int
    stores: int
    loads: int

    def local(self):
        return self.frame, self.stores, self.loads

    def row(self):
        spilled = self.stores + self.loads
        return [
            self.kernel,
            self.arch,
            self.registers,
            self.shared,
            self.threads,
            blocks(self),
            self.frame,
            spilled,
        ]


def up(value, unit):
    return -(-value // unit) * unit


def blocks(usage):
    """Blocks of a kernel that one multiprocessor holds, by registers and static shared memory."""
    limits, warps = LIMITS[usage.arch], up(usage.threads, 32) // 32
    per_warp = up(usage.registers * 32, REGISTER_UNIT)
    resident = REGISTERS // SCHEDULERS // per_warp * SCHEDULERS
    shared = up(usage.shared + limits.reserved, limits.unit)
    by_shared = limits.shared // shared if shared else limits.blocks
    return min(limits.blocks, limits.warps // warps, resident // warps, by_shared)


def threads_of(ptx):
    """Threads a block of every kernel that states them."""
    entry = r"\.entry\s+(\w+)\([^)]*\)\s*\.maxntid\s+(\d+)(?:,\s*(\d+))?(?:,\s*(\d+))?"
    return {m[1]: int(m[2]) * int(m[3] or 1) * int(m[4] or 1) for m in re.finditer(entry, ptx)}


def entries(ptx):
    return re.findall(r"\.entry\s+(\w+)\(", ptx)


def usages(log, ptx, arch):
    """Reads ptxas's -v lines. A function that was not inlined counts for the kernel before it."""
    threads, found = threads_of(ptx), {}
    for part in log.split("Compiling entry function ")[1:]:
        kernel = re.match(r"'(\w+)'", part)[1]
        local = re.findall(
            r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads", part
        )
        registers = re.search(r"Used (\d+) registers", part)
        if not local or not registers:
            raise SystemExit(f"compile.py: cannot read ptxas's log of {kernel}:\n{log}")
        sums = [sum(int(numbers[i]) for numbers in local) for i in range(3)]
        shared = re.search(r"(\d+) bytes smem", part)
        found[kernel] = Usage(
            kernel,
            arch,
            int(registers[1]),
            int(shared[1]) if shared else 0,
            threads.get(kernel, 0),
            *sums,
        )
    return found


def read_allowed(path):
    """Spills that are allowed: (architecture, kernel) to frame, stores and loads."""
    allowed = {}
    for number, line in enumerate(path.read_text().splitlines() if path.exists() else [], 1):
        fields = line.split(None, 5)
        if not fields or line.startswith("#"):
            continue
        if len(fields) < 6 or not all(field.isdigit() for field in fields[2:5]):
            raise SystemExit(
                f"{path}:{number}: needs architecture, kernel, three numbers of bytes, and why"
            )
        allowed[fields[0], fields[1]] = tuple(int(field) for field in fields[2:5])
    return allowed


def told(local):
    return "a stack frame of {} bytes, {} bytes of spill stores, {} of spill loads".format(*local)


def judge_spills(usages_found, allowed, listed_in):
    """Complaints about kernels that use local memory otherwise than `allowed`."""
    complaints, left = [], dict(allowed)
    for usage in usages_found:
        key, none = (usage.arch, usage.kernel), (0, 0, 0)
        may = left.pop(key, none)
        if usage.local() == may:
            continue
        line = f"{usage.kernel} on {usage.arch}: {told(usage.local())}"
        state = f"{usage.arch} {usage.kernel} {' '.join(map(str, usage.local()))} WHY"
        if may == none:
            complaints.append(f"{line}; use fewer registers, or state it in {listed_in}: {state}")
        elif usage.local() == none:
            complaints.append(
                f"{usage.kernel} on {usage.arch} does not spill; take it out of {listed_in}"
            )
        else:
            complaints.append(f"{line}, but {listed_in} states {told(may)}; correct it: {state}")
    gone = [
        f"{kernel} on {arch}: {listed_in} allows it to spill, but there is no such kernel"
        for arch, kernel in left
    ]
    return complaints + gone
