"""What objects show of themselves is short, is HTML that is safe in a notebook, and copies equal their originals."""

from __future__ import annotations

import copy
import html.parser
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import popsim as ps
from popsim.engine.runs import Run

EVIL = "<script>alert('x')</script>\n\x1b[31m & \"quoted\""


@pytest.fixture(scope="module")
def study() -> Any:
    return ps.load_study("pops")


@pytest.fixture(scope="module")
def shown(study: Any) -> dict[str, Any]:
    """Objects that a user prints, with names as nobody should give them."""
    evil = replace(
        study,
        name=EVIL,
        title=EVIL,
        source=EVIL,
        countries=tuple(replace(each, code=EVIL, name=EVIL) for each in study.countries),
        options=tuple(replace(each, id=EVIL, name=EVIL, changes=((EVIL, EVIL),) * 500) for each in study.options),
        areas=tuple(replace(each, id=EVIL, name=EVIL, description=EVIL * 999) for each in study.areas),
    )
    plan = ps.compile(study)
    words = replace(plan.labels, country=(EVIL,) * 5_000, area=(EVIL,) * 50)
    dataset = ps.simulate(plan, scenarios=100, breakdowns=["area", "year"])
    data = ps.Empirical.from_data(np.random.Generator(np.random.PCG64(1)).random(100_000))
    return {
        "study": study,
        "evil study": evil,
        "plan": plan,
        "evil plan": replace(plan, labels=words, about=plan.about._replace(title=EVIL, study_name=EVIL)),
        "run": Run(Path("results/pops"), study, dataset),
        "evil run": Run(Path(EVIL), evil, dataset.rename(cost_by_area=EVIL)),
        "option": evil.options[0],
        "area": evil.areas[0],
        "country": evil.countries[0],
        "component": study.areas[0].components[0],
        "dependence": replace(study.dependence, matrix=((1.0,) * 200,) * 200, labels=(EVIL,) * 200),
        "column labels": replace(study.labels, values=((EVIL, EVIL, EVIL),) * 500),
        "draws": plan.draws,
        "moves": plan.moves,
        "labels": words,
        "data": data,
        "mixture": ps.Mixture([data] * 50, [0.02] * 50),
    }


NAMES = (
    *("study", "evil study", "plan", "evil plan", "run", "evil run", "option", "area", "country", "component"),
    *("dependence", "column labels", "draws", "moves", "labels", "data", "mixture"),
)


@pytest.mark.parametrize("name", NAMES)
def test_at_most_ten_short_lines(shown: dict[str, Any], name: str) -> None:
    for text in (repr(shown[name]), str(shown[name]), f"{shown[name]}"):
        assert len(text.splitlines()) <= 10
        assert len(text) <= 1_100
        assert text.replace("\n", "").isprintable()


def test_what_a_study_a_plan_and_a_run_say(shown: dict[str, Any], study: Any) -> None:
    text = repr(study)
    assert text.splitlines()[0] == "Study pops"
    for words in (study.source, study.title, "a, b, c", "2027 to 2036", "full, without_tech", "10,000, seed 1998"):
        assert words in text
    assert f"countries  {len(study.countries)}: AFG, AGO" in text
    assert study.source.endswith("pops.toml")
    assert shown["plan"].digest in repr(shown["plan"])
    assert "100, seed 1998" in repr(shown["run"])
    assert "cost_by_area" in repr(shown["run"])


class _Tags(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs


@pytest.mark.parametrize("name", [name for name in NAMES if name.split()[-1] in ("study", "plan", "run")] + ["data"])
def test_html_is_a_small_table_in_which_every_text_is_escaped(shown: dict[str, Any], name: str) -> None:
    text = shown[name]._repr_html_()
    seen = _Tags()
    seen.feed(text)
    assert seen.tags == {"table", "caption", "tr", "th", "td"}
    assert seen.attributes == []
    assert len(text) < 5_000
    assert "\x1b" not in text
    assert ("&lt;script&gt;" in text) == name.startswith("evil")


def test_every_family_has_a_table() -> None:
    from popsim.families import families

    for cls in families().values():
        for family in cls.examples():
            seen = _Tags()
            seen.feed(family._repr_html_())
            assert seen.tags == {"table", "caption", "tr", "th", "td"}
            assert len(repr(family).splitlines()) == 1


def copies(value: Any) -> list[Any]:
    return [copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value))]


@pytest.mark.parametrize("name", ["study", "evil study", "plan", "run", "option", "area", "country", "component"])
def test_copies_equal_their_original(shown: dict[str, Any], name: str) -> None:
    for twin in copies(shown[name]):
        assert twin == shown[name]
        assert hash(twin) == hash(shown[name])
        assert repr(twin) == repr(shown[name])
    assert shown[name] != 1


def test_what_differs_is_not_equal(shown: dict[str, Any], study: Any) -> None:
    plan, run = shown["plan"], shown["run"]
    assert study != replace(study, seed=1)
    assert replace(study, source="elsewhere.toml") == study
    assert plan != plan.with_sampling(replace(plan.sampling, seed=1))
    assert plan != replace(plan, about=plan.about._replace(title="another"))
    assert plan != replace(plan, row_mean=2.0 * plan.row_mean)
    assert run != replace(run, dataset=run.dataset.isel(scenario=slice(50)))
    assert run != replace(run, folder=Path("elsewhere"))


def test_copies_of_a_plan_are_frozen_and_give_the_same_scenarios(shown: dict[str, Any]) -> None:
    plan = shown["plan"]
    wanted = ps.simulate(plan, scenarios=50, breakdowns=())
    for twin in (plan, *copies(plan)):
        assert ps.simulate(twin, scenarios=50, breakdowns=()).identical(wanted)
        for array in (twin.draws.row_scale, twin.moves.profile, twin.row_mean):
            assert not array.flags.writeable
            with pytest.raises(ValueError, match="read-only"):
                array[...] = 0.0
