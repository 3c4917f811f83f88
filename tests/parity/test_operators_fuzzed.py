"""Operators on tensors of any shape, layout and type, along any dimension: PyTorch's results and errors.

Deferred and at once, results are the same to the bit.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flambeau as fl
from flambeau import config

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.parity

OPERATORS = {
    "sum": lambda t, x, d: x.sum(d),
    "mean": lambda t, x, d: x.mean(d),
    "prod": lambda t, x, d: x.prod(d),
    "amax": lambda t, x, d: x.amax(d),
    "max": lambda t, x, d: x.max(d),
    "argmin": lambda t, x, d: x.argmin(d),
    "any": lambda t, x, d: x.any(d),
    "var": lambda t, x, d: x.var(d),
    "norm": lambda t, x, d: x.norm(dim=d),
    "logsumexp": lambda t, x, d: x.logsumexp(d),
    "softmax": lambda t, x, d: x.softmax(d),
    "cumsum": lambda t, x, d: x.cumsum(d),
    "cumprod": lambda t, x, d: x.cumprod(d),
    "cummax": lambda t, x, d: x.cummax(d),
    "sort": lambda t, x, d: x.sort(d)[0],
    "topk": lambda t, x, d: x.topk(1, d)[0],
    "median": lambda t, x, d: x.median(d)[0],
    "kthvalue": lambda t, x, d: x.kthvalue(1, d)[0],
    "flip": lambda t, x, d: x.flip(d),
    "roll": lambda t, x, d: x.roll(1, d),
    "unsqueeze": lambda t, x, d: x.unsqueeze(d),
    "squeeze": lambda t, x, d: x.squeeze(d),
    "select": lambda t, x, d: x.select(d, 0),
    "narrow": lambda t, x, d: x.narrow(d, 0, 1),
    "chunk": lambda t, x, d: x.chunk(2, d),
    "unbind": lambda t, x, d: x.unbind(d),
    "split": lambda t, x, d: x.split(2, d),
    "index_select": lambda t, x, d: x.index_select(d, t.tensor([0])),
    "gather": lambda t, x, d: x.gather(d, t.zeros(x.shape, dtype=t.int64)),
    "cat": lambda t, x, d: t.cat([x, x], d),
    "stack": lambda t, x, d: t.stack([x, x], d),
    "diff": lambda t, x, d: x.diff(dim=d),
    "tensor_split": lambda t, x, d: x.tensor_split(2, d),
    "count_nonzero": lambda t, x, d: x.count_nonzero(d),
    "aminmax": lambda t, x, d: x.aminmax(dim=d),
    "nansum": lambda t, x, d: x.nansum(d),
    "unflatten": lambda t, x, d: x.unflatten(d, (1, -1)),
    "flatten": lambda t, x, d: x.flatten(d),
    "movedim": lambda t, x, d: x.movedim(d, 0),
    "diagonal": lambda t, x, d: x.diagonal(0, d, -1),
    "renorm": lambda t, x, d: x.renorm(2, d, 1.0),
    "tril": lambda t, x, d: x.tril(d),
    "mm": lambda t, x, d: x @ x,
    "relu": lambda t, x, d: t.relu(x),
    "lerp": lambda t, x, d: t.lerp(x, x, 0.5),
    "nonzero": lambda t, x, d: x.nonzero(),
    "as_strided": lambda t, x, d: x.as_strided((1,), (1,), d),
    "clamp": lambda t, x, d: x.clamp(-1, 1),
    "add_": lambda t, x, d: x.clone().add_(x.sum()),
    "where": lambda t, x, d: t.where(x > 0, x, 0),
    "linear": lambda t, x, d: t.nn.functional.linear(x, x),
    "glu": lambda t, x, d: t.nn.functional.glu(x, d),
    "layer_norm": lambda t, x, d: t.nn.functional.layer_norm(x, x.shape[d:]),
    "silu": lambda t, x, d: t.nn.functional.silu(x),
    "mse_loss": lambda t, x, d: t.nn.functional.mse_loss(x, x),
}
LAYOUTS = {
    "rows": lambda x: x,
    "columns": lambda x: x.transpose(0, -1).contiguous().transpose(0, -1) if x.dim() else x,
    "every other": lambda x: x.repeat_interleave(2, -1)[..., ::2] if x.dim() else x,
    "expanded": lambda x: x[:1].expand(x.shape) if x.dim() and x.shape[0] else x,
}
TYPES = ("float32", "float64", "int64", "uint8", "bool")


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=400, deadline=None, derandomize=True, database=None)
@given(
    st.sampled_from(sorted(OPERATORS)), st.lists(st.integers(0, 4), max_size=3), st.sampled_from(sorted(LAYOUTS)),
    st.sampled_from(TYPES), st.integers(-4, 4),
)  # fmt: skip
def test_as_pytorch(name, shape, layout, dtype, dim):
    if layout == "expanded" and name == "median":  # PyTorch's is wrong
        return
    if 0 in shape and name in ("cummax", "cat"):  # PyTorch looks at no dimension
        return
    ours, theirs = (_outcome(t, name, shape, layout, dtype, dim) for t in (fl, torch))
    if 0 in shape and "NotImplementedError" in (ours, theirs):  # for nothing PyTorch needs no kernel, now and then
        return
    if isinstance(theirs, str) or isinstance(ours, str):
        assert ours == theirs
        return
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs):
        assert a.dtype == b.dtype and a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)
    with config.override(eager=True):
        for a, b in zip(ours, _outcome(fl, name, shape, layout, dtype, dim)):
            np.testing.assert_array_equal(a, b)


def _outcome(t, name, shape, layout, dtype, dim):
    """The results as arrays, or the type of the exception."""
    numbers = np.random.default_rng(sum(shape)).integers(-3, 4, shape)
    x = LAYOUTS[layout](t.tensor(numbers.tolist()).reshape(shape).to(getattr(t, dtype)))
    try:
        found = OPERATORS[name](t, x, dim)
        return [part.numpy() for part in (found if isinstance(found, (tuple, list)) else (found,))]
    except Exception as error:
        return type(error).__name__
