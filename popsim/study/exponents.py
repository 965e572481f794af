"""What costs scale with: the size of countries and further drivers, each with its exponent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from popsim.errors import Problem, nearest
from popsim.schema import EXPONENT, SIZE_EXPONENT
from popsim.study.model import Amount, Exponent
from popsim.study.place import Keys, shown, words
from popsim.study.settings import Settings
from popsim.study.toml_models import AreaTable, ChangeTable

__all__ = ["in_order", "resolve_exponents", "size_exponent"]


def resolve_exponents(settings: Settings, keys: Keys, table: AreaTable | ChangeTable) -> dict[str, Exponent]:
    """Exponents that the table at `keys` states, by driver; the draw of each is named after where it stands."""
    study, content = settings.study, settings.study.content
    found: dict[str, Exponent] = {}
    if table.size_exponent is not None:
        if content.size is None and study.sound("size"):
            settings.problems.append(
                Problem(
                    study.place.at(*keys, "size_exponent"),
                    (),
                    f"{shown(table.size_exponent)}, and the study has no table [size]",
                    "size_exponent in a study that says how size is measured",
                    "add a table [size], or leave size_exponent out",
                )
            )
        found["size"] = _exponent(settings, (*keys, "size_exponent"), table.size_exponent, "size", keys)
    for driver, value in table.exponent.items():
        where = (*keys, "exponent", driver)
        if driver not in content.driver:
            mend = "write size_exponent = ..." if driver == "size" else nearest(driver, list(content.driver))
            settings.problems.append(
                Problem(
                    study.place.at(*where),
                    (),
                    f"unknown driver {driver!r}",
                    f"drivers of the study, each a table [driver.<name>]: {words(content.driver)}",
                    mend,
                )
            )
        found[driver] = _exponent(settings, where, value, driver, keys)
    return found


def _exponent(settings: Settings, where: Keys, value: float | dict[str, Any], driver: str, keys: Keys) -> Exponent:
    amount = settings.amount(where, value, SIZE_EXPONENT if driver == "size" else EXPONENT)
    return Exponent(driver, amount, "/".join(("exponent", *map(str, keys), driver)))


def in_order(exponents: dict[str, Exponent], drivers: Iterable[str]) -> tuple[Exponent, ...]:
    """Exponents in the order of the drivers, size first; those that are 0 change nothing and are left out."""
    known = (exponents[name] for name in ("size", *drivers) if name in exponents)
    return tuple(exponent for exponent in known if exponent.value != 0.0)


def size_exponent(exponents: dict[str, Exponent]) -> Amount:
    """Exponent of size; 0 where none is stated."""
    return exponents["size"].value if "size" in exponents else 0.0
