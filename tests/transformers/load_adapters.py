"""Loads adapters that the engine wrote with PEFT: load_adapters.py [--perturb] [--cases CASES] DIR...

DIR/NAME/adapter is an adapter in PEFT's format, and DIR/NAME/logits.safetensors holds logits/K, what
the engine computes with it for sequence K of the first batch of CASES/NAME. The base model is that of
CASES/NAME, or DIR/NAME/model if the engine wrote one. PEFT's logits must agree to 1e-4 of the largest.

CASES is target/transformers/cases unless given. With --perturb every adapter's scaling is off by 5%,
and every comparison must fail: a check of this script.
"""

import argparse
import json
import os
import pathlib
import re
import sys
import warnings

os.environ["HF_HUB_OFFLINE"] = "1"

import peft
import torch
import transformers
from safetensors.torch import load_file

import base_models
import lora_run

TOLERANCE = 1e-4
OFF = 1.05


def gap(folder: pathlib.Path, case: pathlib.Path, perturb: bool) -> float:
    """The largest difference of logits, as a share of the largest logit."""
    settings = json.loads((case / "case.json").read_text())
    batch = json.loads((case / "batches.json").read_text())[0]
    own = folder / "model"
    base = own if own.exists() else case / settings["model"]
    # The base may have no head; one that was trained comes with the adapter and says how many
    # labels there are.
    saved = load_file(folder / "adapter" / "adapter_model.safetensors")
    labels = [tensor.shape[0] for name, tensor in saved.items()
              if re.search(r"\.classifier\.(out_proj\.)?bias$", name)]
    options = {"num_labels": labels[0]} if labels else {}
    model = base_models.load(base, settings, **options)
    model = peft.PeftModel.from_pretrained(model, folder / "adapter").eval()
    if perturb:
        for module in model.modules():
            if isinstance(getattr(module, "scaling", None), dict):
                module.scaling = {key: OFF * value for key, value in module.scaling.items()}
    ours = load_file(folder / "logits.safetensors")
    if ours.keys() != {f"logits/{k}" for k in range(len(batch))}:
        sys.exit(f"{folder}/logits.safetensors holds {sorted(ours)} for {len(batch)} sequences")
    with torch.no_grad():
        theirs = {f"logits/{k}": lora_run.logits(model, s["ids"]) for k, s in enumerate(batch)}
    for name, logits in theirs.items():
        if ours[name].shape != logits.shape:
            sys.exit(f"{folder}: {name} has shape {ours[name].shape}, should be {logits.shape}")
    largest = max(logits.abs().max() for logits in theirs.values())
    # The largest of gaps with a NaN among them need not be NaN, so all are looked at together.
    gaps = torch.cat([(ours[name].float() - theirs[name]).flatten() for name in theirs]).abs()
    return (gaps.max() / largest).item()


def main() -> None:
    """Compares every adapter below the given folders."""
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("folders", nargs="+", type=pathlib.Path)
    parser.add_argument("--cases", type=pathlib.Path, default="target/transformers/cases")
    parser.add_argument("--perturb", action="store_true")
    arguments = parser.parse_args()
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    torch.set_num_threads(1)
    # transformers deprecates functions that PEFT calls, and PEFT explains how to merge a tied head.
    warnings.simplefilter("ignore")

    failed = checked = 0
    for directory in arguments.folders:
        adapters = sorted(directory.glob("*/adapter"))
        if not adapters:
            sys.exit(f"{directory} holds no adapters")
        for adapter in adapters:
            name = adapter.parent.name
            found = gap(adapter.parent, arguments.cases / name, arguments.perturb)
            fine = found <= TOLERANCE
            print(f"{'ok  ' if fine else 'FAIL'} {name}: logits differ by {found:.1e} of the largest")
            checked += 1
            failed += not fine
    if arguments.perturb and failed < checked:
        sys.exit("an adapter with a wrong scaling passed")
    if not arguments.perturb and failed:
        sys.exit(f"{failed} of {checked} adapters give other logits in PEFT")


if __name__ == "__main__":
    main()
