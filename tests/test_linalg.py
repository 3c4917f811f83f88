"""Linear algebra: results that fulfil their definitions, gradients by finite differences, errors that name a matrix."""

import math

import numpy as np
import pytest

import flambeau as fl
from flambeau import linalg
from flambeau.autograd import gradcheck


def normal(*shape, seed=0):
    return fl.from_numpy(np.random.default_rng(seed).standard_normal(shape))


def positive(n, *batch):
    a = normal(*batch, n, n)
    return a @ a.mT + n * fl.eye(n).double()


def same(a, b, tolerance=1e-9):
    np.testing.assert_allclose(a.numpy(), b.numpy() if hasattr(b, "numpy") else b, atol=tolerance, rtol=tolerance)


def test_inverse_and_solution():
    a, b = positive(4, 2, 3), normal(3, 4, 5)
    same(a @ linalg.inv(a), fl.eye(4).double().expand(2, 3, 4, 4))
    same(a @ linalg.solve(a, b), b.expand(2, 3, 4, 5))
    same(linalg.solve(a, b.mT, left=False) @ a, b.mT.expand(2, 3, 5, 4))
    same(a[0, 0] @ linalg.solve(a[0, 0], b[0, :, 0]), b[0, :, 0])


@pytest.mark.parametrize("m, n", [(4, 4), (3, 5), (5, 3), (0, 2)])
def test_factors_multiply_to_the_matrix(m, n):
    a = normal(2, m, n)
    q, r = linalg.qr(a)
    same(q @ r, a)
    same(q.mT @ q, fl.eye(min(m, n)).double().expand(2, min(m, n), min(m, n)))
    u, s, vh = linalg.svd(a, full_matrices=False)
    same(u * s.unsqueeze(-2) @ vh, a)
    p, l, u = linalg.lu(a)
    same(p @ l @ u, a)
    assert fl.equal(l, l.tril()) and fl.equal(u, u.triu())


def test_eigenvalues_and_cholesky():
    a = positive(4, 3)
    values, vectors = linalg.eigh(a)
    same(a @ vectors, vectors * values.unsqueeze(-2))
    factor = linalg.cholesky(a)
    same(factor @ factor.mT, a)
    same(linalg.cholesky(a, upper=True), factor.mT)


def test_least_squares_is_orthogonal_to_its_residuals():
    a, b = normal(6, 3), normal(6, 2)
    found = linalg.lstsq(a, b, driver="gelsd")
    same(a.mT @ (a @ found.solution - b), fl.zeros(3, 2))
    same(found.residuals, ((a @ found.solution - b) ** 2).sum(0))
    assert found.rank.item() == 3


def test_rank_condition_and_norms_against_numpy():
    a = normal(5, 4)
    a[:, 3] = a[:, 0] + a[:, 1]
    assert linalg.matrix_rank(a).item() == 3
    square = normal(4, 4).numpy()
    for p in (None, "fro", "nuc", 1, -1, 2, -2, math.inf, -math.inf):
        assert linalg.cond(fl.from_numpy(square), p).item() == pytest.approx(np.linalg.cond(square, p))
        assert linalg.norm(fl.from_numpy(square), p).item() == pytest.approx(np.linalg.norm(square, p))


def test_chain_of_products_and_powers():
    chain = [normal(3), normal(3, 40), normal(40, 2), normal(2, 30), normal(30)]
    same(linalg.multi_dot(chain), np.linalg.multi_dot([x.numpy() for x in chain]))
    a = positive(3)
    for n in (-2, 0, 1, 5):
        same(linalg.matrix_power(a, n), np.linalg.matrix_power(a.numpy(), n), 1e-6)


def symmetric(function):
    return lambda a: function((a + a.mT) / 2)


GRADIENTS = {
    "inv": (linalg.inv, [positive(3, 2)]),
    "solve": (linalg.solve, [positive(3, 2), normal(2, 3, 2)]),
    "solve right": (lambda a, b: linalg.solve(a, b, left=False), [positive(3), normal(2, 3)]),
    "det": (linalg.det, [normal(2, 3, 3)]),
    "slogdet": (lambda a: linalg.slogdet(a)[1], [positive(3)]),
    "cholesky": (symmetric(linalg.cholesky), [positive(3, 2)]),
    "eigenvalues": (symmetric(linalg.eigvalsh), [positive(3)]),
    "eigenvectors": (symmetric(lambda a: linalg.eigh(a)[1] ** 2), [positive(3)]),
    "svd tall": (lambda a: [x**2 for x in linalg.svd(a, full_matrices=False)], [normal(4, 3)]),
    "svd wide": (lambda a: [x**2 for x in linalg.svd(a, full_matrices=False)], [normal(2, 4)]),
    "qr tall": (linalg.qr, [normal(4, 3)]),
    "qr wide": (linalg.qr, [normal(3, 5)]),
    "lu": (lambda a: linalg.lu(a)[1:], [normal(3, 3)]),
    "lu tall": (lambda a: linalg.lu(a)[1:], [normal(4, 3)]),
    "lu wide": (lambda a: linalg.lu(a)[1:], [normal(3, 4)]),
    "pinv tall": (linalg.pinv, [normal(4, 3)]),
    "pinv wide": (linalg.pinv, [normal(3, 4)]),
    "lstsq": (lambda a, b: linalg.lstsq(a, b).solution, [normal(4, 2), normal(4, 3)]),
    "nuclear norm": (lambda a: linalg.matrix_norm(a, "nuc"), [normal(3, 4)]),
}


@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients(name):
    function, inputs = GRADIENTS[name]
    inputs = [x.detach().clone().requires_grad_() for x in inputs]
    assert gradcheck(lambda *xs: _tuple(function(*xs)), inputs)


def _tuple(results):
    return tuple(results) if isinstance(results, (tuple, list)) else results


def test_gradient_of_a_determinant_that_is_zero():
    a = fl.tensor([[1.0, 2.0], [2.0, 4.0]], dtype=fl.float64, requires_grad=True)
    linalg.det(a).backward()
    same(a.grad, fl.tensor([[4.0, -2.0], [-2.0, 1.0]]))


def test_the_matrix_without_a_result_is_named():
    batch = fl.stack([fl.eye(2), fl.zeros(2, 2)])
    with pytest.raises(linalg.LinAlgError, match=r"linalg.inv: \(Batch element 1\): The diagonal element 1 is zero"):
        linalg.inv(batch)
    with pytest.raises(linalg.LinAlgError, match="the leading minor of order 2 is not positive-definite"):
        linalg.cholesky(fl.tensor([[1.0, 0.0], [0.0, -1.0]]))
    inverse, info = linalg.inv_ex(batch)
    assert info.tolist() == [0, 1] and fl.equal(inverse[0], fl.eye(2))
    with pytest.raises(linalg.LinAlgError, match="The solver failed because the input matrix is singular"):
        linalg.solve(batch, fl.ones(2, 2, 1))


@pytest.mark.parametrize("size", [1, 2, 5, 12])
def test_indefinite_matrices(size):
    """Symmetric systems with small and zero pivots are solved by L D L^T."""
    rng = np.random.default_rng(size)
    a = rng.standard_normal((3, size, size))
    a = a + a.swapaxes(1, 2)
    a[1, range(size), range(size)] *= 0.01
    if size > 1:
        a[2, 0, 0] = 0
    b = rng.standard_normal((3, size, 2))
    LD, pivots = fl.linalg.ldl_factor(fl.tensor(np.tril(a)))
    x = fl.linalg.ldl_solve(LD, pivots, fl.tensor(b))
    np.testing.assert_allclose(a @ x.numpy(), b, atol=1e-9)
    assert fl.linalg.ldl_factor_ex(fl.zeros(2, 2)).info.item() == 1


@pytest.mark.parametrize("shape", [(5, 3), (4, 4), (2, 6, 3)])
def test_products_of_reflections(shape):
    x = fl.tensor(np.random.default_rng(0).standard_normal(shape), requires_grad=True)
    a, tau = fl.geqrf(x.detach())
    q = fl.linalg.householder_product(a, tau)
    np.testing.assert_allclose(q @ a[..., : shape[-1], :].triu(), x.detach(), atol=1e-12)
    c = fl.tensor(np.random.default_rng(1).standard_normal((*shape[:-1], 2)))
    full = fl.ormqr(a, tau, fl.eye(shape[-2], dtype=fl.float64).expand(*shape[:-1], shape[-2]))
    for transpose in (False, True):
        wanted = (full.mT if transpose else full) @ c
        np.testing.assert_allclose(fl.ormqr(a, tau, c, True, transpose), wanted, atol=1e-12)
        np.testing.assert_allclose(fl.ormqr(a, tau, c.mT, False, not transpose), wanted.mT, atol=1e-12)
    tau.requires_grad_()
    assert fl.autograd.gradcheck(fl.linalg.householder_product, (x, tau))


def test_low_rank():
    rng = np.random.default_rng(0)
    a = fl.tensor(rng.standard_normal((20, 3)) @ rng.standard_normal((3, 9)))
    for x in (a, a.mT):
        U, S, V = fl.svd_lowrank(x, q=5)
        np.testing.assert_allclose(U @ S.diag() @ V.mT, x, atol=1e-10)
    U, S, V = fl.pca_lowrank(a, q=4)
    np.testing.assert_allclose(S[:3], fl.linalg.svdvals(a - a.mean(0))[:3], rtol=1e-10)
