"""What every family of distributions can do."""

from __future__ import annotations

import abc
import re
from dataclasses import fields
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from popsim.errors import ParameterError, Problem

__all__ = ["Family", "Floats", "check_finite", "check_relation", "parse_quantiles"]

Floats = NDArray[np.float64]


class Family(abc.ABC):
    """A distribution of one uncertain quantity; children are frozen dataclasses, one per file.

    A child names itself by `family` (the word used in TOML), gives its quantile function from below (`ppf`) and from
    above (`isf`, so that the upper tail keeps its digits), and says where that function is not smooth (`kinks`) or
    jumps (`jumps`). Everything else popsim needs of a distribution follows from these.
    """

    family: ClassVar[str]
    """The word for this family in TOML, such as ``"lognormal"``."""

    summary: ClassVar[str]
    """One line: what it is for when costs are described."""

    @abc.abstractmethod
    def ppf(self, probability: ArrayLike) -> Floats:
        """Quantile: the value that is not exceeded with the given probability (0 to 1); NaN outside."""

    @abc.abstractmethod
    def isf(self, probability: ArrayLike) -> Floats:
        """Upper quantile: the value exceeded with the given probability, exact for small ones; NaN outside 0 to 1."""

    @abc.abstractmethod
    def cdf(self, value: ArrayLike) -> Floats:
        """Probability that the quantity is at most `value`."""

    @abc.abstractmethod
    def mean(self) -> float:
        """Expected value."""

    @abc.abstractmethod
    def std(self) -> float:
        """Standard deviation; infinity where it does not exist."""

    @abc.abstractmethod
    def support(self) -> tuple[float, float]:
        """Smallest and largest possible value."""

    @abc.abstractmethod
    def mode(self) -> float:
        """Most likely value; each family says what it means by it where the density has no single peak."""

    def kinks(self) -> tuple[float, ...]:
        """Probabilities, rising, inside (0, 1), at which the quantile function is continuous but not smooth."""
        return ()

    def jumps(self) -> tuple[Floats, Floats] | None:
        """For a family of separate values: cumulative probabilities (the last is 1) and rising values; else None."""
        return None

    def standard(self) -> tuple[Family, float, float]:
        """Split off location and scale: ``(shape, location, scale)`` with self = location + scale x shape, scale > 0.

        Quantities whose `shape` is equal share one table in the sampling core. The default keeps everything in shape.
        """
        return self, 0.0, 1.0

    def parameters(self) -> dict[str, Any]:
        """Parameters by name, as they would stand in TOML."""
        return {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]

    @classmethod
    def from_quantiles(cls, **quantiles: float) -> Self:
        """Fit exactly to quantiles named ``p05=..., p50=..., p95=...``; families that cannot, refuse.

        Raises
        ------
        ParameterError
            When the family does not take quantiles, or not these.
        """
        raise ParameterError(
            Problem(
                f"{cls.__name__}.from_quantiles",
                ", ".join(f"{name}={value}" for name, value in quantiles.items()),
                f"parameters by name: {', '.join(field.name for field in fields(cls))}",  # type: ignore[arg-type]
                "a lognormal takes two quantiles, a metalog three or more",
            )
        )

    @classmethod
    def examples(cls) -> tuple[Family, ...]:
        """Instances that span the family, extremes included: the conformance tests and benchmarks run on them."""
        raise TypeError(f"{cls.__name__} names no examples")

    def reference(self) -> Any:
        """An independent frozen scipy.stats distribution with the same law; None where scipy has none."""
        return None


_QUANTILE_NAME = re.compile(r"p(\d{2,})")


def parse_quantiles(cls: type[Family], quantiles: dict[str, float], counts: tuple[int, ...]) -> list[tuple[float, float]]:
    """Read ``p05=1.0, p95=9.0`` into rising (probability, value) pairs; ``p5``, ``p05``... ``p995`` is 0.995.

    Raises
    ------
    ParameterError
        For a name that is no quantile, a count that the family cannot honour, values that are not finite or not rising.
    """
    problems: list[Problem] = []
    pairs: list[tuple[float, float]] = []
    for name, value in quantiles.items():
        match = _QUANTILE_NAME.fullmatch(name)
        probability = float(f"0.{match[1]}") if match else 0.0
        if not 0.0 < probability < 1.0:
            problems.append(
                Problem(f"{cls.__name__}.from_quantiles", name, "pNN with at least two digits, such as p05, p50, p995")
            )
            continue
        problems += check_finite(cls, **{name: value})
        pairs.append((probability, float(value)))
    pairs.sort()
    if not problems and len(pairs) not in counts:
        wanted = " or ".join(str(count) for count in counts)
        problems.append(
            Problem(f"{cls.__name__}.from_quantiles", f"{len(pairs)} quantiles", f"{wanted} quantiles for this family")
        )
    if not problems and any(b[1] <= a[1] or b[0] <= a[0] for a, b in zip(pairs, pairs[1:], strict=False)):
        found = ", ".join(f"p{probability:.10g}".replace("p0.", "p") + f"={value:.10g}" for probability, value in pairs)
        problems.append(Problem(f"{cls.__name__}.from_quantiles", found, "values that rise with their probability"))
    if problems:
        raise ParameterError(problems)
    return pairs


def check_finite(cls: type[Family], **values: float) -> list[Problem]:
    """List the values that are not finite numbers."""
    return [
        Problem(f"{cls.__name__}({name})", repr(value), "a finite number")
        for name, value in values.items()
        if not isinstance(value, int | float | np.integer | np.floating)
        or isinstance(value, bool)
        or not np.isfinite(value)
    ]


def check_relation(cls: type[Family], holds: bool, relation: str, **values: float) -> list[Problem]:
    """List one problem, naming the relation and the values that break it, unless it holds."""
    if holds:
        return []
    found = ", ".join(f"{name} = {value:.10g}" for name, value in values.items())
    return [Problem(f"{cls.__name__}({', '.join(values)})", found, relation)]
