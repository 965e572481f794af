from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from popsim.errors import StudyError, dotted
from popsim.study import load_study
from popsim.study.model import Study
from popsim.study.patch import lay, split_key, toml_text

FIXTURES = Path(__file__).parent / "fixtures"
SMALL, FULL = FIXTURES / "small", FIXTURES / "full"


def with_option(folder: Path, lines: str) -> Path:
    path = folder / "study.toml"
    head = '\n[[option]]\nid = "other"\nname = "Other"\nrationale = "Invented."\n'
    path.write_text(path.read_text() + head + lines, encoding="utf-8")
    return folder


def written(study: Study, folder: Path) -> Study:
    for name, text in study.files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    return load_study(folder / "study.toml")


def without_files(study: Study) -> Study:
    return replace(study, files=(), options=())


@pytest.mark.parametrize(
    "lines",
    [
        '[option.set]\n"area.y.include" = false\n',
        "[option.set.area.y]\ninclude = false\n",
        "[option.set]\narea.y.include = false\n",
        "[option.set.area]\n'y' = { include = false }\n",
        '[option.set]\n"area.y" = { include = false }\n',
    ],
    ids=["dotted in quotation marks", "table", "dotted", "inline table", "dotted and table"],
)
def test_an_option_is_the_study_loaded_with_its_changes(lines: str, small: Path) -> None:
    study = load_study(with_option(small, lines))
    (option,) = study.options
    assert (option.id, option.name, option.rationale) == ("other", "Other", "Invented.")
    assert option.changes == (("area.y.include", "false"),)
    assert option.study == load_study(SMALL, {"area.y.include": False})
    assert without_files(study) == without_files(load_study(SMALL))


def test_an_option_changes_what_it_names_and_leaves_the_rest(small: Path) -> None:
    lines = "[option.set.area.x]\ncommon_share = 0.3\n[option.set.dependence]\nbetween_areas = 0.2\n"
    (option,) = load_study(with_option(small, lines)).options
    assert option.study == load_study(SMALL, {"area.x.common_share": 0.3, "dependence.between_areas": 0.2})
    assert option.study.areas[0].size_exponent == 0.5


def test_what_areas_take_from_dependence_follows_an_option_after_writing(small: Path, tmp_path: Path) -> None:
    study = load_study(with_option(small, "[option.set]\ndependence.common_share = 0.3\n"))
    again = written(study, tmp_path / "written")
    assert again == study
    assert [area.common_share for area in again.options[0].study.areas] == [0.3, 0.25, 0.3]


def test_an_option_may_add_an_area_and_leave_it_as_the_catalogue_has_it(small: Path) -> None:
    path = small / "study.toml"
    path.write_text(path.read_text().replace("[area.z]\n", ""))
    study = load_study(with_option(small, '[option.set]\n"area.z" = {}\n'))
    assert [area.id for area in study.areas] == ["x", "y"]
    assert [area.id for area in study.options[0].study.areas] == ["x", "y", "z"]


def test_an_empty_table_takes_away_what_stood_there(small: Path) -> None:
    (option,) = load_study(with_option(small, '[option.set]\n"area.x" = {}\n"area.y.include" = false\n')).options
    changed = {"area.x.size_exponent": 0.0, "area.x.common_share": 0.5, "area.y.include": False}
    plain = load_study(SMALL, changed).areas[0]
    assert plain.components[0].exponents == ()
    assert option.study.areas[0].components == plain.components


def test_overrides_lie_under_options(small: Path) -> None:
    with_option(small, '[option.set]\n"area.x.size_exponent" = 1.0\n')
    study = load_study(small, {"area.x.size_exponent": 0.25, "area.y.common_share": 0.3, "scenarios.count": 9})
    (option,) = study.options
    assert (study.areas[0].size_exponent, option.study.areas[0].size_exponent) == (0.25, 1.0)
    assert (option.study.areas[1].common_share, option.study.scenarios) == (0.3, 9)


def test_files_of_an_option_go_with_the_written_study(small: Path, tmp_path: Path) -> None:
    text = (small / "countries.csv").read_text()
    (small / "few.csv").write_text(text.replace("FFF,Land F,South,UMC,red,400000,2020,evidence,,invented\n", ""))
    lines = '[option.set]\ncountries.file = "few.csv"\ndependence.between_areas = "correlation.csv"\n'
    study = load_study(with_option(small, lines))
    (option,) = study.options
    assert [country.code for country in option.study.countries] == ["AAA", "BBB", "CCC", "DDD"]
    assert option.study.dependence.labels == ("x", "y", "z")
    assert dict(option.changes)["countries.file"] == '"inputs/options/other/countries.csv"'
    assert written(study, tmp_path / "written") == study
    assert written(option.study, tmp_path / "option") == option.study


def test_every_option_stands_by_itself(tmp_path: Path) -> None:
    study = load_study(FULL)
    assert [option.id for option in study.options] == ["with_fee", "slow"]
    for option in study.options:
        assert option.study.options == ()
        assert written(option.study, tmp_path / option.id) == option.study


def test_changes_are_toml() -> None:
    fee, slow = load_study(FULL).options
    assert fee.changes == (
        ("area.z.include", "true"),
        ("area.z.size_exponent", '{ family = "uniform", low = 0.0, high = 0.5 }'),
    )
    assert slow.changes == (
        ("start.years", "2.5"),
        ("start.by.income.LIC", "2"),
        ("countries.select.region", '["North"]'),
        ("dependence.common_share", "0.5"),
    )


def test_a_problem_of_the_study_is_said_once(small: Path) -> None:
    with_option(small, '[option.set]\n"area.y.include" = false\n')
    with pytest.raises(StudyError) as caught:
        load_study(small, {"area.x.common_share": 2.0, "area.x.exponent": {"wealth": 1}})
    assert [problem.where for problem in caught.value.problems] == [
        "override area.x.common_share",
        "override area.x.exponent.wealth",
    ]


@pytest.mark.parametrize(
    "keys", [("a", "b"), ("by", "ldc", "not LDC"), ("x.y", "z"), ('a"b', "c\\d"), ("é", "tab\there"), ("it's",)]
)
def test_keys_are_split_as_they_are_written(keys: tuple[str, ...]) -> None:
    assert split_key(dotted(keys)) == keys


@pytest.mark.parametrize("text", ["", ".", "a.", ".a", 'a"b', '"a'])
def test_what_is_no_dotted_key_is_split_at_dots(text: str) -> None:
    assert split_key(text) == tuple(text.split("."))


def test_values_as_toml_writes_them() -> None:
    assert (
        toml_text({"a b": [1, 2.0, {"c": 'say "so"'}], "d": {}})
        == '{ "a b" = [1, 2.0, { c = "say \\"so\\"" }], d = {} }'
    )


def test_a_value_in_the_way_is_named() -> None:
    table = {"a": {"b": 3}}
    assert lay(table, ("a", "b", "c"), 1) == ("a.b = 3 in the study", "a key in a table", "set a.b instead")
    assert lay(table, ("a", "d", "e"), 1) is None
    assert table == {"a": {"b": 3, "d": {"e": 1}}}
