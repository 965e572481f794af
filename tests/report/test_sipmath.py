"""The SIPmath 3.0 library, read by a small reader of the standard that is written here from its published formulas.

The reader of ProbabilityManagement.org itself (PySIP/chanceCalc.py) and its JSON schema were tried by hand: see
docs/how-to/spreadsheet.md.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from popsim.errors import FileError
from popsim.report.sipmath import fit_metalog, write_sipmath
from popsim.study.model import Study

Alternatives = tuple[Study, xr.Dataset]
TRIALS = 20_000


def hdr(trials: int, entity: int, variable: int, seed3: int, seed4: int) -> np.ndarray:
    """Hubbard (2019), A multi-dimensional, counter-based pseudo random number generator, Winter Simulation Conf."""
    n = np.arange(1, trials + 1, dtype=np.int64)
    one = (n * 2499997 + variable * 1800451 + entity * 2000371 + seed3 * 1796777 + seed4 * 2299603) % 7450589
    two = (n * 2246527 + variable * 2399993 + entity * 2100869 + seed3 * 1918303 + seed4 * 1624729) % 7450987
    first = (999999999999989 % (one * 4658 + 7450581)) * 383 % 99991
    second = (999999999999989 % (two * 7580 + 7560584)) * 17669 % 7440893
    return ((first * 7440893 + second) * 1343 % 2**32 + 0.5) / 2**32


def metalog(p: np.ndarray, coefficients: list[float], lower: float | None) -> np.ndarray:
    """Keelin (2016), equations 6 and 11."""
    logit, middle = np.log(p / (1.0 - p)), p - 0.5
    later = [middle ** ((k - 1) // 2) * (1.0 if k % 2 else logit) for k in range(5, len(coefficients) + 1)]
    terms = [np.ones_like(p), logit, middle * logit, middle, *later]
    m = sum(a * term for a, term in zip(coefficients, terms, strict=False))
    return np.asarray(m if lower is None else lower + np.exp(m))


class Reader:
    """Draws the quantities of a library anew, as the standard says."""

    def __init__(self, library: dict[str, Any]) -> None:
        self.sips = {sip["name"]: sip for sip in library["sips"]}
        [copula] = library["U01"]["copula"]
        generators = {each["name"]: each["arguments"] for each in library["U01"]["rng"]}
        draws = [generators[name] for name in copula["arguments"]["rng"]]
        uniforms = [hdr(TRIALS, each["entity"], each["varId"], each["seed3"], each["seed4"]) for each in draws]
        wanted = copula["arguments"]["correlationMatrix"]["value"]
        table = next(each["value"] for each in library["globalVariables"] if each["name"] == wanted)
        names = table["rows"]
        self.correlation = np.zeros((len(names), len(names)))
        for cell in table["matrix"]:
            row, column = names.index(cell["row"]), names.index(cell["col"])
            self.correlation[row, column] = self.correlation[column, row] = cell["value"]
        scores = np.linalg.cholesky(self.correlation) @ stats.norm.ppf(uniforms)
        self.layers = dict(zip(copula["copulaLayer"], stats.norm.cdf(scores), strict=True))

    def draw(self, name: str) -> np.ndarray:
        sip = self.sips[name]
        known = sip["arguments"]
        return metalog(self.layers[sip["ref"]["copulaLayer"]], known["aCoefficients"], known.get("lowerBound"))


@pytest.fixture(scope="module")
def library(with_alternatives: Alternatives, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    study, dataset = with_alternatives
    path = tmp_path_factory.mktemp("sipmath") / "sipmath.json"
    write_sipmath(path, study, dataset.assign_attrs(date="2026-11-29"))
    known: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return known


@pytest.fixture(scope="module")
def reader(library: dict[str, Any]) -> Reader:
    return Reader(library)


def test_the_head_says_what_it_is_and_how_the_numbers_come_again(library: dict[str, Any], study: Study) -> None:
    assert (library["objectType"], library["libraryType"]) == ("sipModel", "SIPmath_3_0")
    assert library["dateCreated"] == "2026-11-29"
    assert study.title in library["provenance"]
    assert "seed 1" in library["provenance"]


def test_drawn_anew_the_quantities_have_the_quantiles_of_the_run(
    reader: Reader, with_alternatives: Alternatives
) -> None:
    _study, dataset = with_alternatives
    run = dataset.sel(option="full")
    levels = [0.05, 0.5, 0.8, 0.95]
    for name in ("cost", "cost_a", "cost_f", "financing_need"):
        total, _, area = name.partition("_") if name.startswith("cost_") else (name, "", "")
        values = (run[f"{total}_by_area"].sel(area=area) if area else run[total]).values
        stated = reader.sips[name]["metadata"]["largestDeviationOfQuantiles"]
        # To the error of the fit, and that of the trials.
        assert np.quantile(reader.draw(name), levels) == pytest.approx(
            np.quantile(values, levels), rel=stated + 0.03
        ), name


def test_the_stated_error_of_a_fit_is_its_largest_deviation(library: dict[str, Any], dataset: xr.Dataset) -> None:
    sip = next(each for each in library["sips"] if each["name"] == "cost")
    p = np.linspace(0.01, 0.99, 99)
    known = np.quantile(dataset["cost"].values, p)
    fitted = metalog(p, sip["arguments"]["aCoefficients"], sip["arguments"].get("lowerBound"))
    assert sip["metadata"]["largestDeviationOfQuantiles"] == pytest.approx(np.max(np.abs(fitted / known - 1.0)))
    wrong = metalog(p, [1.01 * a for a in sip["arguments"]["aCoefficients"]], sip["arguments"].get("lowerBound"))
    assert np.max(np.abs(wrong / known - 1.0)) > 2.0 * sip["metadata"]["largestDeviationOfQuantiles"]


def test_quantities_move_together_as_in_the_run(reader: Reader, with_alternatives: Alternatives) -> None:
    _study, dataset = with_alternatives
    run = dataset.sel(option="full")
    for one, other in (("cost_a", "cost"), ("cost_f", "cost"), ("cost_a", "cost_b")):
        values = [
            run["cost"].values if name == "cost" else run["cost_by_area"].sel(area=name[-1]).values
            for name in (one, other)
        ]
        known = stats.spearmanr(*values).statistic
        found = stats.spearmanr(reader.draw(one), reader.draw(other)).statistic
        assert found == pytest.approx(known, abs=0.06), (one, other)


def test_samples_are_the_scenarios_so_that_areas_sum_to_the_total(
    reader: Reader, with_alternatives: Alternatives
) -> None:
    _study, dataset = with_alternatives
    values = {name: np.array(sip["arguments"]["value"]) for name, sip in reader.sips.items() if "_samples" in name}
    assert values["cost_samples"] == pytest.approx(dataset["cost"].sel(option="full").values, rel=1e-9)
    parts = [values[f"cost_{area}_samples"] for area in dataset["area"].values]
    assert np.sum(parts, axis=0) == pytest.approx(values["cost_samples"], rel=1e-8)


def test_every_reference_within_the_library_leads_somewhere(library: dict[str, Any]) -> None:
    generators = {each["name"] for each in library["U01"]["rng"]}
    [copula] = library["U01"]["copula"]
    assert set(copula["arguments"]["rng"]) <= generators
    for sip in library["sips"]:
        source = sip["ref"]
        assert source["name"] in (generators if source["source"] == "rng" else {copula["name"]})
        assert source.get("copulaLayer", copula["copulaLayer"][0]) in copula["copulaLayer"]


def test_what_never_varies_is_there_as_samples_alone(study: Study, dataset: xr.Dataset, tmp_path: Path) -> None:
    flat = dataset[["cost", "cost_by_area"]].copy(deep=True)
    flat["cost_by_area"].loc[{"area": "a"}] = 5.0
    write_sipmath(tmp_path / "sipmath.json", study, flat)
    names = {sip["name"] for sip in json.loads((tmp_path / "sipmath.json").read_text(encoding="utf-8"))["sips"]}
    assert "cost_a_samples" in names
    assert "cost_a" not in names
    assert {"cost", "cost_b"} <= names


def test_a_quantity_that_may_be_nothing_is_fitted_without_a_bound() -> None:
    rng = np.random.default_rng(3)
    values = np.where(rng.random(5_000) < 0.02, 0.0, rng.normal(100.0, 10.0, 5_000))
    fit = fit_metalog(values)
    assert fit is None or fit.distribution.low is None
    positive = fit_metalog(rng.lognormal(3.0, 0.8, 5_000))
    assert positive is not None
    assert positive.distribution.low == 0.0


def test_a_file_that_cannot_be_written_is_refused_in_words(study: Study, dataset: xr.Dataset, tmp_path: Path) -> None:
    with pytest.raises(FileError, match="a file that can be written"):
        write_sipmath(tmp_path / "missing" / "sipmath.json", study, dataset[["cost"]])
