"""Every step against plain arithmetic: to the bit, but for the exponential."""

from __future__ import annotations

from fractions import Fraction

import numba
import numpy as np
import pytest

from popsim.kernels import steps as kernel_steps
from popsim.layout import (
    ADD_PRODUCT,
    ADD_SHARE,
    DISCOUNT,
    DOT,
    GATE,
    GROWN,
    LAGGED,
    LAGGED_TWICE,
    MULTIPLY,
    PLUS,
    POWER,
    PROLONG,
    SET,
    SPLIT,
    STRIKE,
    TIMES,
)
from popsim.plan.program import NO_PROGRAM

# As it stands only kernels can call it.
run_steps = numba.njit(error_model="numpy", nogil=True)(kernel_steps.run_steps.py_func)

WIDTH, COUNT, BASE, BUFFERS = 21, 18, 7, 12
CODES = {
    "SET": SET,
    "TIMES": TIMES,
    "MULTIPLY": MULTIPLY,
    "PLUS": PLUS,
    "ADD_SHARE": ADD_SHARE,
    "ADD_PRODUCT": ADD_PRODUCT,
    "DISCOUNT": DISCOUNT,
    "GATE": GATE,
    "STRIKE": STRIKE,
    "POWER": POWER,
    "PROLONG": PROLONG,
    "DOT": DOT,
}
TO, ONE, TWO, LAGS, X = 8, 0, 4, 4, 2.5
"""Where steps write and read, the stretches of lags apart, and the number of a step."""


def fma(a: float, b: float, c: float) -> float:
    """Compute a x b + c, rounded once."""
    return float(Fraction(float(a)) * Fraction(float(b)) + Fraction(float(c)))


fused = np.vectorize(fma, otypes=[np.float64])


def some_work() -> np.ndarray:
    work = np.random.default_rng(5).normal(0.0, 1.5, BASE + BUFFERS * WIDTH)
    work[BASE + 3] = 0.0
    return work


def buffers(work: np.ndarray) -> np.ndarray:
    return work[BASE:].reshape(BUFFERS, WIDTH)[:, :COUNT].copy()


def run(work: np.ndarray, *steps: tuple[int, int, int, int, int, float]) -> np.ndarray:
    codes = np.array([step[:5] for step in steps], dtype=np.int64).reshape(-1, 5)
    numbers = np.array([step[5] for step in steps], dtype=np.float64)
    for array in (codes, numbers):
        array.setflags(write=False)
    run_steps(work, BASE, WIDTH, COUNT, codes, numbers, 0, len(steps))
    return buffers(work)


def expected(code: int, b: np.ndarray) -> dict[int, np.ndarray]:
    """Buffers that a step changes, from all buffers before it."""
    to, one, two = b[TO], b[ONE], b[TWO]
    if code == DOT:
        total = one * two
        for lag in range(1, LAGS):
            total = fused(b[ONE + lag], b[TWO + lag], total)
        return {TO: total}
    return {
        SET: lambda: {TO: np.full(COUNT, X)},
        TIMES: lambda: {TO: one * two},
        MULTIPLY: lambda: {TO: to * one},
        PLUS: lambda: {TO: one + two},
        ADD_SHARE: lambda: {TO: fused(X, one, to)},
        ADD_PRODUCT: lambda: {TO: fused(one, two, to)},
        DISCOUNT: lambda: {TO: to / (1.0 + one)},
        GATE: lambda: {TO: np.where(one + two + X > 0.0, to, 0.0)},
        STRIKE: lambda: {TO: np.where(one + X > 0.0, to * two, to)},
        POWER: lambda: {TO: to * np.exp(X * one)},
        PROLONG: lambda: {TO: to * fused(X, one, 1.0)},
    }[code]()


@pytest.mark.parametrize("name", CODES)
def test_a_step_does_its_sum_and_touches_nothing_else(name: str) -> None:
    work = some_work()
    before, whole = buffers(work), work.copy()
    found = run(work, (CODES[name], TO, ONE, TWO, LAGS, X))
    wanted = expected(CODES[name], before)
    for place in range(BUFFERS):
        values = wanted.get(place, before[place])
        tolerance = 2e-9 if name == "POWER" and place in wanted else 0.0
        np.testing.assert_allclose(found[place], values, rtol=tolerance, atol=0.0)
    np.testing.assert_array_equal(work[:BASE], whole[:BASE])
    np.testing.assert_array_equal(*(array[BASE:].reshape(BUFFERS, WIDTH)[:, COUNT:] for array in (work, whole)))


def test_there_is_a_test_of_every_code() -> None:
    assert sorted([*CODES.values(), SPLIT, LAGGED, LAGGED_TWICE, GROWN]) == list(range(16))


def test_steps_run_in_order_and_only_those_asked_for() -> None:
    work = some_work()
    codes = np.array([(SET, 0, 0, 0, 1), (PLUS, 3, 0, 0, 1), (SET, 0, 0, 0, 1), (PLUS, 4, 0, 0, 1)], dtype=np.int64)
    numbers = np.array([9.0, 0.0, 1.5, 0.0])
    before = buffers(work)
    run_steps(work, BASE, WIDTH, COUNT, codes, numbers, 2, 4)
    after = buffers(work)
    np.testing.assert_array_equal(after[4], 3.0)
    np.testing.assert_array_equal(after[3], before[3])


@pytest.mark.parametrize(("threshold", "stays"), [(np.inf, True), (-np.inf, False)])
def test_gates_and_strikes_of_certain_things(threshold: float, stays: bool) -> None:
    work = some_work()
    before = buffers(work)
    found = run(work, (GATE, TO, ONE, TWO, 1, threshold), (STRIKE, 3, ONE, TWO, 1, threshold))
    np.testing.assert_array_equal(found[TO], before[TO] if stays else 0.0)
    np.testing.assert_array_equal(found[3], before[3] * before[TWO] if stays else before[3])


def test_a_gate_at_its_threshold_is_closed() -> None:
    work = np.zeros(BASE + BUFFERS * WIDTH)
    work[BASE + TO * WIDTH :][:COUNT] = 5.0
    assert (run(work, (GATE, TO, ONE, TWO, 1, 0.0))[TO] == 0.0).all()


LATE = [0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 2.999, 3.0, 3.0000001, 1e300, -1e-12]


@pytest.mark.parametrize("late", LATE)
def test_payments_that_are_split_are_all_there(late: float) -> None:
    """Over lags of 0 ... 3 years; what a table gives may pass its limits by a rounding error."""
    work = np.zeros(BASE + BUFFERS * WIDTH)
    place = work[BASE:].reshape(BUFFERS, WIDTH)
    place[0], place[1], place[8:12] = late, np.arange(WIDTH) + 5.0, np.arange(4.0)[:, None] + 2.0
    paid = place[1, :COUNT].copy()
    before = work.copy()
    held = min(max(late, 0.0), 3.0)
    steps = [(SPLIT, 2, 0, 0, 1, 3.0), (LAGGED, 4, 1, 2, 1, 0.0)]
    found = run(work, *steps)
    shares = np.maximum(0.0, 1.0 - np.abs(held - np.arange(4.0)))
    np.testing.assert_allclose(found[4:8], shares[:, None] * paid, rtol=1e-9, atol=1e-15 * paid.max())
    np.testing.assert_allclose(found[4:8].sum(axis=0), paid, rtol=1e-15)
    # Once more, into two sums; then by a growth of 2, 3, 4, 5 at lags 0 ... 3.
    found = run(before.copy(), steps[0], (LAGGED_TWICE, 4, 1, 2, 8, 0.0))
    np.testing.assert_allclose(
        found[8:12], before[BASE:].reshape(BUFFERS, WIDTH)[8:12, :COUNT] + found[4:8], rtol=1e-15
    )
    found = run(before.copy(), steps[0], (GROWN, 4, 1, 2, 8, 0.0))
    np.testing.assert_allclose(found[4], paid * (2.0 + held), rtol=1e-15)
    np.testing.assert_array_equal(found[5:8], 0.0)


def test_rates_compound() -> None:
    """A product that is added onto itself: x (1 + r) three times over, and divided back."""
    work = some_work()
    work[BASE + ONE * WIDTH : BASE + (ONE + 1) * WIDTH] = 0.05
    up = (ADD_PRODUCT, TO, TO, ONE, 1, 0.0)
    before = buffers(work)[TO]
    np.testing.assert_allclose(run(work, up, up, up)[TO], before * 1.05**3, rtol=1e-15)
    down = (DISCOUNT, TO, ONE, 0, 1, 0.0)
    np.testing.assert_allclose(run(work, down, down, down)[TO], before, rtol=1e-15)


def test_no_steps_for_a_program_without_any() -> None:
    assert len(NO_PROGRAM.steps) == len(NO_PROGRAM.row_keep) == NO_PROGRAM.slots == 0
    assert all(not array.flags.writeable for array in NO_PROGRAM[:-1])
