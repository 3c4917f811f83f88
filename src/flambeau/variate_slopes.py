"""How gamma and beta numbers move with their parameters while the uniform number behind them stays.

With F the distribution function and f the density, dx/da = -(dF/da) / f. Both functions' series have positive terms;
over the density they are

    gamma:  F / f = sum r_n,            r_0 = x / a,            r_n = r_(n-1) * x / (a + n)
    beta:   F / f = sum s_n,            s_0 = x (1 - x) / a,    s_n = s_(n-1) * x (a + b + n - 1) / (a + n)

and each term's logarithm is differentiated. In: float64 arrays of one shape; out: the same.
"""

from __future__ import annotations

import numpy as np

TERMS = 100_000
ENOUGH = 1e-17


def digamma(x: np.ndarray) -> np.ndarray:
    """The slope of log(gamma(x)) for positive x: the recurrence up to 8, then the asymptotic series."""
    shift = np.zeros_like(x)
    for _ in range(8):
        small = x < 8
        shift = np.where(small, shift - 1 / np.where(small, x, 1), shift)
        x = np.where(small, x + 1, x)
    y = 1 / (x * x)
    series = y * (1 / 12 - y * (1 / 120 - y * (1 / 252 - y * (1 / 240 - y * (1 / 132 - y * 691 / 32760)))))
    return shift + np.log(x) - 0.5 / x - series


def gamma_slope(x: np.ndarray, a: np.ndarray) -> np.ndarray:
    """dx/da of gamma numbers of shape a."""
    term, psi, log_x = x / a, digamma(a + 1), np.log(x)
    total = size = term * (psi - log_x)
    for n in range(1, TERMS):
        term = term * (x / (a + n))
        psi = psi + 1 / (a + n)
        part = term * (psi - log_x)
        total, size = total + part, np.maximum(size, np.abs(total))
        if np.all((np.abs(part) <= ENOUGH * size) & (a + n > x)):
            break
    return np.where(x == 0, 0, total)


def beta_slope(x: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """dx/da of beta numbers of concentrations a and b."""
    direct = np.where(x <= a / (a + b), x < 0.95, x <= 0.5)
    first = digamma(a + b) - digamma(a) + np.log(x) - np.where(direct, 1 / a, 0)
    y, lead = np.where(direct, x, 1 - x), np.where(direct, a, b)
    term, harmonic = x * (1 - x) / lead, first
    total = size = term * harmonic
    for n in range(1, TERMS):
        term = term * (y * (a + b + n - 1) / (lead + n))
        harmonic = harmonic + 1 / (a + b + n - 1) - np.where(direct, 1 / (a + n), 0)
        part = term * harmonic
        total, size = total + part, np.maximum(size, np.abs(total))
        if np.all((np.abs(part) <= ENOUGH * size) & (y * (a + b + n) < lead + n + 1)):
            break
    return np.where(direct, -total, total)
