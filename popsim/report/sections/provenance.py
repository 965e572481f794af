"""Where the numbers come from and how to get them again."""

from __future__ import annotations

from popsim.report.data import ReportData
from popsim.report.document import Block, Details, Listing, Pairs, Paragraph, Section
from popsim.report.language import gettext as _
from popsim.report.numbers import percent, stated_share
from popsim.report.prose import Prose
from popsim.schema import seed_of

_text = Prose("provenance")


def provenance(data: ReportData) -> Section:
    """Return seed, scenarios, versions, digest, and the study as run."""
    study, attrs = data.study, data.dataset.attrs
    seed = seed_of(attrs, study.seed)
    items = [
        (_("Study"), _text("study", title=study.title, name=study.name)),
        (_("Scenarios"), _text("scenarios", scenarios=data.scenarios, first=int(attrs.get("first_scenario", 0)))),
        (_("Seed"), str(seed)),
    ]
    if attrs.get("design", "random") != "random":
        items.append((_("Design"), _text("design", design=str(attrs["design"]), replicates=data.replicates)))
    if "precision_reached" in attrs:
        reached, wanted = (stated_share(float(attrs[name]), 2) for name in ("precision_reached", "precision"))
        items.append((_("Precision"), _text("precision", reached=reached, wanted=wanted, half_width=percent(0.95))))
    if "plan_digest" in attrs:
        items.append((_("Plan digest"), str(attrs["plan_digest"])))
    versions = [
        f"{str(key).removesuffix('_version')} {value}"
        for key, value in sorted(attrs.items())
        if str(key).endswith("_version")
    ]
    if versions:
        items.append((_("Software"), ", ".join(versions)))
    blocks: list[Block | Details] = [
        Pairs(tuple(items)),
        Paragraph(_text("repeat", scenarios=data.scenarios, seed=seed)),
    ]
    if text := str(attrs.get("study", "")) or next((text for _, text in study.files), ""):
        blocks.append(Details(_("The study as run"), (Listing(text),)))
    return Section("provenance", _("Provenance"), _("Provenance"), tuple(blocks), is_annex=True)
