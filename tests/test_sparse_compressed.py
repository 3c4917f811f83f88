"""Sparse matrices in the CSR and CSC layouts hold what dense ones do."""

import copy
import pickle

import numpy as np
import pytest

import flambeau as torch

pytestmark = pytest.mark.filterwarnings("ignore:Sparse CS. tensor support is in beta state")
LAYOUTS = [torch.sparse_csr, torch.sparse_csc]


def dense(seed=0, shape=(4, 6)):
    rng = np.random.default_rng(seed)
    return torch.tensor(rng.standard_normal(shape) * (rng.random(shape) < 0.4))


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_layouts_hold_the_same_elements(layout):
    x = dense()
    s = x.to_sparse(layout=layout)
    assert s.layout is layout and s._nnz() == int((x != 0).sum())
    for other in (s, s.to_sparse(), s.t().t(), s.to_sparse_csr(), s.to_sparse_csc(), copy.deepcopy(s)):
        assert torch.equal(other.to_dense(), x)
    assert torch.equal(pickle.loads(pickle.dumps(s)).to_dense(), x)
    by_columns = layout is torch.sparse_csc
    starts, plain = (s.ccol_indices(), s.row_indices()) if by_columns else (s.crow_indices(), s.col_indices())
    again = torch.sparse_compressed_tensor(starts, plain, s.values(), x.shape, layout=layout)
    assert torch.equal(again.to_dense(), x)
    counts = (x != 0).sum(0 if by_columns else 1)
    assert starts.diff().tolist() == counts.tolist()


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_arithmetic(layout):
    x, y = dense(), dense(1)
    s, m, v = x.to_sparse(layout=layout), dense(2, (6, 3)), dense(3, (6,))
    for got, want in (
        (s @ m, x @ m), (s @ v, x @ v), (m.t() @ s.t(), m.t() @ x.t()), (s * 3, x * 3), (s * y, x * y), (-s, -x),
        (s + y.to_sparse(layout=layout), x + y), (s.sin(), x.sin()), (s.t() @ s, x.t() @ x), (s.sum(), x.sum()),
        (torch.addmm(torch.ones(4, 3, dtype=x.dtype), s, m, alpha=2), 1 + 2 * (x @ m)),
    ):  # fmt: skip
        got = got.to_dense() if got.layout is not torch.strided else got
        assert np.allclose(got.numpy(), want.numpy())
    assert (s * 3).layout is (s + s).layout is s.sin().layout is layout


def test_gradients_reach_values_and_what_they_are_multiplied_by():
    values = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64, requires_grad=True)
    m = dense(2, (3, 2)).requires_grad_()

    def product(values, m):
        return torch.sparse_csr_tensor([0, 2, 3], [0, 2, 2], values, (2, 3)) @ m

    def sampled(values, m):
        s = torch.sparse_csr_tensor([0, 2, 3], [0, 2, 2], values, (2, 3))
        return torch.sparse.sampled_addmm(s, m.t() @ m, (m @ m.t())[:2], beta=2.0, alpha=0.5).values()

    assert torch.autograd.gradcheck(product, (values, m)) and torch.autograd.gradcheck(sampled, (values, m))


def test_other_layouts_are_refused():
    s = dense().to_sparse_csr()
    with pytest.raises(RuntimeError, match="expected sparse column compressed tensor layout but got SparseCsr"):
        s.ccol_indices()
    with pytest.raises(RuntimeError, match="do not have strides"):
        s.stride()
    with pytest.raises(NotImplementedError, match="blocks"):
        dense().to_sparse_bsr((2, 2))
    with pytest.raises(RuntimeError, match="must be equal"):
        torch.sparse_csr_tensor([0, 1, 2], [0, 0, 1], [1.0, 2.0, 3.0])


def test_indices_are_named_by_the_layout():
    s = torch.sparse_csr_tensor(crow_indices=[0, 1, 2], col_indices=[1, 0], values=[1.0, 2.0])
    t = torch.sparse_csc_tensor(ccol_indices=[0, 1, 2], row_indices=[1, 0], values=[1.0, 2.0])
    assert s.to_dense().tolist() == [[0, 1], [2, 0]] and t.to_dense().tolist() == [[0, 2], [1, 0]]
