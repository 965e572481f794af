from __future__ import annotations

import copy
import datetime as dt
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popsim.errors import PopsimError
from popsim.study import catalogue, load, load_study
from popsim.study.files import parse_toml

SMALL = Path(__file__).parent / "fixtures" / "small"
FULL = Path(__file__).parent / "fixtures" / "full"
STRANGE: list[Any] = [
    None, True, -1, 0, 2.5, 10**400, 1e308, float("nan"), float("-inf"), "", "x", "../..", "\x00", [], [[]], [1, "a"],
    {}, {"a": 1}, {"labels": [], "values": []}, dt.date(2020, 1, 1), "all",
]  # fmt: skip


def paths(table: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    for key, value in table.items() if isinstance(table, dict) else enumerate(table):
        yield (*above, key)
        if isinstance(value, dict | list):
            yield from paths(value, (*above, key))


def replaced(table: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    changed: Any = copy.deepcopy(table)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return changed  # type: ignore[no-any-return]


def attempt(overrides: dict[str, Any], folder: Path = SMALL) -> str:
    """What is said when the study is refused; any other exception is a failure."""
    try:
        load_study(folder, overrides)
    except PopsimError as error:
        return str(error)
    return ""


PLACES = [
    (folder, name, path)
    for folder in (SMALL, FULL)
    for name in ("study.toml", "catalogue/x_first.toml", "catalogue/y_second.toml")
    for path in paths(tomllib.loads((folder / name).read_text()))
]


@settings(max_examples=250, deadline=None)
@given(place=st.sampled_from(PLACES), value=st.sampled_from(STRANGE))
def test_any_value_anywhere_is_honoured_or_refused_in_our_words(place: tuple[Path, str, Any], value: Any) -> None:
    folder, file, path = place

    def parse(text: str, name: str) -> dict[str, Any]:
        table = parse_toml(text, name)
        return replaced(table, path, value) if name == Path(file).name else table

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(load, "parse_toml", parse)
        patch.setattr(catalogue, "parse_toml", parse)
        said = attempt({}, folder)
    assert "pydantic" not in said
    assert "Input should" not in said


@settings(max_examples=60, deadline=None)
@given(key=st.sampled_from(["", ".", "area", "area.x", "area.x.", "study", "size.lowest", "countries.select", "format",
                            "dependence.between_areas.labels", "report.breakdowns.0", "area.x.need.probability",
                            "area.x.component.start_up.spread", "start.by.bloc.red", "option", "shock.war.factor",
                            "area.x.need.by", "driver.income_level", "driver.size"]),
       value=st.sampled_from(STRANGE))  # fmt: skip
def test_any_override_is_honoured_or_refused_in_our_words(key: str, value: Any) -> None:
    assert "Input should" not in attempt({key: value})
    assert "Input should" not in attempt({key: value}, FULL)
