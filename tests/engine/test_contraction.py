"""Matrix products against float64 NumPy: sizes, strides, dtypes, epilogues, threads, processors."""

import llvmlite.binding as llvm
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from products import add_and_relu, matmul, matrix, run

from flambeau import dtypes
from flambeau.codegen import tiling
from flambeau.codegen.contraction import matmul_launches
from flambeau.codegen.cut import Workspace
from flambeau.codegen.loops import Access, Epilogue, Instruction
from flambeau.codegen.microkernel import steps, tile_for
from flambeau.codegen.targets import AVX2, AVX512, BY_NAME, host

SIZES = st.sampled_from([1, 2, 3, 5, 6, 7, 10, 14, 15, 16, 17, 31, 33, 64, 65, 100])
ORDERS = st.sampled_from([(0, 1, 2), (0, 2, 1), (1, 0, 2), (2, 1, 0)])
WIDTHS = [AVX2] if host().name == AVX512.name else []
few = settings(max_examples=60, deadline=None)


def sample(seed, *shape, of=dtypes.float32):
    rng = np.random.default_rng(seed)
    return rng.standard_normal(shape).astype(of.numpy) if of.is_floating_point else rng.integers(-9, 9, shape, of.numpy)


def stored(array, order):
    """The array in memory with its dimensions in another order."""
    return np.ascontiguousarray(array.transpose(order)).transpose(np.argsort(order))


def close(result, exact, terms, of=dtypes.float32):
    eps = {dtypes.float64: 2e-16, dtypes.float16: 1e-3}.get(of, 1.2e-7)
    np.testing.assert_allclose(np.asarray(result, np.float64), exact, rtol=4 * eps, atol=4 * eps * max(terms, 8))


@few
@given(st.integers(1, 3), SIZES, SIZES, SIZES, ORDERS, ORDERS, ORDERS, st.sampled_from([host(), *WIDTHS]))
def test_sizes_and_strides(batch, m, n, k, order_a, order_b, order_c, target):
    a, b = stored(sample(1, batch, m, k), order_a), stored(sample(2, batch, k, n), order_b)
    out = stored(np.zeros((batch, m, n), np.float32), order_c)
    close(matmul(dtypes.float32, a, b, out=out, target=target), a.astype(float) @ b, k)


@pytest.mark.parametrize("of", [dtypes.float64, dtypes.float16, dtypes.int64, dtypes.int32, dtypes.uint8], ids=repr)
@pytest.mark.parametrize("shape", [(7, 33, 5), (40, 3, 90), (1, 20, 9), (20, 1, 9)])
def test_dtypes(of, shape):
    m, n, k = shape
    a, b = (
        sample(1, 2, m, k, of=of) if of is not dtypes.uint8 else sample(1, 2, m, k, of=dtypes.int64).astype("u1"),
        None,
    )
    b = sample(2, 2, k, n, of=dtypes.int64).astype(of.numpy)
    result = matmul(of, a, b)
    if of.is_floating_point:
        close(result, a.astype(float) @ b.astype(float), k, of)
    else:
        assert (result == a @ b).all()


@pytest.mark.parametrize("k", [0, 5000, 40000])
@pytest.mark.parametrize("m, n", [(3, 5), (70, 20), (1, 40)])
def test_long_and_empty_sums(m, n, k):
    a, b = sample(1, 1, m, k), sample(2, 1, k, n)
    close(matmul(dtypes.float32, a, b), a.astype(float) @ b, k)


@pytest.mark.parametrize("m", [1, 5])
def test_weights_shared_by_a_batch(m):
    a, b = sample(1, 30, m, 20), np.broadcast_to(sample(2, 1, 20, 33), (30, 20, 33))
    bias = np.broadcast_to(sample(3, 1, 1, 33), (30, m, 33))
    residual = np.broadcast_to(sample(4, 30, 1, 33), (30, m, 33))
    for operands in ([bias], [residual], [bias, residual]):
        exact = np.maximum(a.astype(float) @ b + sum(operands), 0)
        close(matmul(dtypes.float32, a, b, add_and_relu(dtypes.float32, operands), operands), exact, 20)


@pytest.mark.parametrize("of", [dtypes.float32, dtypes.float64, dtypes.float16], ids=repr)
@pytest.mark.parametrize("batch, n, k", [(1, 140, 300), (2, 260, 257), (1, 130, 4000)])
@pytest.mark.parametrize("target", [host(), *WIDTHS])
def test_transposed_rows_whose_factors_share_a_set_of_the_cache(batch, n, k, of, target):
    m = 4096 // of.itemsize
    a, b = stored(sample(1, batch, m, k, of=of), (0, 2, 1)), sample(2, batch, k, n, of=of)
    bias = np.broadcast_to(sample(3, 1, m, 1, of=of), (batch, m, n))
    result = matmul(of, a, b, add_and_relu(of, [bias]), [bias], target=target)
    close(result, np.maximum(a.astype(float) @ b.astype(float) + bias, 0), k, of)
    assert (result == matmul(of, a, b, add_and_relu(of, [bias]), [bias], threads=2, target=target)).all()
    dense = np.ascontiguousarray(a)
    assert (result == matmul(of, dense, b, add_and_relu(of, [bias]), [bias], target=target)).all()


def test_no_matrices():
    assert matmul(dtypes.float32, sample(1, 0, 3, 4), sample(2, 0, 4, 5)).shape == (0, 3, 5)
    assert matmul(dtypes.float32, sample(1, 2, 0, 4), sample(2, 2, 4, 5)).shape == (2, 0, 5)


@few
@given(SIZES, SIZES, SIZES, st.booleans(), st.sampled_from([host(), *WIDTHS]))
def test_bias_residual_and_relu(m, n, k, flip, target):
    a, b, shape = sample(1, 2, m, k), sample(2, 2, k, n), (2, m, n)
    out = stored(np.zeros(shape, np.float32), (0, 2, 1) if flip else (0, 1, 2))
    bias, number = (np.broadcast_to(x, shape) for x in (sample(3, 1, 1, n), sample(5, 1, 1, 1)))
    operands = [bias, stored(sample(4, *shape), (0, 2, 1)), number]
    exact = np.maximum(a.astype(float) @ b + sum(x.astype(float) for x in operands), 0)
    close(matmul(dtypes.float32, a, b, add_and_relu(dtypes.float32, operands), operands, out, target=target), exact, k)


@pytest.mark.parametrize("k", [20, 5000])
def test_an_epilogue_may_change_the_dtype_and_be_long(k):
    a, b = sample(1, 1, 9, k), sample(2, 1, k, 21)
    code = [Instruction("load", dtypes.float32, (), 0)]
    code += [Instruction("neg", dtypes.float32, (i,)) for i in range(8)]
    code.append(Instruction("cast", dtypes.float64, (8,)))
    out = np.zeros((1, 9, 21))
    close(matmul(dtypes.float32, a, b, Epilogue((), tuple(code), 9), out=out), a.astype(float) @ b, k)


def test_an_operand_may_be_the_result_itself():
    a, b, c = sample(1, 1, 50, 9000), sample(2, 1, 9000, 40), sample(3, 1, 50, 40)
    add = (
        Instruction("load", dtypes.float32, (), 0),
        Instruction("load", dtypes.float32, (), 1),
        Instruction("add", dtypes.float32, (0, 1)),
    )
    at = [matrix(slot, array) for slot, array in enumerate((a, b, c), 2)]
    epilogue = Epilogue((Access(dtypes.float32),), add, 2)

    def launches(workspace):
        space = Workspace(workspace)
        return matmul_launches(dtypes.float32, 1, 50, 40, 9000, *at, epilogue, at[2:], space), space.bytes

    close(run(launches, [a, b, c])[2], a.astype(float) @ b + c, 9000)


SHAPES = [(300, 70, 65), (64, 64, 30000), (1, 500, 300), (500, 1, 300), (33, 10, 20000)]


@pytest.mark.parametrize("m, n, k", SHAPES)
def test_same_bits_for_threads_strides_and_epilogues(m, n, k):
    a, b = sample(1, 1, m, k), sample(2, 1, k, n)
    one = matmul(dtypes.float32, a, b)
    assert (matmul(dtypes.float32, a, b, threads=2) == one).all()
    for order in ((0, 1, 2), (0, 2, 1)):
        assert (matmul(dtypes.float32, stored(a, order), b) == one).all()
        assert (matmul(dtypes.float32, a, stored(b, order)) == one).all()
        assert (matmul(dtypes.float32, a, b, out=stored(np.zeros_like(one), order)) == one).all()
    assert (matmul(dtypes.float32, a, b, add_and_relu(dtypes.float32, [])) == np.maximum(one, 0)).all()


@pytest.mark.parametrize("of", [dtypes.float32, dtypes.float64, dtypes.float16, dtypes.int64], ids=repr)
@pytest.mark.parametrize(
    "m, n, k", [(1, 100, 600), (1, 1, 1100), (3, 7, 129), (8, 40, 515), (9, 48, 600), (150, 70, 300)]
)
def test_a_weight_is_read_across_its_rows_without_memory_of_its_own(m, n, k, of):
    a, weight = sample(1, 2, m, k, of=of), stored(sample(2, 2, k, n, of=of), (0, 2, 1))
    bias = np.broadcast_to(sample(3, 1, 1, n, of=of), (2, m, n))
    exact = a.astype(float) @ weight.astype(float)
    result = matmul(of, a, weight)
    if not of.is_floating_point:
        assert (result == exact).all()
        return
    close(result, exact, k, of)
    assert (matmul(of, a, weight, threads=2) == result).all()
    assert (matmul(of, a, np.ascontiguousarray(weight)) == result).all()
    finished = matmul(of, a, weight, add_and_relu(of, [bias]), [bias])
    close(finished, np.maximum(exact + bias.astype(float), 0), k, of)
    if m <= 100:
        at = [matrix(slot, array) for slot, array in enumerate((a, weight, result), 2)]
        space = Workspace()
        assert matmul_launches(of, 2, m, n, k, *at, space=space) and space.bytes == 0


@few
@given(
    st.integers(1, 9), st.sampled_from([1, 16, 40, 130, 300]), st.integers(1, 1200), st.sampled_from([host(), *WIDTHS])
)
def test_few_rows_and_long_sums(m, n, k, target):
    a, b = sample(1, 1, m, k), sample(2, 1, k, n)
    one = matmul(dtypes.float32, a, b, target=target)
    close(one, a.astype(float) @ b, k)
    assert (matmul(dtypes.float32, stored(a, (0, 2, 1)), stored(b, (0, 2, 1)), target=target) == one).all()
    swapped = matmul(dtypes.float32, b.transpose(0, 2, 1), a.transpose(0, 2, 1), target=target)
    assert (swapped.transpose(0, 2, 1) == one).all()


@pytest.mark.parametrize("rows, columns", [(r, c) for r in (1, 2, 7, 9, 64, 129, 5000) for c in (1, 10, 100, 257)])
def test_tiles_compute_little_in_vain(rows, columns):
    tile = tile_for(AVX512, dtypes.float32, rows, columns)
    vectors = -(-columns // tile.lanes)
    assert tile.rows <= 8 and tile.vectors * (tile.rows + 1) < 32
    assert steps(tile, rows, columns) <= 1.2 * max(rows, 8) * max(vectors, 4)


@pytest.mark.parametrize("name", BY_NAME)
@pytest.mark.parametrize("of", [dtypes.float32, dtypes.float64], ids=repr)
def test_every_processor_has_valid_code(name, of):
    for partial, image, masked, columns in (
        (True, "sums", True, 500),
        (False, "rows", False, 3),
        (False, "windows", False, 64),
        (True, None, True, 9),
    ):
        tile = tile_for(BY_NAME[name], of, 50, columns)
        assert tile.vectors * (tile.rows + 1) < BY_NAME[name].registers
        structure = tiling.Structure(of, tile, name, partial, image, masked, None if partial else (1, 1), Epilogue())
        llvm.parse_assembly(tiling.kernel(structure).build()).verify()
