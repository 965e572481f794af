"""The page on documents: its table of formats, and the styles that it names."""

from __future__ import annotations

import re
from pathlib import Path

import docx
import pytest
import xarray as xr

from popsim.report.formats import FORMATS
from popsim.report.word import write_word
from popsim.study.model import Study
from tests.report.conftest import fake_run, fake_study


@pytest.fixture(scope="module")
def page(root: Path) -> str:
    return (root / "docs" / "how-to" / "documents.md").read_text(encoding="utf-8")


def test_the_table_names_every_format_and_its_file(page: str) -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| `([\w./]+)`", page, re.MULTILINE))
    assert {name: file.rstrip("/") for name, file in rows.items()} == {
        name: each.file("en") for name, each in FORMATS.items()
    }


def test_the_styles_that_it_names_are_those_of_the_note(page: str, tmp_path: Path) -> None:
    study: Study = fake_study(areas=2, countries=3, years=2)
    dataset: xr.Dataset = fake_run(study, 100)
    write_word(tmp_path / "report.docx", study, dataset)
    styles = {style.name for style in docx.Document(str(tmp_path / "report.docx")).styles}
    named = re.search(r"has a style \(([^)]*)\)", page)
    assert named is not None
    assert set(re.findall(r"\*([\w ]+)\*", named[1])) <= styles
