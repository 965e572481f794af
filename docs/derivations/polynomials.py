"""Derive the polynomials of popsim/kernels/coefficients.py: ``python docs/derivations/polynomials.py > FILE``.

Each is a near-minimax fit by Lawson's iteratively reweighted least squares (Lawson 1961; Rice and Usow 1968,
doi:10.1090/S0025-5718-1968-0223808-5). The printed error is that of the fit in exact arithmetic.
"""

from __future__ import annotations

import numpy as np
from numpy.polynomial import Chebyshev, Polynomial, chebyshev
from numpy.typing import NDArray
from scipy.special import ndtri

Floats = NDArray[np.float64]


def lawson(x: Floats, target: Floats, weight: Floats, degree: int, rounds: int = 600) -> tuple[float, Floats]:
    """Fit a polynomial whose largest weighted error is nearly the smallest possible."""
    low, high = float(x.min()), float(x.max())
    basis = chebyshev.chebvander((2 * x - low - high) / (high - low), degree)
    reweight = np.ones_like(x)
    best = (np.inf, np.zeros(degree + 1))
    for _ in range(rounds):
        row = np.sqrt(reweight) * weight
        fitted, *_ = np.linalg.lstsq(basis * row[:, None], target * row, rcond=None)
        error = np.abs((basis @ fitted - target) * weight)
        if error.max() < best[0]:
            best = (float(error.max()), fitted.copy())
        reweight = reweight * error
        reweight /= reweight.sum()
    return best[0], Chebyshev(best[1], domain=[low, high]).convert(kind=Polynomial).coef


def nodes(low: float, high: float, count: int = 8001) -> Floats:
    """Points that crowd at the ends, as Chebyshev's do."""
    return (low + high) / 2 - np.cos(np.linspace(0, np.pi, count)) * (high - low) / 2


def normal_of_log(log: Floats) -> tuple[Floats, Floats]:
    """Give z and x = 2 u - 1 where log = log(1 - x^2) and z = inverse normal of u, u > 1/2."""
    x = np.sqrt(-np.expm1(log))
    upper = np.exp(log) / 2 / (1 + x)
    return -ndtri(upper), x


def show(name: str, meaning: str, error: float, coefficients: Floats) -> None:
    """Print one tuple of exact hexadecimal floats."""
    print(f"\n{name} = (  # {meaning}; largest error {error:.1e}")
    for value in coefficients:
        print(f'    float.fromhex("{float(value).hex()}"),')
    print(")")


def show_octaves() -> None:
    """Print, power by power, the polynomials of z / x in q = 1 - x^2 from 2^-(k+1) to 2^-k, k = 0 ... 15.

    A piece stands at the low four bits of the exponent of its q, 1022 - k; its argument is the mantissa less 1.5.
    """
    coefficients, largest = np.zeros((10, 16)), 0.0
    for k in range(16):
        q = nodes(2.0 ** -(k + 1), 2.0**-k)
        z, x = normal_of_log(np.minimum(np.log(q), -1e-7))
        error, fitted = lawson(2.0 ** (k + 1) * q - 1.5, z / x, x, 9)
        coefficients[:, (1022 - k) % 16] = fitted
        largest = max(largest, error)
    meaning = "z / x in the mantissa of 1 - x^2 less 1.5, x = 2 u - 1; 16 pieces a power"
    show("OCTAVES", meaning, largest, coefficients.ravel())


def main() -> None:
    """Print the module."""
    print('"""Polynomials of the kernels, made by docs/derivations/polynomials.py; lowest power first."""')
    root = np.sqrt(0.5)
    t = nodes(root - 1, 2 * root - 1)
    small = np.abs(t) < 1e-4
    safe = np.where(t == 0, 1, t)
    log_rest = np.where(small, -0.5 + t / 3 - t * t / 4, (np.log1p(t) - t) / safe**2)
    show("LOG", "(log(1 + t) - t) / t^2 for 1 + t from sqrt(1/2) to sqrt(2)", *lawson(t, log_rest, t * t, 8))
    show_octaves()
    r = nodes(np.sqrt(7.99), 6.0)
    z, _ = normal_of_log(-r * r)
    show(
        "TAIL", "z in sqrt(-log(1 - x^2)) - 4.4, the logarithm from -36 to -8", *lawson(r - 4.4, z, np.ones_like(r), 14)
    )
    r = nodes(-np.log(2) / 2 * 1.0001, np.log(2) / 2 * 1.0001)
    exp_rest = np.where(np.abs(r) < 1e-5, 0.5 + r / 6, (np.expm1(r) - r) / np.where(r == 0, 1, r) ** 2)
    show("EXP", "(exp(r) - 1 - r) / r^2 for |r| <= log(2) / 2", *lawson(r, exp_rest, r * r / np.exp(r), 5))


if __name__ == "__main__":
    main()
