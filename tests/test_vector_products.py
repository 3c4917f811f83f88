"""Products of a large matrix and a vector, which are sums over the matrix as it lies, against float64 NumPy."""

import numpy as np
import pytest

import flambeau as torch
from flambeau.nn import functional as F
from flambeau.trace.sync import sync


@pytest.mark.parametrize(("rows", "columns"), [(300, 301), (3, 30000), (30000, 3), (1500, 1600), (3, 5), (1, 70000)])
@pytest.mark.parametrize(("kind", "tolerance"), [(torch.float32, 3e-5), (torch.float64, 1e-12)])
def test_matrix_times_vector(rows, columns, kind, tolerance):
    rng = np.random.default_rng(0)
    a, v, u, bias = (rng.standard_normal(shape) for shape in ((rows, columns), columns, rows, rows))
    matrix, right, left, shift = (torch.tensor(x).to(kind) for x in (a, v, u, bias))
    a, v, u, bias = (x.double().numpy() for x in (matrix, right, left, shift))
    cases = [
        (matrix @ right, a @ v), (left @ matrix, u @ a), (matrix.t() @ left, a.T @ u),
        (matrix.t().contiguous().t() @ right, a @ v), (matrix[:, ::2] @ right[::2], a[:, ::2] @ v[::2]),
        (F.linear(right[None], matrix, shift).relu(), np.maximum(a @ v + bias, 0)[None]),
        (F.linear(matrix, right[None]), (a @ v)[:, None]),
        (torch.addmm(shift, right[None], matrix.t(), beta=0.5, alpha=2), (0.5 * bias + 2 * (a @ v))[None]),
    ]  # fmt: skip
    for found, wanted in cases:
        scale = np.linalg.norm(a) * max(np.linalg.norm(v), np.linalg.norm(u))
        assert found.shape == wanted.shape
        assert np.abs(found.numpy() - wanted).max() <= tolerance * scale


def test_gradients_of_matrix_times_vector():
    matrix, vector = torch.randn(300, 400).requires_grad_(), torch.randn(400).requires_grad_()
    y = matrix @ vector
    (y * y).sum().backward()
    r = 2 * y.detach()
    assert torch.allclose(matrix.grad, torch.outer(r, vector.detach()), rtol=1e-4, atol=1e-3)
    assert torch.allclose(vector.grad, r @ matrix.detach(), rtol=1e-4, atol=1e-1)


def test_the_order_of_the_sums_does_not_depend_on_what_is_computed_with_them():
    x, vector = torch.randn(400, 500), torch.randn(500)
    fused = (x * 3.0) @ vector + 1.0
    scaled = x * 3.0
    sync()
    product = scaled @ vector
    sync()
    assert torch.equal(fused, product + 1.0)
