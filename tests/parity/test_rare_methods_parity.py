"""Methods of Tensor that few scripts use, against PyTorch."""

from __future__ import annotations

import pytest
from both import PROGRAMS, attempt, program, transcript

PROGRAMS.clear()


@program
def functions_over_elements(torch):
    x = torch.arange(6.0).reshape(2, 3)
    yield x.clone().apply_(lambda v: v + 1), x.t().clone().map_(torch.ones(3, 2), lambda a, b: a * 10 + b)
    yield x.clone().map2_(x, x[:1], lambda a, b, c: a + b + c), x.int().apply_(lambda v: v * 2)
    yield attempt(x.clone().requires_grad_().apply_, lambda v: v)


@program
def diagonals_and_memory(torch):
    for shape, wrap in (((3, 3), False), ((5, 3), True), ((8, 3), True), ((8, 3), False), ((2, 5), True)):
        yield torch.zeros(shape).fill_diagonal_(2, wrap=wrap), torch.zeros(shape).t().fill_diagonal_(1, wrap)
    yield torch.zeros(2, 2, 2).fill_diagonal_(1), torch.zeros(3, 3)[1:].fill_diagonal_(1)
    yield attempt(torch.zeros(3).fill_diagonal_, 1), attempt(torch.zeros(2, 3, 2).fill_diagonal_, 1)
    x = torch.arange(6.0).reshape(2, 3)
    yield x.dim_order(), x.t().dim_order(), torch.ones(1, 2, 3, 4).to(memory_format=torch.channels_last).dim_order()
    yield x.is_set_to(x), x.is_set_to(x.view(2, 3)), x.is_set_to(x[0]), x.is_set_to(x.clone())
    yield x.const_data_ptr() == x.data_ptr(), x.storage_type().__name__, x.long().storage_type().__name__


@program
def old_names(torch):
    x = torch.arange(6.0).reshape(2, 3)
    yield x.new(2, 3).shape, x.new([1, 2]), x.new().shape, x.new(torch.ones(2)), x.name
    yield x.is_same_size(x), x.is_distributed(), x.to_dense(), x.is_ipu
    for name in ("eig", "symeig"):
        yield attempt(getattr(x, name))[0], attempt(getattr(x, name))[1][:65]
    yield attempt(x.xpu), attempt(x.solve, x)[0], attempt(x.reinforce, 1)[0]
    yield str(torch.sparse_coo), type(torch.strided).__name__, type(torch.channels_last).__name__, str(torch.jagged)
    yield torch.strided is torch.ones(1).layout, isinstance(torch.channels_last, torch.memory_format)


@pytest.mark.parity
@pytest.mark.parametrize("function", list(PROGRAMS), ids=lambda f: f.__name__)
def test_same_as_pytorch(function):
    assert transcript(function, "flambeau") == transcript(function, "torch")
