"""Convolutions as data: their sizes, where arrays stand, and how taps walk over images.

In: sizes. Out: Axes and Phases, which say what pixels meet which taps. The invariant: they follow from sizes alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..dtypes import dtype
from ..runtime.execute import Pointer
from .cut import Workspace
from .frame import ceil_div
from .loops import Epilogue
from .packing import Source
from .product import Matrix
from .targets import Target

Pair = tuple[int, int]


@dataclass(frozen=True)
class ConvGeometry:
    """Sizes: x is (n, h, w, c), the weight (o, c / groups, kh, kw), y (n, oh, ow, o); pairs: (vertical, horizontal)."""

    n: int
    c: int
    h: int
    w: int
    o: int
    kh: int
    kw: int
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)
    dilation: Pair = (1, 1)
    groups: int = 1

    @property
    def oh(self) -> int:
        """Height of y."""
        return (self.h + 2 * self.padding[0] - self.dilation[0] * (self.kh - 1) - 1) // self.stride[0] + 1

    @property
    def ow(self) -> int:
        """Width of y."""
        return (self.w + 2 * self.padding[1] - self.dilation[1] * (self.kw - 1) - 1) // self.stride[1] + 1


@dataclass(frozen=True)
class Weights:
    """Where weights (or their gradients) stand: element (o, c, kh, kw) is offset + sum(index * strides) elements on."""

    pointer: Pointer
    strides: tuple[int, int, int, int]
    offset: int = 0


@dataclass(frozen=True)
class Axis:
    """One direction of a walk over an image `size` long: row i meets tap t at origin + i * step + t * tap_step.

    Row i is number first_row + i * row_pitch of the result's `length`; tap t is number first_tap + t * tap_pitch of the
    filter.
    """

    rows: int
    taps: int
    origin: int
    step: int
    tap_step: int
    size: int
    length: int
    first_row: int = 0
    row_pitch: int = 1
    first_tap: int = 0
    tap_pitch: int = 1

    @property
    def margin(self) -> Pair:
        """How far taps reach before and after the image; tap steps are positive."""
        if not self.taps * self.rows:
            return 0, 0
        last = self.origin + (self.rows - 1) * self.step + (self.taps - 1) * self.tap_step
        return max(-self.origin, 0), max(last - self.size + 1, 0)

    @property
    def meetings(self) -> int:
        """Pairs of a row and a tap that meet inside the image."""
        places = (self.origin + i * self.step + t * self.tap_step for i in range(self.rows) for t in range(self.taps))
        return sum(0 <= place < self.size for place in places)

    def moved(self, before: int, after: int) -> Axis:
        """The same walk over an image with a margin."""
        return replace(self, origin=self.origin + before, size=self.size + before + after)


@dataclass(frozen=True)
class Phase:
    """A walk over an image, and the weights that it meets."""

    high: Axis
    wide: Axis
    weights: Source

    def moved(self, margins: Sequence[Pair]) -> Phase:
        """The same walk over an image with margins."""
        return Phase(self.high.moved(*margins[0]), self.wide.moved(*margins[1]), self.weights)


@dataclass(frozen=True)
class Problem:
    """The arguments of `conv_launches`."""

    dtype: dtype
    geometry: ConvGeometry
    x: Pointer
    w: Weights
    y: Pointer
    epilogue: Epilogue
    operands: Sequence[Matrix]
    space: Workspace
    target: Target

    @property
    def depthwise(self) -> bool:
        """Whether every channel is convolved on its own: channels are then columns of both factors."""
        return self.geometry.groups == self.geometry.c == self.geometry.o > 1


def phase_axes(size: int, taps: int, padding: int, stride: int, dilation: int, image: int) -> list[Axis]:
    """For each class of x's pixels modulo the stride: the walk over y, `image` long, that makes its gradient."""
    pitch = stride // math.gcd(stride, dilation)
    axes = []
    for first in range(min(stride, size)):
        # A later tap meets an earlier pixel of y: from the last tap backward the walk goes forward.
        reached = [tap for tap in range(taps) if (first + padding - tap * dilation) % stride == 0]
        tap = reached[-1] if reached else 0
        origin = (first + padding - tap * dilation) // stride
        rows = ceil_div(size - first, stride)
        axes.append(
            Axis(rows, len(reached), origin, 1, pitch * dilation // stride, image, size, first, stride, tap, -pitch)
        )
    return axes


def common_margin(axes: Sequence[Axis]) -> Pair:
    """The margin that all walks together need."""
    before, after = zip(*(axis.margin for axis in axes))
    return max(before), max(after)
