"""``popsim budget``: how sure an amount is to suffice, or which amount is sure enough."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from popsim import schema
from popsim.cli.loading import read_figures, trusted_as_mapping
from popsim.cli.output import print_json, print_scenarios, print_table, print_text
from popsim.cli.parameters import as_json_option, positive_number, run_argument, share_of_one, trust_option
from popsim.cli.sparing import spare_dask
from popsim.schema import seed_of

if TYPE_CHECKING:
    import xarray as xr

    from popsim.engine.runs import Run
    from popsim.types import Base


@click.command(
    epilog="""\b
Examples:
  popsim budget results/pops --amount 850e6
  popsim budget results/pops --confidence 80%
  popsim budget results/pops --confidence 80% --variable cost_by_area
  popsim budget results/pops --confidence 80% --by area
  popsim budget results/pops --confidence 80% --by area,year

\b
With --by the amounts of all areas (years ...) suffice together with that
confidence, at the least sum; and the reserve over the expected cost is
divided among them."""
)
@run_argument
@click.option("--amount", type=positive_number, metavar="A", help="An amount in the study's currency, such as 850e6.")
@click.option("--confidence", type=share_of_one, metavar="P", help="How sure the amount has to be, such as 80%.")
@click.option(
    "--variable",
    metavar="NAME",
    help="What is to be paid, such as cost_by_area, financing_need or cost_after_horizon; "
    "without it the cost and the financing need, within the years, after them and in all.",
)
@click.option(
    "--by",
    metavar="NAMES",
    help="Amounts for each area, year or group, sufficing together: area, or area,year for each area in each year.",
)
@trust_option
@as_json_option
def command(
    run: Path,
    amount: float | None,
    confidence: float | None,
    variable: str | None,
    by: str | None,
    trust_edited: bool,
    as_json: bool,
) -> None:
    """Compute how sure an amount is to suffice, or which amount is sure enough.

    RUN is a folder that "popsim run" made. Amounts are of every option of the run, and at constant prices unless the
    variable says otherwise, as cost_nominal does. What is paid after the last year of the study stands beside what is
    paid within its years: an option that only pays later needs the same in all years.
    """
    if (amount is None) == (confidence is None):
        message = "state either --amount, such as --amount 850e6, or --confidence, such as --confidence 80%."
        raise click.UsageError(message)
    if by is not None and amount is not None:
        message = "--by splits the amount for a confidence: state --confidence and not --amount."
        raise click.UsageError(message)
    spare_dask(run)
    from popsim import analysis
    from popsim.cli.progress import reading_bar

    loaded = read_figures(run, trust_edited)
    if by is not None:
        dataset, what = loaded.dataset, cast("Base", variable or "cost")
        names = [name.strip() for name in by.split(",")]
        with reading_bar("Amounts", dataset):
            joint = analysis.joint_budget(dataset, names, confidence or 0.0, what)
            apart = analysis.reserve(dataset, confidence or 0.0, names, variable=what)
        _print_joint(joint, apart, loaded, as_json)
        return
    dataset = analysis.with_all_years(loaded.dataset)

    def ask(name: str) -> xr.Dataset:
        if amount is not None:
            return analysis.budget(dataset, amount, name)
        return analysis.budget_for(dataset, confidence or 0.0, name)

    if as_json:
        with reading_bar("Amounts", dataset):
            # Asked first: it refuses what the run does not hold.
            asked = ask(variable or "cost")
            every = {name: ask(name) for name in schema.TOTALS if name in dataset}
        totals = {
            name: [_figures_of(result, k) for k in range(result.sizes["option"])] for name, result in every.items()
        }
        print_json({**_as_mapping(asked, loaded), "totals": totals})
        return
    with reading_bar("Amounts", dataset):
        tables = [[ask(name) for name in names] for names in _asked(dataset, loaded, variable)]
    _print_totals(tables, loaded)


def _asked(dataset: xr.Dataset, run: Run, variable: str | None) -> list[list[str]]:
    """Return the variables of each table: a total within, after and over all years, or a single variable."""
    bases = [variable] if variable is not None else list(schema.TOTAL_BASES)
    if variable is None:
        bases = sorted((base for base in bases if base in dataset), key=lambda base: base != run.study.headline)
    asked = []
    for base in bases:
        later, whole = f"{base}_after_horizon", f"{base}_all_years"
        is_late = later in dataset and bool(dataset[later].any())
        asked.append([base, later, whole] if is_late else [base])
    return asked


def _print_totals(results: list[list[xr.Dataset]], run: Run) -> None:
    import xarray as xr

    from popsim.cli.budget_tables import Labels, enough, sufficient, unit_of
    from popsim.report import totals

    _print_head(run)
    unit = unit_of((part for parts in results for part in parts), run.study)
    for parts in results:
        first, table = parts[0], sufficient if "amount" in parts[0].attrs else enough
        if len(parts) > 1:
            spans = [totals.span(str(part.attrs["variable"]), run.study) for part in parts]
            named = [part.expand_dims(years=[span]) for part, span in zip(parts, spans, strict=True)]
            first = xr.concat(named, "years", combine_attrs="override").transpose("option", "years", ...)
        print_table(table(first, Labels.of(run.study, run.dataset, first, unit)))
    if any(str(part.attrs["variable"]).startswith("financing_need") for parts in results for part in parts):
        _print_unfinanced(run)


def _print_unfinanced(run: Run) -> None:
    from popsim.report.sections.options import unfinanced

    coordinates = run.dataset.coords
    if not {"option_is_financed", "option_name"} <= set(coordinates):
        return
    names = [f"“{name}”" for name in coordinates["option_name"].values.tolist()]
    if sentence := unfinanced(dict(zip(names, coordinates["option_is_financed"].values.tolist(), strict=True))):
        click.echo()
        print_text(sentence)


def _print_joint(joint: xr.Dataset, reserved: xr.Dataset, run: Run, as_json: bool) -> None:
    if as_json:
        inner = _as_mapping(reserved, run)
        print_json({**_as_mapping(joint, run), "reserve": {key: inner[key] for key in ("over", "window", "results")}})
        return
    from popsim.cli.budget_tables import Labels, allocated, joint_sentences, together

    labels = Labels.of(run.study, run.dataset, joint)
    _print_head(run)
    for option in labels.options:
        print_table(together(joint, labels, option))
        for sentence in joint_sentences(joint, labels, option):
            print_text(sentence)
        print_table(allocated(reserved, labels, option))


def _print_head(run: Run) -> None:
    print_text(run.study.title)
    print_scenarios(run.dataset, run.study)


def _as_mapping(result: xr.Dataset, run: Run) -> dict[str, Any]:
    """Return results in full precision, one for each option and label; ``..._error`` is one standard error."""
    stated = {
        name: result.attrs[name]
        for name in ("variable", "amount", "confidence", "by", "method", "over", "window")
        if name in result.attrs
    }
    return {
        "study": run.study.name,
        "currency": run.study.currency,
        "price_year": run.study.price_year,
        "scenarios": run.dataset.sizes["scenario"],
        "seed": seed_of(run.dataset.attrs, run.study.seed),
        **stated,
        "results": [_figures_of(result, k) for k in range(result.sizes["option"])],
        "folder": str(run.folder),
        **trusted_as_mapping(run.dataset),
    }


def _figures_of(result: xr.Dataset, place: int) -> dict[str, Any]:
    """Return the numbers of one option: those of the whole by name, those by label as a list."""
    one = result.isel(option=place)
    whole = {str(name): value.item() for name, value in one.data_vars.items() if value.ndim == 0}
    dims = [dim for dim in one.dims if any(dim in value.dims for value in one.data_vars.values())]
    if not dims:
        return {"option": one["option"].item(), **whole}
    stacked = one[[name for name, value in one.data_vars.items() if value.ndim]].stack(label=dims)
    parts = []
    for k, labels in enumerate(stacked["label"].values.tolist()):
        numbers = {str(name): value.item() for name, value in stacked.isel(label=k).data_vars.items()}
        parts.append({**dict(zip(map(str, dims), labels, strict=True)), **numbers})
    return {"option": one["option"].item(), **whole, "parts": parts}
