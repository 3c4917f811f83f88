"""Transforms of functions against what they mean: loops over the batch, differences, transposed products."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flambeau as fl
from flambeau import func
from flambeau.autograd import gradcheck, gradgradcheck
from flambeau.ops.registry import OPS

RNG = np.random.default_rng(0)
F = fl.nn.functional


def drawn(*shape):
    return fl.tensor(RNG.uniform(0.3, 0.8, shape))


def close(a, b, tolerance=1e-9):
    assert a.shape == b.shape and a.dtype is b.dtype
    np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), tolerance, tolerance)


# Functions of one matrix (3, 4) that differ in what their programs are made of.
FUNCTIONS = {
    "views": lambda x: x.t().reshape(2, 6)[:, 1::2].unfold(1, 2, 1),
    "strided": lambda x: x.as_strided((2, 3), (4, 1), 1).diagonal(),
    "reductions": lambda x: x.sum(0) * x.prod() + x.amax(0) + x.var(0) + x.norm(),
    "scans": lambda x: x.cumsum(1) + x.cumprod(0) + x.logcumsumexp(1),
    "products": lambda x: x @ x.t() @ x,
    "softmax": lambda x: F.layer_norm(x.softmax(1), (4,)).log_softmax(0),
    "sorted": lambda x: x.sort(1)[0] * x.flatten().topk(4)[0],
    "indices": lambda x: x[fl.tensor([0, 2, 2])] + x[x.argmax(0).sort()[0][:3]],
    "joined": lambda x: fl.stack([fl.cat([x, x * 2]), fl.cat([x[1:], x, x[:1]])]).flip(1),
    "convolution": lambda x: F.conv1d(x[None], x[:2, None, :2].expand(2, 3, 2), padding=1),
    "pools": lambda x: F.max_pool1d(x[None], 2) + F.avg_pool1d(x[None], 2),
    "attention": lambda x: F.scaled_dot_product_attention(x[None], x[None] * 2, x[None]),
    "writes": lambda x: (x * 1).masked_fill_(x > 0.5, 0.0).index_add_(0, fl.tensor([1, 1]), x[:2]),
    "diagonals": lambda x: x.diag_embed().sum(0) @ x.diagonal_scatter(x[:, 0]).t().diag(1).diag()[0, 0].expand(4, 2),
    "pairs": lambda x: fl.view_as_real(fl.view_as_complex(x.reshape(3, 2, 2)) * 2),
    "factors": lambda x: fl.linalg.cholesky(x @ x.t() + fl.eye(3, dtype=fl.float64)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_vmap_is_a_loop(name):
    f, x = FUNCTIONS[name], drawn(5, 3, 4)
    close(fl.vmap(f)(x), fl.stack([f(one.clone()) for one in x]))
    close(fl.vmap(f, in_dims=1)(x.transpose(0, 1)), fl.stack([f(one.clone()) for one in x]))
    nested = fl.vmap(fl.vmap(f))(x.expand(2, 5, 3, 4) * fl.tensor([1.0, 0.5], dtype=fl.float64)[:, None, None, None])
    close(nested[1], fl.stack([f(one * 0.5) for one in x]))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_gradients_of_elements_are_those_of_a_loop(name):
    f, x = FUNCTIONS[name], drawn(3, 3, 4)
    total = lambda t: (f(t) ** 2).sum()
    per_element = func.vmap(func.grad(total))(x)
    for one, g in zip(x, per_element):
        one = one.clone()
        leaf = one.clone().requires_grad_()
        total(leaf).backward()
        close(g, leaf.grad, 1e-7)
        close(func.grad(total)(one), leaf.grad, 1e-7)
    close(func.grad(lambda t: func.vmap(total)(t).sum())(x), per_element, 1e-7)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_tangents_are_transposed_gradients(name):
    f, x, t = FUNCTIONS[name], drawn(3, 4), drawn(3, 4)
    y, pushed = func.jvp(f, (x,), (t,))
    close(y, f(x))
    _, pull = func.vjp(f, x)
    u = drawn(*y.shape)
    close((pushed * u).sum(), (pull(u)[0] * t).sum(), 1e-7)
    close(func.linearize(f, x)[1](t), pushed, 1e-7)
    eps = 1e-6
    close(pushed, (f(x + eps * t) - f(x - eps * t)) / (2 * eps), 1e-4)


@pytest.mark.parametrize("name", ["views", "reductions", "products", "softmax", "indices", "convolution"])
def test_jacobians_agree(name):
    f, x = FUNCTIONS[name], drawn(3, 4)
    close(func.jacfwd(f)(x), func.jacrev(f)(x), 1e-7)
    close(func.jacrev(f, chunk_size=2)(x), func.jacrev(f)(x), 1e-9)
    total = lambda t: (f(t) ** 2).sum()
    close(func.hessian(total)(x), func.jacrev(func.jacrev(total))(x), 1e-6)


UNARY = [op for op in OPS.values() if op.pointwise and len(op.params) == 1 and op.grads and op.domain is not None]


@pytest.mark.parametrize("op", UNARY, ids=lambda op: op.name)
def test_functions_of_one_element(op):
    from flambeau.ops.registry import apply1

    low, high = op.domain
    x = fl.tensor(RNG.uniform(max(low, -3), min(high, 3), (2, 3))).requires_grad_()
    assert gradcheck(lambda t: apply1(op, t), x, check_forward_ad=True, check_batched_grad=True)


def test_second_derivatives_with_maps():
    x = drawn(3).requires_grad_()
    assert gradgradcheck(lambda t: func.vmap(lambda a: a.sin() * t.sum())(t), x)
    assert gradgradcheck(lambda t: func.jvp(lambda a: a**3, (t,), (t * 2,))[1], x)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from([None, 0, 1, 2]), min_size=2, max_size=2).filter(any), st.integers(1, 3), st.booleans())
def test_operands_are_aligned_by_their_own_dimensions(dims, size, flat):
    """A batch of vectors and a batch of matrices broadcast as a vector and a matrix do."""
    shapes = [(3,) if flat else (1, 3), (2, 3)]
    dims = [None if d is None else min(d, len(s)) for d, s in zip(dims, shapes)]
    if dims == [None, None]:
        return
    a, b = (drawn(*s) if d is None else drawn(*s[:d], size, *s[d:]) for s, d in zip(shapes, dims))
    result = fl.vmap(lambda p, q: p * q - q / p, in_dims=tuple(dims))(a, b)
    for i in range(size):
        p, q = (x if d is None else x.select(d, i) for x, d in zip((a, b), dims))
        close(result[i], p * q - q / p)


def test_an_index_out_of_its_own_rows_is_refused():
    """It must not meet the rows of the next element of the batch."""
    x, index = drawn(2, 3, 4), fl.tensor([[0], [3]])
    with pytest.raises(IndexError):
        fl.vmap(lambda t, k: t[k])(x, index).sum().item()
    with pytest.raises(RuntimeError):
        fl.vmap(lambda t, k: t.index_add(0, k, t[:1]))(x, index).sum().item()


def test_a_view_beyond_the_elements_of_a_batch_is_refused():
    with pytest.raises(RuntimeError, match="out of bounds"):
        fl.vmap(lambda t: t.as_strided((6,), (1,)))(drawn(2, 3))


def test_what_leaves_a_transform_is_plain():
    kept = []
    func.grad(lambda t: kept.append(t * 2) or t.sum())(drawn(3))
    func.vmap(lambda t: kept.append(t) or t)(drawn(3, 2))
    assert [(x + 1).shape for x in kept] == [(3,), (3, 2)]


def test_eager_and_deferred_programs_agree(monkeypatch):
    from flambeau import config

    x, w = drawn(4, 3), drawn(3, 2)
    f = lambda: func.vmap(func.grad(lambda a, b: (a @ b).tanh().prod(), argnums=1), in_dims=(0, None))(x, w)
    deferred = f()
    monkeypatch.setattr(config, "eager", True)
    close(f(), deferred, 0)
