"""What all countries share beside their costs: exponents, probabilities, rates and shocks, and paths made of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from popsim.families.base import Family
from popsim.families.normal import Normal
from popsim.plan.book import pointers
from popsim.plan.probit import Probit
from popsim.plan.rows import Row, RowBook
from popsim.study.model import Amount, Area, Shock, Study

__all__ = ["Path", "World"]


class Path(NamedTuple):
    """Factors on prices: rates as (where it is kept, whether it starts at the price year), constants, shocks."""

    rates: tuple[tuple[int, bool], ...]
    constants: tuple[tuple[float, bool], ...]
    shocks: tuple[str, ...]
    discounted: bool = False


class World:
    """Values that are drawn once for all countries, in a group of rows of their own, the first."""

    def __init__(self, study: Study, book: RowBook) -> None:
        self._study, self._book = study, book
        self._kept: dict[str, int] = {}
        self._shocks = {shock.id: self._shock(shock) for shock in study.shocks}

    @property
    def count(self) -> int:
        """How many values are kept."""
        return len(self._kept)

    def value(self, name: str, amount: Amount, where: str) -> int:
        """Keep the value of a shared stream, and tell where; the same name is the same draw."""
        if name not in self._kept:
            self._kept[name] = len(self._kept)
            common = self._book.common(((name, 1.0),)) if isinstance(amount, Family) else -1
            self._book.add(Row(self._book.law(amount, where), 1.0, common, (), keep=self._kept[name]))
        return self._kept[name]

    def threshold(self, name: str, label: str, amount: Amount, where: str) -> tuple[int, float]:
        """Tell where the threshold of a probability is kept (-1: nowhere), and the part of it that is known."""
        from scipy.special import ndtri

        if isinstance(amount, Family):
            name = f"{name}/{label}" if label else name
            kept = self._kept.get(name)
            return self.value(name, Probit(amount), where) if kept is None else kept, 0.0
        return -1, float(ndtri(amount))

    def path(self, area: Area) -> Path:
        """Path of the prices of an area."""
        shocks = tuple(shock.id for shock in self._study.shocks if area.id in shock.areas)
        escalation = area.escalation
        if escalation is None or escalation.rate == 0.0:
            return Path((), (), shocks)
        if isinstance(escalation.rate, Family):
            kept = self.value(escalation.stream, escalation.rate, f"{escalation.stream}: rate")
            return Path(((kept, True),), (), shocks)
        return Path((), ((escalation.rate, True),), shocks)

    def nominal(self, path: Path) -> Path:
        """Return the same path in money of the day."""
        inflation = self._study.inflation
        if isinstance(inflation, Family):
            kept = self.value("inflation", inflation, "money.inflation")
            return path._replace(rates=(*path.rates, (kept, False)))
        return path._replace(constants=(*path.constants, (float(inflation or 0.0), False)))

    def path_arrays(self, paths: Sequence[Path], years: int) -> dict[str, Any]:
        """Arrays of `Moves` that say what the paths are, over so many years."""
        ages = np.array([self._study.years[0] + year - self._study.price_year for year in range(years)])
        since = {True: np.maximum(ages, 0), False: ages}
        static = np.ones((len(paths), years))
        for row, path in zip(static, paths, strict=True):
            for rate, late in path.constants:
                row *= [math.pow(1.0 + rate, int(age)) for age in since[late]]
            if path.discounted:
                row /= [math.pow(1.0 + float(self._study.discount_rate or 0.0), year) for year in range(years)]
        rates = [entry for path in paths for entry in path.rates]
        shocks = [self._shocks[name] for path in paths for name in path.shocks]
        return {
            "path_static": static,
            "rate_start": pointers([len(path.rates) for path in paths]),
            "rate_kept": np.array([kept for kept, _ in rates], dtype=np.int64),
            "rate_power": np.array([since[late] for _, late in rates], dtype=np.int64).reshape(len(rates), years),
            "shock_start": pointers([len(path.shocks) for path in paths]),
            "shock_score": np.array([score for score, _, _ in shocks], dtype=np.int64),
            "shock_factor": np.array([factor for _, factor, _ in shocks], dtype=np.int64),
            "shock_threshold": np.array([threshold for _, _, threshold in shocks], dtype=np.float64),
        }

    def _shock(self, shock: Shock) -> tuple[int, int, float]:
        from scipy.special import ndtri

        where = f"shock {shock.id}"
        happens = self.value(f"shock/{shock.id}/happens", Normal(0.0, 1.0), where)
        factor = self.value(f"shock/{shock.id}/factor", shock.factor, f"{where}: factor")
        return happens, factor, float(ndtri(shock.probability))
