"""The report of the packaged study, by the real engine."""

from __future__ import annotations

import re

from popsim.engine.extremes import dependence_extremes
from popsim.engine.simulate import simulate
from popsim.report.content import compose
from popsim.report.html import render
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
        "believable",
        "evidence",
        "countries",
        "reading",
        "provenance",
    } <= {section.id for section in document.sections}
    text = render(document)
    for area in study.areas:
        assert text.count(area.name) >= 4
    for country in study.countries:
        assert f"({country.code})" in text
