"""A study with names in other languages: what its files may say, and that it draws the same."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

import popsim as ps
from popsim.errors import StudyError
from popsim.study.files import packaged
from popsim.study.load import load_study
from popsim.study.model import Study

ODD = {"title": '=cmd|"x" <b>', "Coast": "a\nb\u202e'];\"", "Posts": " - "}


def with_translations(folder: Path, names: dict[str, str], code: str = "fr") -> Path:
    """Add names in a language to the study in a folder."""
    import tomli_w

    study = folder / "study.toml"
    text = study.read_text(encoding="utf-8")
    study.write_text(f'{text}\n[translations]\n{code} = "words/{code}.toml"\n', encoding="utf-8")
    (folder / "words").mkdir()
    path = folder / "words" / f"{code}.toml"
    path.write_text(tomli_w.dumps({"format": 1, "names": names}), encoding="utf-8")
    return path


def names_in(study: Study) -> list[str]:
    """List names of a study by hand."""
    found = [study.title]
    for area in study.areas:
        found += [area.name, *(component.name for component in area.components)]
    return found


def test_a_study_has_the_names_of_its_file(small: Path) -> None:
    plain = load_study(small)
    names = {name: f"{name} en français" for name in names_in(plain)}
    with_translations(small, names)
    study = load_study(small)
    assert study.translations == (("fr", tuple(names.items())),)
    assert replace(study, translations=(), files=plain.files) == plain


def test_names_may_be_any_text(small: Path) -> None:
    names = dict(zip(names_in(load_study(small)), ODD.values(), strict=False))
    with_translations(small, names)
    study = load_study(small)
    assert dict(study.translations)["fr"] == tuple(names.items())


def test_a_study_that_is_written_has_its_translations(small: Path, tmp_path: Path) -> None:
    with_translations(small, dict.fromkeys(names_in(load_study(small)), "nom"))
    study = load_study(small)
    for name, text in study.files:
        path = tmp_path / "again" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    again = load_study(tmp_path / "again")
    assert again == study
    assert again.files == study.files


def test_an_override_may_take_away_what_has_a_translation(tmp_path: Path) -> None:
    """What is written then lacks these names, and can be loaded again."""
    study = load_study("pops", {"report.not_counted": []})
    files = dict(study.files)
    written = tomllib.loads(files["inputs/translations/fr.toml"])["names"]
    assert "Contaminated sites" not in written
    assert "Focal unit" in written
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert load_study(tmp_path).files == study.files


def test_a_mistyped_name_is_a_problem_and_one_that_is_left_over_is_not(small: Path) -> None:
    path = with_translations(small, {"Something else altogether": "Autre chose"})
    assert load_study(small).translations == (("fr", (("Something else altogether", "Autre chose"),)),)
    path.write_text('format = 1\n[names]\n"Start up" = "Mise en place"\n', encoding="utf-8")
    with pytest.raises(StudyError, match="no such name in the study"):
        load_study(small)


def test_nothing_that_is_drawn_depends_on_translations(small: Path) -> None:
    plain = ps.simulate(load_study(small, {"scenarios.count": 50}))
    with_translations(small, dict.fromkeys(names_in(load_study(small)), "nom"))
    translated = ps.simulate(load_study(small, {"scenarios.count": 50}))
    assert translated.attrs["plan_digest"] == plain.attrs["plan_digest"]
    assert translated.drop_attrs().identical(plain.drop_attrs())


@pytest.mark.parametrize("code", ["fr", "es", "ar"])
def test_every_name_of_the_packaged_study_is_translated(code: str) -> None:
    names = tomllib.loads((packaged("configs") / "translations" / f"{code}.toml").read_text(encoding="utf-8"))["names"]
    study = load_study("pops")
    wanted = names_in(study)
    wanted += [overlap.name for overlap in study.overlaps]
    wanted += [option.name for option in (*study.options, *study.what_ifs)]
    wanted += [what_if.assumption for what_if in study.what_ifs]
    wanted += [row.what for row in study.not_counted] + [payment.row.name for payment in study.cross_check]
    wanted += [text for *_, text in (*study.labels.headings, *study.labels.values)]
    wanted += sorted({region for country in study.countries for of, region in country.groups if of == "region"})
    assert [name for name in wanted if name not in names] == []
    assert all(text == text.strip() for text in names.values())
