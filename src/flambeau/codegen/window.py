"""Pooling tasks: maxima and sums over windows of images, the maxima's positions, and the gradients.

In: a Pooling (sizes and windows) and operands with strides over (N, C, H, W), any layout. Out: a Task. Where columns
are neighbours in memory, vectors run over columns; otherwise, and for adaptive windows of several sizes, over channels
(the gradient, where channels are no neighbours, goes one by one).
What a kernel is compiled for is chosen here: small windows are unrolled, and whether windows reach over the image's
edge or meet each other follows from the sizes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from .. import dtypes
from ..dtypes import dtype
from ..runtime.compile import Kernel
from ..runtime.execute import Pointer, Task
from . import frame
from .frame import LANES, ceil_div
from .kernel import Operand
from .pooling import AXES, Pair, Pool, Shape
from .pooling_gradient import PoolGradient
from .pooling_rows import CAPACITY, RowPool, RowShape
from .pooling_rows_gradient import MOST, RowPoolGradient

VECTORS = (4, 2, 1)  # of channels handled together, as many as there are channels for: loops over taps have their cost
UNROLLED = 9  # taps of a window that is written out
FEW = 4  # channels too few for vectors over them, where columns can be taken instead
BUSY = 16  # work items that are enough for any number of threads


@dataclass(frozen=True)
class Pooling:
    """Sizes of the image and of the result, and the windows; all pairs are (height, width).

    window: None for adaptive windows: output i covers floor(i * H / o) up to ceil((i + 1) * H / o).
    """

    n: int
    c: int
    image: Pair
    result: Pair
    window: Pair | None
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)
    dilation: Pair = (1, 1)


def pool_task(fn: str, of: dtype, pooling: Pooling, x: Operand, y: Operand) -> Task:
    """Reduces windows of x to y.

    fn: "max", "sum", or "index" (y is int64: the flat position h * W + w of each window's first maximum; NaN is a
    maximum). Raises ValueError where an image has more than 2**31 - 1 pixels.
    """
    pooling = _regular(pooling)
    values = _values(pooling) | _addresses("x", of, x) | _addresses("y", of if fn != "index" else dtypes.int64, y)
    rows = _rows(pooling, 1) if _by_rows(pooling, x) else None
    if rows:
        shape = _row_shape(fn, of, pooling, {"y": y})
        items = pooling.n * pooling.c * ceil_div(pooling.result[1], rows["block"])
        return Task(_row_pool_kernel(shape), frame.fill(_fields("xy"), values | rows), items)
    shape = _shape(fn, of, pooling, {"x": x, "y": y})
    return Task(_pool_kernel(shape), frame.fill(_fields("xy"), values), pooling.n * pooling.result[0])


def pool_dx_task(fn: str, of: dtype, pooling: Pooling, g: Operand, x: Operand | None, dx: Operand) -> Task:
    """The gradient dx for x of y = pool(x), given g for y.

    x: only for fn "max", whose gradient goes to each window's first maximum. Raises as pool_task does.
    """
    pooling = _regular(pooling)
    operands = {"g": g, "dx": dx} | ({"x": x} if x else {})
    values, fields = _values(pooling), _fields(tuple(operands))
    for name, operand in operands.items():
        values |= _addresses(name, of, operand)
    rows = _rows(pooling, 2) if all(_by_rows(pooling, o) for name, o in operands.items() if name != "g") else None
    if rows:
        steps = (pooling.image[1] - 1 + pooling.padding[1]) // pooling.stride[1] + 1
        items = pooling.n * pooling.c * ceil_div(steps, rows["block"])
        return Task(
            _row_pool_dx_kernel(_row_shape(fn, of, pooling, {"g": g})), frame.fill(fields, values | rows), items
        )
    shape = replace(_shape(fn, of, pooling, operands), apart=_apart(pooling))
    if not all(o.strides[1] == 1 for name, o in operands.items() if name != "g"):
        shape = replace(shape, lanes=1, vectors=1)
    values["block"] = _block(pooling, shape)
    items = pooling.n * ceil_div(pooling.c, values["block"]) * (pooling.result[0] if shape.apart else 1)
    return Task(_pool_dx_kernel(shape), frame.fill(fields, values), items)


@cache
def _pool_kernel(shape: Shape) -> Kernel:
    return Kernel(("pool", shape), lambda: frame.write(_fields("xy"), lambda b, w, item: Pool(b, w, shape).item(item)))


@cache
def _pool_dx_kernel(shape: Shape) -> Kernel:
    fields = _fields(("g", "dx", "x") if shape.fn == "max" else ("g", "dx"))
    return Kernel(("pool_dx", shape), lambda: frame.write(fields, lambda b, w, i: PoolGradient(b, w, shape).item(i)))


@cache
def _row_pool_kernel(shape: RowShape) -> Kernel:
    return Kernel(("rows", shape), lambda: frame.write(_fields("xy"), lambda b, w, i: RowPool(b, w, shape).item(i)))


@cache
def _row_pool_dx_kernel(shape: RowShape) -> Kernel:
    fields = _fields(("g", "dx", "x") if shape.fn == "max" else ("g", "dx"))
    return Kernel(("rows_dx", shape), lambda: frame.write(fields, lambda b, w, i: RowPoolGradient(b, w, shape).item(i)))


# ---- pools along rows ----


def _by_rows(p: Pooling, image: Operand) -> bool:
    """Whether vectors had better run over columns."""
    channels = image.strides[1] == 1 and p.c >= FEW
    return p.window is not None and image.strides[3] == 1 and not channels and p.image[1] > 1


def _rows(p: Pooling, sides: int) -> dict | None:
    """The words of a pool along rows: windows of a block, lines' lengths; None where they do not fit.

    sides: on how many sides of a block its neighbours' windows or elements are needed.
    """
    assert p.window is not None
    halo = (p.window[1] - 1) * p.dilation[1] // p.stride[1]
    line = min(CAPACITY // (p.window[0] * p.stride[1]), MOST) - (sides * halo + 2 * LANES)
    block = line // LANES * LANES
    if block < max(LANES, halo, p.padding[1]):
        return None
    return {"block": block, "halo": halo, "room": block + sides * halo + 2 * LANES}


def _row_shape(fn: str, of: dtype, p: Pooling, others: dict[str, Operand]) -> RowShape:
    assert p.window is not None
    step = p.stride[1] if p.stride[1] <= 2 else 0
    written_out = step and p.dilation[1] == 1 and math.prod(p.window) <= UNROLLED
    beside = tuple(name for name, operand in others.items() if operand.strides[3] == 1)
    return RowShape(fn, of, step, p.window if written_out else None, beside)


# ---- pools along channels ----


def _regular(p: Pooling) -> Pooling:
    """Adaptive windows that are all alike as plain ones."""
    if p.window is not None or 0 in p.result or any(size % out for size, out in zip(p.image, p.result)):
        return p
    window = p.image[0] // p.result[0], p.image[1] // p.result[1]
    return replace(p, window=window, stride=window)


def _shape(fn: str, of: dtype, p: Pooling, operands: dict[str, Operand]) -> Shape:
    """With vectors over channels, no longer than there are channels for."""
    window = p.window if p.window and math.prod(p.window) <= UNROLLED else None
    lanes = min(1 << max(p.c - 1, 0).bit_length(), LANES)
    vectors = next((v for v in VECTORS[window is not None :] if v * LANES <= p.c), 1)
    beside = tuple(sorted(name for name, operand in operands.items() if operand.strides[1] == 1))
    return Shape(fn, of, lanes, vectors, p.window is None, window, window and _clipped(p), beside)


def _reach(p: Pooling) -> list[int]:
    """Where the last window along either axis ends, were the image endless."""
    windows = zip(p.result, p.window or (1, 1), p.stride, p.padding, p.dilation)
    return [(out - 1) * stride - padding + (taps - 1) * step + 1 for out, taps, stride, padding, step in windows]


def _clipped(p: Pooling) -> bool:
    """Whether some window reaches over an edge of the image."""
    return any(p.padding) or any(end > size for end, size in zip(_reach(p), p.image))


def _apart(p: Pooling) -> bool:
    """Whether windows lie side by side within the image, with nothing between them."""
    return (
        p.window is not None and p.window == p.stride and p.dilation == (1, 1) and not _clipped(p) and 0 not in p.result
    )


def _block(p: Pooling, shape: Shape) -> int:
    """Channels of one work item of the gradient."""
    if shape.lanes == 1:
        return 1
    together = shape.vectors * shape.lanes
    if shape.apart:
        return ceil_div(max(p.c, 1), together) * together
    return together if p.n * ceil_div(p.c, together) >= BUSY else shape.lanes


# ---- words ----

SIZES = ("n", "c", "h", "w", "oh", "ow", "block", "halo", "room")
WINDOW = tuple(f"{name}_{axis}" for axis in "hw" for name in ("taps", "stride", "padding", "dilation"))


@cache
def _fields(operands: Sequence[str]) -> dict[str, str]:
    """Sizes and the gradient's block of channels; for each image axis taps, stride, padding, dilation; for each operand
    its address and strides."""
    result = dict.fromkeys((*SIZES, *WINDOW), "i64")
    for name in operands:
        result |= {name: "ptr"} | {f"{name}.{axis}": "i64" for axis in AXES}
    return result


def _values(p: Pooling) -> dict:
    if p.image[0] * p.image[1] >= 1 << 31:
        raise ValueError(f"pooling of images of {p.image[0]} x {p.image[1]} pixels is not supported")
    taps = p.window or [ceil_div(size, max(out, 1)) + 1 for size, out in zip(p.image, p.result)]
    pairs = zip(taps, p.stride, p.padding, p.dilation)
    sizes = dict(zip(SIZES, (p.n, p.c, *p.image, *p.result, 0, 0, 0)))
    return sizes | dict(zip(WINDOW, (value for pair in pairs for value in pair)))


def _addresses(name: str, of: dtype, operand: Operand) -> dict:
    pointer = operand.pointer
    assert pointer is not None
    values: dict = {name: Pointer(pointer.slot, pointer.offset + operand.offset * of.itemsize)}
    return values | {f"{name}.{axis}": stride for axis, stride in zip(AXES, operand.strides)}
