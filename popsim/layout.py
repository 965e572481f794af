"""Codes and numbers that plans are written in and kernels read."""

from __future__ import annotations

from typing import Final

__all__ = [
    "CONSTANT",
    "KNOTS",
    "KNOTS_LOG",
    "LOGNORMAL",
    "NORMAL",
    "PIECES",
    "PIECES_LOG",
    "PIECE_COUNT",
    "PIECE_DEGREE",
    "SCORE_LIMIT",
    "STREAM_VERSION",
]

CONSTANT: Final = 0
NORMAL: Final = 1
LOGNORMAL: Final = 2
PIECES: Final = 3
PIECES_LOG: Final = 4
KNOTS: Final = 5
KNOTS_LOG: Final = 6

PIECE_COUNT: Final = 16
PIECE_DEGREE: Final = 9

SCORE_LIMIT: Final = 8.25
"""Tables cover |z| up to here, a probability of 8e-17; scores beyond are evaluated here. A single draw ends at 8.13."""

STREAM_VERSION: Final = 1
"""Goes up when the same plan and seed begin to give other numbers."""
