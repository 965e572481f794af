"""Correlations as users give them: one number, or a matrix labelled by names."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from popsim.arguments import as_number
from popsim.arrays import Floats, Integers
from popsim.correlation_matrix import fitting_correlation, rounding_of, wrong_entries
from popsim.errors import Keys, ParameterError, Problem, nearest
from popsim.plan.dependence import lower_root

_DEFINITE = 1e-10
"""Smallest eigenvalue from which on a matrix is factored as a definite one."""
_ENTRY = "a number from -1 to 1"
_LARGEST_OFFER = 40
"""Correlated names up to which the nearest matrix is found within a second or so, and can be read."""


@dataclass(frozen=True, eq=False)
class Correlation:
    """A correlation matrix in factors.

    Each score is `shared_weight` times one normal that all share, plus a row of its block's lower triangular root times
    the normals of the names of its block.
    """

    shared_weight: float
    blocks: tuple[tuple[tuple[str, ...], Floats], ...]


def read_correlation(correlation: object, names: Sequence[str]) -> Correlation:
    """Check a correlation and factor it; names that correlate with each other form blocks.

    Parameters
    ----------
    correlation
        None, a number, or a DataArray, DataFrame or nested mapping labelled by the names.
    names
        Names of all distributions.

    Raises
    ------
    ParameterError
        For entries outside [-1, 1], wrong labels, a matrix that is not symmetric with a diagonal of ones, or one that
        is not positive semidefinite; the nearest that is (Higham 2002) is then offered.

    Examples
    --------
    >>> read_correlation({"a": {"c": 0.6}}, ["a", "b", "c"]).blocks[0][0]
    ('a', 'c')
    """
    if correlation is None:
        return Correlation(0.0, tuple(((name,), np.ones((1, 1))) for name in names))
    number = as_number(correlation)
    if number is not None:
        return _equal(number, names)
    return _factor(_matrix(correlation, names), names)


def _equal(number: float, names: Sequence[str]) -> Correlation:
    if not -1.0 <= number <= 1.0:
        raise _refused(repr(number), _ENTRY)
    if number < 0.0:
        least = -1.0 / (len(names) - 1) if len(names) > 1 else -1.0
        if number < least * (1.0 + 1e-12):
            found = f"{number!r} between every two of {len(names)} names"
            allowed = f"at least {least:.6g}: more of them cannot all move against each other"
            raise _refused(found, allowed, "or give each pair its own, in a nested dict")
        matrix = np.full((len(names), len(names)), number)
        np.fill_diagonal(matrix, 1.0)
        return _factor(matrix, names)
    own = np.full((1, 1), np.sqrt(1.0 - number))
    return Correlation(float(np.sqrt(number)), tuple(((name,), own) for name in names))


def _matrix(correlation: object, names: Sequence[str]) -> Floats:
    if isinstance(correlation, xr.DataArray):
        if correlation.ndim != 2 or any(dim not in correlation.coords for dim in correlation.dims):
            raise _refused(f"dimensions {correlation.dims}", "two dimensions, each with the names as coordinate")
        rows, columns = ([str(label) for label in correlation[dim].values] for dim in correlation.dims)
        matrix = _from_array(correlation.values, rows, columns, names)
    elif isinstance(correlation, pd.DataFrame):
        rows, columns = ([str(label) for label in axis] for axis in (correlation.index, correlation.columns))
        matrix = _from_array(correlation.to_numpy(), rows, columns, names)
    elif isinstance(correlation, Mapping):
        matrix = _from_mapping(correlation, names)
    else:
        allowed = "None, a number, or a DataArray, DataFrame or nested dict labelled by the names"
        raise _refused(type(correlation).__name__, allowed)
    _check_entries(matrix, names)
    return matrix


def _refused(found: str, allowed: str, mend: str = "") -> ParameterError:
    return ParameterError(Problem("", ("correlation",), found, allowed, mend))


def _from_array(values: object, rows: Sequence[str], columns: Sequence[str], names: Sequence[str]) -> Floats:
    """Read a labelled matrix, which names every distribution once on either side."""
    place = {name: i for i, name in enumerate(names)}
    problems = []
    for side, labels in (("rows", rows), ("columns", columns)):
        keys, allowed = ("correlation", side), "one row and column for each name"
        problems += _unknown(keys, labels, names, place)
        present = set(labels)
        missing = [name for name in names if name not in present]
        if missing:
            problems.append(Problem("", keys, f"nothing for {missing[0]!r}", allowed))
        if len(present) < len(labels):
            problems.append(Problem("", keys, "a name that comes twice", allowed))
    if problems:
        raise ParameterError(problems)
    try:
        given = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise _refused("entries that are no numbers", "numbers from -1 to 1") from None
    if list(rows) == list(names) and list(columns) == list(names):
        return given
    matrix = np.empty_like(given)
    matrix[np.ix_([place[name] for name in rows], [place[name] for name in columns])] = given
    return matrix


def _from_mapping(table: Mapping[str, object], names: Sequence[str]) -> Floats:
    """Read a nested mapping, in which pairs may be left out or given once."""
    place = {name: i for i, name in enumerate(names)}
    matrix = np.full((len(names), len(names)), np.nan)
    problems = _unknown(("correlation",), table, names, place)
    for row, line in table.items():
        keys = ("correlation", str(row))
        if not isinstance(line, Mapping):
            problems.append(Problem("", keys, repr(line), "a mapping from names to numbers"))
            continue
        problems += _unknown(keys, line, names, place)
        for column, value in line.items():
            number = as_number(value)
            if number is None or not -1.0 <= number <= 1.0:
                problems.append(Problem("", (*keys, str(column)), repr(value), _ENTRY))
            elif row in place and column in place:
                matrix[place[row], place[column]] = number
    if problems:
        raise ParameterError(problems)
    matrix = np.where(np.isnan(matrix), matrix.T, matrix)
    np.fill_diagonal(matrix, np.where(np.isnan(matrix.diagonal()), 1.0, matrix.diagonal()))
    return np.asarray(np.nan_to_num(matrix, nan=0.0))


def _unknown(keys: Keys, labels: Iterable[str], names: Sequence[str], known: Container[str]) -> list[Problem]:
    allowed = f"names of distributions: {', '.join(names[:10])}"
    return [
        Problem("", keys, repr(label), allowed, nearest(str(label), names)) for label in labels if label not in known
    ]


def _check_entries(matrix: Floats, names: Sequence[str]) -> None:
    """Refuse a matrix with entries that no correlation matrix has."""
    diagonal, beyond, uneven = wrong_entries(matrix)
    found = [(at, f"{matrix[at]:.12g}", "1 on the diagonal") for at in diagonal]
    found += [(at, repr(float(matrix[at])), _ENTRY) for at in beyond]
    found += [
        ((i, j), f"{matrix[i, j]:.12g}, but {matrix[j, i]:.12g} the other way round", "the same number both ways")
        for i, j in uneven
    ]
    if found:
        raise ParameterError(
            Problem("", ("correlation", names[i], names[j]), entry, allowed) for (i, j), entry, allowed in found
        )


def _factor(matrix: Floats, names: Sequence[str]) -> Correlation:
    # Only samples with a matrix need it; it would slow the start of everything that samples.
    from scipy import sparse

    # Numpy finds what is not 0 four times faster among booleans than among numbers.
    rows, columns = np.divmod(np.flatnonzero((matrix != 0.0).ravel()), max(len(matrix), 1))
    entries = sparse.csr_array((matrix[rows, columns], (rows, columns)), shape=matrix.shape)
    _, block = sparse.csgraph.connected_components(entries, directed=False)
    order = np.argsort(block, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(block))[:-1])
    # Blocks in the order of their first names; those of one size are factored in one call, each as it would be alone.
    members.sort(key=lambda block_: int(block_[0]))
    sizes = np.array([len(block_) for block_ in members])
    roots: list[Floats] = [np.zeros((0, 0))] * len(members)
    refused: list[tuple[float, Integers]] = []
    for size in np.unique(sizes).tolist():
        alike = np.flatnonzero(sizes == size).tolist()
        places = np.array([members[k] for k in alike])
        parts = matrix[places[:, :, None], places[:, None, :]]
        smallest = np.linalg.eigvalsh(parts)[:, 0]
        refused += [(float(smallest[i]), places[i]) for i in np.flatnonzero(smallest < -rounding_of(size))]
        definite = smallest >= _DEFINITE
        for k, root in zip(np.array(alike)[definite], np.linalg.cholesky(parts[definite]), strict=True):
            roots[k] = root
        for k in np.flatnonzero(~definite):
            roots[alike[k]] = lower_root(parts[k])
    if refused:
        _refuse(refused, matrix, names)
    named = (tuple(names[i] for i in block_.tolist()) for block_ in members)
    return Correlation(0.0, tuple(zip(named, roots, strict=True)))


def _refuse(refused: Sequence[tuple[float, Integers]], matrix: Floats, names: Sequence[str]) -> None:
    """Raise an error that names what contradicts each other, and offers the nearest correlations that do not."""
    offered, drawn = matrix.copy(), True
    for _, block in refused:
        if drawn := drawn and len(block) <= _LARGEST_OFFER:
            square = np.ix_(block, block)
            offered[square], _ = fitting_correlation(matrix[square], _is_valid)
    mend = "these correlations cannot all hold together: bring the large ones nearer to 0"
    if drawn:
        mend += f", or take the nearest that can (Higham 2002):\n    {_as_mapping(offered, names)}"
    problems = [
        Problem(
            "",
            ("correlation",),
            f"smallest eigenvalue {smallest:.4g} among {', '.join(names[i] for i in block[:10].tolist())}",
            "a positive semidefinite matrix: smallest eigenvalue >= 0",
            mend if k == len(refused) - 1 else "",
        )
        for k, (smallest, block) in enumerate(refused)
    ]
    raise ParameterError(problems)


def _is_valid(matrix: Floats) -> bool:
    return float(np.linalg.eigvalsh(matrix)[0]) >= -rounding_of(len(matrix))


def _as_mapping(matrix: Floats, names: Sequence[str]) -> str:
    """Write a matrix as a nested dict, each pair once."""
    lines = []
    for i, name in enumerate(names):
        pairs = [f"{names[j]!r}: {matrix[i, j]:.10g}" for j in range(i + 1, len(names)) if matrix[i, j] != 0.0]
        if pairs:
            lines.append(f"{name!r}: {{{', '.join(pairs)}}}")
    return f"{{{', '.join(lines)}}}"
