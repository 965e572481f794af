from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from popsim.errors import Keys
from popsim.study import load_study
from popsim.study.model import Study
from popsim.study.schema_keys import document_keys, position
from popsim.study.toml_models import StudyFile

SMALL = Path(__file__).parent / "fixtures" / "small"
PLAIN = Path(__file__).parents[1] / "plain" / "study.toml"
FULL = Path(__file__).parent / "fixtures" / "full"
SHARED = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def written(study: Study, folder: Path) -> Study:
    for name, text in study.files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    return load_study(folder / "study.toml")


@pytest.mark.parametrize(
    ("source", "overrides"),
    [
        (SMALL, {}),
        (SMALL, {"dependence.between_areas": "correlation.csv"}),
        (
            SMALL,
            {"dependence.between_areas": {"labels": ["z", "x", "y"], "values": [[1, 0, 0], [0, 1, 0.5], [0, 0.5, 1]]}},
        ),
        (SMALL, {"area.y.include": False, "scenarios.seed": 2**64 - 1, "study.title": 'A "title"\nof two lines'}),
        (FULL, {}),
        (FULL, {"area.y.component.survey.every": 3, "start": {"years": 1, "basis": "proxy", "rationale": "Invented."}}),
        (SMALL, {"dependence.group": "region", "dependence.group_share": 0.5, "area.x.group_share": 0.6}),
        (
            SMALL,
            {
                "dependence.between_areas": {
                    "groups": [{"areas": ["x", "z"], "correlation": -0.25}],
                    "otherwise": 0.5,
                },
                "dependence.need": {"with_cost": -0.5},
            },
        ),
        ("pops", {}),
        ("pops", {"countries.without": ["CHN", "IND"], "report.coverage": 0.5}),
        (
            FULL,
            {
                "financing.agency_fee": {"family": "uniform", "low": 0.05, "high": 0.1},
                "financing.materialised": {"family": "beta", "a": 4, "b": 2},
                "financing.by.bloc.red": {"family": "uniform", "low": 0.0, "high": 0.2},
                "area.x.component.running.financing.cofinancing": {"family": "uniform", "low": 0.0, "high": 0.5},
            },
        ),
    ],
    ids=[
        "small",
        "file",
        "table",
        "overrides",
        "full",
        "full overrides",
        "country groups",
        "area groups",
        "pops",
        "pops overrides",
        "uncertain financing",
    ],
)
def test_a_written_study_stands_by_itself(source: str | Path, overrides: dict[str, object], tmp_path: Path) -> None:
    study = load_study(source, overrides)
    again = written(study, tmp_path)
    assert again == study
    assert again.files == study.files
    assert study.files[0][0] == "study.toml"
    assert all(name.startswith("inputs/") for name, _ in study.files[1:])


def test_every_default_is_written_out() -> None:
    # What a study does not have, such as groups, has no default that could be written.
    overrides = {"scenarios.count": 55, "dependence.group": "region", "dependence.group_share": 0.5}
    document = tomllib.loads(load_study(SMALL, overrides).files[0][1])
    missing = [
        keys
        for keys in document_keys(
            StudyFile, {"area": {"x": {}, "y": {}, "z": {}}, "countries": {"select": {"income": []}}}
        )
        if ".".join(map(str, keys)) not in flat(document) and not absent(keys)
    ]
    assert missing == []
    assert document["scenarios"]["count"] == 55
    assert document["area"]["x"] == {"common_share": 0.4, "group_share": 0.5, "include": True, "size_exponent": 0.5}


def absent(keys: Keys) -> bool:
    """Whether a key belongs to a feature that is not there unless it is asked for."""
    above = (
        position(StudyFile, keys[:length]).field for length in range(1, len(keys) + 1) if keys[:length] != ("area",)
    )
    return any(field is not None and field.get_default(call_default_factory=True) in (None, {}, []) for field in above)


def flat(table: dict[str, object], above: str = "") -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in table.items():
        found[above + key] = value
        if isinstance(value, dict):
            found |= flat(value, f"{above}{key}.")
    return found


def test_every_key_says_what_it_means() -> None:
    for keys in document_keys(StudyFile, {"area": {"x": {}}}):
        field = position(StudyFile, keys).field
        if len(keys) != 2 or keys[0] != "area":
            assert field is not None, keys
            assert field.description, keys


@SHARED
@given(counted=st.sets(st.sampled_from("xyz"), min_size=1))
def test_any_areas_can_be_counted(counted: set[str]) -> None:
    whole = {area.id: area for area in load_study(SMALL).areas}
    study = load_study(SMALL, {f"area.{area}.include": area in counted for area in "xyz"})
    assert study.areas == tuple(whole[area] for area in "xyz" if area in counted)


@SHARED
@given(counted=st.sets(st.sampled_from("xyz"), min_size=1), order=st.permutations("xyz"))
def test_any_areas_can_be_counted_with_a_matrix_in_any_order(counted: set[str], order: list[str]) -> None:
    correlation = {frozenset("xy"): 0.5, frozenset("xz"): 0.2, frozenset("yz"): -0.1}
    values = [[1.0 if a == b else correlation[frozenset((a, b))] for b in order] for a in order]
    overrides: dict[str, object] = {f"area.{area}.include": area in counted for area in "xyz"}
    study = load_study(SMALL, overrides | {"dependence.between_areas": {"labels": order, "values": values}})
    assert study.dependence.labels == tuple(order)
    # The share of an area that is left out stays what the study says: what it is does not move the others.
    assert study.dependence.label_shares == tuple({"x": 0.4, "y": 0.25, "z": 0.4}[area] for area in order)


@settings(max_examples=15, deadline=None)
@given(left_out=st.sets(st.sampled_from("abcdefgh"), max_size=7))
def test_any_areas_of_a_large_study_can_be_counted(left_out: set[str]) -> None:
    study = load_study(PLAIN, {f"area.{area}.include": False for area in left_out})
    assert [area.id for area in study.areas] == [area for area in "abcdefgh" if area not in left_out]


@SHARED
@given(
    count=st.integers(1, 10**9),
    seed=st.integers(0, 2**64 - 1),
    coverage=st.floats(0.0, 1.0, exclude_min=True, exclude_max=True),
    exponent=st.floats(0.0, 2.0),
    title=st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
)
def test_overrides_survive_writing(
    count: int, seed: int, coverage: float, exponent: float, title: str, tmp_path: Path
) -> None:
    overrides = {
        "scenarios.count": count,
        "scenarios.seed": seed,
        "report.coverage": coverage,
        "area.z.size_exponent": exponent,
        "study.title": title,
    }
    study = load_study(SMALL, overrides)
    assert (study.scenarios, study.seed, study.coverage, study.title) == (count, seed, coverage, title)
    assert study.areas[2].size_exponent == exponent
    assert written(study, tmp_path) == study
