"""What is odd and yet allowed: one line for each kind of slip, and none for a study in order."""

from __future__ import annotations

from pathlib import Path

import pytest

from popsim.study import load_study

FULL = Path(__file__).parent / "fixtures" / "full"


def spoilt(small: Path, *edits: tuple[str, str]) -> Path:
    path = small / "countries.csv"
    text = path.read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return small


@pytest.mark.parametrize("source", ["pops", "example", "small", FULL])
def test_a_study_in_order_has_no_notes(source: str | Path, small: Path) -> None:
    study = load_study(small if source == "small" else source)
    assert study.reading == study.notes == ()


@pytest.mark.parametrize(
    ("edits", "note"),
    [
        ([("North,LIC", "North,#N/A")], 'countries.csv: "#N/A" is an error of a spreadsheet (2 cells)'),
        ([("BBB,Land B", "BBB,Land A")], 'countries.csv: AAA, BBB have one name, "Land A"'),
        (
            [("BBB,Land B", "BBB,land  Á")],
            'AAA, BBB have names, "Land A" and "land  Á", that differ by capital letters',
        ),
        ([("BBB,", "aaa,")], 'countries.csv: codes "AAA" and "aaa" differ by capital letters, accents or spaces alone'),
        ([("Land B,North,LIC,red", "Land B,North,LIC,Red")], 'in column bloc the groups "red" and "Red" differ by'),
        ([("Land B,North", "Land B,Nörth")], 'in column region the groups "North" and "Nörth" differ by'),
        ([("LMC,blue", "LMC,light blue"), ("UMC,blue", "UMC,light-blue")], '"light blue" and "light-blue" differ by'),
        (
            [("population_basis", "population_bassis")],
            'population_bassis groups countries; is "population_basis" meant?',
        ),
        ([("Land A,", "CÃ´te,")], '"CÃ´te" looks like letters saved in one encoding and read in another'),
    ],
)
def test_likely_slips_in_the_countries_file_are_noted(small: Path, edits: list[tuple[str, str]], note: str) -> None:
    spoilt(small, *edits)
    notes = load_study(small, {"countries.select": {}}).notes
    assert len([line for line in notes if note in line]) == 1, notes


def test_names_of_columns_that_hardly_differ_are_noted_in_every_table(small: Path) -> None:
    path = small / "prices.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("series,source", "Index,source"), encoding="utf-8")
    (note,) = load_study(small).notes
    assert note.startswith('prices.csv: columns "index" and "Index" differ by capital letters, accents or spaces alone')


def test_numbers_beside_those_that_are_read_are_noted(small: Path) -> None:
    path = small / "prices.csv"
    text = path.read_text(encoding="utf-8").replace("series,source", "index_2015,source").replace("invented,", "1.5,")
    path.write_text(text, encoding="utf-8")
    assert load_study(small).notes == (
        "prices.csv: column index_2015 holds numbers, and nothing uses it: currency, year, index are read",
    )


def with_column(small: Path, name: str, values: list[str]) -> Path:
    path = small / "countries.csv"
    rows = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    lines = [f"{row},{value}" for row, value in zip(rows, [name, *values], strict=True)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return small


def test_numbers_that_nothing_uses_are_noted(small: Path) -> None:
    with_column(small, "gdp", ["1500", "2e3", "3,5".replace(",", "."), "4", "5", "6"])
    (note,) = load_study(small).notes
    assert "column gdp holds numbers, and nothing in the study uses it" in note
    measured = {"column": "gdp", "reference": 1.0, "rationale": "Invented.", "basis": "judgement"}
    assert load_study(small, {"driver": {"gdp": measured}}).notes == ()
    assert load_study(small, {"report.breakdowns": ["gdp"]}).notes == ()
    assert load_study(small, {"report.breakdowns": [["area", "gdp"]]}).notes == ()
    about = 'id = "poor"\nname = "Poor"\nrationale = "Invented."'
    text = f'\n[[option]]\n{about}\n[option.set]\n"countries.select.gdp" = ["4"]\n'
    with (small / "study.toml").open("a", encoding="utf-8") as file:
        file.write(text)
    assert load_study(small).notes == ()


def test_numbers_among_words_are_groups(small: Path) -> None:
    assert load_study(with_column(small, "zone", ["1", "2", "3", "4", "5", "east"])).notes == ()


def test_areas_and_countries_that_cost_nothing_are_noted(small: Path) -> None:
    never = {"basis": "judgement", "rationale": "Invented.", "probability": 0.0}
    assert load_study(small, {"area.y.need": never}).notes == ("area y costs nothing: no country can need it",)
    south = never | {"probability": 0.5, "by": {"region": {"South": 0.0}}}
    everywhere: dict[str, object] = {f"area.{area}.need": south for area in "xyz"}
    assert load_study(small, everywhere).notes == ("no cost arises in DDD, FFF: no area can be needed there",)
    assert load_study(small, {"area.y.need": never | {"probability": 1e-300}}).notes == ()


def test_an_area_of_the_catalogue_without_a_table_is_noted(small: Path) -> None:
    path = small / "study.toml"
    text = path.read_text(encoding="utf-8")
    assert "[area.z]" in text
    head, _, tail = text.partition("[area.z]")
    path.write_text(head + tail[tail.index("\n[") :] if "\n[" in tail else head, encoding="utf-8")
    assert load_study(small).notes == ("area z of the catalogue is not counted: the study has no table [area.z]",)
    assert load_study(small, {"area.z.include": False}).notes == ()


def test_a_label_for_what_no_country_has_is_noted(small: Path) -> None:
    same = load_study(small, {"labels.bloc": {"red": "the bloc", "blue": "the bloc"}})
    assert same.notes == ('[labels.bloc] gives "red" and "blue" one name: tables cannot tell them apart',)
    study = load_study(small, {"labels.income": {"LIC": "low income", "LCM": "lower middle income"}})
    assert study.notes == ('countries.csv: no country has "LCM" in column income, which [labels.income] names',)


def test_areas_of_one_name_are_noted(small: Path) -> None:
    path = small / "catalogue" / "y_second.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('name = "Second"', 'name = "first"'), encoding="utf-8")
    assert load_study(small).notes == ('areas x, y have one name, "First" and "first": tables cannot tell them apart',)
