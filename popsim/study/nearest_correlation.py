"""The correlation matrix that is nearest to a matrix of stated correlations which cannot all hold together.

Correlations that people state pair by pair need not fit each other. The nearest that do, in the Frobenius norm, lie
where two convex sets meet: symmetric matrices without an eigenvalue below a floor, and those with 1 on the
diagonal. Projecting on one and the other in turn, with Dykstra's correction for the first, comes to it.

N. J. Higham, Computing the nearest correlation matrix: a problem from finance, IMA Journal of Numerical Analysis 22
(2002), 329-343, doi:10.1093/imanum/22.3.329, algorithm 3.3. Neither numpy nor scipy has it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from popsim.families.base import Floats

__all__ = ["fitting_correlation", "nearest_correlation", "rounding_of"]

DECIMALS = 6
"""Decimals of the matrix that is offered: few enough to read, enough to be near."""
TOLERANCE = 1e-12
"""Relative distance between the two projections at which they count as one."""
TURNS = 10_000
"""The way is linear: some tens of turns for a few areas. What is found is made valid whenever it stops."""


def rounding_of(size: int) -> float:
    """Bound what rounding alone moves an eigenvalue of a matrix of this size, whose entries are at most 1.

    eigvalsh errs by a small multiple of size x machine epsilon x norm, and the norm is at most the size.
    """
    return float(8.0 * size * size * np.finfo(float).eps)


def nearest_correlation(matrix: Floats, floor: float = 0.0) -> Floats:
    """Give the correlation matrix nearest to a symmetric matrix, in the Frobenius norm.

    Parameters
    ----------
    matrix
        Symmetric, of shape (n, n).
    floor
        Smallest eigenvalue that the result may have, 0 <= floor < 1.

    Returns
    -------
    numpy.ndarray
        Shape (n, n), symmetric, 1 on the diagonal, smallest eigenvalue >= floor (1 - 1e-11) up to rounding.

    Examples
    --------
    >>> nearest_correlation(np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 1.0]])).round(4).tolist()
    [[1.0, 0.7607, 0.1573], [0.7607, 1.0, 0.7607], [0.1573, 0.7607, 1.0]]
    """
    on_diagonal = np.array(matrix, dtype=np.float64)
    correction = np.zeros_like(on_diagonal)
    lifted = on_diagonal
    for _ in range(TURNS):
        corrected = on_diagonal - correction
        lifted = _lift(corrected, floor)
        correction = lifted - corrected
        on_diagonal = lifted.copy()
        np.fill_diagonal(on_diagonal, 1.0)
        if np.linalg.norm(on_diagonal - lifted) <= TOLERANCE * np.linalg.norm(on_diagonal):
            break
    # The last projection has no eigenvalue below the floor; scaling its diagonal to 1 keeps that, by a hair.
    scale = 1.0 / np.sqrt(np.diagonal(lifted))
    result = lifted * np.outer(scale, scale)
    np.fill_diagonal(result, 1.0)
    return np.asarray((result + result.T) / 2.0)


def _lift(matrix: Floats, floor: float) -> Floats:
    """Project on symmetric matrices without an eigenvalue below the floor."""
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2.0)
    return np.asarray((vectors * np.maximum(values, floor)) @ vectors.T)


def fitting_correlation(matrix: Floats, accepted: Callable[[Floats], bool]) -> tuple[Floats, float]:
    """Give a matrix near to `matrix`, of few decimals, that is accepted, and how far it was drawn to independence.

    Parameters
    ----------
    matrix
        Symmetric, 1 on the diagonal, entries from -1 to 1.
    accepted
        Whether a matrix can be used. It accepts independence, and with a matrix all between
        that and independence.

    Returns
    -------
    tuple
        The nearest correlation matrix, or if that is not accepted the first of ``(1 - k / 1000) nearest + k / 1000 I``
        that is, rounded to 6 decimals; and k / 1000.

    Examples
    --------
    >>> stated = np.array([[1.0, 0.9, -0.9], [0.9, 1.0, 0.9], [-0.9, 0.9, 1.0]])
    >>> fitting_correlation(stated, lambda matrix: bool(np.linalg.eigvalsh(matrix)[0] > 0.0))[0][0].tolist()
    [1.0, 0.499999, -0.499999]
    """
    # Rounding moves eigenvalues by at most half a last decimal for each other entry of a row: the floor is above that.
    nearest = nearest_correlation(matrix, len(matrix) * 10.0**-DECIMALS)

    def drawn(step: int) -> Floats:
        mixed = (1.0 - step / 1000) * nearest + step / 1000 * np.eye(len(matrix))
        return np.asarray(np.round(mixed, DECIMALS) + 0.0)

    refused, taken = -1, 0 if accepted(drawn(0)) else 1000
    while taken - refused > 1:
        middle = (refused + taken) // 2
        refused, taken = (refused, middle) if accepted(drawn(middle)) else (middle, taken)
    return drawn(taken), taken / 1000
