"""Counted areas: what the catalogue says of them and what the study changes, in the money and years of the study."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import TypeVar

from popsim.errors import Keys, Problem
from popsim.families.base import Family
from popsim.study.catalogue import CatalogueArea, CatalogueReading, payment_faults
from popsim.study.catalogue_models import AcceptedTable, CatalogueComponent, CatalogueShare, Paid
from popsim.study.dependence import area_shares
from popsim.study.evidence import Evidence, EvidenceReader, Sizes
from popsim.study.model import Area, Component, Exponent, Setting
from popsim.study.money import Money
from popsim.study.overlaps import STATED, Wholes
from popsim.study.place import Place
from popsim.study.settings import as_cofinancing, as_delay, as_escalation, as_exponents, as_setting, in_order
from popsim.study.split import share_of
from popsim.study.toml_models import AreaTable, ChangeTable, FitTable, StudyFile
from popsim.study.validate import Checked

COMPONENT = frozenset(field.name for field in fields(Component))
"""What a component of a study has; much of it is as in the catalogue."""
EVIDENCE = frozenset({"cost", "data", "width_basis", "shape_basis", "common_share", "group_share", "accepted"})
"""What follows from data, or is stated by a study."""
AnyPaid = TypeVar("AnyPaid", bound=Paid)


def counted_areas(study: Checked[StudyFile], catalogue: CatalogueReading) -> list[CatalogueArea]:
    """Return the areas that the study counts, in the order of the catalogue."""
    tables = study.content.area
    return [area for area in catalogue.areas if area.id in tables and tables[area.id].include]


def check_areas(study: Checked[StudyFile], catalogue: CatalogueReading) -> list[Problem]:
    """List areas and components that the catalogue does not have, and areas of which nothing is counted."""
    place, tables, known = study.place, study.content.area, catalogue.ids()
    problems = [
        place.unknown(("area", area), "area", area, "areas of the catalogue", known)
        for area in tables
        if area not in known and catalogue.complete
    ]
    if not any(table.include for table in tables.values()) and study.sound("area"):
        allowed = "at least one table [area.<id>] without include = false"
        mend = f"areas of the catalogue: {', '.join(known)}"
        problems.append(place.problem(("area",), "no area is counted", allowed, mend))
    for area in catalogue.areas:
        if area.id not in tables or not area.complete:
            continue
        table, keys = tables[area.id], ("area", area.id, "component")
        names = [component.id for component in area.components]
        allowed = f"components of area {area.id} in the catalogue"
        unknown = [name for name in table.component if name not in names]
        problems += [place.unknown((*keys, name), "component", name, allowed, names) for name in unknown]
        if table.include and not any(_is_counted(table, name) for name in names):
            allowed = "at least one component of a counted area"
            mend = f"leave the area out: area.{area.id}.include = false"
            problems.append(place.problem(keys, "every component has include = false", allowed, mend))
        problems += _check_needed_with(study, area, table)
    return problems


def _check_needed_with(study: Checked[StudyFile], area: CatalogueArea, table: AreaTable) -> list[Problem]:
    """List components that are said to be needed with one that cannot decide on it."""
    problems = []
    names = [component.id for component in area.components]
    for name, change in table.component.items():
        if (other := change.needed_with) is None:
            continue
        keys: Keys = ("area", area.id, "component", name, "needed_with")
        named = table.component.get(other)
        if other not in names:
            allowed = f"components of area {area.id} in the catalogue"
            problems.append(study.place.unknown(keys, "component", other, allowed, names))
        elif (fault := _needed_with_fault(f"area.{area.id}.component", name, change, other, named)) is not None:
            problems.append(study.place.problem(keys, *fault))
    return problems


def _needed_with_fault(
    above: str, name: str, change: ChangeTable, other: str, named: ChangeTable | None
) -> tuple[str, str, str] | None:
    """Return what keeps a component from being needed with another: what is found, what is allowed, how to mend it."""
    if other == name:
        return f"{other!r}, the component itself", "another component of the area", "leave needed_with out"
    if change.need is not None:
        found = f"{other!r} beside a need of its own, [{above}.{name}.need]"
        return found, "needed_with or need, not both", "leave one of the two out"
    if named is not None and named.needed_with is not None:
        found = f"{other!r}, which is itself needed with {named.needed_with!r}"
        best = named.needed_with
        mend = f'needed_with = "{best}"' if best not in (name, other) else f"give {other} a need of its own"
        return found, "a component with a need of its own, or with none", mend
    if change.include and named is not None and not named.include:
        mend = f"leave it out as well: {above}.{name}.include = false, or count {other}"
        return f"{other!r}, which the study leaves out", "a component that is counted", mend
    return None


def _is_counted(table: AreaTable, component: str) -> bool:
    return component not in table.component or table.component[component].include


def resolve_areas(
    study: Checked[StudyFile],
    catalogue: CatalogueReading,
    money: Money | None,
    sizes: Sizes,
    once: Callable[[str, Callable[[], Area]], Area],
    problems: list[Problem],
) -> tuple[Area, ...]:
    """Return the areas that a study counts, in the order of the catalogue.

    Parameters
    ----------
    study
        The study file.
    catalogue
        The catalogue.
    money
        What leads to the money of the study; None where it is not known.
    sizes
        Sizes of countries, for the amounts that costs are fitted to.
    once
        Called with the id of an area and what makes it: the area may have been made before.
    problems
        Every problem of the money and of the components is added here.
    """
    if money is not None and (found := money.check(study.place)):
        problems += found
        money = None
    wholes = Wholes(study, catalogue, money, sizes, problems)
    planned = [
        _Planned(study, area, money, sizes, wholes, problems)
        for area in catalogue.areas
        if area.id in study.content.area
    ]
    for each in planned:
        if not each.table.include:
            # Changes in an area that is left out are checked all the same.
            for component in each.area.components:
                each.changed(component)
    areas = tuple(once(each.area.id, each.resolve) for each in planned if each.table.include)
    wholes.check_sums(areas)
    return areas


@dataclass(frozen=True)
class _Planned:
    """An area of the catalogue as a study plans it; problems gather in one list."""

    study: Checked[StudyFile]
    area: CatalogueArea
    money: Money | None
    sizes: Sizes
    wholes: Wholes
    problems: list[Problem]

    @property
    def table(self) -> AreaTable:
        """What the study says of the area."""
        return self.study.content.area[self.area.id]

    def resolve(self) -> Area:
        """Return the area as the study has it."""
        content, table, area = self.study.content, self.table, self.area
        keys, shares = ("area", area.id), area_shares(content, area.id)
        exponents = as_exponents(table, keys)
        counted = [component for component in area.components if _is_counted(table, component.id)]
        needs = {name: as_setting(change.need) for name, change in table.component.items()}
        return Area(
            id=area.id,
            name=area.name,
            description=area.description,
            document=area.document,
            size_exponent=exponents["size"].value if "size" in exponents else 0.0,
            common_share=shares.common,
            components=tuple(filter(None, [self.component(component, exponents, needs) for component in counted])),
            group_share=shares.group,
            need=as_setting(table.need),
            delay=as_delay(table.delay or content.delay, keys if table.delay else ()),
            escalation=as_escalation(table.escalation or content.escalation, keys if table.escalation else ()),
            cofinancing=as_cofinancing(
                table.financing or content.financing, content.financing, keys if table.financing else ()
            ),
        )

    def component(
        self,
        component: CatalogueComponent | CatalogueShare,
        exponents: Mapping[str, Exponent],
        needs: Mapping[str, Setting | None],
    ) -> Component | None:
        """Return a component with what the study adds to it; `exponents` and `needs` are those of the area.

        None, with a problem, where its cost cannot be fitted.
        """
        if isinstance(component, CatalogueShare):
            return self.share(component, exponents, needs)
        factor, problems, general = 1.0, list[Problem](), self.study.content.financing
        if self.money is not None:
            money = component.currency, component.price_year
            factor, problems = self.money.factor(*money, self.area.place, self.area.keys(component))
        self.problems.extend(map(self.area.place.located, problems))
        stated = self.table.component.get(component.id)
        keys: Keys = ("area", self.area.id, "component", component.id)
        if stated is not None:
            exponents = {**exponents, **as_exponents(stated, keys)}
        planned = self.changed(component)
        evidence = self.evidence(planned, exponents, factor)
        if evidence is None:
            return None
        fit, shares = evidence.fit, (None, None) if stated is None else (stated.common_share, stated.group_share)
        return Component(
            **{name: value for name, value in planned if name in COMPONENT and name not in EVIDENCE},
            cost=evidence.cost,
            width_basis=planned.width_basis or ("data" if fit else "judgement"),
            shape_basis=planned.shape_basis or "judgement",
            money_factor=factor,
            profile=self.profile(planned),
            sources=tuple(planned.source),
            exponents=in_order(evidence.exponents, self.study.content.driver),
            need=None if stated is None else needs.get(stated.needed_with or component.id),
            needed_with=None if stated is None else stated.needed_with,
            cofinancing=None if stated is None else as_cofinancing(stated.financing, general, keys),
            experts=tuple(planned.expert),
            accepted=planned.accepted.reasons(),
            data=evidence.data,
            fit=fit,
            cap=evidence.cap,
            cap_rationale=evidence.cap_rationale,
            common_share=fit.common_share if fit and shares[0] is None else shares[0],
            group_share=shares[1],
        )

    def share(
        self, component: CatalogueShare, exponents: Mapping[str, Exponent], needs: Mapping[str, Setting | None]
    ) -> Component | None:
        """Return a component that is a share of a whole; None, with a problem, where the whole is not known."""
        planned = self.changed(component)
        part = self.wholes.part(self.area.id, planned)
        stated, general = self.table.component.get(component.id), self.study.content.financing
        keys: Keys = ("area", self.area.id, "component", component.id)
        if part is None:
            return None
        if stated is not None:
            exponents = {**exponents, **as_exponents(stated, keys)}
            sized = stated.size_exponent is not None or "size" in stated.exponent
            if sized and self.wholes.has_own_exponent(part.whole):
                self.refuse_size_exponent(component, "a whole that is fitted with an exponent")
        whole = part.whole
        return Component(
            id=planned.id,
            name=planned.name,
            kind=planned.kind,
            cost=share_of(whole.cost, part.share),
            currency=whole.currency,
            price_year=whole.price_year,
            money_factor=whole.money_factor,
            profile=self.profile(planned),
            basis=whole.basis,
            rationale=planned.rationale,
            sources=tuple(planned.source),
            exponents=in_order(self.wholes.exponents(whole, exponents), self.study.content.driver),
            need=None if stated is None else needs.get(stated.needed_with or component.id),
            needed_with=None if stated is None else stated.needed_with,
            cofinancing=None if stated is None else as_cofinancing(stated.financing, general, keys),
            width_basis=whole.width_basis,
            shape_basis=whole.shape_basis,
            covers=whole.covers,
            scope=whole.scope,
            person_years=planned.person_years,
            part=part,
        )

    def refuse_size_exponent(self, component: Paid, beside: str) -> None:
        """Refuse an exponent of size of a component whose cost is fitted with one."""
        at = ("area", self.area.id, "component", component.id, "size_exponent")
        found = f"size_exponent beside {beside}"
        self.report((self.study.place, at), found, "one of the two", 'state size = "study" in the fit')

    def evidence(
        self, planned: CatalogueComponent, exponents: Mapping[str, Exponent], factor: float
    ) -> Evidence | None:
        """Return what the data of a component come to; None, with a problem, where its cost cannot be fitted."""
        place, keys = self.stated_at(planned, "cost")
        reader = EvidenceReader(
            component=planned,
            place=self.area.place,
            keys=self.area.keys(planned),
            cost_at=(place, keys),
            money=self.money,
            money_factor=factor,
            sizes=self.sizes,
            problems=self.problems,
        )
        change = self.table.component.get(planned.id)
        self.check_data_file(planned)
        own = isinstance(planned.cost, FitTable) and planned.cost.size != "study"
        if own and change is not None and (change.size_exponent is not None or "size" in change.exponent):
            self.refuse_size_exponent(planned, f"a fit with size = {planned.cost.size!r}")  # type: ignore[union-attr]
        return reader.read(exponents, f"exponent/area/{self.area.id}/component/{planned.id}/size")

    def check_data_file(self, planned: CatalogueComponent) -> None:
        """Refuse a file of data that the study names and the catalogue does not: data belong to the catalogue."""
        components = [each for each in self.area.components if isinstance(each, CatalogueComponent)]
        catalogue = next(each for each in components if each.id == planned.id)
        files = [
            cost.data if isinstance(cost, FitTable) and isinstance(cost.data, str) else None
            for cost in (planned.cost, catalogue.cost)
        ]
        if files[0] is not None and files[0] != files[1]:
            place, keys = self.stated_at(planned, "cost")
            allowed = f"{files[1]!r}, the file of the catalogue" if files[1] else "rows of the catalogue, by their ids"
            self.report((place, (*keys, "data")), repr(files[0]), allowed, "name the file in the catalogue")

    def changed(self, component: AnyPaid) -> AnyPaid:
        """Return a component of the catalogue with what the study changes in it."""
        change = self.table.component.get(component.id)
        if change is None:
            return component
        if not self.may_change(component, change):
            return component
        # What the catalogue cites speaks of the cost that was there.
        gone: dict[str, object] = {"basis": "judgement", "rationale": STATED, "source": [], "data": [], "expert": []}
        gone |= {"width_basis": None, "shape_basis": None, "covers": "", "accepted": AcceptedTable()}
        changes = gone if isinstance(change.cost, Family) else {}
        for name in ("cost", "share", "basis", "rationale", "start", "spread", "years", "every"):
            if getattr(change, name) is not None:
                changes[name] = getattr(change, name)
        changed = component.model_copy(update=changes)
        faults = list(payment_faults(changed)) if changes.keys() & {"spread", "years", "every"} else []
        for key, *fault in faults:
            self.report(self.stated_at(component, key), *fault)
        return component if faults else changed

    def may_change(self, component: Paid, change: ChangeTable) -> bool:
        """Return whether a cost is changed of what has one, and a share of what is one; else report it."""
        if isinstance(component, CatalogueShare):
            of_whole = [key for key in ("cost", "common_share", "group_share") if getattr(change, key) is not None]
            if not of_whole:
                return True
            key, found = of_whole[0], f"{of_whole[0]} of what is a share of overlap {component.overlap!r}"
            mend = f"change its share, or the whole: [overlap.{component.overlap}] {key} = ..."
        else:
            if change.share is None:
                return True
            key, found, mend = "share", "a share of what has a cost of its own", "change its cost"
        allowed = "share for a component with an overlap, cost and shares in common for any other"
        self.report(self.stated_at(component, key), found, allowed, mend)
        return False

    def stated_at(self, component: Paid, key: str) -> tuple[Place, Keys]:
        """Return where a key of a component stands: in the study, or else in the catalogue."""
        change = self.table.component.get(component.id)
        if change is not None and getattr(change, key) is not None:
            return self.study.place, ("area", self.area.id, "component", component.id, key)
        return self.area.place, (*self.area.keys(component), key)

    def report(self, at: tuple[Place, Keys], found: str, allowed: str, mend: str) -> None:
        """Add a problem of a key."""
        place, keys = at
        self.problems.append(place.located(place.problem(keys, found, allowed, mend)))

    def profile(self, component: Paid) -> tuple[float, ...]:
        """Return when a component is paid in the years of the study; see `Paid.profile`."""
        years = self.study.content.study.years
        if not self.study.has("study") or any(payment_faults(component)):
            return ()
        postponed = self.table.postponed or 0
        moved = component.model_copy(update={"start": component.start + postponed})
        if moved.last(years) <= years:
            return moved.profile(years)
        late = moved.start > years
        at: tuple[Place, Keys] = (self.study.place, ("area", self.area.id, "postponed"))
        if component.last(years) > years:
            at = self.stated_at(component, "start" if late else "spread" if component.kind == "one-off" else "years")
        name = f" of component {component.id}" if postponed else ""
        paid, year = ("first", moved.start) if late else ("last", moved.last(years))
        allowed = f"programme years 1 to {years} ({self.study.place.at('study', 'years')} = {years})"
        mend = "pay earlier, or lengthen the study: years beyond the programme are not counted"
        self.report(at, f"{paid} payment{name} in programme year {year}", allowed, mend)
        return ()
