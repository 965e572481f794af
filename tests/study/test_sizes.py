"""Small texts that would take long work are refused at once, or worked off quickly."""

from __future__ import annotations

import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tomli_w

import popsim as ps
from popsim.errors import closest
from popsim.schema import LONGEST_LINE, MOST_AREAS, MOST_CHANGES, MOST_COLUMNS, MOST_COUNTRIES, MOST_OPTIONS
from popsim.study.files import parse_toml
from popsim.study.toml_models import StudyFile
from popsim.study.validate import Checked
from popsim.tables import read_table

QUICK = 3.0
"""Seconds of processor time: the work that is refused would take minutes."""


def refused(make: Callable[[], object]) -> str:
    begun = time.process_time()
    with pytest.raises(ps.PopsimError) as caught:
        make()
    assert time.process_time() - begun < QUICK
    assert len(str(caught.value)) < 100_000
    return str(caught.value)


def changed(folder: Path, file: str, change: Callable[[dict[str, Any]], object]) -> Path:
    document = tomllib.loads((folder / file).read_text(encoding="utf-8"))
    change(document)
    (folder / file).write_text(tomli_w.dumps(document), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("file", "change", "where"),
    [
        ("catalogue/x_first.toml", lambda each: each["area"].update(name="n" * 3_000), "area.name"),
        ("catalogue/x_first.toml", lambda each: each["area"].update(id="i" * 3_000), "area.id"),
        ("catalogue/x_first.toml", lambda each: each["area"].update(description="d" * 10**6), "area.description"),
        ("catalogue/x_first.toml", lambda each: each["component"][0].update(name="n" * 3_000), "component[0].name"),
        ("study.toml", lambda each: each["study"].update(title="t" * 3_000), "study.title"),
        ("study.toml", lambda each: each["study"].update(name="n" * 3_000), "study.name"),
        ("study.toml", lambda each: each.update({"k" * 100_000: 1}), "unknown key"),
    ],
)
def test_long_texts(file: str, change: Callable[[dict[str, Any]], object], where: str, small: Path) -> None:
    assert where in refused(lambda: ps.load_study(changed(small, file, change)))


def test_long_names_of_countries_and_groups(small: Path) -> None:
    path = small / "countries.csv"
    for column, longest in (("code", 64), ("name", 300), ("region", 300)):
        lines = path.read_text(encoding="utf-8").splitlines()
        head = next(place for place, line in enumerate(lines) if line.startswith("code"))
        cells = lines[head + 1].split(",")
        cells[lines[head].split(",").index(column)] = "n" * 3_000
        before = path.read_text(encoding="utf-8")
        path.write_text("\n".join([*lines[: head + 1], ",".join(cells), *lines[head + 2 :]]), encoding="utf-8")
        assert f"at most {longest} characters" in refused(lambda: ps.load_study(small))
        path.write_text(before, encoding="utf-8")


def test_more_options_than_a_study_has(small: Path) -> None:
    options = [
        {"id": f"o{k}", "name": "O", "rationale": "R", "set": {"scenarios.seed": k}} for k in range(MOST_OPTIONS + 1)
    ]
    assert "option" in refused(
        lambda: ps.load_study(changed(small, "study.toml", lambda each: each.update(option=options)))
    )


def test_more_areas_than_a_catalogue_has(small: Path) -> None:
    for number in range(MOST_AREAS):
        (small / "catalogue" / f"n{number}.toml").touch()
    assert f"at most {MOST_AREAS}" in refused(lambda: ps.load_study(small))


def test_more_countries_than_a_study_has(small: Path) -> None:
    path = small / "countries.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([*lines, *[lines[-1]] * MOST_COUNTRIES]), encoding="utf-8")
    assert f"at most {MOST_COUNTRIES:,} countries" in refused(lambda: ps.load_study(small))


def test_more_cases_than_a_sweep_has() -> None:
    values = [k / 1_001 for k in range(1_001)]
    grid = {"financing.cofinancing": values, "financing.agency_fee": values, "start.years": [1, 2]}
    assert "2,004,002 cases" in refused(lambda: ps.sweep("example", grid=grid))


def test_more_changes_than_anybody_makes() -> None:
    assert "keys" in refused(lambda: ps.load_study("example", {f"x{k}": 1 for k in range(MOST_CHANGES + 1)}))


def test_a_large_matrix_that_is_none(small: Path) -> None:
    names = [f"n{k}" for k in range(400)]
    rows = [[1.0 if i == j else 0.9 * (-1) ** (i + j + (i * j) % 3) for j in range(400)] for i in range(400)]
    matrix = {"labels": names, "values": rows}
    assert refused(lambda: ps.load_study(small, {"dependence.between_areas": matrix}))


@pytest.mark.parametrize(
    "text",
    [
        ".".join("a" * 20_000) + " = 1",
        f"[{'.'.join('ab' * 20_000)}]",
        "x = { " + ".".join(["'a'"] * 20_000) + " = 1 }",
        "x = 1\n" * 700_000,
        "x = 0x" + "f" * 100_000,
    ],
)
def test_texts_that_take_long_to_parse(text: str) -> None:
    assert refused(lambda: parse_toml(text, "long.toml"))


def test_long_words_and_texts_of_points_are_read() -> None:
    text = f'a = "{"w" * 200_000}"\nb = "{"1.2.3 " * 1_000}"\nc = "{". " * 1_000}"\n'
    assert parse_toml(text, "a.toml")["b"].startswith("1.2.3")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("code,name\n" + "a" * (LONGEST_LINE + 1), "characters in a line"),
        (",".join(f"c{k}" for k in range(MOST_COLUMNS + 1)) + "\n1\n", f"at most {MOST_COLUMNS:,} columns"),
        ("code,name\n" + "1" * 100_000 + "x,1\n", ""),
        ("sep=;" + "\t" * 100_000 + "x\ncode;name\na;b\n", ""),
    ],
)
def test_long_lines_of_tables(text: str, words: str) -> None:
    begun = time.process_time()
    _, problems = read_table(text, "a.csv", ["code", "name"], ["code"])
    assert time.process_time() - begun < QUICK
    assert words in "\n".join(map(str, problems))


def test_what_was_refused_is_found_among_many() -> None:
    refused_keys = frozenset(("area", f"a{k}", "need") for k in range(20_000))
    checked = Checked[StudyFile](None, {}, None, refused_keys)  # type: ignore[arg-type]
    begun = time.process_time()
    assert not any(checked.sound("area", f"a{k}") for k in range(20_000))
    assert all(checked.has("area", f"a{k}") for k in range(20_000))
    assert not checked.sound("area", "a1", "need", "by")
    assert not checked.has("area", "a1", "need", "by")
    assert not checked.sound()
    assert time.process_time() - begun < QUICK


def test_the_nearest_of_many_names() -> None:
    names = [f"area_{k:05}" for k in range(20_000)]
    begun = time.process_time()
    assert closest("area_0123", names) is not None
    assert closest("x" * 100_000, names) is None
    assert time.process_time() - begun < QUICK
