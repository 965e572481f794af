"""Rehearse a release without publishing anything: ``make release-check``, and the first job of the release workflow.

``python -m requirements.release`` checks the version against CHANGELOG.md, builds the sdist and from it the wheel, has
twine look at both, installs the wheel into an empty environment, runs a small study there, and collects the tests of
the sdist. With ``--tag v1.2.3`` the changelog must have the section of that version; without, what is unreleased will
do. ``--notes`` prints the section of the version and does nothing else.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MEGABYTES = 900
"""What popsim and all that it needs may take on the disk; docs/dependencies.md says what they do take."""

HEADING = re.compile(r"^## \[(?P<version>[^\]]+)\](?: - (?P<date>\S+))?\s*$", re.MULTILINE)


def sections(changelog: str) -> dict[str, tuple[str | None, str]]:
    r"""Return the date and the text of each version of a changelog, by version.

    Examples
    --------
    >>> sections("# Changelog\\n## [0.2.0] - 2026-03-01\\nfaster\\n")
    {'0.2.0': ('2026-03-01', 'faster')}
    """
    found = list(HEADING.finditer(changelog))
    ends = [match.start() for match in found[1:]] + [len(changelog)]
    return {
        match["version"]: (match["date"], changelog[match.end() : end].strip())
        for match, end in zip(found, ends, strict=True)
    }


def problems(version: str, changelog: str, tag: str | None) -> list[str]:
    r"""Return what stands against a release of a version, in words.

    Parameters
    ----------
    version : str
        The version that popsim/version.py states.
    changelog : str
        Text of CHANGELOG.md.
    tag : str or None
        The tag of the release; None rehearses before there is one.

    Examples
    --------
    >>> problems("0.2.0", "## [0.2.0] - 2026-03-01\\nfaster", "v0.2.0")
    []
    >>> problems("0.2.0", "## [Unreleased]\\nfaster", "v0.3.0")[0]
    'the tag is v0.3.0, and popsim/version.py says 0.2.0: the tag should be v0.2.0'
    """
    found, listed = [], sections(changelog)
    if not re.fullmatch(r"\d+\.\d+\.\d+(rc\d+)?", version):
        found.append(
            f"popsim/version.py says {version}: a version has three numbers, and rc1, rc2 ... before a release"
        )
    if tag is not None and tag != f"v{version}":
        found.append(f"the tag is {tag}, and popsim/version.py says {version}: the tag should be v{version}")
    is_unreleased = "rc" in version or (tag is None and version not in listed)
    heading = "Unreleased" if is_unreleased else version
    if heading not in listed:
        return [*found, f'CHANGELOG.md has no section "## [{heading}]"']
    date, text = listed[heading]
    if not text:
        found.append(f'CHANGELOG.md says nothing under "## [{heading}]"')
    if heading == version and not _is_date(date):
        found.append(f'CHANGELOG.md needs the date of the release: "## [{version}] - 2026-03-01"')
    if tag is not None and heading == version and listed.get("Unreleased", (None, ""))[1]:
        found.append(
            f'CHANGELOG.md still has lines under "## [Unreleased]": they belong to {version}, or to no release'
        )
    return found


def _is_date(text: str | None) -> bool:
    try:
        dt.date.fromisoformat(text or "")
    except ValueError:
        return False
    return True


def size(folder: Path) -> float:
    """Return what a folder takes on the disk, in MB (1,000,000 bytes)."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir()) / 1e6


def step(text: str) -> None:
    """Print what is done next."""
    print(f"-- {text}", flush=True)


def call(*words: str | Path, where: Path = ROOT) -> str:
    """Run a command and return what it prints; leave with its output when it fails."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [*map(str, words)],
        cwd=where,
        env={**environment, "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode:
        sys.exit(f"{' '.join(map(str, words))}\n{done.stdout}{done.stderr}")
    return done.stdout


def build(folder: Path) -> tuple[Path, Path]:
    """Build the sdist, and the wheel from the sdist; return both."""
    call(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT)
    (sdist,), (wheel,) = folder.glob("*.tar.gz"), folder.glob("*.whl")
    call(sys.executable, "-m", "twine", "check", "--strict", sdist, wheel)
    return sdist, wheel


def run_installed(wheel: Path, folder: Path) -> float:
    """Install a wheel into an empty environment, run a small study there; return how much was installed, in MB."""
    home = folder / "environment"
    venv.create(home, with_pip=True)
    programs = home / ("Scripts" if os.name == "nt" else "bin")
    bare = size(home)
    constraints = ROOT / "requirements" / "constraints.txt"
    call(programs / "python", "-m", "pip", "install", "--quiet", "--constraint", constraints, wheel, where=folder)
    taken = size(home) - bare
    print(call(programs / "popsim", "--version", where=folder).strip())
    call(programs / "popsim", "run", "--scenarios", "200", "--out", "results", where=folder)
    written = {path.name for path in (folder / "results").iterdir()}
    if missing := {"report.html", "report.docx", "report.xlsx", "summary.csv"} - written:
        sys.exit(f"the installed popsim wrote no {', '.join(sorted(missing))}")
    return taken


def collect(sdist: Path, folder: Path) -> str:
    """Unpack an sdist and collect its tests; return the last line of pytest."""
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    (inside,) = (path for path in folder.iterdir() if path.name.startswith("popsim-"))
    return call(sys.executable, "-m", "pytest", "--collect-only", "-q", where=inside).strip().splitlines()[-1]


def main(arguments: list[str] | None = None) -> int:
    """Rehearse; 1 where something stands against the release."""
    parser = argparse.ArgumentParser(prog="python -m requirements.release", description="Rehearse a release.")
    parser.add_argument("--tag", help="the tag of the release, such as v0.2.0")
    parser.add_argument("--out", type=Path, help="folder that receives the sdist and the wheel")
    parser.add_argument("--notes", action="store_true", help="print the changelog of the version, and stop")
    asked = parser.parse_args(arguments)
    # Read, not imported: what is released is the checkout, whatever is installed.
    stated = (ROOT / "popsim" / "version.py").read_text(encoding="utf-8")
    version = re.findall(r'^__version__ = "([^"]+)"$', stated, re.MULTILINE)[0]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    if asked.notes:
        listed = sections(changelog)
        print(listed[version if version in listed else "Unreleased"][1])
        return 0
    step(f"version {version} against CHANGELOG.md{f' and the tag {asked.tag}' if asked.tag else ''}")
    if found := problems(version, changelog, asked.tag):
        print("\n".join(found), file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        step("sdist, and from it the wheel; twine check --strict")
        target = asked.out.resolve() if asked.out else folder / "dist"
        sdist, wheel = build(target)
        print(f"{sdist.name} {size(sdist.parent):.1f} MB with the wheel")
        step("the wheel in an empty environment: popsim run")
        taken = run_installed(wheel, folder)
        print(f"popsim and what it needs take {taken:,.0f} MB")
        if taken > MEGABYTES:
            print(f"that is more than {MEGABYTES} MB (docs/dependencies.md)", file=sys.stderr)
            return 1
        step("the tests of the sdist are collected")
        print(collect(sdist, folder))
    print(f"popsim {version} could be released" + ("" if asked.tag else "; with --tag, its changelog is checked too"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
