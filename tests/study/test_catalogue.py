from __future__ import annotations

import math
import tomllib
from pathlib import Path

import pytest
import tomli_w

import popsim as ps
from popsim.errors import FileError, StudyError
from popsim.families import families, to_toml
from popsim.schema import LARGEST
from popsim.study import files as study_files
from popsim.study import load_catalogue, packaged
from popsim.study.catalogue_models import CatalogueShare
from popsim.study.files import parse_toml, read_text
from popsim.study.toml_models import FitTable


def test_the_catalogue_in_the_order_of_its_files(small: Path) -> None:
    areas = load_catalogue(small / "catalogue")
    assert [(area.id, area.file) for area in areas] == [
        ("x", "x_first.toml"),
        ("y", "y_second.toml"),
        ("z", "z_third.toml"),
    ]
    start_up, running = areas[0].components
    assert (start_up.spread, start_up.years, running.spread, running.years) == ([0.75, 0.25], None, None, "all")
    assert running.cost.ppf(0.05) == pytest.approx(1.0, rel=1e-12)


def test_the_packaged_catalogue_is_sound() -> None:
    areas = load_catalogue(packaged("distributions"))
    assert {area.id for area in areas} >= {area.id for area in ps.load_study("pops").areas}
    for area in areas:
        for component in area.components:
            stated = component.share if isinstance(component, CatalogueShare) else component.cost
            if not isinstance(stated, FitTable):  # what a fit comes to depends on the study
                assert stated.support()[0] >= 0.0
            data = [] if isinstance(component, CatalogueShare) else component.data
            assert component.source or data or component.basis == "judgement"


def test_a_catalogue_says_every_problem(small: Path) -> None:
    for name in ("x_first", "y_second"):
        path = small / "catalogue" / f"{name}.toml"
        path.write_text(path.read_text().replace("format = 1", "format = 3"))
    with pytest.raises(StudyError) as caught:
        load_catalogue(small / "catalogue")
    assert [problem.where for problem in caught.value.problems] == ["x_first.toml: format", "y_second.toml: format"]


def test_every_family_can_stand_in_a_catalogue(small: Path) -> None:
    path = small / "catalogue" / "z_third.toml"
    text = path.read_text()
    tried = 0
    for cls in families().values():
        for family in cls.examples():
            if family.support()[0] < 0:
                continue
            if not math.isfinite(family.mean()):
                # As a cost it needs a cap.
                family = ps.Truncated(family, high=float(family.ppf(0.99)))
            if family.mean() > LARGEST:
                continue
            document = tomllib.loads(text)
            document["component"][0]["cost"] = to_toml(family)
            path.write_text(tomli_w.dumps(document))
            assert load_catalogue(small / "catalogue")[2].components[0].cost == family
            tried += 1
    assert tried > len(families())


def test_a_cost_with_an_infinite_mean_is_refused(small: Path) -> None:
    path = small / "catalogue" / "z_third.toml"
    document = tomllib.loads(path.read_text())
    document["component"][0]["cost"] = to_toml(ps.LogStudent(0, 1, 5))
    path.write_text(tomli_w.dumps(document))
    with pytest.raises(StudyError, match="a finite mean"):
        load_catalogue(small / "catalogue")


def test_packaged_data_inside_an_installed_package_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "popsim"
    (tmp_path / "configs").mkdir()
    package.mkdir()
    monkeypatch.setattr(study_files, "PACKAGE", package)
    assert packaged("configs") == tmp_path / "configs"
    (package / "data" / "configs").mkdir(parents=True)
    assert packaged("configs") == package / "data" / "configs"
    with pytest.raises(FileError, match="install popsim again"):
        packaged("distributions")


def test_text_is_read_as_utf8_whatever_the_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("\ufeffCôte\r\nd'Ivoire\r".encode())
    assert read_text(path) == "Côte\nd'Ivoire\n"


def test_the_end_of_a_broken_file_is_named() -> None:
    with pytest.raises(StudyError, match=r"a\.toml: "):
        parse_toml('x = [1,\n"', "a.toml")
