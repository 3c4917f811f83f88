"""A line search that ends at a step which fulfils the strong Wolfe conditions.

First a bracket is found that must hold such a step, then it is narrowed, each time to the minimum of a cubic through
its ends (J. Nocedal and S. Wright, Numerical Optimization, 2nd edition, section 3.5).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple


class Point(NamedTuple):
    """The function at one step: its value, its gradient, and its slope along the line."""

    step: float
    value: float
    gradient: Any
    slope: float


def cubic_minimum(a: Point, b: Point, bounds: tuple[float, float] | None = None) -> float:
    """The step at which a cubic with the values and slopes of two points is least, kept within bounds."""
    low, high = bounds or (min(a.step, b.step), max(a.step, b.step))
    if a.step > b.step:
        a, b = b, a
    d1 = a.slope + b.slope - 3 * (a.value - b.value) / (a.step - b.step)
    square = d1**2 - a.slope * b.slope
    if square < 0:
        return (low + high) / 2.0
    d2 = math.sqrt(square)
    step = b.step - (b.step - a.step) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2))
    return min(max(step, low), high)


class WolfeSearch:
    """Looks along a line for a step that decreases the function enough (c1) and flattens it enough (c2).

    Args:
        evaluate: the value and the gradient at a step.
        direction: the line's direction, a flat tensor.
        start: the point at step 0.
    """

    def __init__(
        self,
        evaluate: Callable[[float], tuple[float, Any]],
        direction,
        start: Point,
        *,
        c1: float = 1e-4,
        c2: float = 0.9,
        tolerance_change: float = 1e-9,
        limit: int = 25,
    ) -> None:
        self._evaluate, self._direction, self._start = evaluate, direction, start
        self._c1, self._c2, self._tolerance, self._limit = c1, c2, tolerance_change, limit
        self._size = float(direction.abs().max())
        self.evaluations = 0

    def search(self, step: float) -> Point:
        """The point found, from a first guess of the step."""
        low, high, iteration = self._bracket(step)
        return low if high is None else self._narrow(low, high, iteration)

    def _at(self, step: float) -> Point:
        value, gradient = self._evaluate(step)
        self.evaluations += 1
        return Point(step, value, gradient, float(gradient.dot(self._direction)))

    def _too_high(self, point: Point) -> bool:
        return point.value > self._start.value + self._c1 * point.step * self._start.slope

    def _flat(self, point: Point) -> bool:
        return abs(point.slope) <= -self._c2 * self._start.slope

    def _bracket(self, step: float) -> tuple[Point, Point | None, int]:
        """Two points with a good step between them; or one good point."""
        last, point = self._start, self._at(step)
        for iteration in range(self._limit):
            if self._too_high(point) or (iteration > 1 and point.value >= last.value):
                return last, point, iteration
            if self._flat(point):
                return point, None, iteration
            if point.slope >= 0:
                return last, point, iteration
            bounds = (point.step + 0.01 * (point.step - last.step), point.step * 10)
            last, point = point, self._at(cubic_minimum(last, point, bounds))
        return self._start, point, self._limit

    def _narrow(self, a: Point, b: Point, iteration: int) -> Point:
        """The best point of a bracket that is made smaller until it holds a good one."""
        low, high = (a, b) if a.value <= b.value else (b, a)
        stalled = False
        while iteration < self._limit and abs(high.step - low.step) * self._size >= self._tolerance:
            step, stalled = self._inside(low, high, stalled)
            point = self._at(step)
            iteration += 1
            if self._too_high(point) or point.value >= low.value:
                low, high = (low, point) if low.value <= point.value else (point, low)
                continue
            if self._flat(point):
                return point
            if point.slope * (high.step - low.step) >= 0:
                high = low
            low = point
        return low

    def _inside(self, low: Point, high: Point, stalled: bool) -> tuple[float, bool]:
        """The cubic's minimum, moved inwards where it comes close to an end for the second time, or lies at it."""
        step = cubic_minimum(low, high)
        left, right = min(low.step, high.step), max(low.step, high.step)
        margin = 0.1 * (right - left)
        if min(right - step, step - left) >= margin:
            return step, False
        if not stalled and left < step < right:
            return step, True
        return (right - margin if abs(step - right) < abs(step - left) else left + margin), False
