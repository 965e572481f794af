"""``popsim countries``: the countries that a study counts."""

from __future__ import annotations

import click

from popsim.cli.output import print_json
from popsim.cli.parameters import as_json_option, overrides_of, settings_option, study_argument

__all__ = ["command"]


@click.command(
    epilog="""\b
Examples:
  popsim countries pops
  popsim countries pops --json"""
)
@study_argument
@settings_option
@as_json_option
def command(study: str, settings: tuple[str, ...], as_json: bool) -> None:
    """List the countries that a study counts.

    STUDY is a TOML file or the name of a packaged study.
    """
    overrides = overrides_of(settings)
    from popsim.study.load import load_study

    countries = {country.code: country.name for country in load_study(study, overrides).countries}
    if as_json:
        print_json({"countries": countries})
        return
    for code, name in countries.items():
        click.echo(f"{code}  {name}")
