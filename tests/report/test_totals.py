"""The words for totals: one for each base, price and span, and none alike."""

from __future__ import annotations

from dataclasses import replace

import pytest

from popsim import schema
from popsim.report import totals
from popsim.study.model import Study

NAMES = tuple(schema.TOTALS)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("cost", "total cost"),
        ("financing_need", "financing need"),
        ("cost_after_horizon", "cost after\u00a02036"),
        ("cost_all_years", "cost in all years"),
        ("cost_nominal", "nominal total cost"),
        ("financing_need_discounted_after_horizon", "discounted financing need after\u00a02036"),
        ("financing_need_nominal_all_years", "nominal financing need in all years"),
        ("cost_countries_independent", "total cost if countries were independent"),
    ],
)
def test_the_noun_says_base_prices_and_years(study: Study, name: str, words: str) -> None:
    assert totals.noun(name, study) == words
    assert totals.title(name, study) == words[0].upper() + words[1:]


def test_no_two_totals_have_one_name(study: Study) -> None:
    assert len({totals.noun(name, study) for name in NAMES}) == len(NAMES)
    assert len({totals.parts(name) for name in NAMES}) == len(NAMES)


def test_prices_and_years_are_those_of_the_study(study: Study) -> None:
    discounted = replace(study, discount_rate=0.035)
    assert totals.prices("cost_after_horizon", study) == "constant 2025 prices"
    assert totals.prices("financing_need_nominal", study) == "prices of each year"
    assert totals.prices("cost_discounted_all_years", discounted) == (
        "value in 2027 at 3.5\u202f% a year, constant 2025 prices"
    )
    assert [totals.span(name, study) for name in NAMES[:3]] == ["2027–2036", "after\u00a02036", "all years"]
    assert totals.span("cost", replace(study, years=(2030,))) == "2030"


def test_the_need_is_described_by_who_bears_the_rest(study: Study) -> None:
    assert totals.described(study) == "after co-financing by governments, agencies and other donors"
    with_fee = replace(study, agency_fee=0.08)
    assert totals.described(with_fee) == (
        "after co-financing by governments, agencies and other donors, with the agency fee"
    )
