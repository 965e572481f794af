"""``popsim schema``: the JSON schema of study and catalogue files."""

from __future__ import annotations

import click

from popsim.cli.output import print_json


@click.command(
    epilog="""\b
Examples:
  popsim schema > study.schema.json
  popsim schema --catalogue > catalogue.schema.json

\b
Editors with Taplo read it from a first line in the TOML file:
  #:schema ./study.schema.json"""
)
@click.option("--catalogue", is_flag=True, help="The schema of catalogue files, one for each activity area.")
def command(catalogue: bool) -> None:
    """Print the JSON schema of study files, for editors that complete and check TOML.

    Draft 2020-12: every key with its type, limits and meaning, and every family of distributions. A file that it
    refuses is wrong; what holds between keys checks "popsim check".
    """
    from popsim.study.describe import file_schema

    print_json(file_schema("catalogue" if catalogue else "study"))
