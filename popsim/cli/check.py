"""``popsim check``: list everything that is wrong with a study, or describe it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from popsim.cli.console import printable
from popsim.cli.loading import read_study
from popsim.cli.output import notes_of, print_json, print_notes
from popsim.cli.parameters import (
    as_json_option,
    data_folder_option,
    overrides_of,
    settings_option,
    study_argument,
    trust_option,
)
from popsim.errors import RunError
from popsim.schema import MANIFEST_FILE, PLAN_FILE, STORE_FILE

if TYPE_CHECKING:
    from pathlib import Path

    from popsim.study.model import Study


@click.command(
    epilog="""\b
Examples:
  popsim check pops
  popsim check my-study.toml
  popsim check my-study.toml --set scenarios.count=500
  popsim check my-study.toml --strict
  popsim check results/pops

\b
Exit status 0 when the study can be run, 2 when it cannot; with --strict also
2 when a warning about evidence is not accepted."""
)
@study_argument
@settings_option
@data_folder_option
@click.option("--strict", is_flag=True, help="Fail where a warning about evidence is not accepted.")
@trust_option
@as_json_option
def command(
    study: str,
    settings: tuple[str, ...],
    data_folders: tuple[Path, ...],
    strict: bool,
    trust_edited: bool,
    as_json: bool,
) -> None:
    """List everything that is wrong with a study, or with a run, at once.

    STUDY is a TOML file, the name of a packaged study, or the folder of a run: then every file of the run is compared
    with its manifest, documents and all scenarios included. Each problem names the file and key, what was found, what
    is allowed and how to mend it. A study in order is described instead, with warnings where a range does not follow
    from the amounts that are cited for it.
    """
    overrides = overrides_of(settings)
    checked = _check_run(Path(study), trust_edited)

    loaded = read_study(study, overrides, trust_edited, data_folders)
    from popsim.plan import compile as compile_plan

    digest = compile_plan(loaded).digest
    evidence = _evidence(loaded)
    content = {**describe(loaded), "plan_digest": digest, "notes": notes_of(loaded), "evidence": evidence}
    print_notes(loaded)
    if as_json:
        print_json(content)
    else:
        _print(loaded, content)
        _print_evidence(evidence)
        if checked:
            click.echo(f"Run: its {checked:,} files are as they were written.")
        click.echo("In order.")
    if strict and any(not warning["accepted"] for warning in evidence["warnings"]):
        click.get_current_context().exit(2)


def _check_run(folder: Path, trust_edited: bool) -> int:
    """Compare every file of a run with its manifest; return how many there are, 0 where the folder holds no run.

    Raises
    ------
    RunError
        Naming every file that is not as it was written.
    """
    if not any((folder / name).is_file() for name in (MANIFEST_FILE, PLAN_FILE)):
        return 0
    from popsim.engine.manifest import verify
    from popsim.engine.run_folder import ensure_found

    ensure_found(folder)
    verified = verify(folder, trust_edited=trust_edited, strict=True)
    if (folder / STORE_FILE).is_dir():
        from popsim.engine.store import open_store

        store = open_store(folder / STORE_FILE)
        if problems := store.verify():
            raise RunError(problems)
        store.dataset()  # reads what has no scenarios
    return 0 if verified.trusted or verified.manifest is None else len(verified.manifest.files)


def describe(study: Study) -> dict[str, Any]:
    """Return what a study is, in the order in which it is printed."""
    bases = Counter(component.basis for area in study.areas for component in area.components)
    groups: dict[str, Counter[str]] = {}
    for country in study.countries:
        for name, value in country.groups:
            groups.setdefault(name, Counter())[value] += 1
    return {
        "study": study.name,
        "title": study.title,
        "years": [study.years[0], study.years[-1]],
        "currency": study.currency,
        "price_year": study.price_year,
        "scenarios": study.scenarios,
        "seed": study.seed,
        "coverage": study.coverage,
        "countries": len(study.countries),
        "left_out": len(study.left_out),
        "left_out_reasons": study.left_out_reasons(),
        "groups": {name: dict(sorted(counts.items())) for name, counts in groups.items()},
        "areas": {area.id: area.name for area in study.areas},
        "areas_not_counted": dict(study.areas_left_out),
        "components": sum(bases.values()),
        "basis": dict(sorted(bases.items())),
        "breakdowns": [list(breakdown) for breakdown in study.breakdowns],
    }


def _print(study: Study, content: dict[str, Any]) -> None:
    def counted(counts: dict[str, int]) -> str:
        return ", ".join(f"{number} {name}" for name, number in counts.items())

    rows = {
        "study": f"{content['study']}: {content['title']}",
        "years": f"{content['years'][0]} to {content['years'][1]}",
        "money": f"{content['currency']} at {content['price_year']} prices",
        "scenarios": f"{content['scenarios']:,}, seed {content['seed']}",
        "countries": f"{content['countries']} counted, {content['left_out']} left out"
        + (f": {study.left_out_in_words()}" if study.left_out else ""),
        **{f"  {name}": counted(counts) for name, counts in content["groups"].items()},
        "areas": f"{len(content['areas'])} with {content['components']} cost components ({counted(content['basis'])})"
        + (f"; not counted: {', '.join(content['areas_not_counted'])}" if study.areas_left_out else ""),
        **{f"  {area}": name for area, name in content["areas"].items()},
        "breakdowns": ", ".join(" x ".join(breakdown) for breakdown in content["breakdowns"]),
        "plan digest": content["plan_digest"],
    }
    width = max(map(len, rows))
    for name, text in rows.items():
        indent = " " * (width + 2)
        click.echo(click.wrap_text(f"{name:<{width}}  {text}", 80, subsequent_indent=indent, initial_indent=""))


def _evidence(study: Study) -> dict[str, Any]:
    """Return how many amounts are compared with ranges or not, every warning, and reasons that answer none."""
    from popsim.study.evidence_check import check_evidence, cited_amounts, idle_acceptances

    warnings = check_evidence(study)
    compared, shown, unsized = cited_amounts(study)
    return {
        "amounts_compared": compared,
        "amounts_only_shown": shown,
        "amounts_without_size": unsized,
        "warnings": [
            {
                "warning": warning.kind,
                "components": list(warning.components),
                "found": warning.found,
                "mend": warning.mend,
                "accepted": warning.accepted,
            }
            for warning in warnings
        ],
        "accepted_in_vain": list(idle_acceptances(study, warnings)),
    }


def _print_evidence(evidence: dict[str, Any]) -> None:
    warnings = evidence["warnings"]
    accepted = sum(bool(warning["accepted"]) for warning in warnings)
    compared, shown, left = evidence["amounts_compared"], evidence["amounts_only_shown"], len(warnings) - accepted
    cited = compared + shown + evidence["amounts_without_size"]
    amounts = (
        f"{compared} of {cited} cited amounts are compared with ranges" if cited else "no amounts are cited as data"
    )
    beside = f", {shown} only shown" if shown else ""
    found = f"{left} warning{'' if left == 1 else 's'}, and {accepted} accepted"
    click.echo(click.wrap_text(f"Evidence: {amounts}{beside}; {found}.", 80))
    for warning in sorted(warnings, key=lambda warning: bool(warning["accepted"])):
        text = f"{', '.join(warning['components'])}, {warning['warning']}: {warning['found']}."
        end = f"Accepted: {warning['accepted']}" if warning["accepted"] else f"To mend: {warning['mend']}."
        click.echo(click.wrap_text(printable(f"{text} {end}"), 80, initial_indent="- ", subsequent_indent="  "))
    for line in evidence["accepted_in_vain"]:
        click.echo(click.wrap_text(printable(f"{line}."), 80, initial_indent="- ", subsequent_indent="  "))
