"""The native half of `lora_limits`. `lora_limits` has all of its names."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from os import PathLike
from typing import Any, Literal, Protocol, SupportsFloat, TypeAlias, final

import polars

from lora_limits._figure import Figure

__all__ = [
    "AdapterDiagnosis",
    "Advice",
    "AllowedMovement",
    "Analysis",
    "BasinOver",
    "BasinSummary",
    "Beside",
    "Constants",
    "CoordinateSummary",
    "Counts",
    "Critical",
    "CriticalPoint",
    "CriticalRate",
    "Diagnosis",
    "ExponentSummary",
    "FactorDiagnosis",
    "FeatureSummary",
    "Finding",
    "Findings",
    "FitTest",
    "GammaRange",
    "GivenExponent",
    "InitSummary",
    "InitTests",
    "JudgedSweep",
    "Judgement",
    "Law",
    "LawRate",
    "LawTest",
    "LeftOut",
    "Limit",
    "LoraLimitsError",
    "LoraPlusRates",
    "LossGapSummary",
    "LossOver",
    "LossRatio",
    "LowerLoss",
    "LrRange",
    "LrSummary",
    "MeasuredExponent",
    "ModelSummary",
    "ModuleAdvice",
    "ModuleDiagnosis",
    "ModuleStart",
    "Movement",
    "Needed",
    "NoLimit",
    "NotCompared",
    "PartBounds",
    "Phase",
    "PhaseMap",
    "Point",
    "PooledMovement",
    "Prediction",
    "RandomMovement",
    "ReadAs",
    "ReadoutLimit",
    "RegimeSizes",
    "SeedConstants",
    "SizeChange",
    "SlopeSummary",
    "Snapshot",
    "Spectrum",
    "StatedTraining",
    "StatementSummary",
    "StepBounds",
    "Summary",
    "Sweep",
    "Table",
    "Transfer",
    "UnitOutput",
    "ValueSummary",
    "WidthSummary",
    "ZeroMovement",
    "__version__",
    "advise",
    "diagnose",
    "judge",
    "limit",
    "phase_map",
    "predict",
    "sweep",
    "transfer",
]

__version__: str

_Path: TypeAlias = str | PathLike[str]
_Number: TypeAlias = str | int | float | Fraction | SupportsFloat
_Init: TypeAlias = Literal["A", "B", "AB"]
_Factor: TypeAlias = Literal["A", "B"]
_Optimizer: TypeAlias = Literal["adam", "adamw", "signsgd", "sgd"]
_Goal: TypeAlias = Literal["optimal", "stable"]
_Progress: TypeAlias = bool | Callable[[float, str], object]

class _HasDict(Protocol):
    def to_dict(self) -> dict[str, Any]: ...

class _ArrowStream(Protocol):
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...

_Config: TypeAlias = _HasDict | dict[str, Any] | _Path

class LoraLimitsError(ValueError):
    """Why a request has no answer: one message that names the argument or the file, its value and what is valid."""

@final
class Table:
    """A table with named columns. pandas, polars, pyarrow and everything else that knows `__arrow_c_stream__` take it
    without copying a number."""

    @property
    def column_names(self) -> list[str]:
        """The names of the columns."""
    @property
    def num_rows(self) -> int:
        """Number of rows."""
    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
    def __len__(self) -> int: ...
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The table as a capsule with an Arrow stream. No number is copied; no other schema can be had."""
    def to_pandas(self) -> Any:
        """A `pandas.DataFrame`; needs pandas 2.2 or later and pyarrow."""
    def to_polars(self) -> polars.DataFrame:
        """A `polars.DataFrame`; needs polars 1 or later."""
    def to_dict(self) -> dict[str, list[Any]]:
        """The columns as lists."""
    def _repr_html_(self) -> str: ...

class _Record:
    """What all answers have. They are made by the functions alone, and nothing in them can be changed."""

    _fields: list[str]
    def _repr_html_(self) -> str: ...

@final
class Prediction(_Record):
    """What the theory says of one initialisation."""

    @property
    def init(self) -> str:
        """"A", "B", "AB" or "custom"."""
    @property
    def eta_opt(self) -> CriticalRate | None:
        """η_opt: the learning rate that trains best; None where every learning rate is fixed."""
    @property
    def eta_stable(self) -> CriticalRate | None:
        """η_stable: the largest at which Z_B stays bounded; None where every learning rate is fixed."""
    @property
    def at_optimal(self) -> Point | None:
        """Every size at η_opt."""
    @property
    def at_stable(self) -> Point | None:
        """Every size at η_stable."""
    @property
    def at_exponent(self) -> Point | None:
        """Every size at the learning rate that was asked for."""
    @property
    def words(self) -> list[str]:
        """What happens at each of the points, in words."""
    @property
    def analysis(self) -> Analysis:
        """Every size as a function of γ."""
    @property
    def limit(self) -> dict[str, Any] | None:
        """The synthetic network's learning rates themselves, η = c n^γ, where the limit of the setting was solved; they
        are about no other network."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class CriticalRate(_Record):
    """A critical learning rate η = Θ(n^exponent)."""

    @property
    def exponent(self) -> Fraction | None:
        """γ; None unless `largest` is a fraction."""
    @property
    def largest(self) -> Fraction | Literal["always", "never"]:
        """γ, or "always" or "never" where every γ will do, or none."""
    @property
    def rank_exponent(self) -> Fraction | None:
        """x in η ∝ r^x at a given width; None where it is no power."""
    @property
    def multiplier_exponent(self) -> Fraction | None:
        """x in η ∝ s^x at a given width and rank."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class Point(_Record):
    """The exponents of all sizes at one pair of learning rates; −inf is the exponent of an exact zero."""

    @property
    def lr_a(self) -> Fraction | float:
        """Of η_A; −inf where A does not train."""
    @property
    def lr_b(self) -> Fraction | float:
        """Of η_B."""
    @property
    def gamma(self) -> Fraction:
        """γ in η = n^γ."""
    @property
    def z_a(self) -> Fraction | float:
        """Of Z_A = A Z."""
    @property
    def z_b(self) -> Fraction | float:
        """Of Z_B = s B Z_A."""
    @property
    def delta1(self) -> Fraction | float:
        """Of δ1 = s B ΔZ_A."""
    @property
    def delta2(self) -> Fraction | float:
        """Of δ2 = s ΔB Z_A."""
    @property
    def delta3(self) -> Fraction | float:
        """Of δ3 = s ΔB ΔZ_A."""
    @property
    def delta_z_b(self) -> Fraction | float:
        """Of ΔZ_B = δ1 + δ2 + δ3."""
    @property
    def output(self) -> Fraction | float | None:
        """Of Δf, the change of the output; None for the layer alone."""
    @property
    def relative_output(self) -> Fraction | float | None:
        """Of Δf over the error before the first step; None for the layer alone."""
    @property
    def regime(self) -> str:
        """What training does there, such as "learning"."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class Analysis(_Record):
    """Exponents as functions of γ, such as "max(2γ + 1, γ)"."""

    @property
    def setting(self) -> dict[str, Any]:
        """What was analysed."""
    @property
    def z_a(self) -> str:
        """Of Z_A."""
    @property
    def z_b(self) -> str:
        """Of Z_B."""
    @property
    def delta1(self) -> str:
        """Of δ1."""
    @property
    def delta2(self) -> str:
        """Of δ2."""
    @property
    def delta3(self) -> str:
        """Of δ3."""
    @property
    def delta_z_b(self) -> str:
        """Of ΔZ_B."""
    @property
    def output(self) -> str | None:
        """Of Δf; None for the layer alone."""
    @property
    def initial_error(self) -> Fraction | float | None:
        """Of the output's error before the first step; None for the layer alone."""
    @property
    def relative_output(self) -> str | None:
        """Of Δf over that error; None for the layer alone."""
    @property
    def critical(self) -> Critical:
        """The learning-rate exponents that matter."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class Critical(_Record):
    """The learning-rate exponents that matter. Each is a fraction, "always" or "never"."""

    @property
    def stable(self) -> Fraction | Literal["always", "never"]:
        """The largest γ with Z_B = O(1)."""
    @property
    def bounded_output(self) -> Fraction | Literal["always", "never"] | None:
        """The largest γ whose Δf does not outgrow the first error; None for the layer alone."""
    @property
    def internally_stable(self) -> Fraction | Literal["always", "never"]:
        """The largest γ with Z_A = O(1)."""
    @property
    def feature_learning(self) -> list[GammaRange]:
        """The γ with ΔZ_B = Θ(1)."""
    @property
    def efficient(self) -> list[GammaRange]:
        """The γ at which δ1 and δ2 are both Θ(1)."""
    @property
    def optimal(self) -> Fraction | Literal["always", "never"]:
        """That of η_opt."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class GammaRange(_Record):
    """A closed interval of γ; an end is None where it is unbounded."""

    @property
    def lo(self) -> Fraction | None:
        """Lower end."""
    @property
    def hi(self) -> Fraction | None:
        """Upper end."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class PhaseMap(_Record):
    """The γ line of η = n^γ, cut into regimes."""

    @property
    def phases(self) -> list[Phase]:
        """Open intervals in ascending order; each begins where the one before ends."""
    @property
    def points(self) -> list[CriticalPoint]:
        """The points at which something changes, in ascending order."""
    @property
    def table(self) -> Table:
        """The phases as a table: a row for each, γ as floats."""
    @property
    def figure_names(self) -> list[str]:
        """The names of its figures: "phases"."""
    def figure(self, name: str | None = None) -> Figure:
        """A figure of this answer, which a notebook shows. "scaling", or where there is none the first by name, if
        None.

        Raises:
            LoraLimitsError: for a name that it does not have.
        """
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class Phase(_Record):
    """An open interval of γ on which nothing changes its size."""

    @property
    def gamma_from(self) -> Fraction:
        """Lower end, not included."""
    @property
    def gamma_to(self) -> Fraction:
        """Upper end, not included."""
    @property
    def regime(self) -> str:
        """What training does between the ends, such as "learning"."""
    @property
    def sizes(self) -> RegimeSizes:
        """What the regime is made of."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class RegimeSizes(_Record):
    """Sizes as n → ∞: "vanishing", "order-one" or "exploding"."""

    @property
    def z_a(self) -> str:
        """Z_A."""
    @property
    def z_b(self) -> str:
        """Z_B."""
    @property
    def delta_z_b(self) -> str:
        """ΔZ_B, the movement of the features."""
    @property
    def output(self) -> str | None:
        """Δf over the first error; None for the layer alone."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class CriticalPoint(_Record):
    """A point of the γ line at which something changes."""

    @property
    def marks(self) -> list[str]:
        """Why it is special, such as "largest-stable"."""
    @property
    def snapshot(self) -> Snapshot:
        """The exponents there."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class Snapshot(_Record):
    """The exponents of all sizes at one γ; −inf is the exponent of an exact zero."""

    @property
    def gamma(self) -> Fraction:
        """γ in η = n^γ."""
    @property
    def z_a(self) -> Fraction | float:
        """Of Z_A = A Z."""
    @property
    def z_b(self) -> Fraction | float:
        """Of Z_B = s B Z_A."""
    @property
    def delta1(self) -> Fraction | float:
        """Of δ1 = s B ΔZ_A."""
    @property
    def delta2(self) -> Fraction | float:
        """Of δ2 = s ΔB Z_A."""
    @property
    def delta3(self) -> Fraction | float:
        """Of δ3 = s ΔB ΔZ_A."""
    @property
    def delta_z_b(self) -> Fraction | float:
        """Of ΔZ_B."""
    @property
    def output(self) -> Fraction | float | None:
        """Of Δf; None for the layer alone."""
    @property
    def relative_output(self) -> Fraction | float | None:
        """Of Δf over the first error; None for the layer alone."""
    @property
    def regime(self) -> str:
        """What training does there."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class Transfer(_Record):
    """A carried learning rate."""

    @property
    def setting(self) -> str:
        """The setting in words."""
    @property
    def carries(self) -> str:
        """Whether the best or the largest stable learning rate is carried."""
    @property
    def from_lr(self) -> float:
        """η of the first model."""
    @property
    def lr(self) -> LrRange:
        """η of the other; of A where the factors have different ones."""
    @property
    def lr_b(self) -> LrRange | None:
        """η_B of the other, where LoRA+'s ratio was given."""
    @property
    def factor(self) -> LrRange:
        """The one over the other."""
    @property
    def method(self) -> str:
        """Where the factor comes from: "interpolated", "fit", "theory", "given" or "mixed"; "measured" where a run
        has the other width."""
    @property
    def multiplier(self) -> tuple[float, float] | None:
        """s of both models, where α is known."""
    @property
    def changes(self) -> list[SizeChange]:
        """What changes."""
    @property
    def fit(self) -> LrRange | None:
        """The learning rate by the fitted powers alone, if every change was measured."""
    @property
    def theory(self) -> LrRange | None:
        """By the theory's powers alone."""
    @property
    def paper(self) -> LrRange | None:
        """By the paper's exponent of the largest stable learning rate, where only the width changes."""
    @property
    def paper_exact(self) -> Fraction | None:
        """That exponent."""
    @property
    def beside(self) -> list[Beside]:
        """What other laws make of the same change; empty unless a run answers."""
    @property
    def assumptions(self) -> list[str]:
        """What the answer assumes."""
    @property
    def warnings(self) -> list[str]:
        """Reasons for caution."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class LrRange(_Record):
    """A positive number with its interval."""

    @property
    def value(self) -> float:
        """The number."""
    @property
    def lower(self) -> float:
        """Lower end; equal to `value` for exact exponents."""
    @property
    def upper(self) -> float:
        """Upper end."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class SizeChange(_Record):
    """How one quantity changes, and what follows for the learning rate."""

    @property
    def of(self) -> str:
        """"n", "r", "α" or "η_B/η_A"."""
    @property
    def from_(self) -> float:
        """From this value …"""
    @property
    def to(self) -> float:
        """… to this."""
    @property
    def method(self) -> str:
        """Where `factor` comes from."""
    @property
    def factor(self) -> LrRange:
        """What the learning rate is multiplied by."""
    @property
    def theory(self) -> float | None:
        """The theory's exponent; None where it has none."""
    @property
    def theory_exact(self) -> Fraction | None:
        """The same, exact."""
    @property
    def measured(self) -> MeasuredExponent | None:
        """The measured exponent, where the setting was measured."""
    @property
    def measured_between(self) -> tuple[float, float] | None:
        """The smallest and the largest measured size."""
    @property
    def given(self) -> GivenExponent | None:
        """The exponent that was given."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class MeasuredExponent(_Record):
    """A measured exponent."""

    @property
    def claim(self) -> str:
        """The claim that it was measured for."""
    @property
    def quantity(self) -> str:
        """"η_opt" or "η_stable"."""
    @property
    def estimate(self) -> float:
        """The exponent."""
    @property
    def lower(self) -> float:
        """Lower end of its 95% interval."""
    @property
    def upper(self) -> float:
        """Upper end."""
    @property
    def smallest_used(self) -> float:
        """Smallest width or rank of the fit."""
    @property
    def largest_used(self) -> float:
        """Largest."""
    @property
    def points_used(self) -> int:
        """Number of widths or ranks."""
    @property
    def verdict(self) -> str:
        """The verdict on the claimed exponent."""
    @property
    def reason(self) -> str:
        """Why."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class GivenExponent(_Record):
    """An exponent of somebody's own, or of a public rule."""

    @property
    def exponent(self) -> float:
        """The exponent."""
    @property
    def exact(self) -> Fraction:
        """The same, exact."""
    @property
    def interval(self) -> tuple[float, float] | None:
        """Its interval, if one was given."""
    @property
    def rule(self) -> str | None:
        """The public rule that it is of; None for an exponent of your own."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class Beside(_Record):
    """The learning rate at the other width by another law, from the same start."""

    @property
    def by(self) -> str:
        """Whose law it is."""
    @property
    def exponent(self) -> str | None:
        """Its exponent of n as text; None where it is no power."""
    @property
    def lr(self) -> LrRange | None:
        """The learning rate; None where that law does not reach so far."""
    @property
    def factor(self) -> LrRange | None:
        """Its factor on the learning rate."""
    @property
    def outside(self) -> bool:
        """Whether that factor lies outside the range of the answer's."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class Law(_Record):
    """The law of modules that start alike."""

    @property
    def init(self) -> str:
        """The start in the paper's terms."""
    @property
    def starts(self) -> str:
        """The start in words."""
    @property
    def optimal(self) -> LawRate:
        """η_opt: the learning rate that trains best."""
    @property
    def stable(self) -> LawRate:
        """η_stable: the largest at which Z_B stays bounded."""
    @property
    def holds_while(self) -> str | None:
        """While what the powers of the best learning rate hold; None if always."""
    @property
    def lora_plus(self) -> tuple[Fraction | float, Fraction | float] | None:
        """The exponents of η_A and η_B at which the layer alone learns efficiently with both factors, at
        LoRA+'s ratio η_B/η_A = n."""
    @property
    def lora_plus_network(self) -> tuple[Fraction | float, Fraction | float] | None:
        """Those that train the whole network best at the same ratio."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class LawRate(_Record):
    """One critical learning rate, η = Θ(n^exponent)."""

    @property
    def exponent(self) -> Fraction | float | None:
        """The exponent of n, the fan-in; None if there is no largest rate."""
    @property
    def rank(self) -> Fraction | float | None:
        """The power of r in it, with s as the config has it and α fixed."""
    @property
    def multiplier(self) -> Fraction | float | None:
        """The power of s in it."""
    @property
    def ratio(self) -> Fraction | float | None:
        """The power of LoRA+'s ratio η_B/η_A in η_A."""
    @property
    def features(self) -> str | None:
        """What the features do there."""
    @property
    def words(self) -> str | None:
        """What training does there, in words."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class Advice(_Record):
    """The answer to somebody with a PEFT config."""

    @property
    def model(self) -> ModelSummary:
        """The base model."""
    @property
    def carries(self) -> str:
        """Whether the best or the largest stable learning rate is meant."""
    @property
    def readout(self) -> str:
        """a in W_out ~ N(0, n^-2a), as a fraction."""
    @property
    def law(self) -> Law:
        """The law of the linear modules."""
    @property
    def losses(self) -> LossRatio | None:
        """Init[A] against Init[B] with this readout, if it was measured."""
    @property
    def modules(self) -> list[ModuleAdvice]:
        """Every kind of adapted module."""
    @property
    def from_lr(self) -> float | None:
        """The known learning rate of the other config."""
    @property
    def lr(self) -> LrRange | None:
        """One learning rate for all modules: the lowest of theirs, in a range that holds all of theirs."""
    @property
    def lora_plus(self) -> LoraPlusRates | None:
        """What LoRA+ would have in its place, at a ratio of 16 for example."""
    @property
    def assumptions(self) -> list[str]:
        """What the answer assumes."""
    @property
    def warnings(self) -> list[str]:
        """Reasons for caution."""
    @property
    def advice(self) -> str:
        """What to do, in a sentence or two."""
    @property
    def table(self) -> Table:
        """The modules as a table: a row for each kind."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class ModelSummary(_Record):
    """A base model in a few words."""

    @property
    def model_type(self) -> str:
        """Its family."""
    @property
    def width(self) -> int:
        """n of the residual stream."""
    @property
    def layers(self) -> int:
        """Number of layers."""
    @property
    def loaded_as(self) -> str:
        """What it is loaded as."""
    @property
    def adapted(self) -> int:
        """Number of adapted modules."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class LossRatio(_Record):
    """The loss under Init[A] over that under Init[B], each at its own best learning rate."""

    @property
    def claim(self) -> str:
        """The claim that it was measured for: that the ratio is below 1."""
    @property
    def widths(self) -> tuple[int, int]:
        """The smallest and the largest width that it was measured at, in the synthetic network."""
    @property
    def ratio(self) -> LrRange:
        """The ratio with its 95% interval."""
    @property
    def verdict(self) -> str:
        """Whether the claim holds."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class LoraPlusRates(_Record):
    """Learning rates of the two factors in place of one for both."""

    @property
    def ratio(self) -> float:
        """η_B/η_A, PEFT's loraplus_lr_ratio."""
    @property
    def lr_a(self) -> float:
        """η_A, PEFT's learning_rate beside that ratio."""
    @property
    def lr_b(self) -> float:
        """η_B."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class ModuleAdvice(_Record):
    """One kind of adapted module, over the layers that have it."""

    @property
    def kind(self) -> str:
        """What its modules have in common, such as "self_attn.q_proj"."""
    @property
    def name(self) -> str:
        """The whole name of the first."""
    @property
    def layers(self) -> list[int]:
        """Their layers; empty outside of the layers."""
    @property
    def count(self) -> int:
        """Number of modules."""
    @property
    def class_(self) -> str:
        """How the base made it: "linear", "conv1d" or "embedding"."""
    @property
    def role(self) -> str:
        """Where it stands: "hidden", "lookup" or "output"."""
    @property
    def fan_in(self) -> int:
        """n: inputs of A."""
    @property
    def fan_out(self) -> int:
        """Outputs of B."""
    @property
    def r(self) -> int:
        """The rank."""
    @property
    def alpha(self) -> float:
        """α."""
    @property
    def scaling(self) -> float:
        """s, PEFT's scaling."""
    @property
    def init(self) -> str:
        """The start in the paper's terms."""
    @property
    def std_a(self) -> float:
        """Standard deviation of the entries of A, r × fan_in, before the first step."""
    @property
    def std_b(self) -> float:
        """Of B, fan_out × r."""
    @property
    def lr(self) -> LrRange | None:
        """The learning rate here, where one is carried."""
    @property
    def changes(self) -> list[SizeChange]:
        """A factor for each size that changes."""
    @property
    def by(self) -> str | None:
        """Where the learning rate comes from."""
    @property
    def why_not(self) -> str | None:
        """Why no learning rate is carried here."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class Summary(_Record):
    """Results of a sweep, a pure function of its measurements and the theory."""

    @property
    def schema(self) -> int:
        """Version of the document."""
    @property
    def experiment(self) -> str:
        """Short name of the experiment."""
    @property
    def title(self) -> str:
        """Its title."""
    @property
    def quick(self) -> bool:
        """Whether the sizes are the quick ones."""
    @property
    def level(self) -> float:
        """Confidence level of all intervals."""
    @property
    def inits(self) -> dict[str, InitSummary]:
        """By init: "A", "B", "AB"."""
    @property
    def statements(self) -> list[StatementSummary]:
        """What the paper says of the two inits, by width."""
    @property
    def coordinates(self) -> CoordinateSummary | None:
        """The coordinate check; None unless figures.coordinates_lr asks for one."""
    @property
    def limit(self) -> dict[str, Any] | None:
        """The limit n → ∞, as summary.json holds it; None unless "inf" is one of the widths."""
    @property
    def warnings(self) -> list[str]:
        """Reasons to doubt a number."""
    @property
    def exponents(self) -> Table:
        """The fitted exponents as a table: two rows for each init."""
    @property
    def widths(self) -> Table:
        """What holds at each width as a table: a row for each init and width."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class StatementSummary(_Record):
    """A statement of the paper about the two inits at one width, paired by seed."""

    @property
    def width(self) -> int:
        """n."""
    @property
    def statement(self) -> str:
        """Its short name."""
    @property
    def says(self) -> str:
        """In words, with the ratio that it is about."""
    @property
    def ratio(self) -> float | None:
        """Geometric mean over seeds of that ratio; None if some seed has none."""
    @property
    def bound(self) -> str | None:
        """Where some seed's ratio is not known: "at_least" or "at_most" this number."""
    @property
    def lower(self) -> float | None:
        """Lower end of its interval."""
    @property
    def upper(self) -> float | None:
        """Upper end."""
    @property
    def seeds(self) -> int:
        """Seeds that both inits have."""
    @property
    def verdict(self) -> str:
        """Whether the ratio is above 1."""
    @property
    def why(self) -> str:
        """Why."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class InitSummary(_Record):
    """Results of one initialisation."""

    @property
    def eta_opt(self) -> ExponentSummary:
        """Exponent of the learning rate with the best score."""
    @property
    def eta_stable(self) -> ExponentSummary:
        """Exponent of the largest learning rate whose Z_B stays under the bound."""
    @property
    def widths(self) -> list[WidthSummary]:
        """Results at each width."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class ExponentSummary(_Record):
    """A fitted exponent γ in η = c n^γ beside the predicted one."""

    @property
    def exponent(self) -> float | None:
        """γ; None if fewer than two widths could be used."""
    @property
    def lower(self) -> float | None:
        """Lower end of its interval; None with a single seed."""
    @property
    def upper(self) -> float | None:
        """Upper end."""
    @property
    def predicted(self) -> float | None:
        """The theory's γ; None where it has none."""
    @property
    def predicted_exact(self) -> Fraction | None:
        """The same, exact."""
    @property
    def no_prediction(self) -> str | None:
        """Why the theory has none."""
    @property
    def agreement(self) -> str:
        """What the interval says about the prediction: "agrees", "excluded", "too_wide", "no_interval" or
        "no_prediction"."""
    @property
    def not_a_power_law(self) -> str | None:
        """Why no exponent describes these widths; None unless the points are shown to lie on no power law."""
    @property
    def prefactor(self) -> float | None:
        """c."""
    @property
    def widths_used(self) -> list[int]:
        """Widths in the fit."""
    @property
    def excluded_widths(self) -> list[int]:
        """Widths left out because the learning rate of some seed was not bracketed."""
    @property
    def seeds(self) -> int:
        """Number of seeds."""
    @property
    def local_slopes(self) -> list[SlopeSummary]:
        """γ between neighbouring widths of the fit."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class SlopeSummary(_Record):
    """The exponent between two neighbouring widths."""

    @property
    def from_(self) -> int:
        """Smaller width."""
    @property
    def to(self) -> int:
        """Larger width."""
    @property
    def slope(self) -> float:
        """ln(η_to/η_from) / ln(to/from)."""
    @property
    def lower(self) -> float | None:
        """Lower end of its interval."""
    @property
    def upper(self) -> float | None:
        """Upper end."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class WidthSummary(_Record):
    """Results at one width; means over seeds are geometric."""

    @property
    def width(self) -> int:
        """n."""
    @property
    def eta_opt(self) -> LrSummary:
        """Learning rate with the best score."""
    @property
    def basin(self) -> BasinSummary:
        """Learning rates whose score is within the tolerance of the best."""
    @property
    def eta_stable(self) -> LrSummary:
        """Largest learning rate whose Z_B stays under the bound."""
    @property
    def loss(self) -> ValueSummary:
        """Best score."""
    @property
    def test_loss(self) -> ValueSummary:
        """Held-out loss there."""
    @property
    def za_rms(self) -> ValueSummary:
        """rms of Z_A after training at the optimum."""
    @property
    def zb_rms(self) -> ValueSummary:
        """rms of Z_B there."""
    @property
    def za_norm(self) -> ValueSummary:
        """Norm of Z_A there, averaged over training samples."""
    @property
    def zb_norm(self) -> ValueSummary:
        """Norm of Z_B there, averaged over training samples."""
    @property
    def diverged_runs(self) -> int:
        """Runs at this width that diverged."""
    @property
    def runs(self) -> int:
        """Runs at this width."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class LrSummary(_Record):
    """A learning rate found by the search."""

    @property
    def value(self) -> float | None:
        """Geometric mean over seeds; None if no seed has one. Where `bracketed` is False, it is only a bound."""
    @property
    def lower(self) -> float | None:
        """Lower end of its interval."""
    @property
    def upper(self) -> float | None:
        """Upper end."""
    @property
    def bracketed(self) -> bool:
        """Whether every seed has it inside the sampled learning rates."""
    @property
    def at_grid_point(self) -> int:
        """Seeds whose reading is a grid point and not an interpolation."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class BasinSummary(_Record):
    """A basin; ends are geometric means over seeds."""

    @property
    def lower(self) -> float | None:
        """Its lower end."""
    @property
    def upper(self) -> float | None:
        """Its upper end."""
    @property
    def complete(self) -> bool:
        """Whether both ends were seen for every seed."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class ValueSummary(_Record):
    """A positive quantity over seeds."""

    @property
    def value(self) -> float | None:
        """Geometric mean; None if some seed has none."""
    @property
    def lower(self) -> float | None:
        """Lower end of its interval."""
    @property
    def upper(self) -> float | None:
        """Upper end."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class CoordinateSummary(_Record):
    """How features go with the width at η = c (n/n_0)^γ, and how far apart loss curves are."""

    @property
    def lr(self) -> float:
        """c, the learning rate at the smallest width."""
    @property
    def lr_index(self) -> int:
        """Its position on the search grid, the same at every width."""
    @property
    def smallest_width(self) -> int:
        """n_0."""
    @property
    def features(self) -> list[FeatureSummary]:
        """By init, feature and step."""
    @property
    def loss_gaps(self) -> list[LossGapSummary]:
        """By init and pair of neighbouring widths."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class FeatureSummary(_Record):
    """The slope of ln(rms of a feature) against ln n after one step."""

    @property
    def init(self) -> str:
        """"A", "B" or "AB"."""
    @property
    def feature(self) -> str:
        """The column of `Sweep.steps`, such as "za_rms"."""
    @property
    def step(self) -> int:
        """Updates made so far."""
    @property
    def gamma(self) -> Fraction:
        """γ."""
    @property
    def exponent(self) -> float | None:
        """The slope; None if fewer than two widths could be used."""
    @property
    def lower(self) -> float | None:
        """Lower end of its interval; None with a single seed."""
    @property
    def upper(self) -> float | None:
        """Upper end."""
    @property
    def widths_used(self) -> list[int]:
        """Widths in the fit."""
    @property
    def predicted_exact(self) -> Fraction | None:
        """The theory's exponent after the last step; None where it has none."""
    @property
    def no_prediction(self) -> str | None:
        """Why the theory has none."""
    @property
    def agreement(self) -> str:
        """What the interval says about the prediction: "agrees", "excluded", "too_wide", "no_interval" or
        "no_prediction"."""
    @property
    def flat(self) -> str:
        """Whether the interval of the slope lies within `flat_within` of 0."""
    @property
    def flat_within(self) -> float:
        """How far from 0 the slope of a flat feature may be."""
    @property
    def why(self) -> str:
        """Why."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class LossGapSummary(_Record):
    """The distance of two loss curves."""

    @property
    def init(self) -> str:
        """"A", "B" or "AB"."""
    @property
    def from_(self) -> int:
        """The smaller width."""
    @property
    def to(self) -> int:
        """The next larger one."""
    @property
    def gap(self) -> float | None:
        """Root of the mean square over recorded steps of the logarithm of the ratio of both losses, each over its
        first; None where a run diverged."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class Judgement(_Record):
    """A table of runs that was judged."""

    @property
    def schema(self) -> int:
        """Version of the document."""
    @property
    def table(self) -> str:
        """The table's name."""
    @property
    def columns(self) -> list[ReadAs]:
        """How its columns were understood."""
    @property
    def counts(self) -> Counts:
        """What it holds, and what became of it."""
    @property
    def notes(self) -> list[str]:
        """What a reader should know before any number."""
    @property
    def sweeps(self) -> list[JudgedSweep]:
        """The settings, each judged by itself."""
    @property
    def basin(self) -> float:
        """The tolerance of the basin."""
    @property
    def bound(self) -> float:
        """The bound of the rms of Z_B."""
    @property
    def exponents(self) -> Table:
        """The fitted exponents as a table: two rows for each setting and init."""
    @property
    def widths(self) -> Table:
        """What holds at each width as a table: a row for each setting, init and width."""
    @property
    def figure_names(self) -> list[str]:
        """The names of its figures: "scaling" and "curves" of each setting."""
    def figure(self, name: str | None = None) -> Figure:
        """A figure of this answer, which a notebook shows. "scaling", or where there is none the first by name, if
        None.

        Raises:
            LoraLimitsError: for a name that it does not have.
        """
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class ReadAs(_Record):
    """How a column was understood."""

    @property
    def holds(self) -> str:
        """What it holds, such as "lr"."""
    @property
    def column(self) -> str:
        """Its name."""
    @property
    def instead_of(self) -> list[str]:
        """Columns that have a known name for the same and are not used."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class Counts(_Record):
    """What a table holds, and what became of it."""

    @property
    def rows(self) -> int:
        """Rows of the table."""
    @property
    def unfinished(self) -> int:
        """Rows of runs that have not finished, which are left out."""
    @property
    def unlabelled(self) -> int:
        """Rows with neither a width nor a learning rate, which are left out."""
    @property
    def earlier_steps(self) -> int:
        """Rows of earlier steps of runs whose last step counts."""
    @property
    def without_loss(self) -> int:
        """Rows without a loss of runs that have one at another step."""
    @property
    def repeated(self) -> int:
        """Rows that say again what another one says."""
    @property
    def replaced(self) -> int:
        """Rows that a later one of the same run replaces, with another loss."""
    @property
    def runs(self) -> int:
        """Runs that are judged."""
    @property
    def diverged(self) -> int:
        """Those of them that diverged."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class JudgedSweep(_Record):
    """One setting of a table."""

    @property
    def setting(self) -> dict[str, str]:
        """The columns that set it apart, with their values."""
    @property
    def schema(self) -> int:
        """Version of the document."""
    @property
    def experiment(self) -> str:
        """The table's name."""
    @property
    def title(self) -> str:
        """The setting in words."""
    @property
    def quick(self) -> bool:
        """False: a table has no quick sizes."""
    @property
    def level(self) -> float:
        """Confidence level of all intervals."""
    @property
    def inits(self) -> dict[str, InitSummary]:
        """By init: "A", "B", "AB"."""
    @property
    def statements(self) -> list[StatementSummary]:
        """What the paper says of the two inits, by width."""
    @property
    def warnings(self) -> list[str]:
        """Reasons to doubt a number."""
    @property
    def tests(self) -> dict[str, InitTests]:
        """The tests of the exponents, by init."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class InitTests(_Record):
    """The tests of one init."""

    @property
    def eta_opt(self) -> FitTest:
        """Of the best learning rate."""
    @property
    def eta_stable(self) -> FitTest | None:
        """Of the largest stable learning rate; None where the table has no Z_B."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class FitTest(_Record):
    """The test of one exponent."""

    @property
    def verdict(self) -> str | None:
        """The verdict on the prediction; None for one seed. Without a prediction it is "not_a_power_law"
        where the points are shown to lie on none, else None."""
    @property
    def reason(self) -> str:
        """Why, in a sentence."""
    @property
    def tolerance(self) -> float:
        """The verdict is about [prediction − tolerance, prediction + tolerance]."""
    @property
    def exponent(self) -> float | None:
        """The exponent over the widths from which on the points are straight."""
    @property
    def lower(self) -> float | None:
        """Lower end of its 95% interval."""
    @property
    def upper(self) -> float | None:
        """Upper end."""
    @property
    def smallest(self) -> float | None:
        """The smallest of these widths."""
    @property
    def needed(self) -> Needed | None:
        """What would decide, if it is undecided."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class Needed(_Record):
    """What would decide, if estimates stayed where they are."""

    @property
    def seeds(self) -> int | None:
        """Number of seeds at the present widths; None above 10,000."""
    @property
    def widest(self) -> float | None:
        """The widest width with the present seeds; None above 2^40."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class Diagnosis(_Record):
    """What trained adapters say of their training."""

    @property
    def schema(self) -> int:
        """Version of the document."""
    @property
    def training(self) -> StatedTraining | None:
        """The training that was stated; None if none was."""
    @property
    def adapters(self) -> list[AdapterDiagnosis]:
        """The adapters, in the order in which they were named."""
    @property
    def unknowable(self) -> list[str]:
        """What no adapter tells, in sentences."""
    @property
    def table(self) -> Table:
        """The modules of all adapters as a table: a row for each, with the columns of modules.csv. Sizes of A (r ×
        fan_in) and B (fan_out × r) are those of entries (rms) and of whole matrices (frobenius, spectral)."""
    @property
    def figure_names(self) -> list[str]:
        """The names of its figures: "depth"."""
    def figure(self, name: str | None = None) -> Figure:
        """A figure of this answer, which a notebook shows. "scaling", or where there is none the first by name, if
        None.

        Raises:
            LoraLimitsError: for a name that it does not have.
        """
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class StatedTraining(_Record):
    """What is known of the training of an adapter."""

    @property
    def lr(self) -> float:
        """η of A; the largest one of a schedule."""
    @property
    def steps(self) -> int:
        """Optimiser steps."""
    @property
    def lr_ratio(self) -> float:
        """η_B/η_A; 1 without LoRA+."""
    @property
    def betas(self) -> tuple[float, float]:
        """Adam's β1 and β2."""
    @property
    def weight_decay(self) -> float:
        """λ of AdamW; 0 without weight decay."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class AdapterDiagnosis(_Record):
    """One adapter."""

    @property
    def dir(self) -> str:
        """Its folder, as it was named."""
    @property
    def init_lora_weights(self) -> str:
        """init_lora_weights of its config."""
    @property
    def findings(self) -> Findings:
        """What is said of it."""
    @property
    def pooled(self) -> PooledMovement | None:
        """Movements over its modules together; None where no start is recognised."""
    @property
    def level(self) -> float:
        """The level of each test of a factor: 0.001 over the number of factors."""
    @property
    def modules(self) -> list[ModuleDiagnosis]:
        """Its modules, by kind, layer and name."""
    @property
    def left_out(self) -> list[LeftOut]:
        """What nothing is said of."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class Findings(_Record):
    """The verdicts on an adapter."""

    @property
    def start(self) -> Finding:
        """How it started: "Init[A]", "Init[B]", "both random", "mixed" or "unknown"."""
    @property
    def declared(self) -> Finding:
        """Whether that is what its config says: "agrees", "contradicts" or "cannot_tell"."""
    @property
    def trained(self) -> Finding:
        """Whether it was trained: "untrained", "partly" or "trained"."""
    @property
    def movement(self) -> Finding:
        """How far the factors moved beside each other: "alike", "zero_start_more", "random_start_still",
        "random_start_more" or "cannot_tell"."""
    @property
    def output(self) -> Finding:
        """How large its output is for inputs with an rms of 1: "nothing", "hardly_acts", "acts" or
        "beyond_order_one"."""
    @property
    def b(self) -> Finding:
        """Whether B is trained enough: "undertrained", "looks_undertrained", "trained" or "cannot_tell"."""
    @property
    def stated(self) -> Finding | None:
        """Whether the stated training can have made it: "possible", "contradicted" or "cannot_tell"; None if none was
        stated."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class Finding(_Record):
    """Something that is said of an adapter."""

    @property
    def verdict(self) -> str:
        """What is said, in a word."""
    @property
    def because(self) -> str:
        """Why, with numbers."""
    @property
    def limit(self) -> str:
        """Where that ends."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class PooledMovement(_Record):
    """Movements of an entry over all modules of one init."""

    @property
    def init(self) -> str:
        """The init: "Init[A]" or "Init[B]"."""
    @property
    def by(self) -> str:
        """By what `random_start` is estimated: "edge", where means of absolute values are compared, or "excess",
        where rms are."""
    @property
    def zero_start(self) -> float:
        """Of the factor that started at zero."""
    @property
    def random_start(self) -> tuple[float, float, float]:
        """Of the factor that started random: the value, the lower end of its range, and the upper one."""
    @property
    def ratio(self) -> tuple[float | None, float, float | None]:
        """The first over the second, with its range; None is infinite."""
    @property
    def modules(self) -> int:
        """Modules that it is over."""
    @property
    def unmoved(self) -> bool:
        """Whether nothing speaks against the start of the random factor in any of them."""
    @property
    def random_rms(self) -> tuple[float, float, float] | None:
        """The rms of an entry's movement of the factor that started random, with its range; None if the mean squares
        are below the law's by more than chance."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class LeftOut(_Record):
    """Tensors or modules of which nothing is said."""

    @property
    def what(self) -> str:
        """What they are, in the plural."""
    @property
    def count(self) -> int:
        """How many there are."""
    @property
    def first(self) -> str:
        """The first of them."""
    @property
    def why(self) -> str:
        """Why nothing is said, or what that does to what is said."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class ModuleDiagnosis(_Record):
    """An adapted module."""

    @property
    def module(self) -> str:
        """Its name in the base model."""
    @property
    def kind(self) -> str:
        """What stands behind the layer's number, such as "self_attn.q_proj"; the whole name outside of the layers."""
    @property
    def layer(self) -> int | None:
        """The number of the layer; None outside of the layers."""
    @property
    def fan_in(self) -> int:
        """Columns of A."""
    @property
    def fan_out(self) -> int:
        """Rows of B."""
    @property
    def r(self) -> int:
        """The rank."""
    @property
    def alpha(self) -> float:
        """α."""
    @property
    def scaling(self) -> float:
        """s."""
    @property
    def a(self) -> FactorDiagnosis:
        """A, r × fan_in."""
    @property
    def b(self) -> FactorDiagnosis:
        """B, fan_out × r."""
    @property
    def product(self) -> Spectrum:
        """s B A, fan_out × fan_in."""
    @property
    def output(self) -> UnitOutput:
        """What that makes of inputs whose entries have an rms of 1."""
    @property
    def start(self) -> ModuleStart:
        """How the factors started."""
    @property
    def movement(self) -> Movement | None:
        """How far they moved; None where it is not known which one started at zero."""
    @property
    def deltas(self) -> PartBounds | None:
        """Bounds on δ1, δ2 and δ3; None where the law of the random factor is not recognised."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class FactorDiagnosis(_Record):
    """A factor beside the laws of a start."""

    @property
    def entries(self) -> int:
        """Number of its entries."""
    @property
    def frobenius(self) -> float:
        """The Frobenius norm."""
    @property
    def rms(self) -> float:
        """The root of the mean square of an entry."""
    @property
    def mean_abs(self) -> float:
        """The mean absolute value of an entry."""
    @property
    def largest(self) -> float:
        """The largest absolute value of an entry."""
    @property
    def spectral(self) -> float:
        """The largest singular value."""
    @property
    def evenness(self) -> float:
        """How evenly its directions are filled: about 1 for independent entries, less for a few directions."""
    @property
    def laws(self) -> list[LawTest]:
        """Its entries beside each law that a start may have; empty for a factor that is zero."""
    @property
    def beyond_edge(self) -> float | None:
        """How far it lies from every start of a uniform law at least, in the Frobenius norm; None without such a law."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class LawTest(_Record):
    """A factor's entries beside one law."""

    @property
    def law(self) -> str:
        """The law: "kaiming_uniform", "gaussian" or "paper"."""
    @property
    def std(self) -> float:
        """Its standard deviation."""
    @property
    def rms_ratio(self) -> float:
        """The entries' rms over it."""
    @property
    def p_rms(self) -> float:
        """How often the law's own entries have an rms as far from the law's."""
    @property
    def shape_ratio(self) -> float:
        """Geary's ratio E|x|/√(E x²) over that of the law."""
    @property
    def p_shape(self) -> float:
        """How often the law's own entries have a ratio as far from the law's."""
    @property
    def outside(self) -> int | None:
        """Entries beyond the edge of a uniform law; None without an edge."""
    @property
    def p(self) -> float:
        """Of all tests together; 0 if an entry is outside."""
    @property
    def fits(self) -> bool:
        """Whether nothing speaks against the law."""
    @property
    def carried(self) -> bool:
        """Whether the rms and the shape do not speak against it, although they could."""
    @property
    def noticeable_rms(self) -> float:
        """The smallest relative change of the rms that is noticed in 95 of 100 factors of this size."""
    @property
    def noticeable_movement(self) -> float | None:
        """The smallest mean movement of an entry that sends one outside in 95 of 100; None without an edge."""
    @property
    def hidden_movement(self) -> float | None:
        """The movement over the edge that 16 bits may hide; None without an edge."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class Spectrum(_Record):
    """The singular values of s B A."""

    @property
    def spectral(self) -> float:
        """The largest one."""
    @property
    def frobenius(self) -> float:
        """The Frobenius norm."""
    @property
    def effective_rank(self) -> float:
        """exp of the entropy of σ²/Σσ²."""
    @property
    def above_a_tenth(self) -> int:
        """Singular values above a tenth of the largest."""
    @property
    def singular_values(self) -> list[float]:
        """All of them, from large to small."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class UnitOutput(_Record):
    """The output of s B A for inputs whose entries have an rms of 1."""

    @property
    def typical(self) -> float:
        """The rms of an output entry for independent input entries."""
    @property
    def largest(self) -> float:
        """The largest rms of any such input."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class ModuleStart(_Record):
    """How a module started."""

    @property
    def looks_like(self) -> str:
        """"Init[A]", "Init[B]", "both random" or "unknown"."""
    @property
    def untrained(self) -> bool:
        """Whether a factor is exactly zero, so that nothing was learned."""
    @property
    def law(self) -> str | None:
        """The law of the random factor, where it was recognised."""
    @property
    def unmoved(self) -> bool:
        """Whether nothing at all speaks against that law."""
    @property
    def because(self) -> str:
        """Why."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class Movement(_Record):
    """How far both factors moved."""

    @property
    def zero_start(self) -> ZeroMovement:
        """The factor that started at zero."""
    @property
    def random_start(self) -> RandomMovement | None:
        """The factor that started random; None where its law is not recognised."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class ZeroMovement(_Record):
    """The movement of the factor that started at zero, exactly."""

    @property
    def frobenius(self) -> float:
        """The Frobenius norm."""
    @property
    def rms(self) -> float:
        """The rms of an entry's movement."""
    @property
    def mean_abs(self) -> float:
        """The mean of an entry's movement."""
    @property
    def largest(self) -> float:
        """The largest movement of an entry."""
    @property
    def allowed(self) -> AllowedMovement | None:
        """Beside what the stated training allows; None if none was stated."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class AllowedMovement(_Record):
    """A movement beside the stated training."""

    @property
    def most(self) -> float:
        """No entry can have moved farther under Adam."""
    @property
    def share(self) -> float:
        """The largest movement over that; above 1 the training was another."""
    @property
    def of_steady(self) -> float:
        """The rms over η times the steps."""
    @property
    def of_random(self) -> float:
        """The rms over η times the root of the steps."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class RandomMovement(_Record):
    """What can be said of the movement of the factor that started random. It takes the law for right."""

    @property
    def rms(self) -> tuple[float, float, float] | None:
        """The rms of an entry's movement, the lower end of its range, and the upper one, from the mean square; None
        where that is below the law's by more than chance."""
    @property
    def mean_abs(self) -> tuple[float, float, float] | None:
        """The mean movement of an entry with its range, from the entries beyond the edge; None without an edge."""
    @property
    def largest_at_least(self) -> float | None:
        """The largest movement of an entry is at least this, for certain."""
    @property
    def frobenius_at_least(self) -> float | None:
        """The Frobenius norm of the movement is at least this, for certain."""
    @property
    def most(self) -> float | None:
        """No entry can have moved farther under Adam with the stated training."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class PartBounds(_Record):
    """Bounds on the largest norm of each part of ΔZ_B over inputs z with ‖z‖ = 1, over the whole training as one
    move."""

    @property
    def total(self) -> float:
        """‖s B A‖, of all parts together; exact."""
    @property
    def zero(self) -> str:
        """The part that is zero: "delta1" or "delta2"."""
    @property
    def start_part(self) -> str:
        """The part through the start: the other one."""
    @property
    def start_typical(self) -> float:
        """The rms of its norm over all z, if the start were independent of the rest."""
    @property
    def start_at_most(self) -> float:
        """Its largest norm is at most this."""
    @property
    def delta3_at_least(self) -> float:
        """δ3 has a largest norm of at least this."""
    @property
    def delta3_at_most(self) -> float:
        """And of at most this."""
    @property
    def last_step(self) -> StepBounds | None:
        """Of the last step, with a stated training; None without one."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class StepBounds(_Record):
    """Bounds on the parts of ΔZ_B in one step under Adam."""

    @property
    def delta1(self) -> float:
        """‖s B ΔA‖."""
    @property
    def delta2(self) -> float:
        """‖s ΔB A‖."""
    @property
    def delta3(self) -> float:
        """‖s ΔB ΔA‖."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class Limit(_Record):
    """The constants of every readout and init that was asked for: the c in η = c n^γ as n → ∞."""

    @property
    def schema(self) -> int:
        """Version of the document."""
    @property
    def experiment(self) -> str:
        """Short name of the experiment."""
    @property
    def title(self) -> str:
        """Its title."""
    @property
    def quick(self) -> bool:
        """Whether its sizes are the quick ones."""
    @property
    def seeds(self) -> list[int]:
        """Seeds."""
    @property
    def level(self) -> float:
        """Confidence level of all intervals over seeds."""
    @property
    def coupled_width(self) -> int:
        """n of the runs from which the limit takes what stays random in it."""
    @property
    def neurons(self) -> int:
        """Neurons of the quadrature, on each side and in each replicate."""
    @property
    def loss_neurons(self) -> int:
        """Neurons over which the lowest loss is solved."""
    @property
    def replicates(self) -> int:
        """Replicates of the quadrature."""
    @property
    def score(self) -> str:
        """What is minimised."""
    @property
    def stability_bound(self) -> float:
        """The bound on the rms of Z_B."""
    @property
    def readouts(self) -> list[ReadoutLimit]:
        """One entry for each readout exponent."""
    @property
    def settings(self) -> dict[str, Any]:
        """Every key of the experiment."""
    @property
    def table(self) -> Table:
        """The constants as a table: a row for each readout and init."""
    @property
    def figure_names(self) -> list[str]:
        """The names of its figures: "loss-a1-2" for the readout a = 1/2, and so on."""
    def figure(self, name: str | None = None) -> Figure:
        """A figure of this answer, which a notebook shows. "scaling", or where there is none the first by name, if
        None.

        Raises:
            LoraLimitsError: for a name that it does not have.
        """
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class ReadoutLimit(_Record):
    """The constants with one readout exponent."""

    @property
    def readout(self) -> Fraction:
        """a in W_out ~ N(0, n^-2a)."""
    @property
    def inits(self) -> dict[str, Constants | NoLimit]:
        """By init: its constants, or why it has none."""
    @property
    def lower_loss(self) -> LowerLoss | NotCompared | None:
        """Which of Init[A] and Init[B] ends lower, or why they are not compared; None unless both have a
        limit."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class NoLimit(_Record):
    """Why an init has no limit."""

    @property
    def no_limit(self) -> str:
        """Which quantity does what."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class Constants(_Record):
    """The constants of one init. Means over seeds are geometric."""

    @property
    def gamma(self) -> Fraction:
        """γ in η = c n^γ."""
    @property
    def dynamics(self) -> str:
        """How A and B move, in words."""
    @property
    def c_opt(self) -> float | None:
        """The c with the lowest loss; None if a seed has none."""
    @property
    def c_opt_interval(self) -> tuple[float, float] | None:
        """Its interval over seeds; None of a bound."""
    @property
    def c_opt_bound(self) -> str | None:
        """"at_least" or "at_most", where `c_opt` is a bound."""
    @property
    def bracketed(self) -> bool:
        """Whether every seed has it inside the c that were tried."""
    @property
    def basin(self) -> BasinOver:
        """The c whose loss is within the tolerance of the lowest."""
    @property
    def c_stable(self) -> float | None:
        """The largest c at which Z_B stays under the bound at every step."""
    @property
    def c_stable_interval(self) -> tuple[float, float] | None:
        """Its interval over seeds; None of a bound."""
    @property
    def c_stable_bound(self) -> str | None:
        """"at_least" or "at_most", where `c_stable` is a bound."""
    @property
    def c_stable_bracketed(self) -> bool:
        """Whether every seed has it inside the c that were tried."""
    @property
    def c_stable_remark(self) -> str | None:
        """Why there is no c_stable, or for which width it stands."""
    @property
    def loss(self) -> LossOver:
        """The lowest loss."""
    @property
    def loss_reliable(self) -> bool:
        """Whether the loss has a value with a quadrature error of at most 25%."""
    @property
    def seeds(self) -> list[SeedConstants]:
        """Of every seed."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class BasinOver(_Record):
    """A basin; its ends are geometric means over seeds."""

    @property
    def lower(self) -> float | None:
        """Its lower end."""
    @property
    def upper(self) -> float | None:
        """Its upper end."""
    @property
    def complete(self) -> bool:
        """Whether both ends were seen for every seed."""
    @property
    def resolved(self) -> bool:
        """Whether the quadrature error of the loss is at most the basin's tolerance."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class LossOver(_Record):
    """The lowest losses of the seeds."""

    @property
    def value(self) -> float | None:
        """Geometric mean."""
    @property
    def interval(self) -> tuple[float, float] | None:
        """Its interval over seeds."""
    @property
    def quadrature_error(self) -> float | None:
        """The quadrature error of one seed's loss, relative to it."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class SeedConstants(_Record):
    """What one seed says."""

    @property
    def seed(self) -> int:
        """The seed."""
    @property
    def c_opt(self) -> float | None:
        """The c with the lowest loss, between those that were tried."""
    @property
    def bracketed(self) -> bool:
        """Whether it is inside the c that were tried."""
    @property
    def basin(self) -> tuple[float, float] | None:
        """Ends of the basin."""
    @property
    def c_stable(self) -> float | None:
        """The largest c at which Z_B stays under the bound."""
    @property
    def c_stable_status(self) -> str | None:
        """Where it lies beside the c that were tried: "bracketed", "all_stable" or "none_stable"."""
    @property
    def c_best(self) -> float | None:
        """The best of the c that were tried."""
    @property
    def loss(self) -> float | None:
        """The loss there, over `loss_neurons`."""
    @property
    def error(self) -> float | None:
        """Its quadrature error."""
    @property
    def runs(self) -> int:
        """Limits that the search solved."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class LowerLoss(_Record):
    """Init[A] beside Init[B], each at its own best c."""

    @property
    def ratio(self) -> float:
        """Geometric mean over seeds of the loss under Init[A] over that under Init[B]."""
    @property
    def interval(self) -> tuple[float, float] | None:
        """Its interval over seeds, widened by the quadrature errors of both losses."""
    @property
    def interval_over_seeds(self) -> tuple[float, float] | None:
        """The interval over seeds alone."""
    @property
    def lower(self) -> str | None:
        """The init that ends lower; None where the widened interval holds 1 or is missing."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class NotCompared(_Record):
    """Why two inits are not compared."""

    @property
    def not_compared(self) -> str:
        """Which, and what is wrong with its loss."""
    def to_dict(self) -> dict[str, Any]:
        """The JSON document that the command line prints of it, as plain objects: exact numbers are text."""

@final
class Sweep(_Record):
    """A finished sweep."""

    @property
    def directory(self) -> str:
        """The folder that holds it."""
    @property
    def summary(self) -> Summary:
        """What follows from it, as summary.json holds it."""
    @property
    def runs(self) -> Table:
        """A row for each run, as runs.csv holds it: losses in units of the targets' squares, rms and mean
        norms of Z_A and Z_B after the last step."""
    @property
    def steps(self) -> Table:
        """A row for each recorded step of each run, as trajectories.csv holds it, in f32."""
    @property
    def modules(self) -> Table:
        """A row for each adapted module of each run of a transformer; no rows of the synthetic network."""
    @property
    def limits(self) -> Table:
        """A row for each run of the limit n = ∞, as limits.csv holds it, in units of n^z_a_power and n^z_b_power; no
        rows without "inf" among the widths."""
    @property
    def figures(self) -> list[str]:
        """The pictures of the figures."""
    @property
    def trained(self) -> int:
        """Runs that this call trained."""
    @property
    def kept(self) -> int:
        """Runs that the folder kept."""
    @property
    def final_test(self) -> str:
        """What the final test has found, in words; empty where there is none."""
    @property
    def time(self) -> str:
        """How long it took, on what."""
    @property
    def notes(self) -> list[str]:
        """What there is to know besides."""
    @property
    def figure_names(self) -> list[str]:
        """The names of its figures."""
    def figure(self, name: str | None = None) -> Figure:
        """A figure from the folder, which a notebook shows. "scaling" if None.

        Raises:
            LoraLimitsError: for a name that it does not have.
            OSError: if the folder is no longer there.
        """

def predict(
    *,
    init: _Init | None = None,
    std_a_exponent: _Number | None = None,
    std_b_exponent: _Number | None = None,
    readout: _Number | None = None,
    optimizer: _Optimizer = "adam",
    train: _Factor | Sequence[_Factor] = ("A", "B"),
    lr_exponent: _Number | None = None,
    lr_ratio_exponent: _Number | None = None,
    lr_a_exponent: _Number | None = None,
    lr_b_exponent: _Number | None = None,
    rank_exponent: _Number = 0,
    multiplier_rank: _Number = 0,
    multiplier_width: _Number = 0,
    steps: int = 4,
    layer: bool = False,
    limit: _Path | None = None,
    width: int | None = None,
) -> list[Prediction]:
    """The exponents that the theory predicts, one entry for each initialisation. Nothing is trained.

    Exponents are exact: give an int, a text such as "-3/4" or "0.5", a Fraction, or a float of few
    decimals.

    Args:
        init: "A" (A random, B = 0), "B" (the reverse) or "AB"; Init[A] and Init[B] if None.
        std_a_exponent: in place of an init, x in the standard deviation n^x of the entries of A_0, r × n, or
            "zero".
        std_b_exponent: the same of B_0, n × r.
        readout: a in W_out ~ N(0, n^-2a); 1/2, the standard one, if None. 1 is muP's.
        optimizer: "adam", "adamw", "signsgd" or "sgd".
        train: the factors that train.
        lr_exponent: γ of η = n^γ at which to show everything; the critical ones if None.
        lr_ratio_exponent: λ in η_A = η and η_B = n^λ η, as in LoRA+.
        lr_a_exponent: fixes η_A = n^γ_A.
        lr_b_exponent: fixes η_B = n^γ_B.
        rank_exponent: ρ in the rank r = n^ρ, from 0 (a fixed rank) to 1.
        multiplier_rank: τ in the multiplier s = n^σ r^-τ: 1 for α/r, 1/2 for rsLoRA.
        multiplier_width: σ in it.
        steps: symbolic steps; more than 4 matter for SGD alone.
        layer: the LoRA layer alone, with an outside backward signal of order one.
        limit: a folder that `limit` wrote, whose constants give the learning rate itself; if None those of paper,
            which come with the package.
        width: n at which they give it; that of the limit if None.

    Raises:
        LoraLimitsError: if arguments contradict each other or an exponent is out of range.
    """

def phase_map(
    init: _Init | None = None,
    *,
    from_exponent: _Number = "-3/2",
    to_exponent: _Number = 0,
    std_a_exponent: _Number | None = None,
    std_b_exponent: _Number | None = None,
    readout: _Number | None = None,
    optimizer: _Optimizer = "adam",
    train: _Factor | Sequence[_Factor] = ("A", "B"),
    lr_ratio_exponent: _Number | None = None,
    rank_exponent: _Number = 0,
    multiplier_rank: _Number = 0,
    multiplier_width: _Number = 0,
    steps: int = 4,
    layer: bool = False,
) -> PhaseMap:
    """What every exponent γ of η = n^γ does to one initialisation as n → ∞. Nothing is trained.

    Args:
        init: "A", "B" or "AB".
        from_exponent: lower end of the γ line.
        to_exponent: upper end.
        std_a_exponent, std_b_exponent, readout, optimizer, train, lr_ratio_exponent, rank_exponent,
            multiplier_rank, multiplier_width, steps, layer: the setting, as `predict` has it.

    Raises:
        LoraLimitsError: if arguments contradict each other, or if the range is empty.
    """

def transfer(
    *,
    from_width: int | None = None,
    from_lr: _Number | None = None,
    from_run: _Path | None = None,
    to_width: int | None = None,
    from_rank: int | None = None,
    to_rank: int | None = None,
    multiplier: Literal["constant", "sqrt", "inverse"] | None = None,
    from_alpha: _Number | None = None,
    to_alpha: _Number | None = None,
    rslora: bool = False,
    lora_plus_ratio: _Number | None = None,
    to_lora_plus_ratio: _Number | None = None,
    exponent: _Number | None = None,
    exponent_interval: tuple[_Number, _Number] | None = None,
    rule: Literal["tinker-llama", "tinker-qwen"] | None = None,
    rank_exponent: _Number | None = None,
    rank_exponent_interval: tuple[_Number, _Number] | None = None,
    init: _Init = "A",
    goal: _Goal = "optimal",
    readout: _Number | None = None,
    optimizer: _Optimizer | None = None,
) -> Transfer:
    """Carries a learning rate to a model of another width, rank, alpha or LoRA+ ratio. Nothing is trained.

    Between measured widths and ranks it interpolates, beyond them it follows the fitted power, and where
    nothing was measured the theory's.

    Args:
        from_width: n of the model whose learning rate is known.
        from_lr: that learning rate η; of A where the factors have different ones.
        from_run: the folder of a finished run, whose widths take the place of the stored measurements. Without
            from_width and from_lr it starts from the run's own learning rate at its width nearest to to_width.
        to_width: n of the other model; the same if None.
        from_rank: LoRA rank r of the first model; 4 if None.
        to_rank: r of the other; the same if None.
        multiplier: how s goes with the rank: "inverse" (α/r), "sqrt" (α/√r) or "constant".
        from_alpha: PEFT's lora_alpha of the first model: s = alpha/r, or alpha/√r with rslora.
        to_alpha: of the other; the same if None.
        rslora: both models have s = alpha/√r.
        lora_plus_ratio: η_B/η_A of the first model.
        to_lora_plus_ratio: of the other; the same if None.
        exponent: your own exponent of the width, in place of ours.
        exponent_interval: its interval, the lower end first.
        rule: a public rule in place of an exponent: "tinker-llama" (n^-0.781) or "tinker-qwen" (n^-0.0775).
        rank_exponent: your own exponent of the rank.
        rank_exponent_interval: its interval.
        init: "A", "B" or "AB": which factor starts random.
        goal: "optimal" for the learning rate that trains best, "stable" for the largest with Z_B = O(1).
        readout: a in W_out ~ N(0, n^-2a); 1/2 if None.
        optimizer: "adam", "adamw", "signsgd" or "sgd"; "adam" if None.

    Warns:
        UserWarning: of a run of an older version, whose tables cannot be checked.

    Raises:
        LoraLimitsError: for a request that contradicts itself, that has no safe answer, or whose run is damaged.
        OSError: for a file that cannot be read.
    """

def advise(
    peft_config: _Config,
    model_config: _Config,
    *,
    from_peft: _Config | None = None,
    from_model: _Config | None = None,
    from_lr: _Number | None = None,
    goal: _Goal = "optimal",
    readout: _Number | None = None,
) -> Advice:
    """Says how a PEFT config starts, what the theory makes of it, and which learning rate it wants. No weight is
    read and nothing is trained.

    A config is an object with to_dict() (PEFT's LoraConfig, a config of transformers), a dict, or the path of its
    JSON file or folder.

    Args:
        peft_config: of the adapter.
        model_config: of the base model.
        from_peft: the config for which a learning rate is known; the same if None.
        from_model: the base for which it is known; the same if None.
        from_lr: that learning rate η, which is taken to be right.
        goal: "optimal" if it is the one that trains best, "stable" if it is the largest with Z_B = O(1).
        readout: a in W_out ~ N(0, n^-2a); 1/2 if None.

    Raises:
        LoraLimitsError: for a config that is at fault, and for a request to which no answer is safe.
        OSError: for a file that cannot be read.
    """

def diagnose(
    adapters: _Path | Iterable[_Path],
    *,
    lr: _Number | None = None,
    steps: int | None = None,
    lr_ratio: _Number | None = None,
    betas: tuple[_Number, _Number] | None = None,
    weight_decay: _Number | None = None,
    threads: int | None = None,
    out: _Path | None = None,
) -> Diagnosis:
    """Says how trained PEFT adapters started, how far their factors moved and what they do. No base model is read and
    nothing is trained.

    A folder holds adapter_config.json and adapter_model.safetensors, as PEFT's save_pretrained writes them.

    Args:
        adapters: the path of a folder, or several of them.
        lr: η of the training, of A with LoRA+; the largest one of a schedule.
        steps: its optimiser steps. With both, movements are compared with what Adam could do.
        lr_ratio: η_B/η_A, PEFT's loraplus_lr_ratio; 1 if None.
        betas: Adam's β1 and β2; (0.9, 0.999) if None.
        weight_decay: λ of AdamW, which decays both factors; 0 if None.
        threads: threads to compute on, 1 to 1024; all cores if None. The answer does not depend on it.
        out: a folder for diagnosis.json, modules.csv, the figure and a page.

    Raises:
        LoraLimitsError: for an adapter that is damaged, and for arguments that contradict each other.
        OSError: for a file or a folder that cannot be read or written.
    """

def judge(
    table: _Path | Mapping[str, Iterable[Any]] | _ArrowStream,
    *,
    by: Sequence[str] = (),
    ignore_columns: Sequence[str] = (),
    higher_is_better: bool | _Number | None = None,
    init: _Init | None = None,
    basin: _Number = 0.1,
    stability_bound: _Number = 10.0,
    width_column: str | None = None,
    lr_column: str | None = None,
    loss_column: str | None = None,
    init_column: str | None = None,
    seed_column: str | None = None,
    rank_column: str | None = None,
    module_column: str | None = None,
    run_column: str | None = None,
    step_column: str | None = None,
    zb_column: str | None = None,
    readout: _Number | None = None,
    optimizer: _Optimizer | None = None,
    train: _Factor | Sequence[_Factor] | None = None,
    lr_ratio_exponent: _Number | None = None,
    rank_exponent: _Number | None = None,
    multiplier_rank: _Number | None = None,
    multiplier_width: _Number | None = None,
    layer: bool = False,
    threads: int | None = None,
    out: _Path | None = None,
) -> Judgement:
    """Judges a table of runs of any framework: optima, exponents with intervals, and verdicts. Nothing is trained.

    A row is a run, with a width n, a learning rate η and a loss. It may have the init, the seed, the rank, the
    module, the step and rms sizes of features too. Columns are found by their usual names.

    Args:
        table: the path of a CSV or Parquet file, a dict of columns, or a data frame of pandas, polars or pyarrow
            (anything with __arrow_c_stream__).
        by: further columns whose values are judged separately.
        ignore_columns: columns from which nothing is taken.
        higher_is_better: True or the best value if higher losses are better, False if lower ones are; by the
            column's name if None.
        init: "A", "B" or "AB" for a table without a column of inits; "A" if None.
        basin: the basin holds the losses up to 1 + this times the best.
        stability_bound: the rms of Z_B that a stable run stays under.
        width_column, lr_column, loss_column, init_column, seed_column, rank_column, module_column, run_column,
            step_column, zb_column: columns with names of their own.
        readout, optimizer, train, lr_ratio_exponent, rank_exponent, multiplier_rank, multiplier_width, layer: the
            setting whose predictions are compared, as `predict` has it; none if all are left out.
        threads: threads to compute on, 1 to 1024; all cores if None. The answer does not depend on it.
        out: a folder for judged.json, the figures and a page for each setting.

    Raises:
        LoraLimitsError: for a table that cannot be judged, for arguments that contradict each other, and for a folder of
            something else.
        OSError: for a file that cannot be read, and a folder that cannot be written.
    """

def limit(
    experiment: dict[str, Any] | _Path | None = None,
    *,
    quick: bool = False,
    set: Sequence[str] = (),
    readout: _Number | Sequence[_Number] | None = None,
    lr_exponent: _Number | None = None,
    width: int | None = None,
    neurons: int | None = None,
    loss_neurons: int | None = None,
    replicates: int | None = None,
    threads: int | None = None,
    out: _Path | None = None,
    progress: _Progress = True,
) -> Limit:
    """Solves the limit n → ∞ of the synthetic network's training at η = c n^γ, and finds the best and the largest
    stable c of each init. No network is trained. It stops at Ctrl-C.

    Args:
        experiment: a dict of sections, the path of a TOML file, or the name of one in experiments/; the paper's if
            None.
        quick: small sizes, in seconds.
        set: "key=value" pairs put over the experiment, such as "training.steps=50".
        readout: a in W_out ~ N(0, n^-2a), or several; that of the experiment if None.
        lr_exponent: γ in η = c n^γ; the critical exponent of each init if None.
        width: n of the runs from which the limit takes what stays random in it.
        neurons: neurons of the quadrature, an even number.
        loss_neurons: neurons over which the lowest loss is solved, 4, 8, 12, … times as many; 4 times as many if None.
        replicates: times that the quadrature is repeated, at least two.
        threads: threads to compute on, 1 to 1024; all cores if None. The answer does not depend on it.
        out: a folder for limit.json, limit.csv, manifest.json and the figures.
        progress: True for a line on standard error, False for nothing, or a callable that takes the share that is
            done, from 0 to 1, and a line.

    Raises:
        LoraLimitsError: for an experiment or an argument that is wrong, and for want of memory.
        OSError: for a file or a folder that cannot be read or written.
    """

def sweep(
    experiment: dict[str, Any] | _Path | None = None,
    *,
    name: str | None = None,
    out: _Path | None = None,
    quick: bool = False,
    set: Sequence[str] = (),
    engine: Literal["auto", "cpu", "cuda"] = "auto",
    threads: int | None = None,
    fresh: bool = False,
    progress: _Progress = True,
) -> Sweep:
    """Runs an experiment: trains what its folder does not keep, writes tables and figures, and returns the results.

    It stops at Ctrl-C. Every finished run is kept, so that the same call goes on where it was. The batch that trains
    goes on after the call, and is kept, too: a new call in its folder waits for it, and so does the end of the
    interpreter, unless a second Ctrl-C gives it up.

    Args:
        experiment: a dict of sections such as {"model": {"widths": [64, 128]}}, the path of a TOML file, or the name
            of one in experiments/; the paper's if None.
        name: the short name of an experiment that is a dict, such as "tiny".
        out: the folder; runs/NAME if None, or runs/NAME-quick. A dict needs it or a name.
        quick: small sizes, to see everything work.
        set: "key=value" pairs put over the experiment, such as "training.steps=400".
        engine: "auto", "cpu" or "cuda".
        threads: threads to compute on, 1 to 1024; all cores if None. Results do not depend on it.
        fresh: deletes the runs that the folder keeps.
        progress: True for a line on standard error, False for nothing, or a callable that takes the share that is
            done, from 0 to 1, and a line.

    Raises:
        LoraLimitsError: for an experiment that is wrong, a folder of something else, and for want of memory.
        OSError: for a file or a folder that cannot be read or written.
    """
