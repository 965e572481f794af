"""Tables and figures have numbers in the order of reading, and names that links can use."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from functools import partial

import pytest
import xarray as xr

from popsim.report.content import compose
from popsim.report.document import Details, Figure, Matrix, Section, Table
from popsim.report.figures import canvas
from popsim.report.language import using
from popsim.report.numbering import captioned, heading, label, numbered, slug
from popsim.study.model import Study

NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def table(name: str = "") -> Table:
    return Table("Caption", ("A", "B"), (("a", "1"),), name=name)


def figure(name: str) -> Figure:
    return Figure(name, "Title", "Caption", "Spoken", partial(canvas.blank, canvas.WIDE, 10.0))


def test_each_kind_is_counted_in_the_order_of_reading() -> None:
    matrix = Matrix("Caption", "Corner", ("A",), ())
    sections = numbered(
        [
            Section("first", "First", "First", (figure("f"), table(), Details("More", (matrix, figure("g"))))),
            Section("second", "Second", "Second", (table(), figure("h"))),
        ]
    )
    found = [(type(block).__name__, block.number) for block in captioned(sections)]
    assert found == [("Figure", 1), ("Table", 1), ("Matrix", 2), ("Figure", 2), ("Table", 3), ("Figure", 3)]
    assert [label(block) for block in captioned(sections)][:2] == ["Figure 1", "Table 1"]
    assert heading(next(captioned(sections))) == "Figure 1. Title"


def test_names_are_unique_and_fit_into_a_link() -> None:
    blocks = (table(), table("first"), table("first-2"), table("Ärea & <b>"), figure("first"))
    names = [block.name for block in captioned(numbered([Section("first", "First", "First", blocks)]))]
    assert names == ["first", "first-2", "first-2-2", "area-b", "first"]


@pytest.mark.parametrize(("text", "name"), [("", ""), ("世界", ""), ("A  b_C", "a-b-c"), ("--x--", "x")])
def test_slug_is_letters_digits_and_single_hyphens(text: str, name: str) -> None:
    assert slug(text) == name


def test_annex_comes_last_and_is_numbered_last() -> None:
    annex = Section("a", "A", "A", (table(),), is_annex=True)
    sections = numbered(sorted([annex, Section("b", "B", "B", (table(),))], key=lambda section: section.is_annex))
    assert [(part.id, block.number) for part in sections for block in captioned([part])] == [("b", 1), ("a", 2)]


def test_a_report_is_numbered_throughout(study: Study, dataset: xr.Dataset) -> None:
    document = compose(study, dataset)
    for kinds in ((Table, Matrix), (Figure,)):
        found = [block for block in captioned(document.sections) if isinstance(block, kinds)]
        assert [block.number for block in found] == list(range(1, len(found) + 1))
        assert len({block.name for block in found}) == len(found) > 3
        assert all(NAME.fullmatch(block.name) for block in found)
    assert document.sections == document.body + document.annex


def test_a_report_says_how_it_is_cited(study: Study, dataset: xr.Dataset) -> None:
    dated = dataset.assign_attrs(date="2026-11-29T10:00:00+00:00")
    document = compose(study, dated)
    assert document.date == date(2026, 11, 29)
    assert document.version == "0.1.0"
    plan = ("5f1c" * 16)[:12]
    assert document.cite_as == (
        f"{study.title}. 29 November 2026. popsim 0.1.0, study fake, plan {plan}, seed 1, 2,000 scenarios."
    )
    assert compose(study, dataset).date is None
    assert "November" not in compose(study, dataset).cite_as
    assert compose(study, dataset.assign_attrs(date="yesterday")).date is None


def test_number_stays_out_where_nothing_is_numbered() -> None:
    assert heading(table()) == "Caption"
    assert heading(replace(table(), number=2)) == "Table 2. Caption"
    with using("en"):
        assert label(replace(figure("f"), number=7)) == "Figure 7"
