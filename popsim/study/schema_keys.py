"""Keys of a schema: what may stand at a key, and which keys there are."""

from __future__ import annotations

import math
import types
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, NamedTuple, TypeGuard, Union, get_args, get_origin

from pydantic import BaseModel, Tag, TypeAdapter
from pydantic.fields import FieldInfo

from popsim.errors import Keys
from popsim.families.base import Family


def is_model(annotation: object) -> TypeGuard[type[BaseModel]]:
    """Return whether a type is that of a table with keys of its own."""
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def is_tag(key: str | int) -> bool:
    """Return whether a key in the location of an error is the tag of an alternative, such as <groups>."""
    return isinstance(key, str) and key.startswith("<")


def _arms(annotation: Any) -> tuple[Any, ...]:
    """Alternatives of a type, None apart; the type itself where it has none."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in (Union, types.UnionType):
        arms = tuple(arm for arm in get_args(annotation) if arm is not type(None))
        return arms if len(arms) > 1 else _arms(arms[0])
    return (annotation,)


def bare_type(annotation: Any, key: object = None) -> Any:
    """Return a type without annotations: of alternatives one that has `key`, else one with any keys, else the first.

    A distribution counts as a table of any keys.
    """
    arms = _arms(annotation)
    if len(arms) > 1:
        inner = [bare_type(arm) for arm in arms]
        if key is not None:
            inner.sort(key=lambda arm: 0 if is_model(arm) and key in arm.model_fields else 1 + is_model(arm))
        return next((arm for arm in inner if is_model(arm) or get_origin(arm) in (list, dict)), inner[0])
    return dict[str, Any] if arms[0] is Family else arms[0]


class Position(NamedTuple):
    """What may stand at a key of a schema."""

    owner: type[BaseModel] | None
    """Table that the key stands in; None for entries of lists and of tables of any keys."""
    field: FieldInfo | None
    """Field of that table; None where it has no such key."""
    type: Any
    """Type of what stands there; None where nothing can."""


def position(model: type[BaseModel], keys: Keys) -> Position:
    """Return what may stand at a key of a document; among the keys may be tags of alternatives, such as <groups>."""
    current: Any = model
    owner: type[BaseModel] | None = None
    field: FieldInfo | None = None
    for key in keys:
        if is_tag(key):
            tagged = (arm for arm in _arms(current) if Tag(str(key)) in getattr(arm, "__metadata__", ()))
            current = next(tagged, current)
            continue
        current, owner, field = bare_type(current, key), None, None
        if is_model(current):
            owner, field = current, current.model_fields.get(str(key))
            current = field.annotation if field else None
        elif get_origin(current) is (list if isinstance(key, int) else dict):
            current = get_args(current)[-1]
        else:
            current = None
    return Position(owner, field, current)


def is_key(model: type[BaseModel], keys: tuple[str, ...]) -> bool:
    """Return whether a dotted key can stand in a document; entries of free tables may have any name.

    Examples
    --------
    >>> from popsim.study.toml_models import StudyFile
    >>> is_key(StudyFile, ("area", "z", "include")), is_key(StudyFile, ("area", "z", "colour"))
    (True, False)
    """
    return all(keys) and position(model, keys).type is not None


def is_table(annotation: Any) -> bool:
    """Return whether a type is that of tables with keys of their own alone: no number, no distribution.

    Examples
    --------
    >>> from popsim.study.toml_models import StudyFile
    >>> [is_table(position(StudyFile, ("area", "z", *keys)).type) for keys in (("need",), ("need", "probability"))]
    [True, False]
    """
    arms = [bare_type(arm) for arm in _arms(annotation)]
    return all(is_model(arm) or (get_origin(arm) is dict and get_args(arm)[-1] is not Any) for arm in arms)


def document_keys(model: type[BaseModel], raw: Mapping[str, Any]) -> Iterator[Keys]:
    """List every key of a schema, of free tables those with the names of entries that a document has.

    Examples
    --------
    >>> from popsim.study.toml_models import StudyFile
    >>> ("area", "z", "need", "by") in document_keys(StudyFile, {"area": {"z": {}}})
    True
    """
    for name, field in model.model_fields.items():
        yield (name,)
        inner = bare_type(field.annotation)
        entry = raw.get(name)
        table = entry if isinstance(entry, Mapping) else {}
        if is_model(inner) and is_table(field.annotation):
            yield from ((name, *keys) for keys in document_keys(inner, table))
        elif get_origin(inner) is dict:
            value = bare_type(get_args(inner)[-1])
            for key, inside in table.items():
                yield (name, str(key))
                if is_model(value):
                    below = document_keys(value, inside if isinstance(inside, Mapping) else {})
                    yield from ((name, str(key), *keys) for keys in below)


class NumberKey(NamedTuple):
    """What numbers may stand at a key; a limit that is not known is infinite."""

    is_whole: bool
    low: float
    high: float
    without_low: bool
    """Whether the lower limit itself is left out."""
    without_high: bool


def number_key(model: type[BaseModel], keys: tuple[str, ...]) -> NumberKey | None:
    """Return what numbers may stand at a dotted key; None where none may.

    Examples
    --------
    >>> from popsim.study.toml_models import StudyFile
    >>> number_key(StudyFile, ("financing", "cofinancing"))
    NumberKey(is_whole=False, low=0, high=1, without_low=False, without_high=False)
    >>> number_key(StudyFile, ("study", "title")) is None
    True
    """
    found = position(model, keys)
    if found.type is None:
        return None
    if found.type is Any:
        # Within a distribution any parameter may be a number, and its family knows the limits.
        return NumberKey(False, -math.inf, math.inf, False, False)
    annotation: Any = found.type
    if found.field is not None and found.field.metadata:
        annotation = Annotated[(annotation, *found.field.metadata)]
    return _number_in(TypeAdapter(annotation).json_schema())


def _number_in(schema: Mapping[str, Any]) -> NumberKey | None:
    """Return what numbers a JSON schema allows, or one of its alternatives; None for none."""
    if schema.get("type") not in ("number", "integer"):
        arms = map(_number_in, (*schema.get("anyOf", ()), *schema.get("oneOf", ())))
        return next((arm for arm in arms if arm is not None), None)
    low, above = schema.get("minimum", -math.inf), schema.get("exclusiveMinimum")
    high, below = schema.get("maximum", math.inf), schema.get("exclusiveMaximum")
    return NumberKey(
        schema["type"] == "integer",
        low if above is None else above,
        high if below is None else below,
        above is not None,
        below is not None,
    )
