"""What a study changes in components of the catalogue, and when they are paid in its years."""

from __future__ import annotations

from dataclasses import dataclass, replace

from popsim.errors import Problem, nearest
from popsim.study.catalogue import CatalogueArea, CatalogueReading
from popsim.study.components import CatalogueComponent, check_payments
from popsim.study.distributions import build_at, check_cost
from popsim.study.place import Keys, words
from popsim.study.settings import Settings
from popsim.study.toml_models import AreaTable, ChangeTable

__all__ = ["Plans", "unknown_components"]

STATED = "The study states this cost in place of the catalogue's and gives no reasons."
BEYOND = "pay earlier, or lengthen the study: years beyond the programme are not counted"


def unknown_components(settings: Settings, area: CatalogueArea, table: AreaTable, sound: bool) -> list[Problem]:
    """List changes of components that the catalogue does not have; `sound` says whether all its ids are known."""
    known = [component.id for component in area.components]
    return [
        Problem(
            settings.study.place.at("area", area.id, "component", name),
            (),
            f"unknown component {name!r}",
            f"components of area {area.id} in the catalogue: {words(known)}",
            nearest(name, known),
        )
        for name in table.component
        if name not in known and sound
    ]


@dataclass(frozen=True)
class Plans:
    """Components of one area as the study plans them."""

    settings: Settings
    catalogue: CatalogueReading
    area: CatalogueArea
    table: AreaTable

    def changed(self, index: int) -> CatalogueComponent:
        """Give a component of the catalogue with what the study changes in it."""
        component = self.area.components[index]
        change = self.table.component.get(component.id)
        if change is None:
            return component
        settings, keys = self.settings, ("area", self.area.id, "component", component.id)
        if change.cost is not None and settings.study.sound(*keys, "cost"):
            cost, problems = build_at(settings.study.place, (*keys, "cost"), change.cost)
            if cost is not None:
                problems = check_cost(settings.study.place.at(*keys, "cost"), cost, change.cost)
                component = replace(component, cost=cost)
            settings.problems += problems
            # What the catalogue cites speaks of the cost that was there.
            component = replace(component, basis="judgement", rationale=STATED, sources=())
        component = replace(
            component,
            basis=change.basis or component.basis,
            rationale=change.rationale or component.rationale,
            start=component.start if change.start is None else change.start,
        )
        return self._payments(index, component, change)

    def _payments(self, index: int, component: CatalogueComponent, change: ChangeTable) -> CatalogueComponent:
        if change.spread is None and change.years is None and change.every is None:
            return component
        once = component.kind == "one-off"
        spread = change.spread if change.spread is not None else list(component.spread) if once else None
        years = component.years if change.years is None else change.years
        every = component.every if change.every is None else change.every
        problems = check_payments(
            lambda key: self.at(index, key), lambda key: self.sound(index, key), component.kind, spread, years, every
        )
        self.settings.problems += problems
        if problems:
            return component
        return replace(component, spread=tuple(spread or ()), years=years, every=every)

    def keys(self, index: int, key: str) -> Keys | None:
        """Keys of the study file at which it says this of a component; None where the catalogue does."""
        component = self.area.components[index].id
        change = self.table.component.get(component)
        stated = change is not None and getattr(change, key, None) is not None
        return ("area", self.area.id, "component", component, key) if stated else None

    def at(self, index: int, key: str) -> str:
        """Where a key of a component stands: in the study, or in the catalogue."""
        keys = self.keys(index, key)
        if keys is not None:
            return self.settings.study.place.at(*keys)
        return self.catalogue.checked[self.area.file].place.at("component", index, key)

    def sound(self, index: int, key: str) -> bool:
        """Whether what is said under a key was not refused, wherever it is said."""
        change = ("area", self.area.id, "component", self.area.components[index].id, key)
        if not self.settings.study.sound(*change):
            return False
        return self.keys(index, key) is not None or self.catalogue.checked[self.area.file].sound(
            "component", index, key
        )

    def profile(self, index: int, component: CatalogueComponent) -> tuple[float, ...]:
        """Share of a one-off that is paid in each year of the study; else 1 in each year paid."""
        study = self.settings.study
        postponed = self.table.postponed or 0
        used = ("kind", "start", "spread", "years", "every")
        if not (study.sound("study", "years") and all(self.sound(index, key) for key in used)):
            return (1.0,)
        years = study.content.study.years
        moved = replace(component, start=component.start + postponed)
        if moved.last(years) <= years:
            return moved.profile(years)
        late = moved.start > years
        if component.last(years) <= years:
            where = study.place.at("area", self.area.id, "postponed")
        else:
            where = self.at(index, "start" if late else "spread" if component.kind == "one-off" else "years")
        name = f" of component {component.id}" if postponed else ""
        found = f"first payment{name} in programme year {moved.start}"
        if not late:
            found = f"last payment{name} in programme year {moved.last(years)}"
        programme = f"programme years 1 to {years} ({study.place.at('study', 'years')} = {years})"
        self.settings.problems.append(Problem(where, (), found, programme, BEYOND))
        return (1.0,)
