"""`popsim check`, `popsim catalogue`, `popsim families`: what is there, for people and as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import popsim
from popsim.families import family_names
from popsim.study.catalogue import load_catalogue
from popsim.study.catalogue_models import CatalogueShare
from popsim.study.files import packaged
from popsim.study.toml_models import FitTable


def test_check_says_what_the_study_is(call: Callable[..., Any]) -> None:
    done = call("check", "pops")
    study = popsim.load_study("pops")
    assert (done.status, done.err) == (0, "")
    assert max(map(len, done.out.splitlines())) <= 80
    assert f"{len(study.countries)} counted, 22 left out: high income (World Bank income group)\n" in done.out
    assert done.out.endswith("In order.\n")
    facts = json.loads(call("check", "pops", "--json").out)
    assert facts["countries"] == len(study.countries)
    assert facts["left_out_reasons"] == {"high income (World Bank income group)": 22}
    assert facts["areas"] == {area.id: area.name for area in study.areas}
    assert facts["plan_digest"] == popsim.compile(study).digest


def test_check_names_areas_of_the_catalogue_that_the_study_does_not_count(
    call: Callable[..., Any], tmp_path: Path
) -> None:
    """Of a new file in the catalogue, nothing is counted until the study names its area."""
    assert call("init", "mine").status == 0
    before = json.loads(call("check", "mine", "--json").out)["areas_not_counted"]
    assert ("not counted" in call("check", "mine").out) == bool(before)
    catalogue = tmp_path / "mine" / "catalogue"
    text = (catalogue / "h_outreach.toml").read_text(encoding="utf-8")
    other = text.replace('id = "h"', 'id = "z"', 1).replace('name = "', 'name = "Another: ', 1)
    (catalogue / "z_another.toml").write_text(other, encoding="utf-8")
    done = call("check", "mine", "--set", "area.b.include=false")
    assert done.status == 0
    assert re.search(r"; not counted: b, (.+, )?z ", " ".join(done.out.split()))
    facts = json.loads(call("check", "mine", "--set", "area.b.include=false", "--json").out)
    names = {area.id: area.name for area in load_catalogue(catalogue)}
    assert facts["areas_not_counted"] == {area: names[area] for area in names if area in {*before, "b", "z"}}
    assert not set(facts["areas"]) & {"b", "z"}


def test_check_prints_all_problems_at_once(call: Callable[..., Any]) -> None:
    done = call("check", "pops", "--set", "scenarios.count=-1", "--set", "report.coverage=2", "--set", "study.years=0")
    assert (done.status, done.out) == (2, "")
    for key in ("scenarios.count", "report.coverage", "study.years"):
        assert key in done.err
    assert "Traceback" not in done.err


def test_the_catalogue_is_listed_by_area(call: Callable[..., Any]) -> None:
    areas = load_catalogue(packaged("distributions"))
    done = call("catalogue")
    assert (done.status, done.err) == (0, "")
    assert max(map(len, done.out.splitlines())) <= 80
    for area in areas:
        assert area.name in done.out
    listed = json.loads(call("catalogue", "--json").out)["areas"]
    assert [entry["id"] for entry in listed] == [area.id for area in areas]
    for entry, area in zip(listed, areas, strict=True):
        for part, component in zip(entry["components"], area.components, strict=True):
            assert part["id"] == component.id
            stated = component.share if isinstance(component, CatalogueShare) else component.cost
            if isinstance(stated, FitTable):  # what it comes to depends on the study
                assert (part["family"], part["p95"]) == (f"fit {stated.fit}", None)
                continue
            below, upto = stated.cdf([np.nextafter(part["p95"], -np.inf), part["p95"]])
            assert below - 1e-9 <= 0.95 <= upto + 1e-9


def test_the_catalogue_of_a_study_is_listed(call: Callable[..., Any], tmp_path: Path) -> None:
    """A folder that `popsim init` makes is taken like the folder of its catalogue."""
    call("init", "mine", "--study", "example")
    assert call("catalogue", "mine").out == call("catalogue", "mine/catalogue").out != call("catalogue").out
    path = tmp_path / "mine" / "study.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('folder = "catalogue"', "folder = 3"), encoding="utf-8")
    done = call("catalogue", "mine")
    assert (done.status, done.out) == (2, "")
    assert "catalogue.folder" in done.err


def test_a_folder_without_catalogue_is_refused(call: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for folder in ("empty", "missing"):
        done = call("catalogue", folder)
        assert (done.status, done.out) == (2, "")
        assert folder in done.err


def test_families_are_listed_with_their_parameters(call: Callable[..., Any]) -> None:
    done = call("families")
    assert (done.status, done.err) == (0, "")
    assert max(map(len, done.out.splitlines())) <= 80
    listed = {entry["family"]: entry for entry in json.loads(call("families", "--json").out)["families"]}
    assert set(listed) == set(family_names())
    assert listed["triangular"]["class"] == "Triangular"
    assert "low, mode, high" in listed["triangular"]["parameters"]
    assert all(name in done.out for name in listed)


def test_wholes_that_components_share_are_listed_with_their_shares(call: Callable[..., Any]) -> None:
    folder = str(Path(__file__).parents[1] / "study" / "fixtures" / "shared")
    done = call("catalogue", folder)
    assert done.status == 0
    assert "  One plan (overlap plan: a whole that components share)" in done.out
    lines = done.out.splitlines()
    inventory = lines[lines.index("  Inventory") + 1].split()
    assert inventory == ["one-off", "uniform", *["31", "%", "40", "%", "49", "%", "of", "plan", "judgement"]]
    first, second, third = json.loads(call("catalogue", folder, "--json").out)["areas"]
    (whole,) = first["overlaps"]
    assert (whole["id"], whole["currency"], whole["price_year"]) == ("plan", "USD", 2000)
    assert (whole["p05"], whole["p95"]) == pytest.approx((40.0, 160.0))
    assert second["overlaps"] == third["overlaps"] == []
    (share,) = (each for each in second["components"] if each["id"] == "writing")
    assert (share["overlap"], share["family"]) == ("plan", "uniform")
    assert (share["p05"], share["mean"]) == pytest.approx((0.51, 0.6))
    assert "currency" not in share
