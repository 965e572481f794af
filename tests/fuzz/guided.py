"""Fuzzing that is guided by what code was reached: atheris changes the bytes of files and keeps what reaches new code.

Each module of `targets` has a loader of popsim and files to begin with. Anything but a result or a `PopsimError` is a
finding: another exception, a warning, more than 20 s or more than 2 GiB. `make fuzz` runs all for a share of its time
and `make fuzz-smoke` for some seconds; `python -m tests.fuzz.guided study --seconds 600` runs one.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
TARGETS = tuple(sorted(path.stem for path in Path(__file__).parent.glob("targets/[a-z]*.py")))
LONGEST = 20
"""Seconds of one file."""
MOST_MEMORY = 2048
"""MiB of the process."""
LEFT_OUT = "atheris is not installed, which has packages for Linux on x86-64 alone: guided fuzzing is left out"
FOLLOWED = ("popsim.study", "popsim.tables", "popsim.families", "popsim.engine.manifest", "popsim.engine.run_folder")
FOLLOWED += ("popsim.engine.runs", "popsim.plan.model", "popsim.errors")
"""Packages in which atheris sees what is reached."""


def is_available() -> bool:
    """Return whether atheris is installed."""
    return importlib.util.find_spec("atheris") is not None


def run_guided(target: str, seconds: float, seed: int) -> tuple[int, list[str]]:
    """Fuzz a loader in a process of its own; return how many files it was given, and what was found."""
    with tempfile.TemporaryDirectory(prefix="popsim-") as folder:
        command = [sys.executable, "-m", "tests.fuzz.guided", target, "--within", folder]
        done = subprocess.run(
            [*command, "--seconds", str(seconds), "--seed", str(seed)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        path = Path(folder, "findings")
        found = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []
        if done.returncode:  # ended by libFuzzer: too long or too large; or a crash of the process
            files = [f"{each.name}: {each.read_bytes()!r}" for each in Path(folder).glob("end-*")]
            found.append("\n".join([f"exit status {done.returncode}", done.stderr[-3000:], *files]))
    counts = re.findall(r"(?:^#|number_of_executed_units: )(\d+)", done.stderr, re.MULTILINE)
    cases = max(map(int, counts), default=0)
    return cases, found if cases or found else [f"no file was tried: {done.stderr[-3000:]}"]


def words_of(schema: object) -> set[str]:
    """Return the keys and the fixed values that a JSON schema knows."""
    found: set[str] = set()
    if isinstance(schema, dict):
        found |= set(schema.get("properties", {})) if isinstance(schema.get("properties"), dict) else set()
        for key in ("enum", "const"):
            values = schema.get(key, [])
            found |= {each for each in (values if isinstance(values, list) else [values]) if isinstance(each, str)}
        for value in schema.values():
            found |= words_of(value)
    elif isinstance(schema, list):
        for value in schema:
            found |= words_of(value)
    return found


def write_dictionary(path: Path) -> None:
    """Write the words of study and catalogue files, as libFuzzer reads them."""
    from popsim.study.describe import file_schema

    words = words_of(file_schema("study")) | words_of(file_schema("catalogue"))
    signs = ["[[component]]", "[area.", " = ", '"""', "1e308", "nan", "-1", "{ family = ", "\\xef\\xbb\\xbf", ";"]
    lines = [f'"{word}"' for word in sorted(words) if re.fullmatch(r"[\w.-]+", word, re.ASCII)]
    quoted = [sign.replace('"', '\\"') for sign in signs]
    path.write_text("\n".join([*lines, *(f'"{sign}"' for sign in quoted)]) + "\n", encoding="utf-8")


def guarded(load: Callable[[bytes], object], findings: Path) -> Callable[[bytes], None]:
    """Return a function that loads bytes and notes each kind of finding once.

    Parameters
    ----------
    load
        The loader.
    findings
        A file to which findings are added, one line of JSON each.
    """
    import popsim as ps

    seen: set[str] = set()

    def function(data: bytes) -> None:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                load(data)
        except ps.PopsimError as error:
            if error.problems and all(each.found and each.allowed for each in error.problems):
                return
            what, trace = "an error without words", str(error)
        except Exception as error:
            what, trace = type(error).__name__, traceback.format_exc()[-2500:]
        else:
            return
        places = re.findall(r'popsim/[\w/]+\.py", line \d+', trace)
        kind = f"{what} at {places[-1] if places else 'no place of popsim'}"
        if kind not in seen:
            seen.add(kind)
            with findings.open("a", encoding="utf-8") as file:
                file.write(json.dumps(f"{kind}\n{trace}\nof {data!r}") + "\n")

    return function


def fuzz(name: str, within: Path, seconds: float, seed: int) -> None:
    """Fuzz one loader in this process, which ends then."""
    import atheris

    with atheris.instrument_imports(include=list(FOLLOWED)):
        target: Any = importlib.import_module(f"tests.fuzz.targets.{name}")
    corpus = within / "corpus"
    corpus.mkdir()
    write_seeds(corpus, target.seeds())
    write_dictionary(within / "words")
    place = within / "work"
    place.mkdir()
    os.chdir(place)
    options = {
        "max_total_time": max(1, round(seconds)),
        "seed": seed,
        "dict": within / "words",
        "timeout": LONGEST,
        "rss_limit_mb": MOST_MEMORY,
        "max_len": 65536,
        "artifact_prefix": f"{within}/end-",
        "print_final_stats": 1,
    }
    arguments = [sys.argv[0], *(f"-{key}={value}" for key, value in options.items()), str(corpus)]
    atheris.Setup(arguments, guarded(target.loader(place), within / "findings"), enable_python_coverage=True)
    atheris.Fuzz()


def write_seeds(folder: Path, seeds: Iterable[bytes]) -> None:
    """Write files to begin with, each once."""
    for number, seed in enumerate(sorted(set(seeds))):
        (folder / f"{number:04d}").write_bytes(seed)


def main() -> int:
    """Fuzz what is asked for; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.guided", description=__doc__)
    parser.add_argument("target", nargs="?", choices=TARGETS, help="else all, one after the other")
    parser.add_argument("--seconds", type=float, default=20.0, help="for all together")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--within", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if not is_available():
        print(LEFT_OUT)
        return 0
    if given.within is not None:
        fuzz(given.target, given.within, given.seconds, given.seed)
    targets = [given.target] if given.target else TARGETS
    found = 0
    for target in targets:
        cases, findings = run_guided(target, given.seconds / len(targets), given.seed)
        found += len(findings)
        print(f"guided, {target}: {cases:,} files of seed {given.seed}; {len(findings)} findings", flush=True)
        for finding in findings:
            print(finding, flush=True)
    return int(found > 0)


if __name__ == "__main__":
    raise SystemExit(main())
