"""The random numbers that a model draws while its probe is sent through it."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, cast

import torch


@contextmanager
def same_draws(model: torch.nn.Module) -> Generator[None, None, None]:
    """Inside, PyTorch draws the same numbers at each use. Afterwards it goes on where it was before.

    This covers the generators of the CPU and of the devices that hold the model's parameters.
    """
    generators = _generators(model)
    states = [generator.get_state() for generator in generators]
    try:
        for generator in generators:
            generator.manual_seed(0)
        yield
    finally:
        for generator, state in zip(generators, states, strict=True):
            generator.set_state(state)


def _generators(model: torch.nn.Module) -> list[torch.Generator]:
    found = [torch.default_generator]
    for device in sorted({weight.device for weight in model.parameters()}, key=str):
        if device.type == "mps":
            found.append(cast(Any, torch.mps)._get_default_mps_generator())
        elif device.type in ("cuda", "xpu"):
            found.append(cast(Any, torch.get_device_module(device)).default_generators[device.index])
    return found
