"""Correlation matrices: whether a matrix is one, and the nearest that is.

Correlations that people state pair by pair need not fit each other. The nearest that do, in the Frobenius norm, lie
where two convex sets meet: symmetric matrices without an eigenvalue below a floor, and those with 1 on the
diagonal. Projecting on one and the other in turn, with Dykstra's correction for the first, converges to it.

N. J. Higham, Computing the nearest correlation matrix: a problem from finance, IMA Journal of Numerical Analysis 22
(2002), 329-343, doi:10.1093/imanum/22.3.329, algorithm 3.3. Neither numpy nor scipy has it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from popsim.arrays import Floats

DECIMALS = 6
"""Decimals of the matrix that is offered: few enough to read, enough to be near."""
TOLERANCE = 1e-12
"""Relative distance between the two projections at which they count as one."""
ITERATIONS = 10_000
"""Convergence is linear: some tens of iterations for a few areas. The result is made valid whenever it stops."""

Positions = list[tuple[int, int]]


def wrong_entries(matrix: Floats) -> tuple[Positions, Positions, Positions]:
    """Return where a square matrix cannot be a correlation matrix.

    Returns
    -------
    tuple
        Positions (row, column), row by row, of entries on the diagonal that are not 1, of other entries that are not
        from -1 to 1 (NaN included), and of entries above the diagonal that differ from their mirror images.

    Examples
    --------
    >>> wrong_entries(np.array([[1.0, 0.2, 2.0], [0.3, 0.9, 0.0], [2.0, 0.0, 1.0]]))
    ([(1, 1)], [(0, 2), (2, 0)], [(0, 1)])
    """
    # An entry that differs from its mirror image is one that is not 0, or its mirror image is; most are 0 in a large
    # matrix, and numpy finds the others four times faster among booleans than among numbers.
    rows, columns = np.divmod(np.flatnonzero((matrix != 0.0).ravel()), max(len(matrix), 1))
    values, mirrored = matrix[rows, columns], matrix[columns, rows]
    outside = (rows != columns) & ~(np.abs(values) <= 1.0)
    uneven = np.flatnonzero((values != mirrored) & (np.abs(values) <= 1.0) & (np.abs(mirrored) <= 1.0))
    pairs = {(min(pair), max(pair)) for pair in zip(rows[uneven].tolist(), columns[uneven].tolist(), strict=True)}
    diagonal = np.flatnonzero(matrix.diagonal() != 1.0).tolist()
    beyond = list(zip(rows[outside].tolist(), columns[outside].tolist(), strict=True))
    return [(i, i) for i in diagonal], beyond, sorted(pairs)


def covariances(matrix: Floats, shares: Floats, group_shares: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the covariances of what all countries share, of what a group shares beside it, and of each country's own.

    They are D R D, Q R Q - D R D and R - Q R Q with D = diag(sqrt(shares)) and Q = diag(sqrt(group_shares)).

    Examples
    --------
    >>> one = np.ones((1, 1))
    >>> [float(part[0, 0]) for part in covariances(one, np.array([0.25]), np.array([1.0]))]
    [0.25, 0.75, 0.0]
    """
    common = matrix * np.outer(np.sqrt(shares), np.sqrt(shares))
    grouped = matrix * np.outer(np.sqrt(group_shares), np.sqrt(group_shares))
    return common, grouped - common, matrix - grouped


def rounding_of(size: int) -> float:
    """Return what rounding alone moves an eigenvalue of a matrix of this size, whose entries are at most 1.

    eigvalsh errs by a small multiple of size x machine epsilon x norm, and the norm is at most the size.
    """
    return float(8.0 * size * size * np.finfo(float).eps)


def nearest_correlation(matrix: Floats, floor: float = 0.0) -> Floats:
    """Return the correlation matrix nearest to a symmetric matrix, in the Frobenius norm.

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
    for _ in range(ITERATIONS):
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
    """Return a matrix near to `matrix`, of few decimals, that is accepted, and how far it was drawn to independence.

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
    >>> found, _ = fitting_correlation(stated, lambda matrix: bool(np.linalg.eigvalsh(matrix)[0] > 0.0))
    >>> found[0].round(4).tolist()
    [1.0, 0.5, -0.5]
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
