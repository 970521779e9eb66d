"""Records what LoRA does inside a training of PyTorch and PEFT, as the engine of this project does in its own.

With x_t the input of an adapted module after t updates, A r × n, B m × r and the multiplier s (PEFT's `scaling`), the
features are Z_A = A x and Z_B = s B A x. The last update changed Z_B by δ1 = s B_{t-1} ΔA x_t, δ2 = s ΔB A_{t-1} x_t
and δ3 = s ΔB ΔA x_t, and by the drift of its input, s B_{t-1} A_{t-1} (x_t - x_{t-1}). All are measured on a probe that
stays the same over the run.

It needs torch 2.6 or later and PEFT; nothing else in the package does.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, SupportsIndex, cast

import torch
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook

from lora_limits._calls import Calls
from lora_limits._columns import Cell, Columns, given, join, of_rows, plain, write_csv
from lora_limits._lora_layer import MEASURED, Layer, lora_layers, over_modules, peak
from lora_limits._native import LoraLimitsError
from lora_limits._probe import Probe, bare, entry, look, probes

__all__ = ["Columns", "Probe", "Recording", "join", "record", "write_csv"]

_WIDTHS = ("hidden_size", "d_model", "n_embd", "dim")
_RANDOM = {(True, False): "A", (False, True): "B", (True, True): "A and B", (False, False): "nothing"}
_UNNOTICED = "no optimiser of PyTorch that holds the adapter's A or B has stepped: nothing but the start is recorded"


def record(
    model: torch.nn.Module,
    probe: Probe | Sequence[Probe],
    *,
    every: SupportsIndex = 1,
    adapter: str | None = None,
    **columns: Cell,
) -> Recording:
    """Measures every LoRA layer of a PEFT model now, after every `every`-th update, and at the end.

    Use it in a `with` around the training loop, which stays as it is: whatever optimiser updates the adapter is
    noticed. A recorded step costs two forward passes over the probe, in evaluation mode and without gradients. The
    training is the same to the bit as without it.

    Args:
        model: a model with LoRA layers of PEFT. It may be compiled: the probe goes through it as it was before.
        probe: a small held-out batch that stays the same, or a list of several. With `labels` in it, the model's loss
            on it is recorded. With a two-dimensional `attention_mask`, rows where that is 0 are left out; for a
            decoder behind an encoder, those of `decoder_attention_mask`, or those whose label is -100.
        every: records after every, 2 every, 3 every, … updates.
        adapter: the adapter's name in PEFT; the active one if None.
        **columns: what the run is known by, such as lr=1e-4 and seed=0; a column of each is in the tables. Where
            they can be told, there are width (of the model's config), rank, init (which factors are not zero now) and
            lr (the largest that A's optimiser had; B's where only B trains).

    Returns:
        A recording. Its `steps()` has a row for each recorded step, and its `modules()` one for each module besides.

    Raises:
        LoraLimitsError: for a model without such layers, several active adapters, or one that is more than
            Z_B = s B A x, such as DoRA.
    """
    return Recording(model, probe, every, adapter, columns)


class Recording:
    """What is recorded of a training; made by `record`. Leave its `with`, or call `close()`, when the training ends."""

    def __init__(
        self,
        model: torch.nn.Module,
        probe: Probe | Sequence[Probe],
        every: SupportsIndex,
        adapter: str | None,
        columns: Mapping[str, Cell],
    ) -> None:
        self._model: torch.nn.Module = bare(model)
        self._probes: list[Probe] = probes(probe)
        self._every = _whole(every)
        self._layers: dict[str, Layer] = lora_layers(self._model, adapter)
        self._count = len(self._layers)
        named = given(columns, ("step", "module", "loss", *MEASURED))
        self._given = {**_told_by_model(self._model, self._layers, named), **named}
        of_layers = [layer.factors() for layer in self._layers.values()]
        self._ids = [{id(factors[at]) for factors in of_layers} for at in (0, 1)]
        self._steps: list[dict[str, Any]] = []
        self._modules: list[dict[str, Any]] = []
        self._told: float | torch.Tensor | None = None
        self._lr: float | None = None
        self._owner: torch.optim.Optimizer | None = None
        self._calls = Calls()
        self._updates = 0
        self._peak = 0.0
        self._measure(0.0)
        self._hooks = [
            # A compiled update calls them as they are.
            register_optimizer_step_pre_hook(cast(Any, torch.compiler).disable(self._before)),
            register_optimizer_step_post_hook(cast(Any, torch.compiler).disable(self._after)),
        ]

    @property
    def updates(self) -> int:
        """Updates of the adapter so far."""
        return self._updates

    def tell(self, loss: float | torch.Tensor) -> None:
        """Says the training's loss. The rows to come have the last one that was told, in place of the probe's."""
        self._told = loss.detach() if isinstance(loss, torch.Tensor) else loss

    def steps(self) -> Columns:
        """A row for each recorded step, as a run of our own is recorded: root mean squares over the modules, and means
        of the norms. `peak_zb` is the largest rms of Z_B so far."""
        return of_rows([{**self._run(), **row} for row in self._steps])

    def modules(self) -> Columns:
        """A row for each recorded step and module.

        `za_rms`, `zb_rms` and `delta1` to `drift` are rms sizes of entries, `za_norm` and `zb_norm` mean norms over
        rows of the probe, `peak_zb` is the largest `zb_rms` so far, and `a_move` and `b_move` are the rms sizes of
        A_t - A_0 and B_t - B_0. The parts of the last update are 0 before the first one. They are None at an end
        that `every` does not divide, and `drift` is where a module got another number of rows than before.
        """
        return of_rows([{**self._run(), **row} for row in self._modules])

    def close(self) -> None:
        """Records the end, if the last update is not yet recorded, and lets go of the model. The tables stay.

        Warns if no update was noticed.
        """
        # The hooks of optimisers are the process's: they must go, whatever fails here.
        try:
            if self._hooks and self._updates == 0:
                warnings.warn(_UNNOTICED, stacklevel=2)
            if self._hooks and self._updates % self._every != 0:
                for layer in self._layers.values():
                    layer.forget()
                self._measure(None)
        finally:
            self._let_go()

    def __enter__(self) -> Recording:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self._let_go()

    def __repr__(self) -> str:
        return f"Recording: {self._updates} updates, {len(self._steps)} of them recorded, {self._count} modules"

    def _let_go(self) -> None:
        """Stops listening, and keeps nothing of the model, its optimiser and the probe in memory."""
        for hook in self._hooks:
            hook.remove()
        self._hooks = []
        self._model = torch.nn.Module()
        self._probes = []
        self._layers = {}
        self._owner = None

    def _run(self) -> dict[str, Any]:
        """The columns with one value."""
        told = {} if self._lr is None else {"lr": self._lr}
        return {**told, **self._given}

    def _before(self, optimizer: torch.optim.Optimizer, *_: Any) -> None:
        """Keeps what an update is compared with, if it is to be recorded."""
        lr = self._rate(optimizer)
        # A subclass that calls its base class makes one update, and so does an optimiser that calls another one.
        if lr is None or not self._calls.begin():
            return
        if self._owner is None:
            self._owner = optimizer
        elif self._owner is not optimizer:
            names = f"{type(self._owner).__name__} and {type(optimizer).__name__}"
            raise LoraLimitsError(
                f"optimizer: two of them ({names}) update the adapter; a recording follows one, with groups for A and B"
            )
        self._lr = lr if self._lr is None else max(self._lr, lr)
        if (self._updates + 1) % self._every == 0:
            for layer in self._layers.values():
                layer.keep()
            look(self._model, self._probes, self._layers.values(), Layer.see_before)

    def _after(self, optimizer: torch.optim.Optimizer, *_: Any) -> None:
        if self._rate(optimizer) is None or not self._calls.end():
            return
        self._updates += 1
        if self._updates % self._every == 0:
            self._measure(None)

    def _rate(self, optimizer: torch.optim.Optimizer) -> float | None:
        """The largest learning rate of A, or of B if A does not train; None of an optimiser that trains neither."""
        rates: list[list[float]] = [[], []]
        for group in optimizer.param_groups:
            for factor, ids in enumerate(self._ids):
                if any(parameter.requires_grad and id(parameter) in ids for parameter in group["params"]):
                    rates[factor].append(float(group["lr"]))
        found = rates[0] or rates[1]
        return max(found) if found else None

    def _measure(self, uncompared: float | None) -> None:
        """Adds the rows of a step. Where no update is compared, its parts are `uncompared`."""
        for layer in self._layers.values():
            layer.open()
        loss = look(self._model, self._probes, self._layers.values(), Layer.see)
        if self._told is not None:
            loss = float(self._told)
        about = {"step": self._updates, "loss": loss}
        closed = {name: layer.close(uncompared) for name, layer in self._layers.items()}
        sizes = {name: of_layer for name, of_layer in closed.items() if of_layer is not None}
        if not sizes:
            raise LoraLimitsError("probe: reaches no LoRA layer of the model")
        self._modules += [{**about, "module": name, **of_layer} for name, of_layer in sizes.items()]
        over = over_modules(list(sizes.values()))
        self._peak = max(self._peak, peak(over["zb_rms"]))
        self._steps.append({**about, **over, "peak_zb": self._peak})


def _whole(every: SupportsIndex) -> int:
    """`every` as a number of updates."""
    found = plain(every)
    if isinstance(found, bool) or not isinstance(found, int) or found < 1:
        raise LoraLimitsError(f"every {every!r}: must be a whole number of at least 1")
    return found


def _told_by_model(
    model: torch.nn.Module, layers: Mapping[str, Layer], given: Mapping[str, object]
) -> dict[str, str | int | float]:
    """What the model tells of width, rank and init."""
    told: dict[str, str | int | float] = {}
    ranks = {layer.factors()[0].shape[0] for layer in layers.values()}
    if len(ranks) == 1:
        told["rank"] = ranks.pop()
    width = _width(getattr(model, "config", None))
    if width is not None:
        told["width"] = width
    if "init" not in given:
        told.update(_init(layers))
    return told


def _width(config: Any) -> int | None:
    if callable(getattr(config, "get_text_config", None)):
        config = config.get_text_config()
    values = (entry(config, key) for key in _WIDTHS)
    return next((value for value in values if isinstance(value, int)), None)


def _init(layers: Mapping[str, Layer]) -> dict[str, str]:
    """The init by which factors are random. Those of embeddings count where there are no others: PEFT starts them with
    Init[B] whatever the rest does."""
    linear = {name: layer for name, layer in layers.items() if not layer.embeds} or layers
    found: dict[tuple[bool, bool], str] = {}
    for name, layer in linear.items():
        found.setdefault(layer.random_at_start(), name)
    if len(found) > 1:
        said = "; ".join(f"{name} has {_RANDOM[which]} random" for which, name in found.items())
        raise LoraLimitsError(f'init: modules start differently: {said}; give init="A", "B" or "AB"')
    key = {(True, False): "A", (False, True): "B", (True, True): "AB"}.get(next(iter(found)))
    return {} if key is None else {"init": key}
