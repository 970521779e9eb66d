"""A recording has the numbers of this project's own engine on the same run.

PyTorch and the engine train the same adapter on the same batches, each by itself; what each records of each module at
each step must agree to 1e-4. A recording with an error in it must not.
"""

import json
import math
import os
import subprocess

import pytest
import torch
from conftest import adapted, factors, llama, tokens

import lora_limits.torch
from lora_limits import _lora_layer

SHARE = 1e-4
STEPS = 6
RUNS = {
    # With so large an epsilon no rounding of a small gradient changes the sign of an update.
    "adamw, Init[A]": ("adamw", 1e-2, {"init": "A"}),
    "adamw, Init[B]": ("adamw", 1e-2, {"init": "B"}),
    "sgd, rsLoRA": ("sgd", 0.1, {"init": "AB", "use_rslora": True, "lora_alpha": 6}),
    "adamw, every linear module": (
        "adamw", 1e-2,
        {"init": "AB", "target_modules": ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]},
    ),
}
EPS = 1e-3


def optimizer_of(name, lr, model):
    if name == "sgd":
        return torch.optim.SGD(factors(model), lr=lr)
    return torch.optim.AdamW(factors(model), lr=lr, eps=EPS, weight_decay=0.0)


def engines(folder, name, lr, model, batches, probe):
    """What the engine records of the run, by step and module."""
    model.save_pretrained(folder / "adapter")
    run = dict(
        model=str(folder / "model"), adapter=str(folder / "adapter"), optimizer=name, lr=lr, eps=EPS,
        steps=[batch.tolist() for batch in batches], probe=probe.tolist())
    done = subprocess.run([os.environ["RECORD_EXAMPLE"]], input=json.dumps(run), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    lines = map(json.loads, done.stdout.splitlines())
    return {(line["step"], line["module"]): line for line in lines}


def pytorchs(name, lr, model, batches, probe):
    """What a recording of PyTorch has, by step and module."""
    optimizer = optimizer_of(name, lr, model)
    with lora_limits.torch.record(model, {"input_ids": probe}) as recording:
        for batch in batches:
            model(input_ids=batch, labels=batch).loss.backward()
            optimizer.step()
            optimizer.zero_grad()
    table = recording.modules()
    rows = [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]
    return {(row["step"], row["module"]): row for row in rows}


def furthest(ours, theirs):
    """By name, the largest difference as a share of the engine's number, and the number of numbers compared."""
    assert ours.keys() == theirs.keys()
    shares, count = {}, 0
    for place, wanted in theirs.items():
        for name in _lora_layer.MEASURED:
            if name == "peak_zb":
                continue
            found, value = ours[place][name], wanted[name]
            # The first block's input never moves, and the engine's difference of sums in f32 has their rounding.
            rounding = 1e-6 * wanted["zb_rms"] if name == "drift" else 0.0
            gap = max(0.0, abs(found - value) - rounding)
            # Exact zeros, such as that of δ1 in the first step of Init[A], are zeros in both.
            share = gap / abs(value) if value else (math.inf if gap else 0.0)
            shares[name] = max(shares.get(name, 0.0), share)
            count += abs(value) > rounding
    return shares, count


@pytest.fixture
def run(tmp_path, request):
    """Both sides of a run."""
    name, lr, given = RUNS[request.param]
    model = adapted(**given)
    batches, probe = [tokens(20 + step, 3, 10) for step in range(STEPS)], tokens(9, 3, 8)
    llama().save_pretrained(tmp_path / "model")
    theirs = engines(tmp_path, name, lr, model, batches, probe)
    return lambda: furthest(pytorchs(name, lr, adapted(**given), batches, probe), theirs)


@pytest.mark.parametrize("run", RUNS, indirect=True)
def test_a_recording_agrees_with_the_engine(run):
    shares, count = run()
    print({name: f"{share:.0e}" for name, share in shares.items()}, count)
    assert count > 6 * STEPS * 7
    assert max(shares.values()) <= SHARE, shares


@pytest.mark.parametrize("run", ["adamw, every linear module"], indirect=True)
@pytest.mark.parametrize("fault", ["the input before", "the factors after", "no multiplier"])
def test_an_error_of_a_recording_is_found(run, fault, monkeypatch):
    layer = _lora_layer.Layer
    if fault == "the input before":
        # δ's of x_{t-1}: the drift vanishes.
        see, seen = layer.see, layer.see_before

        def before(self, x):
            self.earlier = x
            seen(self, x)

        monkeypatch.setattr(layer, "see_before", before)
        monkeypatch.setattr(layer, "see", lambda self, x: see(self, getattr(self, "earlier", x)))
    elif fault == "the factors after":
        # δ1 = s B_t ΔA x_t.
        opened = layer.open

        def wrong(self):
            opened(self)
            if len(self._gram) > 1:
                self._gram[1] = self._gram[0]

        monkeypatch.setattr(layer, "open", wrong)
    else:
        started = layer.__init__

        def plain(self, module, adapter):
            started(self, module, adapter)
            self._scaling = {adapter: 1.0}

        monkeypatch.setattr(layer, "__init__", plain)
    shares, _ = run()
    wrong = {name for name, share in shares.items() if share > SHARE}
    expected = {
        "the input before": {"drift", "delta1", "delta2", "delta3"},
        "the factors after": {"delta1", "drift"},
        "no multiplier": {"zb_rms", "zb_norm", "delta1", "delta2", "delta3", "drift"},
    }[fault]
    assert expected <= wrong, shares
