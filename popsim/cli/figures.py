"""``popsim figures``: the figures of a run as files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from popsim.cli.completion import complete_figure_formats, complete_languages
from popsim.cli.folder import added_to
from popsim.cli.loading import read_run
from popsim.cli.output import print_json
from popsim.cli.parameters import as_json_option, run_argument, trust_option
from popsim.cli.sparing import spare_dask
from popsim.errors import ParameterError, Problem, nearest
from popsim.report.formats import chosen_languages
from popsim.schema import FIGURES_FOLDER

if TYPE_CHECKING:
    from popsim.report.data import ReportData
    from popsim.report.document import Figure

FORMATS = {
    "svg": "for browsers, and programs in which a figure is changed",
    "png": "an image of 300 dots per inch, 160 mm wide",
    "pdf": "for printing and LaTeX, 160 mm wide",
}
"""What each format of a figure is for."""


@click.command(
    epilog=f"""\b
Examples:
  popsim figures results/pops
  popsim figures results/pops --format svg,png --out pictures
  popsim figures results/pops --language fr

\b
Formats:
{chr(10).join(f"  {name:4} {about}" for name, about in FORMATS.items())}"""
)
@run_argument
@click.option(
    "--format",
    "formats",
    default="svg",
    show_default=True,
    metavar="NAMES",
    shell_complete=complete_figure_formats,
    help="Formats, separated by commas.",
)
@click.option(
    "--language",
    "languages",
    default="en",
    show_default=True,
    metavar="CODES",
    shell_complete=complete_languages,
    help="Languages, separated by commas; files of other languages than English are called after it, as areas.fr.svg.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help=f'Folder for the figures; else "{FIGURES_FOLDER}" in that of the run.',
)
@trust_option
@as_json_option
def command(run: Path, formats: str, languages: str, out: Path | None, trust_edited: bool, as_json: bool) -> None:
    """Write the figures of a run, without simulating: all of its report, and the ranges of groups of countries.

    RUN is a folder that "popsim run" made.
    """
    wanted, codes = _chosen(formats), chosen_languages(languages)
    spare_dask(run)
    from popsim.cli.progress import progress_bar
    from popsim.report import language
    from popsim.report.data import gather

    loaded = read_run(run, trust_edited)
    folder = run / FIGURES_FOLDER if out is None else out
    written: dict[str, list[str]] = {}
    with progress_bar("Figures"), added_to(folder, loaded) as partial:
        for code in codes:
            with language.using(code):
                for figure in _figures(gather(loaded.study, loaded.dataset)):
                    ending = "" if code == "en" else f".{code}"
                    for each in wanted:
                        name = f"{figure.name}{ending}.{each}"
                        (partial / name).write_bytes(_drawn(figure, each))
                        written.setdefault(figure.name, []).append(str(folder / name))
    if as_json:
        print_json({"figures": written})
        return
    for name, paths in written.items():
        click.echo(f"{name}: {', '.join(paths)}")


def _figures(data: ReportData) -> Iterator[Figure]:
    """Yield the figures of the report in their order, and those that it shows as tables alone."""
    from popsim.report.content import compose
    from popsim.report.document import Figure
    from popsim.report.numbering import captioned
    from popsim.report.sections.ranges import group_figures

    document = compose(data.study, data.every_option, data)
    found = [block for block in captioned(document.sections) if isinstance(block, Figure)]
    known = {figure.name for figure in found}
    yield from found
    yield from (figure for figure in group_figures(data) if figure.name not in known)


def _drawn(figure: Figure, format_name: str) -> bytes:
    from popsim.report.figures import canvas

    if format_name == "svg":
        return canvas.svg_file(figure.draw, figure.name, figure.spoken).encode()
    return canvas.png(figure.draw) if format_name == "png" else canvas.pdf(figure.draw)


def _chosen(text: str) -> list[str]:
    """Return the formats that a text names, each once; refuse together those that there are not."""
    words = [word.strip().lower() for word in text.split(",")]
    problems = [
        Problem("--format", (), word or "nothing", ", ".join(FORMATS), nearest(word, list(FORMATS)))
        for word in words
        if word not in FORMATS
    ]
    if problems:
        raise ParameterError(problems)
    return list(dict.fromkeys(words))
