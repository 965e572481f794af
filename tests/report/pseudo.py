"""A language that nobody speaks: what a document says in plain letters or digits went past its catalogue.

Sentences of the catalogue come out in full-width letters, numbers in full-width digits, and `foreign` writes the texts
of a study in Cyrillic letters. Whatever stands in ASCII letters or digits afterwards is a word that was not marked, or
a number that was formatted by hand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import date
from typing import Any

import pydantic
import xarray as xr

from popsim.report.document import Details, Document, Listing
from popsim.report.language import Language, long_date, using
from popsim.report.signs import Signs
from popsim.study.model import Study

WIDE = {code: code + 0xFEE0 for code in (*range(0x30, 0x3A), *range(0x41, 0x5B), *range(0x61, 0x7B))}
LATIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
CYRILLIC = str.maketrans(LATIN, "АБЦДЕФГХИЙКЛМНОПЯРСТУВШЩЫЗабцдефгхийклмнопярстувшщыз०१२३४५६७८९")
PLACEHOLDER = re.compile(r"(%\(\w+\)s|%%)")
TEXTS = re.compile(
    "title|description|name|(.+_)?rationale|document|figure|address|covers|size_note|reason|what|why|known|method|role|date"
)
"""Fields of a study that hold text of its authors."""
ROWS: dict[str, Callable[[tuple[Any, ...]], tuple[Any, ...]]] = {
    "left_out": lambda row: (row[0], *map(foreign, row[1:])),
    "areas_left_out": lambda row: (row[0], *map(foreign, row[1:])),
    "groups": lambda row: (row[0], foreign(row[1])),
    "headings": lambda row: (row[0], foreign(row[1])),
    "values": lambda row: (row[0], foreign(row[1]), foreign(row[2])),
    "by": lambda row: (row[0], foreign(row[1]), row[2]),
    "files": lambda row: row,
    "changes": lambda row: row,
    "breakdowns": lambda row: row,
}
"""Fields that hold rows of keys and texts."""
KEYS = frozenset({"area", "component", "country", "option", "basis", "width", "input", "level", "assumptions_kind"})
"""Labels of a run that are keys and no names of groups."""


def wide(message: str) -> str:
    """A message in full-width letters, its placeholders as they are."""
    parts = PLACEHOLDER.split(message)
    return "".join(part if PLACEHOLDER.fullmatch(part) else part.translate(WIDE) for part in parts)


class Wide:
    """A catalogue with a translation of everything."""

    def gettext(self, message: str, /) -> str:
        return wide(message)

    def ngettext(self, one: str, many: str, number: int, /) -> str:
        return wide(one if number == 1 else many)

    def pgettext(self, context: str, message: str, /) -> str:
        return wide(message)


PSEUDO = Language(
    "xx",
    "ru",  # lists and dates in Cyrillic letters
    "Pseudo",
    catalogue=Wide(),
    own_signs=Signs(decimal="·", group="'", percent=("", "٪"), digits="０１２３４５６７８９"),
)


def foreign(text: str) -> str:
    """A text of a study in letters and digits that no message has."""
    return text.translate(CYRILLIC)


def foreign_study(study: Study) -> Study:
    """The same study with all its texts in other letters."""
    return _foreign(study, "")


def _foreign(value: Any, name: str) -> Any:
    if isinstance(value, str):
        return foreign(value) if TEXTS.fullmatch(name) or name == "not_known" else value
    if isinstance(value, tuple):
        change = ROWS.get(name)
        return tuple(_foreign(each, name) if change is None else change(each) for each in value)
    if isinstance(value, pydantic.BaseModel):
        changes = {each: _foreign(getattr(value, each), each) for each in type(value).model_fields}
        return value.model_copy(update=changes)
    if is_dataclass(value) and not isinstance(value, type) and type(value).__module__.startswith("popsim.study"):
        changes = {each.name: _foreign(getattr(value, each.name), each.name) for each in fields(value) if each.init}
        return replace(value, **{key: new for key, new in changes.items() if new is not getattr(value, key)})
    return value


def foreign_run(dataset: xr.Dataset, study: Study) -> xr.Dataset:
    """The run of a study with the names in it in other letters."""
    names = sorted(_names(study), key=len, reverse=True)

    def changed(text: object, is_name: bool) -> object:
        if not isinstance(text, str):
            return text
        if is_name:
            return foreign(text)
        for name in names:
            text = text.replace(name, foreign(name))
        return text

    coords = {}
    for name, labels in dataset.coords.items():
        if labels.dtype.kind not in "OU" or labels.ndim != 1:
            continue
        key = str(name)
        is_group = labels.dims == (name,) and key not in KEYS and not key.startswith(("assumptions", "countries"))
        if not is_group and not key.endswith("_name"):
            continue
        is_name = is_group or key in {"area_name", "component_name", "option_name", "country_name"}
        values = [changed(each, is_name) for each in labels.values.tolist()]
        coords[key] = (labels.dims, values, dict(labels.attrs))
    return dataset.assign_coords(coords)


def _names(study: Study) -> Iterator[str]:
    for area in study.areas:
        yield area.name
        yield from (part.name for part in area.components)
    yield from (whole.name for whole in study.overlaps)
    for shock in study.shocks:
        yield shock.name
    for option in study.options:
        yield option.name
    yield from (what_if.name for what_if in study.what_ifs)


def pieces(document: Document) -> Iterator[tuple[str, str]]:
    """Every text of a document, with the place where it stands."""
    for name in ("title", "subtitle", "footer", "cite_as"):
        yield name, getattr(document, name)
    for name in ("headlines",):
        yield from ((name, text) for text in getattr(document, name))
    for section in document.sections:
        yield section.id, section.title
        yield section.id, section.short
        for place, text in _of_blocks(section.blocks):
            yield f"{section.id}: {place}", text


def _of_blocks(blocks: Iterable[Any]) -> Iterator[tuple[str, str]]:
    for block in blocks:
        if isinstance(block, Details):
            yield "summary", block.summary
            yield from _of_blocks(block.blocks)
        elif not isinstance(block, Listing):
            yield from ((block.kind, text) for text in _strings(block))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from _strings(each)
    elif is_dataclass(value):
        for each in fields(value):
            if each.name not in {"name", "id", "draw", "basis"}:
                yield from _strings(getattr(value, each.name))


def unmarked(text: str, allowed: Iterable[str] = ()) -> str:
    """What a text says in ASCII letters or digits, but years and what is allowed; "" where it says nothing so."""
    for each in sorted(allowed, key=len, reverse=True):
        text = re.sub(rf"(?<![A-Za-z0-9]){re.escape(each)}(?![A-Za-z0-9])", "", text)
    text = re.sub(r"(?<![0-9.,])(19|20)[0-9]{2}(?![0-9.,][0-9]|[0-9])", "", text)
    return " ".join(re.findall(r"[A-Za-z0-9][A-Za-z0-9.,%-]*", text))


def allowed(study: Study, dataset: xr.Dataset) -> set[str]:
    """What is the same in every language: codes, columns of the study, and what identifies a run."""
    columns = {column for column, _ in study.countries[0].groups} | {study.size_driver}
    columns |= {text for driver in study.drivers for text in (driver.name, driver.column)}
    names = {study.heading(column, sentence) for column in columns for sentence in (True, False)} | columns
    codes = {country.code for country in study.countries} | {code for code, *_ in study.left_out} | {study.currency}
    digest = str(dataset.attrs["plan_digest"])
    versions = {
        str(key).removesuffix("_version"): str(value) for key, value in dataset.attrs.items() if "_version" in str(key)
    }
    run = f"popsim run study.toml --scenarios {dataset.sizes['scenario']} --seed {study.seed}"
    of_run = {digest, digest[:12], run, "popsim", str(study.seed), *versions.values()} - {"1"}
    if "date" in dataset.attrs:
        # A date has the digits of Babel's data.
        with using(PSEUDO):
            of_run |= set(long_date(date.fromisoformat(str(dataset.attrs["date"]))).split())
    return names | codes | of_run | {f"{name} {version}" for name, version in versions.items()} | {PSEUDO.name}
