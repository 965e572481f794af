from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from popsim.study import CatalogueComponent

YEARS = 10


def component(**changes: object) -> CatalogueComponent:
    stated: dict[str, object] = {
        "id": "c", "name": "C", "kind": "stepped", "start": 1, "spread": None, "years": "all", "currency": "USD",
        "price_year": 2020, "basis": "judgement", "rationale": "Invented.", "source": [],
        "cost": {"family": "constant", "value": 1.0}, "every": 3,
    }  # fmt: skip
    return CatalogueComponent(**(stated | changes))  # type: ignore[arg-type]


def paid(made: CatalogueComponent) -> list[int]:
    return [year for year, share in enumerate(made.profile(YEARS), 1) if share]


@pytest.mark.parametrize(
    ("changes", "years"),
    [
        ({}, [1, 4, 7, 10]),
        ({"start": 2}, [2, 5, 8]),
        ({"start": 2, "years": 6}, [2, 5]),
        ({"start": 2, "years": 7}, [2, 5, 8]),
        ({"every": 1, "years": 4}, [1, 2, 3, 4]),
        ({"every": 30}, [1]),
        ({"kind": "per-year", "every": None, "start": 8}, [8, 9, 10]),
        ({"kind": "per-year", "every": None, "years": 2}, [1, 2]),
        ({"kind": "one-off", "every": None, "years": None, "spread": [0.5, 0.0, 0.5], "start": 4}, [4, 6]),
    ],
)
def test_years_paid_by_hand(changes: dict[str, object], years: list[int]) -> None:
    made = component(**changes)
    assert paid(made) == years
    assert made.last(YEARS) == years[-1]
    assert len(made.profile(YEARS)) == YEARS


@given(start=st.integers(1, YEARS), every=st.integers(1, 12), years=st.one_of(st.just("all"), st.integers(1, 12)))
def test_stepped_payments_are_every_so_many_years_before_the_end(start: int, every: int, years: int | str) -> None:
    made = component(start=start, every=every, years=years)
    end = YEARS + 1 if years == "all" else start + int(years)
    expected = [year for year in range(1, end) if year >= start and (year - start) % every == 0]
    assert made.last(YEARS) == expected[-1]
    if expected[-1] <= YEARS:
        assert paid(made) == expected
        assert set(made.profile(YEARS)) <= {0.0, 1.0}
