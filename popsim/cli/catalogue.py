"""``popsim catalogue``: the cost distributions, area by area, each with its basis."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from popsim.cli.output import print_json
from popsim.cli.parameters import as_json_option
from popsim.errors import FileError, Problem, StudyError
from popsim.schema import STUDY_FILE

if TYPE_CHECKING:
    from popsim.families.base import Family
    from popsim.study.catalogue import CatalogueArea
    from popsim.study.catalogue_models import CatalogueComponent, CatalogueShare, Costed

QUANTILES = {"p05": 0.05, "median": 0.50, "p95": 0.95}


@click.command(
    epilog="""\b
Examples:
  popsim catalogue
  popsim catalogue my-distributions
  popsim catalogue my-study
  popsim catalogue --json
  popsim catalogue --tables my-tables"""
)
@click.argument("folder", required=False, type=click.Path(path_type=Path), metavar="[FOLDER]")
@click.option(
    "--tables",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write the catalogue as CSV tables for a spreadsheet, which popsim import reads back.",
)
@as_json_option
def command(folder: Path | None, tables: Path | None, as_json: bool) -> None:
    """List the cost distributions of a catalogue, by activity area.

    FOLDER holds one TOML file for each area, or a study (study.toml), whose catalogue is then listed; without it the
    packaged catalogue is listed. Costs are for one country of the reference size, in the currency and at the prices of
    their source.
    """
    from popsim.study.catalogue import load_catalogue
    from popsim.study.files import packaged

    source = packaged("distributions") if folder is None else _folder_of(folder)
    if tables is not None:
        _write_tables(source, tables, as_json)
        return
    areas = load_catalogue(source)
    if as_json:
        print_json({"areas": [_area(area) for area in areas]})
        return
    _print(areas)


def _write_tables(source: Path, folder: Path, as_json: bool) -> None:
    """Write a catalogue as tables into a folder that does not have them yet, or has the same."""
    from popsim.cli.folder import added_to
    from popsim.study.importing.template import catalogue_tables

    texts = {f"{name}.csv": text.encode("utf-8") for name, text in catalogue_tables(source).items()}
    paths = [folder / name for name in texts]
    others = [path for path in paths if path.exists() and (path.is_dir() or path.read_bytes() != texts[path.name])]
    there = [str(path) for path in others]
    if there:
        found, allowed = f"{', '.join(there)} already", "a folder without these files"
        raise FileError(Problem(str(folder), (), found, allowed, "name another folder"))
    with added_to(folder) as partial:
        for name, content in texts.items():
            (partial / name).write_bytes(content)
    if as_json:
        print_json({"tables": [str(path) for path in paths]})
        return
    click.echo("\n".join(map(str, paths)))


def _folder_of(folder: Path) -> Path:
    """Return the folder of the catalogue: that which a study in `folder` names, or `folder` itself."""
    from popsim.study.files import StudyFolder, parse_toml, read_text

    study = folder / STUDY_FILE
    if not study.is_file():
        return folder
    match parse_toml(read_text(study), study.name):
        case {"catalogue": {"folder": str(named)}}:
            return StudyFolder(folder).find(named, str(study), ("catalogue", "folder"))
    allowed = "the folder of the catalogue, as a text"
    raise StudyError(Problem(str(study), ("catalogue", "folder"), "no text", allowed, f"popsim check {folder}"))


def _area(area: CatalogueArea) -> dict[str, Any]:
    return {
        "id": area.id,
        "name": area.name,
        "document": area.document,
        "description": area.description,
        "components": [_component(component) for component in area.components],
        "overlaps": [{"id": each.id, "name": each.name, **_cost(each)} for each in area.overlaps],
    }


def _component(component: CatalogueComponent | CatalogueShare) -> dict[str, Any]:
    from popsim.study.catalogue_models import CatalogueShare

    if isinstance(component, CatalogueShare):
        return {
            "id": component.id,
            "name": component.name,
            "kind": component.kind,
            "overlap": component.overlap,
            **_quantiles(component.share),
            "basis": component.basis,
            "rationale": component.rationale,
            "sources": [source.document for source in component.source],
        }
    return {"id": component.id, "name": component.name, "kind": component.kind, **_cost(component)}


def _cost(stated: Costed) -> dict[str, Any]:
    """Return what a component with a cost of its own costs, or what a whole that components share does."""
    from popsim.study.toml_models import FitTable

    if isinstance(stated.cost, FitTable):
        # What a fit comes to depends on sizes of countries and on prices, which a study states.
        drawn: dict[str, Any] = {"family": f"fit {stated.cost.fit}", **dict.fromkeys(QUANTILES), "mean": None}
    else:
        drawn = _quantiles(stated.cost)
    return {
        **drawn,
        "currency": stated.currency,
        "price_year": stated.price_year,
        "basis": stated.basis,
        "rationale": stated.rationale,
        "sources": [source.document for source in stated.source],
        "data": [row.model_dump(exclude_none=True) for row in stated.data],
    }


def _quantiles(amount: Family | float) -> dict[str, Any]:
    from popsim.families.constant import Constant

    family = Constant(amount) if isinstance(amount, float) else amount
    quantiles = {name: float(family.ppf(probability)) for name, probability in QUANTILES.items()}
    return {"family": family.family, **quantiles, "mean": family.mean()}


def _print(areas: tuple[CatalogueArea, ...]) -> None:
    """Print two lines for a component, its name and its numbers, for both do not fit into 80 columns."""
    from popsim.report.numbers import significant

    click.echo(_line("paid", "family", *("P5", "median", "P95"), "money", "basis"))
    for area in areas:
        click.echo()
        click.echo(f"{area.id}  {area.name}")
        for overlap in area.overlaps:
            click.echo(f"  {overlap.name} (overlap {overlap.id}: a whole that components share)")
            click.echo(_line("in all", *_drawn(_cost(overlap), significant)))
        for component in area.components:
            click.echo(f"  {component.name}")
            click.echo(_line(component.kind, *_drawn(_component(component), significant)))
    click.echo("\nFor one country of the reference size; per-year costs are for one year.")
    click.echo("Reasons and sources: popsim catalogue --json, or the report of a run.")


def _drawn(content: dict[str, Any], significant: Callable[[float], str]) -> list[str]:
    """Return the family, quantiles, money and basis of a cost; of a share, per cent and what it is a share of."""
    overlap = content.get("overlap")
    amounts = [
        "–"
        if content[name] is None
        else f"{significant(100.0 * content[name])} %"
        if overlap
        else significant(content[name])
        for name in QUANTILES
    ]
    money = f"of {overlap}" if overlap else f"{content['currency']} {content['price_year']}"
    return [content["family"], *amounts, money, content["basis"]]


def _line(paid: str, family: str, *others: str) -> str:
    *amounts, money, basis = others
    return f"    {paid:<9}{family:<11}{''.join(f'{amount:>11}' for amount in amounts)}  {money:<9} {basis}".rstrip()
