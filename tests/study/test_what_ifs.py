from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from popsim.study import load_study
from popsim.study.model import Study

FIXTURES = Path(__file__).parent / "fixtures"
SMALL, FULL = FIXTURES / "small", FIXTURES / "full"


def with_what_if(folder: Path, lines: str, head: str = "") -> Path:
    path = folder / "study.toml"
    table = f'\n[[what_if]]\nid = "other"\nname = "Other"\nrationale = "Invented."\n{head}'
    path.write_text(path.read_text() + table + lines, encoding="utf-8")
    return folder


def written(study: Study, folder: Path) -> Study:
    for name, text in study.files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    return load_study(folder / "study.toml")


def alone(study: Study) -> Study:
    return replace(study, files=(), options=(), what_ifs=())


def test_a_what_if_is_the_study_loaded_with_its_changes(small: Path) -> None:
    study = load_study(with_what_if(small, '[what_if.set]\n"area.y.include" = false\n', 'assumption = "Who acts"\n'))
    (found,) = study.what_ifs
    assert (found.id, found.name, found.rationale, found.assumption) == ("other", "Other", "Invented.", "Who acts")
    assert found.changes == (("area.y.include", "false"),)
    assert found.study == load_study(SMALL, {"area.y.include": False})


def test_a_what_if_is_no_option_and_changes_nothing_else(small: Path) -> None:
    study = load_study(with_what_if(small, '[what_if.set]\n"area.y.include" = false\n'))
    assert study.options == ()
    assert alone(study) == alone(load_study(SMALL))


def test_a_what_if_that_names_no_assumption_is_one_by_itself(small: Path) -> None:
    (found,) = load_study(with_what_if(small, '[what_if.set]\n"area.y.include" = false\n')).what_ifs
    assert found.assumption == "Other"


def test_neither_options_nor_what_ifs_see_the_others(tmp_path: Path) -> None:
    study = load_study(FULL)
    assert [each.id for each in study.options] == ["with_fee", "slow"]
    assert [each.id for each in study.what_ifs] == ["later", "common_world", "others_pay_more"]
    for each in (*study.options, *study.what_ifs):
        assert (each.study.options, each.study.what_ifs) == ((), ())
        assert written(each.study, tmp_path / each.id) == each.study


def test_what_ifs_are_written_with_the_study(tmp_path: Path) -> None:
    study = load_study(FULL)
    again = written(study, tmp_path / "written")
    assert again == study
    assert again.what_ifs[0].assumption == "Starts"
    assert again.files == study.files


def test_files_of_a_what_if_go_with_the_written_study(small: Path, tmp_path: Path) -> None:
    text = (small / "countries.csv").read_text()
    (small / "few.csv").write_text(text.replace("FFF,Land F,South,UMC,red,400000,2020,evidence,,invented\n", ""))
    study = load_study(with_what_if(small, '[what_if.set]\ncountries.file = "few.csv"\n'))
    (found,) = study.what_ifs
    assert [country.code for country in found.study.countries] == ["AAA", "BBB", "CCC", "DDD"]
    assert dict(found.changes)["countries.file"] == '"inputs/what_ifs/other/countries.csv"'
    assert written(study, tmp_path / "written") == study


def test_what_areas_take_from_dependence_follows_a_what_if_after_writing(small: Path, tmp_path: Path) -> None:
    study = load_study(with_what_if(small, "[what_if.set]\ndependence.common_share = 0.3\n"))
    again = written(study, tmp_path / "written")
    assert [area.common_share for area in again.what_ifs[0].study.areas] == [0.3, 0.25, 0.3]


def test_overrides_lie_under_what_ifs(small: Path) -> None:
    with_what_if(small, '[what_if.set]\n"area.x.size_exponent" = 1.0\n')
    study = load_study(small, {"area.x.size_exponent": 0.25, "area.y.common_share": 0.3})
    (found,) = study.what_ifs
    assert (study.areas[0].size_exponent, found.study.areas[0].size_exponent) == (0.25, 1.0)
    assert found.study.areas[1].common_share == 0.3


def test_a_what_if_may_count_all_years_and_change_nothing(small: Path, tmp_path: Path) -> None:
    study = load_study(with_what_if(small, "all_years = true\n"))
    (found,) = study.what_ifs
    assert (found.all_years, found.changes) == (True, ())
    assert found.study.areas == study.areas
    (again,) = written(study, tmp_path / "written").what_ifs
    assert (again.all_years, again.changes) == (True, ())


def test_a_what_if_counts_the_years_of_the_study_unless_it_says_so(small: Path) -> None:
    (found,) = load_study(with_what_if(small, '[what_if.set]\n"area.y.include" = false\n')).what_ifs
    assert not found.all_years
