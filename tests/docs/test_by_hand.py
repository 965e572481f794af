"""The page of numbers that can be checked by hand: its arithmetic is right, and popsim computes the same."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import popsim as ps
from popsim.cli.main import main

from .calculation import calculations, executed, rounded
from .test_concepts import leaves

PAGE = (Path(__file__).parents[2] / "docs" / "by-hand.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE))
FILES = dict(re.findall(r'^```(?:toml|csv) title="(.*?)"\n(.*?)^```$', PAGE, re.DOTALL | re.MULTILINE))

Figure = tuple[float, float]
"""A figure with how far it may lie from the arithmetic."""
Look = Callable[[xr.Dataset, ps.Study], Figure]


def mean(variable: str = "cost") -> Look:
    return lambda ds, study: (float(ds[f"expected_{variable}"][0]), 1e-9)


def exact_std(ds: xr.Dataset, study: ps.Study) -> Figure:
    return float(ps.exact_moments(study)["exact_std"][0]), 1e-6


def quantile(p: float, variable: str = "cost") -> Look:
    def look(ds: xr.Dataset, study: ps.Study) -> Figure:
        found = ps.budget_for(ds, confidence=p, variable=variable)
        return float(found["amount"][0]), 4 * float(found["amount_error"][0]) + 1e-9

    return look


def drawn_std(ds: xr.Dataset, study: ps.Study) -> Figure:
    found = ps.summarise(ds)
    return float(found["cost_std"][0]), 4 * float(found["cost_std_error"][0])


def budget(amount: float, name: str = "sufficient") -> Look:
    def look(ds: xr.Dataset, study: ps.Study) -> Figure:
        found = ps.budget(ds, amount=amount)
        return float(found[name][0]), 4 * float(found[f"{name}_error"][0])

    return look


def mean_of(variable: str, **where: object) -> Look:
    return lambda ds, study: (float(ds[variable].sel(where).mean()), 1e-7)


CHECKS: dict[str, dict[str, Look]] = {
    "One cost in one country": {
        "mean": mean(),
        "std": exact_std,
        "p05": quantile(0.05),
        "p50": quantile(0.5),
        "p80": quantile(0.8),
        "p95": quantile(0.95),
        "sure_of_20": budget(20),
    },
    "A budget for it": {
        "sure_of_50": budget(50),
        "missing": budget(50, "shortfall"),
        "missing_overall": budget(50, "shortfall_overall"),
    },
    "Two countries that have nothing in common": {
        "mean": mean(),
        "std": exact_std,
        "p80": quantile(0.8),
        "p95": quantile(0.95),
        "sure_of_sum_of_p80": budget(52),
    },
    "Two countries that move as one": {
        "mean": mean(),
        "std": exact_std,
        "p80": quantile(0.8),
        "p95": quantile(0.95),
    },
    "Two countries with a correlation of one half": {
        "std": exact_std,
        "correlation": lambda ds, study: (float(np.corrcoef(ds["cost_by_country"].values[0].T)[0, 1]), 4 / 20_000**0.5),
    },
    "A larger country": {
        "small": mean_of("cost_by_country", country="AAA"),
        "large": mean_of("cost_by_country", country="BBB"),
        "total": mean(),
    },
    "A need that is not certain": {
        "nothing": budget(1e-9),
        "mean": mean(),
        "std": exact_std,
        "p80": quantile(0.8),
    },
    "Who pays": {
        "need_mean": mean("financing_need"),
        "need_p80": quantile(0.8, "financing_need"),
        "need_p95": quantile(0.95, "financing_need"),
    },
    "Money of several years": {
        "first": mean_of("cost_by_year", year=2027),
        "second": mean_of("cost_by_year", year=2028),
        "third": mean_of("cost_by_year", year=2029),
        "nominal": mean("cost_nominal"),
        "discounted": mean("cost_discounted"),
    },
    "A late start": {
        "in_third_year": mean_of("cost_by_year", year=2029),
        "within": mean(),
        "after": mean("cost_after_horizon"),
    },
    "A delay that costs something": {
        "total": mean(),
        "in_first_year": mean_of("cost_by_year", year=2027),
        "in_second_year": mean_of("cost_by_year", year=2028),
        "in_third_year": mean_of("cost_by_year", year=2029),
    },
    "An event that raises prices": {
        "mean": mean(),
        "std": drawn_std,
        "p50": quantile(0.5),
        "p95": quantile(0.95),
        "sure_of_mean": budget(110),
    },
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def changes(section: str) -> Mapping[str, object]:
    """Return what a section changes in the study, by dotted key."""
    blocks = re.findall(r"```toml\n(.*?)```", section, re.DOTALL)
    return {key: value for block in blocks for key, value in leaves(tomllib.loads(block))}


def test_every_section_with_arithmetic_is_checked() -> None:
    assert {name for name, text in SECTIONS.items() if calculations(text)} == CHECKS.keys()


@pytest.mark.parametrize("name", CHECKS)
def test_popsim_computes_what_the_arithmetic_says(name: str, folder: Path) -> None:
    lines = {key: (value, printed) for key, value, printed in executed(calculations(SECTIONS[name]))}
    assert {key: rounded(value, printed) for key, (value, printed) in lines.items()} == {
        key: printed for key, (_, printed) in lines.items()
    }
    study = ps.load_study(folder / "hand" / "study.toml", changes(SECTIONS[name]))
    ds = ps.simulate(study, breakdowns=["country", "year"])
    for key, look in CHECKS[name].items():
        found, tolerance = look(ds, study)
        assert found == pytest.approx(lines[key][0], rel=1e-9, abs=tolerance), key


def test_a_wrong_number_is_noticed(folder: Path) -> None:
    """Negative control: at the tolerances of the page a study whose cost reaches up to 62 does not pass."""
    wrong = {"family": "triangular", "low": 10, "mode": 20, "high": 62}
    study = ps.load_study(folder / "hand" / "study.toml", {"area.one.component.work.cost": wrong})
    ds = ps.simulate(study)
    for key in ("mean", "std", "p80", "p95"):
        found, tolerance = CHECKS["One cost in one country"][key](ds, study)
        right = {"mean": 30.0, "std": (2100 / 18) ** 0.5, "p80": 40.0, "p95": 50.0}[key]
        assert abs(found - right) > tolerance, key


def test_the_command_of_the_page_runs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ((command,),) = [block.splitlines() for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)]
    monkeypatch.chdir(folder)
    with pytest.raises(SystemExit) as leaving:
        main([*command.split()[1:], "--scenarios", "500"])
    assert not leaving.value.code
    assert (folder / "results" / "hand" / "report.html").is_file()
