"""One LoRA layer of PEFT: which ones can be recorded, and what is measured of one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, cast

import torch

from lora_limits._native import LoraLimitsError

DELTAS = ("delta1", "delta2", "delta3", "drift")
MEASURED = ("za_rms", "za_norm", "zb_rms", "zb_norm", "peak_zb", *DELTAS, "a_move", "b_move")


def lora_layers(model: torch.nn.Module, adapter: str | None) -> dict[str, Layer]:
    """The LoRA layers of a model by name, without the prefixes of PEFT and torch.compile.

    Raises:
        LoraLimitsError: if there is none, and for a layer that is more than Z_B = s B A x.
    """
    from peft.tuners.lora import LoraLayer

    named: list[tuple[str, Any]] = list(cast(Any, model).named_modules())
    found = [(name, module) for name, module in named if isinstance(module, LoraLayer)]
    if not found:
        raise LoraLimitsError("model: has no LoRA layer of PEFT; get_peft_model with a LoraConfig adds some")
    layers: dict[str, Layer] = {}
    there: set[str] = set()
    for name, module in found:
        name = name.replace("_orig_mod.", "").removeprefix("base_model.model.")
        of_module = _adapters(module)
        there.update(of_module)
        chosen = _chosen(name, module, of_module, adapter)
        if chosen is not None:
            _check(name, module, chosen)
            layers[name] = Layer(module, chosen)
    if not layers:
        asked = "an active adapter" if adapter is None else f"an adapter {adapter!r}"
        adapters = ", ".join(sorted(map(repr, there)))
        raise LoraLimitsError(f"adapter: no LoRA layer has {asked}; the model's adapters are {adapters}")
    return layers


def _adapters(module: Any) -> list[str]:
    return [name for name in module.scaling if name in module.lora_A or name in module.lora_embedding_A]


def _chosen(name: str, module: Any, there: list[str], adapter: str | None) -> str | None:
    if adapter is not None:
        return adapter if adapter in there else None
    active = [one for one in module.active_adapters if one in there]
    if len(active) > 1:
        named = ", ".join(map(repr, active))
        raise LoraLimitsError(f"adapter: {len(active)} adapters of {name} are active ({named}); give the name of one")
    return active[0] if active else None


def _check(name: str, module: Any, adapter: str) -> None:
    """Refuses what is not plain LoRA, since its Z_B would not be s B A x."""

    def refuse(what: str) -> LoraLimitsError:
        return LoraLimitsError(
            f"adapter {adapter!r} of {name}: {what}; LoRA of linear layers and embeddings, where Z_B = s B A x, is recorded"
        )

    if adapter in getattr(module, "lora_variant", {}) or module.use_dora.get(adapter, False):
        variant = "DoRA" if module.use_dora.get(adapter, False) else type(module.lora_variant[adapter]).__name__
        raise refuse(f"is a variant of LoRA ({variant})")
    # They put B A into a weight of another module, whose inputs are not those of this one.
    if type(module).__name__ in ("MultiheadAttention", "ParamWrapper"):
        raise refuse(f"belongs to {type(module).__name__}")
    if module.lora_bias.get(adapter, False):
        raise refuse("has a bias (lora_bias=True)")
    if adapter in module.merged_adapters:
        raise refuse("is merged into its base layer")
    a, b = factors(module, adapter)
    if hasattr(a, "placements") or a.is_meta or a.numel() == 0:
        raise refuse("is not whole in this process (sharded or offloaded)")
    if a.dim() != 2 or b.dim() != 2:
        raise refuse(f"belongs to {type(module.get_base_layer()).__name__}")
    if adapter in module.lora_embedding_A and getattr(module.get_base_layer(), "embed_scale", None) is not None:
        raise refuse("belongs to an embedding that scales its output")


def factors(module: Any, adapter: str) -> tuple[torch.Tensor, torch.Tensor]:
    """A, r × n, and B, m × r, as they are."""
    if adapter in module.lora_embedding_A:
        return module.lora_embedding_A[adapter], module.lora_embedding_B[adapter]
    return module.lora_A[adapter].weight, module.lora_B[adapter].weight


def over_modules(modules: Sequence[Mapping[str, float | None]]) -> dict[str, float | None]:
    """Root mean squares over modules, and means of the norms."""
    over: dict[str, float | None] = {}
    for name in MEASURED:
        values = [value for value in (of_module[name] for of_module in modules) if value is not None]
        count = len(values)
        if not count:
            over[name] = None
        elif name.endswith("_norm"):
            over[name] = sum(values) / count
        else:
            over[name] = math.hypot(*values) / math.sqrt(count)
    return over


def peak(zb_rms: float | None) -> float:
    """A size of Z_B as it counts for the largest one: what is no number is beyond every bound."""
    return zb_rms if zb_rms is not None and math.isfinite(zb_rms) else math.inf


class Layer:
    """One adapted module. What is measured of it is computed in f64, from what the model holds.

    A, B and inputs go to f64 before anything is multiplied or subtracted, so that half precision costs no digit here.
    """

    def __init__(self, module: Any, adapter: str) -> None:
        self.module: torch.nn.Module = module
        self.embeds: bool = adapter in module.lora_embedding_A
        self._scaling: dict[str, float] = module.scaling
        self._adapter = adapter
        self._start = self._copied()
        self._before: tuple[torch.Tensor, torch.Tensor] | None = None
        self._za_before: list[torch.Tensor] = []
        self._peak = 0.0
        # Of one measurement: sums over the rows of the probe, their number, and the calls of the module.
        self._sums: torch.Tensor | None = None
        self._rows = 0
        self._calls = 0
        # Whether every call had as many rows as before the update.
        self._matched = True

    def factors(self) -> tuple[torch.Tensor, torch.Tensor]:
        """A, r × n, and B, m × r."""
        return factors(self.module, self._adapter)

    def random_at_start(self) -> tuple[bool, bool]:
        """Whether A and B have an entry that is not zero at the start."""
        a, b = self._start
        return bool(a.any()), bool(b.any())

    def keep(self) -> None:
        """Keeps A and B before an update."""
        self._before = self._copied()
        self._za_before = []
        self._a_before = self._wide(self._before[0])

    def see_before(self, x: torch.Tensor) -> None:
        """Keeps A_{t-1} x_{t-1} of rows of the probe."""
        self._za_before.append(self._inner(x, self._a_before))

    def forget(self) -> None:
        """Leaves off comparing: what comes next is measured without the last update."""
        self._before = None

    def open(self) -> None:
        """Begins a measurement with A and B as they are."""
        self._sums, self._rows, self._calls, self._matched = None, 0, 0, True
        a, b = map(self._wide, self.factors())
        self._gram = [b.T @ b]
        self._a = a
        if self._before is not None:
            b_before = self._wide(self._before[1])
            moved = b - b_before
            self._gram += [b_before.T @ b_before, moved.T @ moved]
            # One product with x gives A_{t-1} x and ΔA x.
            self._a = torch.cat([self._a_before, a - self._a_before])

    def see(self, x: torch.Tensor) -> None:
        """Adds rows of the probe to the measurement."""
        inner = self._inner(x, self._a)
        if self._before is None:
            za, parts = inner, []
        else:
            old, moved = inner.chunk(2, dim=1)
            za, (_, b_before, b_moved) = old + moved, self._gram
            parts = [_through(moved, b_before), _through(old, b_moved), _through(moved, b_moved)]
            earlier = self._za_before[self._calls] if self._calls < len(self._za_before) else None
            self._matched = self._matched and earlier is not None and earlier.shape == old.shape
            # Rows that are routed elsewhere, as those of experts, have no earlier input.
            drifted = old - earlier if earlier is not None and self._matched else torch.zeros_like(old)
            parts.append(_through(drifted, b_before))
        self._calls += 1
        zb = _through(za, self._gram[0])
        za = za.square().sum(dim=1)
        sums = [za.sum(), za.sqrt().sum(), zb.sum(), zb.sqrt().sum(), *(part.sum() for part in parts)]
        added = torch.stack(sums)
        self._sums = added if self._sums is None else self._sums + added
        self._rows += len(za)

    def close(self, uncompared: float | None) -> dict[str, float | None] | None:
        """What was measured, by name; None of a module that the probe does not reach. Where no update is compared, its
        parts are `uncompared`."""
        if self._sums is None or self._rows == 0:
            return None
        a, b = self.factors()
        s, rows, (rank, outputs) = abs(float(self._scaling[self._adapter])), self._rows, (a.shape[0], b.shape[0])
        za, za_norm, zb, zb_norm, *parts = map(float, self._sums.cpu())
        zb_rms = s * math.sqrt(zb / (rows * outputs))
        self._peak = max(self._peak, peak(zb_rms))
        deltas: list[float | None] = [s * math.sqrt(part / (rows * outputs)) for part in parts] or [uncompared] * len(DELTAS)
        if not self._matched:
            deltas[-1] = None
        start_a, start_b = self._start
        return {
            "za_rms": math.sqrt(za / (rows * rank)),
            "za_norm": za_norm / rows,
            "zb_rms": zb_rms,
            "zb_norm": s * zb_norm / rows,
            "peak_zb": self._peak,
            **dict(zip(DELTAS, deltas, strict=True)),
            "a_move": self._rms(a, start_a),
            "b_move": self._rms(b, start_b),
        }

    def _copied(self) -> tuple[torch.Tensor, torch.Tensor]:
        a, b = self.factors()
        return a.detach().clone(), b.detach().clone()

    def _wide(self, of: torch.Tensor) -> torch.Tensor:
        # Apple's GPUs have no f64.
        return of.detach().to(torch.float32 if of.device.type == "mps" else torch.float64)

    def _inner(self, x: torch.Tensor, a: torch.Tensor) -> torch.Tensor:
        """x Aᵀ, a row for each of x."""
        if not x.is_floating_point():
            return a.T[x.reshape(-1).to(a.device)]
        return self._wide(x.reshape(-1, x.shape[-1]).to(a.device)) @ a.T

    def _rms(self, one: torch.Tensor, other: torch.Tensor) -> float:
        return float((self._wide(one) - self._wide(other)).square().mean().sqrt())


def _through(z: torch.Tensor, gram: torch.Tensor) -> torch.Tensor:
    """The squared norm of each row of z Bᵀ, by way of BᵀB, which is r × r."""
    # Rounding may put a square of zero below zero. NaN stays NaN.
    return ((z @ gram) * z).sum(dim=1).clamp(min=0.0)
