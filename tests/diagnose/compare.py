#!/usr/bin/env python3
"""Compares what `width-sweep diagnose` says of adapters with their true histories, and its spectra with NumPy's.

    compare.py WIDTH-SWEEP DIR

DIR is what train.py has left. Every case has its verdicts below. A wrong statement of the training must be noticed.
It prints how many diagnoses of each kind were right and how many were wrong.
"""

import json
import math
import subprocess
import sys
from pathlib import Path

import numpy
from safetensors.numpy import load_file

# Of each case: start, config, trained, movement, output, b.
EXPECTED = {
    "init-a": ("Init[A]", "agrees", "trained", "alike", "acts", "trained"),
    "init-b": ("Init[B]", "contradicts", "trained", None, "acts", "cannot_tell"),
    "init-a-small": ("Init[A]", "agrees", "trained", None, "hardly_acts", None),
    "init-b-small": ("Init[B]", "contradicts", "trained", "cannot_tell", "hardly_acts", "undertrained"),
    "init-a-large": ("unknown", "cannot_tell", "trained", "cannot_tell", "beyond_order_one", "cannot_tell"),
    "lora-plus": ("Init[A]", "agrees", "trained", "zero_start_more", "acts", "trained"),
    "frozen-a": ("Init[A]", "agrees", "trained", "random_start_still", "acts", "trained"),
    "gaussian": ("Init[A]", "agrees", "trained", None, "acts", None),
    # A weight decay far above any that trains well, to be seen in a hundred steps.
    "decayed": ("Init[A]", "agrees", "trained", None, "acts", None),
    "decayed-b": ("Init[B]", "contradicts", "trained", None, None, None),
    "decayed-ratio": ("Init[A]", "agrees", "trained", None, "acts", "trained"),
    "decay-alone": ("Init[A]", "agrees", "trained", None, None, None),
    "both-random": ("both random", "agrees", "trained", "cannot_tell", "acts", "cannot_tell"),
    "untrained": ("Init[A]", "agrees", "untrained", "cannot_tell", "nothing", "undertrained"),
    "untrained-b": ("Init[B]", "contradicts", "untrained", "cannot_tell", "nothing", "undertrained"),
}
KEYS = ("start", "declared", "trained", "movement", "output", "b")


class Faults(list):
    """What is wrong, and how many diagnoses of each kind were right and wrong."""

    def __init__(self):
        self.counts = {}

    def check(self, holds, message, of=None):
        if not holds:
            self.append(message)
        if of is not None:
            right, wrong = self.counts.get(of, (0, 0))
            self.counts[of] = (right + bool(holds), wrong + (not holds))

    def counted(self):
        return "\n".join(f"{of}: {right} right, {wrong} wrong" for of, (right, wrong) in self.counts.items())


def diagnosed(program, directory, words=()):
    out = subprocess.run([program, "diagnose", str(directory), "--json", *words], capture_output=True, text=True)
    assert out.returncode == 0, out.stderr
    (adapter,) = json.loads(out.stdout)["adapters"]
    return adapter


def stated(truth, factor=1.0, decay=True):
    words = ["--lr", repr(truth["lr"] * factor), "--steps", str(truth["steps"] or 1)]
    words += ["--lr-ratio", str(truth["ratio"])]
    return [*words, "--weight-decay", str(truth["decay"])] if decay else words


def compare_spectra(faults, name, directory, adapter):
    """Singular values of the whole products, by LAPACK."""
    tensors = load_file(directory / "adapter_model.safetensors")
    for module in adapter["modules"]:
        at = f"base_model.model.{module['module']}"
        a, b = (tensors[f"{at}.lora_{factor}.weight"].astype(numpy.float64) for factor in "AB")
        expected = numpy.linalg.svd(module["scaling"] * b @ a, compute_uv=False)[: module["r"]]
        found = numpy.array(module["product"]["singular_values"])
        error = numpy.abs(found - expected).max()
        faults.check(error <= 1e-5 * max(expected[0], 1e-30), f"{name}: {at}: singular values differ by {error}")


def compare_history(faults, name, module, truth):
    """Movements and parts of the product, where the start was recognised."""
    movement, deltas = module["movement"], module["deltas"]
    if movement is None:
        return
    zero, random = ("B", "A") if module["start"]["looks_like"] == "Init[A]" else ("A", "B")
    at = f"{name}: {module['module']}"
    for key, value in truth["moved"][zero].items():
        found = movement["zero_start"][key]
        faults.check(math.isclose(found, value, rel_tol=1e-5, abs_tol=1e-12), f"{at}: {key} of {zero} is {found}, truly {value}")
    allowed, moved = movement["zero_start"].get("allowed"), truth["moved"][random]
    if allowed:
        faults.check(allowed["share"] <= 1.0, f"{at}: the bound of the stated training is broken")
    estimate = movement["random_start"]
    for certain, key in (("largest_at_least", "largest"), ("frobenius_at_least", "frobenius")):
        if estimate and certain in estimate:
            faults.check(estimate[certain] <= moved[key] * (1 + 1e-5) + 1e-7, f"{at}: {certain} {estimate[certain]}, truly {moved[key]}")
    if estimate and "most" in estimate:
        faults.check(moved["largest"] <= estimate["most"], f"{at}: {random} moved farther than its bound")
    if deltas is None:
        return
    whole, slack = truth["whole"], 1e-5 * truth["whole"]["total"] + 1e-9
    faults.check(abs(deltas["total"] - whole["total"]) <= slack, f"{at}: the total differs")
    faults.check(whole[deltas["zero"]] <= slack, f"{at}: {deltas['zero']} is not zero")
    faults.check(whole[deltas["start_part"]] <= deltas["start_at_most"] + slack, f"{at}: {deltas['start_part']} is above its bound")
    low, high = deltas["delta3_at_least"], deltas["delta3_at_most"]
    faults.check(low - slack <= whole["delta3"] <= high + slack, f"{at}: delta3 {whole['delta3']} is not in [{low}, {high}]")
    for key, bound in deltas.get("last_step", {}).items():
        found = truth["last_step"][key]
        faults.check(found <= bound * (1 + 1e-4) + 1e-9, f"{at}: {key} of the last step is {found}, above {bound}")


def compare_pooled(faults, name, adapter, truth):
    """The range of the pooled movement of the random factor holds the true mean."""
    pooled = adapter["pooled"]
    # A movement against the start, as that of weight decay, does not show at the edge, as the page says.
    if not pooled or pooled["by"] != "edge" or truth["decay"]:
        return
    random = "A" if pooled["init"] == "Init[A]" else "B"
    taken = [m for m in adapter["modules"] if m["start"]["looks_like"] == pooled["init"] and m["start"]["law"] == "kaiming_uniform"]
    # As the estimate weighs them: by entries over the width of the law.
    weights = [m["r"] * m["fan_in"] * math.sqrt(m["fan_in"]) for m in taken]
    moved = [truth["modules"][m["module"]]["moved"][random]["mean_abs"] for m in taken]
    true = sum(w * x for w, x in zip(weights, moved)) / sum(weights)
    _, low, high = pooled["random_start"]
    print(f"{name:14} mean movement of {random}: {true:.3g}, estimated {pooled['random_start'][0]:.3g} [{low:.3g}, {high:.3g}]")
    faults.check(low <= true <= high, f"{name}: the mean movement {true} of {random} is not in [{low}, {high}]")


def broken(adapter, truth):
    """Modules whose random factor A moved farther than its bound."""
    moved = {name: of["moved"]["A"]["largest"] for name, of in truth["modules"].items()}
    return [m for m in adapter["modules"] if moved[m["module"]] > m["movement"]["random_start"]["most"]]


def main():
    program, directory = sys.argv[1], Path(sys.argv[2])
    faults = Faults()
    for name, expected in EXPECTED.items():
        truth = json.loads((directory / name / "truth.json").read_text())
        adapter = diagnosed(program, directory / name, stated(truth))
        found = tuple(adapter["findings"][key]["verdict"] for key in KEYS)
        print(f"{name:14} {', '.join(found)}")
        for key, one, other in zip(KEYS, found, expected):
            # The history of some cases leaves a verdict open.
            if other is not None:
                faults.check(one == other, f"{name}: {key} is {one}, expected {other}", of=key)
        # Where no factor is known to have started at zero, no movement is known that could be compared.
        true_training = "possible" if found[0].startswith("Init") else "cannot_tell"
        judged = adapter["findings"]["stated"]["verdict"]
        faults.check(
            judged == true_training, f"{name}: the true training is {judged}, expected {true_training}",
            of="true statement of the training")  # fmt: skip
        if truth["steps"] and name != "both-random" and "large" not in name:
            wrong = diagnosed(program, directory / name, stated(truth, 0.01))
            faults.check(
                wrong["findings"]["stated"]["verdict"] == "contradicted", f"{name}: a rate of a hundredth is not noticed",
                of="false statement of the training")  # fmt: skip
        if name == "decay-alone":
            # The control: without the term of the decay, the bound is none.
            plain = diagnosed(program, directory / name, stated(truth, decay=False))
            faults.check(len(broken(plain, truth)) == len(plain["modules"]), f"{name}: the decay moves A within the plain bound")
            faults.check(not broken(adapter, truth), f"{name}: the bound with decay is broken")
        # Without the training, the same is said of all but B.
        plain = diagnosed(program, directory / name)
        for key in KEYS[:-1]:
            faults.check(plain["findings"][key]["verdict"] == adapter["findings"][key]["verdict"], f"{name}: {key} needs the training")
        compare_spectra(faults, name, directory / name, adapter)
        compare_pooled(faults, name, adapter, truth)
        for module in adapter["modules"]:
            compare_history(faults, name, module, truth["modules"][module["module"]])
    print(faults.counted())
    print("\n".join(faults) or "every verdict, movement, bound and spectrum agrees")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
