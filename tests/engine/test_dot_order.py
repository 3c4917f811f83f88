"""The order in which a dot product's terms are added: BLAS's, so that what follows from its last bit is PyTorch's."""

import numpy as np
import pytest

import flambeau as fl

f32 = np.float32


def blas_dot(x, y):
    """Sixteen running values; what is left goes into the first eight, the first four, and the first."""
    sums, at = np.zeros(16, f32), 0
    for count in (16, 8, 4, 1):
        while len(x) - at >= count:
            sums[:count] += x[at : at + count] * y[at : at + count]
            at += count
    first, second, third, last = sums.reshape(4, 4)
    lanes = first + second + third + last
    return (lanes[0] + lanes[2]) + (lanes[1] + lanes[3])


@pytest.mark.parametrize("size", [0, 1, 5, 7, 15, 16, 29, 31, 44, 63, 64, 75, 127, 128, 191, 1000, 4099])
def test_order(size):
    rng = np.random.default_rng(size)
    for _ in range(3):
        x, y = rng.standard_normal((2, size)).astype(f32)
        assert fl.from_numpy(x).dot(fl.from_numpy(y)).item() == blas_dot(x, y)


def test_beside_a_sum_of_the_same_products():
    """One kernel computes both; neither changes for it."""
    x, y = np.random.default_rng(0).standard_normal((2, 317)).astype(f32)
    a, b = fl.from_numpy(x.copy()), fl.from_numpy(y.copy())
    alone = (a * b).sum().item()
    products = fl.tensor(x) * fl.tensor(y)
    both = products.sum(), fl.tensor(x).dot(fl.tensor(y))
    assert [value.item() for value in both] == [alone, blas_dot(x, y)]


@pytest.mark.parametrize("dtype", [fl.float64, fl.int16, fl.int64, fl.bfloat16, fl.complex64], ids=str)
def test_other_types(dtype):
    x, y = (fl.arange(-3, 8).to(dtype), fl.arange(11).to(dtype))
    found = x.dot(y)
    assert found.dtype is dtype and found.item() == sum(a * b for a, b in zip(range(-3, 8), range(11)))
