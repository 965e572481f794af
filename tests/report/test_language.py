"""Every word of a document is one of its language, and so is every number: nothing is written past the catalogues."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from string import Formatter

import pytest
import xarray as xr
from babel import Locale
from babel.messages import Catalog
from babel.messages.pofile import write_po
from babel.numbers import format_decimal, format_percent

import popsim as ps
from popsim.analysis.attached import attach_rare
from popsim.engine.variants import dependence_extremes
from popsim.errors import ParameterError
from popsim.report import catalogues, language
from popsim.report.catalogues import missing, sentences, translated
from popsim.report.content import compose
from popsim.report.data import gather
from popsim.report.document import Document, Paragraph, Section
from popsim.report.language import LANGUAGES, gettext, listed, long_date, ngettext, territory, using
from popsim.report.numbers import (
    aligned,
    amount,
    count,
    exact_money,
    money,
    money_range,
    percent,
    significant,
    tick,
    unit_for,
)
from popsim.report.words import country
from popsim.study.model import Study

from .pseudo import PSEUDO, allowed, foreign_run, foreign_study, pieces, unmarked

OTHERS = [code for code in LANGUAGES if code != "en"]
COMPLETE = ["fr", "es", "ar"]
"""Languages that have been translated in full, and stay so."""


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ").replace("\u200e", "")


@pytest.fixture(scope="module")
def packaged() -> tuple[Study, xr.Dataset]:
    study = ps.load_study("pops")
    run = ps.simulate(study, scenarios=200)
    extremes = dependence_extremes(study, scenarios=200)
    return study, attach_rare(run.merge(extremes, combine_attrs="override"), ps.rare_events(study, run))


def in_pseudo(study: Study, dataset: xr.Dataset) -> Document:
    with using(PSEUDO):
        return compose(foreign_study(study), foreign_run(dataset, study))


def found_in(document: Document, study: Study, dataset: xr.Dataset) -> list[str]:
    known = allowed(study, dataset)
    return [f"{place}: {bad}" for place, text in pieces(document) if (bad := unmarked(text, known))]


def test_every_word_and_number_of_a_document_is_of_its_language(packaged: tuple[Study, xr.Dataset]) -> None:
    study, dataset = packaged
    assert found_in(in_pseudo(study, dataset), study, dataset) == []


def test_a_word_or_number_that_went_past_the_catalogue_is_found(packaged: tuple[Study, xr.Dataset]) -> None:
    study, dataset = packaged
    document = in_pseudo(study, dataset)
    for text in ("A word", "1,234", "0.5", "12%"):
        section = Section("new", "", "", (Paragraph(text),))
        found = found_in(replace(document, sections=(section,)), study, dataset)
        assert [each for each in found if each.startswith("new")] == [f"new: paragraph: {text}"]


def test_a_document_does_not_depend_on_the_language_of_an_earlier_one(packaged: tuple[Study, xr.Dataset]) -> None:
    """What is kept between documents of one run are numbers, and no words."""
    study, dataset = packaged
    data, alone = gather(study, dataset), compose(study, dataset)
    with using(PSEUDO):
        first = compose(study, dataset, data)
    english = compose(study, dataset, data)
    with using(PSEUDO):
        again = compose(study, dataset, data)
    assert list(pieces(english)) == list(pieces(alone))
    assert list(pieces(again)) == list(pieces(first))
    assert list(pieces(english)) != list(pieces(first))


@pytest.mark.parametrize("code", OTHERS)
@pytest.mark.one_in(3)
def test_a_draft_says_so(code: str, packaged: tuple[Study, xr.Dataset]) -> None:
    english = compose(*packaged)
    with using(code) as spoken:
        document = compose(*packaged)
    assert (document.subtitle.count("·") > english.subtitle.count("·")) == spoken.is_draft
    assert document.language == code


def test_words_outside_a_document_stay_english() -> None:
    with using("fr"):
        assert count(12_345) != "12,345"
    assert count(12_345) == "12,345"
    with pytest.raises(ParameterError, match="fr, es, ar"), using("de"):
        pass
    assert language.current().code == "en"


@pytest.mark.parametrize("code", OTHERS)
@pytest.mark.parametrize("number", [0.034, 7.5, 1_234.0, 12_345.0, 612_345_678.0])
def test_numbers_are_those_of_the_locale(code: str, number: float) -> None:
    with using(code) as spoken:
        # Babel groups from four digits on; Spanish does from five.
        grouping = number >= 10_000.0 or spoken.least_grouped == 1
        for written in (significant(number, 12), tick(number) if number < 1e6 else count(int(number))):
            digits = format_decimal(
                number, locale=Locale("ar", "MA") if code == "ar" else code, group_separator=grouping
            )
            if code == "ar":
                digits = format_decimal(number, locale="en")
            assert written == digits


@pytest.mark.parametrize("code", ["fr", "es"])
def test_shares_are_those_of_the_locale(code: str) -> None:
    with using(code):
        assert percent(0.5) == format_percent(0.5, locale=code)
        assert percent(0.125) == format_percent(0.125, locale=code, decimal_quantization=False)
        assert percent(-0.5) == f"−{format_percent(0.5, locale=code)}"


def test_signs_keep_their_place_where_text_runs_from_right_to_left() -> None:
    with using("ar") as spoken:
        assert spoken.direction == "rtl"
        assert amount(-2e6, 0.0) == "\u200e−2.000"
        assert amount(2e6, 30e6).startswith("\u200e<")


@pytest.mark.parametrize("code", OTHERS)
def test_printed_numbers_keep_their_value(code: str) -> None:
    with using(code):
        assert money(612_345_678.0, 1_200_000.0).value == 612_345_678.0
        assert percent(0.7964, 0.004).value == 0.7964
        assert exact_money(850e6).value == 850e6
        cells = aligned([amount(1.25e6, 0.0), amount(300e6, 1e6), percent(0.5)])
        assert len(cells[0]) == len(cells[1]) - 2


def test_words_agree_with_numbers_that_are_no_whole_ones() -> None:
    """In French 1.5 is singular, in Spanish plural: words follow the printed number."""
    one, many = "%(num)s scenario", "%(num)s scenarios"
    assert (ngettext(one, many, 1), ngettext(one, many, 2_000)) == ("1 scenario", "2,000 scenarios")
    for value, english in ((1e6, "US$ 1.000 million"), (1.5e6, "US$ 1.500 million")):
        assert plain(money(value, 0.0)) == english
    assert plain(money_range(612e6, 1.2e6, 943e6, 6e6)) == "US$ 612 to 940 million"
    assert unit_for(1e6) == "US$ million"


def test_lists_dates_and_countries_are_those_of_the_locale() -> None:
    with using("fr"):
        assert listed(["a", "b", "c"]) == "a, b et c"
        assert long_date(date(2026, 11, 29)) == "29 novembre 2026"
        assert territory("CIV", "Ivory Coast") == "Côte d’Ivoire"
        assert territory("XAA", "Aland") == "Aland"
    assert territory("CIV", "Ivory Coast") == "Ivory Coast"


def test_countries_are_called_what_the_united_nations_call_them(packaged: tuple[Study, xr.Dataset]) -> None:
    """Babel's French names are others: Corée du Nord, Territoires palestiniens, Timor oriental."""
    with using("fr"):
        assert country("PRK", "") == "République populaire démocratique de Corée"
        pages = [text for place, text in pieces(compose(*packaged)) if place.startswith("countries")]
    assert {"État de Palestine", "Timor-Leste", "République de Corée"} <= set(pages)
    assert not {"Territoires palestiniens", "Timor oriental", "Corée du Sud"} & set(pages)
    with using("es"):
        names = [country(code, "") for code in ("BLR", "KEN", "TTO", "ZWE")]
    assert names == ["Belarús", "Kenya", "Trinidad y Tabago", "Zimbabwe"]


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"%\((\w+)\)s", text))


@pytest.mark.parametrize("code", OTHERS)
def test_translations_have_the_values_of_their_sentences(code: str) -> None:
    """A form of a plural may leave out its number: "the only scenario"."""
    catalogue = translated(code)
    assert catalogue.num_plurals == {"ar": 6}.get(code, 3)
    for message in catalogue:
        if not message.id or not message.string:
            continue
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        forms = message.string if isinstance(message.string, tuple) else (message.string,)
        assert len(forms) == (catalogue.num_plurals if len(ids) == 2 else 1), ids
        for form in filter(None, forms):
            known = [placeholders(each) for each in ids]
            left_out = set.intersection(*known) - placeholders(form)
            assert len(left_out) <= (len(ids) == 2), (ids, form)
            assert placeholders(form) <= set.union(*known), (ids, form)
            # A sign % that is no value is doubled.
            assert "%" not in re.sub(r"%\(\w+\)s|%%", "", form), form


@pytest.mark.parametrize("code", COMPLETE)
def test_no_sentence_lacks_a_translation(code: str) -> None:
    """`make translations` adds the sentences that a file lacks, and says how many are to be translated."""
    assert [message.id for message in missing(code)] == []
    known = {(message.id, message.context) for message in translated(code)}
    assert known == {(message.id, message.context) for message in sentences()}


def test_a_sentence_without_a_translation_is_missed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first, second, third = (message.id for message in list(translated("fr"))[1:4])
    monkeypatch.setattr(catalogues, "LOCALES", tmp_path)
    catalogue = Catalog(locale="fr")
    for message in sentences():
        string = ("a", "b", "c") if isinstance(message.id, tuple) else "a"
        if message.id not in {first, second, ""}:
            catalogue.add(message.id, string, context=message.context, flags={"fuzzy"} if message.id == third else ())
    with (tmp_path / "fr.po").open("wb") as file:
        write_po(file, catalogue)
    # One is not there, nor is another, and a third is not sure.
    assert {message.id for message in missing("fr")} == {first, second, third}


def test_sentences_name_their_values() -> None:
    for message in sentences():
        for text in message.id if isinstance(message.id, tuple) else (message.id,):
            assert "%" not in re.sub(r"%\(\w+\)s|%%", "", text), text
            assert all(name is None for _, name, _, _ in Formatter().parse(text)), text
            assert text.strip() == text, text


def test_a_sentence_takes_its_values_in_any_language() -> None:
    with using(PSEUDO):
        assert gettext("%(number)s in %(whole)s", number=count(1), whole=count(1000)) == "１ ｉｎ １'０００"


def test_french_signs_stand_apart_by_a_space_at_which_no_line_ends() -> None:
    found = [message.string for message in translated("fr") if message.id]
    forms = [form for each in found for form in (each if isinstance(each, tuple) else (each,))]
    wrong = re.compile("[^\u202f]([;?!»]|:(?!//))|«(?!\u202f)")
    assert [form for form in forms if wrong.search(form)] == []
    assert wrong.search("Total : 5")
    assert wrong.search("« 5\u202f»")
