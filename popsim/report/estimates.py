"""Simulated figures with their Monte Carlo errors, and the place at which each is rounded."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import update_wrapper
from typing import Any, Concatenate, ParamSpec, TypeVar

import xarray as xr

from popsim.errors import Problem, RunError

_QUADRATURE = 1e-6
"""Relative error of the means that the plan computes by quadrature."""

S = TypeVar("S")
T = TypeVar("T")
P = ParamSpec("P")


@dataclass(frozen=True)
class Measured:
    """A simulated figure and its Monte Carlo standard error, in the study's currency; unpacks into these two."""

    value: float
    error: float
    finest: float = 0.0
    """Place value of the last digit that is printed of it, wherever it is printed; 0 where only its error counts."""

    def __iter__(self) -> Iterator[float]:
        """Return the value and its error."""
        return iter((self.value, self.error))

    @property
    def is_known(self) -> bool:
        """Whether the scenarios suffice to know the figure at all."""
        return math.isfinite(self.error)


def exact_mean(value: float, finest: float = 0.0) -> Measured:
    """Return a mean that is known by formula, to the accuracy of its quadrature."""
    return Measured(value, _QUADRATURE * abs(value), finest)


class Estimates:
    """Figures of a dataset by label, each beside its ``_error``; xarray's own look-up takes too long for a report."""

    def __init__(self, dataset: xr.Dataset) -> None:
        self.dataset = dataset
        self._places = {
            str(name): {label: place for place, label in enumerate(labels.values.tolist())}
            for name, labels in dataset.coords.items()
            if labels.dims == (name,)
        }
        self._arrays: dict[str, tuple[tuple[Any, ...], Any]] = {}

    def number(self, name: str, **where: object) -> float:
        """Return a figure at labels of all its dimensions."""
        if name not in self._arrays:
            variable = self.dataset.variables[name]
            self._arrays[name] = variable.dims, variable.values
        dims, values = self._arrays[name]
        return float(values[tuple(self._places[dim][where[dim]] for dim in dims)])

    def at(self, name: str, **where: object) -> Measured:
        """Return a figure and its error at labels of all its dimensions."""
        return Measured(self.number(name, **where), self.number(f"{name}_error", **where))

    def quantile(self, name: str, probability: float, **where: object) -> Measured:
        """Return a quantile of a variable and its error.

        Raises
        ------
        RunError
            When the dataset has no quantile of this probability.
        """
        levels = self._places["quantile"]
        level = min(levels, key=lambda known: abs(float(str(known)) - probability))
        if abs(float(str(level)) - probability) > 1e-9:
            known = ", ".join(f"{each:g}" for each in levels)
            raise RunError(Problem("summary", ("quantile",), f"{probability:g}", f"one of {known}"))
        return self.at(f"{name}_quantile", quantile=level, **where)

    def cells(self, name: str) -> list[tuple[float, float]]:
        """Return a variable with its errors at all labels."""
        values = self.dataset.variables[name]
        errors = self.dataset.variables[f"{name}_error"].transpose(*values.dims)
        return list(zip(values.values.ravel().tolist(), errors.values.ravel().tolist(), strict=True))


def once(method: Callable[Concatenate[S, P], T]) -> Callable[Concatenate[S, P], T]:
    """Remember what a method returns, for each set of positional arguments, as long as its object lives."""
    name = f"_{method.__name__}_known"

    def remembered(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        known = self.__dict__.setdefault(name, {})
        if args not in known:
            known[args] = method(self, *args, **kwargs)
        result: T = known[args]
        return result

    return update_wrapper(remembered, method)
