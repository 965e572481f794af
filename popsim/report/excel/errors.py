"""Formulas of Monte Carlo errors, which give for what is typed what `popsim budget` states, and their values now.

A spreadsheet has no model of a heavy tail (`popsim.analysis.tails`): where the analysis would use one, it says n/a.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from popsim.analysis.excess import HEAVY, LEAST, Beyond, beyond_error
from popsim.analysis.order import binomial_error
from popsim.analysis.tails import KURTOSIS as HEAVY_TAIL
from popsim.analysis.tails import KURTOSIS_PER_SCENARIO, is_heavy
from popsim.analysis.widening import (
    KURTOSIS,
    LONGEST,
    NORMAL,
    SKEWNESS,
    STUDENT,
    of_positive,
    skewness_factor,
    spacings_factor,
)
from popsim.arrays import Floats
from popsim.report.excel.book import QUIET, Sheet
from popsim.report.numbers import unknown

Formula = tuple[str, float]
Error = tuple[str, float | str]


def define(sheet: Sheet, name: str, row: int, column: int) -> None:
    """Name a cell, for formulas."""
    from xlsxwriter.utility import xl_rowcol_to_cell

    sheet.book.define(name, sheet.name, xl_rowcol_to_cell(row, column, row_abs=True, col_abs=True))


def share_error(share: str, number: str, value: float, scenarios: int) -> Formula:
    """Return the error of a share of independent scenarios, as `analysis.order.binomial_error` finds it."""
    adjusted = f"({share}*{number}+2)/({number}+4)"
    return f"=SQRT({adjusted}*(1-{adjusted})/({number}+4))", float(binomial_error(np.array(value), scenarios))


def quantile_error(column: str, level: str, amounts: Floats, value: float, number: int = 0) -> Formula:
    """Return the error of a quantile, as `analysis.order.quantile_with_error` finds it: formula, and value.

    Parameters
    ----------
    column, level
        The amounts and the probability, as a formula has them.
    amounts, value
        The same, now.
    number
        Number of scenarios; 0 for that of the amounts.
    """
    number = number or len(amounts)
    half = f"2*SQRT({level}*(1-{level})/{number})"
    ends = [f"PERCENTILE({column},{share})" for share in (f"MAX(0,{level}-{half})", level, f"MIN(1,{level}+{half})")]
    sides = f"SQRT((({ends[1]}-{ends[0]})^2+({ends[2]}-{ends[1]})^2)/8)"
    formula = f"={sides}*(1+{STUDENT!r}/MAX(1,2*{number}*{half}))"
    apart = 2.0 * np.sqrt(value * (1.0 - value) / number)
    low, middle, high = np.quantile(amounts, [max(0.0, value - apart), value, min(1.0, value + apart)])
    wider = float(spacings_factor(np.array(2.0 * number * apart)))
    return formula, float(np.sqrt(((middle - low) ** 2 + (high - middle) ** 2) / 8.0)) * wider


class _Named(NamedTuple):
    """A number that formulas of errors use."""

    name: str
    formula: str
    value: float


class Shortfall:
    """What is missing where the amount that is typed does not suffice, as `popsim.budget` finds it.

    Parameters
    ----------
    column
        The amounts, as a formula has them.
    amounts, typed
        The amounts now, and the one that is typed.
    each
        Scenarios that each of them stands for.
    """

    def __init__(self, column: str, amounts: Floats, typed: float, each: float) -> None:
        self._column, self._amounts, self._typed, self._each = column, amounts, typed, each
        self._missing = np.maximum(amounts - typed, 0.0)
        self._beyond = amounts[amounts > typed] - typed
        self._gap = f"(({column}>budget_amount)*({column}-budget_amount))"

    @property
    def mean(self) -> Formula:
        """Missing on average where it does not suffice."""
        number = f"MAX(1,SUMPRODUCT(--({self._column}>budget_amount)))"
        return f"=SUMPRODUCT({self._gap})/{number}", float(self._beyond.mean()) if len(self._beyond) else 0.0

    @property
    def overall(self) -> Formula:
        """Missing on average over all."""
        return f"=SUMPRODUCT({self._gap})/ROWS(quantile_amounts)", float(self._missing.mean())

    def errors(self, sheet: Sheet, column: int) -> tuple[Error, Error]:
        """Write the numbers that errors need from the row of the sheet on; return the errors of both averages."""
        row, text = sheet.row, str(unknown())
        quiet = {"font_size": 8, "font_color": QUIET}
        sheet.text(row, column, text, **quiet)
        define(sheet, "error_unknown", row, column)
        named = self._moments()
        for place, each in enumerate(named, 1):
            # The name of the cell says what it is, in any language.
            sheet.formula(row + place, column, f"={each.formula}", each.value, **quiet)
            define(sheet, each.name, row + place, column)
        known = {each.name: each.value for each in named}
        heavy = f"AND(beyond_kurtosis>{HEAVY_TAIL!r},beyond_kurtosis>{KURTOSIS_PER_SCENARIO!r}*beyond_number)"
        guarded = f"=IF(beyond_number=0,0,IF(OR(beyond_number<{LEAST},{heavy}),error_unknown,{{}}))"
        values = self._values(known)
        return (
            (guarded.format(_beyond_formula()), text if values is None else values[0]),
            (guarded.format(_overall_formula()), text if values is None else values[1]),
        )

    def _moments(self) -> list[_Named]:
        column, rows = self._column, "ROWS(quantile_amounts)"
        number, amounts, missing = len(self._beyond), self._amounts, self._missing
        apart = self._beyond - self._beyond.mean() if number else self._beyond
        spread = float(amounts.var())
        away = f"(({column}>budget_amount)*({column}-budget_amount-budget_shortfall))"
        beyond = [float((apart**k).mean()) if number else 0.0 for k in (2, 3, 4)]
        everything = [float(((missing - missing.mean()) ** k).mean()) for k in (2, 3, 4)]
        kurtosis = float(((amounts - amounts.mean()) ** 4).mean()) / spread**2 if spread > 0.0 else 0.0
        words = ("second", "third", "fourth")
        share = f"MAX(1,beyond_number/{self._each!r})"
        return [
            _Named(
                "beyond_number", f"SUMPRODUCT(--({column}>budget_amount))*{self._each!r}", float(number) * self._each
            ),
            *(
                _Named(f"beyond_{word}", f"SUMPRODUCT({away}^{k})/{share}", value)
                for k, word, value in zip((2, 3, 4), words, beyond, strict=True)
            ),
            _Named(
                "beyond_kurtosis",
                "IF(beyond_second=0,0,beyond_fourth/beyond_second^2)",
                Beyond(number, 0.0, *beyond).kurtosis,
            ),
            *(
                _Named(f"missing_{word}", f"SUMPRODUCT(({self._gap}-budget_shortfall_overall)^{k})/{rows}", value)
                for k, word, value in zip((2, 3, 4), words, everything, strict=True)
            ),
            _Named("missing_number", f"{rows}*{self._each!r}", len(amounts) * self._each),
            _Named(
                "all_kurtosis",
                f"IF(VARP({column})=0,0,SUMPRODUCT(({column}-AVERAGE({column}))^4)/{rows}/VARP({column})^2)",
                kurtosis,
            ),
        ]

    def _values(self, known: dict[str, float]) -> tuple[float | str, float] | None:
        """Return both errors now; None where a spreadsheet knows none, a text for the one that it does not know."""
        number = known["beyond_number"]
        if number == 0.0:
            return 0.0, 0.0
        if number < LEAST or is_heavy(np.array(known["beyond_kurtosis"]), int(number)):
            return None
        beyond = Beyond(number, self.mean[1], *(known[f"beyond_{word}"] for word in ("second", "third", "fourth")))
        is_skewed = known["all_kurtosis"] > HEAVY
        one = beyond_error(beyond, is_skewed)
        second, third, fourth = (known[f"missing_{word}"] for word in ("second", "third", "fourth"))
        error = np.sqrt(second / known["missing_number"])
        if is_skewed:
            of_all = np.array(third / second**1.5), np.array(fourth / second**2)
            error *= skewness_factor(*of_all, known["missing_number"])
        both = float(of_positive(np.array(self.overall[1]), np.array(error)))
        return one if np.isfinite(one) else str(unknown()), both


def _factor(of: str) -> str:
    """Return `analysis.widening.skewness_factor` as a formula."""
    skewed = f"{SKEWNESS!r}*{of}_third^2/{of}_second^3"
    return f"(1+MAX(0,{skewed}-{KURTOSIS!r}*({of}_fourth/{of}_second^2-3))/{of}_number)"


def _beyond_formula() -> str:
    """Return `analysis.excess.beyond_error` as a formula."""
    half = f"(SQRT(beyond_second/(beyond_number-1))*TINV(0.05,beyond_number-1)*{_factor('beyond')})"
    part = f"{half}/budget_shortfall"
    inverse = f"IF({part}>{LONGEST!r},error_unknown,budget_shortfall*(1/(1-{part})-1)/{NORMAL!r})"
    positive = f"budget_shortfall*(EXP({part})-1)/{NORMAL!r}"
    return f"IF(beyond_second=0,0,IF(all_kurtosis>{HEAVY!r},{inverse},{positive}))"


def _overall_formula() -> str:
    wider = f"IF(all_kurtosis>{HEAVY!r},{_factor('missing')},1)"
    part = f"({NORMAL!r}*SQRT(missing_second/missing_number)*{wider}/budget_shortfall_overall)"
    return f"budget_shortfall_overall*(EXP({part})-1)/{NORMAL!r}"
