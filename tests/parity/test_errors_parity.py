"""Calls that PyTorch refuses are refused with the same type and text, at the call."""

import importlib

import pytest

pytest.importorskip("torch")
pytestmark = pytest.mark.parity

REFUSED = """
x["a"]
x[None, "a"]
x[{}]
x[1, 2, 3]
x[5]
F.rms_norm(x, ())
F.rms_norm(x, (2, 3), torch.ones(3))
F.conv1d(torch.ones(1, 1, 4), torch.ones(1, 2))
F.conv2d(torch.ones(1, 4, 4), torch.ones(1, 1, 2), padding="same")
F.conv3d(torch.ones(1, 1, 3, 4, 5), torch.ones(1, 1, 4, 3), padding="same")
F.embedding(torch.tensor([0]), torch.ones(2))
torch.arange(0, 64, 0.5, out=torch.empty(0, dtype=torch.int64))
torch.arange(0, 3, 0.5, dtype=torch.int64)
torch.arange(3, 0)
torch.arange(0, float("inf"))
torch.range(4, 1)
torch.range(3)
torch.hann_window(-1)
torch.hann_window(5.5)
torch.vander(x)
torch.vander(torch.arange(3), -1)
torch.linalg.vander(torch.tensor(2.0))
torch.matrix_exp(x)
torch.ones(2, requires_grad=True).__dlpack__()
torch.from_dlpack(3)
"""


@pytest.mark.parametrize("call", REFUSED.strip().splitlines())
@pytest.mark.filterwarnings("ignore:torch.range is deprecated")
def test_refused(call):
    assert _error("flambeau", call) == _error("torch", call)


def _error(module: str, call: str):
    torch = importlib.import_module(module)
    try:
        eval(call, {"torch": torch, "F": torch.nn.functional, "x": torch.ones(2, 3)})
    except Exception as error:
        return type(error).__name__, str(error).partition("\nException raised from")[0]
    return None
