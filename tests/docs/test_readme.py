"""What the README and the examples say is run, and what they quote is what comes out."""

from __future__ import annotations

import re
import runpy
import tomllib
from pathlib import Path

import click
import pytest

import popsim as ps

from ..published import published_study

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_the_python_of_the_readme_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (source,) = blocks("python")
    assert len([line for line in source.splitlines() if line.strip()]) <= 6
    names: dict[str, object] = {}
    exec(compile(source, "README.md", "exec"), names)
    assert {"ds", "x"} <= names.keys()
    assert "quantile" in capsys.readouterr().out


def test_the_entry_of_the_readme_is_the_packaged_one() -> None:
    (source,) = blocks("toml")
    (shown,) = tomllib.loads(source)["component"]
    files = [tomllib.loads(path.read_text(encoding="utf-8")) for path in (ROOT / "distributions").glob("*.toml")]
    (entry,) = [component for file in files for component in file["component"] if component["id"] == shown["id"]]
    assert {key: entry[key] for key in shown if key != "rationale"} == {
        key: value for key, value in shown.items() if key != "rationale"
    }


def test_the_figures_of_the_readme_are_those_of_the_packaged_study() -> None:
    from popsim.analysis import dependence_effect
    from popsim.engine.variants import dependence_extremes
    from popsim.report.data import gather
    from popsim.report.rests_on import money_by_basis
    from popsim.report.sections import headline

    study = published_study()
    ds = ps.simulate(study)
    ds = ds.assign(dependence_extremes(study).data_vars)
    facts = gather(study, ds)
    plain = README.replace("\n> ", " ").replace("\n", " ")
    for text in headline.headlines(facts):
        said = text.replace("\u00a0", " ").replace("\u202f", " ")
        assert f"**{said}**" in plain
    for total in facts.totals:
        assert facts.money(facts.enough_for(total)).replace("\u00a0", " ") in plain
    confidence = ps.point_estimates(ds)["point_estimate_confidence"].sel(option="full").item()
    assert f"would be enough in {100 * confidence:.0f} % of the scenarios" in plain
    assert f"{len(study.countries)} countries" in plain
    width = dependence_effect(ds)["width"].sel(option="full") / 1e6
    for name, digits in (("independent", -1), ("study", -1), ("fully_dependent", -1)):
        value = round(float(width.sel(assumption=name)), digits)
        assert f"{value:,.0f}" in plain, (name, value)
    shares = money_by_basis(facts)
    assert "centres of a quarter of the expected cost rest on evidence, of three fifths on proxies and" in plain
    assert abs(shares["evidence"] - 1 / 4) < 0.05
    assert abs(shares["proxy"] - 3 / 5) < 0.05
    faq = (ROOT / "docs" / "faq.md").read_text(encoding="utf-8").replace("\n", " ")
    assert f"enough in some {100 * confidence:.0f} of 100 scenarios" in faq
    enough = ps.budget_for(ds, confidence=0.80, variable="financing_need")["amount"].sel(option="full").item() / 1e6
    assert f"rounded to {round(enough, -1):,.0f} and not {enough:,.1f}?" in faq


def test_the_figures_of_the_page_on_the_study_are_those_of_the_packaged_study() -> None:
    page = (ROOT / "configs" / "README.md").read_text(encoding="utf-8").replace("\n", " ")
    ds = ps.simulate(published_study(), breakdowns=())
    for area, mean in zip(ds["area"].values, ds["expected_cost_by_area"].sel(option="full").values / 1e6, strict=True):
        assert re.search(rf"\| {area} [^|]+\| [\d.]+ \| {mean:,.0f} \|", page), (area, mean)
    low, high = ps.summarise(ds)["cost_quantile"].sel(option="full", quantile=[0.05, 0.95]).values / 1e9
    assert f"90 per cent range of the total: about {low:.1f} to {high:.1f} billion" in page
    likely = ds["point_estimate"].sel(option="full").item() / 1e9
    assert f"sum of the most likely values is {likely:.1f} billion" in page


def test_the_options_of_the_page_on_the_study_are_those_of_the_packaged_study() -> None:
    lines = (ROOT / "configs" / "README.md").read_text(encoding="utf-8").splitlines()
    ds = ps.with_all_years(ps.simulate(published_study(), scenarios=10, breakdowns=()))
    spans = ("", "_after_horizon", "_all_years")
    for option, name in zip(ds["option"].values, ds["option_name"].values, strict=True):
        (line,) = (line for line in lines if line.lower().startswith(f"| {name.lower()} |"))
        printed = [cell.strip() for cell in line.split("|")[2:-1]]
        exact = [
            ds[f"expected_{base}{span}"].sel(option=option).item()
            for base in ("cost", "financing_need")
            for span in spans
        ]
        assert printed == [f"{value / 1e6:,.0f}" for value in exact]


@pytest.mark.parametrize("script", sorted((ROOT / "examples").glob("*.py")), ids=lambda path: path.stem)
def test_an_example_runs(script: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(script), run_name="__main__")
    assert capsys.readouterr().out.strip()


def test_every_path_of_the_readme_exists() -> None:
    linked = re.findall(r"\]\(([^)#:]+)\)", README)
    listed = re.findall(r"^\| `([^`]+)`", README.partition("## Where things live")[2], re.MULTILINE)
    assert linked
    assert listed
    paths = linked + listed
    missing = [path for path in paths if not (ROOT / path).exists()]
    assert not missing


def test_the_commands_of_the_readme_exist() -> None:
    from popsim.cli.main import COMMANDS, cli

    said = re.findall(r"`(popsim [^`]+)`", README.replace("\n", " "))
    said += [line for block in blocks("sh") for line in block.splitlines() if line.startswith("popsim ")]
    assert len(said) > 10
    for line in said:
        name, *words = line.split()[1:]
        if name.startswith("-"):
            assert name in {"--help", "--version"}
            continue
        assert name in COMMANDS, line
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        options = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= options | {"--help"}, line


def test_the_first_lines_of_the_readme_make_an_environment_and_use_it() -> None:
    first, *_ = blocks("sh")
    commands = [line.partition("#")[0].strip() for line in first.splitlines()]
    assert commands == ["make run", "make test", "source .venv/bin/activate"]
    targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert {command.split()[1] for command in commands if command.startswith("make ")} <= set(targets)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    versions = [line.rpartition(" ")[2] for line in project["classifiers"] if "Python :: 3." in line]
    assert f"With Python {versions[0]} to {versions[-1]} and `make`" in README


def test_the_first_screen_of_the_readme_is_short() -> None:
    before = README.partition("## Two commands")[0]
    assert len(before.splitlines()) <= 40
    assert "```" not in before
