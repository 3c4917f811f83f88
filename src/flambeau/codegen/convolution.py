"""Two-dimensional convolutions and their gradients over dense NHWC activations.

In: a ConvGeometry and where the arrays stand. Out: launches, to be run in order, and the bytes of workspace that they
want. The invariant: the order in which products are added depends on the geometry alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..dtypes import dtype
from ..runtime.execute import Launch, Pointer
from .contraction import Matrix
from .loops import Epilogue


@dataclass(frozen=True)
class ConvGeometry:
    """Sizes: x is (n, h, w, c), the weight (o, c / groups, kh, kw), y (n, oh, ow, o). Pairs are (vertical, horizontal)."""

    n: int
    c: int
    h: int
    w: int
    o: int
    kh: int
    kw: int
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int] = (0, 0)
    dilation: tuple[int, int] = (1, 1)
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
    """Where weights (or their gradients) stand: element (o, c, kh, kw) is `offset + sum(index * strides)` elements on."""

    pointer: Pointer
    strides: tuple[int, int, int, int]
    offset: int = 0


def conv_launches(
    dtype: dtype,
    kind: str,
    geometry: ConvGeometry,
    x: Pointer,
    w: Weights,
    y: Pointer,
    epilogue: Epilogue = Epilogue(),
    operands: Sequence[Matrix] = (),
    workspace: Pointer = Pointer(0, 0),
) -> tuple[list[Launch], int]:
    """A convolution or one of its gradients.

    kind: "forward" (y from x and w), "dx" (x from y, which holds its gradient, and w) or "dw" (w from x and y's gradient).
    x, y: dense NHWC activations.  epilogue, operands: as for `matmul_launches`, over the result as a matrix of
    (pixels, channels); for "dw" over (o, (c / groups) * kh * kw).  workspace: see `matmul_launches`.
    """
    raise NotImplementedError
