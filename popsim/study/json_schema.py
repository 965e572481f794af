"""JSON schema of study and catalogue files, for editors and for checks without popsim; follows from the models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from popsim.families.parameters import Sort
from popsim.families.registry import Form, families, forms
from popsim.study.toml_models import CatalogueFile, StudyFile

__all__ = ["DISTRIBUTION", "file_schema", "schema_of"]

DISTRIBUTION = "Distribution"
"""Name of the definition that holds all families."""
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_FREE = {"type": "object", "additionalProperties": True}
"""What a table of any keys becomes; the models have such tables for distributions alone."""
_QUANTILE = r"^p\d{2,}$"
_NOISE = ("title",)
"""Titles repeat names."""
_NUMBER = {"type": "number"}
_SORTS: dict[Sort, JsonSchemaValue] = {
    "number": _NUMBER,
    "optional number": _NUMBER,
    "numbers": {"type": "array", "items": _NUMBER},
    "distribution": {"$ref": f"#/$defs/{DISTRIBUTION}"},
    "distributions": {"type": "array", "items": {"$ref": f"#/$defs/{DISTRIBUTION}"}},
}


class _WithDefaults(GenerateJsonSchema):
    """States defaults that a function makes, too."""

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """Ask the function for the default."""
        factory = schema.get("default_factory")
        if factory is not None and not schema.get("default_factory_takes_data"):
            schema = {**schema, "default": factory()}  # type: ignore[call-arg]
        return super().default_schema(schema)


def file_schema(kind: Literal["study", "catalogue"]) -> dict[str, Any]:
    """Give the JSON schema (draft 2020-12) of the files of one kind.

    It holds keys, types, limits and families. What ties one key to another, such as shares that sum to 1, popsim alone
    checks: a file that the schema refuses is wrong, one that it accepts need not be right.

    Examples
    --------
    >>> sorted(file_schema("catalogue")["required"])
    ['area', 'component', 'format']
    """
    return schema_of(StudyFile if kind == "study" else CatalogueFile, f"popsim {kind} file")


def schema_of(model: type[BaseModel], title: str) -> dict[str, Any]:
    """Give the JSON schema of a model of a file: nulls taken out, which TOML has not, and distributions put in."""
    raw = model.model_json_schema(schema_generator=_WithDefaults)
    definitions = {name: _cleaned(table) for name, table in raw.pop("$defs", {}).items()}
    body = _cleaned(raw)
    if any(DISTRIBUTION in reference for reference in _references([body, definitions])):
        definitions[DISTRIBUTION] = _distribution()
    return {"$schema": _DIALECT, "title": title, **body, "$defs": dict(sorted(definitions.items()))}


def _cleaned(node: Any) -> Any:
    """Rewrite a schema; names of properties are no words of the schema and stay as they are."""
    if isinstance(node, list):
        return [_cleaned(item) for item in node]
    if not isinstance(node, dict):
        return node
    result: dict[str, Any] = {}
    for word, value in node.items():
        if word in _NOISE or (word == "default" and value is None):
            continue
        if word == "properties":
            result[word] = {name: _cleaned(item) for name, item in value.items()}
        elif word in ("enum", "default", "const"):
            result[word] = value
        elif word in ("anyOf", "oneOf"):
            arms = [_cleaned(arm) for arm in value if arm != {"type": "null"}]
            result |= arms[0] if len(arms) == 1 else {word: arms}
        else:
            result[word] = _cleaned(value)
    # Words that only describe stand beside a reference.
    if {word: value for word, value in result.items() if word not in ("description", "default")} == _FREE:
        told = {word: value for word, value in result.items() if word not in _FREE}
        return {**told, "$ref": f"#/$defs/{DISTRIBUTION}"}
    return result


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from ([node["$ref"]] if isinstance(node.get("$ref"), str) else [])
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def _distribution() -> dict[str, Any]:
    """Every family, each with the sets of keys that it is built from."""
    arms = []
    for name, family in families().items():
        sets = [_form(name, form) for form in forms(family)]
        arms.append({"title": name, "description": family.summary, **(sets[0] if len(sets) == 1 else {"anyOf": sets})})
    names = {"family": {"description": "the family of the distribution", "enum": list(families())}}
    return {
        "description": "a distribution: its family, and the parameters or quantiles that it is built from",
        "type": "object",
        "properties": names,
        "required": ["family"],
        "oneOf": arms,
    }


def _form(name: str, form: Form) -> dict[str, Any]:
    properties: dict[str, Any] = {"family": {"const": name}}
    for param in form.params:
        stated = {
            "exclusiveMinimum": param.above,
            "minimum": param.least,
            "maximum": param.most,
            "default": None if param.required else param.default,
        }
        stated = {word: value for word, value in stated.items() if value is not None}
        properties[param.name] = {**_SORTS[param.sort], **stated}
    result: dict[str, Any] = {
        "type": "object",
        "properties": properties,
        "required": ["family", *form.required],
        "additionalProperties": False,
    }
    if form.quantile_counts:
        fixed = 1 + len(form.required)
        result["patternProperties"] = {_QUANTILE: {"type": "number"}}
        result["minProperties"] = fixed + min(form.quantile_counts)
        result["maxProperties"] = 1 + len(form.params) + max(form.quantile_counts)
        result["description"] = str(form)
    return result
