"""Load a study: find it, lay overrides over it, check all of it, and say every problem at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from popsim.errors import FileError, ParameterError, Problem, StudyError, kind_of, nearest
from popsim.sampling import Sampling
from popsim.study.areas import counted_areas, resolve_areas
from popsim.study.catalogue import CatalogueReading
from popsim.study.countries import (
    COUNTRY_COLUMNS,
    columns_are_sound,
    group_columns,
    measured_columns,
    resolve_countries,
    study_drivers,
)
from popsim.study.dependence import resolve_dependence
from popsim.study.events import resolve_events
from popsim.study.files import find_study, parse_toml, read_bytes, read_text
from popsim.study.labels import ColumnLabels
from popsim.study.model import Area, Country, Dependence, Study
from popsim.study.money import PRICE_COLUMNS, RATE_COLUMNS, Money, read_prices, read_rates
from popsim.study.notes import column_notes, study_notes
from popsim.study.options import resolve_options
from popsim.study.overrides import apply_overrides
from popsim.study.place import Place, shown, words
from popsim.study.settings import Settings
from popsim.study.shared import Shared, said
from popsim.study.toml_models import StudyFile
from popsim.study.translate import Checked, check_document
from popsim.study.write import study_files
from popsim.tables import Dialect, TextTable, decode, read_table

__all__ = ["load_study"]

Read = TypeVar("Read")


def load_study(source: str | os.PathLike[str], overrides: Mapping[str, object] | None = None) -> Study:
    """Load a study and everything that it refers to.

    Parameters
    ----------
    source
        Path of a study file, of a folder that holds ``study.toml``, or the name of a packaged study.
    overrides
        Values by dotted key, such as ``{"scenarios.count": 5_000, "area.f.include": False}``. A value takes the place
        of the whole value in the file, tables and lists included; paths are relative to the study file.

    Returns
    -------
    Study
        Validated and frozen. Its `files` are a copy of the study that stands by itself.

    Raises
    ------
    FileError
        When the study file itself is missing or cannot be read.
    StudyError
        With every problem of the study, its catalogue, its countries, its prices and its correlations at once.

    Examples
    --------
    >>> load_study("pops", {"scenarios.count": 500}).scenarios
    500
    """
    path = find_study(source)
    raw = parse_toml(read_text(path), path.name)
    if overrides is not None and not isinstance(overrides, Mapping):
        raise ParameterError(
            Problem("overrides", (), kind_of(overrides), 'a dict by dotted key: {"scenarios.count": 5_000}')
        )
    merged, applied, problems = apply_overrides(raw, overrides or {})
    checked, found = check_document(StudyFile, merged, Place(path.name, applied))
    problems += found
    if checked is None:
        raise StudyError(problems)
    shared = Shared()
    loader = _Loader(checked, path.parent, shared)
    study, found = loader.study()
    problems += found

    def load(option: Checked[StudyFile]) -> tuple[Study | None, list[Problem]]:
        return _Loader(option, path.parent, shared).study()

    options, written, found = resolve_options(checked, merged, load, set(problems))
    problems += found
    if problems or study is None:
        raise StudyError(dict.fromkeys(problems))
    study = replace(study, source=str(path), reading=tuple(dict.fromkeys(shared.reading)), notes=loader.notes(study))
    if not options:
        return study
    return replace(study, options=tuple(options), files=loader.files(written))


class _Loader:
    """Reads what a study refers to, part by part; problems gather in one list."""

    def __init__(self, checked: Checked[StudyFile], folder: Path, shared: Shared) -> None:
        self.checked, self.folder, self.shared = checked, folder, shared
        self.table: TextTable | None = None
        self.catalogue_areas: list[str] = []
        self.problems: list[Problem] = []

    def study(self) -> tuple[Study | None, list[Problem]]:
        """Check all parts and put them together: None where there is a problem."""
        content = self.checked.content
        names = (content.headings, content.labels)
        counted = said(self.checked, content.countries, content.csv, content.size, *names, *content.driver.items())
        countries_text, table, countries, left_out = self.shared.once(
            ("countries", counted), self.countries, self.problems
        )
        self.table = table
        settings = Settings(self.checked, table, self.groups(table))
        paid = said(self.checked, content.money, content.csv)
        prices, rates, money = self.shared.once(("money", paid), self.money, self.problems)
        catalogue, areas = self.areas(settings, money, counted)
        self.catalogue_areas = [area.id for area in catalogue.areas]
        events = resolve_events(settings, self.known(catalogue), [area.id for area in areas])
        self.problems += [*settings.problems, *self.replicates(), *self.headline()]
        correlation, dependence = self.dependence(catalogue, table)
        breakdowns = self.breakdowns(table)
        self.problems = [self.checked.place.located(problem) for problem in self.problems]
        if self.problems or dependence is None:
            return None, self.problems
        # What options change is written with the study that has them; each option stands by itself without the others.
        own = content.model_copy(update={"option": []})
        self.files = partial(study_files, content, catalogue, countries_text, prices, rates, correlation)
        about, size, financing = content.study, content.size, content.financing
        study = Study(
            name=about.name,
            title=about.title,
            description=about.description,
            years=tuple(range(about.first_year, about.first_year + about.years)),
            currency=content.money.currency,
            price_year=content.money.price_year,
            sampling=Sampling(
                content.scenarios.count,
                content.scenarios.seed,
                content.scenarios.design,
                content.scenarios.replicates,
            ),
            coverage=content.report.coverage,
            breakdowns=breakdowns,
            countries=countries,
            countries_rationale=content.countries.rationale,
            left_out=left_out,
            areas=areas,
            dependence=dependence,
            size_driver=size.driver if size else "",
            size_rationale=size.rationale if size else "",
            files=study_files(own, catalogue, countries_text, prices, rates, correlation),
            size_reference=size.reference if size else 1.0,
            size_limits=(size.lowest, size.highest) if size else (None, None),
            size_basis=size.basis if size else "judgement",
            drivers=study_drivers(content),
            start=events.start,
            shocks=events.shocks,
            agency_fee=financing.agency_fee if financing else None,
            financing_basis=financing.basis if financing else "judgement",
            financing_rationale=financing.rationale if financing else "",
            inflation=events.inflation,
            discount_rate=content.money.discount_rate,
            labels=ColumnLabels.of(content.headings, content.labels),
            headline=content.report.headline,
            not_known=tuple(content.report.not_known),
            areas_left_out=_areas_left_out(catalogue, areas),
        )
        return study, []

    def notes(self, study: Study) -> tuple[str, ...]:
        """List what is odd in the study that was made, and yet allowed."""
        if self.table is None:
            return ()
        odd = study_notes(study, self.checked.content, self.table, self.groups(self.table), self.catalogue_areas)
        return (*dict.fromkeys(self.shared.notes), *odd)

    def csv(
        self, keys: tuple[str, str], role: str, required: Sequence[str], numeric: Sequence[str] | None
    ) -> tuple[str | None, TextTable | None]:
        """Text of the CSV file that a key names, and its table; None, with a problem noted, where it cannot be read."""
        content, at = self.checked.content, self.checked.place.at
        name = getattr(getattr(content, keys[0]), keys[1])
        if name is None or not self.checked.sound(*keys) or not self.checked.sound("csv"):
            return None, None
        path = self.folder / name
        said = content.csv.of(role) if content.csv else Dialect()
        if said.decimal is not None and said.decimal == said.thousands:
            found = f"decimal and thousands are both {shown(said.decimal)} for {path.name}"
            problem = Problem(at("csv", role), (), found, "two signs", f"say in [csv.{role}] how this file is written")
            self.problems.append(problem)
            return None, None
        try:
            text, source = decode(read_bytes(path, at(*keys)), str(path), said.encoding, self.checked.place.file, keys)
        except FileError as error:
            self.problems += error.problems
            return None, None
        table, problems = read_table(text, path.name, required, numeric, replace(said, key=f"csv.{role}"))
        self.problems += problems
        self.shared.notes += column_notes(table, required if role in ("price_index", "exchange_rates") else ())
        rest = table.reading.removeprefix(f"{path.name}: read ")
        parts = [part for part in (source, rest) if part]
        self.shared.reading += [f"{path.name}: read {', '.join(parts)}"] if parts else []
        return text, table if table.columns else None

    def countries(self) -> tuple[str, TextTable | None, tuple[Country, ...], tuple[tuple[str, str, str], ...]]:
        """Who is counted and who is not."""
        measured = measured_columns(self.checked.content) if columns_are_sound(self.checked) else ()
        text, table = self.csv(("countries", "file"), "countries", COUNTRY_COLUMNS, measured)
        if table is not None and not set(COUNTRY_COLUMNS) <= set(table.columns):
            table = None
        elif table is not None and not table.rows and table.whole:
            self.problems.append(Problem(table.name, (), "names of columns and no row", "a row for each country"))
            table = None
        countries, left_out, problems = resolve_countries(self.checked, table)
        self.problems += problems
        return text or "", table, countries, left_out

    def groups(self, table: TextTable | None) -> tuple[str, ...]:
        """Columns that group countries."""
        return group_columns(table, measured_columns(self.checked.content)) if table else ()

    def money(self) -> tuple[str | None, str | None, Money | None]:
        """Texts of the price index and of the exchange rates, where there are such, and the money they lead to."""
        money = self.checked.content.money
        prices_text, prices = self.table_of("price_index", PRICE_COLUMNS, "index", read_prices)
        rates_text, rates = self.table_of("exchange_rates", RATE_COLUMNS, "rate", read_rates)
        sound = all(self.checked.sound("money", key) for key in ("currency", "price_year"))
        whole = (prices is None) == (money.price_index is None) and (rates is None) == (money.exchange_rates is None)
        known = Money(money.currency, money.price_year, prices, rates) if sound and whole else None
        return prices_text, rates_text, known

    def table_of(
        self, key: str, columns: Sequence[str], number: str, read: Callable[[TextTable], tuple[Read, list[Problem]]]
    ) -> tuple[str | None, Read | None]:
        """Text of a file that [money] names, and what it says; None where it cannot be read, or is not named."""
        text, table = self.csv(("money", key), key, columns, [number])
        if table is None:
            return text, None
        found, problems = read(table)
        self.problems += problems
        return text, found if table.whole and table.numbers is not None and not problems else None

    def areas(
        self, settings: Settings, money: Money | None, counted: str | None
    ) -> tuple[CatalogueReading, tuple[Area, ...]]:
        """Catalogue of the study, and what is counted of it."""
        if not self.checked.sound("catalogue", "folder"):
            return CatalogueReading((), (), {}, False), ()
        folder = self.folder / self.checked.content.catalogue.folder
        catalogue, problems = self.shared.catalogue(folder, self.checked.place.at("catalogue", "folder"))
        self.problems += problems
        content = self.checked.content
        # What areas hang on beside their own tables.
        general = said(self.checked, content.delay, content.escalation, content.financing, content.dependence)
        areas, problems = resolve_areas(settings, catalogue, money, partial(self.once_area, counted, general))
        self.problems += problems
        return catalogue, areas

    def once_area(
        self, counted: str | None, general: str | None, area: str, make: Callable[[], Area], *problems: list[Problem]
    ) -> Area:
        """Make an area, or take that of another option where nothing that it hangs on was changed."""
        own = said(self.checked, self.checked.content.area[area])
        return self.shared.once(("area", area, counted, general, own), make, *problems)

    def known(self, catalogue: CatalogueReading) -> list[str] | None:
        """Ids of all areas of the catalogue; None where they are not all known."""
        return [area.id for area in catalogue.areas] if catalogue.complete else None

    def dependence(self, catalogue: CatalogueReading, table: TextTable | None) -> tuple[str | None, Dependence | None]:
        """Text of the correlation file, where there is one, and the dependence of the study."""
        between = self.checked.content.dependence.between_areas
        text, file = None, None
        if isinstance(between, str):
            text, file = self.csv(("dependence", "between_areas"), "between_areas", (), None)
            file = file if file is not None and file.whole and file.numbers is not None else None
        counted = counted_areas(self.checked, catalogue)
        columns = self.groups(table) if table and table.columns else None
        dependence, problems = resolve_dependence(self.checked, file, counted, self.known(catalogue), columns)
        self.problems += problems
        return text, dependence

    def replicates(self) -> list[Problem]:
        """Hold the number of scramblings to the design and the number of scenarios."""
        scenarios, where = self.checked.content.scenarios, self.checked.place.at("scenarios", "replicates")
        if scenarios.replicates == 1:
            return []
        if scenarios.design != "sobol":
            found = f"{scenarios.replicates} of design {scenarios.design!r}"
            return [Problem(where, (), found, '1, or design = "sobol"', "only Sobol points are scrambled")]
        if scenarios.count % scenarios.replicates:
            found = f"{scenarios.replicates}, which does not divide {scenarios.count} scenarios"
            points = 1 << (scenarios.count // scenarios.replicates).bit_length()
            best = f"scenarios.count = {points * scenarios.replicates}"
            return [Problem(where, (), found, "a number that divides scenarios.count", best)]
        return []

    def headline(self) -> list[Problem]:
        """Refuse a need for financing as the headline where the study has none."""
        content = self.checked.content
        if content.report.headline == "cost" or content.financing is not None:
            return []
        where = self.checked.place.at("report", "headline")
        allowed = '"cost", or a study with a [financing] table'
        return [Problem(where, (), f'"{content.report.headline}" without [financing]', allowed, "add [financing]")]

    def breakdowns(self, table: TextTable | None) -> tuple[tuple[str, ...], ...]:
        """Breakdowns, each a tuple of names."""
        content, at = self.checked.content, self.checked.place.at
        known = ("country", "area", "component", "basis", "year", *self.groups(table))
        wanted: list[tuple[str, ...]] = []
        for index, entry in enumerate(content.report.breakdowns):
            names = (entry,) if isinstance(entry, str) else tuple(entry)
            where = at("report", "breakdowns", index)
            self.problems += [
                Problem(where, (), f"unknown name {name!r}", f"names: {words(known)}", nearest(name, known))
                for name in names
                if name not in known and table is not None and table.columns
            ]
            if len(set(names)) < len(names):
                self.problems.append(Problem(where, (), str(list(names)), "each name once in a breakdown"))
            elif any(set(names) == set(other) for other in wanted):
                self.problems.append(Problem(where, (), f"{', '.join(names)} a second time", "each breakdown once"))
            wanted.append(names)
        return tuple(wanted)


def _areas_left_out(catalogue: CatalogueReading, counted: Sequence[Area]) -> tuple[tuple[str, str], ...]:
    """Return id and name of the areas of the catalogue that the study does not count."""
    ids = {area.id for area in counted}
    return tuple((area.id, area.name) for area in catalogue.areas if area.id not in ids)
