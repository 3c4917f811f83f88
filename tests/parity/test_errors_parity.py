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
F.rms_norm(x, (3, 4), torch.ones(3))
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


# Indices out of range whose numbers lie in memory; what is written over what is read; outputs of another type.
REFUSED_DATA = """
x.index_select(0, L(3))
v.index_select(0, L(-1))
torch.take(x, L(12))
x.gather(1, L([0, 4], [1, 1]))
x.gather(0, L([0, -1], [1, 1]))
x.scatter(0, L([0, 3]), 1.0)
x.scatter(1, L([0, -4]), x)
x.scatter_add(1, L([0, 7]), x)
x.scatter_reduce(1, L([0, 7]), x, "amax")
x.index_add(0, L(3), x[:1])
v.index_add(0, L(9), v[:1])
x.index_copy(0, L(-1), x[:1])
x.index_fill(0, L(-4), 1.0)
x[L(3)]
x[:, L(-5)]
x[L(0), L(9)]
v.__setitem__(L(5), 1)
x.index_put((L(0), L(-5)), x[0, 0])
x.put(L(13), v[:1])
F.embedding(L(3), x)
F.cross_entropy(x, L(0, 1, 4))
F.cross_entropy(x, L(0, 1, -1))
F.nll_loss(x.view(1, 3, 2, 2), L([[0, 1], [3, 0]]))
v[1:].add_(v[:-1])
v[1:].copy_(v[:-1])
v.__isub__(v[0])
v.expand(3, 5).add_(1)
torch.exp(v[1:], out=v[:-1])
torch.add(v[1:], v[:-1], out=v[1:])
torch.cumsum(v[1:], 0, out=v[:-1])
torch.gather(v, 0, L(0, 1, 2, 3, 4), out=v)
torch.index_select(v, 0, L(0, 1, 2, 3, 4), out=v)
torch.cat([v, v[:0]], out=v)
torch.masked_select(v, v > -1, out=v)
torch.kthvalue(v.view(1, 5), 1, 0, out=(v, L(0)))
x.scatter_(0, L([1, 2]), x[:1, :2])
torch.abs(v, out=torch.empty(5, dtype=torch.float64))
torch.mm(x, x.t(), out=torch.empty(3, 3, dtype=torch.float64))
torch.dot(v, v, out=torch.empty((), dtype=torch.float64))
torch.sort(v, out=(torch.empty(5), torch.empty(5)))
torch.amax(v, 0, out=torch.empty((), dtype=torch.float64))
torch.any(v, out=torch.empty(()))
torch.argmax(v, out=torch.empty(()))
torch.gather(v, 0, L(0), out=torch.empty(1, dtype=torch.float64))
torch.aminmax(x, dim=0, out=(torch.empty(4), torch.empty(4, dtype=torch.float64)))
torch.multinomial(v, 2, out=torch.empty(2))
torch.linalg.det(x[:, :3], out=torch.empty((), dtype=torch.float64))
torch.add(v, 1, out=torch.empty(5, dtype=torch.int64))
torch.multinomial(v - 1, 2, True)
torch.multinomial(torch.tensor([1.0, float("inf")]), 2, True)
torch.multinomial(torch.ones(()), 1)
F.multi_margin_loss(x, L(0, 1, 9))
F.multi_margin_loss(x, x)
F.multi_margin_loss(x[:, :0], L(0, 0, 0))
F.multilabel_margin_loss(v, L(0, 1, 5, -1, 0))
F.multilabel_margin_loss(x, L(0, 1, 2))
F.max_unpool2d(x.view(1, 1, 3, 4), L([[[0, 1]]]), 2)
F.max_unpool1d(v.view(1, 1, 5), L([[0, 2, 4, 6, 99]]), 2)
F.max_pool1d(x, 2, padding=4, return_indices=True)
F.max_pool1d(x, 2, padding=4)
torch.dot(v, L(1, 2))
torch.roll(x, ())
torch.roll(torch.ones(()), 1, 0)
torch.hsplit(x, "a")
torch.vsplit(v, 1)
F.soft_margin_loss(torch.ones(5, 5), torch.ones(5, 4))
torch.as_strided(v, (2,), (1,), -1)
torch.combinations(v, -1)
torch.addmv(v > 0, torch.ones(5, 10), torch.ones(10))
torch.baddbmm(torch.ones(2, 2, 2).double(), torch.ones(2, 2, 2), torch.ones(2, 2, 2))
torch.cdist(x, x.long())
torch.cross(torch.ones(1, 3), torch.ones(5, 3).long(), dim=-1)
torch.lerp(v, v > 0, 0.5)
torch.lerp(v, v, v.double())
torch.meshgrid(v > 0, v)
torch.logcumsumexp(v.long(), 0)
torch.mm(x > 0, x.t() > 0)
F.linear(x > 0, x > 0)
F.conv2d(x[None, None] > 0, x[None, None] > 0)
F.layer_norm(x, (4,), torch.ones(4).double())
F.group_norm(x.long(), 2)
F.batch_norm(x.long(), None, None, training=True)
F.mse_loss(x > 0, x > 0)
F.l1_loss(x > 0, x > 0)
F.binary_cross_entropy(x.int(), x.int())
F.relu(x > 0)
F.elu(x.long())
F.silu(x.long())
F.glu(torch.ones(3, 3).long(), 0)
torch.quantile(torch.ones(()), 0.5, dim=1)
torch.ones(()).sort(dim=-2)
torch.topk(v > 0, 1)
"""


@pytest.mark.parametrize("call", REFUSED_DATA.strip().splitlines())
def test_refused_for_what_it_holds(call):
    ours, theirs = (_error(module, call) for module in ("flambeau", "torch"))
    assert theirs is not None and ours == theirs


# The same indices are fine here: wrapped, ignored, or overlapping as one.
ACCEPTED = """
x[L(-3)]
F.cross_entropy(x, L(0, -100, 3))
F.nll_loss(x, L(0, 1, 9), ignore_index=9)
v.add_(v)
torch.exp(v, out=v)
torch.sum(x, 0, out=v[:4])
torch.mm(x[:, :3], x[:, :3], out=x[:, :3])
v[::2].add_(v[1:4])
torch.add(v, 1, out=torch.empty(5, dtype=torch.float64))
"""


@pytest.mark.parametrize("call", ACCEPTED.strip().splitlines())
def test_accepted(call):
    for module in ("flambeau", "torch"):
        assert _error(module, call) is None


def _error(module: str, call: str):
    torch = importlib.import_module(module)
    names = {"torch": torch, "F": torch.nn.functional, "L": lambda *numbers: torch.tensor(numbers)}
    try:
        eval(call, names | {"x": torch.arange(12.0).view(3, 4), "v": torch.arange(5.0)})
    except Exception as error:
        return type(error).__name__, str(error).partition("\nException raised from")[0]
    return None
