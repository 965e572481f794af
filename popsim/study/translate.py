"""Check a parsed file against its schema; say each problem in our words and repair, so that checking can go on."""

from __future__ import annotations

import copy
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, Tag, ValidationError
from pydantic.fields import FieldInfo

from popsim.errors import Problem, nearest
from popsim.study.place import Keys, Place, shown, words

__all__ = ["Checked", "check_document", "document_keys", "entries_of", "field_at", "is_key", "is_table"]

Model = TypeVar("Model", bound=BaseModel)
Wording = str | Callable[[str, Mapping[str, Any]], str]


@dataclass(frozen=True)
class Checked(Generic[Model]):
    """A file that has been checked: what it says, where it stands, and which of its keys were refused.

    A key that was refused holds an example instead, so that whatever does not rest on it can still be checked.
    """

    content: Model
    place: Place
    refused: frozenset[Keys]

    @property
    def file(self) -> str:
        """Name of the file."""
        return self.place.file

    def sound(self, *keys: str | int) -> bool:
        """Whether nothing at, above or below these keys was refused."""
        return not any(key[: len(keys)] == keys or keys[: len(key)] == key for key in self.refused)


PATTERNS = {
    r"^[a-z][a-z0-9_]*$": "small letters, digits and _, beginning with a letter",
    r"^[a-z][a-z0-9_-]*$": "small letters, digits, - and _, beginning with a letter",
    r"^[A-Z]{3}$": "three capital letters, such as USD",
}

WORDING: dict[str, Wording] = {
    "bool_type": "true or false, without quotation marks",
    "dict_type": "a table",
    "finite_number": "a finite number",
    "float_type": "a number, without quotation marks",
    "greater_than": lambda key, context: f"{key} > {context['gt']:.20g}",
    "greater_than_equal": lambda key, context: f"{key} >= {context['ge']:.20g}",
    "int_type": "a whole number, without decimal point or quotation marks",
    "less_than": lambda key, context: f"{key} < {context['lt']:.20g}",
    "less_than_equal": lambda key, context: f"{key} <= {context['le']:.20g}",
    "list_type": "a list, in square brackets",
    "literal_error": lambda _key, context: f"one of {context['expected'].replace(' or ', ', ')}",
    "model_type": "a table",
    "string_pattern_mismatch": lambda _key, context: PATTERNS[context["pattern"]],
    "string_too_short": "text that is not empty",
    "string_type": "text, in quotation marks",
    "too_short": lambda _key, context: f"at least {context['min_length']} of them",
}
"""Our wording for each kind of error that pydantic reports."""


def check_document(
    model: type[Model], raw: dict[str, Any], place: Place
) -> tuple[Checked[Model] | None, list[Problem]]:
    """Check `raw` against `model`: the content, repaired where needed (None if it cannot be), and every problem."""
    problems: list[Problem] = []
    refused: set[Keys] = set()
    current = raw
    # A repair can bring to light what the first error hid, so it is tried more than once.
    for _ in range(4):
        try:
            return Checked(model.model_validate(current), place, frozenset(refused)), problems
        except ValidationError as error:
            current = copy.deepcopy(current)
            for detail in error.errors(include_url=False):
                keys = tuple(key for key in detail["loc"] if not _is_tag(key))
                # An example that stands in for something below may itself be refused: that is no news.
                if not any(key[: len(keys)] == keys for key in refused):
                    problems.append(_problem(model, keys, detail, place))
                    refused.add(keys)
                _repair(model, current, detail["loc"])
    return None, problems


def _problem(model: type[BaseModel], keys: Keys, detail: Any, place: Place) -> Problem:
    sort, value, context = detail["type"], detail["input"], detail.get("ctx", {})
    name = str(keys[-1])
    owner, field = field_at(model, detail["loc"])
    about = (field.description or "") if field else ""
    hint = ""
    if sort == "extra_forbidden":
        known = list(owner.model_fields) if owner else []
        return Problem(
            place.at(*keys), (), f"unknown key {name} = {shown(value)}", f"keys: {words(known)}", nearest(name, known)
        )
    if sort == "missing":
        return Problem(place.at(*keys), (), "nothing: the key is missing", f"{name}: {about}", _how_to_add(field, name))
    if sort == "popsim":
        return Problem(place.at(*keys), (), shown(value, kind=True), detail["msg"])
    if sort == "literal_error" and isinstance(value, str):
        choices = [str(choice) for choice in get_args(_inner(field.annotation))] if field else []
        hint = nearest(value, choices)
    wording = WORDING.get(sort, "a value of another kind")
    allowed = wording if isinstance(wording, str) else wording(name, context)
    if about:
        allowed += f" ({name}: {about})"
    return Problem(place.at(*keys), (), shown(value, kind=sort.endswith("_type")), allowed, hint)


def _how_to_add(field: FieldInfo | None, name: str) -> str:
    inner: Any = _inner(field.annotation) if field else None
    if _is_model(inner):
        return f"add a table [{name}] with {words(key for key, f in inner.model_fields.items() if f.is_required())}"
    if get_origin(inner) is list and _is_model(_inner(get_args(inner)[0])):
        return f"add a table [[{name}]]"
    return f"add a line: {name} = ..."


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _is_tag(key: str | int) -> bool:
    return isinstance(key, str) and key.startswith("<")


def _tagged(annotation: Any, tag: str) -> Any:
    """Alternative of an annotation that has a tag; the annotation itself where none has."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    arms = get_args(annotation) if get_origin(annotation) in (Union, types.UnionType) else ()
    return next((arm for arm in arms if Tag(tag) in getattr(arm, "__metadata__", ())), annotation)


def _inner(annotation: Any, key: object = None) -> Any:
    """Bare type of an annotation: of alternatives the one that has `key`, else one with keys, else the first."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in (Union, types.UnionType):
        arms = [_inner(arm) for arm in get_args(annotation) if arm is not type(None)]
        arms.sort(key=lambda arm: not (_is_model(arm) and key in arm.model_fields))
        return next((arm for arm in arms if _is_model(arm) or get_origin(arm) in (list, dict)), arms[0])
    return annotation


def field_at(model: type[BaseModel], keys: Keys) -> tuple[type[BaseModel] | None, FieldInfo | None]:
    """Table that the last of `keys` stands in, and its field there; None where there is no such table or field.

    Among the keys may be tags of alternatives, such as <groups>.
    """
    current: Any = model
    owner: type[BaseModel] | None = None
    field: FieldInfo | None = None
    for key in keys:
        if isinstance(key, str) and _is_tag(key):
            current = _tagged(current, key)
            continue
        current = _inner(current, key)
        if _is_model(current):
            owner, field = current, current.model_fields.get(key)
            current = field.annotation if field else None
        else:
            owner, field = None, None
            current = get_args(current)[-1] if get_origin(current) in (list, dict) else None
    return owner, field


def is_key(model: type[BaseModel], keys: tuple[str, ...]) -> bool:
    """Whether a dotted key can stand in a document; entries of free tables may have any name.

    Examples
    --------
    >>> from popsim.study.toml_models import StudyFile
    >>> is_key(StudyFile, ("area", "z", "include")), is_key(StudyFile, ("area", "z", "colour"))
    (True, False)
    """
    return _annotation(model, keys) is not None


def is_table(model: type[BaseModel], keys: tuple[str, ...]) -> bool:
    """Whether nothing but a table with keys of its own can stand at a key: no number, no distribution.

    Examples
    --------
    >>> from popsim.study.toml_models import StudyFile
    >>> is_table(StudyFile, ("area", "z", "need")), is_table(StudyFile, ("area", "z", "need", "probability"))
    (True, False)
    """
    annotation = _annotation(model, keys)
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    union = get_origin(annotation) in (Union, types.UnionType)
    arms = [_inner(arm) for arm in (get_args(annotation) if union else (annotation,)) if arm is not type(None)]
    return all(_is_model(arm) or (get_origin(arm) is dict and get_args(arm)[-1] is not Any) for arm in arms)


def _annotation(model: type[BaseModel], keys: tuple[str, ...]) -> Any:
    """Type of what stands at a key; None where nothing can."""
    current: Any = model
    for key in keys:
        current = _inner(current, key)
        if _is_model(current) and key in current.model_fields:
            current = current.model_fields[key].annotation
        elif get_origin(current) is dict and key:
            current = get_args(current)[-1]
        else:
            return None
    return current


def entries_of(content: BaseModel | Mapping[str, Any], above: str = "") -> dict[str, list[str]]:
    """Names of the entries of the free tables of a document, checked or not, as `document_keys` takes them.

    Examples
    --------
    >>> entries_of({"area": {"f": {"component": {"pcb": {}}}}})["area.f.component"]
    ['pcb']
    """
    table = content.model_dump(exclude_none=True) if isinstance(content, BaseModel) else content
    found: dict[str, list[str]] = {}
    for key, value in table.items():
        if isinstance(value, Mapping):
            found[f"{above}{key}"] = [str(name) for name in value]
            found |= entries_of(value, f"{above}{key}.")
    return found


def document_keys(model: type[BaseModel], entries: Mapping[str, list[str]], above: str = "") -> list[str]:
    """Every dotted key of a schema; `entries` names the entries of its free tables, such as the areas of ``area``."""
    found: list[str] = []
    for name, field in model.model_fields.items():
        inner = _inner(field.annotation)
        found.append(f"{above}{name}")
        if _is_model(inner) and inner.__name__ != "MatrixTable":
            found += document_keys(inner, entries, f"{above}{name}.")
        elif get_origin(inner) is dict:
            value = _inner(get_args(inner)[-1])
            for entry in entries.get(f"{above}{name}", []):
                found.append(f"{above}{name}.{entry}")
                found += document_keys(value, entries, f"{above}{name}.{entry}.") if _is_model(value) else []
    return found


def _repair(model: type[BaseModel], raw: dict[str, Any], keys: Keys) -> None:
    """Put an example where a required value was refused, and take away what is not required."""
    while keys:
        owner, field = (None, None) if _is_tag(keys[-1]) else field_at(model, keys)
        container: Any = raw
        try:
            for key in (key for key in keys[:-1] if not _is_tag(key)):
                container = container[key]
        except (KeyError, IndexError, TypeError):
            container = None
        if owner is not None and isinstance(container, dict):
            if field is None or not field.is_required():
                container.pop(keys[-1], None)
            else:
                container[keys[-1]] = copy.deepcopy(_example(field))
            return
        keys = keys[:-1]


def _example(field: FieldInfo) -> Any:
    if field.examples:
        return field.examples[0]
    inner = _inner(field.annotation)
    return {name: _example(child) for name, child in inner.model_fields.items() if child.is_required()}
