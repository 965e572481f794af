"""Overrides given as words; JSON."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from popsim.cli.output import print_json
from popsim.cli.parameters import overrides_of, toml_value
from popsim.errors import ParameterError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("10_000", 10_000),
        ("0.5", 0.5),
        ("850e6", 850e6),
        ("true", True),
        ("USD", "USD"),
        ('"USD"', "USD"),
        ("../correlation.csv", "../correlation.csv"),
        ('["LIC", "LMC"]', ["LIC", "LMC"]),
        ("{ a = 1 }", {"a": 1}),
        ("2027-01-01", dt.date(2027, 1, 1)),
        ("inf", float("inf")),
    ],
)
def test_a_value_is_read_as_toml_and_a_bare_word_as_text(text: str, value: object) -> None:
    read = toml_value(text)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize("text", ["10,000", "[1, 2", '"open', "5 %", "1\nb = 2", "{", "--5"])
def test_what_only_looks_like_toml_is_refused(text: str) -> None:
    with pytest.raises(ParameterError) as refusal:
        overrides_of([f"some.key={text}"])
    assert refusal.value.problems[0].where == "--set: some.key"


@pytest.mark.parametrize("setting", ["key", "=5", "key=", " = "])
def test_a_setting_is_key_and_value(setting: str) -> None:
    with pytest.raises(ParameterError, match="KEY=VALUE"):
        overrides_of([setting])


def test_a_key_has_one_value() -> None:
    with pytest.raises(ParameterError) as refusal:
        overrides_of(["a.b=1", "a.b=2", "scenarios.count=5", "c"], {"scenarios.count": 7})
    assert [problem.where for problem in refusal.value.problems] == ["--set: a.b", "--set: scenarios.count", "--set"]


def test_a_value_may_hold_an_equals_sign() -> None:
    assert overrides_of(['study.title="a = b"']) == {"study.title": "a = b"}


def test_json_is_strict_and_keeps_every_digit(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"third": 1 / 3, "nothing": float("nan"), "name": "Côte", "list": (1, [float("inf")])})
    text = capsys.readouterr().out
    assert json.loads(text, parse_constant=pytest.fail) == {
        "third": 1 / 3,
        "nothing": None,
        "name": "Côte",
        "list": [1, [None]],
    }
