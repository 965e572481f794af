"""Where the numbers come from and how to get them again."""

from __future__ import annotations

from popsim.report.data import ReportData
from popsim.report.document import Block, Details, Listing, Pairs, Paragraph, Section
from popsim.report.numbers import THIN, percent
from popsim.report.prose import Prose
from popsim.schema import seed_of

_text = Prose("provenance")


def provenance(data: ReportData) -> Section:
    """Return seed, scenarios, versions, digest, and the study as run."""
    study, attrs = data.study, data.dataset.attrs
    seed = seed_of(attrs, study.seed)
    items = [
        ("Study", f"{study.title} ({study.name})"),
        ("Scenarios", _text("scenarios", scenarios=data.scenarios, first=int(attrs.get("first_scenario", 0)))),
        ("Seed", str(seed)),
    ]
    if attrs.get("design", "random") != "random":
        items.append(("Design", str(attrs["design_description"])))
    if "precision_reached" in attrs:
        reached, wanted = (f"{100 * float(attrs[name]):.2g}{THIN}%" for name in ("precision_reached", "precision"))
        items.append(("Precision", _text("precision", reached=reached, wanted=wanted, half_width=percent(0.95))))
    if "plan_digest" in attrs:
        items.append(("Plan digest", str(attrs["plan_digest"])))
    versions = [
        f"{str(key).removesuffix('_version')} {value}"
        for key, value in sorted(attrs.items())
        if str(key).endswith("_version")
    ]
    if versions:
        items.append(("Software", ", ".join(versions)))
    blocks: list[Block | Details] = [
        Pairs(tuple(items)),
        Paragraph(_text("repeat", scenarios=data.scenarios, seed=seed)),
    ]
    if text := str(attrs.get("study", "")) or next((text for _, text in study.files), ""):
        blocks.append(Details("The study as run", (Listing(text),)))
    return Section("provenance", "Provenance", "Provenance", tuple(blocks))
