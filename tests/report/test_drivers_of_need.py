"""Which inputs make the range of the financing need, where who pays is uncertain: in a run and in its report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import xarray as xr

import popsim as ps
from popsim.analysis.attached import add_drivers, attached_drivers
from popsim.report.content import compose
from popsim.report.document import Document, Paragraph, Table
from popsim.study.model import Study

from ..reproduction.small import ONE, REASONS, component, lognormal, uniform, write


def made(folder: Path, **financing: Any) -> tuple[Study, xr.Dataset, Document]:
    areas = {"x": {"k": component(lognormal(100.0, 0.3))}, "y": {"k": component(lognormal(50.0, 0.1))}}
    study = ps.load_study(write(folder, areas, countries=ONE, financing={**financing, **REASONS}))
    dataset = add_drivers(study, ps.simulate(study, scenarios=2_000, breakdowns=["area"]), wanted=True)
    return study, dataset, compose(study, dataset)


@pytest.fixture(scope="module")
def uncertain(tmp_path_factory: pytest.TempPathFactory) -> tuple[Study, xr.Dataset, Document]:
    return made(tmp_path_factory.mktemp("study"), cofinancing=uniform(0.0, 0.9), agency_fee=0.1)


def blocks(document: Document) -> tuple[list[Table], str]:
    (section,) = (part for part in document.sections if part.id == "drivers")
    tables = [block for block in section.blocks if isinstance(block, Table)]
    text = " ".join(block.text for block in section.blocks if isinstance(block, Paragraph))
    return tables, text.replace("\u202f", " ")


def test_a_run_holds_drivers_of_cost_and_need(uncertain: tuple[Study, xr.Dataset, Document]) -> None:
    study, dataset, _ = uncertain
    cost, need = (attached_drivers(dataset, "input", total) for total in ("cost", "financing_need"))
    assert cost is not None
    assert need is not None
    assert "financing" not in cost["input"]
    found = ps.drivers(study, int(need.attrs["scenarios"]))
    assert need["first_order"].values.tolist() == found["first_order_of_financing_need"].values.tolist()
    by_area = found["variance_share_of_financing_need_by_area"]
    assert need["variance_share_by_area"].values.tolist() == by_area.values.tolist()
    # Q = 1.1 (1 - c), c uniform on 0 to 0.9: E[Q] = 1.1 * 0.55, Var(Q) = 1.1^2 * 0.81 / 12, independent of the cost C.
    mean, variance = 150.0, 100.0**2 * 0.0941743 + 50.0**2 * 0.0100502
    of_share = mean**2 * 0.81 / 12
    whole = of_share + variance * (0.55**2 + 0.81 / 12)
    share = need["first_order"].sel(input="financing").item()
    assert abs(share - of_share / whole) < 5.0 * need["first_order_error"].sel(input="financing").item()
    assert share > 0.8


def test_the_report_shows_them_apart(uncertain: tuple[Study, xr.Dataset, Document]) -> None:
    tables, text = blocks(uncertain[2])
    captions = [table.caption for table in tables]
    assert captions.count("Share of the variance of the total cost") == 1
    assert captions.count("Share of the variance of the financing need") == 1
    of_cost, of_need = (
        next(table for table in tables if table.caption.endswith(words)) for words in ("total cost", "financing need")
    )
    name = "Financing: co-financing and agency fee"
    assert name not in [row[0] for row in of_cost.rows]
    assert of_need.rows[0][0] == name
    share = of_need.rows[0][1]
    assert f"The largest part of its range comes from “{name}”: {share} of its variance." in text.replace(
        " %", "\u202f%"
    )
    assert any(caption.startswith("Expected financing need where an input turns out") for caption in captions)


def test_a_need_that_only_follows_the_cost_has_none(tmp_path: Path) -> None:
    _, dataset, document = made(tmp_path, cofinancing=0.5, agency_fee=0.1)
    assert attached_drivers(dataset, "input", "financing_need") is None
    assert not [name for name in dataset.data_vars if "of_financing_need" in str(name)]
    tables, text = blocks(document)
    assert not [table for table in tables if "financing need" in table.caption]
    assert "Who pays is uncertain too" not in text


def test_a_cost_that_is_certain_has_no_drivers_of_its_own(tmp_path: Path) -> None:
    areas = {"x": {"k": component(100.0)}}
    path = write(tmp_path, areas, countries=ONE, financing={"cofinancing": uniform(0.0, 0.9), **REASONS})
    study = ps.load_study(path)
    for scenarios in (1, 200):
        dataset = add_drivers(study, ps.simulate(study, scenarios=scenarios), wanted=True)
        assert dataset.attrs["drivers_left_out"] == "certain"
