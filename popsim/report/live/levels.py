"""All scenarios of a total in rising order, as the page carries them for its budget slider."""

from __future__ import annotations

import math
from base64 import b64encode
from typing import Any

import numpy as np

from popsim.analysis.excess import excess_errors
from popsim.analysis.order import quantile_with_error, share_error
from popsim.arrays import Floats

MOST_AMOUNTS = 10_000
"""Amounts of a total; of more scenarios, those next to each other are held by their mean."""
SINGLE = 1_000
"""Largest scenarios that are held one by one even then."""
SHARES = (0.0, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999)
"""Shares of the scenarios at which errors are handed over; the page interpolates between them."""
_LARGEST, _SMALLEST = 1e30, 1e-30
"""Sizes that single precision holds with room for sums."""


def scale_for(values: Floats) -> float:
    """Return a power of ten by which amounts are divided so that single precision holds them; 1 where it does.

    Examples
    --------
    >>> scale_for(np.array([2.5e9])), scale_for(np.array([3e70]))
    (1.0, 1e+70)
    """
    largest = float(max(values.max(initial=0.0), -values.min(initial=0.0)))
    if largest == 0.0 or _SMALLEST < largest < _LARGEST:
        return 1.0
    return 10.0 ** math.floor(math.log10(largest))


def stored_levels(values: Floats, replicates: int = 1) -> dict[str, Any]:
    """Return the amounts of a total as the page carries them, and their errors, ready for JSON.

    Parameters
    ----------
    values
        (scenario,), in units of the currency.
    replicates
        Independent scramblings that take turns from scenario to scenario.

    Returns
    -------
    dict
        `amounts`: steps between rising amounts in single precision, as base64. There are `count`: first means of
        `block` scenarios each, the last of them of what is left of the `scenarios`, and then `single` ones; all are
        divided by `scale`. `errors`: standard errors at rising shares; null where one is infinite.

    Examples
    --------
    >>> stored = stored_levels(np.arange(1.0, 25_001.0))
    >>> stored["count"], stored["block"], stored["single"]
    (9000, 3, 1000)
    """
    rising = np.sort(values)
    scale, count = scale_for(values), len(rising)
    block = 1 if count <= MOST_AMOUNTS else math.ceil((count - SINGLE) / (MOST_AMOUNTS - SINGLE))
    single = min(count, MOST_AMOUNTS) if block == 1 else SINGLE
    held = rising if scale == 1.0 else rising / scale
    if block > 1:
        starts = np.arange(0, count - single, block)
        sizes = np.diff(np.append(starts, count - single))
        held = np.concatenate([np.add.reduceat(held[: count - single], starts) / sizes, held[count - single :]])
    return {
        "amounts": b64encode(_steps(held)).decode(),
        "count": len(held),
        "block": block,
        "single": single,
        "scenarios": count,
        "scale": scale,
        "errors": _errors(values, rising, replicates),
    }


def _errors(values: Floats, rising: Floats, replicates: int) -> dict[str, Any]:
    limits = [float(rising[math.ceil(share * len(rising)) - 1]) if share else -math.inf for share in SHARES]
    below = 2.0 * rising[0] - rising[-1] - 1.0
    found: dict[str, Any] = {
        "share": list(SHARES),
        "missing_error": [
            _finite(excess_errors(values, limit if limit > -math.inf else below, replicates).beyond) for limit in limits
        ],
    }
    if replicates > 1:
        inside = np.clip(SHARES, 0.5 / len(rising), 1.0 - 0.5 / len(rising))
        amounts = quantile_with_error(values[np.newaxis], inside, replicates)[1][0]
        found["share_error"] = [_finite(float(share_error(values <= limit, replicates))) for limit in limits]
        found["amount_error"] = [_finite(float(error)) for error in amounts]
    return found


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _steps(rising: Floats) -> bytes:
    """Return the steps between the bits of rising numbers in single precision, seven bits to a byte (LEB128)."""
    # Added to zero, a negative zero is a plain one.
    bits = (rising.astype(np.float32) + np.float32(0.0)).view(np.uint32)
    # Bits in an order that rises with the numbers: those of negative ones are turned, others follow them.
    ordered = np.where(bits >> 31, ~bits, bits | np.uint32(1 << 31)).astype(np.int64)
    steps = np.diff(ordered, prepend=0)
    parts = steps[:, np.newaxis] >> (7 * np.arange(5))
    lengths = np.maximum((parts > 0).sum(axis=1), 1)
    place = np.arange(5)
    coded = (parts & 127) | np.where(place < (lengths - 1)[:, np.newaxis], 128, 0)
    kept: Any = coded[place < lengths[:, np.newaxis]].astype(np.uint8)
    return bytes(kept.tobytes())
