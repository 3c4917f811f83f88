"""Gamma, Poisson and binomial numbers as PyTorch's CPU generator gives them, one by one in float64.

In: a Generator and arrays of parameters. Out: an array of numbers. Each is drawn by rejection and takes as many numbers
from the stream as it needs.

Marsaglia and Tsang, "A simple method for generating gamma variables", 2000; Hörmann, "The transformed rejection method
for generating Poisson random variables" (PTRS) and "The generation of binomial random variates" (BTRS), 1993.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import chain

import numpy as np

from .box_muller import normal_pair
from .random import Generator

AHEAD = 256  # numbers that are looked at together
_THIRD = float(np.float32(1) / np.float32(3))  # PyTorch's is a float in every type


class Draws:
    """Numbers of a generator one by one: looked at ahead, and taken from it at the end (a context manager)."""

    def __init__(self, generator: Generator):
        self.generator, self.taken = generator, 0
        self.kept = generator._next_normal

    def __enter__(self) -> Draws:
        ahead = self.generator.clone_state()
        self.next = chain.from_iterable(iter(lambda: ahead.unit64(AHEAD).tolist(), [])).__next__
        return self

    def __exit__(self, *error) -> None:
        self.generator.words(2 * self.taken)
        self.generator._next_normal = self.kept

    def uniform(self) -> float:
        """A number in [0, 1)."""
        self.taken += 1
        return self.next()

    def normal(self) -> float:
        """A standard normal number: the one that was kept, or the first of a pair."""
        if self.kept is not None:
            found, self.kept = self.kept, None
            return found
        found, self.kept = normal_pair(self.uniform(), self.uniform())
        return found


def each(generator: Generator, draw: Callable, *parameters: np.ndarray) -> np.ndarray:
    """draw(draws, *parameters) for each element."""
    lists = [p.ravel().astype(np.float64).tolist() for p in parameters]
    with Draws(generator) as draws:
        found = [draw(draws, *values) for values in zip(*lists)]
    return np.array(found, np.float64).reshape(parameters[0].shape)


def gamma(draws: Draws, alpha: float, rounded: Callable[[float], float] = float) -> float:
    """A gamma-distributed number of shape alpha; what follows from alpha alone is `rounded` to the type it came in."""
    scale = 1.0
    if alpha < 1:
        if alpha == 0:
            return 0.0
        scale = math.pow(1 - draws.uniform(), rounded(1 / alpha))
        alpha = rounded(alpha + 1)
    d = rounded(alpha - _THIRD)
    c = 1 / math.sqrt(9 * d)
    while True:
        x = draws.normal()
        y = 1 + c * x
        if y <= 0:
            continue
        v = y * y * y
        u = 1 - draws.uniform()
        square = x * x
        if u < 1 - 0.0331 * square * square or math.log(u) < 0.5 * square + d * (1 - v + math.log(v)):
            return scale * d * v


def gamma_in_float32(draws: Draws, alpha: float) -> float:
    """`gamma` for a shape that came in float32."""
    return gamma(draws, alpha, lambda x: float(np.float32(x)))


def poisson(draws: Draws, rate: float) -> float:
    """A Poisson-distributed number."""
    if not rate >= 0:
        raise RuntimeError("invalid Poisson rate, expected rate to be non-negative")
    if rate >= 10:
        return _many_events(draws, rate)
    if rate == 0:
        return 0.0
    limit, product, count = math.exp(-rate), 1.0, 0.0
    while True:
        product *= draws.uniform()
        if product <= limit:
            return count
        count += 1


def _many_events(draws: Draws, rate: float) -> float:
    """PTRS."""
    b = 0.931 + 2.53 * math.sqrt(rate)
    a = -0.059 + 0.02483 * b
    inverse_alpha, v_r = 1.1239 + 1.1328 / (b - 3.4), 0.9277 - 3.6224 / (b - 2)
    while True:
        u, v = draws.uniform() - 0.5, draws.uniform()
        us = 0.5 - abs(u)
        k = math.floor((2 * a / us + b) * u + rate + 0.43)
        if us >= 0.07 and v <= v_r:
            return float(k)
        if k < 0 or (us < 0.013 and v > us):
            continue
        chance = math.log(v) + math.log(inverse_alpha) - math.log(a / (us * us) + b)
        if chance <= -rate + k * math.log(rate) - math.lgamma(k + 1):
            return float(k)


def binomial(draws: Draws, count: float, p: float) -> float:
    """A binomially distributed number."""
    if math.isnan(p) or math.isnan(count):
        return math.nan
    if count <= 0 or p <= 0:
        return 0.0
    if p >= 1:
        return count
    if p > 0.5:
        return count - _successes(draws, count, 1 - p)
    return _successes(draws, count, p)


def _successes(draws: Draws, count: float, p: float) -> float:
    return _many_successes(draws, count, p) if count * p >= 10 else _few_successes(draws, count, p)


def _few_successes(draws: Draws, count: float, p: float) -> float:
    """Adds up the trials between successes."""
    passed, found, failure = 0.0, 0.0, math.log1p(-p)
    while True:
        u = draws.uniform()
        passed += math.ceil(math.log(u) / failure) if u else math.inf
        if passed > count:
            return found
        found += 1


def _stirling_tail(k: float) -> float:
    """What Stirling's formula lacks of log(k!)."""
    if k <= 9:
        return math.lgamma(k + 1) - ((k + 0.5) * math.log(k + 1) - (k + 1) + 0.5 * math.log(2 * math.pi))
    square = (k + 1) * (k + 1)
    return (1 / 12 - (1 / 360 - 1 / 1260 / square) / square) / (k + 1)


def _many_successes(draws: Draws, count: float, p: float) -> float:
    """BTRS."""
    deviation = math.sqrt(count * p * (1 - p))
    b = 1.15 + 2.53 * deviation
    a, c = -0.0873 + 0.0248 * b + 0.01 * p, count * p + 0.5
    v_r, odds = 0.92 - 4.2 / b, p / (1 - p)
    alpha, m = (2.83 + 5.1 / b) * deviation, math.floor((count + 1) * p)
    while True:
        u, v = draws.uniform() - 0.5, draws.uniform()
        us = 0.5 - abs(u)
        k = math.floor((2 * a / us + b) * u + c)
        if us >= 0.07 and v <= v_r:
            return float(k)
        if k < 0 or k > count:
            continue
        chance = math.log(v * alpha / (a / (us * us) + b)) if v else -math.inf
        bound = (
            (m + 0.5) * math.log((m + 1) / (odds * (count - m + 1)))
            + (count + 1) * math.log((count - m + 1) / (count - k + 1))
            + (k + 0.5) * math.log(odds * (count - k + 1) / (k + 1))
            + _stirling_tail(m) + _stirling_tail(count - m) - _stirling_tail(k) - _stirling_tail(count - k)
        )  # fmt: skip
        if chance <= bound:
            return float(k)
