"""The report of the packaged study, by the real engine."""

from __future__ import annotations

import html
import re

from popsim.engine.simulate import simulate
from popsim.engine.variants import dependence_extremes
from popsim.report.content import compose
from popsim.report.document import Bullets
from popsim.report.html import render
from popsim.report.language import territory
from popsim.study.load import load_study


def test_packaged_study_has_a_full_report() -> None:
    study = load_study("pops")
    dataset = simulate(study, scenarios=300).merge(dependence_extremes(study, scenarios=300), combine_attrs="override")
    document = compose(study, dataset)
    assert re.fullmatch(
        r"Financing need: US\$\u00a0[\d,.]+ to [\d,.]+\u00a0(m|b)illion \(90\u202f%\u00a0interval\)", document.headline
    )
    assert {
        "point-estimate",
        "budgets",
        "options",
        "financing",
        "areas",
        "groups",
        "years",
        "breakdowns",
        "dependence",
        "credibility",
        "evidence",
        "countries",
        "reading",
        "provenance",
    } <= {section.id for section in document.sections}
    text = render(document)
    for area in study.areas:
        assert text.count(area.name) >= 4
    shown = html.unescape(text)
    for country in study.countries:
        assert territory(country.code, country.name) in shown


def test_the_report_says_which_source_could_not_be_had() -> None:
    study = load_study("pops")
    document = compose(study, simulate(study, scenarios=100))
    (evidence,) = (part for part in document.sections if part.id == "evidence")
    (unknown,) = (block for block in evidence.blocks if isinstance(block, Bullets))
    assert "UNEP/POPS/INC.2/INF/3, table 1" in unknown.items[0]
    assert "could not be read" in unknown.items[0]
    other = compose(load_study("example"), simulate(load_study("example"), scenarios=100))
    assert "INC.2/INF/3" not in render(other)
