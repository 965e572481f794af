"""The page on languages: its file of names loads, and what it quotes of a catalogue stands there."""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path

from babel.messages.pofile import read_po

from popsim.study import load_study

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "how-to" / "languages.md").read_text(encoding="utf-8")


def test_the_blocks_of_toml_name_a_file_of_names(tmp_path: Path) -> None:
    key, names = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    shutil.copytree(ROOT / "configs", tmp_path / "configs")
    shutil.copytree(ROOT / "distributions", tmp_path / "distributions")
    study = tmp_path / "configs" / "pops.toml"
    assert tomllib.loads(key)["translations"]["fr"] == tomllib.loads(study.read_text("utf-8"))["translations"]["fr"]
    (tmp_path / "configs" / "translations" / "fr.toml").write_text(names, encoding="utf-8")
    loaded = load_study(study, data_folders=[tmp_path])
    assert dict(dict(loaded.translations)["fr"]) == tomllib.loads(names)["names"]


def test_the_entry_of_a_catalogue_stands_in_it() -> None:
    (entry,) = re.findall(r"```po\n(.*?)```", PAGE, re.DOTALL)
    said = dict(re.findall(r'^(msgid|msgstr) "(.*)"$', entry, re.MULTILINE))
    with (ROOT / "popsim" / "report" / "locales" / "fr.po").open("rb") as file:
        known = read_po(file, "fr").get(said["msgid"])
    assert known is not None
    assert known.string == said["msgstr"]
