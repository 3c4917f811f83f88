"""What holds for every op of the table: values against NumPy, gradients of both orders, shapes, strides, errors."""

import importlib
import re

import numpy as np
import pytest

import flambeau as fl
import flambeau.nn.functional as F
from flambeau.autograd import gradcheck, gradgradcheck
from flambeau.ops import later
from flambeau.ops.registry import OPS, apply

for module in later.HOMES.values():
    importlib.import_module(f"flambeau.{module}")

OPERANDS = {
    "input",
    "other",
    "exponent",
    "end",
    "weight",
    "tensor1",
    "tensor2",
    "value",
    "values",
    "condition",
    "min",
    "max",
}
POINTWISE = sorted(name for name, op in OPS.items() if op.reference and set(op.params) <= OPERANDS)
REDUCTIONS = sorted(name for name, op in OPS.items() if op.reference and op.params[1:3] == ("dims", "keepdim"))
INTEGERS = [
    "add", "sub", "mul", "div", "floor_divide", "trunc_divide", "remainder", "fmod", "neg", "abs", "sign", "square",
    "maximum", "minimum", "lt", "le", "gt", "ge", "eq", "ne", "logical_and", "logical_or", "logical_xor",
    "logical_not", "bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_not", "bitwise_left_shift",
    "bitwise_right_shift", "gcd", "lcm", "clamp_min", "clamp_max", "exp", "sqrt", "floor", "round",
]  # fmt: skip
INTEGERS_ONLY = {name for name in POINTWISE if name.startswith("bitwise")} | {"gcd", "lcm"}
# Through these no gradient flows: truth values, whole numbers, constants, and what only gradients use.
NOT_DIFFERENTIABLE = {
    "constant", "full", "arange", "linspace", "eye", "_positions", "lt", "le", "gt", "ge", "eq", "ne",
    "logical_and", "logical_or", "logical_xor", "logical_not", "bitwise_and", "bitwise_or", "bitwise_xor",
    "bitwise_not", "bitwise_left_shift", "bitwise_right_shift", "isnan", "isinf", "isfinite", "isposinf",
    "isneginf", "signbit", "flat_nonzero", "index_rows", "argsort", "all",
    "any", "argmax", "argmin", "class_factor", "class_mask", "running_mean", "running_var", "max_pool2d_indices",
    "one_hot", "linalg_permutation", "lstm_backward", "gru_backward", "rnn_tanh_backward", "rnn_relu_backward",
    "scaled_dot_product_attention_gradient", "packed_attention_gradient",
    "dynamic_linear", "linear_of_bytes", "dynamic_convolution", "convolution_of_bytes",
    "lstm_step", "gru_step", "tanh_step", "relu_step",
    "bisect", "unravel", "gcd", "lcm", "dirichlet_grad", "standard_gamma_grad", "inside_grid", "inside_real_grid",
    "scale_of_range", "zero_point_of_range",
}  # fmt: skip

REFUSED = {"floor_divide", "heaviside"}  # PyTorch has no gradient for them, and says so in backward()
BARE = re.compile("airy|bessel|polynomial")  # special functions for which PyTorch has no gradients


def drawn(op, shape, seed, dtype=np.float64):
    """Numbers from where the op is smooth and defined."""
    rng = np.random.default_rng(seed)
    if dtype is np.int64:
        return np.asarray(rng.integers(1, 6, shape))
    if dtype is bool:
        return np.asarray(rng.random(shape) < 0.5)
    low, high = op.domain or (-2.0, 2.0)
    return np.asarray(rng.uniform(low, high, shape), dtype)


def operands(op, shapes, dtype=np.float64):
    return [drawn(op, s, i, bool if op.params[i] == "condition" else dtype) for i, s in enumerate(shapes)]


def expected(op, arrays, out):
    """NumPy's answer; for whole numbers that become fractions, that of the fractions."""
    if out.dtype.is_floating_point:
        arrays = [a if a.dtype is bool else a.astype(np.float64) for a in arrays]
    with np.errstate(all="ignore"):
        return op.reference(*arrays)


def agree(op, tensors, arrays):
    out = apply(op, tuple(tensors))
    assert out.numpy().shape == np.broadcast_shapes(*(a.shape for a in arrays))
    tolerance = 2e-6 if out.dtype is fl.float32 else 1e-12
    np.testing.assert_allclose(out.numpy(), expected(op, arrays, out), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("name", POINTWISE)
def test_values(name):
    op = OPS[name]
    n = len(op.params)
    dtype = np.int64 if name in INTEGERS_ONLY else np.float32
    for shapes in ([(3, 5)] * n, [(3, 5), (5,), (3, 1), (1, 5)][:n], [()] * n, [(0, 2)] * n):
        arrays = operands(op, shapes, dtype)
        before = [a.copy() for a in arrays]
        tensors = [fl.from_numpy(a) for a in arrays]
        agree(op, tensors, arrays)
        for a, b in zip(arrays, before):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("name", POINTWISE)
def test_strided_operands(name):
    op = OPS[name]
    arrays = operands(op, [(4, 6)] * len(op.params), np.int64 if name in INTEGERS_ONLY else np.float32)
    turned = [fl.from_numpy(a).t()[1:5] for a in arrays]
    out = apply(op, tuple(turned))
    assert out.stride() == (1, 4)  # the result lies in memory as its operands do
    agree(op, turned, [a.T[1:5] for a in arrays])


@pytest.mark.parametrize("name", sorted(set(INTEGERS)))
def test_whole_numbers(name):
    op = OPS[name]
    arrays = operands(op, [(3, 4), (4,)][: len(op.params)], np.int64)
    agree(op, [fl.from_numpy(a) for a in arrays], arrays)


def leaf(array):
    return fl.from_numpy(np.array(array, np.float64)).requires_grad_()


@pytest.mark.parametrize(
    "name",
    [n for n in POINTWISE if OPS[n].grads and n not in REFUSED]
    + ["pow_grad", "erfinv", "digamma", "gelu", "gelu_tanh"],
)
def test_pointwise_gradients(name):
    op = OPS[name]
    arrays = operands(op, [(2, 3), (3,), (2, 1), (1, 3)][: len(op.params)])
    tensors = [leaf(a) if op.differentiable(i) else fl.from_numpy(a) for i, a in enumerate(arrays)]
    assert gradcheck(lambda *x: apply(op, x), tensors)
    if name != "digamma":  # its second derivative is a constant of the table
        assert gradgradcheck(lambda *x: apply(op, x), tensors)


@pytest.mark.parametrize("name", REDUCTIONS)
@pytest.mark.parametrize("dims", [(0,), (1,), (0, 2), (0, 1, 2)])
def test_reductions(name, dims):
    op = OPS[name]
    if name.startswith("arg") and len(dims) > 1:
        dims = dims[:1]
    array = np.random.default_rng(0).standard_normal((3, 4, 5)).astype(np.float32)
    attrs = (dims, False) if name.startswith("arg") else (dims, False, None)
    axis = dims[0] if name.startswith("arg") else dims
    out = apply(op, (fl.from_numpy(array),), attrs)
    np.testing.assert_allclose(out.numpy(), op.reference(array.astype(np.float64), axis=axis), rtol=1e-5, atol=1e-6)
    kept = apply(op, (fl.from_numpy(array.T).permute(2, 1, 0),), (dims, True, *attrs[2:]))
    assert kept.shape == tuple(1 if i in dims else s for i, s in enumerate((3, 4, 5)))
    np.testing.assert_array_equal(kept.numpy().ravel(), out.numpy().ravel())


INDEX = fl.tensor([2, 0, 2])
GRID = fl.tensor([[0, 2, 1], [1, 1, 0]])
MASK = fl.tensor([[True, False, True], [False, True, True]])
# Calls whose gradients of both orders are checked: the function and the shapes of its operands.
DIFFERENTIABLE = {
    "sum": (lambda x: x.sum(1), (2, 3)),
    "mean": (lambda x: x.mean((0, 1), True), (2, 3)),
    "prod": (lambda x: x.prod(1), (2, 3)),
    "var": (lambda x: x.var(1), (2, 3)),
    "std": (lambda x: x.std(0, correction=0), (3, 2)),
    "amax": (lambda x: x.amax(1), (2, 3)),
    "max": (lambda x: x.max(1).values, (2, 3)),
    "logsumexp": (lambda x: x.logsumexp(1), (2, 3)),
    "norm 2": (lambda x: x.norm(2, 1), (2, 3)),
    "norm 3": (lambda x: x.norm(3), (2, 3)),
    "norm inf": (lambda x: x.norm(float("inf"), 0), (2, 3)),
    "median": (lambda x: x.median(1).values, (2, 3)),
    "cumsum": (lambda x: x.cumsum(1), (2, 3)),
    "cumprod": (lambda x: x.cumprod(1), (2, 3)),
    "logcumsumexp": (lambda x: x.logcumsumexp(1), (2, 3)),
    "cummax": (lambda x: x.cummax(1).values, (2, 3)),
    "sort": (lambda x: x.sort(1).values, (2, 3)),
    "topk": (lambda x: x.topk(2).values, (2, 3)),
    "softmax": (lambda x: x.softmax(1), (2, 3)),
    "log_softmax": (lambda x: x.log_softmax(0), (2, 3)),
    "matmul": (lambda a, b: a @ b, (2, 3), (3, 2)),
    "matmul of batches": (lambda a, b: a @ b, (2, 1, 2, 3), (2, 3, 2)),
    "mv": (lambda a, b: a @ b, (2, 3), (3,)),
    "addmm": (lambda c, a, b: fl.addmm(c, a, b, beta=0.5, alpha=2), (2,), (2, 3), (3, 2)),
    "einsum": (lambda a, b: fl.einsum("bij,bkj->ik", a, b), (2, 2, 3), (2, 2, 3)),
    "tensordot": (lambda a, b: fl.tensordot(a, b, 1), (2, 3), (3, 2)),
    "cross": (lambda a, b: fl.cross(a, b), (3, 2), (3, 2)),
    "kron": (lambda a, b: fl.kron(a, b), (2, 2), (1, 2)),
    "cdist": (lambda a, b: fl.cdist(a, b), (2, 3), (2, 3)),
    "cdist by a product": (lambda a, b: fl.cdist(a, b, 2.0, "use_mm_for_euclid_dist"), (2, 3, 2), (2, 2)),
    "cat": (lambda a, b: fl.cat([a, b], 1), (2, 3), (2, 1)),
    "stack": (lambda a, b: fl.stack([a, b], 1), (2, 2), (2, 2)),
    "slice": (lambda x: x[:, 1::2], (2, 4)),
    "select": (lambda x: x[1], (2, 3)),
    "permute": (lambda x: x.permute(2, 0, 1), (2, 1, 3)),
    "expand": (lambda x: x.expand(3, 2, 3), (2, 1)),
    "diagonal": (lambda x: x.diagonal(1), (3, 3)),
    "diag_embed": (lambda x: x.diag_embed(), (2, 2)),
    "unfold": (lambda x: x.unfold(0, 3, 1), (5,)),
    "as_strided": (lambda x: x.as_strided((3, 2), (1, 1)), (4,)),
    "flip": (lambda x: x.flip(0), (3, 2)),
    "roll": (lambda x: x.roll(1, 1), (2, 3)),
    "tril": (lambda x: x.tril(), (3, 3)),
    "repeat": (lambda x: x.repeat(2, 2), (2, 2)),
    "repeat_interleave": (lambda x: x.repeat_interleave(2, 0), (2, 2)),
    "pad": (lambda x: F.pad(x, (1, 2)), (2, 2)),
    "index": (lambda x: x[INDEX], (3, 2)),
    "index by two": (lambda x: x[GRID, GRID], (3, 3)),
    "mask": (lambda x: x[MASK], (2, 3)),
    "index_select": (lambda x: x.index_select(1, INDEX), (2, 3)),
    "gather": (lambda x: x.gather(1, GRID), (2, 3)),
    "scatter": (lambda x, y: x.scatter(1, INDEX[:2].reshape(1, 2), y), (2, 3), (1, 2)),
    "scatter_add": (lambda x, y: x.scatter_add(1, GRID, y), (2, 3), (2, 3)),
    "index_add": (lambda x, y: x.index_add(0, INDEX, y, alpha=2), (3, 2), (3, 2)),
    "index_put": (lambda x, y: x.index_put((INDEX,), y, accumulate=True), (3, 2), (3, 2)),
    "masked_fill": (lambda x, v: x.masked_fill(MASK, v), (2, 3), ()),
    "masked_select": (lambda x: x.masked_select(MASK), (2, 3)),
    "take": (lambda x: x.take(GRID), (2, 3)),
    "lerp by a number": (lambda x, y: x.lerp(y, 0.3), (2, 3), (3,)),
    "addcmul": (lambda x, y, z: x.addcmul(y, z, value=0.7), (2, 3), (3,), (2, 1)),
    "addcdiv": (lambda x, y, z: x.addcdiv(y, z, value=0.7), (2, 3), (3,), (2, 1)),
    "power of a number": (lambda x: 2.0**x, (2, 3)),
    "power by a number": (lambda x: (x * x + 1) ** 2.5, (2, 3)),
    "quotient of a number": (lambda x: 3 / (x * x + 1), (2, 3)),
    "where": (lambda x, y: fl.where(MASK, x, y), (2, 3), (3,)),
    "clamp": (lambda x: x.clamp(-0.5, 0.5), (2, 3)),
    "conv2d": (lambda x, w: F.conv2d(x, w, padding=1), (1, 1, 3, 3), (1, 1, 2, 2)),
    "max_pool2d": (lambda x: F.max_pool2d(x, 2), (1, 1, 4, 2)),
    "avg_pool2d": (lambda x: F.avg_pool2d(x, 2), (1, 1, 4, 2)),
    "layer_norm": (lambda x: F.layer_norm(x, (3,)), (2, 3)),
    "embedding": (lambda w: F.embedding(GRID, w), (3, 2)),
    "cross_entropy": (lambda x: F.cross_entropy(x, INDEX[:2]), (2, 3)),
    "mse_loss": (lambda x, y: F.mse_loss(x, y), (2, 3), (2, 3)),
}  # fmt: skip


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_gradients(name):
    function, *shapes = DIFFERENTIABLE[name]
    tensors = [leaf(np.random.default_rng(7 + i).standard_normal(s)) for i, s in enumerate(shapes)]
    assert gradcheck(function, tensors)
    assert gradgradcheck(function, tensors)


@pytest.mark.parametrize("name", sorted(n for n in OPS if not n.startswith("pow_")))
def test_every_op_says_what_it_is(name):
    op = OPS[name]
    assert op.summary.endswith(".")
    assert bool(op.grads) != (name in NOT_DIFFERENTIABLE or bool(BARE.search(name)))


ERRORS = [
    (lambda: fl.ones(2, 3) + fl.ones(2),
     RuntimeError, r"The size of tensor a \(3\) must match the size of tensor b \(2\)"),
    (lambda: fl.ones(2, 3) @ fl.ones(2, 3),
     RuntimeError, r"mat1 and mat2 shapes cannot be multiplied \(2x3 and 2x3\)"),
    (lambda: fl.ones(2, 3).view(5),
     RuntimeError, r"shape '\[5\]' is invalid for input of size 6"),
    (lambda: fl.ones(2, 3).t().view(6),
     RuntimeError, "view size is not compatible"),
    (lambda: fl.ones(2, 3).sum(2),
     IndexError, r"Dimension out of range \(expected to be in range of \[-2, 1\], but got 2\)"),
    (lambda: fl.ones(2, 3).expand(3, 3),
     RuntimeError, r"The expanded size of the tensor \(3\) must match the existing size \(2\)"),
    (lambda: fl.cat([fl.ones(2, 3), fl.ones(3, 2)]),
     RuntimeError, "Sizes of tensors must match except in dimension 0"),
    (lambda: fl.ones(3)[3],
     IndexError, "index 3 is out of bounds for dimension 0 with size 3"),
    (lambda: fl.ones(3)[fl.tensor([5])].tolist(),
     IndexError, "index 5 is out of bounds for dimension 0 with size 3"),
    (lambda: fl.ones(2, 3).gather(1, fl.tensor([[0], [4]])).tolist(),
     RuntimeError, "index 4 is out of bounds for dimension 1 with size 3"),
    (lambda: fl.ones(3).add_(fl.ones(2, 3)),
     RuntimeError, r"output with shape \[3\] doesn't match the broadcast shape \[2, 3\]"),
    (lambda: fl.tensor([1]).add_(0.5),
     RuntimeError, "result type Float can't be cast to the desired output type Long"),
    (lambda: fl.ones(2, dtype=fl.bool) - fl.ones(2, dtype=fl.bool),
     RuntimeError, "Subtraction, the `-` operator, with two bool"),
    (lambda: fl.ones(1).expand(3).add_(1),
     RuntimeError, "more than one element of the written-to tensor"),
    (lambda: fl.ones(0).max(),
     RuntimeError, r"max\(\): Expected reduction dim to be specified"),
    (lambda: fl.tensor([1, 2]).mean(),
     RuntimeError, "could not infer output dtype"),
    (lambda: fl.eq(1, 2),
     TypeError, "received an invalid combination of arguments"),
    (lambda: fl.atan2(fl.ones(1), 2),
     TypeError, r"argument 'other' \(position 2\) must be Tensor, not int"),
    (lambda: fl.ones(3, requires_grad=True).add_(1),
     RuntimeError, "a leaf Variable that requires grad"),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(ERRORS)))
def test_errors(number):
    call, kind, text = ERRORS[number]
    with pytest.raises(kind, match=text):
        call()
    assert (fl.ones(2) + 1).tolist() == [2, 2]  # what comes after is not disturbed


def test_norm_at_zero_has_no_slope():
    x = fl.zeros(3, requires_grad=True)
    x.norm().backward()
    assert x.grad.tolist() == [0, 0, 0]


def test_running_product_at_zero():
    x = fl.tensor([2.0, 0.0, 3.0, 0.0, 5.0], requires_grad=True)
    x.cumprod(0).sum().backward()
    assert x.grad.tolist() == [1, 8, 0, 0, 0]


def test_nonzero_counts_in_order():
    x = np.random.default_rng(0).random((7, 11)) < 0.3
    np.testing.assert_array_equal(fl.from_numpy(x).nonzero().numpy(), np.argwhere(x))
    assert fl.zeros(3, 2).nonzero().shape == (0, 2)
    assert fl.tensor(5).nonzero().shape == (1, 0)
    assert [t.tolist() for t in fl.nonzero(fl.tensor([0, 3]), as_tuple=True)] == [[1]]


def test_in_place_ops_broadcast_their_operands():
    x = fl.zeros(2, 3)
    x += fl.tensor([1.0, 2.0, 3.0])
    x.mul_(fl.tensor([[2.0], [3.0]]))
    assert x.tolist() == [[2, 4, 6], [3, 6, 9]]


def test_out_takes_shape_and_memory():
    out = fl.empty(0)
    assert fl.add(fl.ones(2, 3), 1, out=out) is out
    assert out.tolist() == [[2, 2, 2], [2, 2, 2]]
    values, indices = fl.empty(0), fl.empty(0, dtype=fl.int64)
    fl.sort(fl.tensor([3.0, 1.0, 2.0]), out=(values, indices))
    assert (values.tolist(), indices.tolist()) == ([1, 2, 3], [1, 2, 0])


def test_order_statistics():
    x = np.random.default_rng(0).integers(0, 5, (6, 9))
    t = fl.from_numpy(x.astype(np.float32))
    np.testing.assert_array_equal(t.kthvalue(3, 1).values.numpy(), np.sort(x, 1)[:, 2])
    np.testing.assert_array_equal(t.median(1).values.numpy(), np.sort(x, 1)[:, 4])
    np.testing.assert_allclose(t.quantile(0.3, 1).numpy(), np.quantile(x, 0.3, 1), rtol=1e-6)
    np.testing.assert_array_equal(t.mode(1).values.numpy(), [np.bincount(row).argmax() for row in x])
    values, inverse, counts = t.unique(return_inverse=True, return_counts=True)
    want = np.unique(x, return_inverse=True, return_counts=True)
    assert (values.tolist(), counts.tolist()) == (want[0].tolist(), want[2].tolist())
    np.testing.assert_array_equal(inverse.numpy().ravel(), want[1].ravel())
    np.testing.assert_array_equal(
        fl.bincount(fl.from_numpy(x.ravel()), minlength=7).numpy(), np.bincount(x.ravel(), minlength=7)
    )
    np.testing.assert_array_equal(t.cummax(1).values.numpy(), np.maximum.accumulate(x, 1))


EQUATIONS = (
    "ij,jk", "ij,jk->ki", "bij,bjk->bik", "ii->i", "ii", "i,j->ij", "...ij,...jk->...ik", "ij->ji",
    "ij,ij->", "ijk,jl,kl->il",
)  # fmt: skip


@pytest.mark.parametrize("equation", EQUATIONS)
def test_einsum(equation):
    rng = np.random.default_rng(0)
    terms = equation.split("->")[0].split(",")
    arrays = [rng.standard_normal((3,) * len(t.replace("...", "BC"))) for t in terms]
    np.testing.assert_allclose(
        fl.einsum(equation, *map(fl.from_numpy, arrays)).numpy(), np.einsum(equation, *arrays), rtol=1e-10, atol=1e-12
    )
