"""Names of streams, the numbers that stand for them, and who draws from which."""

from __future__ import annotations

import hashlib

import pytest

from popsim.engine.correlation import read_correlation
from popsim.engine.sample import sample_draws
from popsim.errors import PlanError
from popsim.families import Constant, Normal
from popsim.plan import compile as compile_study
from popsim.plan import streams
from popsim.plan.streams import StreamNumbers, stream_number

from ..engine.studies import area, country, gaussian, mixed, row_weights, study


def by_hand(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little")


def test_numbers_are_the_hash_of_the_name() -> None:
    # Written down once: other numbers here are other samples for every study.
    assert stream_number("country/KEN/area/a") == 1139310560192254521
    assert stream_number("common/factor") == by_hand("common/factor")
    assert StreamNumbers().numbers(["x", "y"]).tolist() == [by_hand("x"), by_hand("y")]


def test_streams_are_named_after_country_area_component_and_purpose() -> None:
    item = mixed()
    expected = {"common/factor"} | {f"common/area/{name}" for name in ("a", "b", "c")}
    expected |= {f"common/area/b/component/{name}" for name in ("start", "run")}
    for code in (each.code for each in item.countries):
        expected |= {f"country/{code}/factor"} | {f"country/{code}/area/{name}" for name in ("a", "b", "c")}
        expected |= {f"country/{code}/area/b/component/{name}" for name in ("start", "run")}
    draws = compile_study(item).draws
    found = [*draws.shared_stream.tolist(), *draws.own_stream.tolist()]
    assert sorted(found) == sorted(by_hand(name) for name in expected)


def test_samples_are_named_too() -> None:
    draws = sample_draws({"x": Normal(0, 1), "y": Normal(0, 1)}, read_correlation(0.5, ["x", "y"]))
    assert draws.shared_stream.tolist() == [by_hand("sample factor")]
    assert draws.own_stream.tolist() == [by_hand("sample/x"), by_hand("sample/y")]


def test_each_row_draws_from_its_own_country_alone() -> None:
    item = gaussian()
    plan = compile_study(item)
    common = set(plan.draws.shared_stream.tolist())
    for row, weights in enumerate(row_weights(plan)):
        code = item.countries[plan.row_country[row]].code
        area_id = plan.labels.area[plan.labels.component_area[plan.row_component[row]]]
        own = set(weights) - common
        assert by_hand(f"country/{code}/area/{area_id}") in own
        assert by_hand(f"country/{code}/factor") in own


def test_a_constant_draws_nothing() -> None:
    plan = compile_study(study([country("AAA")], [area("a", Constant(5.0)), area("b", Normal(9, 1))]))
    assert by_hand("country/AAA/area/a") not in plan.draws.own_stream.tolist()
    assert by_hand("country/AAA/area/b") in plan.draws.own_stream.tolist()


def test_one_name_may_be_asked_for_twice_but_two_names_may_not_share_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = StreamNumbers()
    assert numbers.numbers(["x"]) == numbers.numbers(["x"])
    monkeypatch.setattr(streams, "stream_number", lambda name: 1)
    with pytest.raises(PlanError, match="'x' and 'y' have one number"):
        StreamNumbers().numbers(["x", "y"])
