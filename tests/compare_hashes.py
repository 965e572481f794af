"""Compare hashes that tests/hashes.py wrote on machines: ``compare_hashes.py STORED FILE...``, exit 1 if they differ.

Python alone is needed.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def differences(stored: dict[str, str], found: dict[str, dict[str, str]]) -> list[str]:
    """Return a line for each result of each machine that is missing, unknown or different.

    Parameters
    ----------
    stored : dict
        Hash of each result by its name.
    found : dict
        The same for each machine, by its name.
    """
    lines = []
    for machine, own in found.items():
        for name in [*stored, *(name for name in own if name not in stored)]:
            if name not in own:
                lines.append(f"{machine}: nothing about {name}")
            elif name not in stored:
                lines.append(f"{machine}: {name} is not among the stored hashes")
            elif own[name] != stored[name]:
                lines.append(f"{machine}: {name} has other numbers")
    return lines


def main(arguments: list[str]) -> int:
    """Compare files, and print what differs."""
    first, *others = (Path(argument) for argument in arguments)
    if not others:
        print("no files to compare", file=sys.stderr)
        return 1
    stored = json.loads(first.read_text(encoding="utf-8"))
    lines = differences(stored, {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in others})
    print("\n".join(lines) or f"{len(stored)} results are the same on {len(others)} machines")
    return int(bool(lines))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
