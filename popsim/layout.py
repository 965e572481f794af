"""Codes and numbers that plans are written in and kernels read."""

from __future__ import annotations

from typing import Final

__all__ = [
    "ADD_PRODUCT",
    "ADD_SHARE",
    "CONSTANT",
    "DISCOUNT",
    "DOT",
    "GATE",
    "KNOTS",
    "KNOTS_LOG",
    "LAGGED",
    "LOGNORMAL",
    "NORMAL",
    "PIECES",
    "PIECES_LOG",
    "PIECE_COUNT",
    "PIECE_DEGREE",
    "PLUS",
    "POWER",
    "PROLONG",
    "SCORE_LIMIT",
    "SET",
    "SPREAD",
    "STREAM_VERSION",
    "STRIKE",
    "TIMES",
]

CONSTANT: Final = 0
NORMAL: Final = 1
LOGNORMAL: Final = 2
PIECES: Final = 3
PIECES_LOG: Final = 4
KNOTS: Final = 5
KNOTS_LOG: Final = 6

SET: Final = 0
"""to = number"""
TIMES: Final = 1
"""to = one x two"""
PLUS: Final = 2
"""to = one + two"""
ADD_SHARE: Final = 3
"""to += number x one"""
ADD_PRODUCT: Final = 4
"""to += one x two"""
DISCOUNT: Final = 5
"""to /= 1 + one"""
GATE: Final = 6
"""to stays where one + two + number > 0, and is 0 elsewhere"""
STRIKE: Final = 7
"""to x= two where one + number > 0"""
POWER: Final = 8
"""to x= exp(number x one)"""
PROLONG: Final = 9
"""to x= 1 + number x one"""
SPREAD: Final = 10
"""to + lag = to x the share of each lag, for a lateness of one, at most number"""
LAGGED: Final = 11
"""to + lag += one x (two + lag)"""
DOT: Final = 12
"""to = sum over lags of (one + lag) x (two + lag)"""

PIECE_COUNT: Final = 16
PIECE_DEGREE: Final = 9

SCORE_LIMIT: Final = 8.25
"""Tables cover |z| up to here, a probability of 8e-17; scores beyond are evaluated here. A single draw ends at 8.13."""

STREAM_VERSION: Final = 1
"""Goes up when the same plan and seed begin to give other numbers."""
