"""Makes the committed PTX from the kernels, or checks it. Run it through compile.sh.

    compile.py                     packs compute_XX/NAME.ptx for every NAME.cu into ptx.zip
    compile.py --check             fails if that would change anything, or if a kernel spills
    compile.py --sass DIR          writes the machine code of every kernel as text (sm_90)

Needs Python's standard library and what requirements.txt names; no GPU, no driver.
"""

import argparse
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import archive
import nvrtc
import resources
import sass

VIRTUAL = ("compute_75", "compute_80", "compute_90")
REAL = tuple(resources.LIMITS)
HERE = Path(__file__).resolve().parent
TABLE = Path("target/ci-artefacts/kernels.csv")


def arguments():
    parser = argparse.ArgumentParser(prog="compile.sh", allow_abbrev=False)
    parser.add_argument("--kernels", type=Path, default=HERE, help="folder of the .cu files")
    parser.add_argument(
        "--archive", type=Path, default=HERE.parent / "ptx.zip", help="where the PTX is packed"
    )
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--check", action="store_true", help="compare, and look for spills")
    mode.add_argument("--sass", type=Path, metavar="DIR", help="write machine code as text there")
    parser.add_argument("--table", type=Path, default=TABLE, help="where --check leaves its table")
    return parser.parse_args()


def compile_all(sources, architectures, *options):
    """(source, architecture) to its output, by as many processes as there are cores. Exits with
    the compiler's messages if a file does not compile."""
    jobs = [(source, architecture) for source in sources for architecture in architectures]
    with ProcessPoolExecutor(max_workers=max(1, min(len(jobs), os.cpu_count() or 1))) as pool:
        running = [pool.submit(nvrtc.compile_source, *job, *options) for job in jobs]
        outputs = {job: future.result() for job, future in zip(jobs, running)}
    failed = {}
    for (source, architecture), output in outputs.items():
        if not output.ok:
            failed.setdefault(
                source, f"{source.name} does not compile for {architecture}:\n{output.log}"
            )
    if failed:
        raise SystemExit("\n".join(failed.values()))
    return outputs


def make_ptx(sources):
    """Name in the archive to PTX, and complaints."""
    files, complaints = {}, []
    for (source, architecture), output in compile_all(sources, VIRTUAL).items():
        files[f"{architecture}/{source.stem}.ptx"] = nvrtc.portable(output.ptx, source.name)
        if output.log and architecture == VIRTUAL[0]:
            complaints.append(f"{source.name} compiles with warnings:\n{output.log}")
        if operation := nvrtc.fusible(output.ptx):
            bare = f"{operation} of {architecture} has no rounding mode; a driver may fuse it"
            complaints.append(f"{source.name}: {bare}")
    return files, complaints


def write(path, files):
    """Packs the files, and prints which of them changed."""
    try:
        before = archive.unpack(path.read_bytes())
    except (FileNotFoundError, archive.Damaged):
        before = {}
    for name in sorted(before.keys() | files.keys()):
        if name not in files:
            print(f"removed {name}")
        elif before.get(name) != files[name]:
            print(f"{'changed' if name in before else 'added'} {name}")
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = path.with_name(path.name + ".new")
    whole.write_bytes(archive.pack(files))
    os.replace(whole, path)
    print(f"packed {len(files)} files into {shown(path)}")


def shown(path):
    """The path as one would type it from here."""
    return (
        path.resolve().relative_to(Path.cwd())
        if path.resolve().is_relative_to(Path.cwd())
        else path
    )


def compare(path, files):
    """Complaints about the committed archive."""
    found = compare_packed(shown(path), path.read_bytes() if path.exists() else None, files)
    if found:
        found.append("type `crates/lora-cuda/kernels/compile.sh` and commit")
    return found


def compare_packed(name, packed, files):
    """Complaints about an archive's bytes: first what it holds, then how it is packed."""
    if packed is None:
        return [f"{name} is missing"] if files else []
    try:
        there = archive.unpack(packed)
    except archive.Damaged as damaged:
        return [f"{name} is damaged: {damaged}"]
    found = [
        f"{entry} in {name} is left over: no kernel makes it"
        for entry in sorted(there.keys() - files.keys())
    ]
    for entry, contents in files.items():
        if entry not in there:
            found.append(f"{entry} is missing in {name}")
        elif there[entry] != contents:
            found.append(f"{entry} in {name} is not what {Path(entry).stem}.cu compiles to")
    if not found and packed != archive.pack(files):
        found.append(f"{name} holds the right PTX, but not in the bytes that compile.sh packs")
    return found


def measure(sources):
    """What every kernel takes on every real architecture, and complaints."""
    found, complaints = [], []
    for (source, architecture), output in compile_all(sources, REAL, "--ptxas-options=-v").items():
        usages = resources.usages(output.log, output.ptx, architecture)
        for kernel in resources.entries(output.ptx):
            if kernel not in usages:
                complaints.append(
                    f"{source.name}: ptxas says nothing of {kernel} on {architecture}"
                )
            elif not usages[kernel].threads:
                complaints.append(
                    f"{source.name}: {kernel} states no threads a block; declare it by KERNEL"
                )
            else:
                found.append(usages[kernel])
    return sorted(found), complaints


def twice(usages):
    """Complaints about names that two files share: the crate finds kernels by name."""
    names = [usage.kernel for usage in usages if usage.arch == REAL[0]]
    return [
        f"{name} is defined by two files" for name in sorted(set(names)) if names.count(name) > 1
    ]


def report(usages, table):
    rows = [resources.TABLE.split(",")] + [
        [str(field) for field in usage.row()] for usage in usages
    ]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        print("  ".join(field.ljust(width) for field, width in zip(row, widths)).rstrip())
    table.parent.mkdir(parents=True, exist_ok=True)
    table.write_text("".join(",".join(row) + "\n" for row in rows))


def check(sources, args):
    files, complaints = make_ptx(sources)
    complaints += compare(args.archive, files)
    usages, unread = measure(sources)
    spills = args.kernels / "spills.txt"
    complaints += unread + twice(usages)
    complaints += resources.judge_spills(usages, resources.read_allowed(spills), shown(spills))
    report(usages, args.table)
    if complaints:
        raise SystemExit("\n".join(complaints))
    print(f"{len(sources)} kernel files make the {len(files)} PTX files of {shown(args.archive)}")
    print(f"none spills beyond {spills.name}")


def main():
    args = arguments()
    sources = sorted(args.kernels.resolve().glob("*.cu"))
    if not sources:
        print(f"no kernels in {shown(args.kernels)}")
    if args.check:
        check(sources, args)
    elif args.sass:
        sass.write(args.sass, compile_all(sources, [sass.ARCHITECTURE]))
    else:
        files, complaints = make_ptx(sources)
        write(args.archive, files)
        if complaints:
            sys.exit("\n".join(complaints))


if __name__ == "__main__":
    main()
