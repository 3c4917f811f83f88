"""Ranges and windows have PyTorch's bits; memory is shared by DLPack both ways."""

import numpy as np
import pytest

import flambeau as fl

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.parity

CASES = [
    (start, end, step)
    for start, end in ((0, 1), (-3.7, 11.3), (2.5, 97.0), (5, 5), (1e-3, 1e3))
    for step in (0.1, 0.37, 1.1, 7)
]


def equal(ours, theirs):
    assert str(ours.dtype) == str(theirs.dtype)
    np.testing.assert_array_equal(ours.double().numpy(), theirs.double().numpy())


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "bfloat16", "int64", "uint8"])
@pytest.mark.parametrize("name", ["arange", "range"])
@pytest.mark.filterwarnings("ignore:torch.range is deprecated")
def test_steps(name, dtype):
    for start, end, step in CASES:
        if (start < 0 and dtype == "uint8") or (step < 1 and "int" in dtype):
            continue
        equal(*(getattr(t, name)(start, end, step, dtype=getattr(t, dtype)) for t in (fl, torch)))


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "int16"])
def test_linspace(dtype):
    for start, end in ((-56, 31), (53, -55), (4.3, -3), (0, 1), (7, 7)):
        for steps in (0, 1, 2, 29, 50, 58, 133):
            equal(*(t.linspace(start, end, steps, dtype=getattr(t, dtype)) for t in (fl, torch)))


@pytest.mark.parametrize("periodic", [True, False])
@pytest.mark.parametrize("name", ["hann_window", "hamming_window", "blackman_window", "bartlett_window"])
def test_windows(name, periodic):
    for length in (0, 1, 2, 5, 64):
        ours, theirs = (getattr(t, name)(length, periodic) for t in (fl, torch))
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=0, atol=2e-7)


def test_dlpack_shares_memory():
    theirs = torch.arange(6.0).view(2, 3)
    ours = fl.from_dlpack(theirs.t())
    theirs[1, 2] = 9
    assert ours[2, 1].item() == 9 and ours.stride() == (1, 3)
    back = torch.from_dlpack(fl.ones(2, 2).t())
    assert back.tolist() == [[1, 1], [1, 1]]
    assert fl.utils.dlpack.from_dlpack(fl.utils.dlpack.to_dlpack(fl.arange(3))).tolist() == [0, 1, 2]
