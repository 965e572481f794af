"""The options of a run on standard output: sentences and tables for people, JSON for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from popsim import schema

if TYPE_CHECKING:
    from popsim.report.comparison import Comparison
    from popsim.report.facts import Facts, Measured

__all__ = ["as_mapping", "measured", "print_sentences", "print_tables"]


def print_sentences(comparison: Comparison) -> None:
    """Print what each option costs more or less, and what has to be known to read it."""
    from popsim.cli.results import print_text
    from popsim.report.sections import options as words

    for option in comparison.options:
        click.echo()
        print_text(" ".join(words.says(comparison, option)))
    for sentence in words.notes(comparison):
        click.echo()
        print_text(sentence)


def print_tables(comparison: Comparison, with_shares: bool = True) -> None:
    """Print what each option costs, how far it is from the baseline, and in which share of scenarios it costs more."""
    from popsim.cli.results import print_table
    from popsim.report.sections import options as words

    for base in comparison.bases:
        print_table(words.levels(comparison, base))
        print_table(words.differences(comparison, base))
        if with_shares:
            print_table(words.shares(comparison, base))
        if (prices := words.other_prices(comparison, base)) is not None:
            print_table(prices)


def as_mapping(comparison: Comparison, option: str) -> dict[str, Any]:
    """Collect all totals of an option and their differences to the baseline, in full precision.

    Returns
    -------
    dict
        Money in units of the currency (not in millions); every ``..._error`` is one Monte Carlo standard error. Of each
        total its range; and of each option but the baseline ``says``, the sentences of the report, and ``difference``.
    """
    from popsim.report.numbers import NO_BREAK, THIN
    from popsim.report.sections import options as words

    names = [name for name in schema.TOTALS if comparison.has(name)]
    found: dict[str, Any] = {name: _range(comparison.levels[option], name) for name in names}
    if option == comparison.baseline:
        return found
    return {
        **found,
        "says": [sentence.replace(NO_BREAK, " ").replace(THIN, " ") for sentence in words.says(comparison, option)],
        "difference": {name: _difference(comparison, option, name) for name in names},
        "payments_ceased": [
            {"component": each.component, "name": each.name, "payments": each.payments, **each.money}
            for each in comparison.ceased(option)
        ],
    }


def _range(level: Facts, total: str) -> dict[str, float]:
    # Where nothing is paid after the last year, all years are those of the study.
    total = total if level.has(total) else total.removesuffix("_all_years")
    low, high = level.range(total)
    parts = {"low": low, "median": level.quantile(total, 0.5), "high": high, "mean": level.mean(total)}
    return {**measured(parts), **({"mean_is_exact": True} if level.is_mean_exact(total) else {})}


def _difference(comparison: Comparison, option: str, total: str) -> dict[str, float]:
    low, high = comparison.range(total, option)
    money = {
        "low": low,
        "median": comparison.quantile(total, option, 0.5),
        "high": high,
        "mean": comparison.mean(total, option),
        "standard_deviation": comparison.measured(f"{total}_difference_std", option),
    }
    shares = {name: comparison.measured(f"{total}_{name}", option) for name in ("dearer", "cheaper", "equal")}
    together = {"correlation": comparison.measured(f"{total}_correlation", option)}
    gain = {name: comparison.number(f"{total}_{name}", option) for name in ("error_ratio", "variance_reduction")}
    counted = {f"scenarios_{word}": found for word, found in comparison.counted(total, option)._asdict().items()}
    exact = {"mean_is_exact": True} if comparison.is_mean_exact(total, option) else {}
    return {**measured({**money, **shares, **together}), **exact, **gain, **counted}


def measured(parts: dict[str, Measured]) -> dict[str, float]:
    """Give each figure and, as ``..._error``, its standard error."""
    pairs = [((name, part.value), (f"{name}_error", part.error)) for name, part in parts.items()]
    return {name: value for pair in pairs for name, value in pair}
