"""From a convolution, or one of its gradients, to launches."""

from __future__ import annotations

from collections.abc import Sequence

from ..codegen.convolution import ConvGeometry, Weights, conv_launches
from ..codegen.cut import Workspace
from ..codegen.loops import Epilogue
from ..codegen.product import Matrix
from ..ir import Node, contiguous_strides
from ..runtime.execute import Launch, Pointer
from .fuse import base_of
from .halves import factors_of
from .memory import Places


def convolution_launches(
    root: Node, where: Places, y: Pointer, epilogue: Epilogue, operands: Sequence[Matrix], space: Workspace
) -> list[Launch]:
    """The launches of a convolution, or of one of its gradients, that writes to y."""
    kind = {"conv": "forward", "conv_dx": "dx", "conv_dw": "dw"}[root.kind]
    first, second = root.args
    image = root if kind == "dx" else first
    weight = root if kind == "dw" else second
    n, h, w, c = image.shape
    o, _, kh, kw = weight.shape
    attrs = root.attrs
    geometry = ConvGeometry(
        n, c, h, w, o, kh, kw, attrs["stride"], attrs["padding"], attrs["dilation"], attrs["groups"]
    )
    out = Weights(y, contiguous_strides(weight.shape)) if kind == "dw" else _weights(second, where)
    one, other = where(base_of(first)), where(base_of(second))
    x, g = {"forward": (one, y), "dx": (y, one), "dw": (one, other)}[kind]
    scratch = space.take(0)
    launches, nbytes = conv_launches(factors_of(root), kind, geometry, x, out, g, epilogue, operands, scratch)
    space.take(nbytes)
    return launches


def _weights(arg: Node, where: Places) -> Weights:
    if arg.kind == "view":
        return Weights(where(base_of(arg)), arg.attrs["strides"], arg.attrs["offset"])
    return Weights(where(arg), contiguous_strides(arg.shape))
