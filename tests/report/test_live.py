"""What the page computes with, decoded here by the rules alone: amounts, joint scenarios, words and signs."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

import numpy as np
import pytest
import xarray as xr

import popsim as ps
from popsim.engine.joint import simulate_joint
from popsim.report.data import gather
from popsim.report.language import LANGUAGES, using
from popsim.report.live import live_of
from popsim.report.live.levels import stored_levels
from popsim.report.live.sample import arranged, pack
from popsim.report.live.words import signs, table_words, words
from popsim.report.numbers import money, money_range, percent


def amounts_of(stored: dict[str, Any]) -> np.ndarray[Any, Any]:
    """Decode rising amounts one by one."""
    last, number, shift, found = 0, 0, 0, []
    for byte in base64.b64decode(stored["amounts"]):
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            last += number
            bits = last - 2**31 if last >= 2**31 else 2**32 - 1 - last
            found.append(float(np.uint32(bits).view(np.float32)) * stored["scale"])
            number = shift = 0
    return np.array(found)


@pytest.mark.parametrize(
    "values",
    [
        np.random.default_rng(1).lognormal(20.0, 1.0, 500),
        np.random.default_rng(2).normal(0.0, 3.0, 500),
        np.array([0.0, 0.0, 5e6, 5e6, 5e6]),
        np.array([7.5]),
        np.random.default_rng(3).lognormal(0.0, 1.0, 100) * 1e75,
    ],
)
def test_amounts_of_all_scenarios_are_held_in_single_precision(values: np.ndarray[Any, Any]) -> None:
    stored = stored_levels(values)
    assert (stored["count"], stored["scenarios"]) == (len(values), len(values))
    np.testing.assert_allclose(amounts_of(stored), np.sort(values), rtol=1e-7)
    assert json.dumps(stored["errors"], allow_nan=False)


def test_of_very_many_scenarios_neighbours_are_held_by_their_mean() -> None:
    values = np.random.default_rng(4).lognormal(20.0, 1.0, 123_457)
    stored, rising = stored_levels(values), np.sort(values)
    held = amounts_of(stored)
    assert len(held) == stored["count"] <= 10_000
    means = len(held) - stored["single"]
    sizes = [stored["block"]] * (means - 1) + [len(values) - stored["single"] - stored["block"] * (means - 1)]
    assert 0 < sizes[-1] <= stored["block"]
    np.testing.assert_allclose(held[means:], rising[-stored["single"] :], rtol=1e-7)
    np.testing.assert_allclose(held[:means] @ sizes + held[means:].sum(), values.sum(), rtol=1e-6)


def test_errors_are_those_of_the_analysis() -> None:
    study = ps.load_study("example")
    dataset = ps.simulate(study, scenarios=2_048, design="sobol", replicates=16)
    values = dataset["cost"].values[0]
    errors = stored_levels(values, 16)["errors"]
    place = errors["share"].index(0.8)
    amount = float(np.sort(values)[int(np.ceil(0.8 * 2_048)) - 1])
    budget = ps.budget(dataset, amount)
    assert errors["share_error"][place] == pytest.approx(budget["sufficient_error"].values[0])
    assert errors["missing_error"][place] == pytest.approx(budget["shortfall_error"].values[0])
    assert errors["amount_error"][place] == pytest.approx(ps.budget_for(dataset, 0.8)["amount_error"].values[0])
    assert "share_error" not in stored_levels(values)["errors"]


def decoded(sample: Any, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """Decode joint scenarios (total, option, area, group, year, scenario)."""
    data = zlib.decompress(base64.b64decode(sample.packed))
    totals, options, areas, groups, years, scenarios = shape
    found = np.zeros((options, totals, areas, groups * years, scenarios))
    size = groups * years
    for place, block in enumerate(sample.blocks):
        at = (place // (totals * areas), place // areas % totals, place % areas)
        if block["kind"] == "same":
            other = block["as"]
            found[at] = found[other // (totals * areas), other // areas % totals, other % areas]
            continue
        first = block["at"] + 8 * size
        one, other = np.frombuffer(data, "<f4", 2 * size, block["at"]).reshape(size, 2, 1).swapaxes(0, 1).astype(float)
        codes = np.frombuffer(data, np.uint8, size * scenarios, first).reshape(size, scenarios).astype(float)
        if block["kind"] == "logarithmic":
            found[at] = np.where(codes > 0, one * np.exp((codes - 255) * other), 0.0)
        elif block["kind"] == "ratio":
            found[at] = found[at[0], 0, at[2]] * codes * one / 255
        else:
            high = np.frombuffer(data, np.uint8, size * scenarios, first + size * scenarios).reshape(size, scenarios)
            found[at] = one + other * (codes + 256.0 * high)
    return found.swapaxes(0, 1).reshape(shape) * sample.scale


def draws(kind: str) -> np.ndarray[Any, Any]:
    random = np.random.default_rng(5)
    shape = (2, 3, 2, 2, 3, 400)
    values = random.lognormal(15.0, 0.8, shape)
    values[1] = values[0] * random.uniform(0.2, 0.9, shape[1:])
    if kind == "heavy":
        values[0] *= random.lognormal(0.0, 4.0, shape[1:])
        values[1] = 0.5 * values[0]
    elif kind == "negative":
        values[0] -= 2e6
    elif kind == "atoms":
        values = np.where(values > np.median(values), 5e6, 0.0)
    elif kind == "zero":
        values[:] = 0.0
    elif kind == "needs without costs":
        values[0] = 0.0
    elif kind == "huge":
        values *= 1e60
    values[:, 1, 0] = values[:, 0, 0]
    return values


@pytest.mark.parametrize("kind", ["usual", "heavy", "negative", "atoms", "zero", "needs without costs", "huge"])
def test_joint_scenarios_differ_by_no_more_than_is_stated(kind: str) -> None:
    values = draws(kind)
    sample = pack(values)
    read = decoded(sample, values.shape)
    assert sample.blocks[2 * 2 * 1]["kind"] == "same"
    for package in (np.s_[:, :, :], np.s_[0:1, :, :], np.s_[:, 1:2, :], np.s_[:, :, 2:3]):
        exact, held = (np.quantile(each[:, :, *package].sum(axis=(2, 3, 4)), 0.8, axis=-1) for each in (values, read))
        np.testing.assert_allclose(held, exact, rtol=max(sample.rounding, 1e-6) * 1.01)
    assert sample.rounding < 0.03
    if kind in ("atoms", "zero"):
        np.testing.assert_allclose(read, values, rtol=1e-6)
        assert sample.rounding < 1e-6
    else:
        # Negative control: what is read is not what was held, but for rounding.
        assert not np.array_equal(read, values)


def test_a_sample_without_years_or_groups_is_held_too() -> None:
    study = ps.load_study("example")
    joint = simulate_joint(ps.compile(study))
    whole = arranged(joint, ("cost",))
    (name,) = (str(name) for name in joint.data_vars if str(name).startswith("cost_by_"))
    fewer = joint[[name]].sum(["year", joint.attrs["grouping"]], keep_attrs=True).assign_attrs(grouping="")
    np.testing.assert_allclose(arranged(fewer, ("cost",)), whole.sum(axis=(3, 4), keepdims=True), rtol=1e-6)


@pytest.fixture(scope="module")
def run() -> tuple[Any, xr.Dataset, xr.Dataset]:
    study = ps.load_study("pops", {"scenarios.count": 300})
    return study, ps.simulate(study), simulate_joint(ps.compile(study))


def test_a_run_without_joint_scenarios_has_a_slider_alone(run: tuple[Any, xr.Dataset, xr.Dataset]) -> None:
    study, dataset, joint = run
    with_packages, without = live_of(gather(study, dataset, joint=joint)), live_of(gather(study, dataset))
    assert with_packages.composer is not None
    assert with_packages.composer.years == study.years
    assert without.composer is None
    # Options that the sample does not have cannot be composed; of those that it has more, only the others are.
    fewer = gather(study, dataset, joint=joint.isel(option=slice(0, 2)))
    assert live_of(fewer).composer is None
    two = dataset.isel(option=[0, 3])
    blocks = json.loads(live_of(gather(study, two, joint=joint)).payload)["sample"]["blocks"]
    assert len(blocks) == 2 * 2 * joint.sizes["area"]
    held = json.loads(without.payload)
    assert "sample" not in held
    assert {"cost", "financing_need"} == set(held["totals"])
    assert len(held["levels"]) == 2 * dataset.sizes["option"]
    # Options whose totals are the same are held once.
    cost = {tuple(values) for values in dataset["cost"].values.round(3).tolist()}
    need = {tuple(values) for values in dataset["financing_need"].values.round(3).tolist()}
    assert len(held["tables"]) == len(cost) + len(need)


def test_a_sample_gives_the_same_page_however_it_lies_in_memory(run: tuple[Any, xr.Dataset, xr.Dataset]) -> None:
    study, dataset, joint = run
    other = joint.copy()
    for name, values in joint.data_vars.items():
        other[name] = values.copy(data=np.asfortranarray(values.values))
    assert live_of(gather(study, dataset, joint=other)).payload == live_of(gather(study, dataset, joint=joint)).payload


def test_payload_ends_no_element(run: tuple[Any, xr.Dataset, xr.Dataset]) -> None:
    study, dataset, joint = run
    renamed = dataset.assign_coords(option=["full", *("</script><!--" + str(k) for k in range(1, len(dataset.option)))])
    payload = live_of(gather(study, renamed, joint=joint)).payload
    assert "<" not in payload
    assert json.loads(payload)["options"][1] == "</script><!--1"


@pytest.mark.parametrize("code", LANGUAGES)
def test_patterns_make_what_the_rest_of_the_page_prints(code: str) -> None:
    with using(code) as language:
        found: Any = signs("US$ million")
        rule = language.babel.plural_form
        for size in (1, 2, 5, 11, 17, 100):
            number = language.signs.write(f"{size}" if size >= 1000 else f"{size:.{3 - len(str(size)) + 1}f}")
            assert found["money"][rule(size)].replace("%s", number) == money(size * 1e6, 0.0)
        low, high = (language.signs.write(text) for text in ("1.500", "40.00"))
        ends = found["range"][rule(40)].replace("%l", low).replace("%h", high)
        assert ends == money_range(1.5e6, 0.0, 40e6, 0.0)
        assert found["percent"].replace("%s", "80") == percent(0.8)


def test_every_sentence_is_whole(run: tuple[Any, xr.Dataset, xr.Dataset]) -> None:
    study, dataset, joint = run
    every = {**words(gather(study, dataset, joint=joint)), **table_words()}
    assert all(every.values())
    assert all(text.count("%(") == text.count(")s") for text in every.values())
