"""Codes and numbers that plans are written in and kernels read."""

from __future__ import annotations

from typing import Final

CONSTANT: Final = 0
NORMAL: Final = 1
LOGNORMAL: Final = 2
PIECES: Final = 3
PIECES_LOG: Final = 4
KNOTS: Final = 5
KNOTS_LOG: Final = 6
UNEVEN: Final = 7
UNEVEN_LOG: Final = 8

EVEN: Final = 9
"""The drawn probability itself. This and TRIANGLE stand for a row that is alone in its group, with one normal."""
TRIANGLE: Final = 10
"""The quantile of a triangle on 0 .. 1 at the drawn probability, by its mode."""

BOUNDED: Final = 11
"""A kind with a table, cut at the ends of the support, with tables of the logarithm of small distances to them."""
BOUNDED_BASE: Final = 7
"""Where, after its first numbers, a bounded marginal has the table that it is made from."""

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
SPLIT: Final = 10
"""to = whole years of a lateness of one, at most number, as the distance of its lag; to + 1 = the part of a year"""
LAGGED: Final = 11
"""to + lag += one, shared among the two lags that two and two + 1 tell"""
DOT: Final = 12
"""to = sum over lags of (one + lag) x (two + lag)"""
GROWN: Final = 13
"""to = one x what is between two neighbours of a growth (fifth), as two and two + 1 tell"""
MULTIPLY: Final = 15
"""to x= one; TIMES in place would not become vector code, since its buffers overlap"""
LAGGED_TWICE: Final = 14
"""As LAGGED, onto fifth + lag too"""

PIECE_COUNT: Final = 16
PIECE_DEGREE: Final = 9

SCORE_LIMIT: Final = 8.25
"""Tables cover |z| up to here, a probability of 8e-17; scores beyond are evaluated here. A single draw ends at 8.13."""

STREAM_VERSION: Final = 1
"""Goes up when the same plan and seed begin to give other numbers."""
