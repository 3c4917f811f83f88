"""uint16, uint32, uint64 and 8-bit floats: the same numbers, texts and files as PyTorch."""

import io

import numpy as np
import pytest

import flambeau

pytestmark = pytest.mark.parity
torch = pytest.importorskip("torch")

NAMES = ["uint16", "uint32", "uint64", "float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz"]
FLOATS = NAMES[3:]


@pytest.mark.parametrize("name", FLOATS)
def test_all_patterns_and_what_lies_between(name):
    rng = np.random.default_rng(0)
    x = rng.integers(0, 2**32, 100_000, dtype=np.uint32).view(np.float32)
    x = np.concatenate([x, rng.standard_normal(100_000, np.float32) * 100])
    want = torch.from_numpy(x).to(getattr(torch, name))
    got = flambeau.from_numpy(x).to(getattr(flambeau, name))
    assert np.array_equal(got.view(flambeau.uint8).numpy(), want.view(torch.uint8).numpy())
    assert np.array_equal(got.float().numpy(), want.float().numpy(), equal_nan=True)


def _said(m, name, call):
    try:
        return repr(call(m, m.tensor([[1, 2], [3, 40]]).to(getattr(m, name))))
    except Exception as error:
        return f"{type(error).__name__}: {error}"


CALLS = [
    lambda m, x: x, lambda m, x: x[1], lambda m, x: x.t().reshape(4), lambda m, x: x.view(m.uint8), lambda m, x: x + x,
    lambda m, x: x * x, lambda m, x: x / x, lambda m, x: x == x, lambda m, x: x <= x, lambda m, x: x.sum(),
    lambda m, x: x.abs(), lambda m, x: -x, lambda m, x: x.sqrt(), lambda m, x: x.sort(), lambda m, x: x.argmax(),
    lambda m, x: x.type(), lambda m, x: m.where(x == x, x, x), lambda m, x: x.any(),
    lambda m, x: x + 1.5, lambda m, x: x + m.ones(2), lambda m, x: x + m.ones(2, dtype=m.int64), lambda m, x: x.tril(),
    lambda m, x: x.roll(1), lambda m, x: x.index_select(0, m.tensor([1])), lambda m, x: m.zeros(2, dtype=x.dtype),
    lambda m, x: m.full((2,), 3, dtype=x.dtype), lambda m, x: m.arange(3, dtype=x.dtype), lambda m, x: x.bool(),
    lambda m, x: (m.finfo if x.is_floating_point() else m.iinfo)(x.dtype), lambda m, x: m.rand(2, dtype=x.dtype),
    lambda m, x: x.long(), lambda m, x: x.masked_fill(m.tensor([True, False]), 0), lambda m, x: x.requires_grad_(),
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_the_same_is_done_and_refused(name):
    assert [_said(flambeau, name, call) for call in CALLS] == [_said(torch, name, call) for call in CALLS]


@pytest.mark.parametrize("name", NAMES)
def test_files_cross_both_ways(name):
    for writer, reader in ((torch, flambeau), (flambeau, torch)):
        file = io.BytesIO()
        writer.save(writer.tensor([[1, 2], [3, 4]]).to(getattr(writer, name)).t(), file)
        file.seek(0)
        x = reader.load(file)
        assert x.dtype is getattr(reader, name) and x.tolist() == [[1, 3], [2, 4]]
