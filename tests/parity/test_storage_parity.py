"""The memory behind tensors as scripts see it, and tensors that are made to look at other memory, against PyTorch."""

from __future__ import annotations

import numpy as np
import pytest
from both import PROGRAMS, attempt, program, transcript

PROGRAMS.clear()


@program
def what_a_storage_shows(torch):
    x = torch.arange(6.0).reshape(2, 3)
    s, u = x.storage(), x.untyped_storage()
    yield str(s), s[1], s[-1], len(s), s.size(), str(s.dtype), str(s.device), s.nbytes(), s.element_size(), s.tolist()
    yield str(u), u[2], len(u), u.nbytes(), u.size(), u.tolist(), u.is_cuda, u.is_pinned(), u.resizable()
    yield s.data_ptr() == u.data_ptr() == x.data_ptr(), u == x.untyped_storage(), s.untyped() == u
    yield x[1].storage().data_ptr() == s.data_ptr(), x.t().storage().tolist(), x[1].storage_offset()
    yield s.type(), s.pickle_storage_type(), torch.is_storage(u), torch.is_storage(s), torch.is_storage(x)
    yield [attempt(lambda i=i: s[i]) for i in (6, -7, slice(1, 3))], attempt(lambda: u[24]), u[:4].tolist()


@program
def what_is_written_shows_in_tensors(torch):
    x = torch.arange(6.0).reshape(2, 3)
    x.storage()[0] = 9
    yield x, x._version
    y = x * 2
    x.storage().fill_(1.5)
    yield x, y
    x.untyped_storage().fill_(0)
    yield x
    x.storage().copy_(torch.FloatStorage([1, 2, 3, 4, 5, 6]))
    yield x, x.storage().clone().tolist(), str(x.storage().double().dtype), x.untyped_storage().clone() == 1


@program
def storages_by_themselves(torch):
    for s in (torch.FloatStorage([1, 2, 3]), torch.LongStorage(3).fill_(2), torch.TypedStorage([1], dtype=torch.int16)):
        yield str(s), type(s).__name__, s.tolist(), list(s)
    yield (
        torch.UntypedStorage([1, 2, 3]).tolist(),
        torch.UntypedStorage(4).fill_(1).tolist(),
        torch.UntypedStorage().size(),
    )
    yield isinstance(torch.FloatStorage(1), torch.FloatStorage), isinstance(torch.FloatStorage(1), torch.LongStorage)


@program
def other_memory_for_a_tensor(torch):
    x, source = torch.zeros(0), torch.arange(12.0)
    yield x.set_(source), x.data_ptr() == source.data_ptr(), x.set_(source, 1, (2, 2), (5, 1)), x.storage_offset()
    yield x.set_(source.untyped_storage(), 2, (3,)), x.set_(source.reshape(3, 4).t()).stride(), x.set_()
    yield attempt(lambda: x.set_(torch.ones(3).long())), attempt(lambda: x.set_(torch.LongStorage(3)))
    yield attempt(lambda: torch.ones(2, requires_grad=True).set_(source))
    yield attempt(lambda: x.set_(source.untyped_storage(), -1, (2,), (1,)))


@program
def resizing_keeps_the_elements(torch):
    x = torch.arange(6.0)
    yield x.resize_(2, 2), x.resize_(6), x.resize_(3, 4)[0], x.resize_as_(torch.ones(2, 3))
    y = torch.arange(8)[2:6]
    yield y.resize_(3), y.resize_(2, 3), y.storage_offset()


@program
def elements_of_another_type_in_the_same_memory(torch):
    x = torch.arange(8.0).reshape(2, 4)
    types = (torch.int32, torch.int16, torch.float64, torch.uint8, torch.float16, torch.bool)
    for seen in (x, x.t(), x[:, ::2], x[:, 1:], x[0, 0], x[:, :3], torch.zeros(0, 4)):
        yield [attempt(lambda seen=seen, t=t: seen.view(t)) for t in types]
    yield x.view(dtype=torch.int32).data_ptr() == x.data_ptr()


@program
def writes_show_in_elements_of_another_type(torch):
    x = torch.arange(6.0)
    i = x.view(torch.int32)
    i += 1
    yield x, i, i + 1
    x.mul_(2)
    yield i - 1, x
    i.zero_()
    yield x, x + i
    x.add_(i + 1)
    yield x, i, x._version
    x.view(torch.uint8)[3] = 64
    yield x
    x[2:4].view(torch.int32).fill_(1065353216)
    x[0] = 7
    yield x, i, i[0]
    z = (x * 3).view(torch.int64)
    total = x.sum()
    i.fill_(0)
    yield z, z.view(torch.float32), total, x.sum()
    y = torch.empty(0, dtype=torch.int32).set_(x.untyped_storage())
    y += 3
    yield y, x, y + i


@program
def objects_of_others_as_tensors(torch):
    import array

    x, a = torch.ones(3), np.ones(3)
    yield torch.asarray(x) is x, torch.asarray(x, copy=True).data_ptr() != x.data_ptr()
    yield torch.asarray(a).data_ptr() == a.ctypes.data, torch.asarray(a, dtype=torch.float32), torch.asarray(3)
    yield [attempt(torch.asarray, o, copy=False) for o in (x, a, [1, 2])], torch.asarray([1, 2.5])
    yield attempt(torch.asarray, x, dtype=torch.int32, copy=False), attempt(torch.asarray, "abc")
    for o in (bytearray(b"abcd"), array.array("i", [7])):
        yield torch.asarray(o, dtype=torch.uint8), torch.asarray(o)
    for o in (x[:1].untyped_storage(), x.untyped_storage()[4:8]):
        yield torch.asarray(o, dtype=torch.uint8)
    x.requires_grad_()
    yield torch.asarray(x, requires_grad=False).requires_grad, torch.asarray(x, requires_grad=True).requires_grad
    yield torch.asarray(x * 2, requires_grad=True).is_leaf, torch.frombuffer(bytearray(4), dtype=torch.bfloat16).float()


@pytest.mark.parity
@pytest.mark.parametrize("function", list(PROGRAMS), ids=lambda f: f.__name__)
def test_same_as_pytorch(function):
    assert transcript(function, "flambeau") == transcript(function, "torch")
