"""Scalar functions as machine code against the same functions in NumPy, for every dtype."""

import math
import operator

import numpy as np
import pytest
from elementwise import ENTRY, run, run_all
from hypothesis import given, settings
from hypothesis import strategies as st

from flambeau import dtypes
from flambeau.codegen import bessel, gamma_functions, normal, orthogonal, registers, scalar, targets  # noqa: F401
from flambeau.codegen.builder import Builder
from flambeau.runtime.compile import Kernel, address

INTEGERS = [dtypes.int64, dtypes.int32, dtypes.int16, dtypes.int8, dtypes.uint8]
SMALL = [dtypes.float16, dtypes.bfloat16]
FLOATS = [dtypes.float32, dtypes.float64, *SMALL]
ALL = [dtypes.bool_, *INTEGERS, *FLOATS]
EXACT_FLOAT = ["add", "sub", "mul", "div", "neg", "abs", "minimum", "maximum", "floor", "ceil", "round", "trunc"]
EXACT_FLOAT += ["sqrt", "sign", "rem", "floordiv", "truncdiv", "fmod", "copysign", "reciprocal", "rsqrt"]
INTEGER = ["add", "sub", "mul", "fma", "neg", "abs", "minimum", "maximum", "and", "or", "xor", "not", "shl", "shr"]
INTEGER += ["sign", "pow"]
DIVISIONS = ["truncdiv", "fmod", "floordiv", "rem"]


def ids(items):
    return [getattr(i, "name", str(i)) for i in items]


def numbers(of, seed=0):
    """Numbers of a dtype in host form, its extreme ones among them."""
    rng = np.random.default_rng(seed)
    if of is dtypes.bool_:
        return rng.random(400) < 0.5
    if of.is_integer:
        limits = np.iinfo(of.numpy)
        edges = [0, 1, 2, 3, 7, limits.max, limits.min, limits.max - 1, *([-1, -2] if of.is_signed else [])]
        small = rng.integers(max(limits.min, -9), 10, 150)
        values = np.concatenate([edges * 5, small, rng.integers(limits.min, limits.max, 150)])
        return rng.permutation(values).astype(of.numpy)
    edges = [0.0, -0.0, 1, -1, 0.5, 1.5, 2.5, -2.5, math.inf, -math.inf, math.nan, 1e-7, 65504, 1e30, -1e-40]
    values = rng.permutation(np.concatenate([edges * 10, rng.normal(0, 10, 150), rng.normal(0, 1e4, 100)]))
    with np.errstate(over="ignore"):
        return scalar.evaluate("cast", of, [values], dtypes.float64)


def same(got, wanted, of):
    """Equal numbers; NaN equals NaN whatever its bits."""
    if of is dtypes.bfloat16:
        got, wanted = (scalar.evaluate("cast", dtypes.float32, [a], of) for a in (got, wanted))
    np.testing.assert_array_equal(got, wanted)
    if of.is_floating_point:
        number = ~np.isnan(wanted)
        np.testing.assert_array_equal(np.signbit(got)[number], np.signbit(wanted)[number])


def check(fns, of):
    """All functions of a dtype, in one kernel, against NumPy."""
    args = [numbers(of, seed) for seed in range(3)]
    args = [a[: min(a.size for a in args)] for a in args]
    steps = [(fn, dtypes.bool_ if fn in scalar.PREDICATES else of) for fn in fns]
    for (fn, result), got in zip(steps, run_all(steps, args, [of] * 3)):
        same(got, scalar.evaluate(fn, result, args[: scalar.FUNCTIONS[fn].arity], of), result)


@pytest.mark.parametrize("of", FLOATS, ids=ids(FLOATS))
def test_exact_float_functions(of):
    check(EXACT_FLOAT, of)


@pytest.mark.parametrize("of", INTEGERS, ids=ids(INTEGERS))
def test_integer_functions(of):
    check(INTEGER, of)


def test_bool_functions():
    check(["and", "or", "xor", "not", "add", "mul", "minimum", "maximum"], dtypes.bool_)


@pytest.mark.parametrize("of", ALL, ids=ids(ALL))
def test_comparisons(of):
    check(["lt", "le", "gt", "ge", "eq", "ne", "isnan"], of)


@pytest.mark.parametrize("of", ALL, ids=ids(ALL))
def test_where(of):
    args = [numbers(dtypes.bool_)[:200], numbers(of, 1)[:200], numbers(of, 2)[:200]]
    same(run("where", of, args), scalar.evaluate("where", of, args), of)


@pytest.mark.parametrize("of", INTEGERS, ids=ids(INTEGERS))
@pytest.mark.parametrize("fn", DIVISIONS)
def test_integer_division_follows_python(fn, of):
    """And where Python raises it gives 0 (a remainder: a number): it never traps."""
    a, b = numbers(of, 0), numbers(of, 1)
    size = min(a.size, b.size)
    a, b = a[:size], b[:size]
    got = run(fn, of, [a, b])
    exact = {
        "floordiv": operator.floordiv,
        "rem": operator.mod,
        "truncdiv": lambda x, y: abs(x) // abs(y) * (1 if (x < 0) == (y < 0) else -1),
        "fmod": lambda x, y: abs(x) % abs(y) * (-1 if x < 0 else 1),
    }[fn]
    bits = 8 * of.itemsize
    for x, y, z in zip(a.tolist(), b.tolist(), got.tolist()):
        if y != 0:
            assert (z - exact(x, y)) % (1 << bits) == 0, (x, y, z)
    if fn.endswith("div"):
        assert not got[b == 0].any()


@given(st.lists(st.tuples(st.floats(allow_nan=False), st.floats(allow_nan=False)), min_size=1, max_size=40))
@settings(max_examples=60, deadline=None)
def test_float_floor_division_is_pythons(pairs):
    x, y = np.array(pairs).T
    quotients, rests = (run(fn, dtypes.float64, [x, y]) for fn in ("floordiv", "rem"))
    for a, b, q, r in zip(x.tolist(), y.tolist(), quotients.tolist(), rests.tolist()):
        if b != 0 and math.isfinite(a) and math.isfinite(b) and math.isfinite(a / b):
            assert q == a // b and r == a % b, (a, b)


@pytest.mark.parametrize("source", ALL, ids=ids(ALL))
def test_cast(source):
    x = numbers(source)
    for to, got in zip(ALL, run_all([("cast", to) for to in ALL], [x], [source])):
        same(got, scalar.evaluate("cast", to, [x], source), to)


@pytest.mark.parity
@pytest.mark.parametrize("source", [dtypes.float32, dtypes.float64], ids=ids([dtypes.float32, dtypes.float64]))
def test_casts_are_pytorchs(source):
    torch = pytest.importorskip("torch")
    x = numbers(source)
    for to in (dtypes.bool_, *INTEGERS, dtypes.float16):
        wanted = torch.tensor(x).to(getattr(torch, to.name)).numpy()
        same(run("cast", to, [x], source), wanted, to)


@pytest.mark.parity
@pytest.mark.parametrize("of", [*INTEGERS, *FLOATS[:2]], ids=ids([*INTEGERS, *FLOATS[:2]]))
def test_divisions_and_shifts_are_pytorchs(of):
    torch = pytest.importorskip("torch")
    a, b = numbers(of, 0)[:200], numbers(of, 1)[:200]
    b = np.where(b == 0, of.numpy.type(3), b) if of.is_integer else b
    if of.is_signed and of.is_integer:
        b = np.where(b == -1, of.numpy.type(5), b)  # PyTorch may trap on the smallest number over -1
    if of is dtypes.float32:  # PyTorch gives NaN where the quotient has more digits than a float32
        with np.errstate(all="ignore"):
            ratio = np.abs(a / b)
        a, b = (v[~(np.isfinite(ratio) & (ratio > 2**23)) & (np.abs(b) > 1e-30)] for v in (a, b))
    names = {"floordiv": "floor_divide", "rem": "remainder", "minimum": "minimum", "maximum": "maximum"}
    names |= {"shl": "bitwise_left_shift", "shr": "bitwise_right_shift"} if of.is_integer else {}
    for fn, name in names.items():
        same(run(fn, of, [a, b]), getattr(torch, name)(torch.tensor(a), torch.tensor(b)).numpy(), of)


def test_cast_of_what_does_not_fit():
    """As on x86: the smallest number of the integer type that the conversion goes through."""
    x = np.array([math.nan, math.inf, -math.inf, 3e9, -3e9, 300.7, -129.9])
    wide = [-(2**63)] * 3 + [3000000000, -3000000000, 300, -129]
    assert run("cast", dtypes.int64, [x], dtypes.float64).tolist() == wide
    assert run("cast", dtypes.int32, [x], dtypes.float64).tolist() == [-(2**31)] * 5 + [300, -129]
    assert run("cast", dtypes.int8, [x], dtypes.float64).tolist() == [0] * 5 + [44, 127]
    assert run("cast", dtypes.bool_, [x], dtypes.float64).all()


def test_rounding_of_16_bit_floats():
    """Ties go to even, too large numbers to infinity, NaN stays NaN, denormals are kept."""
    x = np.array([1 + 2**-9, 1 + 3 * 2**-9, 3.4e38, 1e-40, math.nan, -math.inf, 1 + 2**-8 + 2**-20], np.float32)
    bits = run("cast", dtypes.bfloat16, [x], dtypes.float32)
    halves = scalar.evaluate("cast", dtypes.float32, [bits], dtypes.bfloat16)
    assert halves[:3].tolist() == [1.0, 1 + 2**-7, math.inf]
    assert halves[3] == pytest.approx(1e-40, rel=0.01) and np.isnan(halves[4])
    assert halves[5] == -math.inf and halves[6] == 1 + 2**-7
    x = np.array([1 + 2**-11, 1 + 3 * 2**-11, 70000, 6e-8, 1e-9], np.float32)
    assert run("cast", dtypes.float16, [x], dtypes.float32).tolist() == [1, 1 + 2**-9, math.inf, 2**-24, 0]


@pytest.mark.parametrize("of", SMALL, ids=ids(SMALL))
def test_16_bit_results_are_rounded_at_once(of):
    """A value in a register is what memory would give back: (1 + tiny) - 1 is 0."""
    b = Builder()
    with b.function("kernel", []):
        total = scalar.emit(b, "add", of, [scalar.literal(of, 1.0), scalar.literal(of, 2**-12)])
        b.call("use", "void", [total])
    assert ("half" if of is dtypes.float16 else "65536") in b.text()
    tiny = scalar.evaluate("cast", of, [np.full(16, 2.0**-12)], dtypes.float64)
    one = scalar.evaluate("cast", of, [np.ones(16)], dtypes.float64)
    assert not run("sub", of, [run("add", of, [one, tiny]), one]).any()


PAIRS = ["float32 int32", "float64 int64", "float16 int16", "bfloat16 int16", "bool uint8"]


@pytest.mark.parametrize("pair", PAIRS)
def test_bitcast(pair):
    source, to = (dtypes.BY_NAME[name] for name in pair.split())
    x = numbers(source)
    bits = run("bitcast", to, [x], source)
    np.testing.assert_array_equal(bits, x.view(to.numpy))
    np.testing.assert_array_equal(run("bitcast", source, [bits], to), x)


@pytest.mark.parametrize("lanes", [1, 4, 32])
@pytest.mark.parametrize("of", ALL, ids=ids(ALL))
def test_every_width(of, lanes):
    args = [numbers(of, seed)[:300] for seed in (1, 2)]
    same(run("maximum", of, args, lanes=lanes), scalar.evaluate("maximum", of, args), of)


@pytest.mark.parametrize("fn", sorted(scalar.FUNCTIONS))
def test_every_function_has_all_handlers(fn):
    """Each is emitted, evaluated, priced and described."""
    of = dtypes.int64 if fn in ("and", "or", "xor", "not", "shl", "shr") else dtypes.float64
    arity = scalar.FUNCTIONS[fn].arity
    x = np.linspace(0.1, 0.9, 16) if of.is_floating_point else np.arange(16)
    args = [x > 0.5 if fn == "where" and i == 0 else x for i in range(arity)]
    result = dtypes.bool_ if fn in scalar.PREDICATES else of
    wanted = scalar.evaluate(fn, result, args, of)
    np.testing.assert_allclose(run(fn, of, args), wanted, rtol=1e-13, atol=1e-15)
    assert scalar.flops(fn) >= 0
    assert fn in scalar.describe(fn, ["x"] * arity) or fn in scalar.INFIX


def test_flops_of_composites_add_up():
    assert scalar.flops("sigmoid") == sum(scalar.flops(fn) for fn in ("neg", "exp", "add", "div"))


@pytest.mark.parametrize("name", targets.BY_NAME)
def test_lanes_of_targets(name):
    target = targets.BY_NAME[name]
    assert target.lanes(dtypes.float32) * 4 == target.vector_bytes == target.lanes(dtypes.float64) * 8
    assert target.lanes(dtypes.bfloat16) == target.lanes(dtypes.float32)
    assert target.lanes(dtypes.int8) == target.vector_bytes


@pytest.mark.parametrize("of", ALL, ids=ids(ALL))
def test_masked_memory(of):
    """Nothing behind the mask is read into the result or written, in neighbouring and in scattered elements."""
    b = Builder()
    parameters = [("words", "ptr"), ("count", "i64"), ("unused", "i64")]
    with b.function("kernel", parameters) as (words, count, _):
        source, near, spread = (b.load("ptr", b.gep(words, i, "i64")) for i in range(3))
        mask = b.first_lanes(count, 16)
        registers.store(b, of, registers.load(b, of, source, 16, mask), near, mask)
        backwards = b.sub(b.const(15, "<16 x i64>"), b.steps(16))
        value = registers.gather(b, of, b.gep(source, backwards, registers.memory_type(of)), mask)
        registers.scatter(b, of, value, b.gep(spread, backwards, registers.memory_type(of)), mask)
    x = numbers(of)[:16]
    near, spread = np.ones(16, of.numpy), np.ones(16, of.numpy)
    words = np.array([a.ctypes.data for a in (x, near, spread)])
    ENTRY(address(Kernel(("masked memory", of.name), b.text)))(words.ctypes.data, 5, 0)
    np.testing.assert_array_equal(near, np.where(np.arange(16) < 5, x, np.ones_like(x)))
    np.testing.assert_array_equal(spread, np.where(np.arange(16) > 10, x, np.ones_like(x)))


def test_control_flow():
    """Loops carry values past their end, also when they never run; branches join; folding leaves no arithmetic."""
    b = Builder()
    with b.function("kernel", [("p", "ptr"), ("n", "i64"), ("m", "i64")]) as (pointer, n, _):
        with b.loop(0, n, carried=[b.const(0)]) as outer:
            with b.loop(0, 4, carried=outer.carried) as inner:
                inner.next([b.add(inner.carried[0], inner.index)])
            outer.next(inner.results)
        (chosen,) = b.if_else(b.icmp("sgt", n, 5), lambda: [b.add(n, 1)], lambda: [b.const(7)])
        with b.repeat([n]) as loop:
            half = b.lshr(loop.carried[0], 1)
            loop.next([half], again=b.icmp("ne", half, 0))
        with b.if_(b.icmp("ne", n, 3)):
            b.store(chosen, b.gep(pointer, 1, "i64"))
        b.store(outer.results[0], pointer)
        b.store(loop.results[0], b.gep(pointer, 2, "i64"))
    for count in (0, 2, 3, 9):
        assert call(b.text(), count) == [6 * count, {0: 7, 2: 7, 3: -1, 9: 10}[count], 0]
    assert b.add(b.const(3), 4) == b.const(7) and b.mul(b.const(3), 0) == b.const(0) and b.min(3, 5) == b.const(3)


def call(text, count):
    words = np.full(3, -1, np.int64)
    ENTRY(address(Kernel(("control flow", text), lambda: text)))(words.ctypes.data, count, 0)
    return words.tolist()


@pytest.mark.parametrize("of", FLOATS[:2], ids=ids(FLOATS[:2]))
def test_literals(of):
    b = Builder()
    kind = registers.register_type(of)
    assert b.const(-0.0, kind) != b.const(0.0, kind)
    for value in (math.inf, -math.inf, 0.1, 1e-300):
        assert b.const(value, kind).text.startswith("0x")
