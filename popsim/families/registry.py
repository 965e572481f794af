"""Every family by name: found in the files of this package, built from TOML tables and written back to them."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from popsim.errors import Keys, ParameterError, Problem, closest, nearest
from popsim.families.base import Family, params_of_call
from popsim.families.elicitation import COVERAGE_ASKED, QUANTILE_NAME, counts_in_words
from popsim.families.parameters import Param

_PACKAGE = "popsim.families"
_SUPPORT = frozenset({"base", "elicitation", "modifiers", "parameters", "registry", "roots", "series"})


@cache
def family_names() -> tuple[str, ...]:
    """Return the words for all families, sorted; imports none of them.

    Examples
    --------
    >>> "lognormal" in family_names()
    True
    """
    package = importlib.import_module(_PACKAGE)
    return tuple(
        sorted(module.name for module in pkgutil.iter_modules(package.__path__) if module.name not in _SUPPORT)
    )


@cache
def family_class(name: str) -> type[Family]:
    """Return the family of that word; imports its file alone.

    Raises
    ------
    ParameterError
        When there is no such family.

    Examples
    --------
    >>> family_class("lognormal").__name__
    'LogNormal'
    """
    if name not in family_names():
        raise ParameterError(_unknown_family("", ("family",), name))
    module = importlib.import_module(f"{_PACKAGE}.{name}")
    own = [each for each in vars(module).values() if isinstance(each, type) and each.__module__ == module.__name__]
    (only,) = (each for each in own if issubclass(each, Family) and getattr(each, "family", "") == name)
    return only


def families() -> dict[str, type[Family]]:
    """Return all families by name, sorted; imports all of them.

    Examples
    --------
    >>> families()["normal"].__name__
    'Normal'
    """
    return {name: family_class(name) for name in family_names()}


@dataclass(frozen=True)
class Form:
    """One set of keys from which a family is built: the constructor, an alternative one, or quantiles."""

    call: Callable[..., Family]
    params: tuple[Param, ...]
    quantile_counts: Sequence[int] = ()

    @property
    def required(self) -> tuple[str, ...]:
        """Keys that must be given."""
        return tuple(param.name for param in self.params if param.required)

    @property
    def keys(self) -> tuple[str, ...]:
        """All keys of this form, required ones first; quantiles are not among them."""
        return self.required + tuple(param.name for param in self.params if not param.required)

    def __str__(self) -> str:
        named = [counts_in_words(self.quantile_counts)] if self.quantile_counts else []
        named += self.required
        return ", ".join(named) + "".join(f" [, {name}]" for name in self.keys[len(self.required) :])


@cache
def forms(cls: type[Family]) -> tuple[Form, ...]:
    """Return the sets of keys of a family, the constructor first.

    Examples
    --------
    >>> [str(form) for form in forms(family_class("lognormal"))]
    ['mu, sigma', 'mean, std', 'median, gsd', 'low, high, coverage', '2 quantiles pNN']
    """
    named = [Form(call, params_of_call(call)) for call in (cls, *(getattr(cls, name) for name in cls.alternatives))]
    if cls.quantile_counts:
        named.append(Form(cls.from_quantiles, params_of_call(cls.from_quantiles), cls.quantile_counts))
    return tuple(named)


def build(spec: Mapping[str, object], file: str = "", keys: Keys = ()) -> Family:
    """Build a distribution from a TOML table.

    Parameters
    ----------
    spec
        The table: `family`, and one of the sets of keys of that family (see `forms`).
    file, keys
        File, and path of keys in it, at which the table stands: for messages.

    Raises
    ------
    ParameterError
        With every problem found: an unknown family, unknown or missing keys, values that the family refuses; those of
        a distribution inside another with its whole key path, such as ``cost.distributions[1].sigma``.

    Examples
    --------
    >>> build({"family": "lognormal", "mean": 1, "std": 2}).support()
    (0.0, inf)
    >>> try:
    ...     build({"family": "triangular", "low": 3, "mode": 1, "high": 2, "hgih": 4}, "a.toml", ("cost",))
    ... except ParameterError as error:
    ...     print(error)
    a.toml: cost.hgih
        found    4
        allowed  triangular takes: low, mode, high; or low, mode, high, coverage; or 3 quantiles pNN
        to mend  did you mean "high"?
    """
    name = spec.get("family")
    if not isinstance(name, str) or name not in family_names():
        raise ParameterError(_unknown_family(file, (*keys, "family"), name))
    cls = family_class(name)
    given = {key: value for key, value in spec.items() if key != "family"}
    chosen = choose_form(forms(cls), given)
    problems = [Problem(file, (*keys, key), *rest) for key, *rest in _key_problems(cls, chosen, given)]
    values = dict(_nested(cls, given, file, keys, problems))
    if problems:
        raise ParameterError(problems)
    try:
        return chosen.call(**values)
    except ParameterError as error:
        raise ParameterError([_in_file(problem, file, keys, values) for problem in error.problems]) from None


def to_toml(family: Family) -> dict[str, object]:
    """Write a distribution as the TOML table from which `build` makes an equal one.

    Examples
    --------
    >>> to_toml(build({"family": "uniform", "low": 1, "high": 2}))
    {'family': 'uniform', 'low': 1.0, 'high': 2.0}
    """
    return {"family": family.family, **{name: _written(value) for name, value in family.parameters().items()}}


def _written(value: object) -> object:
    if isinstance(value, Family):
        return to_toml(value)
    return [_written(item) for item in value] if isinstance(value, tuple) else value


def _nested(
    cls: type[Family], given: Mapping[str, object], file: str, keys: Keys, problems: list[Problem]
) -> Iterator[tuple[str, object]]:
    """Yield the values, distributions built from their tables; what is wrong with those is added to `problems`."""
    sorts = {param.name: param.sort for param in params_of_call(cls)}
    for key, value in given.items():
        if sorts.get(key) == "distribution":
            yield key, _member(value, file, (*keys, key), problems)
        elif sorts.get(key) == "distributions" and isinstance(value, list | tuple) and value:
            yield key, [_member(item, file, (*keys, key, place), problems) for place, item in enumerate(value)]
        elif sorts.get(key) == "distributions":
            problems.append(Problem(file, (*keys, key), repr(value), "a list of tables, each with a family"))
        else:
            yield key, value


def _member(value: object, file: str, keys: Keys, problems: list[Problem]) -> Family | None:
    if not isinstance(value, Mapping):
        problems.append(Problem(file, keys, repr(value), 'a table with a family, such as { family = "uniform", ... }'))
        return None
    try:
        return build(value, file, keys)
    except ParameterError as error:
        problems.extend(error.problems)
        return None


@dataclass(frozen=True)
class FamilySummary:
    """One family, as the list of families shows it."""

    name: str
    class_name: str
    parameters: tuple[str, ...]
    """The sets of keys from which it is built, the constructor first."""
    summary: str


def catalogue() -> list[FamilySummary]:
    """List all families: word, class, sets of parameters, what each is for.

    Examples
    --------
    >>> catalogue()[0].parameters
    ('a, b [, low] [, high]',)
    """
    return [
        FamilySummary(name, cls.__name__, tuple(str(form) for form in forms(cls)), cls.summary)
        for name, cls in families().items()
    ]


def _unknown_family(file: str, keys: Keys, name: object) -> Problem:
    found = "nothing" if name is None else repr(name)
    mend = nearest(name, family_names()) if isinstance(name, str) else ""
    return Problem(file, keys, found, f"one of {', '.join(family_names())}", mend)


def _is_quantile(key: str) -> bool:
    return QUANTILE_NAME.fullmatch(key) is not None or re.fullmatch(r"p\d", key) is not None


def choose_form(candidates: Sequence[Form], values: Mapping[str, object]) -> Form:
    """Return the form whose keys are given, or the one that comes closest."""
    if any(_is_quantile(key) for key in values):
        for form in candidates:
            if form.quantile_counts:
                return form
    named = [form for form in candidates if not form.quantile_counts]
    return max(
        named,
        key=lambda form: (
            len(set(form.keys) & set(values)),
            -len(set(values) - set(form.keys)),
            -len(set(form.required) - set(values)),
        ),
    )


def _key_problems(cls: type[Family], form: Form, values: Mapping[str, object]) -> Iterator[tuple[str, str, str, str]]:
    """List unknown and missing keys: each with what was found, what is allowed and how to mend it."""
    allowed = f"{cls.family} takes: {'; or '.join(str(each) for each in forms(cls))}"
    missing = [key for key in form.required if key not in values]
    confusion = next((advice for mixed, advice in cls.confusions if set(mixed) <= set(values)), "")
    for key, value in values.items():
        if key not in form.keys and not (form.quantile_counts and _is_quantile(key)):
            known = closest(key, missing or form.keys)
            missing = [name for name in missing if name != known]
            yield key, repr(value), allowed, confusion or nearest(key, [known] if known else [])
    for key in missing:
        yield key, "nothing", allowed, confusion or (COVERAGE_ASKED if key == "coverage" else "")


def _in_file(problem: Problem, file: str, keys: Keys, values: Mapping[str, object]) -> Problem:
    """Return a constructor's problem where it stands in the file: at the key it names, or at the whole table."""
    left_out = problem.keys and problem.keys[0] not in values and problem.found == "None"
    own = problem.keys if left_out or (problem.keys and problem.keys[0] in values) else ()
    return Problem(file, keys + own, "nothing" if left_out else problem.found, problem.allowed, problem.mend)
