"""Pages that are made from the code: all keys of study and catalogue files, and all variables of a dataset.

``make docs-reference`` writes them, docs/reference/keys.md from the JSON schema, variables.md from `popsim.schema`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from popsim import schema as variables
from popsim.families.registry import catalogue
from popsim.study.json_schema import DISTRIBUTION, file_schema

__all__ = ["keys_page", "variables_page"]

_INTRODUCTION = """\
# Keys of study and catalogue files

This page is made from the code by `make docs-reference`. NAME stands for an id or a name that the file chooses, such as
the id of an area. A key without a default must be given, unless its table is left out altogether; "none" means that
what the key asks for is absent.

The same as a JSON schema, for editors that complete and check TOML:

    popsim schema > study.schema.json
    popsim schema --catalogue > catalogue.schema.json

Taplo and the editors built on it read it from a first line `#:schema ./study.schema.json` in the file. popsim itself
checks more: `popsim check my-study.toml` says everything that is wrong, and what holds between keys.
"""
_DISTRIBUTIONS = """\
## Distributions

An uncertain quantity is a table with its family and one of the sets of keys of that family, such as
`{ family = "lognormal", p05 = 80_000, p95 = 400_000 }`. pNN is a quantile: p05 is not exceeded with 5 % probability.

| family | keys | use |
|---|---|---|"""


_VARIABLES = """\
# Variables of a dataset

This page is made from the code by `make docs-reference`. `ps.simulate` gives an xarray.Dataset; each variable has its
`units`, `long_name` and `description` in its attributes. Money is in the currency of the study, at constant prices of
its price year unless the name says `nominal`.

## Totals

By option and scenario. A total is what is summed (`cost`, or `financing_need` where the study has `[financing]`), at
which prices (constant; `nominal` with `money.inflation`; `discounted` with `money.discount_rate`), and of which
years: those of the study, those after them (`after_horizon`, where anything can be late), or both (`all_years`, from
`ps.with_all_years`; `compare`, `budget` and `budget_for` make them when asked). A total that one option asks for is
there for all: one without inflation, a discount rate or `[financing]` has constant prices, or all of its cost, in its
place, and the attribute `comment` says so. An option that is never late has 0 after the horizon.

| Variable | What it is |
|---|---|"""
_NAMES = """\

## Names made of these

| Name | What it is |
|---|---|
| `cost_by_area`, `financing_need_by_area_year` ... | a breakdown; sums to the total of the years of the study |
| `expected_T`, `expected_T_by_area`, `expected_T_by_component` | exact mean of the total T |
| `point_estimate` | point estimate of `cost` |
| `point_estimate_T` | point estimate of any other total T |
| `point_estimate_by_area`, `point_estimate_financing_need_by_area` | the same by area, of the years of the study |

A point estimate is the model computed once, with every input at its most likely value: costs, exponents, starts,
delays, rates and factors of shocks at their modes; each need at its probability; a shock happens where its
probability is one half or more. The most likely value is the peak of the density; of separate values (`discrete`, a
mixture with an atom) the one of highest probability, the least of several; of `uniform` the middle; of `empirical`
the middle of the shortest interval that holds half of the probability. It holds the same years at the same prices as
the total of its name, so that the probability that it suffices, and the contingency over it, compare like with like.
Where nothing is uncertain it is each scenario, to the bit.

## Other variables

| Variable | Dimensions | What it is |
|---|---|---|"""
_COORDINATES = """\

## Coordinates

| Coordinate | Dimension | What it is |
|---|---|---|"""


def variables_page() -> str:
    """Write the page of variables as Markdown.

    Examples
    --------
    >>> "| `cost_nominal_all_years` |" in variables_page()
    True
    """
    totals = [f"| `{name}` | {variables.VARIABLES[name].description} |" for name in variables.TOTALS]
    others = [
        f"| `{name}` | {', '.join(entry.dims)} | {entry.description} |"
        for name, entry in variables.VARIABLES.items()
        if variables.total_of(name) is None
    ]
    coordinates = [
        f"| `{name}` | {', '.join(entry.dims)} | {entry.description} |" for name, entry in variables.COORDINATES.items()
    ]
    parts = [_VARIABLES, *totals, _NAMES, *others, _COORDINATES, *coordinates]
    return "\n".join(parts) + "\n"


def keys_page() -> str:
    """Write the page as Markdown.

    Examples
    --------
    >>> "| `scenarios.count` | whole number of at least 1 | `10000` |" in keys_page()
    True
    """
    parts = [_INTRODUCTION]
    for kind, title in (("study", "Study files"), ("catalogue", "Catalogue files, one for each activity area")):
        schema = file_schema(kind)  # type: ignore[arg-type]
        parts.append(f"## {title}\n")
        parts += _tables(schema, schema["$defs"])
    rows = [
        f"| `{row.name}` | {' or '.join(f'`{keys}`' for keys in row.parameters)} | {row.summary} |"
        for row in catalogue()
    ]
    parts.append("\n".join([_DISTRIBUTIONS, *rows]) + "\n")
    return "\n".join(parts)


def _tables(schema: dict[str, Any], definitions: dict[str, Any]) -> Iterator[str]:
    """Write each table of a file under its heading: the keys of the file itself first, then its tables in order."""
    told: dict[str, str] = {}
    waiting: list[tuple[str, str, dict[str, Any]]] = [("", "", schema)]
    while waiting:
        path, heading, table = waiting.pop(0)
        deeper: list[tuple[str, str, dict[str, Any]]] = []
        rows: list[str] = []
        for key, value in table["properties"].items():
            full = f"{path}.{key}" if path else key
            note = ""
            for name, levels, listed in _inner_tables(value, definitions):
                place = full + ".NAME" * levels
                bracketed = f"[[{place}]]" if listed else f"[{place}]"
                if name in told:
                    note += f"; keys as in {told[name]}"
                else:
                    told[name] = f"`{bracketed}`"
                    deeper.append((place, bracketed, definitions[name]))
            rows.append(_row(full, key, value, table, note))
        if heading:
            about = table.get("description", "").replace("\n", " ")
            yield f"### `{heading}`\n\n{about}\n"
        yield "\n".join(["| key | type | default | meaning |", "|---|---|---|---|", *rows]) + "\n"
        waiting = [*deeper, *waiting]


def _row(full: str, key: str, value: dict[str, Any], table: dict[str, Any], note: str) -> str:
    if key in table.get("required", ()):
        default = ""
    elif value.get("default") and isinstance(value["default"], dict):
        default = "as below"
    elif "default" in value:
        default = f"`{json.dumps(value['default'], ensure_ascii=False)}`"
    else:
        default = "none"
    meaning = value.get("description", "") + note
    cells = (f"`{full}`", _sort(value), default, meaning)
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _inner_tables(value: dict[str, Any], definitions: dict[str, Any]) -> Iterator[tuple[str, int, bool]]:
    """Name the tables that a key may hold or list, how many free names lie between, and whether each is a list."""
    name = str(value.get("$ref", "")).rpartition("/")[2]
    if name:
        if name != DISTRIBUTION and "properties" in definitions[name]:
            yield name, 0, False
        return
    for arm in [*value.get("oneOf", ()), *value.get("anyOf", ()), *value.get("allOf", ())]:
        yield from _inner_tables(arm, definitions)
    if isinstance(value.get("items"), dict):
        yield from ((found, levels, True) for found, levels, _ in _inner_tables(value["items"], definitions))
    more = value.get("additionalProperties")
    if isinstance(more, dict):
        yield from ((found, levels + 1, listed) for found, levels, listed in _inner_tables(more, definitions))


def _sort(value: dict[str, Any]) -> str:
    """Say in words what may stand there."""
    if "$ref" in value:
        return "distribution" if value["$ref"].endswith(f"/{DISTRIBUTION}") else "table"
    if "const" in value:
        return f"`{json.dumps(value['const'])}`"
    if "enum" in value:
        return " or ".join(f"`{json.dumps(word)}`" for word in value["enum"])
    for word in ("oneOf", "anyOf", "allOf"):
        if word in value:
            return " or ".join(dict.fromkeys(_sort(arm) for arm in value[word]))
    sort = value.get("type")
    if sort == "array":
        return f"list of {_plural(_sort(value.get('items', {})))}"
    if sort == "object":
        return _table_sort(value.get("additionalProperties"))
    if sort == "string":
        return f"text like `{value['pattern']}`" if "pattern" in value else "text"
    if sort == "boolean":
        return "`true` or `false`"
    return f"{'whole number' if sort == 'integer' else 'number'}{_limits(value)}" if sort else "any value"


def _table_sort(entry: Any) -> str:
    if not isinstance(entry, dict):
        return "table"
    inner = _sort(entry)
    return f"table of NAME = {f'({inner})' if ' or ' in inner and '(' not in inner else inner}"


def _plural(sort: str) -> str:
    words = {"text": "texts", "list": "lists", "table": "tables", "number": "numbers", "whole number": "whole numbers"}
    for one, many in words.items():
        if sort == one or (sort.startswith(f"{one} ") and " or " not in sort):
            return many + sort.removeprefix(one)
    return f"({sort})"


def _limits(value: dict[str, Any]) -> str:
    low, above = value.get("minimum"), value.get("exclusiveMinimum")
    high, below = value.get("maximum"), value.get("exclusiveMaximum")
    if low is not None and high is not None:
        return f" from {_plain(low)} to {_plain(high)}"
    parts = [
        *([f"of at least {_plain(low)}"] if low is not None else []),
        *([f"above {_plain(above)}"] if above is not None else []),
        *([f"of at most {_plain(high)}"] if high is not None else []),
        *([f"below {_plain(below)}"] if below is not None else []),
    ]
    return f" {' and '.join(parts)}" if parts else ""


def _plain(number: float) -> str:
    power = number.bit_length() - 1 if isinstance(number, int) else 0
    if power > 32 and number == 2**power:
        return f"2^{power}"
    return str(int(number)) if number == int(number) else repr(number)


if __name__ == "__main__":
    for page, file in zip((keys_page, variables_page), sys.argv[1:], strict=True):
        Path(file).write_text(page(), encoding="utf-8", newline="\n")
