"""Weights of normals against the correlations that were asked for."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy import stats

from popsim.engine.simulate import simulate
from popsim.engine.variants import with_common_share
from popsim.families import Family, LogNormal, Normal, Uniform
from popsim.plan import Plan
from popsim.plan import compile as compile_study
from popsim.study.model import Dependence, Study

from ..engine.studies import (
    COUNTRIES,
    area,
    country,
    expected_correlation,
    gaussian,
    matrix,
    number,
    plan_correlation,
    replace_area,
    row_weights,
    study,
)

THREE = [[1.0, 0.6, -0.2], [0.6, 1.0, 0.1], [-0.2, 0.1, 1.0]]
FOUR = [[1.0, 0.3, 0.6, -0.2], [0.3, 1.0, 0.2, 0.1], [0.6, 0.2, 1.0, 0.1], [-0.2, 0.1, 0.1, 1.0]]

DEPENDENCES: dict[str, Dependence] = {
    "number": number(0.3, 0.25, 0.5),
    "nothing between areas": number(0.0, 0.25, 0.5),
    "no base share": number(0.3, 0.0, 0.5),
    "components apart": number(0.3, 0.25, 0.0),
    "components together": number(0.3, 0.25, 1.0),
    "matrix": matrix("abc", THREE, (0.5, 0.2, 0.4)),
    "matrix with an area that is not counted": matrix("axbc", FOUR, (0.5, 0.3, 0.2, 0.4)),
    "matrix in another order": matrix("cab", np.array(THREE)[np.ix_([2, 0, 1], [2, 0, 1])].tolist(), (0.4, 0.5, 0.2)),
    "matrix of a null direction": matrix("abc", [[1, 0, 0], [0, 1, 0], [0, 0, 1]], (0.5, 0.2, 0.4)),
}


@pytest.mark.parametrize("name", DEPENDENCES)
def test_weights_give_the_correlations_asked_for(name: str) -> None:
    item = gaussian(DEPENDENCES[name])
    # Sums of a few products of numbers up to 1: some 1e-16 each.
    np.testing.assert_allclose(plan_correlation(compile_study(item)), expected_correlation(item), rtol=0, atol=1e-14)


def test_the_relations_by_hand() -> None:
    """Same country r; same area s_a; other country and other area r s0; components w; see popsim.plan.dependence."""
    found = plan_correlation(compile_study(gaussian(number(between=0.3, base=0.25, within=0.5))))
    # Rows of a country: a, b start, b run, c; then the next country. Shares 0.5, 0.2, 0.4.
    pairs = {
        (0, 0): 1.0,
        (0, 3): 0.3,
        (0, 4): 0.5,
        (3, 7): 0.4,
        (0, 7): 0.3 * 0.25,
        (1, 2): 0.5,
        (1, 5): 0.2,
        (1, 6): 0.5 * 0.2,
        (0, 1): np.sqrt(0.5) * 0.3,
        (0, 5): np.sqrt(0.5) * 0.3 * 0.25,
    }
    for (i, j), correlation in pairs.items():
        assert found[i, j] == pytest.approx(correlation, abs=1e-14)


def test_the_check_sees_another_common_share() -> None:
    """Negative control."""
    other = replace_area(gaussian(), "a", common_share=0.51)
    assert np.abs(plan_correlation(compile_study(gaussian())) - expected_correlation(other)).max() > 0.005


@pytest.mark.parametrize("between", [0.0, 0.3, 0.9, 1.0])
@pytest.mark.parametrize("share", [0.0, 1.0])
def test_countries_apart_and_together(between: float, share: float) -> None:
    item = with_common_share(gaussian(number(between=between)), share)
    found = plan_correlation(compile_study(item))
    rows = 4
    for i in range(1, len(COUNTRIES)):
        within, across = found[:rows, :rows], found[:rows, i * rows : (i + 1) * rows]
        np.testing.assert_allclose(across, share * within, rtol=0, atol=1e-14)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_countries_apart_and_together_with_a_matrix(share: float) -> None:
    found = plan_correlation(compile_study(with_common_share(gaussian(DEPENDENCES["matrix"]), share)))
    np.testing.assert_allclose(found[:4, 4:8], share * found[:4, :4], rtol=0, atol=1e-14)


@pytest.mark.parametrize("share", [0.3 * 0.25, 0.3 * 0.25 + 0.7])
def test_shares_at_their_limits(share: float) -> None:
    item = replace_area(gaussian(number(between=0.3, base=0.25)), "a", common_share=share)
    np.testing.assert_allclose(plan_correlation(compile_study(item)), expected_correlation(item), rtol=0, atol=1e-14)


def labelled(plan: Plan) -> dict[tuple[str, str], dict[int, float]]:
    """Weights by stream number of each (country, component)."""
    return {
        (plan.labels.country[plan.row_country[row]], plan.labels.component[plan.row_component[row]]): weights
        for row, weights in enumerate(row_weights(plan))
    }


NEW = area("n", Normal(1.0, 1.0), share=0.3)


def add_component(item: Study, cost: Family) -> Study:
    parts = (*item.areas[1].components, dataclasses.replace(item.areas[1].components[0], id="new", cost=cost))
    return replace_area(item, "b", components=parts)


ADDITIONS = {
    "country at the end": lambda item: dataclasses.replace(item, countries=(*item.countries, country("NEW"))),
    "country in front": lambda item: dataclasses.replace(item, countries=(country("NEW"), *item.countries)),
    "area at the end": lambda item: dataclasses.replace(item, areas=(*item.areas, NEW)),
    "area in front": lambda item: dataclasses.replace(item, areas=(NEW, *item.areas)),
    "component": lambda item: add_component(item, Normal(2.0, 1.0)),
}


@pytest.mark.parametrize("addition", ADDITIONS)
def test_additions_leave_streams_and_weights_of_all_others(addition: str) -> None:
    before, after = (labelled(compile_study(item)) for item in (gaussian(), ADDITIONS[addition](gaussian())))
    assert len(after) > len(before)
    for row, weights in before.items():
        assert after[row] == weights


def test_a_label_at_the_end_of_a_matrix_leaves_streams_and_weights_of_all_others() -> None:
    before = labelled(compile_study(gaussian(DEPENDENCES["matrix"])))
    larger = np.eye(4)
    larger[:3, :3] = THREE
    larger[3, :3] = larger[:3, 3] = [0.2, 0.1, 0.3]
    item = dataclasses.replace(gaussian(matrix("abcn", larger.tolist(), (0.5, 0.2, 0.4, 0.3))))
    for counted in (item, dataclasses.replace(item, areas=(*item.areas, NEW))):
        after = labelled(compile_study(counted))
        for row, weights in before.items():
            # Cholesky of a leading block is the leading block of Cholesky; the sums are the same, term by term.
            assert after[row].keys() == weights.keys()
            assert all(after[row][stream] == weight for stream, weight in weights.items())


def test_the_check_sees_a_stream_named_after_its_position() -> None:
    """Negative control: another code for the same country is another draw."""
    item = study([country("AAA")], [area("a", Normal(1.0, 1.0))])
    other = dataclasses.replace(item, countries=(country("BBB"),))
    one, two = (row_weights(compile_study(each))[0] for each in (item, other))
    assert set(one) != set(two)


@pytest.mark.parametrize(
    ("values", "signs"),
    [
        ([[1.0, -1.0, 0.3], [-1.0, 1.0, -0.3], [0.3, -0.3, 1.0]], (1, -1, 0)),
        ([[1.0, 1.0, -1.0], [1.0, 1.0, -1.0], [-1.0, -1.0, 1.0]], (1, 1, -1)),
    ],
)
@pytest.mark.parametrize("share", [0.0, 0.37, 1.0])
def test_areas_that_correlate_perfectly_rank_scenarios_alike_or_the_other_way_round(
    values: list[list[float]], signs: tuple[int, ...], share: float
) -> None:
    laws = (LogNormal(13.0, 0.9), Uniform(1.0, 7.0), LogNormal(3.0, 1.5))
    areas = [area(name, law, share=share) for name, law in zip("abc", laws, strict=True)]
    made = study(COUNTRIES, areas, matrix("abc", values, [share] * 3))
    cost = simulate(made, scenarios=2_000, breakdowns=[("country", "area")])["cost_by_country_area"].isel(option=0)
    ranks = cost.copy(data=stats.rankdata(cost.values, axis=cost.get_axis_num("scenario")))
    for name, sign in zip("abc", signs, strict=True):
        if sign:
            found = ranks.sel(area=name, drop=True)
            wanted = ranks.sel(area="a", drop=True)
            np.testing.assert_array_equal(found, wanted if sign > 0 else 2_001 - wanted)
    assert not np.array_equal(ranks.sel(country="AAA"), ranks.sel(country="BBB")) or share == 1.0
