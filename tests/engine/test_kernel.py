"""Loop nests against float64 NumPy: shapes, strides, dtypes, reductions in every order, rows, masks, checked rows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tasks import elementwise, fenced, fences_stand, inner, operand, run, sample, steps

from flambeau import dtypes
from flambeau.codegen import frame, kernel, targets
from flambeau.codegen.builder import Builder
from flambeau.codegen.kernel import Operand, loop_task
from flambeau.codegen.loops import Access, Instruction, LoopNest, Reduction, Stage
from flambeau.runtime.compile import Kernel
from flambeau.runtime.execute import Pointer

f32, f64, i64 = dtypes.float32, dtypes.float64, dtypes.int64
REAL = [d for d in dtypes.ALL if not d.is_complex]
NUMPY = {"sum": np.sum, "prod": np.prod, "max": np.max, "min": np.min, "argmax": np.argmax, "argmin": np.argmin}


def step(fn, of, args=(), attrs=None):
    return Instruction(fn, of, args, attrs)


# ---- element by element ----


@st.composite
def strided(draw, shape):
    """A float32 array of a shape with positive, negative, zero or permuted strides."""
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    order = draw(st.permutations(range(len(shape))))
    pace = [draw(st.sampled_from([1, 1, 2, -1])) for _ in shape]
    source = rng.standard_normal([abs(pace[d]) * shape[d] for d in order]).astype(np.float32)
    view = source[tuple(slice(None, None, pace[d]) for d in order)].transpose(np.argsort(order))
    repeated = tuple(slice(0, 1) if draw(st.integers(0, 4)) == 0 else slice(None) for _ in shape)
    return np.broadcast_to(view[repeated], shape) if 0 not in shape else view


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_any_strides(data):
    shape = tuple(data.draw(st.lists(st.sampled_from([0, 1, 2, 3, 10, 16, 17, 65, 90]), min_size=1, max_size=3)))
    a, b = data.draw(strided(shape)), data.draw(strided(shape))
    memory, out = fenced(shape, f32)
    inners = [inner(steps(x)[-1]) for x in (a, b)]
    task = loop_task(
        elementwise("sub", f32, len(shape), (*inners, 1)),
        shape,
        (),
        [operand(k, x) for k, x in enumerate((a, b, out), 1)],
    )
    run(task, a, b, out, threads=2)
    np.testing.assert_array_equal(out, a - b)
    assert fences_stand(memory)


@pytest.mark.parametrize("of", REAL, ids=repr)
@pytest.mark.parametrize("size", [1, 16, 23, 65])
def test_backwards_and_every_other(of, size):
    x = sample(np.random.default_rng(0), 2 * size, of)
    memory, out = fenced((2 * size,), of)
    out[...] = x
    task = loop_task(
        elementwise("add" if of.is_floating_point else "or", of, 1, (-1, 2, 2)),
        (size,),
        (),
        [Operand(Pointer(1), size - 1, (-1,)), Operand(Pointer(1), 1, (2,)), Operand(Pointer(2), 0, (2,))],
    )
    run(task, x, out, threads=2)
    np.testing.assert_array_equal(out[1::2], x[1::2])
    if of not in (dtypes.bfloat16, dtypes.float16):
        first, second = x[size - 1 :: -1], x[1::2]
        np.testing.assert_array_equal(out[::2], first + second if of.is_floating_point else first | second)
    assert fences_stand(memory)


@pytest.mark.parametrize("of", REAL, ids=repr)
def test_every_dtype_and_tail(of):
    rng = np.random.default_rng(0)
    for size in (0, 1, 15, 16, 64, 65, 200):
        a, b = sample(rng, size, of), sample(rng, size, of)
        memory, out = fenced((size,), of)
        run(
            loop_task(elementwise("maximum", of, 1, (1, 1, 1)), (size,), (), [operand(k, a) for k in (1, 2, 3)]),
            a,
            b,
            out,
        )
        if of is dtypes.bfloat16:
            wide = [(x.astype(np.uint32) << 16).view(np.float32) for x in (a, b)]
            np.testing.assert_array_equal((out.astype(np.uint32) << 16).view(np.float32), np.maximum(*wide))
        else:
            np.testing.assert_array_equal(out, np.maximum(a, b))
        assert fences_stand(memory)


@pytest.mark.parametrize("of", [dtypes.bool_, dtypes.int16, f32, f64], ids=repr)
@pytest.mark.parametrize("shape", [(2, 2), (16, 16), (70, 130), (3, 40, 5), (2, 3, 65)])
def test_turned_operands(of, shape):
    """Inputs and outputs whose neighbours lie along another dimension than the vectors."""
    source = sample(np.random.default_rng(0), shape[::-1], of)
    for turn_output in (False, True):
        memory, whole = fenced(shape if not turn_output else shape[::-1], of)
        out = whole.T if turn_output else whole
        x = np.ascontiguousarray(source.T) if turn_output else source.T
        nest = elementwise("maximum", of, len(shape), tuple(inner(steps(a)[-1]) for a in (x, x, out)))
        run(loop_task(nest, shape, (), [operand(1, x), operand(1, x), operand(2, out)]), x, out, threads=2)
        np.testing.assert_array_equal(out, source.T)
        assert fences_stand(memory)


def test_in_place_and_two_outputs():
    x = sample(np.random.default_rng(1), 1000, f32)
    before, mask = x.copy(), np.zeros(1000, bool)
    program = (
        step("load", f32, (), 0),
        step("const", f32, (), 0.0),
        step("maximum", f32, (0, 1)),
        step("gt", dtypes.bool_, (0, 1)),
    )
    stage = Stage(program, (), ((0, 2), (1, 3)), per_item=True)
    nest = LoopNest(1, 0, "kept", (Access(f32), Access(dtypes.bool_)), (stage,), frozenset({0, 1}))
    run(loop_task(nest, (1000,), (), [operand(1, x), operand(2, mask)]), x, mask, threads=2)
    np.testing.assert_array_equal(x, np.maximum(before, 0))
    np.testing.assert_array_equal(mask, before > 0)


def test_turned_in_place():
    """One operand that is read and written, and another that is only read, both with neighbours along the rows."""
    x, y = (sample(np.random.default_rng(k), (40, 70), f32) for k in (1, 2))
    expected = x - y
    stage = Stage(
        (step("load", f32, (), 0), step("load", f32, (), 1), step("sub", f32, (0, 1))), (), ((0, 2),), per_item=True
    )
    nest = LoopNest(2, 0, "kept", (Access(f32, inner=None), Access(f32, inner=None)), (stage,), frozenset({0}))
    run(loop_task(nest, (70, 40), (), [operand(1, x.T), operand(2, y.T)]), x, y, threads=2)
    np.testing.assert_array_equal(x, expected)


def test_numbers_positions_and_no_dimension():
    """out = position * scalar + constant, over (3, 20) and over a single element."""
    program = (
        step("load", i64, (), 0),
        step("cast", f32, (0,)),
        step("load", f32, (), 1),
        step("mul", f32, (1, 2)),
        step("const", f32, (), 0.5),
        step("add", f32, (3, 4)),
    )
    table, out = np.array([0.0, 0.25]), np.zeros((3, 20), np.float32)
    for shape, strides in (((3, 20), (20, 1)), ((), ())):
        accesses = (Access(i64, "iota"), Access(f32, "scalar", 0), Access(f32))
        nest = LoopNest(len(shape), 0, "kept", accesses, (Stage(program, (), ((2, 5),), True),), frozenset({2}))
        operands = [Operand(None, 5, strides), Operand(Pointer(1), 0, (), scalar=1), Operand(Pointer(2), 0, strides)]
        run(loop_task(nest, shape, (), operands), table, out)
    expected = (5 + np.arange(60).reshape(3, 20)) * 0.25 + 0.5
    np.testing.assert_array_equal(out, expected)


def test_zeros_of_either_sign_are_different_constants():
    out = np.ones(3, np.float32)
    for value, sign in ((0.0, False), (-0.0, True)):
        stage = Stage((step("const", f32, (), value),), (), ((0, 0),), True)
        run(
            loop_task(LoopNest(1, 0, "kept", (Access(f32),), (stage,), frozenset({0})), (3,), (), [operand(1, out)]),
            out,
        )
        assert np.signbit(out).tolist() == [sign] * 3


# ---- reductions ----


def reduction(fn, of, vector, kept, reduced, inners=(1, 1), split=False):
    """out = fn(x) over the reduced dimensions."""
    result = i64 if fn.startswith("arg") else of
    stages = (
        Stage((step("load", of, (), 0),), (Reduction(fn, 0),)),
        Stage((step("reduced", result, (), (0, 0)),), (), ((1, 1),), per_item=True),
    )
    accesses = (Access(of, inner=inners[0]), Access(result, inner=inners[1]))
    return LoopNest(kept, reduced, vector, accesses, stages, frozenset({1}), split)


def reduce_array(fn, of, x, axes, threads=1):
    """x reduced by a kernel; x may have any strides."""
    kept = [d for d in range(x.ndim) if d not in axes]
    vector = "reduced" if x.ndim - 1 in axes else "kept"
    order = [*kept, *axes]
    walk = tuple(steps(x)[d] for d in order)
    memory, out = fenced([x.shape[d] for d in kept], i64 if fn.startswith("arg") else of)
    last = walk[len(kept) - 1 if vector == "kept" else -1]
    nest = reduction(fn, of, vector, len(kept), len(axes), (inner(last), 1))
    operands = [Operand(Pointer(1), 0, walk), Operand(Pointer(2), 0, steps(out) + (0,) * len(axes))]
    run(loop_task(nest, out.shape, [x.shape[d] for d in axes], operands), x, out, threads=threads)
    assert fences_stand(memory)
    return out


def expected_reduction(fn, x, axes):
    kept = [d for d in range(x.ndim) if d not in axes]
    flat = x.transpose([*kept, *axes]).reshape([x.shape[d] for d in kept] + [-1])
    return NUMPY[fn](flat.astype(np.float64) if flat.dtype.kind == "f" else flat, axis=-1)


EXACT_ENOUGH = {dtypes.float16: 2e-3, f32: 1e-5, f64: 1e-12}


def check_reduction(fn, of, shape, axes):
    x = sample(np.random.default_rng(3), shape, of)
    expected = expected_reduction(fn, x, axes)
    if of.is_integer and fn in ("sum", "prod"):
        expected = expected.astype(of.numpy)  # wraps
    tolerance = EXACT_ENOUGH.get(of, 0)
    out = reduce_array(fn, of, x, axes, threads=2).astype(np.float64)
    np.testing.assert_allclose(out, expected.astype(np.float64), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("fn", NUMPY)
@pytest.mark.parametrize("axes", [[0], [1], [0, 1]])
def test_reductions(fn, axes):
    for shape in ((1, 1), (7, 33), (70, 130), (130, 600)):
        check_reduction(fn, f32, shape, axes)


@pytest.mark.parametrize(
    "fn,of",
    [("sum", f32), ("prod", f64), ("max", dtypes.bool_), ("argmax", f32), ("sum", dtypes.float16), ("min", i64)],
)
@pytest.mark.parametrize("shape", [(3, 530), (37, 512), (50, 1111), (9, 4400), (3, 21, 700)])
def test_sweeping_rows_changes_no_bit(fn, of, shape, monkeypatch):
    x, axes = sample(np.random.default_rng(5), shape, of), [len(shape) - 2]
    plain = reduce_array(fn, of, x, axes)
    monkeypatch.setattr(kernel, "STREAMED", 1)
    np.testing.assert_array_equal(reduce_array(fn, of, x, axes), plain)
    np.testing.assert_array_equal(reduce_array(fn, of, x, axes, threads=2), plain)


@pytest.mark.parametrize("axes", [[0], [0, 1], [1], [1, 2], [0, 2], [0, 1, 2]])
def test_reductions_over_several_dimensions(axes):
    for shape in ((5, 3, 20), (17, 9, 70)):
        check_reduction("sum", f32, shape, axes)


@pytest.mark.parametrize("of", [dtypes.uint8, dtypes.int32, i64, dtypes.float16, f64], ids=repr)
@pytest.mark.parametrize("fn", ["sum", "max", "argmin"])
def test_reductions_of_other_dtypes(fn, of):
    for axes in ([0], [1]):
        for shape in ((7, 33), (70, 130)):
            check_reduction(fn, of, shape, axes)


@pytest.mark.parametrize("fn", ["max", "min", "argmax", "argmin"])
@pytest.mark.parametrize("axis", [0, 1])
def test_nan_wins_and_first_position(fn, axis):
    x = np.random.default_rng(0).integers(0, 3, (40, 50)).astype(np.float32)
    x[7, 9] = x[30, 9] = x[7, 40] = np.nan
    x[:, 3], x[5, :] = -np.inf, -np.inf
    np.testing.assert_array_equal(reduce_array(fn, f32, x, [axis]), NUMPY[fn](x, axis=axis))


@pytest.mark.parametrize("fn", ["max", "argmin"])
def test_bool_reductions(fn):
    x = np.random.default_rng(0).random((30, 40)) > 0.9
    x[3] = False
    for axis in (0, 1):
        np.testing.assert_array_equal(reduce_array(fn, dtypes.bool_, x, [axis]), NUMPY[fn](x, axis=axis))


def test_nothing_to_reduce_gives_the_identity():
    for fn, nothing in (("sum", 0), ("prod", 1), ("max", -np.inf)):
        for axis in (0, 1):
            out = reduce_array(fn, f32, np.zeros((0, 5) if axis == 0 else (5, 0), np.float32), [axis])
            assert out.tolist() == [nothing] * 5


@pytest.mark.parametrize("axes", [[0], [1], [1, 2], [0, 1, 2]])
def test_same_bits_whatever_the_strides_and_threads(axes):
    x = np.random.default_rng(5).standard_normal((37, 21, 83)).astype(np.float32)
    stretched = np.zeros((37, 42, 166), np.float32)[:, ::2, ::2]
    stretched[...] = x
    turned = np.ascontiguousarray(x.transpose(2, 0, 1)).transpose(1, 2, 0)
    reference = reduce_array("sum", f32, x, axes)
    for same, threads in ((x, 2), (stretched, 1), (turned, 2)):
        assert reduce_array("sum", f32, same, axes, threads).tobytes() == reference.tobytes()


def test_same_bits_fused_or_not():
    """The sum of x * y * 2, heavy or light, equals the sum of the stored product."""
    rng = np.random.default_rng(6)
    x, y = (rng.standard_normal((50, 333)).astype(np.float32) for _ in range(2))
    program = [step("load", f32, (), 0), step("load", f32, (), 1), step("mul", f32, (0, 1))]
    program += [step("add", f32, (2 + k, 2 + k)) for k in range(14)]
    product = x * y * np.float32(2**14)
    for vector, axis in (("reduced", 1), ("kept", 0)):
        end = len(program)
        stages = (
            Stage(tuple(program), (Reduction("sum", end - 1),)),
            Stage((step("reduced", f32, (), (0, 0)),), (), ((2, end),), per_item=True),
        )
        nest = LoopNest(1, 1, vector, (Access(f32), Access(f32), Access(f32)), stages, frozenset({2}))
        out = np.zeros(x.shape[1 - axis], np.float32)
        walk = steps(x) if axis == 1 else steps(x)[::-1]
        operands = [Operand(Pointer(1), 0, walk), Operand(Pointer(2), 0, walk), Operand(Pointer(3), 0, (1, 0))]
        run(loop_task(nest, out.shape, (x.shape[axis],), operands), x, y, out)
        assert out.tobytes() == reduce_array("sum", f32, product, [axis]).tobytes()


@pytest.mark.parametrize("fn", ["sum", "argmax"])
@pytest.mark.parametrize("shape", [(2, 2), (17, 70), (70, 300), (33, 1024), (20, 1100), (3, 40, 50)])
def test_rows_whose_neighbours_lie_in_other_rows(fn, shape):
    """The last dimension reduced, the one before it contiguous: same bits as over dense rows."""
    x = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    turned = np.ascontiguousarray(x.swapaxes(-1, -2)).swapaxes(-1, -2)
    last = [len(shape) - 1]
    assert reduce_array(fn, f32, turned, last, 2).tobytes() == reduce_array(fn, f32, x, last).tobytes()


def test_softmax_of_turned_rows():
    x = np.random.default_rng(0).standard_normal((200, 70)).astype(np.float32).T
    memory, out = fenced((200, 70), f32)
    nest = softmax("reduced")
    nest = LoopNest(1, 1, "reduced", (Access(f32, inner=None),) * 2, nest.stages, nest.outputs)
    run(loop_task(nest, (70,), (200,), [operand(1, x), operand(2, out.T)]), x, out, threads=2)
    e = np.exp(x.astype(np.float64))
    np.testing.assert_allclose(out.T, e / e.sum(1, keepdims=True), rtol=1e-6)
    assert fences_stand(memory)


@pytest.mark.parametrize("vector", ["kept", "reduced"])
@pytest.mark.parametrize("length", [100, 10, 3, 0])
def test_pieces(vector, length):
    """Partial results of a split nest: ceil(n / pieces) of the first reduced dimension each; the last may be empty."""
    x = np.random.default_rng(0).standard_normal((length, 37)).astype(np.float64)
    kept, reduced = ((), (length, 37)) if vector == "reduced" else ((37,), (length,))
    partial = np.ones((7, *kept))
    nest = reduction("sum", f64, vector, len(kept), len(reduced), split=True)
    walk = (37, 1) if vector == "reduced" else (1, 37)
    out = Operand(Pointer(2), 0, (1,) * len(kept) + (0,) * len(reduced), piece=37 if kept else 1)
    run(loop_task(nest, kept, reduced, [Operand(Pointer(1), 0, walk), out], pieces=7), x, partial, threads=2)
    long = -(-length // 7)
    expected = [x[p * long : (p + 1) * long].sum(axis=(0, 1) if vector == "reduced" else 0) for p in range(7)]
    np.testing.assert_allclose(partial, expected, rtol=1e-12, atol=1e-12)


def test_one_piece_of_a_vector():
    """A single reduced dimension, cut in pieces that end inside vectors."""
    x = np.random.default_rng(0).standard_normal(1000).astype(np.float32)
    partial = np.ones(9, np.float32)
    operands = [operand(1, x), Operand(Pointer(2), 0, (0,), piece=1)]
    nest = reduction("sum", f32, "reduced", 0, 1, split=True)
    run(loop_task(nest, (), (1000,), operands, pieces=9), x, partial, threads=2)
    np.testing.assert_allclose(
        partial, [x[i : i + 112].astype(np.float64).sum() for i in range(0, 1000, 112)], rtol=1e-5
    )


# ---- several stages ----


def softmax(vector, stored=False):
    """stored: exponentials are kept in the output and loaded again, instead of being computed twice."""
    numerator = (step("load", f32, (), 1),) if stored else ()
    stages = (
        Stage((step("load", f32, (), 0),), (Reduction("max", 0),)),
        Stage(
            (step("reduced", f32, (), (0, 0)), step("sub", f32, (0, 1)), step("exp", f32, (2,))),
            (Reduction("sum", 3),),
            ((1, 3),) if stored else (),
        ),
        Stage((step("reduced", f32, (), (1, 0)), step("reciprocal", f32, (4,))), per_item=True),
        Stage((*numerator, step("mul", f32, (6 if stored else 3, 5))), (), ((1, 7 if stored else 6),)),
    )
    return LoopNest(1, 1, vector, (Access(f32), Access(f32)), stages, frozenset({1}))


@pytest.mark.parametrize("vector", ["kept", "reduced"])
@pytest.mark.parametrize("shape", [(3, 10), (70, 200), (1, 1), (5, 64)])
@pytest.mark.parametrize("stored", [False, True])
def test_softmax(vector, shape, stored):
    x = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    if vector == "kept":
        x = np.ascontiguousarray(x.T).T
    memory, out = fenced(x.size, f32)
    out = out.reshape(shape) if vector == "reduced" else out.reshape(shape[::-1]).T
    run(loop_task(softmax(vector, stored), shape[:1], shape[1:], [operand(1, x), operand(2, out)]), x, out, threads=2)
    e = np.exp(x.astype(np.float64))
    np.testing.assert_allclose(out, e / e.sum(1, keepdims=True), rtol=1e-6)
    assert fences_stand(memory)


def test_layer_norm_with_saved_statistics():
    """Two sums at once, per-item arithmetic, a store per item and one per element."""
    x = np.random.default_rng(0).standard_normal((9, 100)).astype(np.float32)
    weight = np.linspace(0, 1, 100, dtype=np.float32)
    stages = (
        Stage((step("load", f32, (), 0), step("mul", f32, (0, 0))), (Reduction("sum", 0), Reduction("sum", 1))),
        Stage(
            (
                step("reduced", f32, (), (0, 0)),
                step("reduced", f32, (), (0, 1)),
                step("const", f32, (), 0.01),
                step("mul", f32, (2, 4)),
                step("mul", f32, (3, 4)),
                step("mul", f32, (5, 5)),
                step("sub", f32, (6, 7)),
                step("rsqrt", f32, (8,)),
            ),
            (),
            ((1, 5), (2, 9)),
            per_item=True,
        ),
        Stage(
            (step("sub", f32, (0, 5)), step("mul", f32, (10, 9)), step("load", f32, (), 3), step("mul", f32, (11, 12))),
            (),
            ((4, 13),),
        ),
    )
    nest = LoopNest(1, 1, "reduced", (Access(f32),) * 5, stages, frozenset({1, 2, 4}))
    mean, scale, out = np.zeros(9, np.float32), np.zeros(9, np.float32), np.zeros((9, 100), np.float32)
    rows = [
        Operand(Pointer(k), 0, strides) for k, strides in enumerate([(100, 1), (1, 0), (1, 0), (0, 1), (100, 1)], 1)
    ]
    run(loop_task(nest, (9,), (100,), rows), x, mean, scale, weight, out)
    wide = x.astype(np.float64)
    np.testing.assert_allclose(mean, wide.mean(1), atol=1e-7)
    np.testing.assert_allclose(scale, 1 / wide.std(1), rtol=1e-5)
    np.testing.assert_allclose(
        out, (wide - wide.mean(1, keepdims=True)) / wide.std(1, keepdims=True) * weight, atol=1e-5
    )


# ---- masks and rows ----


@pytest.mark.parametrize("stride", [1, 2])
def test_padding(stride):
    """A masked operand: the fill value outside, and no memory touched there."""
    source = np.arange(1, 1 + 6 * 40 * stride, dtype=np.float32).reshape(6, -1)[:, ::stride]
    nest = LoopNest(
        2, 0, "kept", (Access(f32, inner=inner(stride), bounds=True, fill=-3.0), Access(f32)),
        (Stage((step("load", f32, (), 0),), (), ((1, 0),), True),), frozenset({1}),
    )  # fmt: skip
    out = np.zeros((9, 70), np.float32)
    walk = steps(source)
    x = Operand(Pointer(1), -2 * walk[0] - 17 * walk[1], walk, bounds=((2, 8), (17, 57)))
    run(loop_task(nest, (9, 70), (), [x, operand(2, out)]), source, out, threads=2)
    np.testing.assert_array_equal(out, np.pad(source, ((2, 1), (17, 13)), constant_values=-3))


def take(rest, index_inner):
    """out[i, j] = source[index[i], j] (rest), or out[i] = source[index[i]]."""
    program = (step("load", i64, (), 1), step("load", f32, (0,), 0))
    accesses = (Access(f32, inner=1 if rest else 0), Access(i64, inner=index_inner), Access(f32))
    return LoopNest(1 + rest, 0, "kept", accesses, (Stage(program, (), ((2, 1),), True),), frozenset({2}))


@pytest.mark.parametrize("rest", [0, 1])
def test_checked_rows(rest):
    source = np.random.default_rng(0).standard_normal((11, 30) if rest else 11).astype(np.float32)
    index = np.random.default_rng(1).integers(0, 11, 100)
    memory, out = fenced((100, 30) if rest else (100,), f32)
    operands = [
        Operand(Pointer(1), 0, (0, 1) if rest else (0,), row=(30 if rest else 1, 11, 77)),
        Operand(Pointer(2), 0, (1, 0) if rest else (1,)),
        operand(3, out),
    ]
    task = loop_task(take(rest, 0 if rest else 1), out.shape, (), operands)
    assert run(task, source, index, out) is None
    np.testing.assert_array_equal(out, source[index])
    for wrong in (11, -1, 1 << 40):
        index[57] = wrong
        assert tuple(run(task, source, index, out))[1:] == (77, wrong, 11)
    assert fences_stand(memory)


def test_rows_of_an_empty_source():
    index, out = np.zeros(5, np.int64), np.zeros(5, np.float32)
    operands = [Operand(Pointer(1), 0, (0,), row=(1, 0, 1)), operand(1, index), operand(2, out)]
    assert tuple(run(loop_task(take(0, 1), (5,), (), operands), index, out))[1:] == (1, 0, 0)


# ---- other processors ----


@pytest.mark.parametrize("target", [targets.AVX2, targets.NEON], ids=lambda t: t.name)
def test_same_bits_on_other_vector_widths(target, monkeypatch):
    """The generated text for narrower vectors runs here too, and sums in the same order."""
    x = np.random.default_rng(0).standard_normal((40, 333)).astype(np.float32)
    cases = [(fn, f32, x, [axis]) for fn in ("sum", "dot") for axis in (0, 1)]
    expected = [reduce_array(*case).tobytes() for case in cases]
    monkeypatch.setattr(frame, "Builder", lambda chosen: Builder(target))
    monkeypatch.setattr(kernel, "_loop_kernel", kernel._loop_kernel.__wrapped__)
    monkeypatch.setattr(kernel, "Kernel", lambda key, build: Kernel((target.name, key), build))
    assert [reduce_array(*case).tobytes() for case in cases] == expected
