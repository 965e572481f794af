"""Files outside the folder of a study are neither read nor shown, unless its user allows their folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import popsim as ps

SECRET = "alpha7,bravo8,charlie9"


@pytest.fixture
def outside(tmp_path: Path, small: Path) -> Path:
    """A folder beside that of the study, with a file of text and with good copies of what the study names."""
    folder = Path(shutil.copytree(small, tmp_path / "outside"))
    (folder / "secret.txt").write_text(f"{SECRET}\n", encoding="utf-8")
    return folder


KEYS = (
    "countries.file", "money.price_index", "money.exchange_rates", "dependence.between_areas", "catalogue.folder",
    "translations.fr",
)  # fmt: skip


def refused(study: Path, overrides: dict[str, object] | None = None, **named: object) -> ps.PopsimError:
    with pytest.raises(ps.PopsimError) as caught:
        ps.load_study(study, overrides, **named)  # type: ignore[arg-type]
    assert SECRET not in str(caught.value)
    assert not any(cell in str(caught.value) for cell in SECRET.split(","))
    return caught.value


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(
    "name",
    [str, lambda path: f"../outside/{path.name}", lambda path: f"catalogue/../../outside/{path.name}"],
    ids=["absolute", "above", "below and above"],
)
def test_a_file_elsewhere_is_refused(key: str, name: Callable[[Path], str], small: Path, outside: Path) -> None:
    problems = refused(small, {key: name(outside / "secret.txt")}).problems
    assert [".".join(map(str, each.keys)) for each in problems] == [key]
    assert "--data-folder" in problems[0].mend


def test_it_does_not_matter_whether_there_is_such_a_file(small: Path, outside: Path) -> None:
    names = [f"../outside/{name}" for name in ("secret.txt", "nothing.txt")]
    first, second = (str(refused(small, {"countries.file": name})) for name in names)
    assert first.replace("secret", "nothing") == second


@pytest.mark.parametrize("inside", ["countries.csv", "catalogue/x_first.toml", "prices.csv", "study.toml"])
def test_a_link_to_a_file_elsewhere_is_refused(inside: str, small: Path, outside: Path) -> None:
    (small / inside).unlink()
    (small / inside).symlink_to(outside / "secret.txt")
    assert "--data-folder" in str(refused(small))


def test_a_link_to_a_folder_elsewhere_is_refused(small: Path, outside: Path) -> None:
    shutil.rmtree(small / "catalogue")
    (small / "catalogue").symlink_to(outside / "catalogue")
    assert refused(small).problems[0].keys == ("catalogue", "folder")


def test_links_within_the_folder_are_followed(small: Path) -> None:
    (small / "countries.csv").rename(small / "others.csv")
    (small / "countries.csv").symlink_to("others.csv")
    assert ps.load_study(small).countries


def test_the_folder_itself_may_be_a_link(small: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(small)
    assert ps.load_study(tmp_path / "link") == ps.load_study(small)


def test_a_folder_that_the_user_allows_is_read(small: Path, outside: Path) -> None:
    changes = {"countries.file": "../outside/countries.csv", "catalogue.folder": str(outside / "catalogue")}
    refused(small, changes)
    assert ps.load_study(small, changes, data_folders=[outside]).areas == ps.load_study(small).areas
    refused(small, changes, data_folders=[outside / "catalogue"])


def test_data_that_a_fit_names_are_as_all_files(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(Path(__file__).parent / "fixtures" / "fitted", tmp_path / "study"))
    (tmp_path / "secret.txt").write_text(SECRET, encoding="utf-8")
    (folder / "catalogue" / "cases.csv").unlink()
    (folder / "catalogue" / "cases.csv").symlink_to(tmp_path / "secret.txt")
    assert "component[1].cost.data" in str(refused(folder))


@pytest.mark.parametrize("folders", ["data", None, [3], ["nowhere"], [""]])
def test_what_is_no_list_of_folders_is_refused(folders: object, small: Path) -> None:
    assert "data_folders" in str(refused(small, data_folders=folders))


def test_the_packaged_catalogue_may_be_named_by_any_study(tmp_path: Path) -> None:
    from popsim.study.files import packaged, packaged_studies

    source = packaged_studies()["pops"]
    text = source.read_text(encoding="utf-8").replace("../distributions", str(packaged("distributions")))
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    for name in ("countries.csv", "prices.csv"):
        shutil.copy(source.parent / name, tmp_path)
    shutil.copytree(source.parent / "translations", tmp_path / "translations")
    assert ps.load_study(tmp_path).areas == ps.load_study("pops").areas


def test_the_option_of_commands(small: Path, outside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from popsim.cli.main import main

    def status(*arguments: str) -> int:
        with pytest.raises(SystemExit) as left:
            main(["check", str(small), *arguments])
        return int(left.value.code or 0)

    text = (small / "study.toml").read_text(encoding="utf-8").replace('"countries.csv"', '"../outside/countries.csv"')
    (small / "study.toml").write_text(text, encoding="utf-8")
    assert status() == 2
    assert "--data-folder" in capsys.readouterr().err
    assert status("--data-folder", os.fspath(outside)) == 0
