"""Pooling kernels: windows of images, visited tap by tap, and the running values of their elements.

In: the words of a pooling task and the Shape that its kernel is compiled for. Out: IR of one work item. Windows are
clipped to the image, so padding is never read; elements enter in row-major order of the window, whether its taps are
written out or looped over.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .. import dtypes
from ..dtypes import dtype
from . import reduction, registers
from .builder import Builder, Value, constant, lanes_of, vector
from .frame import LANES, Words, digits

AXES = "nchw"
REDUCTION = {"max": "max", "sum": "sum", "index": "argmax"}
Pair = tuple[int, int]


@dataclass(frozen=True)
class Shape:
    """What a pooling kernel is compiled for.

    fn: max, sum or index.  lanes: of a vector; fewer than LANES only where there are no more channels.
    vectors: how many of channels are handled together.
    window: the taps, where they are written out;  clipped: whether such a window may reach over the image's edge.
    beside: operands whose elements lie side by side along the vectors.
    apart: for gradients, whether no two windows meet and all lie within the image, with nothing between them.
    """

    fn: str
    dtype: dtype
    lanes: int
    vectors: int = 1
    adaptive: bool = False
    window: Pair | None = None
    clipped: bool | None = None
    beside: tuple[str, ...] = ()
    apart: bool = False


@dataclass(frozen=True)
class Span:
    """A window along one axis: its first index (which may lie outside) and the index that it ends before."""

    first: Value
    limit: Value


@dataclass(frozen=True)
class Tap:
    """An element of a window.

    number: counted in the window, where its taps are written out.  position: i32, one for all channels; in the image,
    or in the window.  offsets: elements from the image's start, for each operand.
    """

    number: int | None
    position: Value
    offsets: dict[str, Value]


@dataclass(frozen=True)
class Group:
    """Neighbouring channels handled together: vectors of so many lanes from `first` on, with a mask over the last."""

    first: Value
    vectors: int
    lanes: int
    mask: Value | None = None


Range = tuple[Value, Value]  # first, and past the last
Running = list[list[Value]]  # of every vector: the value, and its position where positions are kept
Step = Callable[[Tap, list[Value]], list[Value]]
Visit = Callable[[list[Value], Step], list[Value]]  # carries values through the steps of all taps of a window


class Windows:
    """What the pooling kernels share: addresses, windows, running values of one window."""

    images: tuple[str, ...]  # operands that lie in memory as the image does
    positions: bool  # whether positions are kept beside maxima
    absolute: bool = True  # whether these are positions in the image, not in the window, where there is a choice

    def __init__(self, b: Builder, words: Words, shape: Shape):
        self.b, self.words, self.shape = b, words, shape

    def image(self, name: str, of: dtype, n: Value) -> Value:
        """The address of an operand's image."""
        return self.b.gep(self.words[name], self.b.mul(n, self.words[f"{name}.n"]), registers.memory_type(of))

    def offset(self, name: str, h: Value, w: Value) -> Value:
        """Elements from an image's start to a pixel."""
        return self.b.add(self.b.mul(h, self.words[f"{name}.h"]), self.b.mul(w, self.words[f"{name}.w"]))

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

    def end(self, axis: str, span: Span) -> Value:
        """The index behind a window's last tap, or the image's edge."""
        b = self.b
        reach = b.mul(b.sub(self.words[f"taps_{axis}"], 1), self.words[f"dilation_{axis}"])
        return b.min(b.add(span.first, b.add(reach, 1)), span.limit)

    def index(self, axis: str, span: Span, tap: Value) -> Value:
        """The image index under a scalar tap; a vector where the window is one."""
        b = self.b
        return b.add(span.first, b.splat(b.mul(tap, self.words[f"dilation_{axis}"]), lanes_of(span.first.type)))

    def position(self, h: Value, w: Value) -> Value:
        """h * W + w as i32, in as many lanes as w has."""
        b = self.b
        flat = b.add(b.splat(b.mul(h, self.words["w"]), lanes_of(w.type)), w)
        return b.convert("trunc", flat, "i32")

    def windows(self, oh: Value, ow: Value, channels: Range, body: Callable[[Visit, Group], None]) -> None:
        """Runs the body for one window and every group of channels.

        The window's taps are looped over, written out, or that only if it lies inside the image.
        """

        def write(visit: Visit, together: bool = True) -> None:
            self.groups(channels, lambda group: body(visit, group), together)

        spans, shape = (self.span("h", oh), self.span("w", ow)), self.shape
        if shape.window is None:
            write(self._looped(spans))
        elif not shape.clipped:
            write(self._written_out(shape.window, spans))
        else:
            inside = self._inside(spans)
            with self.b.if_(inside):
                write(self._written_out(shape.window, spans))
            with self.b.if_(self.b.not_(inside)):
                write(self._looped(spans), together=False)

    def _inside(self, spans: Sequence[Span]) -> Value:
        """Whether all of a window lies inside the image."""
        b = self.b
        first = b.min(spans[0].first, spans[1].first)
        reach = [b.mul(b.sub(self.words[f"taps_{axis}"], 1), self.words[f"dilation_{axis}"]) for axis in "hw"]
        room = [b.sub(span.limit, b.add(span.first, extent)) for span, extent in zip(spans, reach)]
        return b.and_(b.icmp("sge", first, 0), b.icmp("sgt", b.min(*room), 0))

    def _tap(self, number: int | None, h: Value, w: Value) -> Tap:
        known = number is not None and not self.absolute
        position = constant(number, "i32") if known else self.position(h, w)
        return Tap(number, position, {name: self.offset(name, h, w) for name in self.images})

    def _written_out(self, window: Pair, spans: Sequence[Span]) -> Visit:
        rows, columns = ([self.index(a, s, self.b.const(i)) for i in range(n)] for a, s, n in zip("hw", spans, window))
        taps = [self._tap(i * window[1] + j, h, w) for i, h in enumerate(rows) for j, w in enumerate(columns)]

        def visit(carried: list[Value], step: Step) -> list[Value]:
            for tap in taps:
                carried = step(tap, carried)
            return carried

        return visit

    def _looped(self, spans: Sequence[Span]) -> Visit:
        ranges = self.taps("h", spans[0]), self.taps("w", spans[1])

        def visit(carried: list[Value], step: Step) -> list[Value]:
            with self.b.loop(*ranges[0], carried=carried) as outer:
                h = self.index("h", spans[0], outer.index)
                with self.b.loop(*ranges[1], carried=outer.carried) as inner:
                    inner.next(step(self._tap(None, h, self.index("w", spans[1], inner.index)), inner.carried))
                outer.next(inner.results)
            return outer.results

        return visit

    # ---- groups of channels ----

    def groups(self, channels: Range, body: Callable[[Group], None], together: bool = True) -> None:
        """Runs the body for all channels: first (unless not `together`) some vectors at a time, then one by one."""
        b, lanes, (start, stop) = self.b, self.shape.lanes, channels
        if together and lanes == LANES:
            step = self.shape.vectors * lanes
            whole = b.add(start, b.and_(b.sub(stop, start), -step))
            with b.loop(start, whole, step) as loop:
                body(Group(loop.index, self.shape.vectors, lanes))
            start = whole
        with b.loop(start, stop, lanes) as loop:
            body(Group(loop.index, 1, lanes, b.first_lanes(b.sub(stop, loop.index), lanes) if lanes > 1 else None))

    def load(self, name: str, pixel: Value, group: Group) -> list[Value]:
        """The channels of a group at a pixel."""
        b, of = self.b, self.shape.dtype
        places = [self._place(name, of, pixel, group, u) for u in range(group.vectors)]
        if self._side_by_side(name):
            return [registers.load(b, of, place, group.lanes, group.mask) for place in places]
        return [registers.gather(b, of, place, self._mask(group)) for place in places]

    def store(self, name: str, of: dtype, values: Sequence[Value], pixel: Value, group: Group) -> None:
        """Stores the channels of a group at a pixel."""
        for u, value in enumerate(values):
            place = self._place(name, of, pixel, group, u)
            if self._side_by_side(name):
                registers.store(self.b, of, value, place, group.mask)
            else:
                registers.scatter(self.b, of, value, place, self._mask(group))

    def _side_by_side(self, name: str) -> bool:
        return name in self.shape.beside or self.shape.lanes == 1

    def _mask(self, group: Group) -> Value:
        return group.mask or constant(1, vector("i1", group.lanes))

    def _place(self, name: str, of: dtype, pixel: Value, group: Group, u: int) -> Value:
        """The address of a vector of channels, or the addresses of its lanes."""
        b, memory = self.b, registers.memory_type(of)
        first = b.add(group.first, u * group.lanes)
        if name in self.shape.beside:
            return b.gep(b.gep(pixel, group.first, memory), u * group.lanes, memory)
        channels = b.add(b.splat(first, group.lanes), b.steps(group.lanes))
        return b.gep(pixel, b.mul(channels, b.splat(self.words[f"{name}.c"], group.lanes)), memory)

    # ---- running values ----

    def start(self, vectors: int, lanes: int) -> list[Value]:
        """The running values of no elements; position -1 stands for none."""
        value = reduction.identity(REDUCTION[self.shape.fn], registers.computed(self.shape.dtype), lanes)
        return [value, constant(-1, vector("i32", lanes))] * vectors if self.positions else [value] * vectors

    def combine(self, running: Value, value: Value) -> Value:
        """A running value without position after one more element."""
        return reduction.combine(self.b, REDUCTION[self.shape.fn], registers.computed(self.shape.dtype), value, running)

    def wins(self, running: Sequence[Value], value: Value) -> Value:
        """Whether an element is a new first maximum."""
        of = registers.computed(self.shape.dtype)
        return reduction.beats(self.b, "argmax", of, value, running[0])

    def enter(self, running: Sequence[Value], value: Value, position: Value, wins: Value) -> list[Value]:
        """A running value with position after one more element, in the lanes where that wins."""
        return [self.b.select(wins, value, running[0]), self.b.select(wins, position, running[1])]

    def window(self, image: Value, visit: Visit, group: Group) -> Running:
        """The running values over one window of x."""
        b, count, memory = self.b, 1 + self.positions, registers.memory_type(self.shape.dtype)

        def step(tap: Tap, carried: list[Value]) -> list[Value]:
            values = self.load("x", b.gep(image, tap.offsets["x"], memory), group)
            olds = (carried[u * count : (u + 1) * count] for u in range(group.vectors))
            return [new for old, value in zip(olds, values) for new in self._enter(old, value, tap, group.lanes)]

        results = visit(self.start(group.vectors, group.lanes), step)
        return [results[u * count : (u + 1) * count] for u in range(group.vectors)]

    def _enter(self, running: Sequence[Value], value: Value, tap: Tap, lanes: int) -> list[Value]:
        if not self.positions:
            return [self.combine(running[0], value)]
        position = self.b.splat(tap.position, lanes)
        if tap.number == 0:
            return [value, position]
        wins = self.wins(running, value)
        if tap.number is None:
            wins = self.b.or_(wins, self.b.icmp("slt", running[1], 0))
        return self.enter(running, value, position, wins)


class Pool(Windows):
    """Writes pool and pool_index."""

    images = ("x",)

    def __init__(self, b: Builder, words: Words, shape: Shape):
        super().__init__(b, words, shape)
        self.positions = shape.fn == "index"
        self.result = dtypes.int64 if self.positions else shape.dtype

    def item(self, number: Value) -> None:
        """A row of results over all channels."""
        b, words = self.b, self.words
        n, oh = digits(b, number, [words["n"], words["oh"]])
        with b.loop(0, words["ow"]) as ow:
            self._pixel(n, oh, ow.index)

    def _pixel(self, n: Value, oh: Value, ow: Value) -> None:
        """All channels of one window."""
        source, target = self.image("x", self.shape.dtype, n), self._target(n, oh, ow)

        def some(visit: Visit, group: Group) -> None:
            results = [self._finished(one) for one in self.window(source, visit, group)]
            self.store("y", self.result, results, target, group)

        self.windows(oh, ow, (self.b.const(0), self.words["c"]), some)

    def _target(self, n: Value, oh: Value, ow: Value) -> Value:
        return self.b.gep(self.image("y", self.result, n), self.offset("y", oh, ow), registers.memory_type(self.result))

    def _finished(self, running: Sequence[Value]) -> Value:
        if self.positions:
            return self.b.convert("sext", running[1], "i64")
        return registers.rounded(self.b, self.shape.dtype, running[0])
