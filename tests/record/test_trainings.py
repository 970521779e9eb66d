"""Kinds of models and of trainings: what a recording notices, and that it leaves them alone."""

import math

import accelerate
import peft
import pytest
import torch
import transformers
from conftest import adapted, factors, llama, near, recorded, start, tokens, train

from lora_limits.torch import record


def test_the_training_is_the_same_to_the_bit(probe):
    """With dropout, whose random numbers must not move, and a block that is in evaluation mode by itself."""
    plain, watched = adapted(lora_dropout=0.3), adapted(lora_dropout=0.3)
    for model in (plain, watched):
        model.get_base_model().model.layers[0].eval()
    modes = [module.training for module in watched.modules()]
    train(plain)
    recording = recorded(watched, probe)
    assert all(torch.equal(one, other) for one, other in zip(plain.parameters(), watched.parameters(), strict=True))
    assert [module.training for module in watched.modules()] == modes
    assert recording.updates == 4


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision(dtype, probe):
    """Factors and inputs as they are, and everything after that in f64: the parts are those of f32 to some digits."""
    half = adapted(llama().to(dtype))
    assert half.get_base_model().model.embed_tokens.weight.dtype == dtype
    found, wanted = recorded(half, probe, every=1).steps(), recorded(adapted(), probe, every=1).steps()
    for name in ["za_rms", "zb_rms", "delta2"]:
        assert found[name] == pytest.approx(wanted[name], rel=0.05), name
    low = adapted(llama().to(dtype)).to(dtype)
    assert math.isfinite(recorded(low, probe, every=1).steps()["delta2"][-1])


def test_autocast_does_not_round_what_is_measured(probe):
    model, plain = adapted(), adapted()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = start(model, probe)["za_rms"]
    wanted = start(plain, probe)["za_rms"]
    # The first block's input is the same, and so is its Z_A; in the second one bf16 has come before.
    assert found[:2] == pytest.approx(wanted[:2], rel=1e-6)
    assert found[3] != wanted[3] and found == pytest.approx(wanted, rel=0.02)


def test_accumulated_gradients_are_one_update(probe):
    def run(model, parts):
        optimizer = torch.optim.SGD(factors(model), lr=0.1)
        with record(model, probe) as recording:
            for step in range(3):
                ids = tokens(step, 4, 9)
                for part in ids.chunk(parts):
                    (model(input_ids=part, labels=part).loss / parts).backward()
                optimizer.step()
                optimizer.zero_grad()
        return recording.steps()

    whole, parts = run(adapted(), 1), run(adapted(), 2)
    assert parts["step"] == [0, 1, 2, 3]
    near(parts, whole, 1e-4)


def test_accelerate(probe):
    wanted = recorded(adapted(), probe).steps()
    model = adapted()
    optimizer = torch.optim.AdamW(factors(model), lr=3e-3, eps=1e-4, weight_decay=0.0)
    model, optimizer = accelerate.Accelerator(cpu=True).prepare(model, optimizer)
    with record(model, probe, every=2) as recording:
        train(model, 4, optimizer)
    near(recording.steps(), wanted, 1e-6)


def test_trainer(probe, tmp_path):
    """Two updates of two batches each, by transformers.Trainer."""
    model = adapted()
    batches = [{"input_ids": ids, "labels": ids} for ids in tokens(1, 8, 9)]
    options = transformers.TrainingArguments(
        tmp_path, per_device_train_batch_size=2, gradient_accumulation_steps=2, num_train_epochs=1, learning_rate=3e-3,
        lr_scheduler_type="constant", use_cpu=True, save_strategy="no", report_to=[], disable_tqdm=True)
    trainer = transformers.Trainer(model, options, train_dataset=batches)
    with record(model, probe) as recording:
        trainer.train()
    steps = recording.steps()
    assert steps["step"] == [0, 1, 2] and set(steps["lr"]) == {3e-3}
    assert steps["delta2"][1] > 0 == steps["delta1"][1] and steps["loss"][2] != steps["loss"][0]


@pytest.mark.parametrize("reentrant", [False, True])
def test_checkpointing_changes_nothing(reentrant, probe):
    wanted = recorded(adapted(), probe).steps()
    model = adapted()
    model.gradient_checkpointing_enable({"use_reentrant": reentrant})
    model.enable_input_require_grads()
    near(recorded(model, probe).steps(), wanted, 1e-5)


@pytest.mark.parametrize("how", ["torch.compile", "model.compile", "one block"])
def test_compiled_models(how, probe):
    """The numbers are the same, and nothing is compiled anew for the probe."""
    graphs = []

    def backend(graph, _):
        graphs.append(how)
        return graph.forward

    def compiled():
        torch.compiler.reset()
        graphs.clear()
        model = adapted()
        if how == "torch.compile":
            return torch.compile(model, backend=backend)
        if how == "model.compile":
            model.compile(backend=backend)
        else:
            layers = model.get_base_model().model.layers
            layers[0] = torch.compile(layers[0], backend=backend)
        return model

    train(compiled(), 2)
    plain = len(graphs)
    recording = recorded(compiled(), probe, 2, every=1)
    assert len(graphs) == plain > 0
    near(recording.steps(), recorded(adapted(), probe, 2, every=1).steps(), 1e-5)
    assert recording.modules()["module"][0] == "model.layers.0.self_attn.q_proj"


def test_a_compiled_update_is_noticed(probe):
    model = adapted()
    optimizer = torch.optim.SGD(factors(model), lr=0.1)
    step = torch.compile(optimizer.step, backend="eager")
    with record(model, probe) as recording:
        for at in range(2):
            ids = tokens(at, 2, 9)
            model(input_ids=ids, labels=ids).loss.backward()
            step()
    assert recording.steps()["step"] == [0, 1, 2]


def test_a_skipped_update_is_none(probe):
    """GradScaler skips an update whose gradients overflow."""
    model = adapted()
    optimizer, scaler = torch.optim.SGD(factors(model), lr=0.1), torch.amp.GradScaler("cpu", init_scale=8.0)
    with record(model, probe) as recording:
        for at in range(3):
            ids = tokens(at, 2, 9)
            scaler.scale(model(input_ids=ids, labels=ids).loss).backward()
            if at == 1:
                factors(model)[0].grad.fill_(math.inf)
            scaler.step(optimizer)
            scaler.update()
            optimizer.zero_grad()
    assert recording.updates == 2


def test_the_active_adapter_is_recorded(probe):
    model = adapted()
    model.add_adapter("other", peft.LoraConfig(r=2, target_modules=["v_proj"]))
    assert set(recorded(model, probe).steps()["rank"]) == {4}
    named = recorded(model, probe, adapter="other")
    assert set(named.modules()["module"]) == {"model.layers.0.self_attn.v_proj", "model.layers.1.self_attn.v_proj"}
    model.set_adapter("other")
    assert set(start(model, probe)["rank"]) == {2}


def test_embeddings(probe):
    model = adapted(target_modules=["embed_tokens", "q_proj"])
    with torch.no_grad():
        table = model.get_base_model().model.embed_tokens
        table.lora_embedding_A["default"].normal_()
    found, a = start(model, probe), table.lora_embedding_A["default"].detach().double()
    assert a.shape == (4, 101)
    wanted = a.T[probe["input_ids"].reshape(-1)].square().mean().sqrt().item()
    assert found["za_rms"][found["module"].index("model.embed_tokens")] == pytest.approx(wanted, rel=1e-9)
    assert set(found["init"]) == {"A"}, "that of the linear modules"
    assert recorded(model, probe, every=1).steps()["delta3"][-1] > 0
