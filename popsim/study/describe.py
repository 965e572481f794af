"""Tables of the reference pages, made from the code: all keys of files, all families, all variables of a dataset.

``make docs-reference`` fills them into docs/reference/keys.md and docs/reference/variables.md, each between a pair of
comments that name it, such as ``<!-- begin study keys -->`` and ``<!-- end study keys -->``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from popsim import schema as variables
from popsim.families.registry import catalogue
from popsim.study.json_schema import DISTRIBUTION, file_schema

__all__ = ["filled", "reference_tables"]

LIMITS = {
    "minimum": "of at least",
    "exclusiveMinimum": "above",
    "maximum": "of at most",
    "exclusiveMaximum": "below",
}
"""Words of a JSON schema for limits, and ours."""
SORTS = {
    "boolean": "`true` or `false`",
    "integer": "whole number",
    "number": "number",
    "object": "table",
    "string": "text",
}


def filled(page: str) -> str:
    r"""Return a page with its tables written anew.

    Examples
    --------
    >>> "| `cost_nominal_all_years` |" in filled("<!-- begin totals -->\n<!-- end totals -->\n")
    True
    """
    for name, table in reference_tables().items():
        begin, end = f"<!-- begin {name} -->\n", f"<!-- end {name} -->"
        if begin in page:
            above, _, rest = page.partition(begin)
            page = f"{above}{begin}\n{table}\n{end}{rest.partition(end)[2]}"
    return page


def reference_tables() -> dict[str, str]:
    """Return every table of the reference pages as Markdown, by its name.

    Examples
    --------
    >>> "| `scenarios.count` | whole number of at least 1 | `10000` |" in reference_tables()["study keys"]
    True
    """
    families = [
        (f"`{row.name}`", " or ".join(f"`{keys}`" for keys in row.parameters), row.summary) for row in catalogue()
    ]
    totals = [(f"`{name}`", variables.VARIABLES[name].description) for name in variables.TOTALS]
    others, coordinates = (
        [
            (f"`{name}`", ", ".join(entry.dims), entry.description)
            for name, entry in entries.items()
            if variables.total_of(name) is None
        ]
        for entries in (variables.VARIABLES, variables.COORDINATES)
    )
    return {
        "study keys": _key_tables(file_schema("study")),
        "catalogue keys": _key_tables(file_schema("catalogue")),
        "families": _table(("family", "keys", "use"), families),
        "totals": _table(("Variable", "What it is"), totals),
        "variables": _table(("Variable", "Dimensions", "What it is"), others),
        "coordinates": _table(("Coordinate", "Dimension", "What it is"), coordinates),
    }


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(cells)} |" for cells in (head, *rows)]
    return "\n".join([lines[0], "|---" * len(head) + "|", *lines[1:]]) + "\n"


def _key_tables(schema: dict[str, Any]) -> str:
    """Return each table of a file under its heading: the keys of the file itself first, then its tables in order."""
    definitions: dict[str, Any] = schema["$defs"]
    shown_at: dict[str, str] = {}

    def written(path: str, heading: str, table: dict[str, Any]) -> Iterator[str]:
        deeper: list[tuple[str, str, dict[str, Any]]] = []
        rows = []
        for key, value in table["properties"].items():
            full = f"{path}.{key}" if path else key
            meaning = value.get("description", "")
            for name, levels, in_list in _inner_tables(value, definitions):
                place = full + ".NAME" * levels
                bracketed = f"[[{place}]]" if in_list else f"[{place}]"
                if name in shown_at:
                    meaning += f"; keys as in {shown_at[name]}"
                else:
                    shown_at[name] = f"`{bracketed}`"
                    deeper.append((place, bracketed, definitions[name]))
            row = (f"`{full}`", _sort(value), "" if key in table.get("required", ()) else _default(value), meaning)
            rows.append(tuple(cell.replace("|", "\\|") for cell in row))
        if heading:
            about = table.get("description", "").replace("\n", " ")
            yield f"### `{heading}`\n\n{about}\n"
        yield _table(("key", "type", "default", "meaning"), rows)
        for inner in deeper:
            yield from written(*inner)

    return "\n".join(written("", "", schema))


def _default(value: dict[str, Any]) -> str:
    if "default" not in value:
        return "none"
    default = value["default"]
    return "as below" if default and isinstance(default, dict) else f"`{json.dumps(default, ensure_ascii=False)}`"


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
    """Return in words what may stand there."""
    if "$ref" in value:
        return "distribution" if value["$ref"].endswith(f"/{DISTRIBUTION}") else "table"
    if "const" in value:
        return f"`{json.dumps(value['const'])}`"
    if "enum" in value:
        return " or ".join(f"`{json.dumps(word)}`" for word in value["enum"])
    for word in ("oneOf", "anyOf", "allOf"):
        if word in value:
            return " or ".join(dict.fromkeys(_sort(arm) for arm in value[word]))
    sort, entry = value.get("type"), value.get("additionalProperties")
    if sort == "array":
        return f"list of {_plural(_sort(value.get('items', {})))}"
    if sort == "object" and isinstance(entry, dict):
        inner = _sort(entry)
        return f"table of NAME = {f'({inner})' if ' or ' in inner and '(' not in inner else inner}"
    if sort == "string" and "pattern" in value:
        return f"text like `{value['pattern']}`"
    return SORTS.get(str(sort), "any value") + _limits(value)


def _plural(sort: str) -> str:
    for one in ("text", "list", "table", "number", "whole number"):
        if sort == one or (sort.startswith(f"{one} ") and " or " not in sort):
            return f"{one}s{sort.removeprefix(one)}"
    return f"({sort})"


def _limits(value: dict[str, Any]) -> str:
    limits = {word: _plain(value[word]) for word in LIMITS if word in value}
    if {"minimum", "maximum"} <= set(limits):
        return f" from {limits['minimum']} to {limits['maximum']}"
    return " " * bool(limits) + " and ".join(f"{LIMITS[word]} {limit}" for word, limit in limits.items())


def _plain(number: float) -> str:
    power = number.bit_length() - 1 if isinstance(number, int) else 0
    if power > 32 and number == 2**power:
        return f"2^{power}"
    return str(int(number)) if number == int(number) else repr(number)


if __name__ == "__main__":
    for file in map(Path, sys.argv[1:]):
        file.write_text(filled(file.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
