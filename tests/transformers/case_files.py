"""Writes a case; two runs on one machine write the same bytes."""

import json
import pathlib
import shutil

import torch
from safetensors.torch import save_file


def write_json(path: pathlib.Path, value: dict | list) -> None:
    """Writes JSON with one key, or one item, a line."""
    if isinstance(value, dict):
        lines = [f"{json.dumps(key)}: {json.dumps(item)}" for key, item in value.items()]
        opening, closing = "{", "}"
    else:
        lines = [json.dumps(item) for item in value]
        opening, closing = "[", "]"
    path.write_text(opening + "\n" + ",\n".join(lines) + "\n" + closing + "\n")


def write_tensors(path: pathlib.Path, tensors: dict[str, torch.Tensor]) -> None:
    """Writes a safetensors file, also an empty one."""
    save_file({name: tensors[name].detach().contiguous() for name in sorted(tensors)}, path)


def with_exact(expected: dict, exact: dict) -> dict[str, torch.Tensor]:
    """Values in f32 beside those in f64."""
    both = expected | {f"f64/{name}": tensor for name, tensor in exact.items()}
    return both | ({"losses64": exact["losses"].clone()} if "losses" in exact else {})


def write_model(folder: pathlib.Path, model, old_names: bool) -> None:
    """Saves a base model; `old_names` gives config.json the keys of transformers before 5."""
    model.save_pretrained(folder)
    path = folder / "config.json"
    config = json.loads(path.read_text())
    if config["architectures"] == ["MeanPooledBert"]:
        config["architectures"] = ["BertForSequenceClassification"]
    if old_names:
        config["rope_theta"] = config.pop("rope_parameters")["rope_theta"]
        config["rope_scaling"] = None
        config["torch_dtype"] = config.pop("dtype")
        del config["head_dim"]
    path.write_text(json.dumps(config, indent=2) + "\n")


def write_case(folder: pathlib.Path, settings: dict, batches: list, initial: dict, expected: dict):
    """Writes what the engine reads: settings, sequences, and tensors before and after."""
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "case.json", settings)
    write_json(folder / "batches.json", batches)
    write_tensors(folder / "initial.safetensors", initial)
    write_tensors(folder / "expected.safetensors", expected)


def write_adapter(folder: pathlib.Path, model, expected: dict) -> None:
    """Writes the trained adapter as PEFT does, and the logits that it leads to."""
    adapter = folder / "adapter"
    shutil.rmtree(adapter, ignore_errors=True)
    model.save_pretrained(adapter, save_embedding_layers=False)
    (adapter / "README.md").unlink(missing_ok=True)
    # PEFT keeps names of modules in sets, whose order changes from run to run.
    path = adapter / "adapter_config.json"
    config = json.loads(path.read_text())
    for key, value in config.items():
        if isinstance(value, list):
            config[key] = sorted(value)
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
    final = {name.removeprefix("final_"): value for name, value in expected.items()
             if name.startswith("final_logits/")}
    write_tensors(folder / "logits.safetensors", final)
