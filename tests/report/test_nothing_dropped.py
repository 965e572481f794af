"""What a study says leaves its trace in the report: every name and every reason, wherever it stands in the file."""

from __future__ import annotations

import html
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import popsim as ps
from popsim.report.content import compose
from popsim.report.html import render

TESTS = Path(__file__).parent.parent
STUDIES = {
    "pops": "pops",
    "example": "example",
    "full": str(TESTS / "study" / "fixtures" / "full" / "study.toml"),
    "terms": str(TESTS / "reproduction" / "studies" / "full" / "study.toml"),
}


def texts(table: dict[str, Any], *keys: str) -> Iterator[str]:
    """Dotted keys of everything that is written for readers."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from texts(value, *keys, key)
        elif key in {"rationale", "description", "title", "name"} and (*keys, key) != ("study", "name"):
            yield ".".join((*keys, key))


def page_of(study: ps.Study) -> str:
    page = html.unescape(render(compose(study, ps.simulate(study, scenarios=500))))
    # The listing of the study holds everything, and nobody reads it.
    return page.partition("The study as run")[0]


@pytest.fixture(scope="module")
def example() -> str:
    """The page of the example as it is."""
    return page_of(ps.load_study("example"))


@pytest.mark.parametrize("name", STUDIES)
@pytest.mark.one_in(2)
def test_every_name_and_every_reason_is_in_the_report(name: str) -> None:
    table = tomllib.loads(dict(ps.load_study(STUDIES[name]).files)["study.toml"])
    words = {key: f"Words of its own, {number}." for number, key in enumerate(texts(table))}
    assert len(words) > 5
    study = ps.load_study(STUDIES[name], words)
    page = page_of(study)
    assert [key for key, text in words.items() if text not in page] == []
    for option in study.options:
        assert html.unescape(option.name) in page
        assert option.rationale[:60] in page


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("report.coverage", 0.5, "50\u202f% interval"),
        ("report.not_known", ["Nobody counted the boats."], "Nobody counted the boats."),
        ("report.breakdowns", ["country"], "by country ("),
        ("scenarios.design", "latin", "Latin hypercube"),
        ("scenarios.seed", 424242, "424242"),
        ("money.inflation", 0.0234, "2.34\u202f%"),
        ("money.discount_rate", 0.0345, "3.45\u202f%"),
        ("start.years", 0.77, "0.77\u00a0years"),
        ("delay.cost_per_year", 0.0123, "1.23\u202f%"),
        ("delay.level", 1.23, "times 1.23"),
        ("delay.level", {"family": "uniform", "low": 0.4, "high": 0.5}, "by a level drawn once for all countries"),
        ("shock.equipment_prices.probability", 0.0321, "3.21\u202f%"),
        ("dependence.between_components", 0.617, "0.617"),
        ("dependence.common_share", 0.211, "0.211"),
    ],
)
@pytest.mark.one_in(4)
def test_a_changed_key_is_seen_in_the_report(example: str, key: str, value: object, says: str) -> None:
    assert says in page_of(ps.load_study("example", {key: value}))
    assert says not in example


@pytest.mark.slow
def test_what_is_needed_with_another_component_is_named_beside_it() -> None:
    study = ps.load_study(STUDIES["full"], {"area.x.component.running.needed_with": "start_up"})
    start_up, running = study.areas[0].components
    page = page_of(study)
    assert "Needed exactly where it is" in page
    assert page.count(f"{study.areas[0].name}: {start_up.name}") >= 1
    assert f"{study.areas[0].name}: {running.name}" not in page
    assert "Needed exactly where it is" not in page_of(ps.load_study(STUDIES["full"]))
