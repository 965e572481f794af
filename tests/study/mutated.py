"""Studies with mistakes: good ones of the tests whose TOML and CSV text is changed at random, from a seed.

Whatever is done to a study, one of two things comes of it: a run whose numbers are all finite, or a `PopsimError` when
it is loaded or compiled. Anything else is a finding: another exception, a warning, a number that is not finite, a study
that compiles and cannot be run, or a case that takes longer than `LONGEST`.
"""

from __future__ import annotations

import math
import random
import re
import shutil
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

import popsim as ps
from popsim.report.data import gather
from popsim.report.html import write_html
from popsim.study.model import Study

FIXTURES = Path(__file__).parent / "fixtures"
SOURCES = (
    *(FIXTURES / name for name in ("small", "shared", "fitted", "full", "full")),
    Path(__file__).parent.parent.parent / "configs" / "example",
)
LONGEST = 20.0
"""Seconds of processor time that a case may take."""
SCENARIOS = 32

NUMBERS = (
    "0", "-0.0", "1", "-1", "0.5", "1.0000001", "0.999999999", "2", "7", "100", "1000", "20_000", "1e6", "1e9", "1e12",
    "1e15", "1e20", "1e30", "1e60", "1e100", "1e150", "1e200", "1e300", "1e308", "1.7976931348623157e308", "1e-3",
    "1e-6", "1e-9", "1e-15", "1e-30", "1e-100", "1e-300", "5e-324", "-1e-9", "-0.99", "-0.999999999", "-1e3", "-1e300",
    "100000000000000000000", "9223372036854775807", "9223372036854775808", "18446744073709551615", "2147483648",
    "1900", "2200", "-5", "3.5", "nan", "inf", "-inf",
)  # fmt: skip
VALUES = (
    '""', '"x"', '"all"', "true", "false", "[]", "{}", "[[]]", "[1, 2]", '["x"]', "2026-01-01", "{ a = 1 }",
    '"../x.csv"', '"/etc/hostname"', '"study.toml"', '{ family = "uniform", low = 0, high = 1e308 }',
    '{ family = "constant", value = 3 }',
    '{ family = "lognormal", mu = 0.0, sigma = 30.0 }', '{ family = "lognormal", mu = 700.0, sigma = 1.0 }',
    '{ family = "gamma", shape = 0.001, scale = 1e9 }', '{ family = "weibull", shape = 0.1, scale = 1.0 }',
    '{ family = "beta", a = 0.01, b = 0.01 }', '{ family = "normal", mean = 0.5, std = 0.1 }',
    '{ family = "pert", low = 0.0, mode = 0.0, high = 1e-300 }',
    '{ family = "discrete", values = [0, 1], probabilities = [1, 0] }',
    '{ family = "uniform", low = -0.9999, high = 5 }', '{ family = "uniform", low = 0.1, high = 0.1000000001 }',
    '{ family = "truncated", dist = { family = "lognormal", mu = 1.0, sigma = 2.0 }, low = 0.5, high = 9.0 }',
)  # fmt: skip
TEXTS = (
    "", " ", "x", "=1+1", "\\u0000", "\\u0007", "\\u001b[31m", "\\u202Eabc", "\\n", "\\r", "\\ufeff", "é中🎉",
    "a" * 3000, "word " * 2000, "..", "../..", "/dev/zero", "/proc/self/maps", "<b>", "NaN", "1e999", "%s{}$", "full",
    "cost", "year", "scenario", "area", "country", "z" * 100_000,
)  # fmt: skip
NUMBER = re.compile(r"(?<![\w\"'.-])[+-]?\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?(?![\w\"'])")
TEXT = re.compile(r'"[^"\n]*"')
KEY = re.compile(r"^[ \t]*[\w.]+(?= *=)|(?<=[{,] )\w+(?= = )", re.MULTILINE)
VALUE = re.compile(r"(?<== )[^\n#]+")


@dataclass
class Case:
    """A study that was changed: its files, and what was done to them."""

    source: Path
    files: dict[str, str]
    done: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Finding:
    """What came of a case that should not have come of it."""

    seed: int
    number: int
    what: str
    done: tuple[str, ...]
    trace: str = ""

    def __str__(self) -> str:
        return f"mutated({self.seed}, {self.number}): {self.what}\n  " + "\n  ".join(self.done) + f"\n{self.trace}"


@dataclass(frozen=True)
class Outcome:
    """How many cases ran, how many were refused, and what was found."""

    ran: int
    refused: int
    findings: tuple[Finding, ...]


def run_studies(count: int, seed: int, first: int = 0, pages: int = 25, seconds: float = math.inf) -> Outcome:
    """Change, load, compile and run studies number `first` and on; write the page of the report of each `pages`-th.

    Parameters
    ----------
    count, seed, first
        Which cases: the same three give the same cases.
    pages
        Of how many cases that run one has its page written.
    seconds
        Processor time after which no further case begins.
    """
    ran, refused, findings = 0, 0, []
    begun = time.process_time()
    for number in range(first, first + count):
        if time.process_time() - begun > seconds:
            break
        with tempfile.TemporaryDirectory() as folder:
            case = mutated(seed, number)
            write(case, Path(folder))
            started = time.process_time()
            try:
                has_run = attempt(Path(folder), page=number % pages == 0)
            except Exception as error:
                what = f"{type(error).__name__}: {str(error)[:500]}"
                findings.append(Finding(seed, number, what, tuple(case.done), traceback.format_exc()[-2500:]))
                continue
            taken = time.process_time() - started
            if taken > LONGEST:
                findings.append(Finding(seed, number, f"{taken:.0f} s of processor time", tuple(case.done)))
            ran, refused = ran + has_run, refused + (not has_run)
    return Outcome(ran, refused, tuple(findings))


def attempt(folder: Path, page: bool = False) -> bool:
    """Run a study in a folder: True where it ran, False where it was refused, and otherwise raise."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            study = ps.load_study(folder)
            plan = ps.compile(study)
        except ps.PopsimError as error:
            check_message(error)
            return False
        check_run(study, plan, page, folder)
    return True


def check_message(error: ps.PopsimError) -> None:
    """Check that a message says where, what and what is allowed, at a bounded length."""
    text = str(error)
    assert error.problems
    assert all(each.where and each.found and each.allowed for each in error.problems), text[:2000]
    assert len(text) < 200_000, len(text)
    assert "pydantic" not in text
    assert "Input should" not in text


def check_run(study: Study, plan: ps.Plan, page: bool, folder: Path) -> None:
    """Run what was compiled: every number is finite."""
    dataset = ps.simulate(plan, scenarios=SCENARIOS)
    for name, values in dataset.data_vars.items():
        if values.dtype.kind == "f":
            assert np.isfinite(values.to_numpy()).all(), f"{name} is not finite"
    means = ps.summarise(dataset)
    assert np.isfinite(means["cost_mean"].to_numpy()).all(), "a mean is not finite"
    assert np.isfinite(means["cost_std"].to_numpy()).all(), "a standard deviation is not finite"
    if page:
        write_html(folder / "report.html", study, dataset, gather(study, dataset))


def write(case: Case, folder: Path) -> None:
    """Write the files of a case into a folder, beside the files of its source that were not read."""
    shutil.copytree(case.source, folder, dirs_exist_ok=True)
    if (named := folder / f"{case.source.name}.toml").exists():
        named.unlink()
    for name, text in case.files.items():
        (folder / name).write_bytes(text.encode("utf-8", "surrogatepass"))


def mutated(seed: int, number: int) -> Case:
    """Return case `number` of a seed: a study with one mistake, or with some."""
    dice = random.Random(f"{seed}/{number}")
    source = dice.choice(SOURCES)
    files = {}
    for path in sorted([*source.rglob("*.toml"), *source.rglob("*.csv")]):
        name = str(path.relative_to(source))
        files["study.toml" if name == f"{source.name}.toml" else name] = path.read_text(encoding="utf-8")
    case = Case(source, files)
    for _ in range(dice.choice((1, 1, 1, 1, 1, 2, 3, 6))):
        name = dice.choice([*files, "study.toml", "study.toml"])
        change = dice.choice(_OF_TOML if name.endswith(".toml") else _OF_CSV)
        before = files[name]
        files[name] = change(before, dice)
        case.done.append(f"{name}: {change.__name__}: {_difference(before, files[name])}")
    return case


def _difference(before: str, after: str) -> str:
    same = next(
        (k for k, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), min(len(before), len(after))
    )
    start = before.rfind("\n", 0, same) + 1
    return f"{before[start : same + 60]!r} -> {after[start : same + 100]!r}"


def _at_random(pattern: re.Pattern[str], text: str, dice: random.Random, make: Callable[[str], str]) -> str:
    found = list(pattern.finditer(text))
    if not found:
        return text
    one = dice.choice(found)
    return text[: one.start()] + make(one[0]) + text[one.end() :]


def number_to_extreme(text: str, dice: random.Random) -> str:
    return _at_random(NUMBER, text, dice, lambda _: dice.choice(NUMBERS))


def number_nearby(text: str, dice: random.Random) -> str:
    def times(number: str) -> str:
        value = float(number.replace("_", "")) * dice.choice((0.0, 0.1, 0.5, 0.9, 1.1, 2.0, 3.0, 10.0))
        return f"{value:.6g}" if "." in number or "e" in number else str(round(value))

    return _at_random(NUMBER, text, dice, times)


def number_times_a_power(text: str, dice: random.Random) -> str:
    def times(number: str) -> str:
        value = float(number.replace("_", "")) * 10.0 ** dice.choice((-9, -3, -1, 1, 2, 3, 6, 12, 40))
        return str(int(value)) if value == int(value) and "." not in number and abs(value) < 1e18 else f"{value:.6g}"

    return _at_random(NUMBER, text, dice, times)


def value_to_another(text: str, dice: random.Random) -> str:
    return _at_random(VALUE, text, dice, lambda _: dice.choice(VALUES))


def value_from_elsewhere(text: str, dice: random.Random) -> str:
    others = [each[0] for each in VALUE.finditer(text)]
    return _at_random(VALUE, text, dice, lambda _: dice.choice(others))


def value_within_lists(text: str, dice: random.Random) -> str:
    depth = dice.choice((1, 2, 40, 900))
    return _at_random(VALUE, text, dice, lambda value: "[" * depth + value + "]" * depth)


def text_to_another(text: str, dice: random.Random) -> str:
    return _at_random(TEXT, text, dice, lambda _: f'"{dice.choice(TEXTS)}"')


def text_with_more(text: str, dice: random.Random) -> str:
    return _at_random(TEXT, text, dice, lambda one: one[:-1] + dice.choice(TEXTS) + '"')


def key_misspelt(text: str, dice: random.Random) -> str:
    def misspell(key: str) -> str:
        at = dice.randrange(len(key))
        return key[:at] + dice.choice(("", "x", "_", ".", "é", '"')) + key[at + 1 :]

    return _at_random(KEY, text, dice, misspell)


def line_gone(text: str, dice: random.Random) -> str:
    lines = text.splitlines(keepends=True)
    del lines[dice.randrange(len(lines)) :][: dice.choice((1, 1, 1, 3))]
    at = dice.randrange(len(lines) or 1)
    return "".join(lines[:at] + lines[at + 1 :])


def line_twice(text: str, dice: random.Random) -> str:
    lines = text.splitlines(keepends=True)
    at = dice.randrange(len(lines) or 1)
    return "".join(lines[:at] + lines[at : at + 1] * dice.choice((2, 2, 200)) + lines[at + 1 :])


def lines_swapped(text: str, dice: random.Random) -> str:
    lines = text.splitlines(keepends=True)
    one, two = dice.randrange(len(lines) or 1), dice.randrange(len(lines) or 1)
    lines[one : one + 1], lines[two : two + 1] = lines[two : two + 1], lines[one : one + 1]
    return "".join(lines)


def table_twice(text: str, dice: random.Random) -> str:
    tables = re.split(r"(?m)^(?=\[)", text)
    at = dice.randrange(len(tables))
    return "".join(tables[:at] + tables[at : at + 1] * dice.choice((2, 3, 50)) + tables[at + 1 :])


def table_gone(text: str, dice: random.Random) -> str:
    tables = re.split(r"(?m)^(?=\[)", text)
    del tables[dice.randrange(len(tables))]
    return "".join(tables)


def heading_changed(text: str, dice: random.Random) -> str:
    tables = [each for each in re.findall(r"(?m)^\[.*\]", text) if each]
    if not tables:
        return text
    return text.replace(
        dice.choice(tables), dice.choice((*tables, "[x]", "[[x]]", "[area]", '[area."=1"]', "[shock.é]")), 1
    )


def character_changed(text: str, dice: random.Random) -> str:
    at = dice.randrange(len(text) or 1)
    return (
        text[:at]
        + dice.choice(("", "\x00", "\t", '"', "[", "]", "{", "=", "#", "\r", "\ufeff", "\u2028", "5", ",", ";"))
        + text[at + dice.randrange(2) :]
    )


def cut_short(text: str, dice: random.Random) -> str:
    return text[: dice.randrange(len(text) or 1)]


def cell_to_extreme(text: str, dice: random.Random) -> str:
    return _cell(text, dice, lambda _: dice.choice(NUMBERS))


def cell_to_text(text: str, dice: random.Random) -> str:
    return _cell(text, dice, lambda _: dice.choice(TEXTS).encode().decode("unicode_escape", "replace"))


def cell_from_elsewhere(text: str, dice: random.Random) -> str:
    cells = [cell for line in text.splitlines() for cell in line.split(",")]
    return _cell(text, dice, lambda _: dice.choice(cells))


def _cell(text: str, dice: random.Random, make: Callable[[str], str]) -> str:
    lines = text.splitlines()
    at = dice.randrange(len(lines) or 1)
    cells = lines[at].split(",") if lines else [""]
    column = dice.randrange(len(cells))
    cells[column] = make(cells[column])
    return "\n".join([*lines[:at], ",".join(cells), *lines[at + 1 :]]) + "\n"


def delimiter_changed(text: str, dice: random.Random) -> str:
    return text.replace(",", dice.choice((";", "\t", "|", " ", ",,", ", ")))


def number_signs_changed(text: str, dice: random.Random) -> str:
    return _at_random(
        NUMBER,
        text,
        dice,
        lambda one: dice.choice((f"{one},5", f"1.{one}", f"US${one}", f"({one})", f"{one}%", f"'{one}", f"=1+{one}")),
    )


_OF_ANY = (line_gone, line_twice, lines_swapped, character_changed, cut_short)
_OF_TOML = (
    number_to_extreme, number_to_extreme, number_to_extreme, number_times_a_power, number_times_a_power,
    number_nearby, number_nearby, number_nearby, number_nearby, number_nearby, number_nearby,
    value_to_another, value_to_another, value_from_elsewhere, value_within_lists, text_to_another, text_with_more,
    key_misspelt, table_twice, table_gone, heading_changed, *_OF_ANY,
)  # fmt: skip
_OF_CSV = (
    number_nearby, number_nearby, cell_to_extreme, cell_to_extreme, cell_to_text, cell_from_elsewhere,
    number_times_a_power, delimiter_changed,
    number_signs_changed, *_OF_ANY,
)  # fmt: skip


def cases(count: int, seed: int) -> Iterator[Case]:
    """Yield cases, to look at what is tried."""
    return (mutated(seed, number) for number in range(count))
