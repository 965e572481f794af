"""Arguments and options that several commands take, and how their values are read."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from pathlib import Path

import click

from popsim.cli.completion import complete_run, complete_setting, complete_study
from popsim.errors import ParameterError, Problem


def whole_number(least: int, most: int | None = None) -> Callable[[str], int]:
    """Return a reader of whole numbers within limits for an option; underscores between digits are allowed."""
    limits = f"of at least {least}" if most is None else f"from {least} to {most}"

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if number < least or (most is not None and number > most):
            message = f'"{text}" is not a whole number {limits}.'
            raise click.BadParameter(message)
        return number

    return read


def share_of_one(text: str) -> float:
    """Read a share as per cent or as a number, strictly between 0 and 1.

    Raises
    ------
    click.BadParameter
        For anything else.

    Examples
    --------
    >>> share_of_one("80%"), share_of_one("0.5 %"), share_of_one("0.8")
    (0.8, 0.005, 0.8)
    """
    number = text.strip().removesuffix("%")
    try:
        # Through decimals: 99.999 % is 0.99999 and not 0.99998999...
        value = float(Decimal(number.strip()) / (100 if number != text.strip() else 1))
    except (ArithmeticError, ValueError):
        value = math.nan
    if not 0.0 < value < 1.0:
        hint = f" Is {number.strip()}% meant?" if 1.0 < value < 100.0 and number == text.strip() else ""
        message = f'"{text}" is neither between 0% and 100% nor a number between 0 and 1.{hint}'
        raise click.BadParameter(message)
    return value


def positive_number(text: str) -> float:
    """Read a number above 0, such as 850e6 or 850_000_000.

    Raises
    ------
    click.BadParameter
        For anything else.
    """
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0.0 < value < math.inf:
        message = f'"{text}" is not a number above 0, such as 850e6.'
        raise click.BadParameter(message)
    return value


study_argument = click.argument("study", metavar="STUDY", shell_complete=complete_study)
run_argument = click.argument("run", type=click.Path(path_type=Path), metavar="RUN", shell_complete=complete_run)
settings_option = click.option(
    "--set",
    "settings",
    metavar="KEY=VALUE",
    multiple=True,
    shell_complete=complete_setting,
    help="Change one key of the study for this run, such as area.f.include=false; may be given again.",
)
data_folder_option = click.option(
    "--data-folder",
    "data_folders",
    metavar="DIR",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Let the study name files in this folder too, and not only in its own; may be given again.",
)
seed_option = click.option(
    "--seed",
    type=whole_number(0, 2**64 - 1),
    metavar="S",
    help="Start of the random numbers: the same seed gives the same numbers. Else as the study says.",
)
threads_option = click.option(
    "--threads", type=whole_number(1), metavar="T", help="Processor cores to use; changes the time, not a number."
)
memory_option = click.option(
    "--memory",
    metavar="SIZE",
    help="How much memory to take at most, such as 2GiB; else half of what is free. What does not fit is written to "
    "the disk as it is drawn; no number changes.",
)
scheduler_option = click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Have the workers of a dask cluster draw the scenarios: the address of its scheduler, such as "
    "tcp://10.0.0.1:8786, or its file. All workers must see the folder of the run; no number changes.",
)
trust_option = click.option(
    "--trust-edited",
    is_flag=True,
    help="Take the files of a run as they are, also where they are not as popsim wrote them; its report then says so.",
)
as_json_option = click.option("--json", "as_json", is_flag=True, help="Print results as JSON.")


def overrides_of(settings: Iterable[str], options: Mapping[str, object] | None = None) -> dict[str, object]:
    """Return the overrides of a study that ``--set KEY=VALUE`` and options such as ``--seed`` state.

    Parameters
    ----------
    settings
        Texts as given to ``--set``.
    options
        Value by dotted key, for options such as ``--seed``; None where the option was not given.

    Raises
    ------
    ParameterError
        For every text that is no ``KEY=VALUE``, and every key that is set more than once.

    Examples
    --------
    >>> overrides_of(["area.f.include=false", "money.currency=USD"], {"scenarios.seed": 7, "scenarios.count": None})
    {'scenarios.seed': 7, 'area.f.include': False, 'money.currency': 'USD'}
    """
    result: dict[str, object] = {key: value for key, value in (options or {}).items() if value is not None}
    problems: list[Problem] = []
    for setting in settings:
        key, equals, text = setting.partition("=")
        key = key.strip()
        path = tuple(key.split("."))
        if not (equals and key and text.strip()):
            problems.append(Problem("--set", (), setting, "KEY=VALUE", "such as --set area.f.include=false"))
        elif key in result:
            problems.append(Problem("--set", path, "set more than once", "one value for a key in one command"))
        else:
            try:
                result[key] = toml_value(text.strip())
            except ValueError as error:
                problems.append(
                    Problem(
                        "--set",
                        path,
                        text,
                        f"a value as TOML writes it ({error})",
                        'quote it for the shell as well: --set \'KEY=["a", "b"]\'',
                    )
                )
    if problems:
        raise ParameterError(problems)
    return result


def toml_value(text: str) -> object:
    """Read one TOML value; a bare word is a string.

    Raises
    ------
    ValueError
        When `text` begins like a quoted string, an array, a table or a number and is not one.

    Examples
    --------
    >>> toml_value("10_000"), toml_value("[1.5, 2]"), toml_value("USD"), toml_value("true")
    (10000, [1.5, 2], 'USD', True)
    """
    try:
        table = tomllib.loads(f"value = {text}")
    except RecursionError:
        message = "arrays or tables within each other, too deep to read"
        raise ValueError(message) from None
    except tomllib.TOMLDecodeError:
        if text[0].isalpha() or text[0] in "./_":
            return text
        raise
    if list(table) != ["value"]:
        message = "more than one value"
        raise ValueError(message)
    return table["value"]
