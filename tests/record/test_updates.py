"""What counts as an update, and what is left after the last one."""

import gc
import weakref

import numpy
import pytest
import torch
from conftest import adapted, factors, recorded, train

from lora_limits.torch import record


class Shrinking(torch.optim.SGD):
    """PyTorch calls the hooks of a step for it, and again for the step of its base class."""

    def step(self, closure=None):
        loss = super().step(closure)
        with torch.no_grad():
            for group in self.param_groups:
                for weight in group["params"]:
                    weight.mul_(0.5)
        return loss


def test_a_subclass_that_calls_its_base_makes_one_update(probe):
    model = adapted(init="AB")
    optimizer = Shrinking(factors(model), lr=0.1)
    torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))])
    assert Shrinking.step.hooked and torch.optim.SGD.step.hooked
    before = [weight.detach().clone() for weight in factors(model)]
    looks = []
    model.get_base_model().register_forward_pre_hook(lambda module, _: looks.append(not module.training))
    with record(model, probe) as recording:
        train(model, 3, optimizer)
    assert recording.updates == 3 and sum(looks) == 1 + 2 * 3
    b = model.get_base_model().model.layers[0].self_attn.q_proj.lora_B["default"].weight
    at = next(at for at, weight in enumerate(factors(model)) if weight is b)
    table = recording.modules()
    row = list(zip(table["step"], table["module"], strict=True)).index((3, "model.layers.0.self_attn.q_proj"))
    moved = (b.detach().double() - before[at].double()).square().mean().sqrt().item()
    assert table["b_move"][row] == pytest.approx(moved, rel=1e-9), "all of the last update"


class Failing(torch.optim.SGD):
    """Its second step fails, as one that runs out of memory."""

    calls = 0

    def step(self, closure=None):
        self.calls += 1
        if self.calls == 2:
            raise MemoryError
        return super().step(closure)


def test_a_step_that_failed_is_none(probe):
    model = adapted()
    optimizer = Failing(factors(model), lr=0.1)
    with record(model, probe) as recording:
        train(model, 1, optimizer)
        with pytest.raises(MemoryError):
            train(model, 1, optimizer)
        assert recording.updates == 1
        train(model, 2, optimizer)
    assert recording.steps()["step"] == [0, 1, 2, 3]


def test_the_learning_rate_is_that_of_what_trains(probe):
    model = adapted()
    a, b = ([weight for name, weight in model.named_parameters() if f"lora_{factor}" in name] for factor in "AB")
    for weight in a:
        weight.requires_grad_(False)
    optimizer = torch.optim.SGD([{"params": a, "lr": 1.0}, {"params": b, "lr": 0.1}])
    with record(model, probe) as recording:
        train(model, 1, optimizer)
    assert set(recording.steps()["lr"]) == {0.1}


def test_numbers_of_numpy_and_torch_are_numbers(probe):
    found = recorded(
        adapted(), probe, every=numpy.int64(2), seed=numpy.int64(3), lr=numpy.float32(0.5), tag=torch.tensor(7)).steps()
    assert found["step"] == [0, 2, 4]
    assert [(type(found[name][0]), found[name][0]) for name in ("seed", "lr", "tag")] == [
        (int, 3), (float, 0.5), (int, 7)]


def test_a_recording_that_has_ended_holds_no_model(probe):
    model = adapted()
    recording = record(model, probe)
    optimizer = train(model, 2)
    for ends in (recording.close, lambda: recording.__exit__(RuntimeError, None, None)):
        ends()
    gone = [weakref.ref(model), weakref.ref(optimizer), weakref.ref(factors(model)[0])]
    del model, optimizer
    gc.collect()
    assert [ref() for ref in gone] == [None] * 3
    assert recording.steps()["step"] == [0, 1, 2]
    assert repr(recording) == "Recording: 2 updates, 3 of them recorded, 6 modules"


class Noisy(torch.nn.Module):
    """It draws random numbers in evaluation mode, too."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.up = torch.nn.Linear(16, 8)

    def forward(self, x):
        return self.up(x + torch.randn_like(x))


def test_random_numbers_of_the_probe_are_not_those_of_the_training():
    x = torch.randn(5, 16, generator=torch.Generator().manual_seed(1))

    def run(model):
        optimizer = torch.optim.SGD(factors(model), lr=0.1)
        torch.manual_seed(2)
        for _ in range(3):
            model(x).square().sum().backward()
            optimizer.step()
            optimizer.zero_grad()

    plain, watched = (adapted(Noisy(), target_modules=["up"]) for _ in range(2))
    run(plain)
    with record(watched, x) as recording:
        run(watched)
    assert all(torch.equal(one, other) for one, other in zip(factors(plain), factors(watched), strict=True))
    # The probe's own numbers are the same each time: the module's input has not moved.
    assert recording.steps()["drift"] == [0.0] * 4
