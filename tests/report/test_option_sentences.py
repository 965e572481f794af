"""What is said of options is compared with brute-force counts of the ensemble, on odd small studies.

Every sentence is parsed by words alone and checked against the scenarios; the checks must fail for changed sentences.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tomli_w
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import popsim as ps
from popsim.report.comparison import Comparison
from popsim.report.data import gather
from popsim.report.document import Figure, Table
from popsim.report.sections import options as words
from popsim.study.model import Study

from .printed import MONEY, SCALES, check_cell, check_money, number, spoken

REASONS = {"basis": "judgement", "rationale": "Made up for a test."}
NOISE = 1e-9
CELL = r"\+?((?:[<>] )?−?[\d,.]+(?:e−?\d+)?)()"
END = r"(?:[<>] )?−?[\d,.]+(?:e−?\d+)?"
UNKNOWN = "not known"
PAID = rf"nothing|{MONEY}(?: on average)?|{UNKNOWN}"
LATER = rf"[A-Z][a-z ]+ after 2032: ({PAID}); in “Full programme”: ({PAID})\."
FINANCING = {"agency_fee": 0.1, "cofinancing": 0.5, **REASONS}


def component(cost: dict[str, Any] | float = 100.0, kind: str = "one-off", **more: Any) -> dict[str, Any]:
    distribution = cost if isinstance(cost, dict) else {"family": "constant", "value": cost}
    return {"kind": kind, "currency": "USD", "price_year": 2030, "cost": distribution, **more}


def study_of(
    folder: Path, areas: dict[str, dict[str, dict[str, Any]]], options: dict[str, dict[str, Any]], **tables: Any
) -> Study:
    """Write a study of two countries and three years, and load it; `options` are the keys that each sets."""
    (folder / "catalogue").mkdir(parents=True)
    for name, components in areas.items():
        listed = [{"id": key, "name": f"part {key}", **REASONS, **table} for key, table in components.items()]
        about = {"id": name, "name": f"area {name}", "document": "made up", "description": "Made up."}
        text = tomli_w.dumps({"format": 1, "area": about, "component": listed})
        (folder / "catalogue" / f"{name}.toml").write_text(text)
    rows = "AAA,Aland,North,1000000,made up\nBBB,Bland,South,4000000,made up\n"
    (folder / "countries.csv").write_text("code,name,region,population,source\n" + rows)
    base: dict[str, Any] = {
        "format": 1,
        "study": {"name": "small", "title": "By hand", "first_year": 2030, "years": 3},
        "scenarios": {"count": 100, "seed": 5},
        "money": {"currency": "USD", "price_year": 2030},
        "catalogue": {"folder": "catalogue"},
        "countries": {"file": "countries.csv", "rationale": "Made up."},
        "dependence": {"between_areas": 0.0, "between_components": 0.0, "common_share": 0.0, **REASONS},
        "area": {name: {} for name in areas},
        "report": {"breakdowns": ["area"]},
        "option": [
            {"id": name, "name": f"Option {name}", "rationale": "Made up.", "set": keys}
            for name, keys in options.items()
        ],
    }
    for key, table in tables.items():
        base[key] = {**base[key], **table} if key in base else table
    (folder / "study.toml").write_text(tomli_w.dumps(base))
    return ps.load_study(folder / "study.toml")


def comparison_of(study: Study, dataset: xr.Dataset | None = None) -> Comparison:
    return Comparison(gather(study, ps.simulate(study) if dataset is None else dataset))


@dataclass(frozen=True)
class Truth:
    """What a base of an option comes to, by sums of the scenarios of the dataset alone."""

    within: np.ndarray
    after: np.ndarray
    base_within: np.ndarray
    base_after: np.ndarray

    @classmethod
    def of(cls, dataset: xr.Dataset, option: str, base: str) -> Truth:
        def values(name: str, which: str) -> np.ndarray:
            return dataset[name].sel(option=which).values if name in dataset else np.zeros(dataset.sizes["scenario"])

        return cls(*(values(name, who) for who in (option, "full") for name in (base, f"{base}_after_horizon")))

    @property
    def scale(self) -> np.ndarray:
        return np.maximum(np.abs(self.within + self.after), np.abs(self.base_within + self.base_after))

    @property
    def whole(self) -> np.ndarray:
        return (self.within + self.after) - (self.base_within + self.base_after)

    def counts(self, difference: np.ndarray) -> dict[str, int]:
        noise = NOISE * self.scale
        return {
            "more": int((difference > noise).sum()),
            "less": int((difference < -noise).sum()),
            "the same": int((np.abs(difference) <= noise).sum()),
        }


BASES = {"Cost": "cost", "Total cost": "cost", "Financing need": "financing_need"}


def exact_of(dataset: xr.Dataset, total: str, option: str) -> float:
    """Give the mean that the plan knows, which is printed where the scenarios cannot have seen the tail."""
    base = total.removesuffix("_all_years")
    names = [f"expected_{name}" for name in ((base,) if base == total else (base, f"{base}_after_horizon"))]
    known = [float(dataset[name].sel(option=option)) if name in dataset else np.nan for name in names]
    return sum(known)


def check_mean_money(printed: re.Match[str] | None, values: np.ndarray, exact: float) -> None:
    """Check a mean: that of the scenarios, or the exact one, which test_exact_means holds against formulas."""
    try:
        check_money(printed, values.mean())
    except AssertionError:
        if not np.isfinite(exact):
            raise
        check_money(printed, exact)


def check_sentences(said: Sequence[str], dataset: xr.Dataset, option: str, name: str) -> int:
    """Check all that is said of an option; gives the number of statements found true."""
    first, *facts = map(spoken, said)
    assert first == f"“{name}”, compared with “Full programme”:"
    return sum(check_fact(fact, dataset, option) for fact in facts)


def check_fact(fact: str, dataset: xr.Dataset, option: str) -> int:
    """Check one fact, whose first words name the total that it is about; gives the number of statements in it."""
    if fact.startswith(("Fewer years of service", "More years of service")):
        check_service(fact, dataset, option)
        return 1
    label = re.match(r"(Cost|Total cost|Financing need)(?: in all years| after 2032|, 2030–2032 alone)?: ", fact)
    assert label is not None
    base = BASES[label[1]]
    truth = Truth.of(dataset, option, base)
    if " after 2032: " in label[0]:
        told = re.fullmatch(LATER, fact)
        assert told is not None
        later = f"{base}_after_horizon"
        for group, values, which in ((1, truth.after, option), (4, truth.base_after, "full")):
            check_after(told[group], values, exact_of(dataset, later, which))
        return 2
    alone = " alone: " in label[0]
    # What falls after the last year is not in a label without years: there is nothing.
    assert alone or "all years" in label[0] or not (truth.after.any() or truth.base_after.any())
    difference = truth.within - truth.base_within if alone else truth.whole
    counts = truth.counts(difference)
    # The error that is stated is larger than that of the scenarios where tails are heavy.
    total = base if alone else f"{base}_all_years"
    stated = ps.compare(dataset)[f"{total}_difference_mean_error"].sel(option=option).item()
    exact = exact_of(dataset, total, option) - exact_of(dataset, total, "full")
    checked = check_mean(fact, difference, counts, stated, exact) + check_counts(fact, counts)
    checked += check_range(fact, difference)
    assert checked > 0
    return checked


def check_mean(
    sentence: str, difference: np.ndarray, counts: dict[str, int], stated: float, exact: float = np.nan
) -> int:
    """Check what is said of the mean difference, whose stated standard error and exact value are given."""
    mean, error = difference.mean(), difference.std(ddof=1) / np.sqrt(len(difference))
    if np.isinf(stated) and np.isfinite(exact) and len(difference) > 1:
        mean, error = exact, 1e-6 * abs(exact)
    is_one_way = min(counts["more"], counts["less"]) == 0 and max(counts["more"], counts["less"]) >= 20
    checked = 0
    if told := re.search(r": (more|less), by a mean amount that is not known", sentence):
        assert is_one_way
        assert counts[told[1]] > 0
        assert not np.isfinite(stated)
        checked += 1
    if told := re.search(MONEY + r" (more|less)", sentence):
        sign = 1 if told[3] == "more" else -1
        assert sign * mean > 2 * error * (1 - 1e-9) or (is_one_way and sign * mean > 0)
        check_money(re.match(MONEY, told[0]), abs(mean))
        checked += 1
    if "the run can show" in sentence:
        assert abs(mean) <= 2 * max(error, stated) * (1 + 1e-9)
        assert counts["the same"] < len(difference)
        assert not is_one_way
        checked += 1
    return checked


def check_range(sentence: str, difference: np.ndarray) -> int:
    """Check the range of the difference, where there is one."""
    told = re.search(
        rf"90 % interval of the difference: US\$ ({END})(?: to ({END}))?(?: (thousand|million|billion))?\)", sentence
    )
    if told is None:
        assert "interval" not in sentence
        return 0
    unit = SCALES[told[3] or ""]
    low, high = np.quantile(difference, (0.05, 0.95)) / unit
    check_cell(told[1], low)
    check_cell(told[2] or told[1], high)
    return 2


def check_counts(sentence: str, counts: dict[str, int]) -> int:
    """Check in how many scenarios an option is said to have more, less and the same."""
    scenarios = sum(counts.values())
    if told := re.search(
        r"\b(more|less|the same) in (?:all of the ([\d,]+) scenarios|the one scenario)\.", sentence, re.I
    ):
        assert scenarios == int((told[2] or "1").replace(",", ""))
        assert counts[told[1].lower()] == scenarios
        return 1
    if told := re.search(r"Scenarios with more: (.+), with less: (.+), with the same: (.+), of (.+)\.", sentence):
        assert [int(each.replace(",", "")) for each in told.groups()] == [*counts.values(), scenarios]
        assert max(counts.values()) < scenarios
        return 3
    return 0


def check_service(sentence: str, dataset: xr.Dataset, option: str) -> None:
    """Without needs and lateness, payments that cease are the whole difference of what each component costs in all."""
    planned = dataset["planned_payments"]
    ceased = (planned.sel(option="full") - planned.sel(option=option)).where(planned.min("option") > 0, 0.0)
    wanted = ceased.where(ceased > 0 if sentence.startswith("Fewer") else ceased < 0, drop=True)
    assert wanted.size > 0
    for number_of, name in re.findall(r"([\d.]+) × “([^”]+)”", sentence):
        named = wanted.where(wanted["component_name"] == name, drop=True)
        assert float(number_of) in set(np.abs(named.values).ravel())
    compared = ps.compare(dataset).sel(option=option)
    is_other_way = compared["payments_ceased"] < 0 if sentence.startswith("Fewer") else compared["payments_ceased"] > 0
    for words_of, base in (("cost", "cost"), ("financing need", "financing_need")):
        if told := re.search(rf"{words_of} of {MONEY}(?=;|\.$)", sentence):
            check_money(
                re.match(MONEY, told[0].removeprefix(f"{words_of} of ")), money_of(compared, base, is_other_way)
            )


def money_of(compared: xr.Dataset, base: str, is_other_way: xr.DataArray) -> float:
    return abs(compared[f"payments_ceased_{base}"].where(~is_other_way, 0.0).sum().item())


def check_after(printed: str, values: np.ndarray, exact: float = np.nan) -> None:
    if printed == "nothing":
        assert not values.any()
    elif printed == UNKNOWN:
        assert len(values) == 1 or (values != values[0]).any()
    else:
        check_mean_money(re.search(MONEY, printed), values, exact)


def check_tables(comparison: Comparison, dataset: xr.Dataset) -> int:
    """Check every figure of the tables of levels, differences and shares; gives the number of figures."""
    unit = SCALES[comparison.data.unit.partition(" ")[2]]
    checked = 0
    for base in comparison.bases:
        for table, is_difference in (
            (words.levels(comparison, base), False),
            (words.differences(comparison, base), True),
        ):
            names = comparison.options if is_difference else comparison.all_options
            parts = len(table.rows) // len(names)
            assert parts in {1, 3}
            for place, row in enumerate(table.rows):
                truth = Truth.of(dataset, names[place // parts], base)
                spans = (truth.within, truth.after, truth.within + truth.after)
                values = spans[place % parts]
                if is_difference:
                    others = (truth.base_within, truth.base_after, truth.base_within + truth.base_after)
                    values = values - others[place % parts]
                total = f"{base}{('', '_after_horizon', '_all_years')[place % parts]}"
                exact = exact_of(dataset, total, names[place // parts])
                if is_difference:
                    exact -= exact_of(dataset, total, "full")
                *ends, mean = row[table.labels :]
                for cell, value in zip(ends, np.quantile(values, (0.05, 0.5, 0.95)), strict=True):
                    if cell != "n/a":
                        check_cell(cell, value / unit)
                        checked += 1
                if mean != "n/a":
                    check_mean_money(re.fullmatch(CELL, spoken(mean)), values / unit, exact / unit)
                    checked += 1
        checked += check_shares(words.shares(comparison, base), comparison, base, dataset)
    return checked


def check_shares(table: Table, comparison: Comparison, base: str, dataset: xr.Dataset) -> int:
    parts = len(table.rows) // len(comparison.options)
    scenarios = dataset.sizes["scenario"]
    for place, row in enumerate(table.rows):
        truth = Truth.of(dataset, comparison.options[place // parts], base)
        spans = (truth.within - truth.base_within, truth.after - truth.base_after, truth.whole)
        counts = truth.counts(spans[place % parts])
        for cell, counted in zip(row[table.labels :], counts.values(), strict=True):
            if spoken(cell) in {"0 %", "100 %"}:
                assert counted == {"0 %": 0, "100 %": scenarios}[spoken(cell)]
            elif not cell.startswith(("<", ">")):
                shown, half = number(spoken(cell).removesuffix(" %"))
                assert abs(100.0 * counted / scenarios - shown) <= half * (1 + 1e-9)
    return len(table.rows)


def check_all(comparison: Comparison, dataset: xr.Dataset) -> int:
    checked = check_tables(comparison, dataset)
    for option in comparison.options:
        said = words.sentences(comparison, option)
        checked += check_sentences(said, dataset, option, comparison.names[option])
    return checked


PER_YEAR = component(100.0, "per-year", years="all")
TWO = {"x": {"k": component({"family": "uniform", "low": 50.0, "high": 150.0}), "l": PER_YEAR}}
ONCE = {"x": {"k": component(300.0)}}
WAYS: dict[str, dict[str, Any]] = {
    "start": {"start.years": 4.0},
    "start_by": {"start.years": 0.0, "start.by.region.North": 4.0},
    "delay": {"delay.years": {"family": "uniform", "low": 1.0, "high": 6.0}},
    "postponed": {"area.x.postponed": 2},
    "component": {"area.x.component.k.start": 3},
    "cheaper": {"area.x.component.k.cost": {"family": "uniform", "low": 40.0, "high": 150.0}},
}
IN_TIME = {
    "start": {"years": 0.0, **REASONS},
    "delay": {"years": 0.0, "cost_per_year": 0.0, **REASONS},
}


@pytest.mark.parametrize("financed", [False, True])
@pytest.mark.parametrize("money", [{}, {"inflation": 0.03}, {"inflation": 0.02, "discount_rate": 0.05}])
@pytest.mark.one_in(4)
def test_options_in_time_are_told_as_the_scenarios_have_it(
    tmp_path: Path, financed: bool, money: dict[str, float]
) -> None:
    tables = {**IN_TIME, "money": money, **({"financing": FINANCING} if financed else {})}
    study = study_of(tmp_path / "study", TWO, WAYS, **tables)
    dataset = ps.simulate(study)
    comparison = comparison_of(study, dataset)
    assert check_all(comparison, dataset) > 100
    check_other_prices(comparison, dataset)


def check_other_prices(comparison: Comparison, dataset: xr.Dataset) -> None:
    unit = SCALES[comparison.data.unit.partition(" ")[2]]
    for base in comparison.bases:
        table = words.other_prices(comparison, base)
        kinds = [kind for kind in ("nominal", "discounted") if f"{base}_{kind}" in dataset]
        if not kinds:
            assert table is None
            continue
        parts = len(table.rows) // len(comparison.all_options)
        for place, row in enumerate(table.rows):
            option = comparison.all_options[place // parts]
            for kind, (mean, apart) in zip(kinds, zip(*[iter(row[table.labels :])] * 2, strict=True), strict=True):
                truth = Truth.of(dataset, option, f"{base}_{kind}")
                spans = (truth.within, truth.after, truth.within + truth.after)
                others = (truth.base_within, truth.base_after, truth.base_within + truth.base_after)
                check_cell(mean, spans[place % parts].mean() / unit)
                if option == "full":
                    assert apart == ""
                else:
                    difference = (spans[place % parts] - others[place % parts]).mean() / unit
                    check_cell(apart, difference)


def test_what_is_only_paid_later_costs_the_same(tmp_path: Path) -> None:
    """A one-off of 300 in each of two countries, four years later: all of it after the last year, none of it saved."""
    study = study_of(tmp_path / "study", ONCE, {"late": {"start.years": 4.0}}, **IN_TIME)
    (sentence, after, within) = map(spoken, words.facts(comparison_of(study), "late"))
    assert sentence == "Cost in all years: the same in all of the 100 scenarios."
    assert after == "Cost after 2032: US$ 600.0; in “Full programme”: nothing."
    assert within == "Total cost, 2030–2032 alone: US$ 600.0 less."


YEARLY = {"x": {"k": PER_YEAR}}
PARTS = {"x": {"k": PER_YEAR, "l": component(40.0, "per-year", years="all")}}


@pytest.mark.parametrize("years", [1, 2])
def test_a_payment_that_ceases_is_fewer_years_of_service(tmp_path: Path, years: int) -> None:
    """100 a year in two countries and three years: each year that work begins later is a payment of 200 that ceases."""
    study = study_of(tmp_path / "study", YEARLY, {"late": {"area.x.postponed": years}}, financing=FINANCING)
    (costs, needs, service) = map(spoken, words.facts(comparison_of(study), "late"))
    assert costs == f"Total cost: US$ {200 * years}.0 less. Less in all of the 100 scenarios."
    assert needs == f"Financing need: US$ {110 * years}.0 less. Less in all of the 100 scenarios."
    assert service == (
        f"Fewer years of service: payments that nobody makes, in each country that needs them: {years} × “part k”. "
        f"Together: cost of US$ {200 * years}.0; financing need of US$ {110 * years}.0."
    )


def test_a_late_start_ceases_no_payment(tmp_path: Path) -> None:
    study = study_of(tmp_path / "study", YEARLY, {"late": {"start.years": 2.0}}, **IN_TIME)
    said = spoken(" ".join(words.sentences(comparison_of(study), "late")))
    assert "Cost in all years: the same in all of the 100 scenarios. Cost after 2032: US$ 400.0; in “Full" in said
    assert "service" not in said


def test_payments_that_come_on_top_are_more_years_of_service(tmp_path: Path) -> None:
    """The study begins a year late in all; the option begins at once: one more payment of each component."""
    study = study_of(tmp_path / "study", PARTS, {"early": {"area.x.postponed": 0}}, area={"x": {"postponed": 1}})
    (costs, service) = map(spoken, words.facts(comparison_of(study), "early"))
    assert costs == "Total cost: US$ 280.0 more. More in all of the 100 scenarios."
    assert service == (
        "More years of service: payments that come on top, in each country that needs them: 1 × “part k”; "
        "1 × “part l”. Together: cost of US$ 280.0."
    )


def test_the_figure_shows_what_moves_in_all_years_and_within_them(tmp_path: Path) -> None:
    """Only an option that moves money in time has two bars; each stands for the differences of its years."""
    ways = {"late": {"start.years": 2.0}, "small": {"area.x.component.k.cost": {"family": "constant", "value": 20.0}}}
    study = study_of(tmp_path / "study", TWO, ways, **IN_TIME)
    dataset = ps.simulate(study)
    section = words.options(gather(study, dataset))
    (figure,) = (block for block in section.blocks if isinstance(block, Figure))
    bars = {spoken(bar.label): bar for bar in figure.draw.keywords["differences"]}
    assert list(bars) == ["Option late, all years", "Option late, 2030–2032", "Option small"]
    late, small = (Truth.of(dataset, option, "cost") for option in ("late", "small"))
    for bar, values in zip(bars.values(), (late.whole, late.within - late.base_within, small.whole), strict=True):
        np.testing.assert_allclose(bar[1:6], np.quantile(values, (0.05, 0.25, 0.5, 0.75, 0.95)), atol=1e-9)
    assert [spoken(bar.label) for bar in figure.draw.keywords["bars"]][1:] == ["Option late", "Option small"]


def test_one_scenario_has_no_mean_difference(tmp_path: Path) -> None:
    study = study_of(tmp_path / "study", TWO, {"late": {"area.x.postponed": 1}}, scenarios={"count": 1})
    said = spoken(" ".join(words.sentences(comparison_of(study), "late")))
    assert "the mean difference is not known, since there is only one scenario. Less in the one scenario." in said


def test_the_sentences_name_the_headline_first(tmp_path: Path) -> None:
    for headline, first in (("cost", "Cost"), ("financing_need", "Financing need")):
        study = study_of(
            tmp_path / headline,
            ONCE,
            {"late": {"start.years": 4.0}},
            **IN_TIME,
            financing=FINANCING,
            report={"headline": headline},
        )
        said = words.facts(comparison_of(study), "late")
        assert said[0].startswith(f"{first} in all years: the same")


def test_an_option_that_alone_is_financed_is_said_to_be(tmp_path: Path) -> None:
    with_financing = {f"financing.{key}": value for key, value in FINANCING.items()}
    study = study_of(tmp_path / "study", TWO, {"shared": with_financing, "other": {"area.x.postponed": 1}})
    comparison = comparison_of(study)
    notes = " ".join(words.notes(comparison))
    assert "With a share that others pay: “Option shared”." in notes
    assert "Without: “Full programme” and “Option other”; there a fund is asked for the whole cost." in notes
    assert check_all(comparison, ps.simulate(study)) > 20


MUTATIONS = (
    (r"\bmore on\b", "less on"),
    (r"\bless on\b", "more on"),
    (r"(?i)\bless in all of", "More in all of"),
    (r"in all of the 100", "in all of the 99"),
    (r"(difference: US\$ −?)(\d)", r"\g<1>1\2"),
    (r"US\$ (\d)", r"US$ 1\1"),
    (r"with (less|more): (\d)", r"with \1: 1\2"),
    (r"after 2032: US\$ [\d,.]+(?: on average)?;", "after 2032: nothing;"),
    (r"“Full programme”: nothing", "“Full programme”: US$ 5.0"),
)


@pytest.mark.parametrize(("pattern", "other"), MUTATIONS)
@pytest.mark.one_in(3)
def test_a_changed_sentence_is_found_out(tmp_path: Path, pattern: str, other: str) -> None:
    """The negative control of this file: whatever is changed in a sentence, the check fails."""
    rate = {"family": "uniform", "low": -0.02, "high": 0.03}
    study = study_of(tmp_path / "study", TWO, WAYS, **IN_TIME, escalation={"rate": rate, **REASONS})
    dataset = ps.simulate(study)
    comparison = comparison_of(study, dataset)
    changed = 0
    for option in comparison.options:
        first, *facts = map(spoken, words.sentences(comparison, option))
        assert check_sentences((first, *facts), dataset, option, comparison.names[option]) > 0
        for fact in facts:
            wrong = re.sub(pattern, other, fact, count=1)
            if wrong == fact:
                continue
            changed += 1
            with pytest.raises(AssertionError):
                check_fact(wrong, dataset, option)
    assert changed > 0


COSTS = st.one_of(
    st.builds(lambda value: {"family": "constant", "value": value}, st.sampled_from([1.0, 250.0, 3e6])),
    st.builds(
        lambda p, high: {"family": "discrete", "values": [0.0, high], "probabilities": [1.0 - p, p]},
        st.sampled_from([0.02, 0.5]),
        st.sampled_from([10.0, 4e5]),
    ),
    st.builds(
        lambda low, width: {"family": "uniform", "low": low, "high": low + width},
        st.sampled_from([0.0, 100.0]),
        st.sampled_from([1.0, 1e4]),
    ),
    st.builds(lambda sigma: {"family": "lognormal", "mu": 5.0, "sigma": sigma}, st.sampled_from([0.3, 2.0])),
)
COMPONENTS = st.builds(
    lambda cost, kind, need: {
        **component(cost, kind, **({"years": "all"} if kind == "per-year" else {})),
        **({} if need is None else {"need": need}),
    },
    COSTS,
    st.sampled_from(["one-off", "per-year"]),
    st.none(),
)
LATE = st.one_of(
    st.sampled_from([0.0, 0.5, 1.0, 4.0]),
    st.just({"family": "uniform", "low": 0.0, "high": 5.0}),
    st.just({"family": "discrete", "values": [0.0, 3.0], "probabilities": [0.95, 0.05]}),
)
KEYS = st.one_of(
    st.builds(lambda late: {"start.years": late}, LATE),
    st.builds(lambda late: {"start.by.region.North": late}, LATE),
    st.builds(lambda late: {"delay.years": late}, LATE),
    st.builds(lambda years: {"area.x.postponed": years}, st.sampled_from([1, 2])),
    st.just({"area.x.component.k.start": 2}),
    st.builds(lambda p: {"area.x.need": {"probability": p, **REASONS}}, st.sampled_from([0.05, 0.5, 1.0])),
    st.builds(lambda cost: {"area.x.component.k.cost": cost}, COSTS),
    st.just({"area.y.include": False}),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    first=COMPONENTS,
    second=COMPONENTS,
    keys=st.lists(KEYS, min_size=1, max_size=3),
    need=st.sampled_from([0.05, 0.5, 1.0]),
    start=LATE,
    cost_per_year=st.sampled_from([0.0, 0.1]),
    escalation=st.sampled_from([0.0, 0.04]),
    financed=st.booleans(),
    scenarios=st.sampled_from([1, 20, 200]),
)
def test_random_studies(
    tmp_path_factory: pytest.TempPathFactory,
    first: dict[str, Any],
    second: dict[str, Any],
    keys: list[dict[str, Any]],
    need: float,
    start: float | dict[str, Any],
    cost_per_year: float,
    escalation: float,
    financed: bool,
    scenarios: int,
) -> None:
    study = study_of(
        tmp_path_factory.mktemp("random"),
        {"x": {"k": {**first, "start": 1}}, "y": {"k": second}},
        {f"o{place}": each for place, each in enumerate(keys)},
        start={"years": start, **REASONS},
        delay={"years": 0.0, "cost_per_year": cost_per_year, **REASONS},
        escalation={"rate": escalation, **REASONS},
        area={"x": {"need": {"probability": need, **REASONS}}, "y": {}},
        scenarios={"count": scenarios},
        **({"financing": FINANCING} if financed else {}),
    )
    dataset = ps.simulate(study)
    comparison = comparison_of(study, dataset)
    check_tables(comparison, dataset)
    if scenarios > 1:
        for option in comparison.options:
            said = words.sentences(comparison, option)
            assert check_sentences(said, dataset, option, comparison.names[option]) >= len(comparison.bases)
