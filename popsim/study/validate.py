"""Check a parsed file against its schema: every problem in our words, and what can be used of the rest."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Generic, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from popsim.errors import Keys, Problem, nearest, shown, words
from popsim.study.place import Place
from popsim.study.schema_keys import bare_type, is_model, is_tag, position

Model = TypeVar("Model", bound=BaseModel)
Wording = str | Callable[[str, Mapping[str, Any]], str]

PATTERNS = {
    r"^[a-z][a-z0-9_]*$": "small letters, digits and _, beginning with a letter",
    r"^[a-z][a-z0-9_-]*$": "small letters, digits, - and _, beginning with a letter",
    r"^[A-Z]{3}$": "three capital letters, such as USD",
    r"^\d{4}(-\d{2}(-\d{2})?)?$": "a year, month or day, such as 2026, 2026-11 or 2026-11-29",
    r"^[^/\\]+\.csv$": "the name of a CSV file beside the catalogue, such as projects.csv",
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
    "string_too_long": lambda _key, context: f"text of at most {context['max_length']:,} characters",
    "string_too_short": "text that is not empty",
    "string_type": "text, in quotation marks",
    "too_long": lambda _key, context: f"at most {context['max_length']:,} of them",
    "too_short": lambda _key, context: f"at least {context['min_length']} of them",
}
"""Our wording for each kind of error that pydantic reports."""

STAND_INS = {
    **dict.fromkeys(("description", "document", "figure", "name", "rationale", "title"), "not_given"),
    "basis": "judgement",
    "format": 1,
    "status": "verified",
    "cost": {"family": "constant", "value": 1},
}
"""What stands for required keys that no rule between keys uses: without them all else can be checked."""


@dataclass(frozen=True)
class Checked(Generic[Model]):
    """A file that has been checked.

    Parameters
    ----------
    content
        What the file says. Keys that were refused have their defaults; a table whose required keys were refused is
        left out, or has None in place of them where its own table cannot be without it.
    raw
        The tables as they were parsed.
    place
        Which file it is, and what set its keys.
    refused
        Keys that are left out.
    """

    content: Model
    raw: Mapping[str, Any]
    place: Place
    refused: frozenset[Keys]

    def has(self, *keys: str | int) -> bool:
        """Return whether nothing at or above these keys was left out."""
        return not any(keys[:end] in self.refused for end in range(len(keys) + 1))

    def sound(self, *keys: str | int) -> bool:
        """Return whether nothing at, above or below these keys was left out."""
        return self.has(*keys) and keys not in self._above

    @cached_property
    def _above(self) -> frozenset[Keys]:
        """All keys at and above those that are left out."""
        return frozenset(key[:end] for key in self.refused for end in range(len(key) + 1))


def check_document(
    model: type[Model], raw: Mapping[str, Any], place: Place
) -> tuple[Checked[Model] | None, list[Problem]]:
    """Check the tables of a file: its content, None where nothing can be used of it, and every problem.

    Examples
    --------
    >>> from popsim.study.toml_models import ScenariosTable
    >>> checked, problems = check_document(ScenariosTable, {"count": 50, "seed": -1}, Place("a.toml"))
    >>> checked.content.count, checked.content.seed, checked.has("seed"), problems[0].where
    (50, 1, False, 'a.toml: seed')
    """
    try:
        return Checked(model.model_validate(raw), raw, place, frozenset()), []
    except ValidationError as error:
        details: list[Any] = error.errors(include_url=False)
    problems = [problem for detail in details for problem in _problems(model, detail, place)]
    rest, refused = _without(model, raw, [detail["loc"] for detail in details])
    try:
        return Checked(model.model_validate(rest), raw, place, refused), problems
    except ValidationError:
        return None, problems


def _problems(model: type[BaseModel], detail: Mapping[str, Any], place: Place) -> list[Problem]:
    sort, value, context = detail["type"], detail["input"], detail.get("ctx", {})
    keys = _without_tags(detail["loc"])
    name = str(keys[-1])
    owner, field, _ = position(model, detail["loc"])
    about = (field.description or "") if field else ""
    if sort == "problems":
        return [replace(each, file=place.file, keys=(*keys, *each.keys)) for each in context["problems"]]
    if sort == "extra_forbidden":
        known = list(owner.model_fields) if owner else []
        found, allowed, mend = f"unknown key {name} = {shown(value)}", f"keys: {words(known)}", nearest(name, known)
    elif sort == "missing":
        found, allowed, mend = "nothing: the key is missing", f"{name}: {about}", _how_to_add(field, name)
    elif sort == "popsim":
        found, allowed, mend = shown(value, kind=True), detail["msg"], ""
    else:
        wording = WORDING.get(sort, "a value of another kind")
        allowed = wording if isinstance(wording, str) else wording(name, context)
        allowed += f" ({name}: {about})" if about else ""
        choices = get_args(bare_type(field.annotation)) if field and sort == "literal_error" else ()
        mend = nearest(value, [str(choice) for choice in choices]) if isinstance(value, str) else ""
        found = shown(value, kind=sort.endswith("_type"))
    return [place.problem(keys, found, allowed, mend)]


def _without_tags(location: Keys) -> Keys:
    return tuple(key for key in location if not is_tag(key))


def _how_to_add(field: FieldInfo | None, name: str) -> str:
    inner = bare_type(field.annotation) if field else None
    if is_model(inner):
        required = (key for key, each in inner.model_fields.items() if each.is_required())
        return f"add a table [{name}] with {words(required)}"
    if get_origin(inner) is list and is_model(bare_type(get_args(inner)[0])):
        return f"add a table [[{name}]]"
    return f"add a line: {name} = ..."


def _without(
    model: type[BaseModel], raw: Mapping[str, Any], locations: Iterable[Keys]
) -> tuple[dict[str, Any], frozenset[Keys]]:
    """Copy a document without what was refused at some locations: the copy, and the keys that were left out."""
    rest = copy.deepcopy(dict(raw))
    refused: set[Keys] = set()
    for location in locations:
        above = location
        # What cannot be left out takes with it the table or list that it stands in.
        while above and not _leave_out(model, rest, above, refused):
            above = above[:-1]
    return rest, frozenset(refused)


def _leave_out(model: type[BaseModel], rest: dict[str, Any], location: Keys, refused: set[Keys]) -> bool:
    """Take what stands at a location out of a document, and add its keys to `refused`; False where that cannot be."""
    if is_tag(location[-1]):
        return False
    keys = _without_tags(location)
    container: Any = rest
    for above in keys[:-1]:
        container = container.get(above) if isinstance(container, dict) else container[above]
        if container is None or isinstance(container, BaseModel):
            return True
    key, (owner, field, annotation) = keys[-1], position(model, location)
    inner = bare_type(annotation)
    if field is not None and field.is_required():
        if key in STAND_INS:
            container[key] = copy.copy(STAND_INS[str(key)])
            return True
        if len(keys) > 1:
            return False
        container[key] = _empty(inner) if is_model(inner) else []
    elif isinstance(key, int):
        # Entries of a list keep their positions.
        if not is_model(inner):
            return False
        container[key] = _empty(inner)
    elif container.pop(key, None) is None or (owner is not None and field is None):
        return True
    refused.add(keys)
    return True


def _empty(model: type[BaseModel]) -> BaseModel:
    return model.model_construct(**{name: None for name, field in model.model_fields.items() if field.is_required()})
