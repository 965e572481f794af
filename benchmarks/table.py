"""Write the tables of benchmarks/README.md (and of README.md, where it has the marks) from what was measured.

``python -m benchmarks.table FILE`` reads the JSON of pytest-benchmark; `benchmarks.peers` calls `write` itself.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGES = (ROOT / "benchmarks" / "README.md", ROOT / "README.md")

Entry = Mapping[str, Any]


def main(file: str) -> None:
    """Write all tables that one run of pytest-benchmark gives."""
    found = json.loads(Path(file).read_text(encoding="utf-8"))
    entries = [{**item["extra_info"], "ours": item["stats"]["median"]} for item in found["benchmarks"]]
    of = {kind: [entry for entry in entries if entry["kind"] == kind] for kind in ("ratio", *TABLES)}
    rounds = min(item["stats"]["rounds"] for item in found["benchmarks"] if item["extra_info"]["kind"] == "ratio")
    load = max(entry["load"] for entry in of["ratio"])
    how = f"At least {rounds} rounds; load average up to {load:.1f} (1 is this measurement alone)."
    write("machine", machine(["numpy", "scipy", "numba", "xarray"]) + " " + how)
    write("ratios", ratios(of["ratio"]))
    for kind, make in TABLES.items():
        write(f"{kind}s", make(of[kind]))


def machine(distributions: Iterable[str]) -> str:
    """One line on where it was measured."""
    versions = ", ".join(f"{name} {version(name)}" for name in distributions)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{_processor()}, {cores} cores; Python {platform.python_version()}, {versions}."


def ratios(entries: Sequence[Entry]) -> str:
    """Table of ratios: rows that fall short say so."""
    lines = []
    for entry in entries:
        ratio, target = entry["reference"] / entry["ours"], entry["target"]
        verdict = "" if target is None else "yes" if ratio >= target else "**no**"
        asked = "" if target is None else f"{target:g} x"
        shown = f"{ratio:.0f} x" if ratio >= 100.0 else f"{ratio:.3g} x"
        times = [_seconds(entry["ours"]), _seconds(entry["reference"]), shown, asked, verdict]
        lines.append([entry["work"], entry["against"], *times])
    return _table(["work", "against", "popsim", "reference", "ratio", "asked", "reached"], lines)


def limits(entries: Sequence[Entry]) -> str:
    """Table of what must stay below a limit."""
    lines = []
    for entry in entries:
        value, unit = entry.get("value", entry["ours"]), entry["unit"]
        verdict = "yes" if value <= entry["limit"] else "**no**"
        lines.append([entry["what"], f"{value:.3g} {unit}", f"{entry['limit']:g} {unit}", verdict])
    return _table(["what", "measured", "at most", "reached"], lines)


def stages(entries: Sequence[Entry]) -> str:
    """Table of time per value of each stage."""
    return _table(["stage", "ns"], [[entry["what"], _nanoseconds(entry)] for entry in entries])


def draws(entries: Sequence[Entry]) -> str:
    """Table of time per draw of each example of each family."""
    lines = [[entry["name"], f"`{entry['what']}`", _nanoseconds(entry)] for entry in entries]
    return _table(["family", "example", "ns per draw"], lines)


def tables(entries: Sequence[Entry]) -> str:
    """Table of time to tabulate each example of each family."""
    lines = [[entry["name"], f"`{entry['what']}`", f"{entry['ours'] * 1e3:.2f}"] for entry in entries]
    return _table(["family", "example", "ms per table"], lines)


def sizes(entries: Sequence[Entry]) -> str:
    """Table of time per cell and scenario over sizes."""
    names = ("scenarios", "countries", "areas", "threads")
    lines = [
        [*(f"{entry[name]:,}" for name in names), _seconds(entry["ours"]), _nanoseconds(entry)] for entry in entries
    ]
    return _table([*names, "time", "ns per cell and scenario"], lines)


TABLES = {"limit": limits, "stage": stages, "draw": draws, "table": tables, "size": sizes}


def write(name: str, text: str) -> None:
    """Put a text between its marks on every page that has them."""
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    for page in PAGES:
        content = page.read_text(encoding="utf-8")
        if begin in content:
            before, rest = content.split(begin, 1)
            page.write_text(f"{before}{begin}\n{text}\n{end}{rest.split(end, 1)[1]}", encoding="utf-8")


def _table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    rows = [list(head), ["---"] * len(head), *(list(line) for line in lines)]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _seconds(value: float) -> str:
    return f"{value:.3g} s" if value >= 1.0 else f"{value * 1e3:.3g} ms"


def _nanoseconds(entry: Entry) -> str:
    return f"{entry['ours'] / entry['count'] * 1e9:.2f}"


def _processor() -> str:
    names = Path("/proc/cpuinfo")
    if names.exists():
        for line in names.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip() + f" ({platform.machine()})"
    return platform.processor() or platform.machine()


if __name__ == "__main__":
    main(sys.argv[1])
