"""Where the numbers come from and how to have them again."""

from __future__ import annotations

from popsim.report.document import Details, Listing, Pairs, Paragraph, Section
from popsim.report.facts import Facts
from popsim.report.numbers import THIN, count
from popsim.schema import seed_of

__all__ = ["provenance"]


def provenance(facts: Facts) -> Section:
    """Seed, scenarios, versions, digest, and the study as run."""
    study, attrs = facts.study, facts.dataset.attrs
    first = int(attrs.get("first_scenario", 0))
    seed = seed_of(attrs, study.seed)
    items = [
        ("Study", f"{study.title} ({study.name})"),
        ("Scenarios", count(facts.scenarios) + (f", from scenario {count(first)}" if first else "")),
        ("Seed", str(seed)),
    ]
    if attrs.get("design", "random") != "random":
        items.append(("Design", str(attrs["design_description"])))
    if "precision_reached" in attrs:
        reached, wanted = (f"{100 * float(attrs[name]):.2g}{THIN}%" for name in ("precision_reached", "precision"))
        what = f"of the ends and the median of the range (95{THIN}% half-width)"
        items.append(("Precision", f"{reached} {what}; asked for was {wanted}"))
    if "plan_digest" in attrs:
        items.append(("Plan digest", str(attrs["plan_digest"])))
    versions = [
        f"{str(key).removesuffix('_version')} {value}"
        for key, value in sorted(attrs.items())
        if str(key).endswith("_version")
    ]
    if versions:
        items.append(("Software", ", ".join(versions)))
    command = f"popsim run study.toml --scenarios {facts.scenarios} --seed {seed}"
    repeat = (
        "The same plan and seed give the same scenarios to the last digit on any computer. The folder of this run "
        f"holds the study and its inputs; there, “{command}” repeats it."
    )
    text = str(attrs.get("study", "")) or next((text for _, text in study.files), "")
    blocks = (Pairs(tuple(items)), Paragraph(repeat))
    if not text:
        return Section("provenance", "Provenance", "Provenance", blocks)
    shown = Details("The study as run", (Listing(text),))
    return Section("provenance", "Provenance", "Provenance", (*blocks, shown))
