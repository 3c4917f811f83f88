"""Pooling: maxima and sums over windows of images, the maxima's positions, and the gradients.

In: a Pooling (sizes and windows) and operands with strides over (N, C, H, W), any layout. Out: a Task. Where channels
are neighbours in memory, vectors run over channels; otherwise over output columns (the gradient then goes one by one).
Windows are clipped to the image, so padding is never read; elements enter in row-major order of the window.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from .. import dtypes
from ..dtypes import dtype
from ..runtime.compile import Kernel
from ..runtime.execute import Pointer, Task
from . import frame, reduction, registers
from .builder import Builder, Value, constant, lanes_of, vector
from .frame import LANES, Words, block_bounds, ceil_div, digits
from .kernel import Operand

AXES = "nchw"
REDUCTION = {"max": "max", "sum": "sum", "index": "argmax"}
VECTORS = (
    4,
    2,
    1,
)  # handled together, as many as there are channels for: the loops over a window's taps have their cost
FEW = 4  # channels too few for vectors over them
BUSY = 16  # work items that are enough for any number of threads
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

    fn: max, sum or index.  lanes: "channels", "columns", or "one" for no vectors.  vectors: how many of channels are
    handled together.  neighbours: whether the input's and the output's elements lie side by side along the columns.
    """

    fn: str
    dtype: dtype
    lanes: str
    adaptive: bool
    vectors: int = 1
    neighbours: tuple[bool, bool] = (True, True)


def pool_task(fn: str, of: dtype, pooling: Pooling, x: Operand, y: Operand) -> Task:
    """Reduces windows of x to y.

    fn: "max", "sum", or "index" (y is int64: the flat position h * W + w of each window's first maximum; NaN is a
    maximum). Raises ValueError where an image has more than 2**31 - 1 pixels.
    """
    adaptive = pooling.window is None
    shape = Shape(fn, of, "channels", adaptive, _vectors(pooling))
    if not _over_channels(pooling, x, y):
        step = pooling.stride[1] * x.strides[3]
        shape = Shape(fn, of, "columns", adaptive, 1, (step == 1 and not adaptive, y.strides[3] == 1))
    values = _values(pooling) | _addresses("x", of, x) | _addresses("y", of if fn != "index" else dtypes.int64, y)
    items = pooling.n * (pooling.result[0] if shape.lanes == "channels" else pooling.c)
    return Task(_pool_kernel(shape), frame.fill(_fields("xy"), values), items)


def pool_dx_task(fn: str, of: dtype, pooling: Pooling, g: Operand, x: Operand | None, dx: Operand) -> Task:
    """The gradient dx for x of y = pool(x), given g for y.

    x: only for fn "max", whose gradient goes to each window's first maximum. Raises as pool_task does.
    """
    operands = {"g": g, "dx": dx} | ({"x": x} if x else {})
    channels = _over_channels(pooling, *operands.values())
    values = _values(pooling)
    for name, operand in operands.items():
        values |= _addresses(name, of, operand)
    shape = Shape(fn, of, "channels" if channels else "one", pooling.window is None, _vectors(pooling))
    items = pooling.n * ceil_div(pooling.c, values["block"] if channels else 1)
    return Task(_pool_dx_kernel(shape), frame.fill(_fields(tuple(operands)), values), items)


def _over_channels(pooling: Pooling, *operands: Operand) -> bool:
    return pooling.c >= FEW and all(o.strides[1] == 1 for o in operands)


def _vectors(pooling: Pooling) -> int:
    return next((v for v in VECTORS if v * LANES <= pooling.c), 1)


@cache
def _pool_kernel(shape: Shape) -> Kernel:
    return Kernel(("pool", shape), lambda: frame.write(_fields("xy"), lambda b, w, item: Pool(b, w, shape).item(item)))


@cache
def _pool_dx_kernel(shape: Shape) -> Kernel:
    fields = _fields(("g", "dx", "x") if shape.fn == "max" else ("g", "dx"))
    return Kernel(("pool_dx", shape), lambda: frame.write(fields, lambda b, w, i: PoolGradient(b, w, shape).item(i)))


# ---- words ----

SIZES = ("n", "c", "h", "w", "oh", "ow", "block")
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
    together = _vectors(p) * LANES
    busy = p.n * ceil_div(p.c, together) >= BUSY
    sizes = (p.n, p.c, *p.image, *p.result, together if busy else LANES)
    taps = p.window or [ceil_div(size, max(out, 1)) + 1 for size, out in zip(p.image, p.result)]
    pairs = zip(taps, p.stride, p.padding, p.dilation)
    return dict(zip(SIZES, sizes)) | dict(zip(WINDOW, (value for pair in pairs for value in pair)))


def _addresses(name: str, of: dtype, operand: Operand) -> dict:
    pointer = operand.pointer
    assert pointer is not None
    values: dict = {name: Pointer(pointer.slot, pointer.offset + operand.offset * of.itemsize)}
    return values | {f"{name}.{axis}": stride for axis, stride in zip(AXES, operand.strides)}


# ---- kernels ----

Running = list[list[Value]]  # of every vector: the value, and its position where positions are kept


@dataclass(frozen=True)
class Span:
    """A window along one axis: its first index (which may lie outside) and the index that it ends before."""

    first: Value
    limit: Value


@dataclass(frozen=True)
class Group:
    """Neighbouring channels handled together: vectors of so many lanes, with a mask over the last one."""

    vectors: int
    lanes: int
    mask: Value | None = None


class Windows:
    """What the pooling kernels share: addresses, windows, running values of one window."""

    positions: bool  # whether positions are kept beside maxima

    def __init__(self, b: Builder, words: Words, shape: Shape):
        self.b, self.words, self.shape = b, words, shape
        self.memory = registers.memory_type(shape.dtype)

    def at(self, name: str, of: dtype, **indices: Value) -> Value:
        """The address of an operand's element."""
        address = self.words[name]
        for axis, index in indices.items():
            address = self.b.gep(address, self.b.mul(index, self.words[f"{name}.{axis}"]), registers.memory_type(of))
        return address

    def pixel(self, name: str, plane: Value, h: Value, w: Value) -> Value:
        """The address of a pixel in an image of the pooled dtype."""
        offset = self.b.add(self.b.mul(h, self.words[f"{name}.h"]), self.b.mul(w, self.words[f"{name}.w"]))
        return self.b.gep(plane, offset, self.memory)

    # ---- windows ----

    def span(self, axis: str, index: Value) -> Span:
        """The window of output `index` (a scalar, or a vector of them) along "h" or "w"."""
        b, lanes = self.b, lanes_of(index.type)
        word = {name: b.splat(self.words[f"{name}_{axis}"], lanes) for name in ("stride", "padding")}
        size = b.splat(self.words[axis], lanes)
        if not self.shape.adaptive:
            return Span(b.sub(b.mul(index, word["stride"]), word["padding"]), size)
        out, one = b.splat(self.words["o" + axis], lanes), constant(1, index.type)
        reach = b.add(b.mul(b.add(index, one), size), b.sub(out, one))
        return Span(b.udiv(b.mul(index, size), out), b.udiv(reach, out))

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
        b = self.b
        return b.add(span.first, b.splat(b.mul(tap, self.words[f"dilation_{axis}"]), lanes_of(span.first.type)))

    def position(self, h: Value, w: Value) -> Value:
        """h * W + w as i32, in as many lanes as w has."""
        b = self.b
        flat = b.add(b.splat(b.mul(h, self.words["w"]), lanes_of(w.type)), w)
        return b.convert("trunc", flat, "i32")

    # ---- groups of channels ----

    def groups(self, start: Value, stop: Value, body: Callable[[Value, Group], None]) -> None:
        """Runs the body for all channels from start on: first some vectors at a time, then one by one."""
        b, together = self.b, self.shape.vectors * LANES
        whole = b.add(start, b.and_(b.sub(stop, start), -together))
        with b.loop(start, whole, together) as loop:
            body(loop.index, Group(self.shape.vectors, LANES))
        with b.loop(whole, stop, LANES) as loop:
            body(loop.index, Group(1, LANES, b.first_lanes(b.sub(stop, loop.index), LANES)))

    def load(self, address: Value, group: Group) -> list[Value]:
        """The channels of a group."""
        return [
            registers.load(self.b, self.shape.dtype, self._part(address, u, self.memory), group.lanes, group.mask)
            for u in range(group.vectors)
        ]

    def store(self, of: dtype, values: Sequence[Value], address: Value, group: Group) -> None:
        """Stores the channels of a group."""
        for u, value in enumerate(values):
            registers.store(self.b, of, value, self._part(address, u, registers.memory_type(of)), group.mask)

    def _part(self, address: Value, u: int, memory: str) -> Value:
        return self.b.gep(address, u * LANES, memory)

    # ---- running values ----

    def start(self, vectors: int, lanes: int) -> list[Value]:
        """The running values of no elements; position -1 stands for none."""
        value = reduction.identity(REDUCTION[self.shape.fn], registers.computed(self.shape.dtype), lanes)
        return [value, constant(-1, vector("i32", lanes))] * vectors if self.positions else [value] * vectors

    def enter(self, running: Sequence[Value], value: Value, position: Value, exists: Value | None) -> list[Value]:
        """One running value after one more element, in the lanes where it exists."""
        b, of = self.b, registers.computed(self.shape.dtype)
        if not self.positions:
            following = reduction.combine(b, REDUCTION[self.shape.fn], of, value, running[0])
            return [following if exists is None else b.select(exists, following, running[0])]
        wins = b.or_(reduction.beats(b, "argmax", of, value, running[0]), b.icmp("slt", running[1], 0))
        wins = wins if exists is None else b.and_(wins, exists)
        return [b.select(wins, value, running[0]), b.select(wins, position, running[1])]

    def window(self, plane: Value, spans: Sequence[Span], ranges: Sequence, group: Group) -> Running:
        """The running values over one window of x, for the channels of a group from `plane` on."""
        b, count = self.b, 2 if self.positions else 1
        with b.loop(*ranges[0], carried=self.start(group.vectors, group.lanes)) as outer:
            h = self.index("h", spans[0], outer.index)
            with b.loop(*ranges[1], carried=outer.carried) as inner:
                w = self.index("w", spans[1], inner.index)
                position = b.splat(self.position(h, w), group.lanes)
                following = []
                for u, value in enumerate(self.load(self.pixel("x", plane, h, w), group)):
                    following += self.enter(inner.carried[u * count : (u + 1) * count], value, position, None)
                inner.next(following)
            outer.next(inner.results)
        return [outer.results[u * count : (u + 1) * count] for u in range(group.vectors)]


class Pool(Windows):
    """Writes pool and pool_index."""

    def __init__(self, b: Builder, words: Words, shape: Shape):
        super().__init__(b, words, shape)
        self.positions = shape.fn == "index"
        self.result = dtypes.int64 if self.positions else shape.dtype

    def item(self, number: Value) -> None:
        """A row of results over all channels, or an image of one channel."""
        b, words = self.b, self.words
        if self.shape.lanes == "channels":
            n, oh = digits(b, number, [words["n"], words["oh"]])
            with b.loop(0, words["ow"]) as ow:
                self._channels(n, oh, ow.index)
            return
        n, c = digits(b, number, [words["n"], words["c"]])
        with b.loop(0, words["oh"]) as oh, b.loop(0, words["ow"], LANES) as ow:
            self._columns(n, c, oh.index, ow.index)

    def _channels(self, n: Value, oh: Value, ow: Value) -> None:
        """All channels of one window."""
        b = self.b
        spans = self.span("h", oh), self.span("w", ow)
        ranges = self.taps("h", spans[0]), self.taps("w", spans[1])
        source, target = self.at("x", self.shape.dtype, n=n), self.at("y", self.result, n=n, h=oh, w=ow)

        def some(c: Value, group: Group) -> None:
            running = self.window(b.gep(source, c, self.memory), spans, ranges, group)
            results = [self._finished(one) for one in running]
            self.store(self.result, results, b.gep(target, c, registers.memory_type(self.result)), group)

        self.groups(b.const(0), self.words["c"], some)

    def _finished(self, running: Sequence[Value]) -> Value:
        if self.positions:
            return self.b.convert("sext", running[1], "i64")
        return registers.rounded(self.b, self.shape.dtype, running[0])

    def _columns(self, n: Value, c: Value, oh: Value, ow: Value) -> None:
        """LANES windows side by side in one channel."""
        b, of, words = self.b, self.shape.dtype, self.words
        exists = b.first_lanes(b.sub(words["ow"], ow), LANES)
        rows, columns = self.span("h", oh), self.span("w", b.add(b.splat(ow, LANES), b.steps(LANES)))
        source, zero = self.at("x", of, n=n, c=c), constant(0, columns.first.type)
        with b.loop(*self.taps("h", rows), carried=self.start(1, LANES)) as outer:
            h = self.index("h", rows, outer.index)
            row = b.gep(source, b.mul(h, words["x.h"]), self.memory)
            with b.loop(0, words["taps_w"], carried=outer.carried) as inner:
                w = self.index("w", columns, inner.index)
                inside = b.and_(b.and_(b.icmp("sge", w, zero), b.icmp("slt", w, columns.limit)), exists)
                inner.next(self.enter(inner.carried, self._side_by_side(row, w, inside), self.position(h, w), inside))
            outer.next(inner.results)
        self._store_columns(self._finished(outer.results), self.at("y", self.result, n=n, c=c, h=oh, w=ow), exists)

    def _side_by_side(self, row: Value, w: Value, inside: Value) -> Value:
        """The elements under one tap of LANES windows."""
        b, of = self.b, self.shape.dtype
        if self.shape.neighbours[0]:
            return registers.load(b, of, b.gep(row, b.extract(w, 0), self.memory), LANES, inside)
        offsets = b.mul(w, b.splat(self.words["x.w"], LANES))
        return registers.gather(b, of, b.gep(row, offsets, self.memory), inside)

    def _store_columns(self, value: Value, target: Value, exists: Value) -> None:
        b = self.b
        if self.shape.neighbours[1]:
            registers.store(b, self.result, value, target, exists)
            return
        offsets = b.mul(b.steps(LANES), b.splat(self.words["y.w"], LANES))
        addresses = b.gep(target, offsets, registers.memory_type(self.result))
        registers.scatter(b, self.result, value, addresses, exists)


class PoolGradient(Windows):
    """Writes pool_dx: some channels of one image are cleared, then every window adds to them in order."""

    def __init__(self, b: Builder, words: Words, shape: Shape):
        super().__init__(b, words, shape)
        self.positions = shape.fn == "max"

    def item(self, number: Value) -> None:
        """A block of channels, or one, of one image."""
        b, words = self.b, self.words
        if self.shape.lanes == "one":
            n, c = digits(b, number, [words["n"], words["c"]])
            self._image(n, c, Group(1, 1))
            return
        blocks = b.sdiv(b.add(words["c"], b.sub(words["block"], 1)), words["block"])
        n, block = digits(b, number, [words["n"], blocks])
        start, stop = block_bounds(b, block, words["block"], words["c"])
        self.groups(start, stop, lambda c, group: self._image(n, c, group))

    def _image(self, n: Value, c: Value, group: Group) -> None:
        b, words, of = self.b, self.words, self.shape.dtype
        planes = {name: self.at(name, of, n=n, c=c) for name in ("g", "dx", "x") if name in words}
        zeros = [constant(0, vector(registers.register_type(of), group.lanes))] * group.vectors
        with b.loop(0, words["h"]) as h, b.loop(0, words["w"]) as w:
            self.store(of, zeros, self.pixel("dx", planes["dx"], h.index, w.index), group)
        with b.loop(0, words["oh"]) as oh, b.loop(0, words["ow"]) as ow:
            self._spread(planes, oh.index, ow.index, group)

    def _spread(self, planes: dict[str, Value], oh: Value, ow: Value, group: Group) -> None:
        """Adds one window's gradient to the image."""
        b, of = self.b, self.shape.dtype
        spans = self.span("h", oh), self.span("w", ow)
        ranges = self.taps("h", spans[0]), self.taps("w", spans[1])
        gradients = self.load(self.pixel("g", planes["g"], oh, ow), group)
        chosen = [one[1] for one in self.window(planes["x"], spans, ranges, group)] if self.positions else None
        with b.loop(*ranges[0]) as i, b.loop(*ranges[1]) as j:
            h, w = self.index("h", spans[0], i.index), self.index("w", spans[1], j.index)
            address = self.pixel("dx", planes["dx"], h, w)
            old = self.load(address, group)
            new = [self._sum(*pair) for pair in zip(old, gradients)]
            if chosen is not None:
                here = b.splat(self.position(h, w), group.lanes)
                new = [b.select(b.icmp("eq", mine, here), *pair) for mine, *pair in zip(chosen, new, old)]
            self.store(of, new, address, group)

    def _sum(self, old: Value, gradient: Value) -> Value:
        of = self.shape.dtype
        return registers.rounded(self.b, of, reduction.combine(self.b, "sum", registers.computed(of), old, gradient))
