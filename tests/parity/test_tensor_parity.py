"""What Python asks of a tensor (numbers, texts, copies, memory): the same programs under Flambeau and under PyTorch."""

from __future__ import annotations

import copy
import operator
import pickle

import numpy as np
import pytest
from both import PROGRAMS, attempt, program, transcript

PROGRAMS.clear()


@program
def numbers(torch):
    for x in (
        torch.tensor(2.5),
        torch.tensor([3]),
        torch.tensor([[True]]),
        torch.ones(2),
        torch.empty(0),
        torch.tensor(-7),
    ):
        for ask in (bool, int, float, complex, operator.index, len, round, operator.neg, torch.Tensor.item):
            yield attempt(ask, x)
    g = torch.tensor(2.5, requires_grad=True)
    yield attempt(g.item), attempt(float, g)
    yield [10, 20, 30][torch.tensor(1)], "ab" * torch.tensor(2), attempt(lambda: [1, 2][torch.tensor(1.0)])
    yield attempt(range, torch.tensor(3)), list(range(torch.tensor(3)))


@program
def arrays(torch):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    yield attempt(x.numpy), attempt(np.asarray, x), attempt(x.__array__)
    yield type(x.detach().numpy()).__name__, x.numpy(force=True).tolist(), attempt(x.tolist)
    y = torch.arange(4)
    a = y.numpy()
    a[0] = 9
    yield y, np.asarray(y).dtype.name, np.asarray(y, dtype=np.float32).dtype.name, (np.ones(4) * y.numpy()).tolist()
    yield np.asarray(torch.ones(2, dtype=torch.float64)).dtype.name


@program
def sequences(torch):
    x = torch.arange(6).reshape(2, 3)
    yield len(x), [row.tolist() for row in x], [list(map(int, row)) for row in x]
    yield attempt(len, torch.tensor(1)), attempt(iter, torch.tensor(1)), attempt(list, torch.empty(0))
    yield 3 in x, 9 in x, attempt(lambda: torch.tensor([1]) in x), attempt(lambda: "a" in x), 1.0 in x
    a, b = x
    yield a, b
    yield attempt(lambda: x[5]), attempt(lambda: x[0, 0, 0])
    yield (
        max(torch.tensor([3, 1, 2])),
        sum(torch.tensor([3, 1, 2])),
        sorted(torch.tensor([3, 1, 2])),
        reversed(torch.arange(3)),
    )
    first, *rest = torch.arange(3)
    yield first, rest


@program
def texts(torch):
    x = torch.tensor(3.14159)
    yield f"{x:.2f}", f"{x}", str(x), f"{torch.tensor(7):d}", f"{torch.tensor(7):>5}", f"{torch.tensor(True)}"
    yield f"{torch.ones(2)}", attempt(lambda: f"{torch.ones(2):.2f}"), attempt(lambda: f"{torch.tensor([1.5]):.2f}")
    g = torch.tensor(1.5, requires_grad=True)
    yield f"{g}", attempt(lambda: f"{g:.3f}"), f"{g * 2}", repr(g * 2), repr(torch.ones(2, requires_grad=True))
    yield f"{x:.1f} {x}"
    yield repr(torch.nn.Parameter(torch.ones(2))), repr((x.reshape(1) * g).sum()), repr(torch.ones(2, dtype=torch.int8))


@program
def truth_and_hash(torch):
    x, y = torch.ones(2), torch.ones(2)
    yield hash(x) == hash(x), hash(x) == hash(y), len({x, y, x}), {x: 1}[x], x is x
    yield (
        attempt(bool, x),
        attempt(bool, torch.empty(0)),
        bool(torch.tensor([0.0])),
        attempt(lambda: 1 if x == y else 2),
    )
    yield x == None, x != None, attempt(lambda: x == "a"), attempt(lambda: not x), attempt(lambda: x == [1, 1])  # noqa: E711


@program
def memory(torch):
    x = torch.arange(12.0).reshape(3, 4)
    v = x.t()[1:3]
    yield (
        v.stride(),
        v.storage_offset(),
        v.is_contiguous(),
        v.data_ptr() - x.data_ptr(),
        v.contiguous().stride(),
        v.stride(-1),
    )
    yield (
        v.untyped_storage().data_ptr() == x.untyped_storage().data_ptr(),
        x.untyped_storage().nbytes(),
        v.untyped_storage().size(),
    )
    yield (
        x.view(-1).data_ptr() == x.data_ptr(),
        x.reshape(4, 3).data_ptr() == x.data_ptr(),
        x.clone().data_ptr() == x.data_ptr(),
    )
    yield x.element_size(), x.nbytes, x.itemsize, x.numel(), x.nelement(), x.dim(), x.ndim, x.size(), x.size(1), x.shape
    yield attempt(x.size, 5), attempt(x.stride, 5), x.is_contiguous(), x.t().is_contiguous(), torch.empty(0).data_ptr()
    yield x._is_view() if hasattr(x, "_is_view") else None, v._base is x._base if x._base is not None else v._base is x
    yield x.get_device(), str(x.device), x.is_cuda, x.layout == torch.strided, x.is_sparse, x.names
    yield x.dense_dim() if hasattr(torch.Tensor, "dense_dim") else 2
    yield x.is_set_to(x) if hasattr(torch.Tensor, "is_set_to") else True


@program
def transposes(torch):
    yield (
        attempt(lambda: torch.ones(2, 3, 4).T.shape),
        torch.ones(2, 3).T.shape,
        torch.ones(3).T.shape,
        torch.tensor(1.0).T.shape,
    )
    yield (
        torch.ones(2, 3, 4).mT.shape,
        attempt(lambda: torch.ones(3).mT),
        attempt(lambda: torch.ones(2, 3, 4).H),
        torch.ones(2, 3).H.shape,
    )
    yield attempt(torch.ones(2, 3, 4).t)


@program
def pickled_and_copied(torch):
    for x in (
        torch.arange(6.0).reshape(2, 3).t(),
        torch.ones(2, requires_grad=True),
        torch.tensor(True),
        torch.empty(0, 3),
    ):
        y = pickle.loads(pickle.dumps(x))
        yield y, y.stride(), type(y).__name__
        z = copy.deepcopy(x)
        yield z, z.stride()
    yield attempt(pickle.dumps, torch.ones(2, requires_grad=True) * 2)[:0]
    p = torch.nn.Parameter(torch.ones(2))
    q = copy.deepcopy(p)
    yield q, type(q).__name__, q.requires_grad, type(pickle.loads(pickle.dumps(p))).__name__
    frozen = copy.deepcopy(torch.nn.Parameter(torch.ones(2), requires_grad=False))
    yield frozen.requires_grad


@program
def parameters(torch):
    p = torch.nn.Parameter(torch.ones(2))
    for y in (p * 2, p.detach(), p.data, p.clone(), p[0], p.view(2), p + p):
        yield type(y).__name__, y.requires_grad, isinstance(y, torch.nn.Parameter)
    yield isinstance(p, torch.Tensor), isinstance(torch.ones(2), torch.nn.Parameter), p.is_leaf
    p.data = torch.zeros(3)
    yield p, p.data
    p.tag = "mine"
    yield p.tag, copy.copy(p).requires_grad
    yield attempt(torch.nn.Parameter, torch.arange(3)), torch.nn.Parameter(torch.arange(3), requires_grad=False)


@program
def attributes_and_names(torch):
    x = torch.ones(2)
    x.note = 5
    yield x.note, hasattr(x, "absent"), attempt(getattr, x, "absent"), "sum" in dir(x), "note" in dir(x)
    yield (
        attempt(setattr, x, "shape", 3)[0],
        attempt(setattr, x, "dtype", 3)[0],
        x.is_floating_point(),
        x.is_complex(),
        x.is_signed(),
    )
    yield type(x).__module__ + "." + type(x).__qualname__ in (
        "torch.Tensor",
        "flambeau.Tensor",
        "flambeau.tensor.Tensor",
    )
    yield issubclass(torch.nn.Parameter, torch.Tensor), x.type(), x.T is x


@pytest.mark.parity
@pytest.mark.parametrize("function", list(PROGRAMS), ids=lambda f: f.__name__)
def test_the_same_is_seen_under_both(function):
    assert transcript(function, "flambeau") == transcript(function, "torch")
