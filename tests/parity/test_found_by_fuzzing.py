"""Calls that were once answered in another way than by PyTorch, one for each cause."""

import fuzzing
import numpy as np
import pytest

import flambeau as fl

torch = pytest.importorskip("torch")
pytestmark = [pytest.mark.parity, pytest.mark.filterwarnings("ignore")]

CALLS = {
    "a dimension with a fraction": lambda t: rows(t).cumsum(1.5),
    "a dimension with a fraction, by name": lambda t: t.diag(rows(t), diagonal=1.5),
    "one of several dimensions is none": lambda t: t.sum(rows(t), (0, None)),
    "a scale that is no number": lambda t: t.addmm(rows(t), rows(t).T, rows(t), beta=None),
    "a flag that is a number": lambda t: t.topk(rows(t), 1, largest=1),
    "a memory format that is a number": lambda t: t.clone(rows(t), memory_format=1),
    "one tensor for several results": lambda t: t.linalg.eigh(t.eye(2), out=t.empty(0)),
    "a power whose base is the argument": lambda t: rows(t).__rpow__(rows(t)),
    "a string for a tensor": lambda t: t.where(rows(t) > 0, rows(t), "a"),
    "a fraction for a size": lambda t: rows(t).unfold(1, 1.5, 1),
    "a fraction for the start of a view": lambda t: rows(t).narrow(0, 0.5, 1),
    "fractions for sizes": lambda t: rows(t).repeat(1.5, 2),
    "a negative size": lambda t: rows(t).repeat(-1, 1),
    "a tensor for a count": lambda t: rows(t).topk(t.tensor(2)),
    "a tensor for a dimension": lambda t: rows(t).sum(t.tensor(1)),
    "NumPy's number for a dimension": lambda t: rows(t).sum(np.int64(1)),
    "two roundings to float16 of one number": lambda t: t.asin(t.tensor(0.47, dtype=t.float16) * 1.5),
    "sample points of more dimensions than values": lambda t: t.trapezoid(rows(t)[0], rows(t)[:, :, None]),
    "sample points of fewer dimensions than values": lambda t: t.trapezoid(rows(t)[None], rows(t) ** 2, dim=1),
    "numbers of bytes as places": lambda t: t.unravel_index(t.tensor([5], dtype=t.int8), (2, 3)),
    "equal elements in the middle": lambda t: gradient(t, lambda x: x.median(), [1.0, 2, 2, 3]),
    "NaN that wins": lambda t: gradient(t, lambda x: t.maximum(x, t.ones(2)).sum(), [float("nan"), 1.0]),
    "a sum to a shape that does not expand": lambda t: rows(t).sum_to_size(2, 2),
    "weights that lie by columns": lambda t: t.multinomial(t.arange(1.0, 31).reshape(10, 3).t(), 4),
    "a type error before an error of values": lambda t: t.chunk(rows(t), -1, 1.5),
    "a window with a fraction": lambda t: F(t).avg_pool2d(rows(t)[None], (1, 1), (1.5, 1)),
    "an output size with a fraction": lambda t: F(t).adaptive_max_pool3d(t.zeros(1, 2, 2, 2), (1, 1, 1.5)),
    "a number for a weight": lambda t: F(t).batch_norm(rows(t), t.zeros(3), t.ones(3), 1),
    "a reduction that is none": lambda t: F(t).huber_loss(rows(t), rows(t), reduction=None),
    "a weight that asks for a gradient": lambda t: F(t).binary_cross_entropy(ones(t), ones(t), asking(t)),
    "statistics that ask for gradients": lambda t: F(t).batch_norm(rows(t), asking(t), t.ones(3), training=True),
    "statistics of another type": lambda t: F(t).batch_norm(rows(t), t.zeros(3).double(), t.ones(3).double()),
    "no statistics": lambda t: F(t).batch_norm(rows(t), None, None),
    "a repeated bias of another size": lambda t: F(t).instance_norm(t.ones(2, 3, 2), bias=t.ones(1)),
    "what is no probability": lambda t: F(t).binary_cross_entropy(rows(t) * 0.4, ones(t)),
    "a target of another type": lambda t: F(t).binary_cross_entropy(ones(t), ones(t).double()),
    "whole targets of logits": lambda t: F(t).binary_cross_entropy_with_logits(rows(t), ones(t).long()),
    "wide targets of logits": lambda t: F(t).binary_cross_entropy_with_logits(rows(t), ones(t).double()),
    "a loss of the input's type": lambda t: F(t).huber_loss(rows(t), ones(t).double()),
    "a boolean target": lambda t: F(t).smooth_l1_loss(rows(t), ones(t).bool()),
    "a margin of whole numbers": lambda t: F(t).hinge_embedding_loss(rows(t).long(), -ones(t), margin=8.4),
    "a ranking of whole numbers": lambda t: F(t).margin_ranking_loss(*[rows(t).long()] * 3, margin=1),
    "a product of whole numbers": lambda t: F(t).bilinear(*[rows(t).short()] * 2, t.ones(4, 3, 3).short()),
    "lengths with fractions": lambda t: F(t).ctc_loss(rows(t)[:, None], t.ones(1, 1), t.ones(1), t.ones(1)),
    "a table before its indices": lambda t: F(t).embedding_bag(rows(t), t.tensor([1, 0]), t.tensor([0])),
    "small indices of bags": lambda t: F(t).embedding_bag(t.tensor([1, 0]).short(), rows(t), t.tensor([0])),
    "results of an activation": lambda t: F(t).softplus(rows(t), out=t.empty(0)),
    "results of another type": lambda t: F(t).linear(rows(t), rows(t), out=t.empty(0).double()),
    "a threshold that is no number": lambda t: F(t).softplus(rows(t), 1, float("nan")),
    "the logarithm of a certainty": lambda t: F(t).logsigmoid(t.tensor([float("inf")])),
    "a bound beyond the type": lambda t: F(t).hardtanh(rows(t).half(), -1, 1e30),
    "a negative bound of bytes": lambda t: F(t).hardtanh(rows(t).byte()),
    "an endless slope": lambda t: F(t).rrelu(rows(t), -float("inf")),
    "a weight of another type": lambda t: F(t).prelu(rows(t), t.ones(3).double()),
    "an endless scale": lambda t: F(t).upsample_nearest(t.ones(1, 1, 2, 2), scale_factor=float("inf")),
    "an infinite pixel in an image of the same size": lambda t: F(t).interpolate(
        t.tensor([[[[1.0, float("inf")]] * 2]]), (2, 2), mode="bilinear"
    )[..., 0],
    "steps of none": lambda t: F(t).unfold(t.ones(1, 1, 2, 2), 1, stride=0),
    "no channels": lambda t: F(t).unfold(t.ones(1, 0, 2, 2), 1),
    "two pixels without a value": lambda t: F(t).fractional_max_pool2d(
        t.full((1, 2, 2), float("nan")), 2, 1, return_indices=True
    ),
    "windows of nothing": lambda t: F(t).fractional_max_pool2d(t.ones(1, 2, 2), 0, 1, return_indices=True),
    "windows as many as there is room for": lambda t: F(t).fractional_max_pool3d(t.ones(1, 3, 3, 3), 2, 2),
    "an image of no columns": lambda t: F(t).adaptive_max_pool3d(t.ones(1, 2, 2, 2), (1, 2, 0), return_indices=True),
    "what is no target": lambda t: F(t).binary_cross_entropy(ones(t), -ones(t)),
    "no batch": lambda t: F(t).batch_norm(t.ones(0), t.ones(0), t.ones(0)),
    "distances in no dimension": lambda t: F(t).pdist(t.ones(3, 0), float("inf")),
    "whole numbers and fractions": lambda t: F(t).cosine_similarity(ones(t).half(), ones(t).int()),
    "a later of several dimensions has a fraction": lambda t: t.fft.fftshift(rows(t), (0, 1.5)),
    "no number to fill with": lambda t: rows(t).clone().fill_(None),
    "no number among operands": lambda t: t.lerp(rows(t), rows(t), None),
    "an out= past the tape": lambda t: t.cumsum(rows(t).requires_grad_(), 7, out=t.empty(0)),
    "an out= of another type than is asked for": lambda t: t.full((2,), 1, dtype=t.float64, out=t.empty(0)),
    "an out= that holds no indices": lambda t: t.bucketize(rows(t), t.tensor([1.0]), out=t.empty(0)),
    "a host call of complex numbers": lambda t: t.cholesky_solve(complex_factor(t), complex_factor(t)),
    "ones in 16 bits": lambda t: t.bernoulli(t.tensor([1.0, 0.0]).bfloat16()),
    "truth along no dimension": lambda t: t.any(rows(t), dim=()),
    "an index of tuples": lambda t: rows(t)[(slice(None), (0, 2))],
    "an index that is a list of lists": lambda t: rows(t)[[[0, 1], [1, 2]]],
    "a single place is put": lambda t: rows(t).index_put((t.tensor(1),), t.ones(3)),
    "a single place is put, of no elements": lambda t: rows(t).index_put((t.tensor(1),), t.ones(0, 3)),
    "slices of more dimensions are added": lambda t: t.ones(1).index_add(0, t.tensor([0]), t.ones(1, 1)),
    "slices of fewer dimensions are copied": lambda t: rows(t).index_copy(0, t.tensor([0]), t.ones(3)),
    "fewer slices than places": lambda t: rows(t).index_reduce(0, t.tensor([0]), t.ones(2, 3), "amin"),
    "a slope that PyTorch has not": lambda t: t.floor_divide(rows(t).requires_grad_(), 2.0).sum().backward(),
    "a bound that is a number, one that is a tensor": lambda t: t.clamp(rows(t), rows(t), 3),
    "a tolerance that is no number": lambda t: t.allclose(rows(t), rows(t), atol=float("nan")),
    "nothing to join, along a dimension that is not there": lambda t: t.cat((t.empty(0), t.empty(0)), 5),
    "a negative size to broadcast": lambda t: t.broadcast_shapes((-1, 5), ()),
    "an exponential beyond all numbers": lambda t: t.ones(2).log_normal_(1e30, 1),
    "an exchange of rows that are not there": lambda t: t.lu_unpack(t.eye(3), t.tensor([1, 4, 3], dtype=t.int32)),
    "a name that is no method": lambda t: rows(t).atleast_2d(),
    "whole numbers by zero": lambda t: t.tensor([1, 2]) // t.tensor([1, 0]),
    "whole numbers by the number zero": lambda t: t.fmod(t.tensor([1, 2], dtype=t.int8), 256),
    "a quotient of truth values": lambda t: t.tensor([True]) % t.tensor([True]),
    "a mean of large halves": lambda t: large(t).mean(1),
    "a variance of large halves": lambda t: t.std(large(t) - rows(t).half() * 999, 1),
    "means of windows of large halves": lambda t: F(t).avg_pool2d(large(t)[None], 2, 1),
    "a loss of many halves": lambda t: F(t).mse_loss(t.full((3000,), 99.0).half(), t.zeros(3000).half()),
    "a linear layer of halves, rounded once": lambda t: bits(t, F(t).linear(half(t), half(t), half(t)[:, 0])),
    "a convolution of halves, rounded once": lambda t: bits(t, F(t).conv1d(half(t), half(t)[:, :, None], half(t)[0])),
    "products added to halves, rounded once": lambda t: t.baddbmm(half(t), *[half(t)[None]] * 2, beta=0.7).view(
        t.int16
    ),
    "scores of large halves": lambda t: F(t).scaled_dot_product_attention(*[large(t)[None] / 9] * 3),
    "a running product under a mask": lambda t: t.masked.cumprod(t.tensor([2, 3], dtype=t.int32), 0),
    "a median of several dimensions": lambda t: t.masked.median(rows(t), None),
    "a median under no mask": lambda t: t.masked.median(t.tensor([1.0, float("nan"), 3]), 0),
    "a norm of negative order under a mask": lambda t: t.masked.norm(rows(t) + 1, -1.0, 1, mask=rows(t) > 3),
    "a softmax of no dimension under a mask": lambda t: t.masked.softmax(rows(t), None),
    "bounds that cross": lambda t: t.logit(t.tensor([-8.0, 0, 1, 0.5]), 0.6),
    "a degree that is no number": lambda t: t.special.hermite_polynomial_h(rows(t), t.tensor(float("nan"))),
    "a running sum of truth values as such": lambda t: (rows(t) > 2).cumsum(0, dtype=t.bool),
    "a running logarithm of complex numbers": lambda t: t.tensor([1 + 2j, 0.5]).logcumsumexp(0),
    "singular values of what is no number": lambda t: t.linalg.svd(t.tensor([[1.0, 2], [float("nan"), 3]])),
    "singular values of an infinite matrix": lambda t: t.linalg.svdvals(t.tensor([[[1.0, float("inf")]], [[3, 4]]])),
    "eigenvalues of what is no number": lambda t: t.linalg.eigvalsh(t.tensor([[1.0, 0], [float("nan"), 3]])),
    "eigenvalues of what is no number where nobody looks": lambda t: t.linalg.eigvalsh(
        t.tensor([[1.0, float("nan")], [2, 3]])
    ),
    "a pseudo-inverse of infinite complex numbers": lambda t: t.linalg.pinv(t.tensor([[1j, float("inf")], [2, 3j]])),
    "an outer product of truth values added to numbers": lambda t: t.addr(
        t.ones(2, 2).int(), t.ones(2).bool(), t.ones(2).bool(), beta=3
    ),
    "a mask of halves filled with what they do not hold": lambda t: rows(t).half().masked_fill(rows(t) > 2, -1e9),
    "bytes filled with more": lambda t: t.full((2,), 300, dtype=t.uint8),
    "bytes filled with less than nothing": lambda t: t.zeros(2).byte().fill_(-200),
    "whole numbers filled with none": lambda t: t.zeros(2).int().fill_(float("nan")),
    "no groups": lambda t: t.native_group_norm(rows(t), None, None, 2, 3, 1, 0, 1e-5),
    "a layout that needs four dimensions": lambda t: rows(t).byte(memory_format=t.channels_last),
}


def F(t):
    return t.nn.functional


def large(t):
    """Halves whose sums are beyond them."""
    return t.tensor([[60000.0, 50000, 60000], [100, 60000, 60000]]).half()


def half(t):
    return (t.arange(256.0).reshape(16, 16) * 0.37 % 7 - 3).bfloat16()


def bits(t, x):
    return x.view(t.int16)


def complex_factor(t):
    return t.tensor([[2.0 + 0j, 0], [1j, 3]])


def test_what_is_refused_leaves_nothing_behind():
    x = fl.ones(2, 3)
    kept = x * 2
    for wrong in (lambda: x.any((1.5, 1)), lambda: x.as_strided((2,), (1.5,)), lambda: x.clone().fill_(None)):
        with pytest.raises(TypeError):
            wrong()
    assert (kept + 1).tolist() == [[3.0] * 3] * 2


def rows(t):
    return t.arange(6.0).reshape(2, 3)


def gradient(t, function, numbers):
    x = t.tensor(numbers, requires_grad=True)
    function(x).backward()
    return x.grad


def ones(t):
    return t.ones(2, 3)


def asking(t):
    return t.ones(3, requires_grad=True)


@pytest.mark.parametrize("what", CALLS)
def test_as_pytorch(what):
    ours, theirs = (outcome(t, CALLS[what]) for t in (fl, torch))
    assert not fuzzing.difference(ours, theirs), (ours, theirs)


def outcome(t, call):
    t.manual_seed(7)
    try:
        return fuzzing.read(t, fuzzing.tensors(t, call(t)), [], "")
    except Exception as error:
        return fuzzing.Outcome([], [], error)
