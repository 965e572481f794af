"""Documents in another language have the names that the study gives in it; numbers and labels stay."""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
import xarray as xr

import popsim as ps
from popsim.report import language
from popsim.report.content import compose
from popsim.report.data import ReportData, gather
from popsim.report.document import Figure, Matrix, Table
from popsim.report.excel import write_workbook
from popsim.report.html import write_html
from popsim.report.markdown import write_markdown
from popsim.report.numbering import captioned
from popsim.report.numbers import Printed
from popsim.report.sipmath import write_sipmath
from popsim.report.study_names import in_language, with_names
from popsim.report.tidy_csv import write_tidy_csv
from popsim.report.word import write_word
from popsim.study.model import Study

ODD = {
    "Country inventory": "<script>alert(1)</script>",
    "Action plan": '=cmd|" /C calc"!A0',
    "Focal unit": "a\nb \u202e'];\"",
    "Regulatory controls": "x" * 200,
}


@pytest.fixture(scope="module")
def study() -> Study:
    return ps.load_study("pops", {"scenarios.count": 60})


@pytest.fixture(scope="module")
def dataset(study: Study) -> xr.Dataset:
    return ps.simulate(study)


@pytest.fixture(scope="module")
def data(study: Study, dataset: xr.Dataset) -> ReportData:
    return gather(study, dataset)


@pytest.fixture(scope="module")
def english(study: Study, dataset: xr.Dataset, data: ReportData, tmp_path_factory: pytest.TempPathFactory) -> str:
    return page_in(tmp_path_factory.mktemp("names"), "en", study, dataset, data)


@pytest.fixture(scope="module")
def french(study: Study, dataset: xr.Dataset, data: ReportData, tmp_path_factory: pytest.TempPathFactory) -> str:
    return page_in(tmp_path_factory.mktemp("names"), "fr", study, dataset, data)


def names_in(study: Study, code: str) -> dict[str, str]:
    return {name: text for name, text in dict(study.translations)[code] if name != text and " " in name}


def texts_of(page: str) -> set[str]:
    """Return the texts of a page and of its attributes for readers, but for the study's file, which stays as it is."""
    page = re.sub(r"<style.*?</style>|<pre.*?</pre>", "", page, flags=re.DOTALL)
    spoken = re.findall(r'(?:alt|aria-label|title)="([^"]*)"', page)
    return {html.unescape(text).strip() for text in (*spoken, *re.split(r"<[^>]*>", page))} - {""}


def untranslated(texts: set[str], names: dict[str, str], most: int = 140) -> set[str]:
    """Return the names, as they stand or as they begin a cell, that a short text has; prose may have their words."""
    forms = {form: name for name in names for form in (name, name[:1].upper() + name[1:])}
    short = "\n".join(text for text in texts if len(text) < most)
    return {name for form, name in forms.items() if re.search(rf"(?<!\w){re.escape(form)}(?!\w)", short)}


def page_in(folder: Path, code: str, study: Study, dataset: xr.Dataset, data: ReportData | None = None) -> str:
    path = folder / f"{code}.html"
    with language.using(code):
        write_html(path, study, dataset, data)
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("code", ["fr", "es", "ar"])
@pytest.mark.one_in(3)
def test_no_name_of_the_packaged_study_stays_english(
    code: str, study: Study, dataset: xr.Dataset, data: ReportData, tmp_path: Path, english: str, french: str
) -> None:
    names, own = names_in(study, code), {"least developed countries"}  # in the name of a project, which is a source
    texts = texts_of(french if code == "fr" else page_in(tmp_path, code, study, dataset, data))
    assert untranslated(texts, names) <= own
    assert {names["Technology transfer"], names["Without technology transfer"]} <= texts
    assert names["Latin America and Caribbean"] in "\n".join(texts)
    # The search finds them where they are.
    assert len(untranslated(texts_of(english), names)) > 40


def test_a_page_in_english_does_not_depend_on_translations(
    study: Study, dataset: xr.Dataset, tmp_path: Path, english: str
) -> None:
    assert english == page_in(tmp_path, "en", replace(study, translations=()), dataset)


def test_a_study_without_translations_has_its_own_names_everywhere(
    study: Study, dataset: xr.Dataset, tmp_path: Path
) -> None:
    texts = texts_of(page_in(tmp_path, "fr", replace(study, translations=()), dataset))
    assert {"Technology transfer", "Without technology transfer"} <= texts


def test_data_gathered_in_the_language_or_before_give_the_same_page(
    study: Study, dataset: xr.Dataset, tmp_path: Path, french: str
) -> None:
    assert french == page_in(tmp_path, "fr", study, dataset)


def test_numbers_are_equal_in_all_languages(study: Study, dataset: xr.Dataset, data: ReportData) -> None:
    def numbers(code: str) -> list[tuple[str, list[str]]]:
        with language.using(code):
            document = compose(study, dataset, data)
        blocks = [block for block in captioned(document.sections) if isinstance(block, Table | Matrix | Figure)]
        # Countries stand in the order of their names in the language.
        return [
            (block.name, sorted(str(c.value) for row in block.rows for c in row if isinstance(c, Printed)))
            if isinstance(block, Table)
            else (block.name, [])
            for block in blocks
        ]

    assert numbers("fr") == numbers("en")
    assert sum(len(found) for _, found in numbers("en")) > 500


def test_files_for_programs_are_equal_in_all_languages(study: Study, dataset: xr.Dataset, tmp_path: Path) -> None:
    files = {}
    for code in ("en", "fr"):
        with language.using(code):
            write_tidy_csv(tmp_path / code, study, dataset, locale="en")
            write_sipmath(tmp_path / code / "sipmath.json", study, dataset)
        files[code] = {path.name: path.read_bytes() for path in sorted((tmp_path / code).iterdir())}
    assert files["fr"] == files["en"]
    assert b"Technology transfer" in b"".join(files["fr"].values())


def test_labels_stay(study: Study, dataset: xr.Dataset) -> None:
    names = dict(dict(study.translations)["fr"])
    french, renamed = in_language(study, "fr"), with_names(dataset, names)
    assert renamed["area_name"].sel(area="f") == "Transfert de technologies" == french.areas[5].name
    for label in ("area", "option", "component", "region", "income", "country"):
        if label in dataset.coords:
            assert renamed[label].values.tolist() == dataset[label].values.tolist()
    assert [area.id for area in french.areas] == [area.id for area in study.areas]
    assert [country.groups for country in french.countries] == [country.groups for country in study.countries]
    assert (french.label("region", "African"), study.label("region", "African")) == ("Afrique", "African")
    assert french.options[0].study.areas[0].name == "Inventaire national"
    assert all((renamed[name].values == dataset[name].values).all() for name in dataset.data_vars)


def test_names_are_translated_once(study: Study) -> None:
    """Names that change places would change back, were they translated a second time."""
    pairs = (("Action plan", "Focal unit"), ("Focal unit", "Action plan"))
    swapped = in_language(replace(study, translations=(("fr", pairs),)), "fr")
    assert [area.name for area in swapped.areas[1:3]] == ["Focal unit", "Action plan"]
    assert in_language(swapped, "fr") == swapped


@pytest.mark.slow
def test_odd_names_are_text_everywhere(study: Study, dataset: xr.Dataset, tmp_path: Path) -> None:
    from docx import Document as read_docx
    from openpyxl import load_workbook

    odd = replace(study, translations=(("fr", tuple(ODD.items())),))
    page = page_in(tmp_path, "fr", odd, dataset)
    assert "<script>alert(1)" not in page
    assert html.escape(ODD["Country inventory"]) in page
    with language.using("fr"):
        data = gather(odd, dataset)
        write_workbook(tmp_path / "a.xlsx", odd, dataset, data)
        write_word(tmp_path / "a.docx", odd, dataset, data)
        write_markdown(tmp_path / "a.md", odd, dataset, data)
    sheets = load_workbook(tmp_path / "a.xlsx").worksheets
    cells = [cell for sheet in sheets for row in sheet.iter_rows() for cell in row if cell.value is not None]
    plans = [cell for cell in cells if str(cell.value).startswith("=cmd")]
    assert plans
    assert {cell.data_type for cell in plans} == {"s"}
    tables = read_docx(str(tmp_path / "a.docx")).tables
    assert any(ODD["Country inventory"] in cell.text for table in tables for row in table.rows for cell in row.cells)
    assert not re.search(r"(?<!\\)<script>", (tmp_path / "a.md").read_text(encoding="utf-8"))


def test_the_live_part_of_the_page_has_the_names(french: str) -> None:
    held = re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', french, flags=re.DOTALL)
    assert all(json.loads(text) for text in held)
    assert re.search(r"<option[^>]*>Sans transfert de technologies</option>", french)
