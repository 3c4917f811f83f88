"""A line search that ends at a step which fulfils the strong Wolfe conditions.

First a bracket is found that must hold such a step, then it is narrowed, each time to the minimum of a cubic through
its ends (J. Nocedal and S. Wright, Numerical Optimization, 2nd edition, section 3.5).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

_KINDS = {"torch.float32": np.float32, "torch.float64": np.float64}


def rounding(value: Any) -> Any:
    """A tensor of one element as a number that rounds as the tensor would; other numbers as they are."""
    return _KINDS.get(str(value.dtype), float)(value.item()) if hasattr(value, "item") else value


class Point(NamedTuple):
    """The function at one step: its value, its gradient, and its slope along the line."""

    step: Any
    value: float
    gradient: Any
    slope: Any


@np.errstate(all="ignore")
def cubic_minimum(a: Point, b: Point, bounds: tuple[Any, Any] | None = None) -> Any:
    """The step at which a cubic with the values and slopes of two points is least, kept within bounds."""
    low, high = bounds or (min(a.step, b.step), max(a.step, b.step))
    d1 = a.slope + b.slope - 3 * (a.value - b.value) / (a.step - b.step)
    square = d1**2 - a.slope * b.slope
    if not square >= 0:
        return (low + high) / 2.0
    d2 = np.sqrt(square)
    if a.step > b.step:
        a, b = b, a
    step = b.step - (b.step - a.step) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2))
    return min(max(step, low), high)


class WolfeSearch:
    """Looks along a line for a step that decreases the function enough (c1) and flattens it enough (c2).

    Args:
        evaluate: the value and the gradient at a step.
        direction: the line's direction, a flat tensor.
        start: the point at step 0.
        limit: how many times the first guess may be improved.
    """

    def __init__(
        self, evaluate: Callable[[Any], tuple[float, Any]], direction, start: Point, *, c1: float = 1e-4,
        c2: float = 0.9, tolerance_change: float = 1e-9, limit: int,
    ) -> None:  # fmt: skip
        self._evaluate, self._direction, self._start = evaluate, direction, start
        self._c1, self._c2, self._tolerance, self._limit = c1, c2, tolerance_change, limit
        self._size = rounding(direction.abs().max())
        self.evaluations = 0

    def search(self, step: Any) -> Point:
        """The point found, from a first guess of the step."""
        ends, iteration = self._bracket(step)
        return ends[0] if len(ends) == 1 else self._narrow(ends, iteration)

    def _at(self, step: Any) -> Point:
        value, gradient = self._evaluate(step)
        self.evaluations += 1
        return Point(step, value, gradient, rounding(gradient.dot(self._direction)))

    @np.errstate(all="ignore")
    def _too_high(self, point: Point) -> bool:
        return point.value > self._start.value + self._c1 * point.step * self._start.slope

    def _flat(self, point: Point) -> bool:
        return abs(point.slope) <= -self._c2 * self._start.slope

    def _bracket(self, step: Any) -> tuple[list[Point], int]:
        """Two points with a good step between them, or one good point; and how often the guess was improved."""
        last, point = self._start, self._at(step)
        for iteration in range(self._limit):
            if self._too_high(point) or (iteration > 1 and point.value >= last.value):
                return [last, point], iteration
            if self._flat(point):
                return [point], iteration
            if point.slope >= 0:
                return [last, point], iteration
            bounds = (point.step + 0.01 * (point.step - last.step), point.step * 10)
            last, point = point, self._at(cubic_minimum(last, point, bounds))
        return [self._start, point], self._limit

    def _narrow(self, ends: list[Point], iteration: int) -> Point:
        """The best point of a bracket that is made smaller until it holds a good one."""
        low = _lower(ends)
        stalled = False
        while iteration < self._limit and abs(ends[1].step - ends[0].step) * self._size >= self._tolerance:
            step, stalled = _inside(ends, stalled)
            point = self._at(step)
            iteration += 1
            if self._too_high(point) or point.value >= ends[low].value:
                ends[1 - low] = point
                low = _lower(ends)
                continue
            if self._flat(point):
                return point
            if point.slope * (ends[1 - low].step - ends[low].step) >= 0:
                ends[1 - low] = ends[low]
            ends[low] = point
        return ends[low]


def _lower(ends: list[Point]) -> int:
    """Which end of a bracket has the smaller value."""
    return 0 if ends[0].value <= ends[1].value else 1


def _inside(ends: list[Point], stalled: bool) -> tuple[Any, bool]:
    """The cubic's minimum, moved inwards where it comes close to an end for the second time, or lies at it."""
    step = cubic_minimum(ends[0], ends[1])
    left, right = min(ends[0].step, ends[1].step), max(ends[0].step, ends[1].step)
    margin = 0.1 * (right - left)
    if min(right - step, step - left) >= margin:
        return step, False
    if not stalled and left < step < right:
        return step, True
    return (right - margin if abs(step - right) < abs(step - left) else left + margin), False
