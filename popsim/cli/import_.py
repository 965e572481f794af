"""``popsim import``: files of the catalogue from a spreadsheet of own costs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from popsim.cli.output import WIDTH, print_json
from popsim.cli.parameters import as_json_option, whole_number
from popsim.errors import FileError, ParameterError, Problem, words

if TYPE_CHECKING:
    from popsim.study.importing import Imported

PATH = click.Path(path_type=Path)
UNITS = {"units": 1, "thousands": 1_000, "millions": 1_000_000}


@click.command(
    epilog="""\b
Examples:
  popsim import --template costs.csv
  popsim import costs.xlsx --out my-catalogue
  popsim import costs.csv --data projects.csv --out my-catalogue --overwrite
  popsim import costs.csv --out my-catalogue --amounts-in thousands

\b
docs/how-to/import-costs.md lists the headings of all tables. Then
  popsim check my-study"""
)
@click.argument("table", required=False, type=PATH, metavar="[TABLE]")
@click.option(
    "--out",
    type=PATH,
    default="catalogue",
    show_default=True,
    metavar="DIR",
    help="Folder of the catalogue to write to.",
)
@click.option("--template", type=PATH, metavar="FILE", help="Write a CSV table to fill in.")
@click.option("--sheet", default="", metavar="NAME", help="Sheet with the costs; else the one called costs.")
@click.option(
    "--data", type=PATH, metavar="FILE", help="Table of amounts that were read, for fits; else the sheet data."
)
@click.option("--overlaps", type=PATH, metavar="FILE", help="Table of wholes that components share; else the sheet.")
@click.option("--sources", type=PATH, metavar="FILE", help="Table of further sources; else the sheet sources.")
@click.option("--experts", type=PATH, metavar="FILE", help="Table of those who were asked; else the sheet experts.")
@click.option(
    "--areas",
    type=PATH,
    metavar="FILE",
    help="Table of activity areas; else the sheet areas, those in DIR, or the packaged ones.",
)
@click.option("--currency", metavar="CODE", help="Currency of rows that state none.")
@click.option("--price-year", type=whole_number(1900, 2200), metavar="YEAR", help="Price year of rows that state none.")
@click.option(
    "--amounts-in", type=click.Choice(list(UNITS)), default="units", show_default=True, help="Unit of all amounts."
)
@click.option(
    "--single",
    type=click.Choice(["refuse", "constant"]),
    default="refuse",
    show_default=True,
    help="What to do with one amount that has no range.",
)
@click.option("--hidden", type=click.Choice(["read", "skip"]), help="What to do with hidden rows and columns.")
@click.option("--ignore", multiple=True, metavar="HEADING", help="Column to leave out; may be given again.")
@click.option("--partial", is_flag=True, help="Write what is in order, although something else is refused.")
@click.option("--overwrite", is_flag=True, help="Replace the file of an area that is there already.")
@click.option("--delimiter", type=click.Choice([",", ";", "tab", "|"]), help="Sign between columns of CSV files.")
@click.option("--decimal", type=click.Choice([".", ","]), help="Sign before the fraction of numbers that are text.")
@click.option(
    "--thousands", type=click.Choice(["", ".", ",", "'", " "]), help="Sign between thousands in numbers that are text."
)
@click.option("--encoding", metavar="NAME", help="Encoding of CSV files, such as windows-1252.")
@as_json_option
def command(table: Path | None, out: Path, template: Path | None, as_json: bool, **stated: Any) -> None:
    """Write files of the catalogue from a spreadsheet of own costs.

    TABLE is a workbook (.xlsx) or a CSV file with a row of headings and one cost to a row: area, name, kind, amounts,
    currency, price year, basis, rationale. DIR receives one TOML file for each activity area. All that is refused is
    listed with its cell, and then nothing is written.
    """
    if template is not None:
        _write_template(template, table, as_json)
        return
    if table is None:
        message = "TABLE is needed, or --template FILE."
        raise click.UsageError(message)
    from popsim.study.importing import Choices, import_costs
    from popsim.study.importing.components import Defaults

    defaults = Defaults(stated["currency"], stated["price_year"], UNITS[stated["amounts_in"]], stated["single"])
    beside = {
        name: stated[name] for name in ("overlaps", "data", "sources", "experts", "areas") if stated[name] is not None
    }
    dialect = ("delimiter", "decimal", "thousands", "encoding")
    choices = Choices(
        beside=beside,
        dialect={name: stated[name] for name in dialect if stated[name] is not None},
        defaults=defaults,
        **{name: stated[name] for name in ("sheet", "hidden", "ignore", "partial", "overwrite")},
    )
    imported = import_costs(table, out, choices)
    if as_json:
        print_json(_as_mapping(imported))
    else:
        _print(imported, out)


def _write_template(path: Path, table: Path | None, as_json: bool) -> None:
    """Write a table to fill in, where there is no file yet."""
    from popsim.study.importing.template import template_text

    if table is not None:
        raise ParameterError(Problem("--template", (), f"{path}, and the table {table}", "one of the two"))
    try:
        with path.open("x", encoding="utf-8", newline="") as file:
            file.write(template_text())
    except FileExistsError:
        problem = Problem(str(path), (), "a file or folder", "a file that does not exist yet", "name another file")
        raise FileError(problem) from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise FileError(Problem(f"writing {path}", (), reason, "a file that can be written")) from error
    if as_json:
        print_json({"template": str(path)})
        return
    click.echo(f"Fill in:    {path}")
    click.echo(f"Import it:  popsim import {path} --out DIR")


def _as_mapping(imported: Imported) -> dict[str, Any]:
    return {
        "files": [
            {
                "file": str(written.path),
                "area": written.area.id,
                "replaced": written.replaced,
                "components_gone": list(written.gone),
                "components": [
                    {"id": each.id, "name": each.name, "cost": each.cost, "read_as": each.read_as, "from": each.place}
                    for each in written.components
                ],
            }
            for written in imported.files
        ],
        "refused": [
            {"where": each.where, "found": each.found, "allowed": each.allowed, "mend": each.mend}
            for each in imported.refused
        ],
        "notes": list(imported.notes),
    }


def _print(imported: Imported, out: Path) -> None:
    """Print what was taken on standard output; notes, and what was refused in an import in part, on standard error."""
    for written in imported.files:
        click.echo(f"{written.path}: {written.area.name}")
        for each in written.components:
            click.echo(f"  {each.id} from {each.place}")
            click.echo(f"      {each.cost}")
            if each.read_as:
                click.echo(f"      amounts read as {each.read_as}")
        if written.replaced:
            gone = f"; no longer there: {words(written.gone)}" if written.gone else ""
            click.echo(f"  The file that was there is replaced{gone}.")
    taken = sum(len(written.components) for written in imported.files)
    click.echo(f"{taken} {'component' if taken == 1 else 'components'} in {out}.")
    for note in imported.notes:
        click.echo(click.wrap_text(f"Note: {note}.", WIDTH, subsequent_indent="  "), err=True)
    if imported.refused:
        click.echo("Refused, and not written:", err=True)
        for problem in imported.refused:
            click.echo(str(problem), err=True)
