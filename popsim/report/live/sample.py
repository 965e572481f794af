"""The joint scenarios as the page carries them: amounts by area, group and year, rounded to a byte each.

An amount is held as a step on a logarithmic scale below the largest of its cell, a need as a share of its cost. Each is
then off by up to some 2 %, up or down alike, and the sums and quantiles of a package by a tenth of that: `rounding`
says by how much. What an option has in common with an earlier one is held once.
"""

from __future__ import annotations

import zlib
from base64 import b64encode
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from popsim.arrays import Floats
from popsim.report.live.levels import scale_for

STEP = 0.04
"""Step of the logarithmic scale: amounts are off by 2 % at most."""
_CODES = 255
_SAME = 1e-6
"""Relative difference of single precision that is none."""
_CONFIDENCE = 0.8


@dataclass(frozen=True)
class Sample:
    """What the page carries of joint scenarios.

    Attributes
    ----------
    blocks
        By option, total and area, in this order: how the amounts of all groups and years are held.
    packed
        Base64 of what zlib made of all codes.
    scale
        What amounts are divided by.
    rounding
        The largest relative difference that codes make to the amount that is enough with 80 % confidence: of each area,
        each group, each year and all together, in each option.
    """

    blocks: tuple[dict[str, Any], ...]
    packed: str
    scale: float
    rounding: float


def arranged(joint: xr.Dataset, totals: tuple[str, ...]) -> Floats:
    """Return amounts (total, option, area, group, year, scenario); a dimension that the sample lacks has length 1."""
    found = []
    for total in totals:
        name = next(str(name) for name in joint.data_vars if str(name).startswith(f"{total}_by_"))
        values = joint[name]
        group = str(joint.attrs.get("grouping", "")) or "group"
        values = values.expand_dims([dim for dim in (group, "year") if dim not in values.dims])
        found.append(values.transpose("option", "area", group, "year", "scenario").values.astype(np.float64))
    # In one order in memory, sums are the same to the last bit for a sample that was read and one just simulated.
    return np.ascontiguousarray(np.stack(found))


def pack(amounts: Floats) -> Sample:
    """Round the amounts that `arranged` returns to bytes and pack them.

    Examples
    --------
    >>> amounts = np.exp(np.random.default_rng(1).normal(size=(1, 1, 2, 3, 4, 512)))
    >>> sample = pack(amounts)
    >>> len(sample.blocks), sample.rounding < 0.02
    (2, True)
    """
    scale = scale_for(amounts)
    scaled = amounts / scale
    decoded = np.zeros_like(scaled)
    blocks: list[dict[str, Any]] = []
    data: list[bytes] = []
    length = 0
    totals, options, areas = scaled.shape[:3]
    for option in range(options):
        for total in range(totals):
            for area in range(areas):
                block = scaled[total, option, area]
                earlier = _same(block, scaled[total, :option, area])
                if earlier is not None:
                    blocks.append({"kind": "same", "as": (earlier * totals + total) * areas + area})
                    decoded[total, option, area] = decoded[total, earlier, area]
                    continue
                cost = (scaled[0, option, area], decoded[0, option, area]) if total else None
                kind, columns, codes, decoded[total, option, area] = _coded(block, cost)
                held = columns.astype("<f4").tobytes() + codes
                blocks.append({"kind": kind, "at": length})
                data.append(held)
                length += len(held)
    packed = b64encode(zlib.compress(b"".join(data))).decode()
    return Sample(tuple(blocks), packed, scale, _rounding(scaled, decoded))


def _same(block: Floats, earlier: Floats) -> int | None:
    """Return the first of some blocks that is the same as this one."""
    for place, other in enumerate(earlier):
        if np.isclose(block.sum(), other.sum(), rtol=_SAME) and np.allclose(block, other, rtol=_SAME, atol=0.0):
            return place
    return None


def _coded(block: Floats, cost: tuple[Floats, Floats] | None) -> tuple[str, Floats, bytes, Floats]:
    """Return how a block is held, two numbers for each column, the codes column by column, and what is read back.

    `cost` is the cost behind a need, exact and as it is read back.
    """
    if (block < 0.0).any():
        return _linear(block)
    if cost is not None:
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(cost[0] > 0.0, block / cost[0], 0.0)
        if (cost[0] >= 0.0).all() and not block[cost[0] == 0.0].any() and ratio.max(initial=0.0) < _CODES:
            return _ratio(ratio, cost[1])
    return _logarithmic(block)


def _logarithmic(block: Floats) -> tuple[str, Floats, bytes, Floats]:
    largest = block.max(axis=-1, keepdims=True)
    top = np.where(largest > 0.0, largest, 1.0)
    is_positive = block > 0.0
    depth = np.where(is_positive, np.log(top / np.where(is_positive, block, top)), 0.0)
    # The smallest 2 % of the scenarios may fall below the scale, to zero: of a long tail more would at this step.
    deepest = int(0.98 * (block.shape[-1] - 1))
    reach = np.partition(depth, deepest, axis=-1)[..., deepest : deepest + 1]
    step = np.maximum(STEP, reach / (_CODES - 1))
    codes = np.where(is_positive, _CODES - np.round(depth / step), 0.0).clip(0, _CODES).astype(np.uint8)
    decoded = np.where(codes > 0, top * np.exp(-(_CODES - codes.astype(np.float64)) * step), 0.0)
    # Rounding is up or down alike, and means are held exactly; amounts that are all alike are so already.
    total = decoded.sum(axis=-1, keepdims=True)
    is_plain = ((codes == 0) | (codes == _CODES)).all(axis=-1, keepdims=True)
    factor = np.where((total > 0.0) & ~is_plain, block.sum(axis=-1, keepdims=True) / np.where(total > 0, total, 1), 1.0)
    columns = np.concatenate([top * factor, step], axis=-1)
    return "logarithmic", columns, codes.tobytes(), decoded * factor


def _ratio(ratio: Floats, cost: Floats) -> tuple[str, Floats, bytes, Floats]:
    top = ratio.max(axis=-1, keepdims=True)
    codes = np.ceil(ratio / np.where(top > 0.0, top, 1.0) * _CODES - 0.5).clip(0, _CODES)
    codes = np.where(ratio > 0.0, np.maximum(codes, 1), 0).astype(np.uint8)
    columns = np.concatenate([top, np.zeros_like(top)], axis=-1)
    return "ratio", columns, codes.tobytes(), cost * codes * (top / _CODES)


def _linear(block: Floats) -> tuple[str, Floats, bytes, Floats]:
    low, high = block.min(axis=-1, keepdims=True), block.max(axis=-1, keepdims=True)
    step = (high - low) / (2**16 - 1)
    codes = np.round((block - low) / np.where(step > 0.0, step, 1.0)).astype(np.uint16)
    planes = (codes & 255).astype(np.uint8).tobytes() + (codes >> 8).astype(np.uint8).tobytes()
    return "linear", np.concatenate([low, step], axis=-1), planes, low + step * codes


def _rounding(exact: Floats, decoded: Floats) -> float:
    """Return the largest relative difference of what is enough in some packages, between exact and decoded amounts."""
    enough = []
    for values in (exact, decoded):
        by_group, by_year = values.sum(axis=(2, 4)), values.sum(axis=(2, 3))
        by_area = values.sum(axis=(3, 4))
        packages = np.concatenate([by_area, by_group, by_year, by_area.sum(axis=2, keepdims=True)], axis=2)
        enough.append(np.quantile(packages, _CONFIDENCE, axis=-1))
    found = np.abs(enough[1] - enough[0]) / np.where(enough[0] != 0.0, np.abs(enough[0]), np.inf)
    return float(found.max(initial=0.0))
