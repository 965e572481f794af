from __future__ import annotations

import os
import pickle
import subprocess
import sys
from dataclasses import FrozenInstanceError
from pathlib import Path

import numpy as np
import pytest

from popsim.errors import FileError, StudyError
from popsim.families.base import Family
from popsim.study import load_study, packaged_studies
from popsim.study.model import Source, Study


def test_the_small_study_holds_what_its_files_say(small: Path) -> None:
    study = load_study(small / "study.toml")
    assert (study.name, study.currency, study.price_year) == ("small", "USD", 2020)
    assert study.years == (2030, 2031, 2032, 2033)
    assert (study.scenarios, study.seed, study.coverage) == (100, 7, 0.8)
    assert study.breakdowns == (("area",), ("bloc",), ("area", "year"))
    assert [area.id for area in study.areas] == ["x", "y", "z"]
    assert [country.code for country in study.countries] == ["AAA", "BBB", "CCC", "DDD", "FFF"]
    assert study.countries[2].name == "Land C, Republic of"
    assert study.countries[1].groups == (("region", "North"), ("income", "LIC"), ("bloc", "red"))
    assert study.areas[0].components[1].sources[0].status == "derived"
    assert study.areas[0].components[0].cost.support() == (10.0, 60.0)


def test_profiles_by_hand(small: Path) -> None:
    x, y, z = load_study(small).areas
    assert x.components[0].profile == (0.0, 0.75, 0.25, 0.0)  # one-off from year 2, in two parts
    assert x.components[1].profile == (0.0, 0.0, 1.0, 1.0)  # every year from year 3 to the end
    assert y.components[0].profile == (1.0, 1.0, 0.0, 0.0)  # two years
    assert z.components[0].profile == (1.0, 0.0, 0.0, 0.0)  # one-off, all at once by default


def test_a_recurrent_cost_to_the_end_follows_the_length_of_the_study(small: Path) -> None:
    assert load_study(small, {"study.years": 6}).areas[0].components[1].profile == (0.0, 0.0, 1.0, 1.0, 1.0, 1.0)


def test_money_factors_by_hand(small: Path) -> None:
    x, y, _ = load_study(small).areas
    assert x.components[0].money_factor == 150.0 / 100.0
    assert x.components[1].money_factor == 150.0 / 125.0
    assert y.components[0].money_factor == 1.0
    back = load_study(small, {"money.price_year": 2000})
    assert back.areas[0].components[1].money_factor == 100.0 / 125.0


def test_size_factors_by_hand(small: Path) -> None:
    study = load_study(small)
    sizes = {country.code: (country.size, country.size_factor, country.size_held) for country in study.countries}
    assert sizes == {
        "AAA": (1_000_000.0, 1.0, ""),
        "BBB": (5_000.0, 10_000 / 1_000_000, "lowest"),
        "CCC": (20_000_000.0, 10_000_000 / 1_000_000, "highest"),
        "DDD": (2_500_000.0, 2.5, ""),
        "FFF": (400_000.0, 0.4, ""),
    }
    assert (study.countries[1].size_basis, study.countries[1].size_note) == ("judgement", "a guess")
    assert (study.size_reference, study.size_limits, study.size_basis) == (1e6, (1e4, 1e7), "judgement")


def test_sizes_are_not_held_without_limits(small: Path) -> None:
    text = (small / "study.toml").read_text().replace("lowest = 10_000\n", "").replace("highest = 10_000_000\n", "")
    (small / "study.toml").write_text(text)
    study = load_study(small)
    assert [country.size_factor for country in study.countries] == [1.0, 0.005, 20.0, 2.5, 0.4]
    assert {country.size_held for country in study.countries} == {""}


def test_another_column_can_be_the_size(small: Path) -> None:
    text = (small / "countries.csv").read_text().splitlines()
    rows = [line if line.startswith("#") else f"{line},{'gdp' if line.startswith('code') else '3e6'}" for line in text]
    (small / "countries.csv").write_text("\n".join(rows))
    study = load_study(small, {"size.driver": "gdp"})
    assert {country.size_factor for country in study.countries} == {3.0}
    assert [name for name, _ in study.countries[0].groups] == ["region", "income", "bloc"]
    assert [name for name, _ in load_study(small).countries[0].groups] == ["region", "income", "bloc", "gdp"]


def test_who_is_left_out_and_why(small: Path) -> None:
    assert load_study(small).left_out == (("EEE", "Land E", "HIC (income)"),)
    study = load_study(
        small, {"countries.also": ["EEE"], "countries.without": ["AAA"], "countries.select.bloc": ["red"]}
    )
    assert [country.code for country in study.countries] == ["BBB", "EEE", "FFF"]
    assert study.left_out == (
        ("AAA", "Land A", "by name, in the study"),
        ("CCC", "Land C, Republic of", "blue (bloc)"),
        ("DDD", "Land D", "blue (bloc)"),
    )
    both = load_study(small, {"countries.select.region": ["North"]})
    assert both.left_out[1][2] == "HIC (income) and South (region)"


def test_reasons_are_said_in_the_names_that_the_study_gives(small: Path) -> None:
    names: dict[str, object] = {
        "headings": {"income": "World Bank income group", "bloc": "alliance"},
        "labels": {"income": {"HIC": "high income"}, "region": {"North": "the North"}},
    }
    study = load_study(small, names)
    assert study.left_out_in_words() == "high income (World Bank income group)"
    study = load_study(small, names | {"countries.without": ["AAA", "BBB"]})
    assert study.left_out_reasons() == {"by name, in the study": 2, "high income (World Bank income group)": 1}
    assert study.left_out_in_words() == "2 by name, in the study, 1 high income (World Bank income group)"
    assert (study.heading("bloc"), study.heading("bloc", sentence=True)) == ("Alliance", "alliance")
    assert (study.heading("gdp_per_head"), study.label("region", "South")) == ("Gdp per head", "South")
    assert (study.label("region", "North"), study.label("region", "North", sentence=True)) == ("The North", "the North")


def test_the_packaged_study_says_why_in_words() -> None:
    study = load_study("pops")
    assert study.left_out_in_words() == "high income (World Bank income group)"
    assert len(study.left_out) == 22


def test_rows_of_countries_that_are_not_counted_need_no_size(small: Path) -> None:
    path = small / "countries.csv"
    path.write_text(path.read_text().replace("9000000", ""))
    assert len(load_study(small).countries) == 5
    with pytest.raises(StudyError, match="line 8, column population"):
        load_study(small, {"countries.also": ["EEE"]})


def test_defaults(small: Path) -> None:
    text = (small / "study.toml").read_text()
    start, end = text.index("[scenarios]"), text.index("[money]")
    text = text[:start] + text[end : text.index("[report]")]
    (small / "study.toml").write_text(text.replace("also = []\nwithout = []\n", ""))
    study = load_study(small)
    assert (study.scenarios, study.seed, study.coverage) == (10_000, 1, 0.9)
    assert study.breakdowns == (("area",), ("year",))
    assert [area.size_exponent for area in study.areas] == [0.5, 0.0, 0.0]
    assert [area.common_share for area in study.areas] == [0.4, 0.25, 0.4]


def test_an_area_that_is_not_included_or_not_named_is_not_counted(small: Path) -> None:
    assert [area.id for area in load_study(small, {"area.y.include": False}).areas] == ["x", "z"]
    path = small / "study.toml"
    path.write_text(path.read_text().replace("[area.z]\n", ""))
    assert [area.id for area in load_study(small).areas] == ["x", "y"]
    assert [area.id for area in load_study(small, {"area.z.include": True}).areas] == ["x", "y", "z"]


def test_an_override_takes_the_place_of_the_value(small: Path) -> None:
    study = load_study(
        small,
        {
            "scenarios.count": np.int64(5),
            "dependence.between_areas": np.float64(0.25),
            "area.x": {"size_exponent": 1},
            "report.breakdowns": ["year", ("area", "region")],
        },
    )
    assert (study.scenarios, study.dependence.between_areas) == (5, 0.25)
    assert type(study.scenarios) is int
    assert study.areas[0].size_exponent == 1.0
    assert study.breakdowns == (("year",), ("area", "region"))


def test_the_largest_seed(small: Path) -> None:
    assert load_study(small, {"scenarios.seed": 2**64 - 1}).seed == 2**64 - 1


def test_a_study_by_file_by_folder_and_from_anywhere(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    by_file, by_folder = load_study(small / "study.toml"), load_study(str(small))
    monkeypatch.chdir(small.parent)
    assert by_file == by_folder == load_study("small") == load_study(os.path.join("small", "study.toml"))
    assert load_study("pops").name == "pops"


def test_a_word_with_two_meanings_is_refused(tmp_path: Path, small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small.rename(tmp_path / "pops")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileError, match="one meaning"):
        load_study("pops")
    assert load_study("./pops").name == "small"


def test_a_misspelt_packaged_study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileError, match='did you mean "pops"'):
        load_study("popps")


def test_windows_line_ends_and_a_byte_order_mark_change_nothing(small: Path) -> None:
    before = load_study(small)
    for path in small.rglob("*.*"):
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert load_study(small) == before


def test_a_study_is_frozen_plain_and_can_be_pickled(small: Path) -> None:
    study = load_study(small)
    with pytest.raises(FrozenInstanceError):
        study.seed = 2  # type: ignore[misc]
    assert pickle.loads(pickle.dumps(study)) == study
    assert load_study(small) == study
    assert load_study(small, {"scenarios.seed": 8}) != study

    def values(thing: object) -> list[object]:
        if isinstance(thing, tuple):
            return [value for entry in thing for value in values(entry)]
        if hasattr(thing, "__dataclass_fields__") and not isinstance(thing, Family):
            return [value for name in thing.__dataclass_fields__ for value in values(getattr(thing, name))]
        if isinstance(thing, Source):
            return [value for _, value in thing]
        return [thing]

    assert {type(value) for value in values(study) if not isinstance(value, Family)} <= {
        str,
        int,
        bool,
        float,
        type(None),
    }


def test_the_packaged_studies_load() -> None:
    for name, path in packaged_studies().items():
        study = load_study(name)
        assert isinstance(study, Study)
        assert study == load_study(path)


def test_importing_the_study_layer_is_light() -> None:
    code = (
        "import sys, popsim.study; print([m for m in ('scipy', 'xarray', 'numba', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
