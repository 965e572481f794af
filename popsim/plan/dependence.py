"""From the dependence of a study to the weights of independent normals.

Within a country, the score of area a is Z[c, a]; over countries it has a common part. With one number r between areas,

    Z[c, a] = sqrt(r) H[c] + sqrt(1 - r) A[c, a]
    H[c]    = sqrt(s0) H0 + sqrt(1 - s0) h[c]
    A[c, a] = sqrt(t) g[a] + sqrt(1 - t) e[c, a],   t = (s[a] - r s0) / (1 - r)

so that two areas of a country correlate by r, an area in two countries by its common share s[a], and no draw moves when
an area or a country is added. With a matrix R over labels, the common part has covariance C = D R D, D = diag(sqrt(s)),
and the own part R - C; each is factored in label order (Cholesky), so that labels added at the end move no draw.

A component k of an area with several has the score sqrt(w) Z[c, a] + sqrt(1 - w) E[c, a, k], where E shares s[a] among
countries too; so a component correlates by s[a] between countries, and by w with its neighbours.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from popsim.families.base import Floats
from popsim.study.model import Area, Study

__all__ = ["Score", "component_scores"]

Weights = tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Score:
    """Weights of one component's normal score: on normals of all countries, and on normals of its own country."""

    shared: Weights
    own: Weights


def component_scores(study: Study) -> tuple[Score, ...]:
    """Give the score of every component, area by area, with weights whose squares sum to 1.

    The names of own normals are those within a country: ``factor``, ``area/a``, ``area/a/component/x``.
    """
    areas = _matrix_scores(study) if study.dependence.matrix is not None else _factor_scores(study)
    return tuple(score for area in study.areas for score in _components(study, area, areas[area.id]))


def _score(shared: Iterable[tuple[str, float]], own: Iterable[tuple[str, float]]) -> Score:
    return Score(
        tuple((name, weight) for name, weight in shared if weight != 0.0),
        tuple((name, weight) for name, weight in own if weight != 0.0),
    )


def _factor_scores(study: Study) -> dict[str, Score]:
    between = study.dependence.between_areas
    assert between is not None  # noqa: S101
    base = study.dependence.common_share
    scores = {}
    for area in study.areas:
        # Rounding alone can put the share a hair outside [0, 1]; the study has been held to the relation itself.
        share = min(max((area.common_share - between * base) / (1.0 - between), 0.0), 1.0) if between < 1.0 else 0.0
        name = f"area/{area.id}"
        factor, rest = math.sqrt(between), math.sqrt(1.0 - between)
        scores[area.id] = _score(
            (("factor", factor * math.sqrt(base)), (name, rest * math.sqrt(share))),
            (("factor", factor * math.sqrt(1.0 - base)), (name, rest * math.sqrt(1.0 - share))),
        )
    return scores


def _matrix_scores(study: Study) -> dict[str, Score]:
    labels = study.dependence.labels
    matrix = np.array(study.dependence.matrix)
    root = np.sqrt(np.array(study.dependence.label_shares))
    common = matrix * np.outer(root, root)
    names = [f"area/{label}" for label in labels]
    shared, own = _lower_root(common), _lower_root(matrix - common)
    return {
        label: _score(zip(names, shared[i].tolist(), strict=True), zip(names, own[i].tolist(), strict=True))
        for i, label in enumerate(labels)
    }


def _lower_root(covariance: Floats) -> Floats:
    """Factor a positive semidefinite matrix as L L^T with L lower triangular; a null direction gives a zero column."""
    root = np.zeros_like(covariance)
    for j in range(len(covariance)):
        pivot = covariance[j, j] - root[j, :j] @ root[j, :j]
        if pivot > 1e-14:
            root[j, j] = np.sqrt(pivot)
            root[j + 1 :, j] = (covariance[j + 1 :, j] - root[j + 1 :, :j] @ root[j, :j]) / root[j, j]
    return root


def _components(study: Study, area: Area, score: Score) -> Iterable[Score]:
    if len(area.components) == 1:
        return [score]
    follow = math.sqrt(study.dependence.between_components)
    rest = math.sqrt(1.0 - study.dependence.between_components)
    together, apart = math.sqrt(area.common_share), math.sqrt(1.0 - area.common_share)
    names = [f"area/{area.id}/component/{component.id}" for component in area.components]
    return [
        _score(
            (*((name, follow * weight) for name, weight in score.shared), (own, rest * together)),
            (*((name, follow * weight) for name, weight in score.own), (own, rest * apart)),
        )
        for own in names
    ]
