"""Cases of a study are the studies that loading each by itself gives, and what is wrong with one is said as there."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from popsim.errors import StudyError
from popsim.study.cases import CaseReader
from popsim.study.load import load_study
from popsim.study.model import Study

RANGE = {"family": "pert", "low": 0.2, "mode": 0.3, "high": 0.6}
CASES: tuple[list[dict[str, Any]], ...] = (
    [{"financing.cofinancing": value} for value in (0.1, 0.4, RANGE, 1)],
    [{"financing.agency_fee": value, "area.f.financing.cofinancing": 0.5} for value in (0.05, RANGE)],
    [{"area.f.component.pcb.financing.cofinancing": value} for value in (0.3, RANGE, 0.0)],
    [{"financing.by.ldc.LDC": value} for value in (0.3, 0.1)],
    [{"area.h.size_exponent": value} for value in (0.2, 0.4)],
    [{"countries.without": value} for value in (["CHN"], ["CHN", "IND"])],
    [{"start.years": value} for value in (0.5, {"family": "uniform", "low": 0, "high": 1})],
)


def bare(study: Study) -> Study:
    """Without what cases are loaded without."""
    return dataclasses.replace(study, files=(), what_ifs=(), options=(), translations=())


@pytest.mark.parametrize("cases", CASES, ids=lambda cases: next(iter(cases[0])))
@pytest.mark.one_in(2)
def test_a_case_is_the_study_with_its_overrides(cases: list[dict[str, Any]]) -> None:
    fixed = {"scenarios.seed": 3}
    reader = CaseReader("pops", fixed)
    for changes in cases:
        found, alone = reader.load(changes), load_study("pops", {**fixed, **changes})
        assert bare(found) == bare(alone)
        assert [option.id for option in found.options] == [option.id for option in alone.options]
        for one, other in zip(found.options, alone.options, strict=True):
            assert bare(one.study) == bare(other.study), one.id


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ({"financing.cofinancing": 0.2}, {"financing.cofinancing": 1.2}),
        ({"financing.cofinancing": 0.2}, {"financing.cofinancing": "much"}),
        ({"area.f.financing.cofinancing": 0.2}, {"area.f.financing.cofinancing": {"family": "pert", "low": 0}}),
        ({"area.h.size_exponent": 0.2}, {"area.h.size_exponent": 20}),
    ],
)
def test_a_wrong_value_is_refused_as_in_a_study_of_its_own(good: dict[str, Any], bad: dict[str, Any]) -> None:
    reader = CaseReader("pops")
    reader.load(good)
    with pytest.raises(StudyError) as found:
        reader.load(bad)
    with pytest.raises(StudyError) as alone:
        load_study("pops", bad)
    assert str(found.value).splitlines()[0] == str(alone.value).splitlines()[0]
    assert reader.load(good) == reader.load(good)
