"""Makes reference cases with PyTorch, transformers and PEFT: make_cases.py OUT

Each case is a folder OUT/NAME:

  model/                 config.json and model.safetensors, random by seed
  case.json              the settings (`lora_run.SETTINGS`), and how far f32 is from f64
  batches.json           a list of batches; a batch is a list of sequences, {"ids", "label"} or
                         {"ids", "targets"}; targets[i] belongs to position i, -100 is masked.
                         A step takes the next "accumulation" of them
  initial.safetensors    what is trained, before training, named as in adapter_model.safetensors
  expected.safetensors   logits/K before and final_logits/K after training, for sequence K of the
                         first batch; losses (f64, one a step); gradient/NAME of the first step,
                         before clipping; final/NAME. The same in f64, under f64/
                         (and losses64, as the other name of f64/losses)
  adapter/               the trained adapter as PEFT writes it
  logits.safetensors     final_logits again, as `load_adapters.py` reads it

A case with r = 0 has no adapter and takes no step. It holds the logits of its one batch (or, for an
encoder, hidden/K), its loss, and base_gradient/NAME of every weight.

"pooling" is "cls" for the head that the family has in transformers, and "mean" for the tensor
`classifier` on the mean of the last hidden states. Learning rates: A has lr, B has lr times
loraplus_lr_ratio, the head has head_lr; step t multiplies all by schedule[t]. Weight decay is
AdamW's, on everything trained. Clipping is by the norm over everything trained.

"rounding" in case.json says how far f32 is from f64: the largest difference of a kind of value, as a
share of the largest value; "rounding_norm" says it with Euclidean norms.

What a case with "planted" expects comes from a model with that error. A comparison must fail for
each kind of value named in "differs".
"""

import os
import pathlib
import sys

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
import transformers

import base_models
import case_files
import case_list
import expected_values
import lora_run
import sanity


def make(folder: pathlib.Path, name: str, build, settings: dict, right: dict | None) -> dict:
    """Makes one case and returns what it expects; `right` is what the planted error spoils."""
    settings = lora_run.SETTINGS | settings
    if settings["r"] == 0:
        settings["steps"] = 0
    settings["schedule"] = settings["schedule"] or [1.0] * settings["steps"]
    seed = name if right is None else right["name"]

    torch.manual_seed(0)
    model = build().eval()
    model.set_attn_implementation("eager")
    base_models.randomise(model, case_list.seeded(build.__name__))
    case_files.write_model(folder / "model", model, old_names=build.__name__ == "tinyllama")
    batches = case_list.batches_for(settings, case_list.seeded(settings["kind"] + seed))
    initial = {}
    if settings["r"] > 0:
        stream = case_list.seeded(f"{seed} {settings['seed']}")
        model = lora_run.adapt(model, settings, stream)
        sanity.check_rates(model, settings)
        initial = {key: p.detach().clone() for key, p in lora_run.trained(model).items()}

    expected, exact = expected_values.compute(model, settings, batches)
    about = sanity.check(name, settings, batches, expected, exact, right and right["expected"])
    # Wrong values are needed in one precision only.
    both = case_files.with_exact(expected, exact) if right is None else expected
    case_files.write_case(folder, settings | about, batches, initial, both)
    if settings["r"] > 0 and right is None:
        case_files.write_adapter(folder, model, expected)
    return {"name": name, "expected": expected}


def main() -> None:
    """Makes every case below the folder that the first argument names."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    out = pathlib.Path(sys.argv[1])
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    made = {}
    for name, build, settings in [*case_list.forward_cases(), *case_list.lora_cases()]:
        made[name] = make(out / name, name, build, settings, None)
    for name, build, settings, of in case_list.planted_cases():
        make(out / name, name, build, settings, made[of])
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    assert size < 25e6, f"the cases take {size} bytes"
    print(f"{len(list(out.iterdir()))} cases, {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
