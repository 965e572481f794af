"""Figures for notebooks show the scenarios: what is drawn is compared with numpy on the dataset."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import popsim as ps

MILLION = 1e6
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)


@pytest.fixture(scope="module")
def study() -> ps.Study:
    return ps.load_study("example")


@pytest.fixture(scope="module")
def ds(study: ps.Study) -> xr.Dataset:
    return ps.simulate(study, scenarios=2_000, breakdowns=["area", "year", "region"])


@pytest.fixture(scope="module")
def drivers(study: ps.Study) -> xr.Dataset:
    return ps.drivers(study, scenarios=1_024)


FIGURES: dict[str, Callable[..., Axes]] = {
    "s_curve": ps.plot.s_curve,
    "intervals": ps.plot.intervals,
    "fan": ps.plot.fan,
    "difference": ps.plot.difference,
    "groups": ps.plot.groups,
    "convergence": ps.plot.convergence,
    "pairs": ps.plot.pairs,
}


def segments(axes: Axes, color_of: int) -> np.ndarray:
    """Ends of the bars of one colour: the first collection is the ranges, the second their middle halves."""
    return np.array(axes.collections[color_of].get_segments())


def settings() -> dict[str, Any]:
    return dict(mpl.rcParams)


@pytest.mark.parametrize("name", FIGURES)
def test_figures_draw_on_the_axes_of_the_reader_and_leave_settings_alone(name: str, ds: xr.Dataset) -> None:
    before = settings()
    figure = Figure(figsize=(9.0, 6.0))
    left, right = figure.subplots(1, 2)
    assert FIGURES[name](ds, ax=left) is left
    assert settings() == before
    assert not right.has_data()
    alone = FIGURES[name](ds)
    assert alone is not left
    FigureCanvasAgg(alone.figure).draw()


@pytest.mark.parametrize("name", FIGURES)
def test_amounts_have_a_unit_and_ranges_their_coverage(name: str, ds: xr.Dataset) -> None:
    axes = FIGURES[name](ds, coverage=0.8) if name != "pairs" else FIGURES[name](ds)
    words = axes.get_xlabel() + axes.get_ylabel()
    legend = axes.get_legend()
    words += "".join(text.get_text() for text in legend.get_texts()) if legend else ""
    if name != "pairs":  # has no axis of amounts
        assert "€" in words
        assert "80\u202f%\xa0interval" in words
        assert "90\u202f%\xa0interval" not in words


@pytest.fixture(scope="module")
def run(study: ps.Study, ds: xr.Dataset, tmp_path_factory: pytest.TempPathFactory) -> ps.Run:
    folder = tmp_path_factory.mktemp("runs") / "run"
    folder.mkdir()
    ps.save_run(folder, study, ps.compile(study), ds)
    return ps.load_run(folder)


def test_a_run_and_its_dataset_give_the_same_figure(run: ps.Run, ds: xr.Dataset) -> None:
    curves = [ps.plot.s_curve(source).lines[0].get_xydata() for source in (run, ds)]
    np.testing.assert_array_equal(*curves)


def far(axes: Axes, amounts: np.ndarray) -> float:
    """How far the drawn curve is, at most, from the share of scenarios that an amount covers."""
    line = axes.lines[0].get_xydata()
    share = np.searchsorted(np.sort(amounts) / MILLION, line[:, 0], side="right") / len(amounts)
    return float(np.abs(share - line[:, 1]).max())


def test_the_s_curve_is_the_share_of_scenarios_that_an_amount_covers(ds: xr.Dataset) -> None:
    axes = ps.plot.s_curve(ds, unit="€ million")
    amounts = ds["cost"].sel(option="full").values
    assert far(axes, amounts) < 1e-9
    assert far(axes, 1.01 * amounts) > 0.01  # control
    marked = [line.get_xydata()[0] for line in axes.lines if line.get_marker() == "o" and len(line.get_xdata()) == 1]
    expected = ps.budget_for(ds, 0.8)["amount"].sel(option="full").item() / MILLION
    np.testing.assert_allclose(marked, [[expected, 0.8]])


def test_two_totals_stand_on_one_axis(ds: xr.Dataset) -> None:
    axes = ps.plot.s_curve(ds, variable=["financing_need", "cost"], confidence=None, unit="€ million")
    medians = [float(np.interp(0.5, *line.get_xydata().T[::-1])) for line in axes.lines if len(line.get_xdata()) > 100]
    expected = [float(ds[name].sel(option="full").median()) / MILLION for name in ("cost", "financing_need")]
    np.testing.assert_allclose(medians, expected, rtol=1e-3)


def test_intervals_are_quantiles_of_each_area_the_largest_on_top(ds: xr.Dataset) -> None:
    axes = ps.plot.intervals(ds, unit="€ million")
    names = [label.get_text().replace("\n", " ") for label in axes.get_yticklabels()]
    by_area = ds["cost_by_area"].sel(option="full")
    ends = np.quantile(by_area.transpose("area", "scenario").values, LEVELS, axis=-1).T / MILLION
    order = np.argsort(-ends[:, 2])
    assert names == [str(ds["area_name"].values[k]) for k in order]
    np.testing.assert_allclose(segments(axes, 0)[:, :, 0], ends[order][:, [0, 4]])
    np.testing.assert_allclose(segments(axes, 1)[:, :, 0], ends[order][:, [1, 3]])
    np.testing.assert_allclose(axes.lines[0].get_xdata(), ends[order][:, 2])
    assert axes.get_ylim()[0] > axes.get_ylim()[1]  # the first row is on top


def test_a_logarithmic_axis_has_round_amounts_and_all_ranges(ds: xr.Dataset) -> None:
    axes = ps.plot.intervals(ds, log=True)
    assert axes.get_xscale() == "log"
    low, high = axes.get_xlim()
    ends = segments(axes, 0)[:, :, 0]
    assert low < ends.min()
    assert ends.max() < high
    assert all(float(f"{tick:.0e}") == tick for tick in axes.get_xticks())


def test_groups_are_ranges_of_groups_of_countries(ds: xr.Dataset) -> None:
    axes = ps.plot.groups(ds, variable="financing_need", option="without_sirens", unit="€ million")
    values = ds["financing_need_by_region"].sel(option="without_sirens").transpose("region", "scenario").values
    highest = np.sort(np.quantile(values, 0.95, axis=-1)) / MILLION
    np.testing.assert_allclose(np.sort(segments(axes, 0)[:, 1, 0]), highest)


def test_the_fan_of_sums_ends_at_the_range_of_the_total(ds: xr.Dataset) -> None:
    cost = ds["cost"].sel(option="full").values
    summed = ps.plot.fan(ds, cumulative=True, unit="€ million")
    assert summed.lines[0].get_ydata()[-1] == pytest.approx(np.median(cost) / MILLION)
    yearly = ps.plot.fan(ds, unit="€ million").lines[0]
    by_year = ds["cost_by_year"].sel(option="full").transpose("year", "scenario").values
    np.testing.assert_allclose(yearly.get_ydata(), np.median(by_year, axis=-1) / MILLION)
    assert yearly.get_xdata().tolist() == ds["year"].values.tolist()


def test_differences_are_taken_scenario_by_scenario(ds: xr.Dataset) -> None:
    axes = ps.plot.difference(ds, unit="€ million")
    apart = ds["cost"].sel(option="without_sirens").values - ds["cost"].sel(option="full").values
    np.testing.assert_allclose(segments(axes, 0)[0, :, 0], np.quantile(apart, [0.05, 0.95]) / MILLION)
    assert axes.get_xlim()[0] < 0.0 < axes.get_xlim()[1]
    other = ps.plot.difference(ds, baseline="without_sirens", coverage=0.5, unit="€ million")
    np.testing.assert_allclose(segments(other, 0)[0, :, 0], np.quantile(-apart, [0.25, 0.75]) / MILLION)


def test_the_tornado_shows_the_swings_the_widest_on_top(ds: xr.Dataset, drivers: xr.Dataset) -> None:
    axes = ps.plot.tornado(drivers, unit="€ million")
    widths = [abs(high - low) for low, high in zip(*(segments(axes, k)[:, 1, 0] for k in (0, 1)), strict=True)]
    expected = (drivers["swing_high"] - drivers["swing_low"]).values / MILLION
    np.testing.assert_allclose(widths, np.sort(expected)[::-1])
    need = ps.plot.tornado(drivers, variable="financing_need")
    assert need.get_xlabel().startswith("Expected financing need")
    with pytest.raises(ps.RunError, match="no drivers of cost by input"):
        ps.plot.tornado(ds)


def test_convergence_ends_at_the_range_of_all_scenarios(ds: xr.Dataset) -> None:
    axes = ps.plot.convergence(ds, unit="€ million")
    last = [line.get_ydata()[-1] for line in axes.lines]
    cost = ds["cost"].sel(option="full").values
    np.testing.assert_allclose(last, np.quantile(cost, [0.95, 0.5, 0.05]) / MILLION)


def test_pairs_name_the_largest_parts_and_print_their_correlations(ds: xr.Dataset) -> None:
    axes = ps.plot.pairs(ds, most=2)
    names = [label.get_text().replace("\n", " ") for label in axes.get_yticklabels()]
    found = ps.pairs(ds.sel(option=["full"]), most=2)["rank_correlation"].values
    assert names[-1] == "3 Total cost"
    texts = {text.get_text().partition(" ±")[0].replace("\u2212", "-") for text in axes.texts}
    assert {f"{found[0, 1]:.2f}", f"{found[0, 2]:.2f}", f"{found[1, 2]:.2f}"} <= texts


@pytest.mark.parametrize("name", FIGURES)
def test_any_name_is_drawn_as_it_is(name: str, ds: xr.Dataset) -> None:
    hostile = r"$a_b$ \alpha <script> %d"
    labels = {
        label: (dim, [f"{hostile} {k}" for k in range(ds.sizes[dim])])
        for label, dim in (("area_name", "area"), ("option_name", "option"))
    }
    regions = [f"{hostile} {k}" for k in range(ds.sizes["region"])]
    renamed = ds.assign_coords(**labels, region=regions)
    axes = FIGURES[name](renamed)
    FigureCanvasAgg(axes.figure).draw()  # a formula that is none would fail here
    if name in {"intervals", "difference", "groups"}:
        assert axes.get_yticklabels()[0].get_text().replace("\n", " ").startswith(hostile)


def test_scenarios_of_any_quantity_have_a_curve() -> None:
    ds = ps.sample({"height": ps.Uniform(low=1.0, high=2.0)}, scenarios=1_000)
    axes = ps.plot.s_curve(ds, variable="height")
    assert axes.get_xlabel() == "height"
    assert axes.lines[0].get_xydata()[-1] == pytest.approx([2.0, 1.0], abs=0.02)


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("s_curve", {"variable": "financing_ned"}, 'did you mean "financing_need"'),
        ("s_curve", {"variable": ["cost", "cost", "cost"]}, "the name of a variable, or two of them"),
        ("s_curve", {"option": "without_siren"}, 'did you mean "without_sirens"'),
        ("s_curve", {"coverage": 90}, "between 0 and 1"),
        ("s_curve", {"unit": "€ milion"}, 'did you mean "€ million"'),
        ("s_curve", {"unit": "US$ million"}, "€ million"),
        ("s_curve", {"ax": "axes"}, "axes of matplotlib"),
        ("intervals", {"by": "aera"}, 'did you mean "area"'),
        ("intervals", {"log": "yes"}, "True or False"),
        ("groups", {"by": "regions"}, 'did you mean "region"'),
        ("fan", {"variable": "cost_nominal"}, "cost"),
        ("difference", {"baseline": "ful"}, 'did you mean "full"'),
        ("difference", {"variable": "cost_by_area"}, "a total, such as 'cost'"),
        ("s_curve", {"variable": "cost_by_area"}, "plot.intervals"),
        ("convergence", {"variable": "costs"}, 'did you mean "cost"'),
        ("pairs", {"most": 0}, "a whole number"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_the_nearest_name(
    name: str, given: dict[str, Any], message: str, ds: xr.Dataset
) -> None:
    with pytest.raises(ps.PopsimError, match=message):
        FIGURES[name](ds, **given)


@pytest.mark.parametrize("name", FIGURES)
def test_what_is_no_dataset_is_refused(name: str, study: ps.Study, tmp_path: Path) -> None:
    with pytest.raises(ps.ParameterError, match="simulate it first"):
        FIGURES[name](study)
    with pytest.raises(ps.ParameterError, match=r"popsim\.load_run"):
        FIGURES[name](str(tmp_path))


def test_control_characters_in_names_are_signs() -> None:
    from popsim.plot.plain import filled

    assert filled("bell\x07 and escape\x1b[31m", 40) == "bell\ufffd and escape\ufffd[31m"
    assert filled("\u202eabc", 40) == "\u202eabc\u202c"
