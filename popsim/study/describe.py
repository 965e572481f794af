"""What files of studies may hold, made from the code: the JSON schema of each file, and tables of the reference pages.

``make docs-reference`` fills the tables of all keys of files, all families and all variables of a dataset into
docs/reference/keys.md and docs/reference/variables.md, each between a pair of comments that name it, such as
``<!-- begin study keys -->`` and ``<!-- end study keys -->``; and the headings of tables of costs in the same way into
docs/how-to/import-costs.md.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaValue

from popsim import schema as variables
from popsim.families.parameters import Sort
from popsim.families.registry import Form, catalogue, families, forms
from popsim.study.catalogue_models import CatalogueFile
from popsim.study.toml_models import StudyFile

DISTRIBUTION = "Distribution"
"""Name of the definition that holds all families."""
REFERENCE = {"$ref": f"#/$defs/{DISTRIBUTION}"}
FREE_TABLE = {"type": "object", "additionalProperties": True}
"""What a table of any keys becomes; the models have such tables for distributions alone."""
NUMBER = {"type": "number"}
PARAMETERS: dict[Sort, JsonSchemaValue] = {
    "number": NUMBER,
    "optional number": NUMBER,
    "numbers": {"type": "array", "items": NUMBER},
    "distribution": REFERENCE,
    "distributions": {"type": "array", "items": REFERENCE},
}
"""Schema of the parameters of families, by their sort."""
LIMITS = {
    "minimum": "of at least",
    "exclusiveMinimum": "above",
    "maximum": "of at most",
    "exclusiveMaximum": "below",
}
"""Words of a JSON schema for limits, and ours."""
KINDS = {
    "boolean": "`true` or `false`",
    "integer": "whole number",
    "number": "number",
    "object": "table",
    "string": "text",
}


def file_schema(kind: Literal["study", "catalogue"]) -> dict[str, Any]:
    """Return the JSON schema (draft 2020-12) of the files of one kind.

    It holds keys, types, limits and families. What ties one key to another, such as shares that sum to 1, popsim alone
    checks: a file that the schema refuses is wrong, one that it accepts need not be right.

    Examples
    --------
    >>> sorted(file_schema("catalogue")["required"])
    ['area', 'component', 'format']
    """
    return schema_of(StudyFile if kind == "study" else CatalogueFile, f"popsim {kind} file")


def schema_of(model: type[BaseModel], title: str) -> dict[str, Any]:
    """Return the JSON schema of a model of a file, without nulls, which TOML does not have, and with distributions."""
    raw = model.model_json_schema()
    definitions = {name: _cleaned(table) for name, table in raw.pop("$defs", {}).items()}
    body = _cleaned(raw)
    if json.dumps(REFERENCE["$ref"]) in json.dumps([body, definitions]):
        definitions[DISTRIBUTION] = _distribution()
    dialect = "https://json-schema.org/draft/2020-12/schema"
    return {"$schema": dialect, "title": title, **body, "$defs": dict(sorted(definitions.items()))}


def _cleaned(node: Any) -> Any:
    """Return a schema without nulls and titles, which repeat names; keys of properties may be any words."""
    if isinstance(node, list):
        return [_cleaned(item) for item in node]
    if not isinstance(node, dict):
        return node
    result: dict[str, Any] = {}
    for word, value in node.items():
        if word == "title" or (word == "default" and value is None):
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
    about = {word: value for word, value in result.items() if word in ("description", "default")}
    return about | REFERENCE if result == about | FREE_TABLE else result


def _distribution() -> dict[str, Any]:
    """Return the schema of every family, each with the sets of keys that it is built from."""
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
        stated = {word: value for word, value in stated.items() if value is not None and math.isfinite(value)}
        properties[param.name] = {**PARAMETERS[param.sort], **stated}
    result: dict[str, Any] = {
        "type": "object",
        "properties": properties,
        "required": ["family", *form.required],
        "additionalProperties": False,
    }
    if form.quantile_counts:
        fixed = 1 + len(form.required)
        result["patternProperties"] = {r"^p\d{2,}$": NUMBER}
        result["minProperties"] = fixed + min(form.quantile_counts)
        result["maxProperties"] = 1 + len(form.params) + max(form.quantile_counts)
        result["description"] = str(form)
    return result


def filled(page: str) -> str:
    r"""Return a page with its tables written anew.

    Examples
    --------
    >>> "| `cost_nominal_all_years` |" in filled("<!-- begin totals -->\n<!-- end totals -->\n")
    True
    """
    for name, table in {**reference_tables(), **heading_tables(), "limits": _limits_table()}.items():
        begin, end = f"<!-- begin {name} -->\n", f"<!-- end {name} -->"
        if begin in page:
            above, _, rest = page.partition(begin)
            page = f"{above}{begin}\n{table}\n{end}{rest.partition(end)[2]}"
    return page


def _limits_table() -> str:
    """Return what limits a study beside the limits of single keys, as Markdown."""

    def both(limits: tuple[float, float]) -> str:
        return " to ".join(f"{limit:g}" for limit in limits)

    rows = {
        "characters of an id; of a name or title; of another text": (
            f"{variables.LONGEST_ID}; {variables.LONGEST_NAME}; {variables.LONGEST_TEXT:,}"
        ),
        "areas of a catalogue; components of an area; countries": (
            f"{variables.MOST_AREAS}; {variables.MOST_COMPONENTS}; {variables.MOST_COUNTRIES:,}"
        ),
        "options of a study; what-ifs; keys that one of them or the command line sets": (
            f"{variables.MOST_OPTIONS}; {variables.MOST_OPTIONS}; {variables.MOST_CHANGES:,}"
        ),
        "entries of any other list or table": f"{variables.MOST_ENTRIES:,}",
        "cases of a sweep": f"{variables.MOST_CASES:,}",
        "rows of a CSV file; columns; characters of a line": (
            f"{variables.MOST_ROWS:,}; {variables.MOST_COLUMNS:,}; {variables.LONGEST_LINE:,}"
        ),
        "exchange rates": both(variables.RATES_OF_EXCHANGE),
        "price indices": both(variables.PRICE_INDICES),
        "sizes of countries and other measures": both((variables.SMALLEST, variables.LARGEST)),
        "mean of a distribution of costs": f"0 to {variables.LARGEST:g}",
        "mean cost of a component in a country, by exchange rate, size, rises of prices and shocks": (
            both(variables.COST_SCALE)
        ),
        "years by which payments are late, where that has an upper limit": f"0 to {variables.MOST_YEARS_LATE:,}",
    }
    return _table(("what", "limit"), list(rows.items()))


def reference_tables() -> dict[str, str]:
    """Return every table of the reference pages as Markdown, by its name.

    Examples
    --------
    >>> "| `scenarios.count` | whole number from 1 to 2^48 | `10000` |" in reference_tables()["study keys"]
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


def heading_tables() -> dict[str, str]:
    """Return the tables of the headings that an import of costs knows as Markdown, by name.

    Examples
    --------
    >>> "| `price year` | prices of, money of, base year | year whose prices" in heading_tables()["headings of costs"]
    True
    """
    # Imported here: `popsim schema` needs the rest of this module alone.
    from popsim.study.importing.columns import BESIDE, COSTS, OVERLAPS

    return {
        f"headings of {kind.name}": _table(
            ("Heading", "Also", "Holds"),
            [
                (
                    f"`{column.heading}`",
                    ", ".join(name for name in column.names if name != column.heading),
                    column.meaning,
                )
                for column in kind.columns
            ],
        )
        for kind in (COSTS, *BESIDE)
        if kind is not OVERLAPS
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
            row = (f"`{full}`", _kind(value), "" if key in table.get("required", ()) else _default(value), meaning)
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


def _kind(value: dict[str, Any]) -> str:
    """Return in words what may stand there."""
    if "$ref" in value:
        return "distribution" if value["$ref"].endswith(f"/{DISTRIBUTION}") else "table"
    if "const" in value:
        return f"`{json.dumps(value['const'])}`"
    if "enum" in value:
        return " or ".join(f"`{json.dumps(word)}`" for word in value["enum"])
    for word in ("oneOf", "anyOf", "allOf"):
        if word in value:
            return " or ".join(dict.fromkeys(_kind(arm) for arm in value[word]))
    kind, entry = value.get("type"), value.get("additionalProperties")
    if kind == "array":
        return f"list of {_plural(_kind(value.get('items', {})))}"
    if kind == "object" and isinstance(entry, dict):
        inner = _kind(entry)
        return f"table of NAME = {f'({inner})' if ' or ' in inner and '(' not in inner else inner}"
    if kind == "string" and "pattern" in value:
        return f"text like `{value['pattern']}`"
    return KINDS.get(str(kind), "any value") + _limits(value)


def _plural(kind: str) -> str:
    for one in ("text", "list", "table", "number", "whole number"):
        if kind == one or (kind.startswith(f"{one} ") and " or " not in kind):
            return f"{one}s{kind.removeprefix(one)}"
    return f"({kind})"


def _limits(value: dict[str, Any]) -> str:
    limits = {word: _plain(value[word]) for word in LIMITS if word in value}
    if {"minimum", "maximum"} <= set(limits):
        return f" from {limits['minimum']} to {limits['maximum']}"
    return " " * bool(limits) + " and ".join(f"{LIMITS[word]} {limit}" for word, limit in limits.items())


def _plain(number: float) -> str:
    power = number.bit_length() - 1 if isinstance(number, int) else 0
    if power > 32 and number == 2**power:
        return f"2^{power}"
    tens = round(math.log10(number)) if number > 0 else 0
    if tens > 9 and number == 10**tens:
        return f"10^{tens}"
    return str(int(number)) if number == int(number) else repr(number)


if __name__ == "__main__":
    for file in map(Path, sys.argv[1:]):
        file.write_text(filled(file.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
