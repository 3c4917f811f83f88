"""What the scheduler makes of graphs: how many kernels, of which kind, in whose memory; and that the numbers stay."""

import warnings

import numpy as np
import pytest
from programs import check, execute, run_program, same_bits

from flambeau import dtypes, ir, schedule
from flambeau.runtime.interpret import interpret
from flambeau.schedule import plan, views
from flambeau.schedule.explain import explain
from flambeau.schedule.passes import PLACING, SHAPING

F32 = dtypes.float32


def source(slot, *shape, dtype=F32):
    return ir.input_(slot, shape, dtype)


def randoms(*shapes, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(shape).astype(np.float32) for shape in shapes]


def relu(node):
    return ir.map_("maximum", node, 0.0)


def softmax_parts(x):
    top = x.max([1])
    return top, (x - top).exp(), (x - top).exp().sum([1])


def layer_norm(x, w, b):
    n = x.shape[1]
    centred = x - x.sum([1]) / float(n)
    variance = (centred * centred).sum([1]) / float(n)
    return centred * ir.map_("rsqrt", variance + 1e-5) * w + b


def conv(x, w, padding=1):
    attrs = {"stride": (1, 1), "padding": (padding, padding), "dilation": (1, 1), "groups": 1}
    shape = (
        x.shape[0],
        w.shape[0],
        x.shape[2] + 2 * padding - w.shape[2] + 1,
        x.shape[3] + 2 * padding - w.shape[3] + 1,
    )
    return ir.Node("conv", (x, w), attrs, shape, x.dtype)


def kinds(program):
    return [k.kind for k in program.kernels]


# ---------------------------------------------------------------- golden numbers of kernels
def test_a_chain_and_its_sum_are_one_kernel():
    x, y = source(0, 30, 50), source(1, 30, 50)
    program = check([(ir.map_("tanh", x * y + 1.0) * x).sum([0, 1])], randoms((30, 50), (30, 50)))
    assert kinds(program) == ["loops"]


def test_softmax_is_one_kernel():
    x = source(0, 40, 33)
    _, e, total = softmax_parts(x)
    assert kinds(check([e / total], randoms((40, 33)))) == ["loops"]


def test_cross_entropy_is_two_kernels_at_most():
    x, target = source(0, 64, 10), source(1, 64, dtype=dtypes.int64)
    top, _, total = softmax_parts(x)
    logp = (x - top) - total.log()
    rows = ir.view(ir.iota((640,)), (64,), (10,), 0) + target
    loss = ir.take(logp.reshape((640,)), rows).sum([0]) * (-1 / 64)
    labels = np.random.default_rng(0).integers(0, 10, 64)
    assert len(check([loss], [*randoms((64, 10)), labels]).kernels) <= 2


def test_layer_norm_is_one_kernel():
    program = check(
        [layer_norm(source(0, 32, 100), source(1, 100), source(2, 100))], randoms((32, 100), (100,), (100,))
    )
    assert kinds(program) == ["loops"]


def test_transposed_sum_is_one_kernel():
    x, y = source(0, 30, 50), source(1, 50, 30)
    assert kinds(check([x.permute((1, 0)) + y], randoms((30, 50), (50, 30)))) == ["loops"]


def test_several_results_of_one_space_are_one_kernel():
    x = source(0, 30, 50)
    assert len(check([relu(x), x > 0.0, x.exp() * 2.0], randoms((30, 50))).kernels) == 1


def test_concatenation_is_one_launch_and_copies_nothing_twice():
    a, b = source(0, 10, 4), source(1, 10, 6)
    base = ir.full(0.0, (10, 10), F32)
    whole = ir.update(ir.update(base, relu(a), (10, 1), 0), b, (10, 1), 4)
    program = check([whole], randoms((10, 4), (10, 6)))
    assert len(program.kernels) == 1
    assert program.kernels[0].bytes == 2 * 4 * 100


def test_linear_layer_is_one_kernel():
    x, w, b = source(0, 4, 16, 40), source(1, 24, 40), source(2, 24)
    flat = ir.matmul(x.reshape((64, 40)), w.permute((1, 0)))
    program = check([relu(flat.reshape((4, 16, 24)) + b)], randoms((4, 16, 40), (24, 40), (24,)), tolerance=1e-4)
    assert kinds(program) == ["contraction"]


def test_gated_epilogue_is_one_kernel():
    x, w = source(0, 64, 40), source(1, 40, 24)
    y = ir.matmul(x, w) * 0.5
    program = check([y * ir.map_("sigmoid", y)], randoms((64, 40), (40, 24)), tolerance=1e-4)
    assert kinds(program) == ["contraction"]


def test_the_epilogues_of_a_long_sum_of_products_are_bounded():
    terms = 70
    factors = [(source(2 * i, 8, 8), source(2 * i + 1, 8, 8)) for i in range(terms)]
    total = ir.matmul(*factors[0])
    for a, b in factors[1:]:
        total = total + ir.matmul(a, b)
    program = check([total], randoms(*[(8, 8)] * (2 * terms)), tolerance=1e-3)
    assert len(program.kernels) == terms
    assert max(len(record.fused) for record in program.kernels) <= 16


def test_convolutions_stay_channels_last_between_them():
    x, w, b, w2 = source(0, 2, 3, 8, 8), source(1, 16, 3, 3, 3), source(2, 16), source(3, 8, 16, 3, 3)
    arrays = randoms((2, 3, 8, 8), (16, 3, 3, 3), (16,), (8, 16, 3, 3))
    y = relu(conv(x, w) + b.reshape((16, 1, 1)))
    attrs = {"fn": "max", "window": (2, 2), "stride": (2, 2), "padding": (0, 0), "dilation": (1, 1)}
    pooled = ir.Node("pool", (y,), attrs, (2, 16, 4, 4), F32)
    program = check([conv(pooled, w2)], arrays, tolerance=1e-4, any_layout=[0])
    assert kinds(program) == ["loops", "contraction", "pool", "contraction"]
    assert program.orders == [(0, 2, 3, 1)]
    # One more launch where the caller wants (N, C, H, W) memory.
    assert kinds(check([conv(pooled, w2)], arrays, tolerance=1e-4)) == [*kinds(program), "loops"]


def test_a_step_of_an_optimizer_is_one_launch_in_place():
    outputs, shapes = [], []
    for number in range(10):
        shape = (number + 3, 5)
        parameter, gradient, momentum = (source(3 * number + i, *shape) for i in range(3))
        new = momentum * 0.9 + gradient
        outputs += [parameter - new * ir.scalar(0, F32), new]
        shapes += [shape] * 3
    dead = {slot: None if slot % 3 == 1 else slot // 3 * 2 + (slot % 3 == 2) for slot in range(30)}
    program = check(outputs, randoms(*shapes), [0.1], dead=dead)
    assert len(program.kernels) == 1
    assert program.donations == {output: output // 2 * 3 + 2 * (output % 2) for output in range(20)}


def test_equal_computations_run_once():
    x = source(0, 100)
    program = check([ir.map_("tanh", x * 2.0) + ir.map_("tanh", x * 2.0)], randoms((100,)))
    assert program.kernels[0].fused == ("mul tanh add",)


# ---------------------------------------------------------------- exactness
def test_simplification_keeps_signed_zeros_and_nan():
    x = source(0, 4)
    array = np.array([-0.0, 0.0, np.nan, -np.inf], np.float32)
    wanted = [x + 0.0, x - 0.0, x * 1.0, -(x * -1.0), x * 0.0]
    for found, expected in zip(execute(wanted, [array]), interpret(wanted, [array])):
        assert same_bits(found, expected)


def test_a_sum_has_the_same_bits_whatever_is_fused_and_however_it_lies():
    (array,) = randoms((70, 33, 9))
    x = source(0, 70, 33, 9)
    turned = source(0, 9, 33, 70).permute((2, 1, 0))
    for axes in ([0], [1, 2], [0, 1], [0, 1, 2], [1], [2]):
        (alone,) = execute([x.sum(axes)], [array])
        fused = execute([(x.exp() * 2.0).sum(axes), x.sum(axes), x - x.sum(axes)], [array])
        (strided,) = execute([turned.sum(axes)], [array.transpose(2, 1, 0)])
        assert same_bits(fused[1], alone)
        assert same_bits(strided, alone)


def test_long_sums_in_pieces():
    (array,) = randoms((300, 1001))
    x = source(0, 300, 1001)
    wanted = [x.sum([0, 1]) / 3.0, (x * x).sum([0, 1]), x.max([0, 1])]
    check(wanted, [array], tolerance=1e-3)
    check([ir.reduce("argmax", x, [0, 1])], [array])


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0), ()])
def test_empty_and_zero_dimensional_arrays(shape):
    x = source(0, *shape)
    wanted = [x * 2.0, x.sum(range(len(shape))), x.reshape((1, *shape)).expand((2, *shape)).reshape((2 * x.size,))]
    check(wanted, randoms(shape))


def test_matmul_over_nothing_is_zero():
    check(
        [ir.matmul(source(0, 3, 0), source(1, 0, 4)) + 1.0],
        [np.zeros((3, 0), np.float32), np.zeros((0, 4), np.float32)],
    )


# ---------------------------------------------------------------- batches of matrices
def heads(slot, batch, length, count, size):
    """Heads (batch * count, length, size) of an array (batch, length, count, size)."""
    array = source(slot, batch, length, count, size).permute((0, 2, 1, 3))
    return array.reshape((batch * count, length, size))


@pytest.mark.parametrize("batch, count", [(2, 3), (3, 70), (70, 3), (1, 4), (4, 1)])
def test_heads_are_read_where_they_stand(batch, count):
    q, k, v = (heads(slot, batch, 9, count, 5) for slot in range(3))
    scores = ir.matmul(q, k.permute((0, 2, 1))) * 0.5
    arrays = randoms(*[(batch, 9, count, 5)] * 3)
    assert kinds(check([ir.matmul(scores, v)], arrays)) == ["contraction", "contraction"]
    residual = source(3, *scores.shape)
    assert kinds(check([relu(scores + residual)], [*arrays, *randoms(scores.shape)])) == ["contraction"]


def test_batches_of_more_than_two_strides_are_copied():
    x, y = source(0, 3, 4, 5, 6, 2), source(1, 60, 2, 6)
    permuted = x.permute((2, 1, 0, 3, 4)).reshape((60, 6, 2))
    check([ir.matmul(permuted, y)], randoms(x.shape, y.shape))
    many = source(0, 65, 5, 65, 3).permute((0, 2, 1, 3)).reshape((65 * 65, 5, 3))
    check([ir.matmul(many, many.permute((0, 2, 1)))], randoms((65, 5, 65, 3)))


@pytest.mark.parametrize("dtype", [dtypes.float64, dtypes.float16, dtypes.int64, dtypes.int32, dtypes.uint8])
def test_other_types(dtype):
    rng = np.random.default_rng(0)
    arrays = [rng.integers(0, 6, (5, 20)).astype(dtype.numpy), rng.integers(0, 6, (20, 5)).astype(dtype.numpy)]
    x, y = source(0, 5, 20, dtype=dtype), source(1, 20, 5, dtype=dtype)
    check([x * x + y.permute((1, 0)), x.sum([1]), (x > 2).max([0]), ir.matmul(x, y)], arrays)


def test_complex_numbers_run_in_numpy():
    array = (np.arange(6) + 1j).astype(np.complex64).reshape(2, 3)
    x = source(0, 2, 3, dtype=dtypes.complex64)
    check([(x * x).permute((1, 0)), x.sum([1])], [array])


def test_a_fault_is_told():
    x, index = source(0, 5, 3), source(1, 2, dtype=dtypes.int64)
    wanted = [ir.take(x, index) * 2.0]
    program = schedule.build(wanted, 2)
    output = np.zeros((2, 3), np.float32)
    array, wrong = randoms((5, 3))[0], np.array([1, 5])
    status = program.run([array.ctypes.data, wrong.ctypes.data], [], [output.ctypes.data])
    assert tuple(status) == (1, 0, 5, 5)


# ---------------------------------------------------------------- memory
def test_temporaries_share_memory():
    x, w = source(0, 64, 64), source(1, 64, 64)
    node = x
    for _ in range(8):
        node = ir.matmul(node, w)
    places = plan.Planner([node], 2, 0, {}).places
    assert places.scratch == 2 * 64 * 64 * 4


def test_written_arrays_leave_their_old_value_to_others():
    x = source(0, 20)
    changed = ir.update(x * 1.5, ir.full(9.0, (5,), F32), (2,), 1)
    check([changed, x * 1.5, ir.update(x, changed, (1,), 0)], randoms((20,)), dead=[0])


# ---------------------------------------------------------------- views and passes
def test_compose_refuses_what_carries_over():
    assert views.compose((24,), (1,), 0, (4, 6), (1, 4), 0) is None
    assert views.compose((24,), (1,), 0, (4, 6), (6, 1), 0) == ((1,), 0)
    assert views.compose((3, 2), (2, 1), 0, (6,), (-1,), 5) == ((-2, -1), 5)


def test_passes_keep_the_values():
    x, w = source(0, 2, 3, 6, 6), source(1, 4, 3, 3, 3)
    y = relu(conv(x, w) * 1.0)
    wanted = [
        y.sum([0, 2, 3]),
        y.permute((0, 2, 3, 1)).reshape((2, 144)),
        ir.update(y, y, ir.contiguous_strides(y.shape), 0),
    ]
    arrays = randoms((2, 3, 6, 6), (4, 3, 3, 3))
    expected = interpret(wanted, arrays)
    for each in [*SHAPING, *PLACING]:
        wanted = each(wanted)
        for found, value in zip(interpret(wanted, arrays), expected):
            np.testing.assert_allclose(found.reshape(value.shape), value, rtol=1e-5, atol=1e-5)


def test_without_llvmlite_it_runs_in_numpy(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "llvmlite.binding", None)
    schedule.has_compiler.cache_clear()
    x = source(0, 5)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        program = schedule.build([x * 2.0], 1)
    schedule.has_compiler.cache_clear()
    assert [w.category for w in caught] == [RuntimeWarning]
    (array,) = randoms((5,))
    np.testing.assert_array_equal(run_program(program, [x], [array])[0], array * 2)


def test_long_chains_are_cut_into_kernels_of_bounded_size():
    node = source(0, 100)
    for _ in range(1500):
        node = node * 0.99 + 0.01
    program = check([node], [np.ones(100, np.float32)], tolerance=1e-3)
    assert 2 <= len(program.kernels) <= 50


def test_row_values_that_need_no_reduction():
    x, w = source(0, 40, 30), source(1, 40)
    scale = ir.map_("tanh", w * 0.5)
    y = (x * scale.reshape((40, 1))).sum([1]) * scale.reshape((40, 1))
    check([y, scale, x - y], randoms((40, 30), (40,)))


def test_costly_values_are_not_computed_again_for_every_pass():
    x = source(0, 64, 100)
    noise = ir.map_("lgamma", ir.iota((64, 100)).cast(F32))
    kept = x * noise
    centred = kept - kept.sum([1]) / 100.0
    program = check([centred], randoms((64, 100)), tolerance=1e-4)
    assert len(program.kernels) == 2


def test_concatenated_images_stay_channels_last():
    x, w = source(0, 2, 3, 8, 8), source(1, 16, 3, 3, 3)
    y = relu(conv(x, w))
    shape = (2, 32, 8, 8)
    strides = ir.contiguous_strides(shape)
    both = ir.update(ir.update(ir.full(0.0, shape, F32), y, strides, 0), y * 2.0, strides, 16 * 64)
    program = check([both], randoms((2, 3, 8, 8), (16, 3, 3, 3)), tolerance=1e-4, any_layout=[0])
    assert program.orders == [(0, 2, 3, 1)]


def test_a_batch_norm_has_no_conversions_between_its_neighbours():
    x, w, w2 = source(0, 2, 8, 8, 8), source(1, 16, 8, 3, 3), source(2, 8, 16, 3, 3)
    y = conv(x, w)
    n = y.size / 16
    centred = y - y.sum([0, 2, 3]) / n
    normal = relu(centred * ir.map_("rsqrt", (centred * centred).sum([0, 2, 3]) / n + 1e-5))
    program = check(
        [conv(normal, w2)], randoms((2, 8, 8, 8), (16, 8, 3, 3), (8, 16, 3, 3)), tolerance=1e-3, any_layout=[0]
    )
    assert kinds(program)[0] == "loops" and "copy" not in [k.label for k in program.kernels[1:]]


def test_kernels_serve_other_sizes_and_constants():
    def tasks(n, eps):
        x = source(0, 40, n)
        wanted = [x.sum([1]) / float(n) + eps, relu(ir.matmul(x, source(1, n, 8))) * (1.0 / n)]
        check(wanted, randoms((40, n), (n, 8)), tolerance=1e-4)
        launches = plan.Planner(wanted, 2, 0, {}).launches
        return [task.kernel.key for launch in launches if launch.label != "pack" for task in launch.tasks]

    assert tasks(100, 1e-5) == tasks(200, 1e-3)


def test_explain_names_every_kernel():
    x, w = source(0, 64, 40), source(1, 40, 24)
    text = explain(schedule.build([relu(ir.matmul(x, w)), x.sum([0])], 2))
    assert [line.split()[0] for line in text.splitlines()] == ["kernel", "contraction", "loops", "total"]
    assert "matmul | maximum" in text


@pytest.mark.parametrize("backwards", [False, True])
def test_weight_gradients_run_soon_so_that_few_gradients_are_alive(backwards):
    layers, n = 8, 32
    weights = [source(i + 1, n, n) for i in range(layers)]
    values = [source(0, n, n)]
    for w in weights:
        values.append(ir.map_("tanh", ir.matmul(values[-1], w)))
    gradient, wanted = values[-1] * 2.0, []
    for w, x in zip(reversed(weights), reversed(values[:-1])):
        wanted.append(ir.matmul(x.permute((1, 0)), gradient))
        gradient = ir.matmul(gradient, w.permute((1, 0))) * (1.0 - x * x)
    wanted = wanted[::-1] if backwards else wanted
    places = plan.Planner(wanted, layers + 1, 0, {}).places
    assert places.scratch <= (layers + 3) * n * n * 4
    check(wanted, [a * 0.2 for a in randoms(*[(n, n)] * (layers + 1))], tolerance=1e-4)


def test_pools_alone_keep_the_order_of_their_image():
    x = source(0, 2, 6, 8, 8)
    attrs = {"fn": "max", "window": (2, 2), "stride": (2, 2), "padding": (0, 0), "dilation": (1, 1)}
    program = check([ir.Node("pool", (x,), attrs, (2, 6, 4, 4), F32)], randoms((2, 6, 8, 8)), any_layout=[0])
    assert kinds(program) == ["pool"] and program.orders == [None]


def test_exponentials_are_kept_where_the_softmax_goes_but_not_over_what_is_still_read():
    x, y = source(0, 30, 70), source(1, 30, 70)
    _, powers, total = softmax_parts(x)
    arrays = randoms((30, 70), (30, 70))
    check([powers / total], arrays)
    for dead in ((), (0,), (1,), (0, 1)):
        program = check([powers / total * y], arrays, dead=dead)
        assert len(program.kernels) == 1 and bool(program.donations) == bool(dead)


def test_inputs_are_written_over_only_after_the_last_check_of_an_index():
    w, rows, index = source(0, 40, 8), source(1, 9, 8), source(2, 5, dtype=dtypes.int64)
    taken = ir.take(rows, index).sum([0, 1])
    before, after = w * 2.0, w * taken.reshape((1, 1)).expand((40, 8))
    assert not schedule.build([before, taken], 3, dead={0: 0}).donations
    assert schedule.build([taken, after], 3, dead={0: 1}).donations == {1: 0}


def test_what_a_softmax_keeps_is_not_overwritten_by_a_result_that_a_later_pass_needs():
    x, g = source(0, 30, 70), source(1, 30, 70)
    for _ in range(10):  # whatever the order of sets
        _, powers, total = softmax_parts(x)
        y = powers / total
        check([y, y * (g - (g * y).sum([1]))], randoms((30, 70), (30, 70)))
