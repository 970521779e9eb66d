"""The probe of a recording: what is sent through the model, and how."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias, cast

import torch

from lora_limits._lora_layer import Layer
from lora_limits._native import LoraLimitsError

Probe: TypeAlias = Mapping[str, Any] | torch.Tensor
"""Arguments of the model: a mapping for `model(**probe)`, or a tensor for `model(probe)`."""

See: TypeAlias = Callable[[Layer, torch.Tensor], None]


def probes(given: Probe | Sequence[Probe]) -> list[Probe]:
    """One or several probes as a list.

    Raises:
        LoraLimitsError: if there is none, and for what is neither a mapping nor a tensor.
    """
    found: list[Any] = [given] if isinstance(given, (Mapping, torch.Tensor)) else list(given)
    wrong = next((type(one).__name__ for one in found if not isinstance(one, (Mapping, torch.Tensor))), None)
    if wrong is not None or not found:
        what = "is empty" if wrong is None else f"has a {wrong}"
        raise LoraLimitsError(f"probe: {what}; give a mapping of the model's arguments, a tensor, or a list of such")
    return found


def bare(model: torch.nn.Module) -> torch.nn.Module:
    """The model inside what torch.compile and data parallelism put around it."""
    wraps: tuple[Any, ...] = (torch.nn.parallel.DistributedDataParallel, torch.nn.DataParallel)
    while True:
        inner: Any = getattr(model, "module" if isinstance(model, wraps) else "_orig_mod", None)
        if not isinstance(inner, torch.nn.Module):
            return model
        model = inner


def look(model: torch.nn.Module, given: Sequence[Probe], layers: Iterable[Layer], see: See) -> float | None:
    """Sends probes through the model and shows the layers' inputs. Returns the mean of the losses, if it has any.

    The model is in evaluation mode meanwhile: nothing is dropped, and no random number is drawn.
    """
    modes = [(module, module.training) for module in model.modules()]
    hooks: list[Any] = []
    try:
        model.eval()
        losses: list[float] = []
        for probe in given:
            mask = _mask(probe)
            hooks = [
                layer.module.register_forward_pre_hook(partial(_seen, layer, mask, see), with_kwargs=True)
                for layer in layers
            ]
            # Compiled parts would not call the hooks.
            with torch.no_grad(), torch.compiler.set_stance("force_eager"):
                loss = _loss(model(**probe) if isinstance(probe, Mapping) else model(probe))
            losses += [] if loss is None else [loss]
            _remove(hooks)
    finally:
        _remove(hooks)
        for module, training in modes:
            module.training = training
    return sum(losses) / len(losses) if losses else None


def _remove(hooks: Iterable[Any]) -> None:
    for hook in hooks:
        hook.remove()


def _mask(probe: Probe) -> torch.Tensor | None:
    mask = probe.get("attention_mask") if isinstance(probe, Mapping) else None
    return mask.bool() if isinstance(mask, torch.Tensor) and mask.dim() == 2 else None


def _seen(
    layer: Layer, mask: torch.Tensor | None, see: See, _: torch.nn.Module, args: tuple[Any, ...], named: dict[str, Any]
) -> None:
    x: torch.Tensor = args[0] if args else named["x"]
    if mask is not None and x.shape[: x.dim() - int(x.is_floating_point())] == mask.shape:
        x = x[mask.to(x.device)]
    see(layer, x)


def _loss(output: Any) -> float | None:
    loss = entry(output, "loss")
    return float(loss.item()) if isinstance(loss, torch.Tensor) and loss.numel() == 1 else None


def entry(of: Any, key: str) -> Any:
    """An entry of a mapping, or an attribute of any other object; None if there is none."""
    return cast(Mapping[str, Any], of).get(key) if isinstance(of, Mapping) else getattr(of, key, None)
