"""Compares two judgements of one model, as `width-sweep judge --json` prints them.

    agree.py THEIRS.json OURS.json      verdicts, exponents and losses of η_opt agree, or exit code 1
    agree.py --wrong SWEEP.csv DIR      writes tables that must not agree: other learning rates, other losses
    agree.py --tables DIR COMMITTED     the tables of DIR have the keys of the committed ones, and medians near theirs

The random numbers differ, so that nothing is equal. Tolerances, set before anything was measured:
- verdicts: one must not hold where the other is refuted;
- exponents: the 95% intervals over seeds overlap, which two of one model miss in fewer than 1% of pairs;
- losses at the optimum: the 95% intervals overlap at each width but one, of the five.
"""

import csv
import json
import statistics
import sys
from pathlib import Path


def overlap(one, other):
    return one["lower"] <= other["upper"] and other["lower"] <= one["upper"]


def compare(theirs, ours):
    """Yields what disagrees."""
    [theirs], [ours] = theirs["sweeps"], ours["sweeps"]
    for init in ("A", "B"):
        verdicts = {judged["tests"][init]["eta_opt"]["verdict"] for judged in (theirs, ours)}
        if {"holds", "refuted"} <= verdicts:
            yield f"Init[{init}]: the prediction holds here and is refuted there"
        one, other = theirs["inits"][init], ours["inits"][init]
        fits = [judged["eta_opt"] for judged in (one, other)]
        shown = [f"{f['exponent']:.3f} [{f['lower']:.3f}, {f['upper']:.3f}]" for f in fits]
        print(f"Init[{init}]: theirs {shown[0]}, ours {shown[1]}; verdicts {sorted(map(str, verdicts))}")
        if not overlap(*fits):
            yield f"Init[{init}]: the exponents are apart"
        pairs = list(zip(one["widths"], other["widths"], strict=True))
        apart = [a["width"] for a, b in pairs if not overlap(a["loss"], b["loss"])]
        if len(apart) > 1:
            yield f"Init[{init}]: the losses are apart at the widths {apart}"


def write_wrong(sweep, directory):
    """A table whose optima rise with the width, and one with four times the losses."""
    directory.mkdir(exist_ok=True)
    rows = list(csv.DictReader(sweep.open()))
    law = [r | {"learning_rate": float(r["learning_rate"]) * int(r["hidden_size"])} for r in rows]
    loss = [r | {"train_loss": 4 * float(r["train_loss"])} for r in rows]
    for name, wrong in (("law", law), ("loss", loss)):
        with open(directory / f"{name}.csv", "w", newline="") as file:
            writer = csv.DictWriter(file, rows[0].keys())
            writer.writeheader()
            writer.writerows(wrong)


def compare_tables(made, committed):
    """Yields tables that are not those that were committed."""
    for name, keys in (("sweep.csv", 4), ("coordinates.csv", 3)):
        tables = [list(csv.reader((where / name).open())) for where in (made, committed)]
        if [row[:keys] for row in tables[0]] != [row[:keys] for row in tables[1]]:
            yield f"{name}: other rows"
            continue
        ratios = [float(a[-1]) / float(b[-1]) for a, b in zip(*(t[1:] for t in tables)) if float(b[-1])]
        if not 0.9 < statistics.median(ratios) < 1.1:
            yield f"{name}: other values, by a factor {statistics.median(ratios):.3f} in the median"


def main(arguments):
    if arguments[0] == "--wrong":
        write_wrong(Path(arguments[1]), Path(arguments[2]))
        return 0
    if arguments[0] == "--tables":
        faults = list(compare_tables(Path(arguments[1]), Path(arguments[2])))
    else:
        faults = list(compare(*(json.loads(Path(name).read_text()) for name in arguments)))
    for fault in faults:
        print(f"FAIL {fault}")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
