"""Pooling: maxima and sums over windows of images, the maxima's positions, and the gradients.

In: a Pooling (sizes and windows) and operands with strides over (N, C, H, W), any layout. Out: a Task. Where channels are
neighbours in memory vectors run over channels, otherwise over output columns (the gradient then goes one by one).
Windows are clipped to the image, so padding is never read; elements enter in row-major order of the window.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from .. import dtypes
from ..dtypes import dtype
from ..runtime.compile import Kernel
from ..runtime.execute import Pointer, Task
from . import frame, reduction, registers
from .builder import Builder, Value, constant, vector
from .frame import LANES, Words, ceil_div, digits
from .kernel import Operand

AXES = "nchw"
REDUCTION = {"max": "max", "sum": "sum", "index": "argmax"}
FEW = 4  # channels too few for vectors over them
Pair = tuple[int, int]


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


@dataclass(frozen=True)
class Shape:
    """What a pooling kernel is compiled for.

    fn: max, sum or index.  vector: "c" or "w".  neighbours: whether the input's and the output's elements lie side by
    side along the vector (outputs of "c" always do).
    """

    fn: str
    dtype: dtype
    vector: str
    adaptive: bool
    neighbours: tuple[bool, bool]


def pool_task(fn: str, of: dtype, pooling: Pooling, x: Operand, y: Operand) -> Task:
    """Reduces windows of x to y.

    fn: "max", "sum", or "index" (y is int64: the flat position h * W + w of each window's first maximum; NaN is a maximum).
    """
    channels = _over_channels(pooling, x, y)
    neighbours = (
        channels or pooling.stride[1] * x.strides[3] == 1 and pooling.window is not None,
        channels or y.strides[3] == 1,
    )
    shape = Shape(fn, of, "c" if channels else "w", pooling.window is None, neighbours)
    values = _values(pooling) | _addresses("x", of, x) | _addresses("y", of if fn != "index" else dtypes.int64, y)
    items = pooling.n * (pooling.result[0] if channels else pooling.c)
    return Task(_pool_kernel(shape), frame.fill(_fields("xy"), values), items)


def pool_dx_task(fn: str, of: dtype, pooling: Pooling, g: Operand, x: Operand | None, dx: Operand) -> Task:
    """The gradient dx for x of y = pool(x), given g for y.

    x: only for fn "max", whose gradient goes to each window's first maximum.
    """
    operands = {"g": g, "dx": dx} | ({"x": x} if x else {})
    channels = _over_channels(pooling, *operands.values())
    shape = Shape(fn, of, "c" if channels else "one", pooling.window is None, (True, True))
    values = _values(pooling)
    for name, operand in operands.items():
        values |= _addresses(name, of, operand)
    items = pooling.n * (ceil_div(pooling.c, LANES) if channels else pooling.c)
    return Task(_pool_dx_kernel(shape), frame.fill(_fields(operands), values), items)


def _over_channels(pooling: Pooling, *operands: Operand) -> bool:
    return pooling.c >= FEW and all(o.strides[1] == 1 for o in operands)


@cache
def _pool_kernel(shape: Shape) -> Kernel:
    return Kernel(("pool", shape), lambda: frame.write(_fields("xy"), lambda b, w, item: Pool(b, w, shape).item(item)))


@cache
def _pool_dx_kernel(shape: Shape) -> Kernel:
    names = ("g", "dx", "x") if shape.fn == "max" else ("g", "dx")
    return Kernel(
        ("pool_dx", shape), lambda: frame.write(_fields(names), lambda b, w, item: PoolGradient(b, w, shape).item(item))
    )


# ---- words ----

SIZES = ("n", "c", "h", "w", "oh", "ow")
WINDOW = tuple(f"{name}_{axis}" for axis in "hw" for name in ("taps", "stride", "padding", "dilation"))


def _fields(operands: Sequence[str]) -> dict[str, str]:
    """Sizes; for each image axis taps, stride, padding, dilation; for each operand its address and strides."""
    result = dict.fromkeys((*SIZES, *WINDOW), "i64")
    for name in operands:
        result |= {name: "ptr"} | {f"{name}.{axis}": "i64" for axis in AXES}
    return result


def _values(p: Pooling) -> dict:
    sizes = (p.n, p.c, *p.image, *p.result)
    taps = p.window or [ceil_div(size, max(out, 1)) + 1 for size, out in zip(p.image, p.result)]
    pairs = zip(taps, p.stride, p.padding, p.dilation)
    return dict(zip(SIZES, sizes)) | dict(zip(WINDOW, (value for pair in pairs for value in pair)))


def _addresses(name: str, of: dtype, operand: Operand) -> dict:
    pointer = operand.pointer
    values = {name: Pointer(pointer.slot, pointer.offset + operand.offset * of.itemsize)}
    return values | {f"{name}.{axis}": stride for axis, stride in zip(AXES, operand.strides)}


# ---- kernels ----


@dataclass(frozen=True)
class Span:
    """A window along one axis: its first index (which may lie outside) and the index that it ends before."""

    first: Value
    limit: Value


class Windows:
    """What the pooling kernels share: addresses, windows, the running maximum of one window."""

    def __init__(self, b: Builder, words: Words, shape: Shape):
        self.b, self.words, self.shape = b, words, shape

    def at(self, name: str, of: dtype, **indices: Value) -> Value:
        """The address of an operand's element."""
        address = self.words[name]
        for axis, index in indices.items():
            address = self.b.gep(address, self.b.mul(index, self.words[f"{name}.{axis}"]), registers.memory_type(of))
        return address

    def span(self, axis: str, index: Value) -> Span:
        """The window of output `index` (a scalar, or a vector of them) along "h" or "w"."""
        b, lanes = self.b, self._lanes(index)
        word = {name: b.splat(self.words[f"{name}_{axis}"], lanes) for name in ("stride", "padding")}
        size = b.splat(self.words[axis], lanes)
        if not self.shape.adaptive:
            return Span(b.sub(b.mul(index, word["stride"]), word["padding"]), size)
        out = b.splat(self.words["o" + axis], lanes)
        reach = b.add(b.mul(b.add(index, constant(1, index.type)), size), b.sub(out, constant(1, out.type)))
        return Span(b.udiv(b.mul(index, size), out), b.udiv(reach, out))

    def _lanes(self, value: Value) -> int:
        return 1 if value.type == "i64" else LANES

    def taps(self, axis: str, span: Span) -> tuple[Value, Value]:
        """First and past-the-last tap of a (scalar) window that lie inside the image."""
        b, step = self.b, self.words[f"dilation_{axis}"]
        before = b.max(b.sub(0, span.first), 0)
        first = b.sdiv(b.add(before, b.sub(step, 1)), step)
        inside = b.max(b.sub(span.limit, span.first), 0)
        last = b.sdiv(b.add(inside, b.sub(step, 1)), step)
        return first, b.min(self.words[f"taps_{axis}"], last)

    def index(self, axis: str, span: Span, tap: Value) -> Value:
        """The image index under a scalar tap; a vector where the window is one."""
        b, lanes = self.b, self._lanes(span.first)
        return b.add(span.first, b.splat(b.mul(tap, self.words[f"dilation_{axis}"]), lanes))

    def position(self, h: Value, w: Value) -> Value:
        """h * W + w, in as many lanes as w has."""
        return self.b.add(self.b.splat(self.b.mul(h, self.words["w"]), self._lanes(w)), w)

    def start(self, lanes: int) -> list[Value]:
        """The running value of no elements; position -1 stands for none."""
        of = registers.computed(self.shape.dtype)
        value = reduction.identity(REDUCTION[self.shape.fn], of, lanes)
        return [value, constant(-1, vector("i64", lanes))] if self.positions else [value]

    @property
    def positions(self) -> bool:
        """Whether positions are kept beside maxima."""
        return self.shape.fn == "index"

    def enter(self, running: Sequence[Value], value: Value, position: Value, exists: Value | None) -> list[Value]:
        """The running value after one more element, in the lanes where it exists."""
        b, of = self.b, registers.computed(self.shape.dtype)
        if not self.positions:
            fn = REDUCTION[self.shape.fn]
            following = reduction.combine(b, fn, of, running[0], value)
            return [following if exists is None else b.select(exists, following, running[0])]
        wins = b.or_(reduction.beats(b, "argmax", of, value, running[0]), b.icmp("slt", running[1], 0))
        wins = wins if exists is None else b.and_(wins, exists)
        return [b.select(wins, value, running[0]), b.select(wins, position, running[1])]


class Pool(Windows):
    """Writes pool and pool_index."""

    def item(self, number: Value) -> None:
        """A row of results over all channels, or an image of one channel."""
        b, words = self.b, self.words
        if self.shape.vector == "c":
            n, oh = digits(b, number, [words["n"], words["oh"]])
            with b.loop(0, words["ow"]) as ow:
                self._channels(n, oh, ow.index)
            return
        n, c = digits(b, number, [words["n"], words["c"]])
        with b.loop(0, words["oh"]) as oh, b.loop(0, words["ow"], LANES) as ow:
            self._columns(n, c, oh.index, ow.index)

    def _channels(self, n: Value, oh: Value, ow: Value) -> None:
        """All channels of one window."""
        b, of = self.b, self.shape.dtype
        rows, columns = self.span("h", oh), self.span("w", ow)
        ranges = self.taps("h", rows), self.taps("w", columns)
        source, target = self.at("x", of, n=n), self.at("y", self._result_dtype(), n=n, h=oh, w=ow)
        whole = b.and_(self.words["c"], -LANES)

        def block(c: Value, mask: Value | None) -> None:
            running = self._window(rows, columns, ranges, source, c, mask)
            self._store(running, b.gep(target, c, registers.memory_type(self._result_dtype())), mask)

        with b.loop(0, whole, LANES) as loop:
            block(loop.index, None)
        with b.if_(b.icmp("slt", whole, self.words["c"])):
            block(whole, b.first_lanes(b.sub(self.words["c"], whole), LANES))

    def _window(self, rows: Span, columns: Span, ranges, source: Value, c: Value, mask: Value | None) -> list[Value]:
        """One window, for LANES channels from c on."""
        b, memory = self.b, registers.memory_type(self.shape.dtype)
        with b.loop(*ranges[0], carried=self.start(LANES)) as outer:
            h = self.index("h", rows, outer.index)
            row = b.gep(source, b.add(b.mul(h, self.words["x.h"]), c), memory)
            with b.loop(*ranges[1], carried=outer.carried) as inner:
                w = self.index("w", columns, inner.index)
                value = registers.load(
                    b, self.shape.dtype, b.gep(row, b.mul(w, self.words["x.w"]), memory), LANES, mask
                )
                inner.next(self.enter(inner.carried, value, b.splat(self.position(h, w), LANES), None))
            outer.next(inner.results)
        return outer.results

    def _columns(self, n: Value, c: Value, oh: Value, ow: Value) -> None:
        """LANES windows side by side in one channel."""
        b, of, words = self.b, self.shape.dtype, self.words
        exists = b.first_lanes(b.sub(words["ow"], ow), LANES)
        rows, columns = self.span("h", oh), self.span("w", b.add(b.splat(ow, LANES), b.steps(LANES)))
        source = self.at("x", of, n=n, c=c)
        zero = constant(0, columns.first.type)
        with b.loop(*self.taps("h", rows), carried=self.start(LANES)) as outer:
            h = self.index("h", rows, outer.index)
            row = b.gep(source, b.mul(h, words["x.h"]), registers.memory_type(of))
            with b.loop(0, words["taps_w"], carried=outer.carried) as inner:
                w = self.index("w", columns, inner.index)
                inside = b.and_(b.and_(b.icmp("sge", w, zero), b.icmp("slt", w, columns.limit)), exists)
                value = self._side_by_side(row, w, inside)
                inner.next(self.enter(inner.carried, value, self.position(h, w), inside))
            outer.next(inner.results)
        self._store(outer.results, self.at("y", self._result_dtype(), n=n, c=c, h=oh, w=ow), exists)

    def _side_by_side(self, row: Value, w: Value, inside: Value) -> Value:
        """The elements under one tap of LANES windows."""
        b, of = self.b, self.shape.dtype
        memory = registers.memory_type(of)
        if self.shape.neighbours[0]:
            return registers.load(b, of, b.gep(row, b.extract(w, 0), memory), LANES, inside)
        offsets = b.mul(w, b.splat(self.words["x.w"], LANES))
        return registers.gather(b, of, b.gep(row, offsets, memory), inside)

    def _result_dtype(self) -> dtype:
        return dtypes.int64 if self.positions else self.shape.dtype

    def _store(self, running: Sequence[Value], target: Value, mask: Value | None) -> None:
        b, of = self.b, self._result_dtype()
        value = registers.rounded(b, of, running[-1])
        if self.shape.vector == "c" or self.shape.neighbours[1]:
            registers.store(b, of, value, target, mask)
            return
        offsets = b.mul(b.steps(LANES), b.splat(self.words["y.w"], LANES))
        registers.scatter(b, of, value, b.gep(target, offsets, registers.memory_type(of)), mask)


class PoolGradient(Windows):
    """Writes pool_dx: some channels of one image are cleared, then every window adds to them in order."""

    def __init__(self, b: Builder, words: Words, shape: Shape):
        super().__init__(b, words, shape)
        self.lanes = LANES if shape.vector == "c" else 1

    @property
    def positions(self) -> bool:
        return self.shape.fn == "max"

    def item(self, number: Value) -> None:
        """LANES channels, or one, of one image."""
        b, words, of = self.b, self.words, self.shape.dtype
        blocks = words["c"] if self.lanes == 1 else b.sdiv(b.add(words["c"], LANES - 1), LANES)
        n, block = digits(b, number, [words["n"], blocks])
        c = b.mul(block, self.lanes)
        mask = None if self.lanes == 1 else b.first_lanes(b.sub(words["c"], c), LANES)
        planes = {name: self.at(name, of, n=n, c=c) for name in ("g", "dx", "x") if name in words}
        zero = constant(0, vector(registers.register_type(of), self.lanes))
        with b.loop(0, words["h"]) as h, b.loop(0, words["w"]) as w:
            registers.store(b, of, zero, self._pixel("dx", planes, h.index, w.index), mask)
        with b.loop(0, words["oh"]) as oh, b.loop(0, words["ow"]) as ow:
            self._spread(planes, oh.index, ow.index, mask)

    def _pixel(self, name: str, planes: dict[str, Value], h: Value, w: Value) -> Value:
        b = self.b
        offset = b.add(b.mul(h, self.words[f"{name}.h"]), b.mul(w, self.words[f"{name}.w"]))
        return b.gep(planes[name], offset, registers.memory_type(self.shape.dtype))

    def _spread(self, planes: dict[str, Value], oh: Value, ow: Value, mask: Value | None) -> None:
        """Adds one window's gradient to the image."""
        b, of = self.b, self.shape.dtype
        spans = self.span("h", oh), self.span("w", ow)
        ranges = self.taps("h", spans[0]), self.taps("w", spans[1])
        gradient = registers.load(b, of, self._pixel("g", planes, oh, ow), self.lanes, mask)
        chosen = self._first_maximum(planes, spans, ranges, mask) if self.positions else None
        with b.loop(*ranges[0]) as i, b.loop(*ranges[1]) as j:
            h, w = self.index("h", spans[0], i.index), self.index("w", spans[1], j.index)
            target = self._pixel("dx", planes, h, w)
            old = registers.load(b, of, target, self.lanes, mask)
            new = registers.rounded(b, of, reduction.combine(b, "sum", registers.computed(of), old, gradient))
            if chosen is not None:
                new = b.select(b.icmp("eq", chosen, b.splat(self.position(h, w), self.lanes)), new, old)
            registers.store(b, of, new, target, mask)

    def _first_maximum(self, planes: dict[str, Value], spans, ranges, mask: Value | None) -> Value:
        """The position of a window's first maximum."""
        b = self.b
        with b.loop(*ranges[0], carried=self.start(self.lanes)) as outer:
            h = self.index("h", spans[0], outer.index)
            with b.loop(*ranges[1], carried=outer.carried) as inner:
                w = self.index("w", spans[1], inner.index)
                value = registers.load(b, self.shape.dtype, self._pixel("x", planes, h, w), self.lanes, mask)
                inner.next(self.enter(inner.carried, value, b.splat(self.position(h, w), self.lanes), None))
            outer.next(inner.results)
        return outer.results[1]
