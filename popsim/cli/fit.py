"""``popsim fit``: a distribution fitted to amounts in a CSV file, with what few amounts leave open."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from popsim.cli.console import printable
from popsim.cli.output import print_json, print_text
from popsim.cli.parameters import as_json_option, positive_number, share_of_one
from popsim.errors import FileError, ParameterError, Problem, nearest, shown, words

if TYPE_CHECKING:
    from popsim.fits.result import Fit
    from popsim.tables import TextTable

PICTURES = (".svg", ".png")
MIXED = ("currency", "year", "scope")
"""Columns of a catalogue's data of which all rows should have one value, where amounts are compared as they are."""


def exponent(text: str) -> float | str:
    """Read an exponent of size, or the word for one that is estimated.

    Raises
    ------
    click.BadParameter
        For anything else.

    Examples
    --------
    >>> exponent("0.6"), exponent("estimate")
    (0.6, 'estimate')
    """
    if text == "estimate":
        return text
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        message = f'"{text}" is neither a number nor the word estimate.'
        raise click.BadParameter(message)
    return value


@click.command(
    epilog="""\b
Examples:
  popsim fit projects.csv
  popsim fit projects.csv --size-column population --figure fit.svg
  popsim fit projects.csv --family gamma --family weibull
  popsim fit projects.csv --coverage 80% --json"""
)
@click.argument("data", type=click.Path(path_type=Path), metavar="DATA.csv")
@click.option(
    "--family", "families", multiple=True, metavar="NAME", help="lognormal unless said; of several, the best."
)
@click.option("--column", default="amount", show_default=True, metavar="NAME", help="The column of amounts.")
@click.option("--size-column", metavar="NAME", help="The column of sizes; none: all amounts are for one size.")
@click.option(
    "--size-exponent",
    type=exponent,
    metavar="NUMBER",
    help="How amounts grow with size; estimated from the data unless said.",
)
@click.option(
    "--reference-size",
    type=positive_number,
    default="1",
    metavar="S",
    help="Sizes are divided by this: that of the country of reference size.",
)
@click.option("--coverage", type=share_of_one, default="90%", show_default=True, metavar="C", help="Of the interval.")
@click.option("--figure", type=click.Path(path_type=Path), metavar="FILE", help="Write a figure: FILE.svg or FILE.png.")
@as_json_option
def command(
    data: Path,
    families: tuple[str, ...],
    column: str,
    size_column: str | None,
    size_exponent: float | str | None,
    reference_size: float,
    coverage: float,
    figure: Path | None,
    as_json: bool,
) -> None:
    """Fit a distribution to amounts in a CSV file, and say what a new amount may be.

    The interval holds a new amount with the stated probability although level, spread and exponent are known from few
    amounts only: it is wider than the amounts themselves. Amounts are taken as they are: bring them to one currency and
    one price year first. In a catalogue, rows [[component.data]] do that by themselves.
    """
    from popsim.fits.fitting import fit
    from popsim.fits.models import FAMILIES

    if figure is not None and figure.suffix.lower() not in PICTURES:
        allowed = f"a file that ends in {' or '.join(PICTURES)}"
        raise ParameterError(Problem("--figure", (), str(figure), allowed))
    if size_exponent is not None and size_column is None:
        raise ParameterError(Problem("--size-exponent", (), shown(size_exponent), "only with --size-column"))
    table, left_out = read_amounts(data, column, size_column)
    amounts = numbers(table, column)
    sizes = None if size_column is None else [size / reference_size for size in numbers(table, size_column)]
    slope = None if size_column is None else "estimate" if size_exponent is None else size_exponent
    options: dict[str, Any] = {"sizes": sizes, "size_exponent": slope}
    chosen = fit(amounts, families=families or ("lognormal",), **options)
    possible = [name for name in FAMILIES if name != "normal" or slope != "estimate"]
    ranked = fit(amounts, families=possible, **options).ranking if min(amounts) > 0.0 else chosen.ranking
    notes = _notes(table, left_out)
    if figure is not None:
        _draw(chosen, coverage, figure)
    if as_json:
        print_json(_facts(chosen, ranked, coverage, notes))
        return
    _print(chosen, ranked, coverage, notes)


def read_amounts(path: Path, column: str, size_column: str | None) -> tuple[TextTable, int]:
    """Return a file's table, and how many rows stay out because their column `use` says that they are only shown.

    Raises
    ------
    FileError
        When the file cannot be read.
    ParameterError
        With every problem of the table.
    """
    from dataclasses import replace

    from popsim.study.files import read_bytes
    from popsim.tables import Dialect, decode, read_table

    text, _ = decode(read_bytes(path), str(path), None, str(path), ())
    named = [name for name in (column, size_column) if name is not None]
    table, problems = read_table(text, path.name, named, named, Dialect())
    if not problems and not table.rows:
        problems = [table.problem("", "names of columns and no row", "a row for each amount")]
    for name in named:
        if not problems and name not in table.columns:
            mend = nearest(name, table.columns) or f"columns: {words(table.columns)}"
            problems = [table.problem(f"column {name}", "no such column", "a column of the file", mend)]
    if problems:
        raise ParameterError(problems)
    kept = tuple(row for row in table.rows if table.cell(row, "use") != "shown")
    return replace(table, rows=kept), len(table.rows) - len(kept)


def numbers(table: TextTable, column: str) -> list[float]:
    """Return the numbers of a column.

    Raises
    ------
    ParameterError
        For each cell that is no number.
    """
    from popsim.tables import Fault

    cells = table.column(column)
    values = [table.number(cell) for cell in cells]
    faults = [
        Fault(row, column, shown(cell) if cell else "nothing", "a number")
        for row, cell, value in zip(table.rows, cells, values, strict=True)
        if value is None
    ]
    if faults:
        raise ParameterError(table.problems(faults))
    return [value for value in values if value is not None]


def _notes(table: TextTable, left_out: int) -> list[str]:
    """Return what a reader should know about the file."""
    notes = [f"{table.name} is read {table.reading}"] if table.reading else []
    if left_out:
        rows = "1 row that is" if left_out == 1 else f"{left_out} rows that are"
        notes.append(f"{rows} only shown (use = shown) {'is' if left_out == 1 else 'are'} left out")
    for name in MIXED:
        found = list(dict.fromkeys(table.column(name))) if name in table.columns else []
        if len(found) > 1:
            notes.append(f"the column {name} holds {words(found, 4)}: amounts are compared as they are")
    return notes


def _facts(fit: Fit, ranked: Sequence[Fit], coverage: float, notes: list[str]) -> dict[str, Any]:
    from popsim.families.registry import to_toml

    estimate, tested = fit.estimate, fit.anderson_darling
    low, high = fit.interval(coverage)
    return {
        "count": fit.count,
        "family": fit.family,
        "distribution": to_toml(fit.distribution),
        "degrees_of_freedom": fit.degrees,
        "centre": fit.centre,
        "level": estimate.level,
        "level_error": estimate.level_error,
        "spread": estimate.spread,
        "spread_error": estimate.spread_error,
        "exponent": fit.exponent,
        "exponent_error": estimate.exponent_error if fit.data.estimated else None,
        "coverage": coverage,
        "low": low,
        "median": float(fit.predictive.ppf(0.5)),
        "high": high,
        "predictive_mean": fit.predictive.mean(),
        "common_share": fit.common_share,
        "anderson_darling": tested.statistic,
        "p_value": tested.p_value,
        "simulations": tested.simulations,
        "residuals": list(fit.residuals),
        "ranking": [{"family": each.family, "aicc": each.aicc, "p_value": _p_value(each)} for each in ranked],
        "toml": toml_line(fit),
        "notes": notes,
    }


def _p_value(fit: Fit) -> float:
    return fit.anderson_darling.p_value


def toml_line(fit: Fit) -> str:
    """Return the line that a catalogue holds, beside rows [[component.data]]; a cap and its reason are to be filled in.

    Examples
    --------
    >>> from popsim.fits.fitting import fit
    >>> toml_line(fit([2.0, 3.0, 5.0]))
    'cost = { fit = "lognormal", cap = CAP, cap_rationale = "WHY" }'
    """
    size = ""
    if fit.data.sizes is not None:
        size = ', size = "estimate"' if fit.data.estimated else f", size = {fit.exponent}"
    cap = "" if math.isfinite(fit.predictive.mean()) else ', cap = CAP, cap_rationale = "WHY"'
    return f'cost = {{ fit = "{fit.family}"{size}{cap} }}'


def _print(fit: Fit, ranked: Sequence[Fit], coverage: float, notes: list[str]) -> None:
    from popsim.fits.models import model_of

    low, high = fit.interval(coverage)
    percent = f"{100.0 * coverage:.10g}%"
    about = "" if fit.data.sizes is None else f" at size {_short(fit.centre)} (the geometric mean of the sizes)"
    print_text(
        f"{fit.count} amounts from {_short(min(fit.data.values))} to {_short(max(fit.data.values))}; {fit.family}, "
        f"{fit.degrees} {'degree' if fit.degrees == 1 else 'degrees'} of freedom."
    )
    print_text(f"{percent} of new amounts{about} lie between {_short(low)} and {_short(high)}.")
    plain = fit.distribution.ppf(0.5 * (1.0 - coverage)), fit.distribution.isf(0.5 * (1.0 - coverage))
    print_text(
        f"The fitted {fit.family} alone, as if its estimates were known, would say {_short(float(plain[0]))} to "
        f"{_short(float(plain[1]))}."
    )
    click.echo()
    level, spread = model_of(fit.family).meanings
    lines = [("level", fit.level, fit.estimate.level_error, level)]
    lines.append(("spread", fit.spread, fit.estimate.spread_error, spread))
    if fit.exponent is not None:
        about = "of size" if fit.data.estimated else "of size, as stated"
        lines.append(("exponent", fit.exponent, fit.estimate.exponent_error, about))
    for name, value, error, meaning in lines:
        firm = f"\u00b1 {error:.2g}" if error else ""
        click.echo(printable(f"  {name:<14}{value:>12.5g} {firm:<10}{meaning}"))
    click.echo(f"  {'common share':<14}{fit.common_share:>12.4g} {'':<10}error of the level, of all variance")
    click.echo()
    click.echo(f"  {'family':<12}{'AICc':>10}{'p-value':>10}  (Anderson-Darling, by simulation)")
    for each in ranked:
        aicc = f"{each.aicc:.2f}" if math.isfinite(each.aicc) else "-"
        click.echo(f"  {each.family:<12}{aicc:>10}{_p_value(each):>10.3f}")
    if not all(math.isfinite(each.aicc) for each in ranked):
        few = "AICc needs at least two points more than a family has parameters"
        print_text(f"{few}; where it is missing, families are in order of their likelihood.")
    click.echo()
    click.echo("In a catalogue, beside the amounts as rows [[component.data]]:")
    click.echo(f"  {toml_line(fit)}")
    if "CAP" in toml_line(fit):
        print_text("CAP: the largest cost that can be, at reference size; WHY: the reason, since the mean is infinite.")
    for note in notes:
        print_text(f"Note: {note}.")


def _short(value: float) -> str:
    """Return a number with four digits."""
    if value and not 1e-3 <= abs(value) < 1e15:
        return f"{value:.4g}"
    return f"{float(f'{value:.4g}'):,.10g}"


def _draw(fit: Fit, coverage: float, path: Path) -> None:
    """Write the figure.

    Raises
    ------
    FileError
        When the file cannot be written.
    """
    from popsim.report.figures import FitPicture, canvas, fitted

    with canvas.style():
        picture = fitted(FitPicture(fit, coverage), canvas.WIDE)
        try:
            picture.savefig(path, format=path.suffix[1:].lower(), dpi=144, facecolor="white", metadata=_undated(path))
        except OSError as error:
            reason = error.strerror or str(error)
            raise FileError(Problem(f"writing {path}", (), reason, "a file that can be written")) from error


def _undated(path: Path) -> dict[str, None]:
    """Return what keeps dates and versions out of a file, so that the same data give the same bytes."""
    return {"Date": None, "Creator": None} if path.suffix.lower() == ".svg" else {"Software": None}
