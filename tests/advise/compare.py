"""Compares `width-sweep advise --json` with what PEFT made of the same configurations, module by module.

    compare.py PROGRAM CASES

Every module must be there with its shape, rank, alpha and scaling, and the initial factors must have the standard
deviation that is told: exactly zero, or within six standard errors of what was measured. A change of any of these
in the reference must be noticed in every case.
"""

import copy
import json
import math
import subprocess
import sys
from pathlib import Path

EXACT = ("fan_in", "fan_out", "r", "alpha")
# How many families there are, and fewer modules than the cases have.
FAMILIES = 17
MODULES = 5000


def told(program, adapter, model):
    """What the program says, as an object; its message where it refuses."""
    call = [program, "advise", "--json", "--peft", adapter, "--model", model]
    done = subprocess.run(call, capture_output=True, text=True)
    if done.returncode == 2 and not done.stdout:
        return done.stderr
    done.check_returncode()
    return json.loads(done.stdout)


def by_name(answer):
    """One entry for every module."""
    found = {}
    for kind in answer["modules"]:
        assert kind["count"] == max(1, len(kind["layers"])), kind
        first = f".{kind['layers'][0]}." if kind["layers"] else None
        for layer in kind["layers"] or [None]:
            # A model without a head may begin with the word that stands before the number.
            name = kind["name"] if first is None else kind["name"].replace(first, f".{layer}.", 1)
            found[name] = kind
    return found


def faults(reference, answer):
    """What differs."""
    if isinstance(reference, str) or isinstance(answer, str):
        # PEFT refuses where no module is left, so the same key must be named.
        both = isinstance(reference, str) and isinstance(answer, str) and "`target_modules` is " in answer
        return [] if both else [f"PEFT: {reference}\n  ours: {answer}"]
    ours, theirs = by_name(answer), {module["name"]: module for module in reference}
    if ours.keys() != theirs.keys():
        return [f"modules: {sorted(ours.keys() ^ theirs.keys())}"]
    found = []
    for name, module in theirs.items():
        kind = ours[name]
        found += [f"{name}: {key} {kind[key]}, not {module[key]}" for key in EXACT if kind[key] != module[key]]
        if not math.isclose(kind["scaling"], module["scaling"], rel_tol=1e-12):
            found.append(f"{name}: scaling {kind['scaling']}, not {module['scaling']}")
        for factor in "ab":
            std, measured = kind[f"std_{factor}"], module[f"std_{factor}"]
            error = std / math.sqrt(2 * module[f"entries_{factor}"])
            if abs(std - measured) > 6 * error:
                found.append(f"{name}: std of {factor} {std}, but measured {measured}")
    return found


def check_notice(reference, answer):
    """Fails unless a wrong value in the reference is noticed."""
    changes = {key: 2 for key in (*EXACT, "scaling", "std_a", "std_b")}
    for key, factor in changes.items():
        wrong = copy.deepcopy(reference)
        if wrong[0][key] == 0:
            wrong[0][key] = 1e-6
        else:
            wrong[0][key] *= factor
        assert faults(wrong, answer), f"a wrong {key} goes unnoticed"
    assert faults(reference[1:], answer), "a missing module goes unnoticed"
    assert faults("refused", answer) and faults(reference, "refused"), "a refusal goes unnoticed"
    assert faults("refused", "`r` is 0"), "a refusal of another key goes unnoticed"


def main(program, cases):
    compared, refused, modules, bad, families = 0, 0, 0, [], set()
    for case in sorted(path.parent for path in cases.glob("*/modules.json")):
        reference = json.loads((case / "modules.json").read_text())
        families.add(json.loads((case / "config.json").read_text())["model_type"])
        for adapter in (case, case / "resolved"):
            if not adapter.joinpath("adapter_config.json").exists():
                continue
            answer = told(program, adapter, case)
            bad += [f"{adapter.relative_to(cases)}: {fault}" for fault in faults(reference, answer)]
            compared += 1
            if isinstance(reference, str):
                refused += 1
            else:
                modules += len(reference)
                if not isinstance(answer, str):
                    check_notice(reference, answer)
    print("\n".join(bad[:40]))
    print(f"{compared} configs compared, {modules} modules; {refused} refused by PEFT; {len(bad)} faults")
    enough = len(families) == FAMILIES and modules >= MODULES
    if not enough:
        print(f"too few: {len(families)} families, {modules} modules")
    return 0 if enough and not bad else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
