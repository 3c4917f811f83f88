"""uint16, uint32, uint64 and 8-bit floats: made, moved, cast, printed, saved; most arithmetic is refused."""

import copy
import io
import pickle

import numpy as np
import pytest

import flambeau as torch

UNSIGNED = [torch.uint16, torch.uint32, torch.uint64]
FLOAT8 = [torch.float8_e4m3fn, torch.float8_e4m3fnuz, torch.float8_e5m2, torch.float8_e5m2fnuz]


@pytest.mark.parametrize("kind", UNSIGNED + FLOAT8, ids=str)
def test_moving_keeps_numbers(kind):
    x = torch.arange(8).reshape(2, 4).to(kind)
    assert x.t().contiguous().tolist() == torch.arange(8).reshape(2, 4).t().tolist()
    assert torch.cat([x, x])[2:].tolist() == x.tolist()
    assert x[1, 2].item() == 6 and x[:, torch.tensor([3, 0])].tolist() == [[3, 0], [7, 4]]
    assert x.view(torch.uint8).view(kind).tolist() == x.tolist()
    x[0] = 6
    assert x.to(torch.int64)[0].tolist() == [6] * 4


@pytest.mark.parametrize("kind", UNSIGNED + FLOAT8, ids=str)
def test_saved_and_loaded(kind):
    file = io.BytesIO()
    torch.save({"x": torch.tensor([[1, 2], [3, 4]]).to(kind).t()}, file)
    file.seek(0)
    x = torch.load(file)["x"]
    assert x.dtype is kind and x.tolist() == [[1, 3], [2, 4]]


def test_unsigned_numbers_fill_their_range():
    assert torch.tensor([-1]).to(torch.uint16).item() == 65535
    assert torch.tensor([2**63 + 5], dtype=torch.uint64).item() == 2**63 + 5
    array = np.array([1, 2**32 - 1], np.uint32)
    assert torch.from_numpy(array).dtype is torch.uint32
    assert torch.from_numpy(array).numpy().tolist() == array.tolist()


def test_patterns_round_to_the_nearest():
    x = torch.tensor([0.0, 1.06, 1.0625, 1.07, 3.1, -500.0, float("nan")])
    assert x.to(torch.float8_e4m3fn).tolist()[:-1] == [0.0, 1.0, 1.0, 1.125, 3.0, -448.0]
    assert x.to(torch.float8_e4m3fn).isnan().tolist() == [False] * 6 + [True]
    assert torch.tensor([70000.0]).to(torch.float8_e5m2).item() == float("inf")


@pytest.mark.parametrize("kind", UNSIGNED + FLOAT8, ids=str)
@pytest.mark.parametrize("call", [lambda x: x + x, lambda x: x // x, lambda x: x < x, lambda x: -x, lambda x: x.max()])
def test_arithmetic_is_refused(kind, call):
    with pytest.raises(NotImplementedError, match="not implemented for"):
        call(torch.tensor([1, 2]).to(kind))


def test_types_are_not_combined():
    with pytest.raises(RuntimeError, match="Promotion for uint16, uint32, uint64 types is not supported"):
        torch.promote_types(torch.uint16, torch.int64)
    with pytest.raises(RuntimeError, match="Promotion for Float8 Types is not supported"):
        torch.ones(2).to(torch.float8_e5m2) * torch.ones(2)
    assert torch.promote_types(torch.uint16, torch.float16) is torch.float16


def test_numpy_has_no_such_floats():
    with pytest.raises(TypeError, match="Got unsupported ScalarType Float8_e5m2"):
        torch.ones(2).to(torch.float8_e5m2).numpy()
    with pytest.raises(TypeError, match="Got unsupported ScalarType BFloat16"):
        torch.ones(2, dtype=torch.bfloat16).numpy()


@pytest.mark.parametrize("kind", [*UNSIGNED, *FLOAT8, torch.bool, torch.bfloat16, torch.uint4, torch.bit], ids=str)
def test_types_are_pickled_by_name(kind):
    assert pickle.loads(pickle.dumps(kind)) is kind and copy.deepcopy(kind) is kind
