"""The probe of a recording: what is sent through the model, how, and which rows of it are padding."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias, cast

import torch

from lora_limits._lora_layer import Layer
from lora_limits._native import LoraLimitsError
from lora_limits._random import same_draws

Probe: TypeAlias = Mapping[str, Any] | torch.Tensor
"""Arguments of the model: a mapping for `model(**probe)`, or a tensor for `model(probe)`."""

See: TypeAlias = Callable[[Layer, torch.Tensor], None]

# The label of a position whose token is not asked for.
_NO_LABEL = -100


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

    The model is in evaluation mode meanwhile, so that nothing is dropped. A model that draws random numbers all the same
    gets the same ones each time, and the training's go on as if nothing had been drawn.
    """
    modes = [(module, module.training) for module in model.modules()]
    hooks: list[Any] = []
    try:
        model.eval()
        losses: list[float] = []
        for probe in given:
            seen = partial(_seen, _masks(model, probe), see)
            hooks = [
                layer.module.register_forward_pre_hook(partial(seen, layer), with_kwargs=True)
                for layer in layers
            ]
            # Compiled parts would not call the hooks.
            with torch.no_grad(), same_draws(model), torch.compiler.set_stance("force_eager"):
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


def _seen(
    of: list[torch.Tensor], see: See, layer: Layer, _: torch.nn.Module, args: tuple[Any, ...], named: dict[str, Any]
) -> None:
    see(layer, _unpadded(args[0] if args else named["x"], of))


def _loss(output: Any) -> float | None:
    loss = entry(output, "loss")
    return float(loss.item()) if isinstance(loss, torch.Tensor) and loss.numel() == 1 else None


def entry(of: Any, key: str) -> Any:
    """An entry of a mapping, or an attribute of any other object; None if there is none."""
    return cast(Mapping[str, Any], of).get(key) if isinstance(of, Mapping) else getattr(of, key, None)


def _masks(model: torch.nn.Module, probe: Probe) -> list[torch.Tensor]:
    """Where the probe has tokens, batch × sequence: one mask, or two of an encoder and a decoder; none without padding.

    Raises:
        LoraLimitsError: if the two masks differ and have one shape, by which rows could not be told apart.
    """
    if not isinstance(probe, Mapping):
        return []
    one, other = _given(probe, "attention_mask"), None
    if entry(getattr(model, "config", None), "is_encoder_decoder"):
        one, other = _of_encoder(probe), _of_decoder(probe)
    if one is not None and other is not None and one.shape == other.shape and not torch.equal(one.cpu(), other.cpu()):
        shape = " × ".join(map(str, one.shape))
        raise LoraLimitsError(
            f"probe: the inputs of encoder and decoder are padded differently to one shape, {shape}, so that their rows "
            "cannot be told apart; add a column of padding to one of them"
        )
    found = [mask for mask in (one, other) if mask is not None]
    return [] if all(bool(mask.all()) for mask in found) else found


def _unpadded(x: torch.Tensor, of: list[torch.Tensor]) -> torch.Tensor:
    """The rows of a module's input that are tokens; all rows if it has the shape of no mask."""
    lead = x.shape[: x.dim() - int(x.is_floating_point())]
    for mask in of:
        # Some models flatten batch and sequence into one dimension.
        if lead in (mask.shape, (mask.numel(),)):
            return x[mask.reshape(lead).to(x.device)]
    return x


def _of_encoder(probe: Mapping[str, Any]) -> torch.Tensor | None:
    given = _given(probe, "attention_mask")
    return _all_of(probe, "input_ids", "inputs_embeds") if given is None else given


def _of_decoder(probe: Mapping[str, Any]) -> torch.Tensor | None:
    given = _given(probe, "decoder_attention_mask")
    if given is not None:
        return given
    labels = probe.get("labels")
    # transformers makes the decoder's inputs from the labels and takes no mask for them.
    if isinstance(labels, torch.Tensor) and labels.dim() == 2:
        return labels != _NO_LABEL
    return _all_of(probe, "decoder_input_ids", "decoder_inputs_embeds")


def _given(probe: Mapping[str, Any], key: str) -> torch.Tensor | None:
    mask = probe.get(key)
    return mask.bool() if isinstance(mask, torch.Tensor) and mask.dim() == 2 else None


def _all_of(probe: Mapping[str, Any], *keys: str) -> torch.Tensor | None:
    """A mask of ones for inputs that have none."""
    inputs = next((probe[key] for key in keys if isinstance(probe.get(key), torch.Tensor)), None)
    return None if inputs is None or inputs.dim() < 2 else torch.ones(inputs.shape[:2], dtype=torch.bool)
