"""What the report says of the amounts behind a range, of fits, posts, payments and of what is not counted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from scipy import stats

import popsim as ps
from popsim.report.content import compose
from popsim.report.document import Bullets, Document, Paragraph, Table
from popsim.study.model import Study

FITTED = Path(__file__).parent.parent / "study" / "fixtures" / "fitted" / "study.toml"
PAID = {
    "name": "The fund's projects",
    "amount": 1_200.0,
    "currency": "USD",
    "year": 2010,
    "document": "Slides",
    "figure": "1,200 in eight years",
    "status": "verified",
    "rationale": "Other countries are in it.",
}
LEFT_OUT = {"what": "Stockpiles", "why": "They are no capacity.", "known": "3,000 to 5,000 dollars a tonne"}


def load(**report: Any) -> tuple[Study, xr.Dataset, Document]:
    study = ps.load_study(FITTED, {f"report.{key}": value for key, value in report.items()})
    dataset = ps.simulate(study, scenarios=500)
    return study, dataset, compose(study, dataset)


@pytest.fixture(scope="module")
def made() -> tuple[Study, xr.Dataset, Document]:
    payments = [{**PAID, "scope": "all-in", "years": 8}, {**PAID, "scope": "cofinancing", "name": "Others"}]
    return load(not_counted=[LEFT_OUT], cross_check=payments)


def blocks(document: Document, section: str) -> list[Any]:
    (found,) = (each for each in document.sections if each.id == section)
    return [inner for block in found.blocks for inner in getattr(block, "blocks", (block,))]


def tables(document: Document, section: str, words: str) -> list[Table]:
    return [each for each in blocks(document, section) if isinstance(each, Table) and words in each.caption]


def test_every_amount_is_shown_as_it_was_read_and_as_it_counts(made: Any) -> None:
    study, _, document = made
    found = tables(document, "evidence", "amounts that were read")
    parts = [part for area in study.areas for part in area.components if part.data]
    assert [table.caption.split(":")[0] for table in found] == [part.name for part in parts]
    (projects,) = (table for table in found if table.caption.startswith("Projects"))
    assert [row[0] for row in projects.rows] == [datum.row.name for datum in parts[0].data]
    # Land C paid 90 at prices of 2000, which are 112.5 of 2010; of D and E together half counts, for two countries.
    assert projects.rows[1][4:7] == ("CCC", "2000", "US$\u00a090")
    assert (projects.rows[1][7], projects.rows[2][7]) == ("112", "75")
    assert [row[1] for row in projects.rows] == ["fitted"] * 4 + ["shown"]
    notes = " ".join(block.text for block in blocks(document, "evidence") if isinstance(block, Paragraph))
    assert "Land F, cancelled is only shown: Cancelled." in notes
    assert "Of Lands D and E together 50\u202f% is counted here: The other half is running." in notes


def test_a_fit_is_said_with_its_numbers(made: Any) -> None:
    _, _, document = made
    text = " ".join(block.text for block in blocks(document, "evidence") if isinstance(block, Paragraph))
    x = np.log([1.0, 10.0, np.sqrt(22.5), 0.6])
    y = np.log([40.0, 112.5, 75.0, 30.0])
    slope = stats.linregress(x, y)
    residual = y - slope.intercept - slope.slope * x
    assert "Distribution fitted to 4 amounts: lognormal, which leaves 2 degrees of freedom." in text
    # 0.45 with an error of 0.02, and a spread of 0.045 that two degrees of freedom know to some 0.02.
    assert f"to the power {slope.slope:.2f} (standard error {slope.stderr:.2g})" in text
    assert f"around that is {np.sqrt((residual**2).sum() / 2):.2f}." in text
    assert "Countries have 0.2 of this uncertainty in common, since the level is not known" in text
    assert "No cost there is above 900, if amounts grow as estimated: Invented." in text
    assert "fitted to 3 amounts" in text
    assert "fitted to 2 amounts" not in text


def test_a_common_share_that_the_study_states_is_not_laid_to_the_data() -> None:
    study = ps.load_study(FITTED, {"area.x.component.projects.common_share": 0.55})
    document = compose(study, ps.simulate(study, scenarios=200))
    text = " ".join(block.text for block in blocks(document, "evidence") if isinstance(block, Paragraph))
    assert "Countries have 0.55 of this uncertainty in common, as the study states." in text
    assert "Countries have 0.25 of this uncertainty in common, since the level" in text


def test_what_a_range_rests_on_is_said_of_centre_width_and_shape(made: Any) -> None:
    _, _, document = made
    facts = {block.title: dict(block.facts) for block in blocks(document, "evidence") if hasattr(block, "facts")}
    assert facts["Projects"]["Centre rests on"] == "evidence"
    assert facts["Projects"]["Width rests on"] == "data (4 amounts)"
    assert facts["Stated"]["Width rests on"] == "data (2 amounts)"
    assert facts["Stated"]["Shape rests on"] == "expert"
    assert facts["Stated"]["Who was asked"] == "head of the office, 2026-11: quartiles in an interview"
    assert facts["Projects"]["What it counts"].startswith("grants")
    assert "What it counts" not in facts["Stated"]


def test_posts_stand_by_area_and_year(made: Any) -> None:
    _, _, document = made
    (posts,) = tables(document, "evidence", "Posts")
    assert posts.rows == (("First", "1.5", "–", "–", "–"),)


def test_what_is_not_counted_is_a_table(made: Any) -> None:
    (left_out,) = tables(made[2], "evidence", "not counted")
    assert left_out.rows == (("Stockpiles", "They are no capacity.", "3,000 to 5,000 dollars a tonne"),)


def test_payments_are_brought_to_years_and_prices_of_the_study(made: Any) -> None:
    _, dataset, document = made
    (table,) = tables(document, "cross-check", "Money that was paid")
    # Prices rise from 125 to 150, and 4 years are half of 8.
    brought = 1_200.0 * 150 / 125 * 4 / 8
    assert brought == 720.0
    assert table.rows[0][3] == "720"
    mean = float(dataset["cost"].mean())
    assert float(table.rows[0][5]) == pytest.approx(mean / brought, abs=0.051)
    # Co-financing is compared with no total of the study.
    assert table.rows[1][4:] == ("–", "–")
    (reasons,) = (block for block in blocks(document, "cross-check") if isinstance(block, Bullets))
    assert "Other countries are in it. Slides: 1,200 in eight years (verified)." in reasons.items[0]


def test_a_study_that_states_none_of_it_says_none_of_it() -> None:
    study = ps.load_study("example")
    document = compose(study, ps.simulate(study, scenarios=200))
    assert not [each for each in document.sections if each.id == "cross-check"]
    for words in ("amounts that were read", "Posts", "not counted"):
        assert tables(document, "evidence", words) == []


def test_the_variance_by_width_is_that_of_the_scenarios() -> None:
    study = ps.load_study(FITTED, {"area.x.component.from_file.cost": {"family": "uniform", "low": 1.0, "high": 9.0}})
    dataset = ps.simulate(study, scenarios=50_000, breakdowns=["width", "component"])
    costs = dataset["cost_by_component"].isel(option=0)
    total = dataset["cost"].isel(option=0).values
    judged = costs.sel(component="x/from_file").values
    share = np.cov(judged, total)[0, 1] / total.var(ddof=1)
    (section,) = (each for each in compose(study, dataset).sections if each.id == "credibility")
    text = " ".join(item for block in section.blocks if isinstance(block, Bullets) for item in block.items)
    assert f"and {100 * share:.0f}\u202f% on judgement (covariance of the costs whose own widths rest on these" in text


def test_what_a_fit_leaves_out_is_not_called_fitted() -> None:
    """A fit may choose among rows: a point that it leaves out is compared, and one that was only shown is fitted."""
    chosen = ["land_a", "land_c", "elsewhere", "cancelled"]
    cost = {"fit": "lognormal", "size": 0.5, "data": chosen, "cap": 900.0, "cap_rationale": "As before."}
    study = ps.load_study(FITTED, {"area.x.component.projects.cost": cost})
    document = compose(study, ps.simulate(study, scenarios=200))
    (projects, *_) = tables(document, "evidence", "amounts that were read")
    assert [row[1] for row in projects.rows] == ["fitted", "fitted", "compared", "fitted", "fitted"]
    text = " ".join(block.text for block in blocks(document, "evidence") if isinstance(block, Paragraph))
    assert "Land F, cancelled is only shown" not in text
    assert "fitted to 4 amounts" in text
