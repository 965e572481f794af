"""The JSON schema accepts what popsim ships, and refuses what it can know to be wrong."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path
from typing import Annotated, Any

import jsonschema
import pytest
from pydantic import BaseModel, Field

from popsim.families.registry import families, to_toml
from popsim.study.describe import DISTRIBUTION, file_schema, schema_of
from popsim.study.files import packaged, packaged_studies

from .conftest import SMALL
from .test_bad_inputs import FOLDER, spoil

VALIDATORS = {kind: jsonschema.Draft202012Validator(file_schema(kind)) for kind in ("study", "catalogue")}
REFUSED = {
    "study": (
        *("correlation_above_one", "correlation_negative", "coverage_one", "coverage_zero", "currency_word"),
        *("fraction_for_whole", "matrix_key", "missing_key", "missing_table", "negative_seed", "no_scenarios"),
        *("no_years", "unknown_key", "unknown_table", "value_for_table", "wrong_format", "truth_for_number"),
        *("number_for_text", "share_above_one", "share_negative", "text_for_list", "text_for_number"),
    ),
    "catalogue": (
        *("format_true", "missing_component_key", "no_components", "no_family", "text_for_cost", "text_for_parameter"),
        *("truth_for_parameter", "unknown_catalogue_key", "unknown_family", "unknown_parameter"),
        *("value_for_component", "wrong_basis", "years_word", "overlap_and_cost", "overlap_id"),
        *("overlap_share_number", "overlap_without_share"),
    ),
}
"""Mistakes of tests/bad_inputs that are in one key; what lies between keys or files no schema can say."""


def toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def distribution(table: dict[str, Any]) -> bool:
    schema = VALIDATORS["catalogue"].schema
    return jsonschema.Draft202012Validator({"$ref": f"#/$defs/{DISTRIBUTION}", "$defs": schema["$defs"]}).is_valid(
        table
    )


@pytest.mark.parametrize("kind", VALIDATORS)
def test_the_schema_is_one(kind: str) -> None:
    schema = VALIDATORS[kind].schema
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(schema)


def test_limits_of_parameters_are_stated() -> None:
    assert distribution({"family": "gamma", "shape": 0.02, "scale": 1})
    for wrong in ({"shape": 0.01, "scale": 1}, {"shape": 2e6, "scale": 1}, {"shape": 1, "scale": 0}):
        assert not distribution({"family": "gamma", **wrong}), wrong


@pytest.mark.parametrize("path", packaged_studies().values(), ids=str)
def test_packaged_studies_are_accepted(path: Path) -> None:
    assert list(VALIDATORS["study"].iter_errors(toml(path))) == []


@pytest.mark.parametrize("path", sorted(packaged("distributions").glob("*.toml")), ids=lambda path: path.name)
def test_the_packaged_catalogue_is_accepted(path: Path) -> None:
    assert list(VALIDATORS["catalogue"].iter_errors(toml(path))) == []


def faults(folder: Path) -> dict[str, int]:
    """Number of errors by kind of file, in a study folder."""
    study = list(VALIDATORS["study"].iter_errors(toml(folder / "study.toml")))
    files = sorted((folder / "catalogue").glob("*.toml"))
    assert files
    return {
        "study": len(study),
        "catalogue": sum(len(list(VALIDATORS["catalogue"].iter_errors(toml(path)))) for path in files),
    }


@pytest.mark.parametrize("folder", sorted(SMALL.parent.iterdir()), ids=lambda folder: folder.name)
def test_good_studies_are_accepted_before_they_are_spoilt(folder: Path) -> None:
    assert faults(folder) == {"study": 0, "catalogue": 0}


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, names in REFUSED.items() for name in names])
def test_mistakes_in_one_key_are_refused(kind: str, name: str, tmp_path: Path) -> None:
    case = toml(FOLDER / f"{name}.toml")
    folder = Path(shutil.copytree(SMALL.parent / case.get("study", "small"), tmp_path / "study"))
    for edit in case["edit"]:
        spoil(folder, edit)
    found = faults(folder)
    assert found[kind] > 0
    assert found[next(other for other in found if other != kind)] == 0


@pytest.mark.parametrize("name", sorted(families()))
def test_every_family_is_accepted_as_it_is_written(name: str) -> None:
    for example in families()[name].examples():
        assert distribution(to_toml(example)), example


@pytest.mark.parametrize(
    ("table", "right"),
    [
        ({"family": "lognormal", "p05": 80_000, "p95": 400_000}, True),
        ({"family": "lognormal", "mean": 1.0, "std": 2}, True),
        ({"family": "lognormal", "p05": 80_000}, False),
        ({"family": "lognormal", "p05": 1, "p50": 2, "p95": 4}, False),
        ({"family": "lognormal", "p05": 1, "sigma": 2}, False),
        ({"family": "lognormal", "mean": 1.0, "sigma": 2}, False),
        ({"family": "metalog", "p10": 1, "p50": 2, "p90": 4, "low": 0}, True),
        ({"family": "metalog", "p10": 1, "p50": 2}, False),
        ({"family": "beta", "a": 2, "b": 3, "high": 4}, True),
        ({"family": "triangular", "low": 1, "mode": 2, "hgih": 3}, False),
        ({"family": "uniform", "low": 1, "high": "2"}, False),
        ({"low": 1, "high": 2}, False),
        ({"family": "normall", "mean": 1, "std": 2}, False),
    ],
)
def test_distributions_are_described_by_the_forms_of_their_families(table: dict[str, Any], right: bool) -> None:
    assert distribution(table) == right


def test_any_model_is_followed() -> None:
    """Tables of any keys become distributions, but for those that the model limits; nulls go."""

    class Inner(BaseModel):
        """Inner."""

        share: Annotated[float, Field(ge=0, le=1)] | dict[str, Any] = Field(description="a share")

    class File(BaseModel):
        """A file."""

        format: int = Field(json_schema_extra={"const": 7})
        inner: dict[str, Inner] = Field(default_factory=dict, description="by name")
        free: Annotated[dict[str, Any], Field(min_length=1)] | None = Field(None, description="any keys")
        title: str = "T"
        wanted: list[str] = Field(["area"])

    schema = schema_of(File, "a file")
    properties = schema["properties"]
    assert properties["format"]["const"] == 7
    assert properties["title"] == {"type": "string", "default": "T"}
    assert properties["wanted"]["default"] == ["area"]
    assert properties["free"]["minProperties"] == 1
    assert "$ref" not in properties["free"]
    share = schema["$defs"]["Inner"]["properties"]["share"]
    assert share["anyOf"][1] == {"$ref": f"#/$defs/{DISTRIBUTION}"}
    assert "null" not in str(schema)
    check = jsonschema.Draft202012Validator(schema)
    good = {"format": 7, "inner": {"x": {"share": {"family": "beta", "a": 1, "b": 2}}}, "free": {"a": 1}}
    assert check.is_valid(good)
    assert not check.is_valid({**good, "free": {}})
    assert not check.is_valid({**good, "inner": {"x": {"share": {"family": "beta", "a": 1}}}})
    assert not check.is_valid({**good, "format": 1})
