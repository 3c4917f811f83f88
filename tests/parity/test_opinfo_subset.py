"""Calls that return the same under Flambeau and under PyTorch: values, dtypes, strides, printed forms, promotion."""

import itertools

import numpy as np
import pytest

import flambeau as fl

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.parity

DTYPES = ("bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64")


def seen(result):
    """What a script sees of a result."""
    if isinstance(result, (tuple, list)):
        return [seen(r) for r in result]
    if not hasattr(result, "stride"):
        return result
    return tuple(result.shape), tuple(result.stride()), result.storage_offset(), str(result.dtype)


def numbers(result):
    parts = result if isinstance(result, (tuple, list)) else (result,)
    return [np.asarray(p.double().numpy()) for p in parts if hasattr(p, "stride")]


def data(t, *shape):
    values = np.random.default_rng(len(shape)).standard_normal(shape).astype(np.float32)
    return t.from_numpy(values)


CALLS = {
    "transpose and add": lambda t: data(t, 3, 4).t() + 1,
    "two layouts": lambda t: data(t, 3, 4).t() * data(t, 4, 3),
    "permuted exp": lambda t: data(t, 2, 3, 4).permute(2, 0, 1).exp(),
    "slice with step": lambda t: data(t, 6, 4)[1::2, ::3],
    "None and Ellipsis": lambda t: data(t, 3, 4)[None, ..., 1],
    "expand": lambda t: data(t, 3, 1).expand(2, 3, 4),
    "reshape of a transpose": lambda t: data(t, 3, 4).t().reshape(2, 6),
    "flatten": lambda t: data(t, 2, 3, 4).flatten(1),
    "unfold": lambda t: data(t, 7).unfold(0, 3, 2),
    "diagonal": lambda t: data(t, 3, 4).diagonal(1),
    "chunk": lambda t: data(t, 5, 2).chunk(2),
    "split": lambda t: data(t, 5, 2).split([1, 4]),
    "unbind": lambda t: data(t, 2, 3).unbind(1),
    "tensor_split": lambda t: data(t, 7).tensor_split(3),
    "squeeze": lambda t: data(t, 1, 3, 1).squeeze(),
    "unsqueeze": lambda t: data(t, 2, 3).unsqueeze(-1),
    "movedim": lambda t: data(t, 2, 3, 4).movedim(0, 2),
    "channels_last": lambda t: data(t, 2, 3, 4, 5).to(memory_format=t.channels_last).relu(),
    "clone keeps the layout": lambda t: data(t, 3, 4).t().clone(),
    "zeros_like keeps the layout": lambda t: t.zeros_like(data(t, 3, 4).t()),
    "sum over a dimension": lambda t: data(t, 2, 3, 4).sum(1, keepdim=True),
    "max along a dimension": lambda t: data(t, 3, 4).max(1),
    "var_mean": lambda t: t.var_mean(data(t, 3, 4), 1),
    "argmax": lambda t: data(t, 3, 4).argmax(0),
    "cat": lambda t: t.cat([data(t, 2, 3), data(t, 1, 3)]),
    "stack": lambda t: t.stack([data(t, 2, 3), data(t, 2, 3)], 1),
    "roll": lambda t: data(t, 3, 4).roll((1, -1), (0, 1)),
    "tril": lambda t: data(t, 3, 4).tril(-1),
    "matmul of batches": lambda t: data(t, 2, 1, 3, 4) @ data(t, 5, 4, 2),
    "einsum": lambda t: t.einsum("bij,bkj->bik", data(t, 2, 3, 4), data(t, 2, 3, 4)),
    "index by a list": lambda t: data(t, 4, 3)[[0, 2], 1:],
    "index by two tensors": lambda t: data(t, 4, 3, 5)[t.tensor([0, 1]), :, t.tensor([2, 3])],
    "mask": lambda t: data(t, 4, 3)[data(t, 4, 3) > 0],
    "gather": lambda t: data(t, 3, 4).gather(1, t.tensor([[0], [3], [2]])),
    "where with a number": lambda t: t.where(data(t, 3, 4) > 0, data(t, 3, 4), 0.0),
    "sort": lambda t: data(t, 3, 5).sort(descending=True),
    "topk": lambda t: data(t, 3, 5).topk(2),
    "cumsum": lambda t: data(t, 3, 5).cumsum(1),
    "median": lambda t: data(t, 3, 5).median(1),
    "unique": lambda t: t.tensor([3, 1, 3, 2]).unique(return_inverse=True, return_counts=True),
    "nonzero": lambda t: t.tensor([[0, 1], [2, 0]]).nonzero(),
    "integer division": lambda t: t.tensor([-7, 7]) // 2,
    "remainder": lambda t: t.tensor([-7.5, 7.5]) % 2,
    "bool sum": lambda t: (data(t, 3, 4) > 0).sum(),
    "arange": lambda t: t.arange(0, 1, 0.1),
    "linspace": lambda t: t.linspace(-1, 1, 7),
    "one_hot": lambda t: t.nn.functional.one_hot(t.tensor([0, 2])),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_same_result(name):
    ours, theirs = CALLS[name](fl), CALLS[name](torch)
    assert seen(ours) == seen(theirs)
    for a, b in zip(numbers(ours), numbers(theirs)):
        np.testing.assert_allclose(a, b, rtol=2e-6, atol=2e-6)


@pytest.mark.parametrize(
    "name", ["slice with step", "max along a dimension", "mask", "unique", "integer division", "bool sum"]
)
def test_same_printed_form(name):
    assert repr(CALLS[name](fl)) == repr(CALLS[name](torch))


@pytest.mark.parametrize("operator", ["__add__", "__truediv__", "__mul__", "__lt__"])
def test_promotion(operator):
    """Every pair of dtypes, with dimensions and without, and with Python numbers."""
    for a, b in itertools.product(DTYPES, DTYPES):
        for shape in ((2,), ()):
            assert _kind(fl, operator, a, b, shape) == _kind(torch, operator, a, b, shape), (a, b, shape)
    for a, number in itertools.product(DTYPES, (True, 2, 1.5)):
        assert _kind(fl, operator, a, number, ()) == _kind(torch, operator, a, number, ()), (a, number)


def _kind(t, operator, a, b, shape):
    left = t.ones(2, dtype=getattr(t, a))
    right = t.ones(shape, dtype=getattr(t, b)) if isinstance(b, str) else b
    return str(getattr(left, operator)(right).dtype)
