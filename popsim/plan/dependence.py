"""From the dependence of a study to the weights of independent normals.

Within a country, the score of area a is Z[c, a]; over countries it has a common part. With one number r between areas,

    Z[c, a] = sqrt(r) H[c] + sqrt(1 - r) A[c, a]
    H[c]    = sqrt(s0) H0 + sqrt(q0 - s0) H0[g] + sqrt(1 - q0) h[c]
    A[c, a] = sqrt(t) g[a] + sqrt(t' - t) g[g, a] + sqrt(1 - t') e[c, a]
    t = (s[a] - r s0) / (1 - r),   t' = (q[a] - r q0) / (1 - r)

for a country c of group g, so that two areas of a country correlate by r, an area in two countries by its common share
s[a], or by its group share q[a] where both are of one group, and no draw moves when an area or a country is added.
Without groups, q = s and the parts of a group vanish. With a matrix R over labels, the common part has covariance
C = D R D, D = diag(sqrt(s)), the part of a group Q R Q - C, Q = diag(sqrt(q)), and the own part R - Q R Q; each is
factored in label order (Cholesky), so that labels added at the end move no draw.

A component k of an area with several has the score sqrt(w) Z[c, a] + sqrt(1 - w) E[c, a, k], where E shares s[a] among
countries, and q[a] among those of a group, too; so a component correlates by s[a] between countries, and by w with its
neighbours.

A whole that several components are shares of is drawn as one more component of the area that states it:
sqrt(w) Z[c, a] + sqrt(1 - w) E[c, whole]. How it is split has a score of its own, of which s[a] is common to all
countries, and q[a] to those of a group; it is S in the first component that shares the whole, and -S in the others.

Needs, delays and starts have scores of their own, with one factor for all needs (delays) of a country:

    need     n[c, x] = rho Z[c, x] + sqrt(1 - rho^2) (sqrt(b) G[c] + sqrt(1 - b) E[c, x]),   x an area or a component
    delay    D[c, a] = sqrt(b) G[c] + sqrt(1 - b) E[c, a]
    start    S[c]    = G[c]

where each G and E is sqrt(s) of a normal that all countries have in common and sqrt(1 - s) of one of the country's own.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from popsim.arrays import Floats
from popsim.correlation_matrix import covariances
from popsim.study.model import Area, Component, Overlap, Part, Study

Weights = tuple[tuple[str, float], ...]


class Score(NamedTuple):
    """Weights of one normal score: on normals of all countries, of its own country, and of the country's group.

    The squares of all weights sum to 1. Names are those within all countries, the country or the group.
    """

    shared: Weights
    own: Weights
    group: Weights = ()


def component_scores(study: Study) -> tuple[Score, ...]:
    """Return the score of every component, area by area, with weights whose squares sum to 1.

    The names of normals are ``factor``, ``area/a``, ``area/a/component/x``. A component that is a share of a whole has
    the score of that whole, ``overlap/x``.

    Examples
    --------
    >>> from popsim.study import load_study
    >>> whole, component, *_ = component_scores(load_study("pops"))
    >>> [name for name, _ in whole.own], [name for name, _ in component.own][-1]
    (['factor', 'area/a', 'overlap/nip'], 'area/a/component/inventory_update')
    """
    areas = _area_scores(study)
    scores = [score for area in study.areas for score in _components(study, area, areas[area.id])]
    parts = [component.part for area in study.areas for component in area.components]
    wholes = {whole.id: _whole(study, whole, areas) for whole in study.overlaps}
    return tuple(score if part is None else wholes[part.whole.id] for score, part in zip(scores, parts, strict=True))


def whole_score(study: Study, whole: Overlap) -> Score:
    """Return the score of a whole that components are shares of."""
    return _whole(study, whole, _area_scores(study))


def share_score(study: Study, part: Part) -> Score:
    """Return the score by which a component takes its share of a whole: the same in all that share it, but for sign."""
    whole = part.whole
    name = f"overlap/{whole.id}/share"
    shared, own, group = _layers(*_shares(study, *whole.area_shares))
    score = _score(((name, shared),), ((name, own),), ((name, group),))
    return score if part.direction > 0 else Score(*(_times(-1.0, weights) for weights in score))


def need_scores(study: Study, costs: Sequence[Score] | None = None) -> dict[str, Score]:
    """Return the score of every need, by ``area/a`` or ``area/a/component/x``; a need happens where its score is high.

    Parameters
    ----------
    study
        A validated study.
    costs
        `component_scores` of it, where they are at hand.

    Examples
    --------
    >>> from popsim.study import load_study
    >>> list(need_scores(load_study("pops")))[0]
    'area/c'
    """
    if not any(area.need or any(component.need for component in area.components) for area in study.areas):
        return {}
    stated = study.dependence
    areas = _area_scores(study)
    of_components = iter(component_scores(study) if costs is None else costs)
    scores = {}
    for area in study.areas:
        name = f"area/{area.id}"
        needed = {name: areas[area.id]} if area.need is not None else {}
        for component, score in zip(area.components, of_components, strict=False):
            if component.need is not None and component.needed_with is None:
                needed[f"{name}/component/{component.id}"] = score
        for key, cost in needed.items():
            apart = _with_factor("need", key, stated.between_needs, stated.need_common_share)
            rest = math.sqrt(1.0 - stated.need_with_cost**2)
            scores[key] = _score(
                (*_times(stated.need_with_cost, cost.shared), *_times(rest, apart.shared)),
                (*_times(stated.need_with_cost, cost.own), *_times(rest, apart.own)),
                _times(stated.need_with_cost, cost.group),
            )
    return scores


def delay_scores(study: Study) -> dict[str, Score]:
    """Return the score of every area's delay, by the id of the area."""
    stated = study.dependence
    return {
        area.id: _with_factor("delay", f"area/{area.id}", stated.delay_between_areas, stated.delay_common_share)
        for area in study.areas
        if area.delay is not None
    }


def start_score(study: Study) -> Score:
    """Return the score of a country's start.

    Examples
    --------
    >>> from popsim.study import load_study
    >>> start_score(load_study("pops", {"dependence.start": {"common_share": 0.25}})).shared
    (('start', 0.5),)
    """
    share = study.dependence.start_common_share
    return _score((("start", math.sqrt(share)),), (("start", math.sqrt(1.0 - share)),))


def _score(
    shared: Iterable[tuple[str, float]], own: Iterable[tuple[str, float]], group: Iterable[tuple[str, float]] = ()
) -> Score:
    return Score(*(tuple((name, weight) for name, weight in part if weight != 0.0) for part in (shared, own, group)))


def _times(factor: float, weights: Weights) -> Weights:
    return tuple((name, factor * weight) for name, weight in weights)


def _with_factor(purpose: str, place: str, between: float, share: float) -> Score:
    """Return the score of one of several things of a country that correlate by `between`, each `share` in common."""
    factor, rest = math.sqrt(between), math.sqrt(1.0 - between)
    together, apart = math.sqrt(share), math.sqrt(1.0 - share)
    name = f"{purpose}/{place}"
    return _score(
        ((purpose, factor * together), (name, rest * together)), ((purpose, factor * apart), (name, rest * apart))
    )


def _area_scores(study: Study) -> dict[str, Score]:
    return _matrix_scores(study) if study.dependence.matrix is not None else _factor_scores(study)


def _layers(share: float, group_share: float) -> tuple[float, float, float]:
    """Return the weights of what is common to all countries, a country's own, and common to those of its group."""
    return math.sqrt(share), math.sqrt(1.0 - group_share), math.sqrt(group_share - share)


def _shares(study: Study, common: float, group: float | None) -> tuple[float, float]:
    """Return what all countries share of an area, and those of one group, which is as much unless the study says so."""
    if study.dependence.group is None or group is None:
        return common, common
    # Rounding alone can put it a hair lower; the study was checked for the relation itself.
    return common, max(group, common)


def _within(share: float) -> float:
    """Return a share, known to be valid, within [0, 1]: rounding alone can put it a hair outside."""
    return min(max(share, 0.0), 1.0)


def _factor_scores(study: Study) -> dict[str, Score]:
    stated = study.dependence
    between = stated.between_areas
    assert between is not None  # noqa: S101
    base = stated.common_share
    group_base = base if stated.group is None or stated.group_share is None else stated.group_share
    factor, rest = math.sqrt(between), math.sqrt(1.0 - between)
    common, country, group = (factor * math.sqrt(part) for part in (base, 1.0 - group_base, _within(group_base - base)))
    # A whole may be stated by an area that is not counted.
    stated_shares = {whole.area: whole.area_shares for whole in study.overlaps}
    stated_shares |= {area.id: (area.common_share, area.group_share) for area in study.areas}
    scores = {}
    for id_, shares in stated_shares.items():
        share, group_share = (
            _within((each - between * of_all) / (1.0 - between)) if between < 1.0 else 0.0
            for each, of_all in zip(_shares(study, *shares), (base, group_base), strict=True)
        )
        name = f"area/{id_}"
        scores[id_] = _score(
            (("factor", common), (name, rest * math.sqrt(share))),
            (("factor", country), (name, rest * math.sqrt(1.0 - group_share))),
            (("factor", group), (name, rest * math.sqrt(_within(group_share - share)))),
        )
    return scores


def _matrix_scores(study: Study) -> dict[str, Score]:
    stated = study.dependence
    labels = stated.labels
    parts = covariances(
        np.array(stated.matrix),
        np.array(stated.label_shares),
        np.array(stated.label_group_shares or stated.label_shares),
    )
    names = [f"area/{label}" for label in labels]
    shared, group, own = (lower_root(part) for part in parts)
    return {
        label: _score(*(zip(names, root[i].tolist(), strict=True) for root in (shared, own, group)))
        for i, label in enumerate(labels)
    }


def _components(study: Study, area: Area, score: Score) -> list[Score]:
    return [_component(study, area, score, component) for component in area.components]


def _component(study: Study, area: Area, score: Score, component: Component) -> Score:
    alone = len(area.components) == 1
    between, shares = study.dependence.between_components, _shares(study, area.common_share, area.group_share)
    if component.common_share is not None or component.group_share is not None:
        between, shares = own_shares(1.0 if alone else between, shares, component)
    elif alone:
        return score
    return _apart(between, shares, score, f"area/{area.id}/component/{component.id}")


def _whole(study: Study, whole: Overlap, areas: dict[str, Score]) -> Score:
    between, shares = study.dependence.between_components, _shares(study, *whole.area_shares)
    if whole.common_share is not None or whole.group_share is not None:
        between, shares = own_shares(between, shares, whole)
    return _apart(between, shares, areas[whole.area], f"overlap/{whole.id}")


def _apart(between: float, shares: Sequence[float], score: Score, name: str) -> Score:
    """Return the score of one of several components of an area, which differ by the normal of their own alone."""
    follow, rest = math.sqrt(between), math.sqrt(1.0 - between)
    followed = _score(*(_times(follow, part) for part in score))
    shared, own, group = (rest * each for each in _layers(*shares))
    return Score(
        (*followed.shared, (name, shared)) if shared else followed.shared,
        (*followed.own, (name, own)) if own else followed.own,
        (*followed.group, (name, group)) if group else followed.group,
    )


def own_shares(
    between: float, area: tuple[float, float], component: Component | Overlap
) -> tuple[float, tuple[float, float]]:
    """Return how far a component with shares of its own follows its area, and the shares of what is left.

    It follows the area by `between` where its shares leave room for that, and by less elsewhere: what is left of its
    score must have shares in [0, 1].

    Parameters
    ----------
    between
        between_components of the study.
    area
        common_share and group_share of the area.
    component
        Component, or whole that components share, that states common_share, group_share or both; without a group share
        of its own, countries of a group have as much of what is left in common, beside what all have, as in the area.

    Examples
    --------
    >>> import dataclasses
    >>> from popsim.study import load_study
    >>> component = dataclasses.replace(load_study("pops").areas[0].components[0], common_share=0.15)
    >>> between, (common, group) = own_shares(0.5, (0.3, 0.4), component)
    >>> between, round(common, 3), round(group, 3)
    (0.5, 0.0, 0.143)
    """
    common, group = area
    share = common if component.common_share is None else component.common_share
    room = (group - common) / (1.0 - common) if common < 1.0 else 0.0
    group_share = share + (1.0 - share) * room if component.group_share is None else component.group_share
    group_share = max(group_share, share)
    for mine, theirs in ((share, common), (group_share, group), (group_share - share, group - common)):
        if mine < between * theirs:
            between = mine / theirs
        if 1.0 - mine < between * (1.0 - theirs):
            between = (1.0 - mine) / (1.0 - theirs)
    rest = 1.0 - between
    if rest == 0.0:
        return 1.0, (share, group_share)
    left = [_within((mine - between * theirs) / rest) for mine, theirs in ((share, common), (group_share, group))]
    return between, (left[0], max(left))


_NULL = 1e-14
"""A variance that is left of 1 below this is rounding: the direction is a null one."""


def lower_root(covariance: Floats) -> Floats:
    """Factor a positive semidefinite matrix as L L^T with L lower triangular; a null direction gives a zero column.

    Parameters
    ----------
    covariance
        Shape (n, n), symmetric, without an eigenvalue below 0 but for rounding; variances of at most 1.

    Returns
    -------
    numpy.ndarray
        Shape (n, n). Rows that are equal in `covariance`, or opposite, are so in the result, to the last bit.

    Examples
    --------
    >>> lower_root(np.array([[1.0, -1.0], [-1.0, 1.0]])).tolist()
    [[1.0, 0.0], [-1.0, 0.0]]
    """
    root = np.zeros_like(covariance)
    for j in range(len(covariance)):
        copied = _copied(covariance, j)
        if copied is not None:
            # Computed by itself it could differ from the row that it copies, in the last bits.
            root[j, :j] = copied[1] * root[copied[0], :j]
            continue
        pivot = covariance[j, j] - root[j, :j] @ root[j, :j]
        if pivot > _NULL:
            root[j, j] = np.sqrt(pivot)
            root[j + 1 :, j] = (covariance[j + 1 :, j] - root[j + 1 :, :j] @ root[j, :j]) / root[j, j]
    return root


def _copied(covariance: Floats, j: int) -> tuple[int, float] | None:
    """Return an earlier row that row j equals, or is the opposite of, and the sign between them."""
    row = covariance[j]
    for i in np.flatnonzero(np.abs(row[:j]) == row[j]).tolist():
        sign = -1.0 if row[i] < 0.0 else 1.0
        if (covariance[i] == sign * row).all():
            return i, sign
    return None
