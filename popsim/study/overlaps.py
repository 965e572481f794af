"""Wholes that components share, with what a study changes in them, in the money of the study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from popsim.errors import Problem, words
from popsim.families.base import Family
from popsim.study.catalogue import CatalogueArea, CatalogueReading
from popsim.study.catalogue_models import AcceptedTable, CatalogueOverlap, CatalogueShare
from popsim.study.dependence import area_shares
from popsim.study.evidence import EvidenceReader, Sizes, scaled_exponents
from popsim.study.model import Area, Exponent, Overlap, Part, Study
from popsim.study.money import Money
from popsim.study.overlap_checks import sum_fault
from popsim.study.place import Place
from popsim.study.settings import as_exponents
from popsim.study.toml_models import FitTable, StudyFile
from popsim.study.validate import Checked

STATED = "The study states this cost in place of the catalogue's and gives no reasons."


@dataclass(frozen=True)
class Wholes:
    """The wholes of a catalogue as a study has them, each made once; problems gather in one list."""

    study: Checked[StudyFile]
    catalogue: CatalogueReading
    money: Money | None
    sizes: Sizes
    problems: list[Problem]
    made: dict[str, Overlap | None] = field(default_factory=dict)

    def part(self, area: str, component: CatalogueShare) -> Part | None:
        """Return what a component is of a whole; None, with a problem, where that is not known."""
        whole = self.whole(component.overlap)
        if whole is None:
            return None
        first, stated = self.catalogue.sharing(component.overlap)[0]
        direction: Literal[1, -1] = 1 if (first.id, stated.id) == (area, component.id) else -1
        return Part(whole, component.share, direction, component.basis, component.rationale)

    def whole(self, name: str) -> Overlap | None:
        """Return a whole; None, with a problem, where it is not known or its cost cannot be fitted."""
        if name not in self.made:
            area, stated = self.catalogue.overlaps().get(name, (None, None))
            self.made[name] = None if area is None or stated is None else self._resolved(area, stated)
        return self.made[name]

    def exponents(self, whole: Overlap, own: Mapping[str, Exponent]) -> Mapping[str, Exponent]:
        """Return how a share of a whole scales: as it says itself, from the size at which a fitted whole stands."""
        table = self._changed(self.catalogue.overlaps()[whole.id][1]).cost
        if whole.fit is None or not isinstance(table, FitTable):
            return own
        return scaled_exponents(table, own, whole.fit, f"exponent/overlap/{whole.id}/size")

    def has_own_exponent(self, whole: Overlap) -> bool:
        """Return whether a whole is fitted with an exponent of size, which its shares then take."""
        table = self._changed(self.catalogue.overlaps()[whole.id][1]).cost
        return isinstance(table, FitTable) and table.size != "study"

    def check_sums(self, areas: Sequence[Area]) -> None:
        """Refuse shares of counted components that, as the study has them, can come to more than the whole."""
        shares: dict[str, list[tuple[str, Family | float]]] = {}
        for area in areas:
            for component in area.components:
                if component.part is not None:
                    named = f"{area.id}/{component.id}", component.part.share
                    shares.setdefault(component.part.whole.id, []).append(named)
        for name, each in shares.items():
            changed = [key for key, _ in each if self._states_share(*key.split("/"))]
            if changed and (fault := sum_fault(name, each)):
                area_id, component_id = changed[-1].split("/")
                keys = ("area", area_id, "component", component_id, "share")
                self.problems.append(self.study.place.located(self.study.place.problem(keys, *fault)))

    def _states_share(self, area: str, component: str) -> bool:
        change = self.study.content.area[area].component.get(component)
        return change is not None and change.share is not None

    def _changed(self, stated: CatalogueOverlap) -> CatalogueOverlap:
        change = self.study.content.overlap.get(stated.id)
        if change is None:
            return stated
        # What the catalogue cites speaks of the cost that was there.
        changes: dict[str, object] = {}
        if isinstance(change.cost, Family):
            changes = {"basis": "judgement", "rationale": STATED, "source": [], "data": [], "expert": []}
            changes |= {"width_basis": None, "shape_basis": None, "covers": "", "accepted": AcceptedTable()}
        for name in ("cost", "basis", "rationale"):
            if getattr(change, name) is not None:
                changes[name] = getattr(change, name)
        return stated.model_copy(update=changes)

    def _resolved(self, area: CatalogueArea, stated: CatalogueOverlap) -> Overlap | None:
        content, planned, keys = self.study.content, self._changed(stated), area.keys(stated)
        change, table = content.overlap.get(stated.id), content.area.get(area.id)
        factor, problems = 1.0, list[Problem]()
        if self.money is not None:
            factor, problems = self.money.factor(planned.currency, planned.price_year, area.place, keys)
        self.problems.extend(map(area.place.located, problems))
        is_changed = change is not None and change.cost is not None
        reader = EvidenceReader(
            component=planned,
            place=area.place,
            keys=keys,
            cost_at=(self.study.place, ("overlap", stated.id, "cost")) if is_changed else (area.place, (*keys, "cost")),
            money=self.money,
            money_factor=factor,
            sizes=self.sizes,
            problems=self.problems,
        )
        exponents = {} if table is None else as_exponents(table, ("area", area.id))
        evidence = reader.read(exponents, f"exponent/overlap/{stated.id}/size")
        if evidence is None:
            return None
        fit, of_area = evidence.fit, area_shares(content, area.id)
        common, group = (None, None) if change is None else (change.common_share, change.group_share)
        return Overlap(
            id=stated.id,
            name=stated.name,
            area=area.id,
            cost=evidence.cost,
            currency=planned.currency,
            price_year=planned.price_year,
            money_factor=factor,
            basis=planned.basis,
            rationale=planned.rationale,
            sources=tuple(planned.source),
            area_shares=(of_area.common, of_area.group),
            width_basis=planned.width_basis or ("data" if fit else "judgement"),
            shape_basis=planned.shape_basis or "judgement",
            covers=planned.covers,
            scope=planned.scope,
            experts=tuple(planned.expert),
            accepted=planned.accepted.reasons(),
            data=evidence.data,
            fit=fit,
            cap=evidence.cap,
            cap_rationale=evidence.cap_rationale,
            common_share=fit.common_share if fit and common is None else common,
            group_share=group,
        )


def check_changes(study: Checked[StudyFile], catalogue: CatalogueReading) -> list[Problem]:
    """List tables [overlap.NAME] of a study that name what the catalogue does not have."""
    place: Place = study.place
    known = list(catalogue.overlaps())
    return [
        place.unknown(("overlap", name), "overlap", name, "overlaps of the catalogue", known)
        for name in study.content.overlap
        if name not in known and catalogue.overlaps_complete
    ]


def stating_areas(catalogue: CatalogueReading, area: CatalogueArea) -> list[str]:
    """Return the ids of the areas that state what components of an area are shares of, the area itself left out."""
    known = catalogue.overlaps()
    used = {component.overlap for component in area.components if isinstance(component, CatalogueShare)}
    return sorted({known[name][0].id for name in used if name in known} - {area.id})


def overlap_notes(study: Study, catalogue: CatalogueReading) -> list[str]:
    """Return a line for each whole of which only a part is counted, or which a single component shares.

    Parameters
    ----------
    study
        The study.
    catalogue
        Its catalogue.
    """
    notes = []
    counted = [f"{area.id}/{component.id}" for area in study.areas for component in area.components]
    for whole in study.overlaps:
        sharing = [f"{area.id}/{component.id}" for area, component in catalogue.sharing(whole.id)]
        here = [name for name in sharing if name in counted]
        apart = [name for name in sharing if name not in counted]
        if len(sharing) == 1:
            notes.append(f"overlap {whole.id}: {sharing[0]} alone is a share of it, and the rest is in no component")
        elif apart:
            verb, costs = "is" if len(apart) == 1 else "are", "costs" if len(here) == 1 else "cost"
            line = (
                f"overlap {whole.id}: {words(apart)} {verb} not counted, and {words(here)} {costs} a share of the whole"
            )
            notes.append(f"{line}, not all of it")
    return notes
