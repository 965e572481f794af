"""The digest of a plan changes with whatever changes numbers, and with nothing else."""

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest

from popsim.engine.simulate import simulate
from popsim.families import LogNormal
from popsim.plan import compile as compile_study
from popsim.plan import model
from popsim.plan.moves import Moves
from popsim.plan.shares import Shares
from popsim.study.model import Exponent, Study

from ..engine import features
from ..engine.studies import COUNTRIES, area, country, mixed, number, replace_area

BASE = mixed()


def replaced(**changes: object) -> Callable[[Study], Study]:
    return lambda study: dataclasses.replace(study, **changes)


def with_component(study: Study, **changes: object) -> Study:
    parts = study.areas[1].components
    return replace_area(study, "b", components=(dataclasses.replace(parts[0], **changes), parts[1]))


CHANGES_NUMBERS: dict[str, Callable[[Study], Study]] = {
    "seed": replaced(seed=8),
    "country less": replaced(countries=COUNTRIES[:3]),
    "country more": replaced(countries=(*COUNTRIES, country("EEE"))),
    "order of countries": replaced(countries=COUNTRIES[::-1]),
    "code of a country": replaced(countries=(dataclasses.replace(COUNTRIES[0], code="AAB"), *COUNTRIES[1:])),
    "size of a country": replaced(countries=(dataclasses.replace(COUNTRIES[0], size_factor=0.6), *COUNTRIES[1:])),
    "area less": replaced(areas=BASE.areas[:2]),
    "area more": replaced(areas=(*BASE.areas, area("d", LogNormal(0.0, 1.0)))),
    "distribution": lambda study: with_component(study, cost=LogNormal(0.1, 1.0)),
    "money": lambda study: with_component(study, money_factor=1.01),
    "years": lambda study: with_component(study, profile=(0.75, 0.25, 0.0)),
    "size exponent": lambda study: with_component(study, exponents=(Exponent("size", 0.31, "exponent"),)),
    "common share of an area": lambda study: replace_area(study, "a", common_share=0.51),
    "between areas": replaced(dependence=number(between=0.31)),
    "common share": replaced(dependence=number(base=0.26)),
    "between components": replaced(dependence=number(within=0.51)),
    **features.FEATURES,
    "option": lambda study: features.with_options(study, other=study),
    "component's name": lambda study: with_component(study, id="other"),
}

KEEPS_NUMBERS: dict[str, Callable[[Study], Study]] = {
    "name": replaced(name="other"),
    "title": replaced(title="other"),
    "description": replaced(description="other"),
    "number of scenarios": replaced(scenarios=5),
    "coverage": replaced(coverage=0.5),
    "breakdowns": replaced(breakdowns=()),
    "files": replaced(files=(("study.toml", "other"),)),
    "name of a country": replaced(countries=(dataclasses.replace(COUNTRIES[0], name="other"), *COUNTRIES[1:])),
    "name of an area": lambda study: replace_area(study, "a", name="other", description="other", document="other"),
    "reasons": lambda study: with_component(study, basis="judgement", rationale="other", name="other"),
    "reasons of dependence": replaced(dependence=dataclasses.replace(number(), rationale="other", basis="proxy")),
}


@pytest.mark.parametrize("change", CHANGES_NUMBERS)
def test_digest_changes_with_what_changes_numbers(change: str) -> None:
    assert compile_study(CHANGES_NUMBERS[change](BASE)).digest != compile_study(BASE).digest


@pytest.mark.parametrize("change", KEEPS_NUMBERS)
def test_digest_and_numbers_stay_with_what_does_not(change: str) -> None:
    other = KEEPS_NUMBERS[change](BASE)
    assert compile_study(other).digest == compile_study(BASE).digest
    costs = [simulate(study, 50, breakdowns=["country"])["cost_by_country"].values for study in (BASE, other)]
    np.testing.assert_array_equal(*costs)


FULL = compile_study(features.full())
EVERYTHING = compile_study(features.everything(BASE))


def nudged(array: np.ndarray) -> np.ndarray:
    """Change the last number by as little as can be."""
    changed = array.copy()
    last = changed.flat[-1]
    changed.flat[-1] = last + 1 if changed.dtype.kind != "f" else 0.0 if np.isnan(last) else np.nextafter(last, 9.0)
    return changed


SHARED = compile_study(features.uncertain_financing(BASE))


@pytest.mark.parametrize("field", Shares._fields)
def test_digest_covers_who_pays(field: str) -> None:
    shares = SHARED.shares._replace(**{field: nudged(getattr(SHARED.shares, field))})
    assert dataclasses.replace(SHARED, shares=shares).digest != SHARED.digest


@pytest.mark.parametrize("field", [*model.Draws._fields, *Moves._fields, *model.ROW_ARRAYS])
def test_digest_covers_every_array_that_makes_the_samples(field: str) -> None:
    if field in model.ROW_ARRAYS:
        other = dataclasses.replace(EVERYTHING, **{field: nudged(getattr(EVERYTHING, field))})
    else:
        part = "draws" if field in model.Draws._fields else "moves"
        arrays = getattr(EVERYTHING, part)
        other = dataclasses.replace(EVERYTHING, **{part: arrays._replace(**{field: nudged(getattr(arrays, field))})})
    assert other.digest != EVERYTHING.digest


def test_digest_covers_options_and_their_order() -> None:
    one, two = FULL.alternatives
    assert len({FULL.digest, one.digest, two.digest}) == 3
    for others in ((), (one,), (two, one), (one, dataclasses.replace(two, seed=5))):
        assert dataclasses.replace(FULL, alternatives=others).digest != FULL.digest
    assert dataclasses.replace(FULL, alternatives=(one, two)).digest == FULL.digest


def test_digest_knows_the_version_of_the_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    before = compile_study(BASE).digest
    monkeypatch.setattr(model, "STREAM_VERSION", model.STREAM_VERSION + 1)
    assert compile_study(BASE).digest != before


def test_arrays_of_a_plan_cannot_be_written() -> None:
    for plan in (compile_study(BASE), FULL, SHARED):
        for array in (*plan.draws, *plan.moves, *plan.shares):
            assert not array.flags.writeable
