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
    "a type error before an error of values": lambda t: t.chunk(rows(t), -1, 1.5),
}


def rows(t):
    return t.arange(6.0).reshape(2, 3)


def gradient(t, function, numbers):
    x = t.tensor(numbers, requires_grad=True)
    function(x).backward()
    return x.grad


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
