"""The section on which assumptions matter: there when the run holds it, with the figures of `ps.assumptions`."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import popsim as ps
from popsim.analysis.assumptions import assumption_work
from popsim.analysis.attached import (
    add_assumptions,
    assumptions_left_out,
    attach_assumptions,
    attached_assumptions,
    leave_out_assumptions,
)
from popsim.report.content import compose
from popsim.report.document import Details, Entry, Paragraph, Section, Table
from popsim.report.html import render
from popsim.study.model import Study

from ..reproduction.small import REASONS, component, lognormal, uniform, write

FULL = Path(__file__).parents[1] / "study" / "fixtures" / "full"
Make = Callable[..., Study]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def function(areas: dict[str, Any], **tables: Any) -> Study:
        return ps.load_study(write(tmp_path, areas, **tables))

    return function


@pytest.fixture(scope="module")
def study() -> Study:
    return ps.load_study(FULL)


@pytest.fixture(scope="module")
def found(study: Study) -> xr.Dataset:
    return ps.assumptions(study, scenarios=800)


def section_of(study: Study, dataset: xr.Dataset) -> Section | None:
    return next((part for part in compose(study, dataset).sections if part.id == "which-assumptions"), None)


def written(study: Study, found: xr.Dataset) -> Section:
    section = section_of(study, attach_assumptions(ps.simulate(study, scenarios=200), found))
    assert section is not None
    return section


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ").replace("\u2212", "-")


def lead(section: Section) -> str:
    return plain(next(block.text for block in section.blocks if isinstance(block, Paragraph)))


def tables(section: Section) -> list[Table]:
    found: list[Table] = []
    for block in section.blocks:
        parts = block.blocks if isinstance(block, Details) else (block,)
        found += [part for part in parts if isinstance(part, Table)]
    return found


def what_if(id: str, **changes: Any) -> dict[str, Any]:  # noqa: A002
    return {"id": id, "name": f"Name of {id}", "rationale": f"Reason of {id}.", "set": changes}


def test_every_case_is_a_row_with_its_figures_in_order(study: Study, found: xr.Dataset) -> None:
    open_, folded = tables(written(study, found))
    names = [row[0] for table in (open_, folded) for row in table.rows[1:] if row[0]]
    assert names == list(dict.fromkeys(found["assumption_name"].values.tolist()))[1:]
    assert len(open_.rows) + len(folded.rows) == found.sizes["case"] + 1
    assert open_.rows[0][0] == folded.rows[0][0] == "No assumption changed"
    titles = [title for title, _ in open_.groups]
    assert titles == ["Total cost", "Cost in all years", "Financing need"]
    assert len(open_.columns) == open_.labels + sum(width for _, width in open_.groups)
    median = open_.columns.index("Median")
    for row, figure in zip(open_.rows, found["cost_quantile"].sel(quantile=0.5).values, strict=False):
        printed = float(row[median].replace(",", ""))
        assert printed * 1.0 == pytest.approx(figure, rel=0.2) or printed == pytest.approx(figure, abs=10.0)


def test_a_move_is_printed_with_the_error_of_the_move(study: Study, found: xr.Dataset) -> None:
    table = tables(written(study, found))[0]
    column = table.columns.index("Median moves by")
    moves, errors = (found[f"cost_quantile_change{part}"].sel(quantile=0.5).values for part in ("", "_error"))
    assert table.rows[0][column] == ""
    for row, move, error in list(zip(table.rows, moves, errors, strict=False))[1:]:
        text = plain(row[column]).replace(",", "").replace("+", "")
        if error == 0.0:
            assert "±" not in text
            continue
        printed = [float(part.strip().lstrip("<> ")) for part in text.split("±")]
        assert printed[0] == pytest.approx(move, abs=max(2.0 * error * 5.0, 1e-9))
        assert printed[1] == pytest.approx(error, rel=0.5)


def test_the_lead_names_the_change_that_moves_the_headline_most(study: Study, found: xr.Dataset) -> None:
    text = lead(written(study, found))
    first = found.isel(case=1)
    assert f"The assumption that moves the total cost most is “{first['assumption_name'].item()}”" in text
    of_first = found.isel(case=found["assumption"].values == first["assumption"].item())
    moved = np.abs(of_first["cost_quantile_change"].sel(quantile=0.5).values)
    best = of_first.isel(case=int(moved.argmax()))
    assert f"Fixed at its {best['case_name'].item()}, it moves the median by" in text


def test_a_stated_alternative_is_named_in_the_lead_where_it_moves_most(make: Make) -> None:
    study = make(
        {"x": {"k": component(lognormal(100.0, 0.5))}},
        dependence={"common_share": 0.1},
        what_if=[what_if("ten", **{"area.x.component.k.cost": lognormal(1000.0, 0.5)})],
    )
    found = ps.assumptions(study, scenarios=800)
    section = written(study, found)
    text = lead(section)
    assert "is “Name of ten”. “Name of ten” moves the median by" in text
    # Ten times as much is nine times as much on top, of the median and of the width.
    low, median, high = found["cost_quantile"].sel(case="full", quantile=[0.05, 0.5, 0.95]).values.tolist()
    printed = [float(each.replace(",", "")) for each in re.findall(r"US\$ \+([\d,.]+)", text)]
    assert printed == pytest.approx([9.0 * median, 9.0 * (high - low)], rel=0.02)
    entries = [part for block in section.blocks if isinstance(block, Details) for part in block.blocks]
    (entry,) = [part for part in entries if isinstance(part, Entry)]
    assert (entry.title, entry.text) == ("Name of ten", "Reason of ten.")
    assert entry.facts[0] == ("Assumption", "Name of ten")
    page = render(compose(study, attach_assumptions(ps.simulate(study, scenarios=50), ps.assumptions(study))))
    assert "Reason of ten." in page


def test_where_chance_could_move_as_far_it_is_said(make: Make) -> None:
    """A constant cost whose only change changes nothing."""
    same = what_if("same", **{"area.x.component.k.cost": {"family": "constant", "value": 100.0}})
    study = make({"x": {"k": component(100.0)}}, what_if=[same])
    text = lead(written(study, ps.assumptions(study, scenarios=100)))
    assert text.startswith("No assumption moves the median of the total cost, or the width of its range, further than")
    assert "100 scenarios" in text


@pytest.mark.parametrize("scenarios", [1, 10])
def test_too_few_scenarios_say_so_and_print_no_digit(scenarios: int, make: Make) -> None:
    study = make({"x": {"k": component(lognormal(100.0, 0.5))}}, dependence={"common_share": 0.5})
    section = written(study, ps.assumptions(study, scenarios=scenarios))
    assert "too few" in lead(section) or "No assumption" in lead(section)
    assert "n/a" in {cell for table in tables(section) for row in table.rows for cell in row}


def test_the_need_is_first_where_it_is_the_headline(make: Make) -> None:
    study = make(
        {"x": {"k": component(lognormal(100.0, 0.5))}},
        financing={"agency_fee": 0.0, "cofinancing": 0.5, **REASONS},
        report={"headline": "financing_need", "breakdowns": []},
        what_if=[what_if("none", **{"financing.cofinancing": 0.0})],
    )
    section = written(study, ps.assumptions(study, scenarios=800))
    assert lead(section).startswith("The assumption that moves the financing need most is “Name of none”")
    table = tables(section)[0]
    assert [title for title, _ in table.groups] == ["Total cost", "Financing need"]
    assert table.columns[-1] == "Median moves by"
    # The cost does not move, and every figure of it is printed alike.
    assert table.rows[0][2:5] == table.rows[1][2:5]


def test_what_moves_the_cost_alone_is_named_where_the_need_is_first(make: Make) -> None:
    """The cost of x is paid by others: ten times as much is no more need, and stands last in the order of the need."""
    paid_by_others = {"financing": {"cofinancing": 1.0, "basis": "judgement", "rationale": "Others pay."}}
    study = make(
        {"x": {"k": component(lognormal(100.0, 0.2))}, "y": {"k": component(lognormal(10.0, 0.2))}},
        financing={"agency_fee": 0.0, "cofinancing": 0.0, **REASONS},
        area={"x": paid_by_others},
        report={"headline": "financing_need", "breakdowns": []},
        what_if=[
            what_if("more_of_x", **{"area.x.component.k.cost": lognormal(1000.0, 0.2)}),
            what_if("more_of_y", **{"area.y.component.k.cost": lognormal(20.0, 0.2)}),
        ],
    )
    found = ps.assumptions(study, scenarios=800)
    first, second = (plain(part.text) for part in written(study, found).blocks[:2] if isinstance(part, Paragraph))
    assert first.startswith("The assumption that moves the financing need most is “Name of more_of_y”")
    assert second.startswith("The total cost is moved most by another assumption, “Name of more_of_x”: “Name of more")
    cases = {name: float(found["cost_quantile"].sel(case=name, quantile=0.5)) for name in ("more_of_x", "full")}
    (printed,) = [float(each.replace(",", "")) for each in re.findall(r"US\$ \+([\d,.]+)", second)]
    assert printed == pytest.approx(cases["more_of_x"] - cases["full"], rel=0.02)


def test_one_assumption_that_moves_both_totals_most_is_named_once(make: Make) -> None:
    study = make(
        {"x": {"k": component(lognormal(100.0, 0.2))}},
        financing={"agency_fee": 0.0, "cofinancing": 0.5, **REASONS},
        report={"headline": "financing_need", "breakdowns": []},
        what_if=[what_if("more_of_x", **{"area.x.component.k.cost": lognormal(1000.0, 0.2)})],
    )
    section = written(study, ps.assumptions(study, scenarios=800))
    assert not any("moved most by" in part.text for part in section.blocks if isinstance(part, Paragraph))


def test_a_percentile_says_the_amount_there(make: Make) -> None:
    study = make(
        {"x": {"k": component(100.0)}},
        size={"driver": "population", "reference": 1_000_000, **REASONS},
        area={"x": {"size_exponent": uniform(0.0, 1.0)}},
    )
    table = tables(written(study, ps.assumptions(study, scenarios=400)))[0]
    assert [row[:2] for row in table.rows[1:]] == [
        ("Exponent of size: area x", "5th percentile (0.05)"),
        ("", "95th percentile (0.95)"),
    ]


def test_what_is_attached_comes_back(found: xr.Dataset, study: Study, tmp_path: Path) -> None:
    run = attach_assumptions(ps.simulate(study, scenarios=50), found)
    back = attached_assumptions(run)
    assert back is not None
    assert all(back[name].equals(found[name]) for name in found.variables)
    plan = ps.compile(study)
    ps.save_run(tmp_path, study, plan, attach_assumptions(ps.simulate(plan, scenarios=50), found))
    stored = attached_assumptions(ps.load_run(tmp_path))
    assert stored is not None
    assert all(stored[name].equals(found[name]) for name in found.variables)
    assert stored.attrs == back.attrs


def test_without_them_the_report_has_no_section_or_says_why(study: Study) -> None:
    run = ps.simulate(study, scenarios=50)
    assert attached_assumptions(run) is None
    assert section_of(study, run) is None
    for reason, words in (("asked", "--no-assumptions"), ("work", "many times the work")):
        section = section_of(study, leave_out_assumptions(run, reason))
        assert section is not None
        assert words in lead(section)


def test_a_run_has_as_many_scenarios_as_it_affords(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    run = ps.simulate(study, scenarios=60)
    assert add_assumptions(study, run).attrs["assumptions_scenarios"] == 60
    assert assumptions_left_out(add_assumptions(study, run, False)) == "asked"
    stated, own = (1_000 * work for work in assumption_work(study))
    for limit, kinds in ((stated + own, {"written", "own", "stated"}), (stated, {"written", "stated"}), (10, set())):
        monkeypatch.setattr("popsim.analysis.attached.DRAWS", limit)
        added = add_assumptions(study, ps.simulate(study, scenarios=1_000))
        kept = attached_assumptions(added)
        assert kinds == (set() if kept is None else set(kept["kind"].values.tolist()))
        assert assumptions_left_out(added) == (None if kinds else "work")


def test_a_run_in_which_nothing_can_be_changed_says_nothing(make: Make) -> None:
    study = make({"x": {"k": component(lognormal(100.0, 0.5))}})
    run = add_assumptions(study, ps.simulate(study, scenarios=50))
    assert (attached_assumptions(run), assumptions_left_out(run)) == (None, None)
    assert section_of(study, run) is None
