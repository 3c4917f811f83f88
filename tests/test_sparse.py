"""Sparse tensors beside the dense ones that they stand for, and gradients that are sparse."""

import copy
import io
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flambeau as fl
from flambeau import nn

PLACES = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3)), max_size=8)


def sparse(places, dense_size=None, seed=0):
    """A sparse tensor (3, 4[, dense_size]) in float64, and the array that it stands for."""
    shape = (3, 4) if dense_size is None else (3, 4, dense_size)
    held = np.random.default_rng(seed).normal(size=(len(places), *shape[2:]))
    where = np.array(places, dtype=np.int64).reshape(-1, 2).T
    dense = np.zeros(shape)
    np.add.at(dense, tuple(where), held)
    return fl.sparse_coo_tensor(fl.tensor(where.copy()), fl.tensor(held), shape), dense


@given(PLACES, st.sampled_from([None, 2]))
@settings(max_examples=12, deadline=None)
def test_a_sparse_tensor_stands_for_a_dense_one(places, dense_size):
    x, dense = sparse(places, dense_size)
    assert np.allclose(x.to_dense().numpy(), dense)
    whole = x.coalesce()
    assert np.allclose(whole.to_dense().numpy(), dense) and whole._nnz() == len(set(places))
    assert whole.indices().t().tolist() == [list(p) for p in sorted(set(places))]
    assert np.allclose(x.transpose(0, 1).to_dense().numpy(), dense.swapaxes(0, 1))
    assert np.allclose(x.sum().item(), dense.sum()) and np.allclose(x.sum(0).to_dense().numpy(), dense.sum(0))
    back = fl.tensor(dense).to_sparse(2)
    assert back.is_coalesced() and np.array_equal(back.to_dense().numpy(), dense)


@given(PLACES, PLACES)
@settings(max_examples=12, deadline=None)
def test_arithmetic(places, others):
    (x, a), (y, b) = sparse(places), sparse(others, seed=1)
    full = fl.tensor(np.random.default_rng(2).normal(size=(3, 4)))
    for got, wanted in (
        (x + y, a + b), (x - y, a - b), (x * y, a * b), (x * 3, a * 3), (x / 2, a / 2), (-x, -a), (x * full, a * full),
        (x.abs(), abs(a)), (full + x, full.numpy() + a), (full - x, full.numpy() - a),
        (x @ full.t(), a @ full.numpy().T),
        (full.t() @ x, full.numpy().T @ a), (x @ full[0], a @ full[0].numpy()), (x @ y.t(), a @ b.T),
    ):  # fmt: skip
        assert np.allclose(got.to_dense().numpy(), wanted)
    full += x
    full.add_(y, alpha=-2)
    x += y
    x *= 2
    assert np.allclose(x.to_dense().numpy(), 2 * (a + b)) and np.isclose(x.norm().item(), np.linalg.norm(2 * (a + b)))


def test_gradients_through_products():
    where = fl.tensor([[0, 1, 1], [2, 0, 2]])
    dense = fl.arange(6.0, dtype=fl.float64).reshape(3, 2).requires_grad_()
    values = fl.tensor([3.0, 4.0, 5.0], dtype=fl.float64, requires_grad=True)

    def product(values, dense):
        return fl.sparse.mm(fl.sparse_coo_tensor(where, values, (2, 3)), dense)

    assert fl.autograd.gradcheck(product, (values, dense))
    assert fl.autograd.gradcheck(lambda v: fl.sparse_coo_tensor(where, v, (2, 3)).coalesce().to_dense(), (values,))
    x = fl.sparse_coo_tensor(where, values.detach(), (2, 3), requires_grad=True)
    (x.to_dense() ** 2).sum().backward()
    assert x.grad.is_sparse and x.grad._values().tolist() == [6.0, 8.0, 10.0]


@pytest.mark.parametrize("padding_idx", [None, 1])
def test_embeddings_have_the_same_gradients(padding_idx):
    fl.manual_seed(0)
    dense = nn.Embedding(6, 3, padding_idx)
    sparsely = nn.Embedding(6, 3, padding_idx, sparse=True)
    sparsely.load_state_dict(dense.state_dict())
    index = fl.tensor([[0, 4, 4], [1, 0, 5]])
    for _ in range(2):  # the second pass adds to the first
        for table in (dense, sparsely):
            (table(index) ** 2).sum().backward()
    grad = sparsely.weight.grad
    assert grad.is_sparse and fl.allclose(grad.to_dense(), dense.weight.grad)
    assert padding_idx not in grad._indices().tolist()[0]
    (found,) = fl.autograd.grad(sparsely(index).sum(), sparsely.weight)
    assert found.is_sparse
    sparsely.zero_grad(set_to_none=False)
    assert sparsely.weight.grad._nnz() == 0


@pytest.mark.parametrize("mode", ["sum", "mean"])
def test_bags_have_the_same_gradients(mode):
    table = fl.randn(6, 3)
    grads = []
    for is_sparse in (False, True):
        bag = nn.EmbeddingBag(6, 3, mode=mode, sparse=is_sparse, _weight=table.clone())
        (bag(fl.tensor([0, 4, 4, 1, 5]), fl.tensor([0, 3])) ** 2).sum().backward()
        grads.append(bag.weight.grad.to_dense())
    assert fl.allclose(*grads)


def test_a_table_that_is_used_densely_too():
    table = nn.Parameter(fl.randn(4, 3))
    loss = nn.functional.embedding(fl.tensor([1, 1]), table, sparse=True).sum() + (table * 2).sum()
    loss.backward()
    assert table.grad.tolist() == [[2.0] * 3, [4.0] * 3, [2.0] * 3, [2.0] * 3]
    nn.functional.embedding(fl.tensor([0]), table, sparse=True).sum().backward()
    assert table.grad.tolist() == [[3.0] * 3, [4.0] * 3, [2.0] * 3, [2.0] * 3]


@pytest.mark.parametrize("settings", [{}, {"momentum": 0.5}, {"momentum": 0.5, "nesterov": True}, {"maximize": True}])
def test_sgd_moves_what_the_gradient_has(settings):
    tables = [nn.Parameter(fl.arange(8.0).reshape(4, 2)) for _ in range(2)]
    optimizers = [fl.optim.SGD([table], lr=0.1, **settings) for table in tables]
    for step in range(3):
        grad = fl.sparse_coo_tensor([[1, 3, 1]], [[1.0, 2], [3, step], [step, 1]], (4, 2))
        for table, optimizer, g in zip(tables, optimizers, (grad, grad.to_dense())):
            table.grad = g
            optimizer.step()
    assert fl.allclose(*tables)


def test_copies_and_files():
    x, dense = sparse([(0, 2), (1, 1), (0, 2)])
    buffer = io.BytesIO()
    fl.save({"x": x}, buffer)
    buffer.seek(0)
    for copied in (copy.deepcopy(x), pickle.loads(pickle.dumps(x)), fl.load(buffer)["x"], x.clone()):
        assert copied.is_sparse and np.allclose(copied.to_dense().numpy(), dense)
        copied.mul_(2)
    assert np.allclose(x.to_dense().numpy(), dense)


def test_what_is_dense_only_is_refused():
    x, _ = sparse([(0, 2)])
    for call in (x.exp, x.numpy, x.tolist, x.data_ptr, lambda: x + 1, lambda: x == x, lambda: x.view(4, 3)):
        with pytest.raises((RuntimeError, TypeError)):
            call()
    with pytest.raises(RuntimeError, match="Adam does not support sparse gradients, please consider SparseAdam"):
        table = nn.Parameter(fl.zeros(3, 4, dtype=fl.float64))
        table.grad = x
        fl.optim.Adam([table]).step()
