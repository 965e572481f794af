"""Load a study: find it, lay overrides over it, check all of it, and report every problem at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar, cast

from popsim.errors import FileError, ParameterError, Problem, StudyError, kind_of, nearest, shown, words
from popsim.sampling import Sampling
from popsim.schema import STUDY_FILE
from popsim.study.areas import check_areas, counted_areas, resolve_areas
from popsim.study.catalogue import CatalogueReading, read_catalogue
from popsim.study.countries import (
    COUNTRY_COLUMNS,
    LeftOut,
    columns_are_sound,
    group_columns,
    measured_columns,
    resolve_countries,
    scaling_measures,
)
from popsim.study.dependence import resolve_dependence
from popsim.study.evidence import at_year, read_sizes
from popsim.study.files import StudyFolder, find_study, parse_toml, read_bytes, read_text
from popsim.study.labels import ColumnLabels
from popsim.study.magnitudes import check_magnitudes
from popsim.study.model import Area, Country, Dependence, Payment, Study
from popsim.study.money import PRICE_COLUMNS, RATE_COLUMNS, Money, read_prices, read_rates
from popsim.study.notes import column_notes, study_notes
from popsim.study.overlaps import check_changes, overlap_notes, stating_areas
from popsim.study.patch import apply_overrides, resolve_options, resolve_what_ifs
from popsim.study.place import Place
from popsim.study.settings import as_setting, check_settings, resolve_shocks
from popsim.study.toml_models import StudyFile
from popsim.study.translations import Translations, names_of, read_translations, translation_files
from popsim.study.validate import Checked, check_document
from popsim.study.write import study_files
from popsim.tables import Dialect, TextTable, decode, read_table

Made = TypeVar("Made")
Read = TypeVar("Read")


def load_study(
    source: str | os.PathLike[str],
    overrides: Mapping[str, object] | None = None,
    *,
    data_folders: Iterable[str | os.PathLike[str]] = (),
) -> Study:
    """Load a study and everything that it refers to.

    Parameters
    ----------
    source
        Path of a study file, of a folder that holds ``study.toml``, or the name of a packaged study.
    overrides
        Values by dotted key, such as ``{"scenarios.count": 5_000, "area.f.include": False}``. A value takes the place
        of the whole value in the file, tables and lists included; paths are relative to the study file.
    data_folders
        Folders beside that of the study in which files that it names may lie. Elsewhere none is read.

    Returns
    -------
    Study
        Validated and frozen. Its `files` are a copy of the study that stands by itself.

    Raises
    ------
    FileError
        When the study file itself is missing or cannot be read, or a data folder is missing.
    StudyError
        With every problem of the study, its catalogue, its countries, its prices and its correlations at once.

    Examples
    --------
    >>> load_study("pops", {"scenarios.count": 500}).scenarios
    500
    """
    return StudyReader(source, data_folders).load(overrides)


class StudyReader:
    """Loads one study file under one set of overrides after another; what these have in common is read once.

    Parameters
    ----------
    source, data_folders
        As for `load_study`.

    Raises
    ------
    FileError
        When the study file is missing or cannot be read.

    Examples
    --------
    >>> reader = StudyReader("pops")
    >>> [reader.load({"scenarios.count": count}, alone=True).scenarios for count in (100, 200)]
    [100, 200]
    """

    def __init__(self, source: str | os.PathLike[str], data_folders: Iterable[str | os.PathLike[str]] = ()) -> None:
        self.path = find_study(source)
        self.folder = StudyFolder.of(self.path.parent, data_folders)
        self.raw = parse_toml(read_text(self.path), self.path.name)
        self._shared = _Shared()

    def load(self, overrides: Mapping[str, object] | None = None, *, alone: bool = False) -> Study:
        """Return the study under these overrides, as `load_study` does.

        Parameters
        ----------
        overrides
            Values by dotted key.
        alone
            Whether to leave out what takes time beside the study and its options: what-ifs, notes, texts of files.

        Raises
        ------
        StudyError
            With every problem of the study.
        """
        path, shared = self.path, self._shared
        if overrides is not None and not isinstance(overrides, Mapping):
            raise ParameterError(
                Problem("", ("overrides",), kind_of(overrides), 'a dict by dotted key: {"scenarios.count": 5_000}')
            )
        merged, applied, problems = apply_overrides(self.raw, overrides or {}, path.name)
        if alone:
            merged.pop("what_if", None)
        place = Place(path.name, tuple((keys, "override") for keys in applied))
        checked, others = check_document(StudyFile, merged, place)
        problems += map(place.located, others)
        if checked is None:
            raise StudyError(problems)

        def load(file: Checked[StudyFile]) -> tuple[Study | None, list[Problem]]:
            return _Loader(file, self.folder, shared, has_texts=not alone).study()

        loader = _Loader(checked, self.folder, shared, is_changed=bool(applied), has_texts=not alone)
        study, others = loader.study()
        problems += others
        options, others = resolve_options(checked, load, set(problems))
        problems += map(place.located, others)
        what_ifs, others = resolve_what_ifs(checked, load, set(problems))
        problems += map(place.located, others)
        if problems or study is None:
            raise StudyError(dict.fromkeys(problems))
        study = replace(study, source=str(path), reading=tuple(dict.fromkeys(shared.reading)))
        study = replace(study, options=tuple(options), what_ifs=tuple(what_ifs))
        if alone:
            return study
        study = replace(study, notes=loader.notes(study))
        if not (options or what_ifs):
            return study
        return replace(study, files=loader.files(options, what_ifs))


class _Shared:
    """What the options of one study have in common, read or made once."""

    def __init__(self) -> None:
        self._made: dict[tuple[object, ...], Any] = {}
        self.reading: list[str] = []
        """How files were read, where the study does not state it."""
        self.notes: list[str] = []
        """What is odd in the files themselves."""

    def once(self, key: tuple[object, ...], make: Callable[[], Made], problems: list[Problem]) -> Made:
        """Return what was made of the same before, or make it; `make` adds to `problems`.

        What has a problem is made again: the problem stands elsewhere in each option. A key with None in it says that
        nothing is known to be the same.
        """
        if None in key:
            return make()
        if key not in self._made:
            before = len(problems)
            made = make()
            if len(problems) > before:
                return made
            self._made[key] = made
        return cast(Made, self._made[key])


class _Loader:
    """Reads what a study refers to, part by part; problems gather in one list."""

    def __init__(
        self,
        checked: Checked[StudyFile],
        folder: StudyFolder,
        shared: _Shared,
        *,
        is_changed: bool = False,
        has_texts: bool = True,
    ) -> None:
        self.checked, self.folder, self.shared = checked, folder, shared
        self.is_changed = is_changed
        """Whether overrides changed the study, which may then lack names that its translations have."""
        self.has_texts = has_texts
        """Whether the study is to have the texts of its files."""
        self.table: TextTable | None = None
        self.groups: tuple[str, ...] = ()
        self.catalogue = CatalogueReading()
        self.problems: list[Problem] = []

    def study(self) -> tuple[Study | None, list[Problem]]:
        """Check all parts and put them together: None where there is a problem."""
        checked, content = self.checked, self.checked.content
        counted = self.stated("countries", "csv", "size", "headings", "labels", "driver")
        countries_text, self.table, countries, left_out = self.once(("countries", counted), self.read_countries)
        if self.table is not None:
            self.groups = group_columns(self.table, measured_columns(content))
        prices, rates, money = self.once(("money", self.stated("money", "csv")), self.read_money)
        self.catalogue = self.read_catalogue()
        payments = self.payments(money)
        areas = self.areas(money, counted)
        correlation, dependence = self.dependence()
        named = content.translations and not checked.refused
        names = list(names_of(content, self.catalogue, self.table, self.groups)) if named else []
        whole = self.catalogue.overlaps_complete and self.table is not None and not checked.refused
        known_names = tuple(names) if whole and not self.is_changed else None
        about_names = self.stated("translations"), known_names is None, known_names or ()
        translations = self.once(("translations", *about_names), partial(self.read_translations, known_names))
        known = self.catalogue.ids() if self.catalogue.complete else None
        self.problems += check_settings(checked, known, self.table, self.groups)
        self.problems += [*_check_replicates(checked), *_check_headline(checked), *self.check_breakdowns()]
        self.problems = [checked.place.located(problem) for problem in self.problems]
        if self.problems or checked.refused or dependence is None:
            return None, self.problems
        texts = countries_text, prices, rates, correlation
        files: tuple[tuple[str, str], ...] = ((STUDY_FILE, ""),)
        if self.has_texts:
            translated = translation_files(translations, names)
            self.files = partial(study_files, content, checked.raw, self.catalogue, texts, translations=translated)
            # What options change is written with the study that has them; each option stands by itself without others.
            own = content.model_copy(update={"option": [], "what_if": []})
            files = study_files(own, checked.raw, self.catalogue, texts, translations=translated)
        study = _assemble(content, countries, left_out, self.catalogue, areas, dependence, files, payments)
        if problems := check_magnitudes(study, checked.place, self.catalogue.areas):
            return None, problems
        return replace(study, translations=translations), []

    def read_translations(self, known: Sequence[str] | None) -> Translations:
        """Read the names of the study in other languages; none is called unknown where not all names are known."""
        translations, problems = read_translations(self.checked, self.folder, known)
        self.problems += problems
        return translations

    def payments(self, money: Money | None) -> tuple[Payment, ...]:
        """Bring money that was really paid to that of the study."""
        place, found = self.checked.place, []
        for index, row in enumerate(self.checked.content.report.cross_check):
            factor = 1.0
            if money is not None and self.checked.sound("report", "cross_check", index):
                factor, problems = money.factor(row.currency, row.year, place, ("report", "cross_check", index))
                self.problems += [at_year(problem) for problem in problems]
            found.append(Payment(row, factor))
        return tuple(found)

    def notes(self, study: Study) -> tuple[str, ...]:
        """List what is odd in the study that was made, and yet allowed."""
        if self.table is None:
            return ()
        odd = study_notes(study, self.checked, self.table, self.groups, self.catalogue.ids())
        return (*dict.fromkeys(self.shared.notes), *odd, *overlap_notes(study, self.catalogue))

    def stated(self, *tables: str) -> str | None:
        """Return what tables of the study file state, as text; None where something in the file was refused."""
        if self.checked.refused:
            return None
        # As Python shows it: there 1, 1.0 and true are three things, and infinity is one.
        return repr([self.checked.raw.get(table) for table in tables])

    def once(self, key: tuple[object, ...], make: Callable[[], Made]) -> Made:
        """Return what was made of the same for another option, or make it."""
        return self.shared.once(key, make, self.problems)

    def read_csv(
        self, keys: tuple[str, str], role: str, required: Sequence[str], numeric: Sequence[str] | None
    ) -> tuple[str | None, TextTable | None]:
        """Return the text of the CSV file that a key names, and its table; None, with a problem, where it has none."""
        content, place = self.checked.content, self.checked.place
        name = getattr(getattr(content, keys[0]), keys[1])
        if name is None or not self.checked.sound(*keys) or not self.checked.sound("csv"):
            return None, None
        path = self.folder.path / name
        dialect = content.csv.of(role) if content.csv else Dialect()
        if dialect.decimal is not None and dialect.decimal == dialect.thousands:
            found = f"decimal and thousands are both {shown(dialect.decimal)} for {path.name}"
            mend = f"state in [csv.{role}] how this file is written"
            self.problems.append(place.problem(("csv", role), found, "two signs", mend))
            return None, None
        try:
            path = self.folder.find(name, place.file, keys)
            text, source = decode(read_bytes(path), str(path), dialect.encoding, place.file, keys)
        except FileError as error:
            self.problems += [replace(each, file=place.file, keys=keys) for each in error.problems]
            return None, None
        table, problems = read_table(text, path.name, required, numeric, replace(dialect, key=f"csv.{role}"))
        self.problems += problems
        self.shared.notes += column_notes(table, required if role in ("price_index", "exchange_rates") else ())
        parts = [part for part in (source, table.reading) if part]
        self.shared.reading += [f"{path.name}: read {', '.join(parts)}"] if parts else []
        return text, table if table.columns else None

    def read_countries(self) -> tuple[str, TextTable | None, tuple[Country, ...], LeftOut]:
        """Read who is counted and who is not."""
        measured = measured_columns(self.checked.content) if columns_are_sound(self.checked) else ()
        text, table = self.read_csv(("countries", "file"), "countries", COUNTRY_COLUMNS, measured)
        if table is not None and not set(COUNTRY_COLUMNS) <= set(table.columns):
            table = None
        elif table is not None and not table.rows and table.whole:
            self.problems.append(Problem(table.name, (), "names of columns and no row", "a row for each country"))
            table = None
        countries, left_out, problems = resolve_countries(self.checked, table)
        self.problems += problems
        return text or "", table, countries, left_out

    def read_money(self) -> tuple[str | None, str | None, Money | None]:
        """Read the price index and the exchange rates, where there are such: their texts, and where they lead to."""
        money = self.checked.content.money
        prices_text, prices = self.read_rows("price_index", PRICE_COLUMNS, "index", read_prices)
        rates_text, rates = self.read_rows("exchange_rates", RATE_COLUMNS, "rate", read_rates)
        whole = (prices is None) == (money.price_index is None) and (rates is None) == (money.exchange_rates is None)
        known = Money(money.currency, money.price_year, prices, rates) if self.checked.has("money") and whole else None
        return prices_text, rates_text, known

    def read_rows(
        self, key: str, columns: Sequence[str], number: str, read: Callable[[TextTable], tuple[Read, list[Problem]]]
    ) -> tuple[str | None, Read | None]:
        """Read a file that [money] names: its text, and what it says; None where it cannot be read, or is not named."""
        text, table = self.read_csv(("money", key), key, columns, [number])
        if table is None:
            return text, None
        rows, problems = read(table)
        self.problems += problems
        return text, rows if table.whole and table.numbers is not None and not problems else None

    def read_catalogue(self) -> CatalogueReading:
        """Read the catalogue of the study."""
        if not self.checked.has("catalogue"):
            return CatalogueReading()
        keys = ("catalogue", "folder")
        try:
            folder = self.folder.find(self.checked.content.catalogue.folder, self.checked.place.file, keys)
        except FileError as error:
            self.problems += error.problems
            return CatalogueReading()
        read = partial(read_catalogue, folder, self.checked.place.file, keys, self.folder)
        catalogue, problems = self.once(("catalogue", str(folder)), read)
        self.problems += problems
        return catalogue

    def areas(self, money: Money | None, counted: str | None) -> tuple[Area, ...]:
        """Return what is counted of the catalogue; an area is made once unless an option changes what it depends on."""
        self.problems += check_areas(self.checked, self.catalogue)
        self.problems += check_changes(self.checked, self.catalogue)
        general = self.stated("delay", "escalation", "financing", "dependence", "overlap")
        stating = {area.id: stating_areas(self.catalogue, area) for area in self.catalogue.areas}
        tables = self.checked.raw.get("area", {})

        def once(area: str, make: Callable[[], Area]) -> Area:
            # What a component is a share of depends on the area that states it.
            own = None if general is None else repr([tables[area], *map(tables.get, stating[area])])
            return self.once(("area", area, counted, general, own), make)

        sizes = self.once(("sizes", counted), partial(read_sizes, self.checked, self.table))
        return resolve_areas(self.checked, self.catalogue, money, sizes, once, self.problems)

    def dependence(self) -> tuple[str | None, Dependence | None]:
        """Return the text of the correlation file, where there is one, and the dependence of the study."""
        if not self.checked.has("dependence"):
            return None, None
        between = self.checked.content.dependence.between_areas
        text, file = None, None
        if isinstance(between, str):
            text, file = self.read_csv(("dependence", "between_areas"), "between_areas", (), None)
            file = file if file is not None and file.whole and file.numbers is not None else None
        counted = [
            area.id
            for area in counted_areas(self.checked, self.catalogue)
            if self.checked.sound("area", area.id, "common_share")
        ]
        # What is stated by an area that is not counted depends on its correlations all the same.
        stating = {
            each: None
            for area in counted_areas(self.checked, self.catalogue)
            for each in stating_areas(self.catalogue, area)
            if each not in counted and self.checked.sound("area", each, "common_share")
        }
        columns = self.groups if self.table is not None else None
        known = self.catalogue.ids() if self.catalogue.complete else None
        dependence, problems = resolve_dependence(self.checked, file, counted, known, columns, list(stating))
        self.problems += problems
        return text, dependence

    def check_breakdowns(self) -> list[Problem]:
        """List breakdowns that name what is not known, or name something twice."""
        place, problems = self.checked.place, []
        known = ("country", "area", "component", "basis", "width", "year", *self.groups)
        seen: list[set[str]] = []
        for index, entry in enumerate(self.checked.content.report.breakdowns):
            names = (entry,) if isinstance(entry, str) else tuple(entry)
            keys = ("report", "breakdowns", index)
            problems += [
                place.problem(keys, f"unknown name {name!r}", f"names: {words(known)}", nearest(name, known))
                for name in names
                if name not in known and self.table is not None
            ]
            if len(set(names)) < len(names):
                problems.append(place.problem(keys, str(list(names)), "each name once in a breakdown"))
            elif set(names) in seen:
                problems.append(place.problem(keys, f"{', '.join(names)} a second time", "each breakdown once"))
            seen.append(set(names))
        return problems


def _assemble(
    content: StudyFile,
    countries: tuple[Country, ...],
    left_out: LeftOut,
    catalogue: CatalogueReading,
    areas: tuple[Area, ...],
    dependence: Dependence,
    files: tuple[tuple[str, str], ...],
    payments: tuple[Payment, ...],
) -> Study:
    """Put a study together from its file and what that refers to."""
    about, scenarios, report, financing = content.study, content.scenarios, content.report, content.financing
    size, ids = content.size, [area.id for area in areas]
    return Study(
        name=about.name,
        title=about.title,
        description=about.description,
        years=tuple(range(about.first_year, about.first_year + about.years)),
        currency=content.money.currency,
        price_year=content.money.price_year,
        sampling=Sampling(scenarios.count, scenarios.seed, scenarios.design, scenarios.replicates),
        coverage=report.coverage,
        breakdowns=tuple((entry,) if isinstance(entry, str) else tuple(entry) for entry in report.breakdowns),
        countries=countries,
        countries_rationale=content.countries.rationale,
        left_out=left_out,
        areas=areas,
        dependence=dependence,
        size_driver=size.driver if size else "",
        size_rationale=size.rationale if size else "",
        files=files,
        size_reference=size.reference if size else 1.0,
        size_limits=(size.lowest, size.highest) if size else (None, None),
        size_basis=size.basis if size else "judgement",
        drivers=tuple(measure for measure in scaling_measures(content) if measure.name != "size"),
        start=as_setting(content.start),
        shocks=resolve_shocks(content, ids),
        agency_fee=financing.agency_fee if financing else None,
        materialised=financing.materialised if financing else 1.0,
        financing_basis=financing.basis if financing else "judgement",
        financing_rationale=financing.rationale if financing else "",
        inflation=content.money.inflation,
        discount_rate=content.money.discount_rate,
        labels=ColumnLabels.of(content.headings, content.labels),
        headline=report.headline,
        not_known=tuple(report.not_known),
        not_counted=tuple(report.not_counted),
        cross_check=payments,
        design_is_stated="design" in scenarios.model_fields_set,
        areas_left_out=tuple((area.id, area.name) for area in catalogue.areas if area.id not in ids),
    )


def _check_replicates(study: Checked[StudyFile]) -> list[Problem]:
    """List what keeps Sobol points from being scrambled so many times."""
    scenarios, keys = study.content.scenarios, ("scenarios", "replicates")
    if scenarios.replicates == 1:
        return []
    if scenarios.design != "sobol":
        found = f"{scenarios.replicates} of design {scenarios.design!r}"
        return [study.place.problem(keys, found, '1, or design = "sobol"', "only Sobol points are scrambled")]
    if scenarios.count % scenarios.replicates:
        found = f"{scenarios.replicates}, which does not divide {scenarios.count} scenarios"
        points = 1 << (scenarios.count // scenarios.replicates).bit_length()
        best = f"scenarios.count = {points * scenarios.replicates}"
        return [study.place.problem(keys, found, "a number that divides scenarios.count", best)]
    return []


def _check_headline(study: Checked[StudyFile]) -> list[Problem]:
    """Refuse a need for financing as the headline where the study has none."""
    headline = study.content.report.headline
    if headline == "cost" or study.content.financing is not None or not study.has("financing"):
        return []
    found, allowed = f'"{headline}" without [financing]', '"cost", or a study with a [financing] table'
    return [study.place.problem(("report", "headline"), found, allowed, "add [financing]")]
