"""Every sentence of the headline and of the point estimate is compared with counts of the scenarios themselves."""

from __future__ import annotations

import re

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings

from popsim import analysis
from popsim.engine.simulate import simulate
from popsim.families import Family
from popsim.report.content import compose
from popsim.report.document import Document, Paragraph
from popsim.study.model import Study

from .odd_studies import late_studies, odd_studies
from .printed import lead_of

NOUNS = {"total cost": "cost", "financing need": "financing_need"}
SHARES = re.compile(
    r"The ([a-z ]+) is put at .*?\. Of the ([\d,]+) scenarios, ([\d,]+) \(([\d.]+) %\) (fall inside this range|come to "
    r"exactly this amount), ([\d,]+) (?:below it|to less) and ([\d,]+) (?:above it|to more)\."
)
ENOUGH = re.compile(
    r"would be enough for the ([a-z ]+) with 80 % confidence: it covers it in ([\w, ]+?)(?: scenarios)?\."
)
POINT = re.compile(
    r"The point estimate of the ([a-z ]+) is .*? It is enough in ([\w, ]+?) (?:of the )?([\d,]+)? ?scenario"
)


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def number(text: str) -> int:
    return int(text.replace(",", ""))


def values_of(dataset: xr.Dataset, noun: str) -> np.ndarray:
    return dataset[NOUNS[noun]].sel(option="full").values


def check(study: Study, dataset: xr.Dataset, document: Document) -> int:
    """Compare every sentence with the scenarios; give the number of sentences that were compared."""
    lead = [plain(text) for text in lead_of(document)]
    compared = 0
    for text in lead:
        if found := SHARES.match(text):
            noun, scenarios, inside, share, _, below, above = found.groups()
            values = values_of(dataset, noun)
            summary = analysis.summarise(dataset[[NOUNS[noun]]], study.coverage).sel(option="full")
            ends = [
                float(summary[f"{NOUNS[noun]}_quantile"].sel(quantile=level, method="nearest"))
                for level in ((1 - study.coverage) / 2, (1 + study.coverage) / 2)
            ]
            assert number(scenarios) == len(values)
            assert number(below) == sum(value < ends[0] for value in values)
            assert number(above) == sum(value > ends[1] for value in values)
            assert number(inside) == len(values) - number(below) - number(above)
            assert abs(float(share) - 100 * number(inside) / len(values)) <= 0.05 + 1e-9
            compared += 1
        elif found := ENOUGH.search(text):
            values = values_of(dataset, found[1])
            amount = float(analysis.budget_for(dataset, 0.8, NOUNS[found[1]])["amount"].sel(option="full"))
            covered = int(sum(values <= amount * (1 + 1e-12)))
            assert covered >= 0.8 * len(values) - 1
            assert found[2] == f"{covered:,} of {len(values):,}"
            compared += 1
        elif " is put at " in text:
            values = values_of(dataset, text.removeprefix("The ").partition(" is put at")[0])
            assert len(set(values.tolist())) == 1
            compared += 1
    assert any(" is put at " in text for text in lead)
    return compared


def is_cost_certain(study: Study) -> bool:
    """Whether no cost in one of the odd studies can turn out in more than one way."""
    parts = [part for area in study.areas for part in area.components]
    needs = [each.need.value for each in (*study.areas, *parts) if each.need is not None]
    levels = [area.delay.level for area in study.areas if area.delay is not None]
    is_level_known = not any(isinstance(level, Family) for level in levels)
    return not study.shocks and is_level_known and all(part.cost.std() == 0.0 for part in parts) and set(needs) <= {1.0}


def is_certain(study: Study) -> bool:
    """Whether nothing at all in one of them can."""
    shares = [area.cofinancing.value for area in study.areas if area.cofinancing is not None]
    shared = [study.agency_fee, study.materialised, *shares]
    is_known = study.agency_fee is None or not any(isinstance(each, Family) for each in shared)
    return is_known and is_cost_certain(study)


@settings(max_examples=30, deadline=None)
@given(odd_studies())
def test_sentences_agree_with_the_scenarios(study: Study) -> None:
    dataset = simulate(study, scenarios=200, breakdowns=["area"], threads=1)
    document = compose(study, dataset)
    assert check(study, dataset, document) >= 1
    text = plain(" ".join([*document.headlines, *lead_of(document)]))
    for total in [name for name in NOUNS.values() if name in dataset]:
        equal = len(set(dataset[total].values.ravel().tolist())) == 1
        noun = next(noun for noun, name in NOUNS.items() if name == total)
        if not equal and "Too few" not in text:
            assert f"The {noun} is put at" in text
    for sentence in lead_of(document):
        if "nothing that it counts is uncertain" in sentence:
            assert is_certain(study) if "financing need is put" in sentence else is_cost_certain(study)
    if "no spread" in text:
        assert any(len(set(dataset[name].values.ravel().tolist())) == 1 for name in NOUNS.values() if name in dataset)


@settings(max_examples=20, deadline=None)
@given(odd_studies())
def test_the_point_estimate_is_enough_as_often_as_is_said(study: Study) -> None:
    dataset = simulate(study, scenarios=200, breakdowns=["area"], threads=1)
    section = next(part for part in compose(study, dataset).sections if part.id == "point-estimate")
    texts = [plain(block.text) for block in section.blocks if isinstance(block, Paragraph)]
    compared = 0
    for noun, name in NOUNS.items():
        point = "point_estimate" if name == "cost" else f"point_estimate_{name}"
        if name not in dataset or point not in dataset:
            continue
        (text,) = [text for text in texts if f"point estimate of the {noun} is" in text]
        value = float(dataset[point].squeeze())
        covered = int(sum(dataset[name].values.ravel() <= value * (1 + 1e-12)))
        said = re.search(r"It is enough in ([\d,]+) of the 200 scenarios", text)
        assert said is not None
        assert number(said[1]) == covered
        if is_certain(study):
            assert covered == 200
            assert "falls" not in text
        compared += 1
    assert compared >= 1


def test_control_a_wrong_count_is_noticed() -> None:
    """The comparison fails where a sentence speaks of other scenarios than those that it is compared with."""
    from ..engine.studies import mixed

    study = mixed()
    dataset = simulate(study, scenarios=200, breakdowns=["area"])
    document = compose(study, dataset)
    assert check(study, dataset, document) >= 2
    moved = dataset.assign(cost=dataset["cost"].where(dataset["scenario"] % 50 == 0, 1.0))
    with pytest.raises(AssertionError):
        check(study, moved, document)


LATER = re.compile(
    r"The ([a-z ]+) is put at .*With what falls after (20\d\d) it comes to ([^(]*) \(([^)]*)\)"
    r": ([\d,]+) of the ([\d,]+) scenarios fall inside this range\."
)


@settings(max_examples=40, deadline=None)
@given(late_studies())
def test_what_falls_after_the_last_year_stands_beside_what_falls_before(study: Study) -> None:
    """Counted scenarios, one line and one sentence for each total; and neither where nothing falls after."""
    dataset = simulate(study, scenarios=200, breakdowns=["area"], threads=1)
    document = compose(study, dataset)
    lines, lead = ([plain(text) for text in texts] for texts in (document.headlines, lead_of(document)))
    found = {match[1]: match for text in lead if (match := LATER.match(text))}
    names = [name for name in NOUNS.values() if name in dataset]
    for noun, name in NOUNS.items():
        later = dataset.get(f"{name}_after_horizon")
        if name not in names or later is None or not later.values.any():
            assert noun not in found
            assert not any(line.startswith(f"{noun.capitalize()}, payments after") for line in lines)
            continue
        values = (dataset[name] + later).sel(option="full").values
        ends = np.quantile(values, [(1 - study.coverage) / 2, (1 + study.coverage) / 2])
        _, last, said, spread, inside, scenarios = found[noun].groups()
        assert int(last) == study.years[-1]
        assert number(scenarios) == 200
        assert number(inside) == sum(ends[0] <= value <= ends[1] for value in values)
        assert (spread == "no spread") == (len(set(values.tolist())) == 1)
        (line,) = [line for line in lines if line.startswith(f"{noun.capitalize()}, payments after")]
        assert said in line
        assert ("no spread" in line) == (len(set(values.tolist())) == 1)
        # It stands right below the same total without it.
        assert lines[lines.index(line) - 1].startswith((noun.capitalize(), "US$"))
    assert len(lines) == len(names) + len(found)
