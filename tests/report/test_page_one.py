"""The first page holds what the run found: ranges, what drives them, what they rest on, the options."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import popsim as ps
from popsim.analysis.attached import attach_drivers
from popsim.report.content import compose
from popsim.report.document import Bullets, Document, Figure, Paragraph, Section, Table

from .printed import check_cell, number, spoken

UNIT = 1e6


@pytest.fixture(scope="module")
def dataset() -> xr.Dataset:
    study = ps.load_study("pops")
    return ps.simulate(study, scenarios=1_000, breakdowns=["area", "width"]).assign_attrs(date="2026-11-29")


@pytest.fixture(scope="module")
def document(dataset: xr.Dataset) -> Document:
    return compose(ps.load_study("pops"), dataset)


def page(document: Document) -> Section:
    first = document.sections[0]
    assert first.id == "page-one"
    return first


def table(document: Document, name: str) -> Table:
    (found,) = (block for block in page(document).blocks if isinstance(block, Table) and block.name == name)
    return found


def all_years(dataset: xr.Dataset, total: str) -> xr.DataArray:
    return dataset[total] + dataset[f"{total}_after_horizon"]


def check_ranges(document: Document, dataset: xr.Dataset) -> None:
    shown = table(document, "ranges")
    assert "90 % interval" in spoken(shown.caption)
    rows = iter(shown.rows)
    for total, title in (("financing_need", "Financing need"), ("cost", "Total cost")):
        for values, name, years in (
            (dataset[total], title, "2027–2036"),
            (all_years(dataset, total), "", "all years"),
        ):
            row = next(rows)
            full = values.sel(option="full").values
            assert row[:2] == (name, years)
            wanted = [*np.quantile(full, [0.05, 0.5, 0.95]), full.mean(), np.quantile(full, 0.8)]
            for cell, value in zip(row[2:], wanted, strict=True):
                check_cell(cell, value / UNIT)
    assert next(rows, None) is None


def test_ranges_of_cost_and_need_within_the_years_and_in_all(document: Document, dataset: xr.Dataset) -> None:
    check_ranges(document, dataset)
    with pytest.raises(AssertionError):
        check_ranges(document, dataset * 1.2)


def test_options_stand_as_saved_and_as_paid_later(document: Document, dataset: xr.Dataset) -> None:
    shown = table(document, "options-at-a-glance")
    assert "What is paid after 2036 is not saved." in spoken(shown.caption)
    options = dataset["option"].values.tolist()[1:]
    assert len(shown.rows) == len(options) == 5
    later = dataset["financing_need_after_horizon"]
    within = dataset["financing_need"]
    for option, row in zip(options, shown.rows, strict=True):
        for place, values in enumerate((within, later, within + later)):
            apart = (values.sel(option=option) - values.sel(option="full")).values / UNIT
            mean, ends = row[1 + 2 * place], spoken(row[2 + 2 * place]).split(" to ")
            check_cell(mean, apart.mean())
            for end, value in zip(ends, np.quantile(apart, [0.05, 0.95]), strict=True):
                check_cell(end, value)


def test_what_it_rests_on_is_told_in_money_and_in_width(document: Document, dataset: xr.Dataset) -> None:
    shown = table(document, "rests-on")
    money, width = ([number(spoken(row[k]).removesuffix(" %"))[0] for row in shown.rows] for k in (1, 2))
    assert [row[0].partition(":")[0] for row in shown.rows] == ["Evidence", "Proxy", "Judgement"]
    expected = dataset["expected_cost_by_component"].sel(option="full")
    for basis, share in zip(("evidence", "proxy", "judgement"), money, strict=True):
        of_basis = expected.where(expected["component_basis"] == basis).sum() / expected.sum()
        assert share == pytest.approx(100 * of_basis.item(), abs=0.51)
    parts, whole = dataset["cost_by_width"].sel(option="full"), dataset["cost"].sel(option="full").values
    for basis, share in zip(("data", "proxy", "judgement"), width, strict=True):
        covariance = np.cov(parts.sel(width=basis).values, whole)[0, 1] / whole.var(ddof=1)
        # Printed with the digits that the errors support.
        assert share == pytest.approx(100 * covariance, abs=5.0)
    assert sum(width) == pytest.approx(100, abs=10)


def test_three_lines_say_what_drives_the_range(document: Document, dataset: xr.Dataset) -> None:
    (lines,) = (block for block in page(document).blocks if isinstance(block, Bullets))
    need = dataset["financing_need_by_area"].sel(option="full")
    widths = (need.quantile(0.95, "scenario") - need.quantile(0.05, "scenario")).sortby("area")
    names = {area.id: area.name for area in ps.load_study("pops").areas}
    widest = sorted(names, key=lambda area: -float(widths.sel(area=area)))[:3]
    assert [item.partition(":")[0] for item in lines.items] == [names[area] for area in widest]


def test_inputs_are_named_where_the_run_knows_them() -> None:
    study = ps.load_study("example")
    dataset = ps.simulate(study, scenarios=500)
    by_input, by_level = (ps.drivers(study, by=by, scenarios=1_024) for by in ("input", "level"))
    attached = attach_drivers(dataset, by_input, by_level)
    (lines,) = (block for block in page(compose(study, attached)).blocks if isinstance(block, Bullets))
    names = set(map(str, by_input["input_name"].values))
    assert len(lines.items) == 3
    assert all(any(item.startswith(f"{name}: ") for name in names) for item in lines.items)


def test_the_page_is_dated_and_can_be_cited(document: Document, dataset: xr.Dataset) -> None:
    last = page(document).blocks[-1]
    assert isinstance(last, Paragraph)
    text = spoken(last.text)
    for part in ("29 November 2026", "study pops", "1,000 scenarios", "seed 1998", dataset.attrs["plan_digest"][:12]):
        assert part in text


def test_it_has_one_figure_and_little_text(document: Document) -> None:
    blocks = page(document).blocks
    assert sum(isinstance(block, Figure) for block in blocks) == 1
    words = sum(len(block.text.split()) for block in blocks if isinstance(block, Paragraph))
    assert words < 90


def test_a_run_of_little_has_a_page_without_gaps() -> None:
    study = ps.load_study("example")
    bare = compose(study, ps.simulate(study, scenarios=10)[["cost"]])
    text = page(bare).blocks[0]
    assert isinstance(text, Paragraph)
    assert "too few" in text.text
    assert all(cell == "n/a" for cell in (table(bare, "ranges").rows[0][2], table(bare, "ranges").rows[0][4]))
