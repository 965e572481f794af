"""Families that give a series of their quantiles are believed only as far as neighbours and probabilities agree."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pytest

from popsim.errors import PlanError
from popsim.families import Beta, Family, Gamma, Uniform
from popsim.families.series import gamma_series
from popsim.layout import PIECES
from popsim.plan.tables import make_table
from popsim.plan.tables.members import Members
from popsim.plan.tables.pieces import from_series

from .test_tables_batches import DENSE, MARGIN, worst

WIDTH = float(np.ptp(Gamma(3.5, 1.0).ppf([0.05, 0.95])))


class Wrong(Gamma):
    """Gamma whose series is wrong in one way."""

    kind: ClassVar[str] = "not wrong"

    def taylor(self, z: np.ndarray, order: int, logarithm: bool) -> np.ndarray:
        right = super().taylor(z, order, logarithm)
        if self.kind == "one inverse":
            moved = z.copy()
            moved[9] += 1e-7
            return super().taylor(moved, order, logarithm)
        if self.kind == "another law":
            pairs = zip(self.shape.ravel(), self.scale.ravel(), strict=True)
            return Gamma.stack([Gamma(a * (1 + 1e-7), b) for a, b in pairs]).taylor(z, order, logarithm)
        if self.kind == "another density":
            return gamma_series(self.shape * (1 + 1e-6), z, Gamma.taylor(self, z, 1, False)[0], order, logarithm)
        if self.kind == "jump between pieces":
            right[0, :, 8:] += 1e-8 * WIDTH
        elif self.kind == "all too high":
            right[0] += 1e-8 * WIDTH
        elif self.kind == "all too low":
            right[0] -= 1e-8 * WIDTH
        elif self.kind == "cut short":
            right[10:] = 0.0
        elif self.kind == "one term":
            right[12:, :, 5] *= 1.3
        elif self.kind == "no number":
            right[3, :, 2] = np.nan
        return right


def with_kind(kind: str) -> Family:
    cls = type("Wrong", (Wrong,), {"kind": kind})
    return cls(3.5, 1.0)


WAYS = (
    "one inverse",
    "another law",
    "another density",
    "jump between pieces",
    "all too high",
    "all too low",
    "no number",
)


def test_a_right_series_is_taken() -> None:
    (table,) = from_series(Members([with_kind("not wrong")], [()]))
    assert table is not None
    assert table.kind == PIECES


@pytest.mark.parametrize("kind", WAYS)
def test_a_wrong_series_is_not_taken_and_the_quantiles_decide(kind: str) -> None:
    family = with_kind(kind)
    assert from_series(Members([family], [()])) == [None]
    # Made from the quantiles, which are right.
    assert worst(family, make_table(family)) <= MARGIN


@pytest.mark.parametrize("kind", ["cut short", "one term"])
def test_what_is_taken_in_spite_of_a_wrong_term_is_within_tolerance(kind: str) -> None:
    family = with_kind(kind)
    assert worst(family, make_table(family)) <= MARGIN


def test_probabilities_that_contradict_the_series_are_heard() -> None:
    class Contradiction(Gamma):
        def _cdf(self, x):  # type: ignore[no-untyped-def]
            return super()._cdf(x * (1.0 + 1e-7))

        def taylor(self, z: np.ndarray, order: int, logarithm: bool) -> np.ndarray:
            return super().taylor(z, order, logarithm)

    assert Contradiction.has_taylor()
    assert from_series(Members([Contradiction(3.5, 1.0)], [()])) == [None]


def test_a_child_that_moves_its_quantiles_gets_a_table_of_these() -> None:
    class Moved(Beta):
        def _ppf(self, p):  # type: ignore[no-untyped-def]
            return super()._ppf(p) * 1.5

        def _isf(self, q):  # type: ignore[no-untyped-def]
            return super()._isf(q) * 1.5

        def support(self) -> tuple[float, float]:
            return 0.0, 1.5

    family = Moved(2.0, 3.0)
    assert worst(family, make_table(family)) <= MARGIN


class Hidden(Uniform):
    """Uniform with something that it does not declare: a kink, or a jump, of a given size at probability 0.3."""

    kink: ClassVar[float] = 0.0
    jump: ClassVar[float] = 0.0

    def _ppf(self, p):  # type: ignore[no-untyped-def]
        return p + self.kink * np.maximum(p - 0.3, 0.0) + self.jump * (p > 0.3)

    def _isf(self, q):  # type: ignore[no-untyped-def]
        return self._ppf(1.0 - q)

    def support(self) -> tuple[float, float]:
        return 0.0, float(self._ppf(np.array(1.0)))


@pytest.mark.parametrize("size", [1e-5, 1e-3, 1.0])
def test_a_kink_that_is_not_declared_is_refined(size: float) -> None:
    family = type("Kinked", (Hidden,), {"kink": size})(0.0, 1.0)
    assert worst(family, make_table(family)) <= MARGIN


@pytest.mark.parametrize("size", [1e-7, 1e-4, 1.0])
def test_a_jump_that_is_not_declared_is_refused(size: float) -> None:
    family = type("Jumping", (Hidden,), {"jump": size})(0.0, 1.0)
    with pytest.raises(PlanError, match="polynomials"):
        make_table(family)


def test_what_lies_between_all_points_is_not_seen() -> None:
    """The limit of any check by points: a bump that is narrower than their distance, here 2e-4 of a score."""

    class Bump(Uniform):
        def _ppf(self, p):  # type: ignore[no-untyped-def]
            return p + 1e-5 * np.maximum(1.0 - np.abs(p - 0.3021) / 3e-5, 0.0)

        def _isf(self, q):  # type: ignore[no-untyped-def]
            return self._ppf(1.0 - q)

    family = Bump(0.0, 1.0)
    assert make_table(family).kind == PIECES
    near = np.linspace(-0.5185, -0.518, 1001)
    assert worst(family, make_table(family), near) > 1.0
    assert DENSE.min() == -8.25
