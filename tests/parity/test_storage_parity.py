"""The memory behind tensors as scripts see it, and tensors that are made to look at other memory, against PyTorch."""

from __future__ import annotations

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


@pytest.mark.parity
@pytest.mark.parametrize("function", list(PROGRAMS), ids=lambda f: f.__name__)
def test_same_as_pytorch(function):
    assert transcript(function, "flambeau") == transcript(function, "torch")
