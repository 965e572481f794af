"""What options share when a study is loaded, and that nothing is shared that differs."""

from __future__ import annotations

from pathlib import Path

import pytest

from popsim.errors import StudyError
from popsim.study import load_study

HEAD = '\n[[option]]\nid = "{0}"\nname = "Other"\nrationale = "Invented."\n[option.set]\n{1}\n'
NEED = '{{ probability = {{ family = "beta", a = {0}, b = 2 }}, basis = "judgement", rationale = "Invented." }}'


def with_options(folder: Path, *lines: str) -> Path:
    path = folder / "study.toml"
    options = "".join(HEAD.format(f"option{number}", line) for number, line in enumerate(lines))
    path.write_text(path.read_text() + options, encoding="utf-8")
    return folder


def test_options_share_what_they_leave_alone(small: Path) -> None:
    study = load_study(with_options(small, '"area.x.size_exponent" = 0.25', '"area.y.include" = false'))
    first, second = (option.study for option in study.options)
    assert first.countries is study.countries
    assert second.countries is study.countries
    x, y, z = study.areas
    assert first.areas[0].size_exponent == 0.25
    assert [area is other for area, other in zip(first.areas[1:], (y, z), strict=True)] == [True, True]
    assert [area is other for area, other in zip(second.areas, (x, z), strict=True)] == [True, True]


@pytest.mark.parametrize(
    ("line", "overrides"),
    [
        ('"size.reference" = 5_000', {"size.reference": 5_000}),
        ('"countries.without" = ["AAA"]', {"countries.without": ["AAA"]}),
        ('"dependence.common_share" = 0.25', {"dependence.common_share": 0.25}),
        ('"delay" = { years = 1, basis = "judgement", rationale = "Invented." }', None),
        ('"escalation" = { rate = 0.5, basis = "judgement", rationale = "Invented." }', None),
        ('"area.x.need" = ' + NEED.format(1), None),
    ],
)
def test_what_is_changed_is_made_again(line: str, overrides: dict[str, object] | None, small: Path) -> None:
    apart = load_study(small, overrides) if overrides else None
    study = load_study(with_options(small, line))
    (option,) = study.options
    assert option.study != study
    assert (option.study.countries, option.study.areas) != (study.countries, study.areas)
    if apart is not None:
        assert option.study == apart


def test_numbers_that_are_equal_but_of_another_kind_are_read_again(small: Path) -> None:
    """true equals 1 in Python; in a file it is no number."""
    good, bad = (f'"area.x.need" = {NEED.format(value)}' for value in ("1", "true"))
    with pytest.raises(StudyError) as caught:
        load_study(with_options(small, good, bad))
    (problem,) = caught.value.problems
    assert 'option "option1"' in problem.where
    assert "True" in problem.found


def test_a_problem_is_said_of_each_option_that_has_it(small: Path) -> None:
    broken = f'"area.x.need" = {NEED.format(-1)}'
    with pytest.raises(StudyError) as caught:
        load_study(with_options(small, broken, '"area.y.size_exponent" = 0.5', broken))
    places = [problem.where for problem in caught.value.problems]
    assert [sum(f'"option{number}"' in where for where in places) for number in range(3)] == [1, 0, 1]
