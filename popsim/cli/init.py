"""``popsim init``: an editable copy of a packaged study, with its catalogue, its countries and its prices."""

from __future__ import annotations

import re
from pathlib import Path
from string import Template
from typing import Any

import click

from popsim.cli.completion import complete_study
from popsim.cli.folder import added_to, some_of
from popsim.cli.output import print_json
from popsim.cli.parameters import as_json_option
from popsim.engine.files import remove
from popsim.engine.run_folder import leftovers_of
from popsim.errors import FileError, Problem, UnknownNameError, nearest
from popsim.schema import CSV_FILES, STUDY_FILE

CATALOGUE = "catalogue"
START_HERE = "START-HERE.md"
LINKS = {("catalogue", "folder"): CATALOGUE, **CSV_FILES}
"""Keys of a study file that may name another file or folder, and what the copy is called."""


@click.command(
    epilog="""\b
Examples:
  popsim init my-study
  popsim init my-study --study example

\b
The folder receives
  START-HERE.md what each file is, and the first change
  study.toml    the study, with its comments
  catalogue/    the cost distributions, one file for each activity area
  *.csv         countries, prices and exchange rates
  translations/ the names of the study in other languages, where it has them
and what the packaged README files say about them. Then
  popsim check my-study
  popsim run my-study --out results/mine"""
)
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option(
    "--study",
    default="pops",
    show_default=True,
    metavar="NAME",
    shell_complete=complete_study,
    help="Packaged study to copy.",
)
@as_json_option
def command(folder: Path, study: str, as_json: bool) -> None:
    """Copy a packaged study into a new folder, to be edited.

    DIR does not exist yet, or is empty. The copy gives the same numbers as the packaged study until it is changed, and
    needs no file outside DIR. The same command completes a copy that was stopped.
    """
    files = _files_of(study)
    files[START_HERE] = _start_here(study, files).encode()
    there = _copied_before(folder, files)
    with added_to(folder) as partial:
        for name, content in files.items():
            if name.partition("/")[0] not in there:
                path = partial / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
    if as_json:
        print_json({"study": study, "folder": str(folder), "files": list(files)})
        return
    click.echo(f"Begin:     {folder / START_HERE}")
    click.echo(f"Study:     {folder / STUDY_FILE}")
    click.echo(f"Costs:     {folder / CATALOGUE}")
    click.echo(f"Check it:  popsim check {folder}")
    click.echo(f"Run it:    popsim run {folder} --out results/{folder.resolve().name}")


def _copied_before(folder: Path, files: dict[str, bytes]) -> set[str]:
    """Return the names in a folder that the same command, stopped before its end, has put there.

    Raises
    ------
    FileError
        When the folder holds anything else, or is a file.
    """
    allowed, mend = "a folder that does not exist yet, or is empty", "name another folder"
    if not folder.is_dir():
        if folder.exists():
            raise FileError(Problem(str(folder), (), "a file", allowed, mend))
        return set()
    stopped = [path for path in leftovers_of(folder.resolve()) if path.parent == folder.resolve()]
    wanted = {name: content for name, content in files.items() if (folder / name.partition("/")[0]).exists()}
    own = [path for path in folder.iterdir() if path.name not in {each.name for each in stopped}]
    every = [path for top in own for path in ([top] if not top.is_dir() else top.rglob("*")) if not path.is_dir()]
    found = {path.relative_to(folder).as_posix(): path for path in every}
    if found.keys() != wanted.keys() or any(path.read_bytes() != wanted[name] for name, path in found.items()):
        names = sorted(path.name for path in own)
        raise FileError(Problem(str(folder), (), f"a folder that holds {some_of(names)}", allowed, mend))
    for path in stopped:
        remove(path)
    return {name.partition("/")[0] for name in wanted}


def _files_of(study: str) -> dict[str, bytes]:
    """Return the content of each file of the copy by its path in the folder."""
    from popsim.study.files import packaged_studies, parse_toml, read_bytes, read_text

    studies = packaged_studies()
    if study not in studies:
        allowed = f"a packaged study: {', '.join(studies)}"
        raise UnknownNameError(Problem("--study", (), study, allowed, nearest(study, list(studies))))
    source = studies[study]
    text = read_text(source)
    linked = _links(parse_toml(text, source.name))
    files: dict[str, bytes] = {}
    for link, name in linked.items():
        origin = source.parent / link
        inside = [path for path in sorted(origin.iterdir()) if path.is_file()] if origin.is_dir() else []
        files |= {f"{name}/{path.name}": read_bytes(path) for path in inside} or {name: read_bytes(origin)}
    pages = {"README.md": source.with_name("README.md")} if source.with_name("README.md").is_file() else {}
    texts = {STUDY_FILE: text, **{name: read_text(path) for name, path in pages.items()}}
    for name, written in texts.items():
        for link, copy in {**linked, source.name: STUDY_FILE}.items():
            written = written.replace(link, copy)
        files[name] = written.encode("utf-8")
    return files


def _links(document: dict[str, Any]) -> dict[str, str]:
    """Return the name in the copy of each file or folder that a study refers to."""
    from popsim.study.translations import FOLDER

    names = LINKS | {(FOLDER, code): f"{FOLDER}/{code}.toml" for code in document.get(FOLDER, {})}
    stated = {keys: document.get(keys[0], {}).get(keys[1]) for keys in names}
    return {link: names[keys] for keys, link in stated.items() if isinstance(link, str)}


def _start_here(study: str, files: dict[str, bytes]) -> str:
    """Return the page that explains the folder: its files, and how its first cost is changed."""
    from popsim.study.files import parse_toml
    from popsim.study.translations import FOLDER

    about = {
        STUDY_FILE: "the study: countries, areas, years, dependence, options",
        f"{CATALOGUE}/": "what each activity costs, one file for each area, with reasons and sources",
        CSV_FILES[("countries", "file")]: "the countries, their groups and their size",
        CSV_FILES[("money", "price_index")]: "prices by year, which bring costs to one year",
        CSV_FILES[("money", "exchange_rates")]: "what one unit of other currencies is worth",
        CSV_FILES[("dependence", "between_areas")]: "how far the costs of areas move together",
        f"{FOLDER}/": "the names of the study in other languages, for documents in these",
        "README.md": "where the figures come from",
    }
    there = {name if "/" not in name else f"{name.partition('/')[0]}/" for name in files}
    costs = [name for name in sorted(files) if name.startswith(f"{CATALOGUE}/") and name.endswith(".toml")]
    first, line = next(
        (name, found[0]) for name in costs if (found := re.search(r"(?m)^cost = .*$", files[name].decode()))
    )
    return Template((Path(__file__).parent / "start_here.md").read_text(encoding="utf-8")).substitute(
        study=study,
        files="\n".join(f"| `{name}` | {text} |" for name, text in about.items() if name in there),
        first=first,
        cost=line,
        area=parse_toml(files[first].decode(), first)["area"]["id"],
    )
