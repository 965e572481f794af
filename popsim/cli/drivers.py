"""``popsim drivers``: which inputs make the range of a study."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from popsim.cli.completion import complete_option
from popsim.cli.loading import read_study
from popsim.cli.output import print_json, print_notes, print_table, print_text
from popsim.cli.parameters import (
    as_json_option,
    data_folder_option,
    overrides_of,
    seed_option,
    settings_option,
    study_argument,
    threads_option,
    trust_option,
    whole_number,
)
from popsim.schema import FULL, seed_of
from popsim.types import GROUPINGS, Grouping

if TYPE_CHECKING:
    from pathlib import Path

    import xarray as xr

    from popsim.study.model import Study


@click.command(
    epilog="""\b
Examples:
  popsim drivers pops
  popsim drivers my-study.toml --scenarios 65536
  popsim drivers pops --by level --json

\b
By input: unit costs of each area, needs, lateness, prices, exponents, and
who pays, which the financing need depends on.
By level: common to all countries, common to a group, each country's own."""
)
@study_argument
@click.option(
    "--scenarios",
    type=whole_number(1),
    default="16384",
    show_default=True,
    metavar="N",
    help="Scenarios of each run, a multiple of 1024; two runs, and two more for each input.",
)
@seed_option
@click.option("--by", type=click.Choice(GROUPINGS), help="One of the two ways to divide the range; else both.")
@click.option(
    "--option",
    default=FULL,
    show_default=True,
    metavar="OPTION",
    shell_complete=complete_option,
    help="Option of the study.",
)
@settings_option
@data_folder_option
@threads_option
@trust_option
@as_json_option
def command(
    study: str,
    scenarios: int,
    seed: int | None,
    by: Grouping | None,
    option: str,
    settings: tuple[str, ...],
    data_folders: tuple[Path, ...],
    threads: int | None,
    trust_edited: bool,
    as_json: bool,
) -> None:
    """Find which uncertain inputs make the range of a study.

    STUDY is a TOML file or the name of a packaged study. Each input is frozen in turn while all others are drawn anew:
    this gives the share of the variance that it brings (Sobol indices), how far it moves the expected cost, and how
    wide the range would be if it were known.
    """
    loaded = read_study(study, overrides_of(settings, {"scenarios.seed": seed}), trust_edited, data_folders)
    print_notes(loaded)
    results = drivers_by_grouping(loaded, scenarios, (by,) if by else GROUPINGS, option, threads)
    if as_json:
        print_json(_as_mapping(loaded, results))
        return
    _print(loaded, results)


def drivers_by_grouping(
    study: Study, scenarios: int, groupings: tuple[Grouping, ...], option: str = FULL, threads: int | None = None
) -> dict[str, xr.Dataset]:
    """Return the drivers by each grouping, showing progress."""
    from popsim.analysis.drivers import drivers
    from popsim.cli.progress import progress_bar

    results: dict[str, xr.Dataset] = {}
    for by in groupings:
        with progress_bar(f"Runs by {by}") as progress:
            results[by] = drivers(study, scenarios, by=by, option=option, threads=threads, progress=progress)
    return results


def _print(study: Study, results: dict[str, xr.Dataset]) -> None:
    """Print the tables of the report."""
    from popsim.analysis.driver_figures import figures_of
    from popsim.plan.streams import FINANCING
    from popsim.report.document import Paragraph
    from popsim.report.numbers import count
    from popsim.report.sections import drivers as section

    costs = {by: figures_of(each, "cost") for by, each in results.items()}
    first = next(iter(costs.values()))
    print_text(study.title)
    print_text(f"{count(int(first.attrs['scenarios']))} scenarios per run, seed {seed_of(first.attrs)}.")
    units = section.units_of(first, study)
    if section.is_unseen(first) or "input" in costs:
        print_text(section.lead(first, units))
    if section.is_unseen(first):
        return
    for by, each in costs.items():
        print_table(section.share_table(each, by))
        print_table(section.swing_table(each, by, units))
    names = dict(zip(first["area"].values.tolist(), first["area_name"].values.tolist(), strict=True))
    print_table(section.area_table(first, names))
    if "input" in results and FINANCING in results["input"]["input"].values:
        for block in section.need_blocks(figures_of(results["input"], "financing_need"), units):
            if isinstance(block, Paragraph):
                print_text(block.text)
            else:
                print_table(block)
    for text in section.notes(first):
        click.echo()
        print_text(text)


def _as_mapping(study: Study, results: dict[str, xr.Dataset]) -> dict[str, Any]:
    """Return everything in full precision: money in units of the currency; each ``..._error`` is one standard error."""
    first = next(iter(results.values()))
    return {
        "study": study.name,
        "title": study.title,
        "option": first.attrs["option"],
        "currency": study.currency,
        "price_year": study.price_year,
        "coverage": first.attrs["coverage"],
        "confidence": first.attrs["confidence"],
        "scenarios": first.attrs["scenarios"],
        "seed": seed_of(first.attrs),
        "plan_digest": first.attrs["plan_digest"],
        **{str(name): each.item() for name, each in first.data_vars.items() if each.ndim == 0},
        **_parts(results),
    }


def attached_as_mapping(dataset: xr.Dataset) -> dict[str, Any]:
    """Return the drivers that a run holds, or why it holds none; nothing where neither is known."""
    from popsim.analysis import attached_drivers
    from popsim.report.sections.drivers import left_out

    why = left_out(dataset, dataset.sizes["scenario"])
    if why is not None:
        return {"drivers": {"left_out": why}}
    results: dict[str, xr.Dataset] = {
        by: each for by in GROUPINGS if (each := attached_drivers(dataset, by)) is not None
    }
    if not results:
        return {}
    first = next(iter(results.values()))
    of_need: dict[str, xr.Dataset] = {
        by: each for by in GROUPINGS if (each := attached_drivers(dataset, by, "financing_need")) is not None
    }
    return {
        "drivers": {
            "scenarios": int(first.attrs["scenarios"]),
            "width": first["width"].item(),
            "width_error": first["width_error"].item(),
            **_parts(results),
            **({"financing_need": _parts(of_need)} if of_need else {}),
        }
    }


def _parts(results: dict[str, xr.Dataset]) -> dict[str, list[dict[str, Any]]]:
    """Return the figures of each group of each grouping, and those of the areas, which all groupings share."""
    first = next(iter(results.values()))
    figures = [first[name] for name in ("variance_share_by_area", "variance_share_by_area_error")]
    return {
        **{by: [_group(each, by, place) for place in range(each.sizes[by])] for by, each in results.items()},
        "areas": [
            {"id": area, **{str(each.name): each.sel(area=area).item() for each in figures}}
            for area in first["area"].values.tolist()
        ],
    }


def _group(result: xr.Dataset, by: str, place: int) -> dict[str, Any]:
    """Return the figures of one group; those by area or group of countries are by label."""
    at = result.isel({by: place})
    figures: dict[str, Any] = {"id": at[by].item(), "name": at[f"{by}_name"].item()}
    for name, values in result.data_vars.items():
        if values.dims == (by,):
            figures[str(name)] = at[name].item()
        elif values.dims[:1] == (by,):
            labels = values[values.dims[1]].values.tolist()
            figures[str(name)] = dict(zip(map(str, labels), at[name].values.tolist(), strict=True))
    return figures
