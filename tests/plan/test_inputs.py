"""Every stream of a plan is for one input, and on one level."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import popsim as ps
from popsim.plan.streams import group_streams

from ..reproduction.small import REASONS, component, lognormal, uniform, write

COST = component(lognormal(100.0, 0.5))
YEARS = uniform(0.0, 1.5)
EVERYTHING: dict[str, Any] = {
    "countries": (("AAA", "West/and Central", 4e6), ("BBB", "South", 2e6)),
    "size": {"driver": "population", "reference": 1_000_000, **REASONS},
    "start": {"years": YEARS, **REASONS},
    "delay": {"years": YEARS, **REASONS},
    "escalation": {"rate": uniform(0.0, 0.02), **REASONS},
    "shock": {"bad": {"name": "bad", "areas": ["x"], "probability": 0.3, "factor": uniform(1.1, 1.5), **REASONS}},
    "area": {
        "x": {
            "size_exponent": uniform(0.2, 0.8),
            "need": {"probability": uniform(0.2, 0.8), **REASONS},
            "component": {"one": {"need": {"probability": 0.5, **REASONS}}},
        }
    },
}
SHARES = {"common_share": 0.2, "group": "region", "group_share": 0.4}
FEATURES = {"need": {"common_share": 0.2, "between_needs": 0.3}, "delay": {"common_share": 0.2, "between_areas": 0.3}}
MATRIX = {"labels": ["y", "x", "z"], "values": [[1.0, 0.3, 0.0], [0.3, 1.0, 0.0], [0.0, 0.0, 1.0]]}


def groups_of(folder: Path, by: str, dependence: dict[str, Any]) -> tuple[dict[str, set[str]], dict[str, str]]:
    """Names of streams by group, and names of groups."""
    areas = {"x": {"one": COST, "two": COST}, "y": {"k": COST}, "z": {"k": COST}}
    common = {**SHARES, **FEATURES, "between_components": 0.5, "start": {"common_share": 0.3}, **dependence}
    study = ps.load_study(write(folder, areas, dependence=common, **EVERYTHING))
    plan = ps.compile(study)
    names = (*plan.streams.shared, *plan.streams.own)
    found = group_streams(study, names, by)
    sets: dict[str, set[str]] = {key: set() for key in found.ids}
    for name, place in zip(names, found.group.tolist(), strict=True):
        sets[found.ids[place]].add(name)
    return sets, dict(zip(found.ids, found.names, strict=True))


def test_by_input_with_one_number_between_areas(tmp_path: Path) -> None:
    sets, names = groups_of(tmp_path, "input", {"between_areas": 0.2})
    assert list(sets) == [
        *("unit_costs", "unit_cost_x", "unit_cost_y", "unit_cost_z"),
        *("needs", "lateness", "prices", "exponents"),
    ]
    west = "common/group/region=West/and Central"
    assert sets["unit_costs"] == {
        *("common/factor", f"{west}/factor", "common/group/region=South/factor"),
        *("country/AAA/factor", "country/BBB/factor"),
    }
    for name in ("common/area/x", f"{west}/area/x/component/two", "country/BBB/area/x/component/one"):
        assert name in sets["unit_cost_x"]
    assert sets["prices"] == {"common/escalation", "common/shock/bad/happens", "common/shock/bad/factor"}
    assert {"common/start", "country/AAA/start", "common/delay/area/x", "country/AAA/delay"} <= sets["lateness"]
    assert {"common/need", "common/need/area/x/probability", "country/AAA/need/area/x/component/one"} <= sets["needs"]
    assert sets["exponents"] == {"common/exponent/area/x/size"}
    assert names["unit_cost_y"] == "Unit costs: area y"


def test_by_input_with_a_matrix_areas_that_correlate_are_one_input(tmp_path: Path) -> None:
    sets, names = groups_of(tmp_path, "input", {"between_areas": MATRIX})
    assert {"common/area/x", "common/area/y", "country/AAA/area/y"} <= sets["unit_costs_x_y"]
    # What components have for themselves, and an area that correlates with none, stand alone.
    assert all("/area/x/component/" in name for name in sets["unit_cost_x"])
    assert {"common/area/z", "country/AAA/area/z"} <= sets["unit_cost_z"]
    assert "unit_cost_y" not in sets
    assert names["unit_costs_x_y"] == "Unit costs, which move together: area x, area y"


def test_by_input_with_a_matrix_in_which_all_areas_correlate(tmp_path: Path) -> None:
    groups = {"groups": [{"areas": ["x", "y"], "correlation": 0.5}], "otherwise": 0.1}
    sets, names = groups_of(tmp_path, "input", {"between_areas": groups})
    assert {"common/area/x", "common/area/z", "country/AAA/area/y"} <= sets["unit_costs"]
    assert names["unit_costs"] == "Unit costs, which move together: all areas"


def test_by_level(tmp_path: Path) -> None:
    sets, names = groups_of(tmp_path, "level", {"between_areas": 0.2})
    assert list(sets) == ["common", "group", "country"]
    assert all(name.startswith("country/") for name in sets["country"])
    assert all(name.startswith("common/group/") for name in sets["group"])
    assert not any("group/" in name for name in sets["common"])
    assert names["group"] == "Common to the countries of one region"


@pytest.mark.parametrize("name", ["pops", "example"])
def test_groupings_share_out_all_streams_of_packaged_studies(name: str) -> None:
    study = ps.load_study(name)
    plan = ps.compile(study)
    names = (*plan.streams.shared, *plan.streams.own)
    for by in ("input", "level"):
        found = group_streams(study, names, by)
        assert sorted(set(found.group.tolist())) == list(range(len(found.ids)))
        assert len(found.group) == len(plan.draws.shared_stream) + len(plan.draws.own_stream)
