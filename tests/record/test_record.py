"""What is recorded, and that `judge` reads it."""

import math

import pytest
import torch
from conftest import SIZES, adapted, factors, llama, recorded, train

import lora_limits
import lora_limits.torch
from lora_limits.torch import record


def test_parts_add_up_and_begin_as_the_init_says(probe):
    steps = recorded(adapted(), probe, every=1).steps()
    assert steps["step"] == [0, 1, 2, 3, 4] and set(steps["init"]) == {"A"}
    assert [steps[name][0] for name in ["zb_rms", "delta1", "delta2", "delta3", "drift", "a_move", "b_move"]] == [0.0] * 7
    # B_0 = 0: the first update moves B alone.
    assert steps["delta2"][1] == pytest.approx(steps["zb_rms"][1]) and steps["delta1"][1] == 0.0
    assert all(value > 0 for value in steps["delta3"][2:] + steps["drift"][2:])
    assert steps["peak_zb"][-1] == max(steps["zb_rms"])
    assert set(recorded(adapted(init="B"), probe).steps()["init"]) == {"B"}


def test_sizes_are_those_of_their_definitions(probe):
    """By plain products of matrices with inputs that a hook of the test has seen."""
    model = adapted(init="AB")
    module = model.get_base_model().model.layers[1].mlp.down_proj
    seen = []

    def look():
        hook = module.lora_A["default"].register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].double()))
        with torch.no_grad():
            model.eval()(**probe)
        hook.remove()
        model.train()
        a, b = (factor["default"].weight.double().clone() for factor in (module.lora_A, module.lora_B))
        return seen.pop().reshape(-1, 80), a, b

    with record(model, probe) as recording:
        x0, a0, b0 = look()
        train(model, 1)
        x1, a1, b1 = look()
    table = recording.modules()
    at = list(zip(table["step"], table["module"], strict=True)).index((1, "model.layers.1.mlp.down_proj"))
    found = {name: table[name][at] for name in SIZES}
    s, rms = 2.0, lambda matrix: matrix.square().mean().sqrt().item()
    assert module.scaling["default"] == s
    wanted = {
        "za_rms": rms(x1 @ a1.T), "za_norm": (x1 @ a1.T).norm(dim=1).mean().item(),
        "zb_rms": s * rms(x1 @ a1.T @ b1.T), "zb_norm": s * (x1 @ a1.T @ b1.T).norm(dim=1).mean().item(),
        "delta1": s * rms(x1 @ (a1 - a0).T @ b0.T), "delta2": s * rms(x1 @ a0.T @ (b1 - b0).T),
        "delta3": s * rms(x1 @ (a1 - a0).T @ (b1 - b0).T), "drift": s * rms((x1 - x0) @ a0.T @ b0.T),
        "a_move": rms(a1 - a0), "b_move": rms(b1 - b0),
    }
    assert found == pytest.approx(wanted, rel=1e-9)


def test_a_step_over_modules_is_what_our_own_runs_have(probe):
    recording = recorded(adapted(), probe)
    steps, modules = recording.steps(), recording.modules()
    rows = [row for row, step in enumerate(modules["step"]) if step == 4]
    assert len(rows) == 6
    of = lambda name: [modules[name][row] for row in rows]
    assert steps["zb_rms"][-1] == pytest.approx(math.sqrt(sum(value**2 for value in of("zb_rms")) / 6))
    assert steps["zb_norm"][-1] == pytest.approx(sum(of("zb_norm")) / 6)


def test_the_end_is_recorded_where_every_does_not_divide_it(probe):
    steps = recorded(adapted(), probe, steps=5, every=2).steps()
    assert steps["step"] == [0, 2, 4, 5]
    assert steps["delta1"][-1] is None and steps["drift"][-1] is None and steps["zb_rms"][-1] > 0
    stopped = record(model := adapted(), probe, every=3)
    with pytest.raises(RuntimeError), stopped:
        train(model, 2)
        raise RuntimeError
    train(model, 4)
    assert stopped.steps()["step"] == [0], "an error ends a recording where it is"


def test_the_loss_is_the_probes_or_the_one_that_is_told(probe):
    own = recorded(adapted(), probe).steps()["loss"]
    assert own[0] == pytest.approx(math.log(101), rel=0.05) and own[-1] != own[0]
    model = adapted()
    with record(model, {"input_ids": probe["input_ids"]}, every=2) as recording:
        losses = []
        train(model, 4, after=lambda step, loss: (losses.append(loss.item()), recording.tell(loss)))
    assert recording.steps()["loss"] == [None, losses[1], losses[3]]
    assert "loss" not in recorded(adapted(), probe["input_ids"]).steps()


def test_columns_of_the_run(probe):
    steps = recorded(adapted(), probe, seed=3, run_id="x", rank=9).steps()
    assert {name: steps[name][0] for name in ["seed", "run_id", "rank", "width", "lr", "init"]} == {
        "seed": 3, "run_id": "x", "rank": 9, "width": 48, "lr": 3e-3, "init": "A"}
    model = adapted()
    optimizer = torch.optim.SGD(factors(model), lr=0.1)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: [0.1, 1.0, 0.5][step])
    with record(model, probe) as recording:
        train(model, 2, optimizer, after=lambda *_: schedule.step())
    assert recording.steps()["lr"] == pytest.approx([0.1] * 3), "the peak of a schedule"


def test_what_is_not_finite_is_beyond_every_bound(probe):
    model = adapted()
    with record(model, probe) as recording, torch.no_grad():
        model.get_base_model().model.layers[0].mlp.down_proj.lora_B["default"].weight.fill_(math.nan)
        optimizer = torch.optim.SGD(factors(model), lr=0.1)
        optimizer.step()
    assert recording.steps()["peak_zb"][-1] == math.inf and math.isnan(recording.steps()["loss"][-1])


def test_judge_reads_what_is_recorded(probe, tmp_path):
    tables = []
    for init in "AB":
        for width in (16, 32, 64):
            for seed in (0, 1):
                for lr in (1e-3, 1e-1, 10.0):
                    torch.manual_seed(seed)
                    model = adapted(llama(width), init)
                    optimizer = torch.optim.SGD(factors(model), lr=lr)
                    with record(model, probe, every=2, seed=seed) as recording:
                        train(model, 2, optimizer)
                    tables.append(recording.steps())
    table = lora_limits.torch.join(tables)
    judged = lora_limits.judge(table)
    read = {one.holds: one.column for one in judged.columns}
    assert {"width", "lr", "loss", "init", "seed", "rank", "step"} <= set(read)
    assert any(column == "peak_zb" for column in read.values())
    assert judged.counts.runs == 36 and judged.counts.earlier_steps == 36
    lora_limits.torch.write_csv(table, tmp_path / "table.csv")
    again = lora_limits.judge(tmp_path / "table.csv")
    assert again.to_dict()["sweeps"][0]["inits"] == judged.to_dict()["sweeps"][0]["inits"]
    assert [path.name for path in tmp_path.iterdir()] == ["table.csv"]
