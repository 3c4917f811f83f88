"""The random stream's kernels: words, what uniform and normal float32 numbers are made of them, permutations.

In: blocks of memory that are worked on in place. Each kernel follows its definition in NumPy (`mersenne.py`,
`box_muller.py`, `random.py`) step by step and gives the same bits. Words are drawn one state after the other; numbers
are made of them in pieces that threads share.
"""

from __future__ import annotations

import ctypes
import math
import struct
from collections.abc import Callable, Sequence
from functools import cache, partial

import numpy as np

from . import box_muller, mersenne
from .codegen import frame
from .codegen.builder import Builder, Value, constant, vector
from .codegen.frame import LANES, Words, block_bounds, ceil_div
from .runtime import buffers, execute
from .runtime.buffers import Buffer
from .runtime.compile import Kernel, address
from .runtime.execute import Launch, Plan, Pointer, Task

PIECES = 64
LONG = 1 << 15  # numbers that are worth several threads
HALF = 8  # of the 16 numbers that normal numbers are made of together
CHUNK = 1 << 10  # truth values whose words lie in scratch memory
WIDE = 2**53 - 1  # the bits of two words that make a float64 number


def draw(key: int, used: int, block: Buffer, n: int) -> None:
    """Draws the next n words, one at least; key: the address of the state, of which `used` words are drawn."""
    _run("words", key, block.address, n, used)


def chances(key: int, used: int, block: Buffer, n: int, p: float) -> None:
    """n booleans, one at least: of two words each, whether they make a number in [0, 1) below p."""
    _run("chances", key, block.address, n, used, math.ceil(p * 2**53))


def uniform(block: Buffer, n: int, scale: float, low: float, high: float) -> np.ndarray:
    """n words made float32 numbers in [0, 1) times scale plus low, in place; what reaches high becomes low."""
    _run("uniform", 0, block.address, n, scale, low, high)
    return block.array(np.float32, n)


def normal(block: Buffer, n: int, std: float, mean: float) -> np.ndarray:
    """n words made normal float32 numbers, in place, 16 at a time; what is left of them stays as it is."""
    _run("normal", 0, block.address, n // 16, std, mean)
    return block.array(np.float32, n)


def integers(block: Buffer, n: int, span: int, low: int) -> np.ndarray:
    """Whole numbers (int64) in [low, low + span), span below 2**28, from n words."""
    result = buffers.allocate(8 * n)
    _run("integers", block.address, result.address, n, span, low)
    return result.array(np.int64, n)


def permuted(block: Buffer, n: int, wide: bool) -> np.ndarray:
    """The whole numbers below n (int64), each exchanged with one that its word chooses of those from it on.

    wide: whether two words stand for one number.
    """
    result = buffers.allocate(8 * n)
    _run("permuted_wide" if wide else "permuted", block.address, result.address, n)
    return result.array(np.int64, n)


def _run(name: str, one: int, other: int, size: int, *more: float) -> None:
    """Runs a kernel on two addresses; what is over at once without giving up Python's lock, which would take longer."""
    if size < LONG:
        with execute.lock:
            pack, call = _brief(name)
            pack(one, other, size, size, *more)
            call()
        return
    parallel = name in SHARED
    with execute.lock:
        plan, pack = _plan(name, parallel)
        pack(one, other, size, ceil_div(size, PIECES) if parallel else size, *more)
        plan.run()


def _kernel(name: str) -> tuple[Kernel, int, Callable]:
    """A kernel, the address of its parameters, which stay where they are, and what packs them."""
    writer, further = WRITERS[name]
    format = struct.Struct("4q" + further)
    parameters = bytearray(format.size)
    place = np.frombuffer(parameters, np.uint8).ctypes.data
    kernel = Kernel(("random", name), lambda: frame.write({"block": "ptr"}, writer))
    return kernel, place, partial(format.pack_into, parameters, 0)


@cache
def _plan(name: str, parallel: bool) -> tuple[Plan, Callable]:
    """A plan of one kernel, and what packs its parameters."""
    kernel, place, pack = _kernel(name)
    plan = Plan([Launch([Task(kernel, [Pointer(1)], PIECES if parallel else 1)], name, parallel=parallel)], 2)
    plan.table[1] = place
    return plan, pack


@cache
def _brief(name: str) -> tuple[Callable, Callable]:
    """What packs a kernel's parameters, and what runs it for its one work item."""
    kernel, place, pack = _kernel(name)
    function = ctypes.PYFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)(address(kernel))
    return pack, partial(function, (ctypes.c_int64 * 1)(place), ctypes.c_int64(0), ctypes.c_int64(1))


class Parameters:
    """A kernel's parameters: two arrays, a size, the length of a piece, and what comes behind."""

    def __init__(self, b: Builder, words: Words):
        self.b, self.block = b, words["block"]
        self.one, self.other = self._at(0, "ptr"), self._at(1, "ptr")
        self.size, self.piece = self._at(2, "i64"), self._at(3, "i64")

    def _at(self, place: int, type: str) -> Value:
        return self.b.load(type, self.b.gep(self.block, place, "i64"))

    def whole(self, number: int) -> Value:
        """A further parameter, a whole number."""
        return self._at(4 + number, "i64")

    def float(self, number: int, lanes: int) -> Value:
        """A further parameter, a float32 number in every lane."""
        return self.b.splat(self.b.convert("fptrunc", self._at(4 + number, "double"), "float"), lanes)


# ---- words ----


def _words(b: Builder, words: Words, _: Value) -> None:
    p = Parameters(b, words)
    _draw(b, p.one, p.other, p.size, p.whole(0))


def _draw(b: Builder, key: Value, target: Value, size: Value, used: Value) -> Value:
    """Writes the next words, one at least; how many words of the state are used then."""
    with b.repeat([b.const(0), used]) as loop:
        start, used = loop.carried
        empty = b.icmp("eq", used, mersenne.WORDS)
        with b.if_(empty):
            _twist(b, key)
        used = b.select(empty, 0, used)
        count = b.min(b.sub(size, start), b.sub(mersenne.WORDS, used))
        source, place = b.gep(key, used, "i32"), b.gep(target, start, "i32")
        for at, mask in _vectors(b, b.const(0), count):
            _store(b, _tempered(b, _load(b, source, at, mask)), place, at, mask)
        done = b.add(start, count)
        loop.next([done, b.add(used, count)], b.icmp("slt", done, size))
    return loop.results[1]


def _chances(b: Builder, words: Words, _: Value) -> None:
    p, scratch = Parameters(b, words), b.alloca("i32", 2 * CHUNK)
    limit = b.splat(p.whole(1), LANES)
    with b.repeat([b.const(0), p.whole(0)]) as loop:
        start, used = loop.carried
        count = b.min(b.sub(p.size, start), CHUNK)
        used = _draw(b, p.one, scratch, b.mul(count, 2), used)
        with b.loop(0, count, LANES) as at:
            pair = b.load(vector("i64", LANES), b.gep(scratch, at.index, "i64"))
            number = b.and_(b.or_(b.shl(pair, 32), b.lshr(pair, 32)), WIDE)  # the high word comes first
            place = b.gep(p.other, b.add(start, at.index), "i8")
            exist = b.first_lanes(b.sub(count, at.index), LANES)
            b.masked_store(b.convert("zext", b.icmp("ult", number, limit), "i8"), place, exist)
        done = b.add(start, count)
        loop.next([done, used], b.icmp("slt", done, p.size))


def _vectors(b: Builder, start: Value, stop: Value):
    """The places of vectors from start to stop, each inside its loop; the last with a mask."""
    whole = b.add(start, b.and_(b.sub(stop, start), -LANES))
    with b.loop(start, whole, LANES) as loop:
        yield loop.index, None
    with b.loop(whole, stop, LANES) as loop:
        yield loop.index, b.first_lanes(b.sub(stop, loop.index), LANES)


def _load(b: Builder, base: Value, at: Value, mask: Value | None) -> Value:
    pointer, type = b.gep(base, at, "i32"), vector("i32", LANES)
    return b.load(type, pointer) if mask is None else b.masked_load(type, pointer, mask)


def _store(b: Builder, value: Value, base: Value, at: Value, mask: Value | None) -> None:
    pointer = b.gep(base, at, "i32")
    b.store(value, pointer) if mask is None else b.masked_store(value, pointer, mask)


def _twist(b: Builder, key: Value) -> None:
    """The next state, in place; the first word stands behind the last as well, which looks one further."""
    lag = mersenne.LAG
    for start, stop, distance in ((0, lag, mersenne.WORDS - lag), (lag, mersenne.WORDS, -lag)):
        for at, mask in _vectors(b, b.const(start), b.const(stop)):
            upper = b.and_(_load(b, key, at, mask), int(mersenne.UPPER))
            y = b.or_(upper, b.and_(_load(b, key, b.add(at, 1), mask), int(mersenne.LOWER)))
            odd = b.sub(constant(0, y.type), b.and_(y, 1))
            mixed = b.xor(b.lshr(y, 1), b.and_(odd, int(mersenne.TWIST)))
            _store(b, b.xor(_load(b, key, b.add(at, distance), mask), mixed), key, at, mask)
        b.store(b.load("i32", key), b.gep(key, mersenne.WORDS, "i32"))


def _tempered(b: Builder, y: Value) -> Value:
    for shift, mask in mersenne.TEMPER:
        moved = b.lshr(y, shift) if shift > 0 else b.shl(y, -shift)
        y = b.xor(y, b.and_(moved, mask))
    return y


# ---- numbers ----


def _unit(b: Builder, words: Value) -> Value:
    """Words as numbers in [0, 1) of 24 random bits."""
    return b.mul(b.convert("sitofp", b.and_(words, 0xFFFFFF), "float"), 2.0**-24)


def _uniform(b: Builder, words: Words, number: Value) -> None:
    p = Parameters(b, words)
    scale, low, high = (p.float(i, LANES) for i in range(3))
    for at, mask in _vectors(b, *block_bounds(b, number, p.piece, p.size)):
        x = b.fma(_unit(b, _load(b, p.other, at, mask)), scale, low)
        x = b.select(b.fcmp("oge", x, high), low, x)
        _store(b, b.convert("bitcast", x, "i32"), p.other, at, mask)


def _normal(b: Builder, words: Words, number: Value) -> None:
    p, type = Parameters(b, words), vector("i32", HALF)
    std, mean = (p.float(i, HALF) for i in range(2))
    start, stop = block_bounds(b, number, p.piece, p.size)
    with b.loop(start, stop) as loop:
        places = [b.gep(p.other, b.add(b.mul(loop.index, 2 * HALF), first), "i32") for first in (0, HALF)]
        radius, turn = (_unit(b, b.load(type, place)) for place in places)
        radius = b.intrinsic("sqrt", b.mul(_log(b, b.sub(1.0, radius)), -2.0))
        sin, cos = _sincos(b, b.mul(turn, float(box_muller.TWO_PI)))
        for place, part in zip(places, (cos, sin)):
            b.store(b.fma(b.mul(radius, part), std, mean), place)


def _horner(b: Builder, coefficients: Sequence[np.float32], x: Value) -> Value:
    result = constant(float(coefficients[0]), x.type)
    for c in coefficients[1:]:
        result = b.fma(result, x, constant(float(c), x.type))
    return result


def _log(b: Builder, u: Value) -> Value:
    """`box_muller.log`."""
    bits = b.convert("bitcast", u, "i32")
    exponent = b.convert("sitofp", b.sub(b.ashr(bits, 23), 126), "float")
    m = b.convert("bitcast", b.or_(b.and_(bits, 0x7FFFFF), 0x3F000000), "float")
    low = b.fcmp("olt", m, float(box_muller.SQRT_HALF))
    exponent = b.select(low, b.sub(exponent, 1.0), exponent)
    x = b.add(b.sub(m, 1.0), b.select(low, m, 0.0))
    z = b.mul(x, x)
    y = b.fma(b.mul(_horner(b, box_muller.LOG, x), x), z, b.mul(exponent, float(box_muller.LN2_LOW)))
    y = b.fma(z, -0.5, y)
    return b.fma(exponent, float(box_muller.LN2_HIGH), b.add(x, y))


def _sincos(b: Builder, angle: Value) -> tuple[Value, Value]:
    """`box_muller.sincos`."""
    octant = b.convert("fptosi", b.mul(angle, float(box_muller.FOUR_OVER_PI)), "i32")
    octant = b.and_(b.add(octant, 1), -2)
    turns, x = b.convert("sitofp", octant, "float"), angle
    for piece in box_muller.QUARTER_TURN:
        x = b.fma(turns, float(piece), x)
    z = b.mul(x, x)
    cos = b.add(b.fma(b.mul(_horner(b, box_muller.COS, z), z), z, b.mul(z, -0.5)), 1.0)
    sin = b.fma(b.mul(_horner(b, box_muller.SIN, z), z), x, x)
    swap = b.icmp("ne", b.and_(octant, 2), 0)
    swapped = b.select(swap, cos, sin), b.select(swap, sin, cos)
    signs = b.and_(octant, 4), b.and_(b.not_(b.sub(octant, 2)), 4)
    negated = (b.xor(b.convert("bitcast", v, "i32"), b.shl(sign, 29)) for v, sign in zip(swapped, signs))
    sine, cosine = (b.convert("bitcast", v, "float") for v in negated)
    return sine, cosine


def _integers(b: Builder, words: Words, number: Value) -> None:
    """The rest of a division, whose quotient is found in float64 and may be one too large or too small."""
    p = Parameters(b, words)
    span, low = (b.splat(p.whole(i), LANES) for i in range(2))
    inverse = b.fdiv(constant(1.0, vector("double", LANES)), b.convert("sitofp", span, "double"))
    for at, mask in _vectors(b, *block_bounds(b, number, p.piece, p.size)):
        word = b.convert("zext", _load(b, p.one, at, mask), "i64")
        quotient = b.convert("fptosi", b.mul(b.convert("sitofp", word, "double"), inverse), "i64")
        rest = b.sub(word, b.mul(quotient, span))
        rest = b.select(b.icmp("slt", rest, 0), b.add(rest, span), rest)
        rest = b.add(b.select(b.icmp("sge", rest, span), b.sub(rest, span), rest), low)
        pointer = b.gep(p.other, at, "i64")
        b.store(rest, pointer) if mask is None else b.masked_store(rest, pointer, mask)


# ---- permutations ----


def _permuted(b: Builder, words: Words, _: Value, wide: bool) -> None:
    p = Parameters(b, words)
    with b.loop(0, p.size) as loop:
        b.store(loop.index, b.gep(p.other, loop.index, "i64"))
    with b.loop(0, b.sub(p.size, 1)) as loop:
        word = b.load("i64" if wide else "i32", b.gep(p.one, loop.index, "i64" if wide else "i32"))
        # Of two words the high one comes first.
        number = b.or_(b.shl(word, 32), b.lshr(word, 32)) if wide else b.convert("zext", word, "i64")
        step = b.urem(number, b.sub(p.size, loop.index))
        here, there = b.gep(p.other, loop.index, "i64"), b.gep(p.other, b.add(loop.index, step), "i64")
        first, second = b.load("i64", here), b.load("i64", there)
        b.store(second, here)
        b.store(first, there)


# How each kernel is written, and the types of the parameters behind the first four.
WRITERS: dict[str, tuple[Callable[[Builder, Words, Value], None], str]] = {
    "words": (_words, "q"), "chances": (_chances, "2q"), "uniform": (_uniform, "3d"), "normal": (_normal, "2d"),
    "integers": (_integers, "2q"), "permuted": (partial(_permuted, wide=False), ""),
    "permuted_wide": (partial(_permuted, wide=True), ""),
}  # fmt: skip
SHARED = frozenset({"uniform", "normal", "integers"})  # threads share their pieces
