"""What the report tells of who pays where that is uncertain, against the scenarios themselves."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import popsim as ps
from popsim.families import Constant, Uniform
from popsim.report.content import compose
from popsim.report.document import Details, Document, Entry, Paragraph
from popsim.study.model import Setting

from ..engine.features import with_all_areas
from ..engine.studies import area, component, country
from ..engine.studies import study as study_of
from .printed import lead_of

FULL = Path(__file__).parent.parent / "study" / "fixtures" / "full"
FEE = {"family": "uniform", "low": 0.05, "high": 0.1}
PLEDGE = {"family": "uniform", "low": 0.1, "high": 0.7}
UNCERTAIN: dict[str, Any] = {
    "financing.agency_fee": FEE,
    "financing.cofinancing": PLEDGE,
    "financing.materialised": {"family": "triangular", "low": 0.4, "mode": 0.8, "high": 1.0},
    "area.x.component.running.financing.cofinancing": {"family": "uniform", "low": 0.0, "high": 0.5},
}


def made(overrides: dict[str, Any], scenarios: int = 2_000) -> tuple[xr.Dataset, Document]:
    study = ps.load_study(FULL, overrides)
    dataset = ps.simulate(study, scenarios=scenarios, breakdowns=["area"])
    return dataset, compose(study, dataset)


def paragraphs(document: Document) -> str:
    (section,) = (part for part in document.sections if part.id == "financing")
    text = " ".join(block.text for block in section.blocks if isinstance(block, Paragraph))
    return text.replace("\u202f", " ").replace("\u00a0", " ")


@pytest.fixture(scope="module")
def uncertain() -> tuple[xr.Dataset, Document]:
    return made(UNCERTAIN)


def test_the_share_of_the_cost_is_that_of_the_scenarios(uncertain: tuple[xr.Dataset, Document]) -> None:
    dataset, text = uncertain[0].sel(option="full"), paragraphs(uncertain[1])
    found = re.search(
        r"The need is between (\d+) % and (\d+) % of the cost of the same scenario \(80 % interval\)", text
    )
    assert found is not None
    share = dataset["financing_need"] / dataset["cost"]
    for printed, level in zip(found.groups(), (0.1, 0.9), strict=True):
        assert abs(float(printed) - 100.0 * float(share.quantile(level))) <= 1.0
    # Half a per cent to either side would be other whole numbers.
    assert float(share.quantile(0.9)) - float(share.quantile(0.1)) > 0.1


def test_what_is_uncertain_is_named(uncertain: tuple[xr.Dataset, Document]) -> None:
    text = paragraphs(uncertain[1])
    assert "with an uncertain fee of 5.5 % to 9.5 % (80 % interval) for the agencies on top" in text
    names = "what others pledge, how much of the pledges is paid in the end and the fee of the agencies"
    assert f"Who pays is uncertain too: {names}." in text
    only_fee = paragraphs(made({"financing.agency_fee": FEE}, 200)[1])
    assert "Who pays is uncertain too: the fee of the agencies." in only_fee
    only_pledge = paragraphs(made({"financing.by.bloc.red": PLEDGE}, 200)[1])
    assert "Who pays is uncertain too: what others pledge." in only_pledge
    assert "with a fee of 8 % for the agencies on top" in only_pledge


def test_what_is_known_is_told_as_ever() -> None:
    text = paragraphs(made({}, 200)[1])
    assert "with a fee of 8 % for the agencies on top" in text
    assert "uncertain too" not in text
    assert "same scenario" not in text
    assert "fee" not in paragraphs(made({"financing.agency_fee": 0}, 200)[1]).partition("On average")[0]
    written = paragraphs(made({"financing.agency_fee": {"family": "constant", "value": 0.06}}, 200)[1])
    assert "with a fee of 6 % for the agencies on top" in written


def entries(document: Document) -> dict[str, list[Entry]]:
    (section,) = (part for part in document.sections if part.id == "evidence")
    (paid,) = (block for block in section.blocks if isinstance(block, Details) and "Who pays" in block.summary)
    found: dict[str, list[Entry]] = {}
    for block in paid.blocks:
        assert isinstance(block, Entry)
        found.setdefault(block.title, []).append(block)
    return found


def test_every_share_stands_among_the_assumptions(uncertain: tuple[xr.Dataset, Document]) -> None:
    found = entries(uncertain[1])
    assert {title: len(each) for title, each in found.items()} == {
        "Co-financing": 3,
        "What is paid of the co-financing": 1,
        "Agency fee": 1,
    }
    printed = {title: [" ".join(map(str, each.facts)) for each in of] for title, of in found.items()}
    general, area, component = printed["Co-financing"]
    assert "16 to 64" in general.replace("\u202f", " ")
    assert "drawn once for all countries" in general
    assert "drawn once" not in area
    assert "First" in component or "running" in component.lower()
    known = entries(made({"financing.materialised": 0.5}, 200)[1])
    assert "50" in str(known["What is paid of the co-financing"][0].facts)
    assert "drawn once" not in str(known["What is paid of the co-financing"][0].facts)
    assert "What is paid of the co-financing" not in entries(made({}, 200)[1])


def test_a_component_that_is_paid_otherwise_tells_so() -> None:
    own = {"area.x.component.running.financing": {"cofinancing": 0.5, "materialised": 0.25}}
    found = entries(made(own, 200)[1])["Co-financing"]
    assert [("Paid of what is pledged" in str(each.facts)) for each in found] == [False, False, True]
    assert "25" in dict(found[2].facts)["Paid of what is pledged"]


def test_a_certain_cost_with_an_uncertain_need_is_told_apart() -> None:
    """Nothing that the cost counts is uncertain, and the need has a range."""
    parts = [area(name, component("one", Constant(100.0), (1.0, 0.0, 0.0))) for name in ("a", "b")]
    study = dataclasses.replace(study_of([country("AAA")], parts), agency_fee=0.0)
    study = with_all_areas(study, cofinancing=Setting(Uniform(0.2, 0.6), stream="cofinancing"))
    dataset = ps.simulate(study, scenarios=500, breakdowns=["area"])
    lead = [text.replace("\u202f", " ") for text in lead_of(compose(study, dataset))]
    (cost,) = (text for text in lead if text.startswith("The total cost is put"))
    (need,) = (text for text in lead if text.startswith("The financing need is put"))
    assert "nothing that it counts is uncertain" in cost
    assert "fall inside this range" in need
    assert np.ptp(dataset["cost"].values) == 0.0 < np.ptp(dataset["financing_need"].values)
    few = lead_of(compose(study, dataset.assign(financing_need=dataset["financing_need"] * 0.0 + 100.0)))
    (need,) = (text for text in few if text.startswith("The financing need is put"))
    assert "nothing that it counts is uncertain" not in need
