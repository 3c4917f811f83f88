"""The graph run in NumPy: the living definition of the intermediate representation, and what runs without llvmlite.

Comes in: the wanted nodes of a graph, the arrays of its inputs, the run-time scalars. Goes out: one array per wanted
node, row-major, in the host form of the node's dtype. Half-precision numbers are computed in float32 and rounded.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from .. import dtypes
from ..codegen import scalar
from ..dtypes import dtype
from ..ir import Node, topological
from ..small_floats import packed, unpacked
from . import attention
from .recurrence import recur

OUT_OF_RANGE = 1  # the fault code of an index outside its dimension


class Fault(Exception):
    """A value that a kernel refuses: (code, where, value, size), as the status block of a plan has it."""

    def __init__(self, code: int, where: int, value: int, size: int):
        super().__init__(f"index {value} is out of bounds for dimension with size {size}")
        self.status = (code, where, value, size)


def interpret(wanted: Sequence[Node], inputs: Sequence[np.ndarray], scalars: Sequence[float] = ()) -> list[np.ndarray]:
    """Computes nodes one by one.

    inputs: one array per input slot, of the input node's shape. scalars: the run-time numbers.
    Raises Fault where an index of `take` or `put` is out of range.
    """
    values: dict[Node, np.ndarray] = {}
    for node in topological(wanted):
        if node.kind == "input":
            value = inputs[node.attrs["slot"]]
        elif node.kind == "scalar":
            value = from_number(_scalar(scalars, node), node.dtype)
        else:
            value = evaluate(node, [values[a] for a in node.args])
        values[node] = np.ascontiguousarray(value).reshape(node.shape)
    return [values[node] for node in wanted]


def _scalar(scalars: Sequence[float], node: Node):
    at = node.attrs["index"]
    return complex(scalars[at], scalars[at + 1]) if node.dtype.is_complex else scalars[at]


def evaluate(node: Node, args: Sequence[np.ndarray]) -> np.ndarray:
    """The value of one node, given those of its arguments; Fault as for `interpret`."""
    with np.errstate(all="ignore"):
        return RULES[node.kind](node, *args)


# ---------------------------------------------------------------- half precision
def widen(array: np.ndarray, d: dtype) -> np.ndarray:
    """The numbers of a half-precision array in float32; other arrays as they are."""
    if d.is_packed:
        return unpacked(array, d.name)
    return array.astype(np.float32) if d is dtypes.float16 else array


def narrow(array: np.ndarray, d: dtype) -> np.ndarray:
    """Numbers in the host form of a dtype; where that is a bit pattern they are rounded to nearest, ties to even."""
    return packed(array, d.name) if d.is_packed else np.asarray(array).astype(d.numpy, copy=False)


def from_number(value, d: dtype) -> np.ndarray:
    """A Python number as an array of shape ()."""
    return narrow(np.array(value, np.float32), d) if d.is_packed else np.array(value).astype(d.numpy)


def _arithmetic(rule: Callable) -> Callable:
    """A rule written for plain arrays, made right for half precision."""

    def widened(node: Node, *args: np.ndarray) -> np.ndarray:
        return narrow(rule(node, *(widen(a, n.dtype) for a, n in zip(args, node.args))), node.dtype)

    return widened


# ---------------------------------------------------------------- elements and views
def _const(node):
    return from_number(node.attrs["value"], node.dtype)


def _iota(node):
    return np.arange(node.size)


def _empty(node):
    return np.zeros(node.shape, node.dtype.numpy)


def _map(node, *args):
    return scalar.evaluate(node.attrs["fn"], node.dtype, args, node.args[-1].dtype)


def _strided(flat: np.ndarray, node: Node, shape) -> np.ndarray:
    steps = [stride * flat.itemsize for stride in node.attrs["strides"]]
    return np.lib.stride_tricks.as_strided(flat[node.attrs["offset"] :], shape, steps)


def _view(node, source):
    if node.size == 0:
        return np.empty(node.shape, node.dtype.numpy)
    return np.ascontiguousarray(_strided(np.ascontiguousarray(source).reshape(-1), node, node.shape))


def _reinterpret(node, source):
    return np.ascontiguousarray(source).reshape(-1).view(node.dtype.numpy)


def _update(node, base, value):
    result = base.copy().reshape(-1)
    if value.size:
        _strided(result, node, value.shape)[...] = value
    return result


# ---------------------------------------------------------------- reductions, scans, orders
REDUCTIONS = {
    "sum": np.sum, "dot": np.sum, "prod": np.prod, "max": np.max, "min": np.min, "argmax": np.argmax,
    "argmin": np.argmin,
}  # fmt: skip


def _reduce(node, x):
    axes = node.attrs["axes"]
    kept = [i for i in range(x.ndim) if i not in axes]
    rows = x.transpose(*kept, *axes).reshape([*(x.shape[i] for i in kept), math.prod(x.shape[i] for i in axes)])
    return REDUCTIONS[node.attrs["fn"]](rows, axis=-1)


def _accumulated(fn: str, x: np.ndarray, axis: int) -> np.ndarray:
    if fn != "logsumexp" or x.dtype.kind != "c":
        return SCANS[fn].accumulate(x, axis=axis, dtype=x.dtype)
    rows = np.moveaxis(x.copy(), axis, 0)
    for before, here in pairwise(range(len(rows))):
        rows[here] = scalar.evaluate("logaddexp", dtypes.from_numpy(x.dtype), [rows[before], rows[here]])
    return np.moveaxis(rows, 0, axis)


SCANS = {"sum": np.add, "prod": np.multiply, "max": np.maximum, "min": np.minimum, "logsumexp": np.logaddexp}


def _scan(node, x):
    axis, fn = node.attrs["axis"], node.attrs["fn"]
    if not node.attrs.get("reverse"):
        return _accumulated(fn, x, axis)
    return np.flip(_accumulated(fn, np.flip(x, axis), axis), axis)


def _sort(node, x):
    axis = node.attrs["axis"]
    if node.attrs["descending"]:
        # Reversed before and after, so that equal elements keep their order; NaN counts as the largest.
        order = x.shape[axis] - 1 - np.flip(np.argsort(np.flip(x, axis), axis=axis, kind="stable"), axis)
    else:
        order = np.argsort(x, axis=axis, kind="stable")
    return np.take(order, np.arange(node.shape[axis]), axis)


# ---------------------------------------------------------------- contractions and windows
def taps(size: int, out: int, window, stride, padding, dilation) -> tuple[np.ndarray, np.ndarray]:
    """Which elements each window along one dimension covers: positions (out, taps) and whether each is inside."""
    if window is None:
        start, stop = np.arange(out) * size // out, -(-(np.arange(out) + 1) * size // out)
        at = start[:, None] + np.arange((stop - start).max(initial=0))
        inside = at < stop[:, None]
    else:
        at = (np.arange(out) * stride - padding)[:, None] + np.arange(window) * dilation
        inside = (at >= 0) & (at < size)
    return np.where(inside, at, 0), inside


class Windows:
    """The windows over the last two dimensions of (..., H, W), as index arrays (oh, ow, kh, kw)."""

    def __init__(self, sizes, outs, window, stride, padding, dilation):
        pairs = zip(sizes, outs, window or (None, None), stride or (1, 1), padding or (0, 0), dilation or (1, 1))
        (rows, row_inside), (columns, column_inside) = (taps(*pair) for pair in pairs)
        self.rows, self.columns = rows[:, None, :, None], columns[None, :, None, :]
        self.inside = row_inside[:, None, :, None] & column_inside[None, :, None, :]

    def gather(self, x: np.ndarray, fill) -> np.ndarray:
        """(..., H, W) -> (..., oh, ow, kh, kw)."""
        return np.where(self.inside, x[..., self.rows, self.columns], np.asarray(fill, x.dtype))

    def scatter(self, patches: np.ndarray, shape) -> np.ndarray:
        """The transposed map: adds up what windows give to each element of (..., H, W)."""
        result = np.zeros(shape, patches.dtype)
        np.add.at(result, (..., self.rows, self.columns), np.where(self.inside, patches, 0))
        return result


def _windows(attrs: dict, x_shape, y_shape, window) -> Windows:
    return Windows(x_shape[2:], y_shape[2:], window, attrs["stride"], attrs["padding"], attrs["dilation"])


def _with_images(rule: Callable, images: Sequence[int], result: bool) -> Callable:
    """A rule for (N, C, H, W) images, made right for nodes whose images are (N, H, W, C) (`nhwc` in attrs)."""

    def either(node: Node, *args: np.ndarray) -> np.ndarray:
        if "nhwc" not in node.attrs:
            return rule(node, *args)
        shape = tuple(node.shape[i] for i in (0, 3, 1, 2)) if result else node.shape
        plain = Node(node.kind, node.args, node.attrs, shape, node.dtype)
        value = rule(plain, *(a.transpose(0, 3, 1, 2) if i in images else a for i, a in enumerate(args)))
        return value.reshape(shape).transpose(0, 2, 3, 1) if result else value

    return either


def _grouped(array: np.ndarray, dim: int, groups: int) -> np.ndarray:
    return array.reshape(*array.shape[:dim], groups, array.shape[dim] // groups, *array.shape[dim + 1 :])


def _einsum(formula, a, b):
    """Sums of products; of two types of bytes, in int32."""
    if a.dtype != b.dtype:
        a, b = a.astype(np.int32), b.astype(np.int32)
    return np.einsum(formula, a, b, optimize=True)


def _conv(node, x, w):
    groups = node.attrs["groups"]
    patches = _windows(node.attrs, x.shape, node.shape, w.shape[2:]).gather(x, 0)
    return _einsum("ngcyxij,gocij->ngoyx", _grouped(patches, 1, groups), _grouped(w, 0, groups))


def _conv_dx(node, g, w):
    groups = node.attrs["groups"]
    patches = _einsum("ngoyx,gocij->ngcyxij", _grouped(g, 1, groups), _grouped(w, 0, groups))
    patches = patches.reshape(*node.shape[:2], *patches.shape[3:])
    return _windows(node.attrs, node.shape, g.shape, w.shape[2:]).scatter(patches, node.shape)


def _conv_dw(node, x, g):
    groups = node.attrs["groups"]
    patches = _windows(node.attrs, x.shape, g.shape, node.shape[2:]).gather(x, 0)
    return _einsum("ngcyxij,ngoyx->gocij", _grouped(patches, 1, groups), _grouped(g, 1, groups))


def _lowest(d: np.dtype):
    return -np.inf if d.kind == "f" else np.iinfo(d).min if d.kind in "iu" else False


def _pool(node, x):
    windows = _windows(node.attrs, x.shape, node.shape, node.attrs["window"])
    if node.attrs["fn"] == "sum":
        return windows.gather(x, 0).sum(axis=(-2, -1), dtype=x.dtype)
    return windows.gather(x, _lowest(x.dtype)).max(axis=(-2, -1))


def _first_maximum(windows: Windows, x: np.ndarray) -> np.ndarray:
    """Flat position in the window (..., oh, ow) of the first maximum inside it; NaN counts as a maximum."""
    values = windows.gather(x, 0)
    top = np.where(windows.inside, values, _lowest(x.dtype)).max(axis=(-2, -1), keepdims=True)
    found = windows.inside & ((values == top) | (values != values))
    return found.reshape(*found.shape[:-2], -1).argmax(axis=-1)


def _pool_index(node, x):
    windows = _windows(node.attrs, x.shape, node.shape, node.attrs["window"])
    position = windows.rows * x.shape[-1] + windows.columns
    flat = np.broadcast_to(position, np.broadcast_shapes(position.shape, windows.inside.shape))
    flat = np.broadcast_to(flat.reshape(*flat.shape[:2], -1), (*node.shape, flat.shape[2] * flat.shape[3]))
    return np.take_along_axis(flat, _first_maximum(windows, x)[..., None], -1)[..., 0]


def _pool_dx(node, g, x=None):
    windows = _windows(node.attrs, node.shape, g.shape, node.attrs["window"])
    taps_of_window = windows.inside.shape[2] * windows.inside.shape[3]
    chosen = np.ones(taps_of_window, bool)
    if node.attrs["fn"] == "max":
        chosen = _first_maximum(windows, x)[..., None] == np.arange(taps_of_window)
    patches = np.where(chosen, g[..., None], 0).reshape(*g.shape, *windows.inside.shape[2:])
    return windows.scatter(patches, node.shape)


# ---------------------------------------------------------------- rows by index
def _checked(node: Node, index: np.ndarray, rows: int) -> np.ndarray:
    wrong = (index < 0) | (index >= rows)
    if wrong.any():
        raise Fault(OUT_OF_RANGE, node.attrs.get("where", 0), int(index[wrong].flat[0]), rows)
    return index


def _take(node, source, index):
    return source[_checked(node, index, source.shape[0])]


COMBINED = {"add": np.add, "mul": np.multiply, "maximum": np.maximum, "minimum": np.minimum}


def _put(node, base, index, value):
    result = base.copy()
    where: tuple = (_checked(node, index, base.shape["elements" in node.attrs]),)
    if "elements" in node.attrs:
        outer, _, inner = base.shape
        where = (np.arange(outer)[:, None, None], *where, np.arange(inner))
    if node.attrs["fn"] == "set":
        result[where] = value
    else:
        COMBINED[node.attrs["fn"]].at(result, where, value)
    return result


def _matmul(node, a, b):
    return np.matmul(a, b) if a.dtype == b.dtype else np.matmul(a, b, dtype=np.int32)


def _nonzero(node, mask):
    return np.flatnonzero(mask)


def _host(node, *args):
    return np.asarray(node.attrs["call"](*args))


RULES: dict[str, Callable] = {
    "const": _const,
    "empty": _empty, "iota": _iota, "map": _map, "view": _view, "reinterpret": _reinterpret,
    "update": _update, "reduce": _arithmetic(_reduce),
    "matmul": _arithmetic(_matmul), "conv": _arithmetic(_with_images(_conv, [0], True)),
    "conv_dx": _arithmetic(_with_images(_conv_dx, [0], True)),
    "conv_dw": _arithmetic(_with_images(_conv_dw, [0, 1], False)),
    "pool": _arithmetic(_with_images(_pool, [0], True)),
    "pool_index": _arithmetic(_with_images(_pool_index, [0], True)),
    "pool_dx": _arithmetic(_with_images(_pool_dx, [0, 1], True)), "take": _take, "put": _arithmetic(_put),
    "scan": _arithmetic(_scan), "sort": _arithmetic(_sort), "nonzero": _nonzero, "host": _host, "recur": recur,
    "attention": attention.forward, "attention_grad": attention.backward,
}  # fmt: skip
