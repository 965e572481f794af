"""The section on what makes the range: there when the run holds it, in words that its numbers support."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import popsim as ps
from popsim.analysis import attach_drivers
from popsim.analysis.tails import UNSEEN
from popsim.report.content import compose
from popsim.report.document import Document, Figure, Paragraph, Section, Table
from popsim.report.html import render


@pytest.fixture(scope="module")
def dataset() -> xr.Dataset:
    study = ps.load_study("pops")
    found = [ps.drivers(study, 1024, by=by) for by in ("input", "level")]
    return attach_drivers(ps.simulate(study, scenarios=300), *found)


@pytest.fixture(scope="module")
def document(dataset: xr.Dataset) -> Document:
    return compose(ps.load_study("pops"), dataset)


@pytest.fixture(scope="module")
def section(document: Document) -> Section:
    return next(part for part in document.sections if part.id == "drivers")


def test_figures_and_tables_hold_the_same_inputs_largest_first(
    section: Section, document: Document, dataset: xr.Dataset
) -> None:
    tornado, shares = (block.draw.keywords for block in section.blocks if isinstance(block, Figure))
    ends = list(zip(tornado["lows"], tornado["highs"], strict=True))
    reach = [high - low for low, high in ends]
    assert reach == sorted(reach, reverse=True)
    # An input whose share is hidden by its error may have both ends on one side of the mean, by chance.
    seen = [label for label, share in zip(shares["labels"], shares["with_others"], strict=True) if share > 0.0]
    bars = dict(zip(tornado["labels"], ends, strict=True))
    assert seen
    # A bar without length is the mean itself, but for the last bit of a sum in another order.
    rounding = 1e-14 * tornado["mean"]
    assert all(bars[label][0] - rounding <= tornado["mean"] <= bars[label][1] + rounding for label in seen)
    assert list(shares["with_others"]) == sorted(shares["with_others"], reverse=True)
    annex = next(part for part in document.sections if part.id == "drivers-further")
    assert annex.is_annex
    tables, further = ([block for block in part.blocks if isinstance(block, Table)] for part in (section, annex))
    inputs, levels, areas = (dataset.sizes[name] for name in ("input", "level", "area"))
    # Who pays is an input of the need alone, which has two tables of its own.
    assert "financing" in dataset["input"]
    of_cost = inputs - 1
    assert [len(table.rows) for table in tables] == [of_cost, of_cost, inputs, inputs]
    assert [len(table.rows) for table in further] == [levels, levels, areas]
    assert tables[0].rows[0][0] == shares["labels"][0] == "Unit costs: Technology transfer"
    assert further[2].rows[0][0] == "Technology transfer"
    assert "US$ million, constant 2025 prices" in tables[1].caption


def test_the_lead_names_the_input_that_explains_most(section: Section) -> None:
    lead = next(block.text for block in section.blocks if isinstance(block, Paragraph))
    assert lead.startswith(
        "The largest part of the range of the total cost comes from “Unit costs: Technology transfer”"
    )
    assert "90\u202f% interval" in lead


def with_indices(dataset: xr.Dataset, first: float, total: float, error: float) -> Section:
    """The section where every input has these indices."""
    made = {"first_order": first, "first_order_error": error, "total": total, "total_error": error}
    names = {f"drivers_input_{name}": value for name, value in made.items()}
    damaged = dataset.assign({name: xr.full_like(dataset[name], value) for name, value in names.items()})
    return next(part for part in compose(ps.load_study("pops"), damaged).sections if part.id == "drivers")


@pytest.mark.parametrize(
    ("first", "total", "error", "printed"),
    [
        (0.30, 0.40, 0.01, ("30", "40")),
        (0.31, 0.29, 0.01, ("30", "30")),
        (-0.001, 0.30, 0.005, ("below 1", "30")),
        (-0.001, -0.002, 0.01, ("below 2", "below 2")),
        (0.02, 0.015, 0.02, ("below 5", "below 5")),
        (1e-17, -1e-18, 1e-17, ("0", "0")),
        (0.0, 0.0, 0.0, ("0", "0")),
        (0.0, 1.003, 0.01, ("below 2", "100")),
    ],
)
@pytest.mark.one_in(3)
def test_a_share_is_printed_where_its_error_does_not_hide_it(
    dataset: xr.Dataset, first: float, total: float, error: float, printed: tuple[str, str]
) -> None:
    section = with_indices(dataset, first, total, error)
    table = next(block for block in section.blocks if isinstance(block, Table))
    assert {row[1:] for row in table.rows} == {tuple(f"{share}\u202f%" for share in printed)}


def test_where_no_share_is_resolved_no_input_is_named(dataset: xr.Dataset) -> None:
    lead = next(block.text for block in with_indices(dataset, 0.01, 0.02, 0.02).blocks if isinstance(block, Paragraph))
    assert lead == "No input by itself stands out from the noise of this run: the share of each is below 5\u202f%."


def test_the_notes_say_what_the_run_hides(dataset: xr.Dataset) -> None:
    notes = [block.text for block in with_indices(dataset, 0.01, 0.3, 0.02).blocks if isinstance(block, Paragraph)]
    assert any("here each of these is below 5\u202f%" in text for text in notes)
    notes = [block.text for block in with_indices(dataset, 0.2, 0.3, 0.01).blocks if isinstance(block, Paragraph)]
    assert not any("here each of these" in text for text in notes)


def test_runs_without_drivers_have_no_section(dataset: xr.Dataset) -> None:
    study = ps.load_study("pops")
    for kept in ("drivers_input", "drivers_level"):
        part = dataset.drop_vars([str(name) for name in dataset.data_vars if str(name).startswith(kept)])
        assert "drivers" not in [found.id for found in compose(study, part).sections]


def test_the_page_holds_both_figures(document: Document) -> None:
    text = render(document)
    for name in ("tornado", "drivers"):
        assert f'id="figure-{name}"' in text
    assert np.char.count(text, "What makes the range?") >= 1


def lead_with(dataset: xr.Dataset, **changed: float) -> str:
    """What is said first where figures of the drivers by input are others."""
    names = {f"drivers_input_{name}": value for name, value in changed.items()}
    damaged = dataset.assign({name: xr.full_like(dataset[name], value) for name, value in names.items()})
    section = next(part for part in compose(ps.load_study("pops"), damaged).sections if part.id == "drivers")
    return next(block.text for block in section.blocks if isinstance(block, Paragraph))


def test_no_input_is_said_to_narrow_a_range_that_it_does_not_narrow(dataset: xr.Dataset) -> None:
    said = lead_with(dataset, width_given=9e9, width_given_error=1e7)
    assert "would not be narrower for that" in said
    assert "9,000\u00a0million wide" in said


def test_no_input_is_called_the_largest_where_the_tail_was_not_seen(dataset: xr.Dataset) -> None:
    said = lead_with(dataset, std_error=np.inf)
    assert said.startswith("Which input makes most of the range is not certain: the sample cannot have seen the tail")
    assert "were it known" not in said


def test_shares_of_a_variance_that_was_not_seen_are_not_told(dataset: xr.Dataset) -> None:
    errors = [f"drivers_input_std{of}_error" for of in ("", "_of_financing_need")]
    damaged = dataset.assign({name: xr.full_like(dataset[name], np.inf) for name in errors})
    document = compose(ps.load_study("pops"), damaged)
    section = next(part for part in document.sections if part.id == "drivers")
    (only,) = section.blocks
    assert isinstance(only, Paragraph)
    assert UNSEEN in only.text
    assert "%" not in only.text
