"""Whatever public functions are called with, they answer well or refuse in words: calls made at random from a seed.

`python -m tests.misuse.calls 5000 1` makes many; these are some of them, with other seeds from time to time.
"""

from __future__ import annotations

import random
import warnings

import pytest

import popsim as ps

from .calls import Target, run_calls

COUNT, SEED = 200, 2026


def test_misused_calls_are_honoured_or_refused() -> None:
    outcome = run_calls(COUNT, SEED)
    assert not outcome.findings, "\n".join(map(str, outcome.findings))
    assert outcome.honoured + outcome.refused == COUNT
    assert outcome.refused > COUNT / 4


def _raises(value: object) -> object:
    return [1, 2][value]  # type: ignore[call-overload]


def _warns(value: object) -> object:
    warnings.warn(f"odd: {value!r}", RuntimeWarning, stacklevel=1)
    return value


def _refuses_without_words(value: object) -> object:
    raise ps.ParameterError([]) from ValueError(value)


@pytest.mark.parametrize("function", [_raises, _warns, _refuses_without_words])
def test_what_is_no_refusal_is_found(function: object) -> None:
    """Negative control: a traceback, a warning, a refusal that says nothing."""
    target = Target(function, {"value": 3}, ("value",), {"value": (lambda draw: draw.choice(("x", 7)),)})  # type: ignore[arg-type]
    outcome = run_calls(5, 1, targets={"wrong": target})
    assert len(outcome.findings) == 5
    assert outcome.findings[0].call.startswith("wrong(value=")


def test_calls_are_repeated_by_their_number() -> None:
    made: list[object] = []

    def keep(value: object) -> None:
        made.append(value)

    target = Target(keep, {"value": 3}, ("value",), {"value": (random.Random.random,)})
    run_calls(6, 1, targets={"keep": target})
    run_calls(2, 1, first=4, targets={"keep": target})
    assert repr(made[6:]) == repr(made[4:6])
    assert len({repr(each) for each in made[:6]}) > 1
