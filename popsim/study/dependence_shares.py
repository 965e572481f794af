"""Check that shares in common can hold together with one number between areas.

With one number r between areas, base share s0 and area share s, the part of an area's score that is its own must be
shared among countries by t = (s - r s0) / (1 - r), which lies in [0, 1] exactly when r s0 <= s <= r s0 + 1 - r.
Countries of one group share q0 and q instead: their part t' = (q - r q0) / (1 - r) must lie in [t, 1], which is to say
that s + r (q0 - s0) <= q <= r q0 + 1 - r.
"""

from __future__ import annotations

from popsim.errors import Problem

__all__ = ["ROUNDING", "check_group_share", "check_share"]

ROUNDING = 1e-12
"""Room for rounding in relations among shares, which are exact in decimals but not in binary."""


def check_share(where: str, between: float, base: float, share: float, area: str) -> list[Problem]:
    """List one problem unless r s0 <= s <= r s0 + 1 - r (see the head of this file).

    Examples
    --------
    >>> check_share("here", 0.3, 0.3, 0.35, "a")
    []
    >>> check_share("here", 0.5, 0.4, 0.1, "a")[0].found
    'common_share = 0.1 of area a'
    """
    low, high = between * base, between * base + 1.0 - between
    if low - ROUNDING <= share <= high + ROUNDING:
        return []
    return [
        Problem(
            where,
            (),
            f"common_share = {share:.10g} of area {area}",
            f"{low:.10g} <= common_share <= {high:.10g}, which is r x s0 <= common_share <= r x s0 + 1 - r"
            f" with r = dependence.between_areas = {between:.10g} and s0 = dependence.common_share = {base:.10g}",
            "bring common_share into these bounds, or lower between_areas",
        )
    ]


def check_group_share(
    where: str, between: float, bases: tuple[float, float], shares: tuple[float, float], area: str
) -> list[Problem]:
    """List one problem unless s + r (q0 - s0) <= q <= r q0 + 1 - r (see the head of this file).

    Parameters
    ----------
    where
        Where group_share stands.
    between
        r.
    bases, shares
        (s0, q0) of the study, and (s, q) of the area.
    area
        Id of the area.

    Examples
    --------
    >>> check_group_share("here", 0.3, (0.3, 0.5), (0.4, 0.5), "a")
    []
    >>> print(check_group_share("here", 0.5, (0.2, 0.4), (0.3, 0.35), "a")[0].allowed)
    0.4 <= group_share <= 0.7, which is s + r x (q0 - s0) <= group_share <= r x q0 + 1 - r with s = common_share = 0.3
    of the area, r = dependence.between_areas = 0.5, s0 = dependence.common_share = 0.2 and
    q0 = dependence.group_share = 0.4
    """
    (base, group_base), (share, group_share) = bases, shares
    low, high = share + between * (group_base - base), between * group_base + 1.0 - between
    if low - ROUNDING <= group_share <= high + ROUNDING:
        return []
    return [
        Problem(
            where,
            (),
            f"group_share = {group_share:.10g} of area {area}",
            f"{low:.10g} <= group_share <= {high:.10g}, which is s + r x (q0 - s0) <= group_share <= r x q0 + 1 - r"
            f" with s = common_share = {share:.10g} of the area, r = dependence.between_areas = {between:.10g},"
            f" s0 = dependence.common_share = {base:.10g} and q0 = dependence.group_share = {group_base:.10g}",
            "bring group_share into these bounds, or give the area another common_share",
        )
    ]
