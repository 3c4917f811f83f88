"""The number and kind of kernels that scripts get, as `explain` tells them."""

import pytest

import flambeau as torch
from flambeau import nn
from flambeau.nn import functional as F


def _x(*shape):
    return torch.rand(*shape)


# Programs of a script, and the kinds of launches that compute them. A convolution's input lies in PyTorch's order, so a
# copy brings the channels last before it.
PROGRAMS = {
    "chain and sum": (lambda: ((_x(64, 64) * _x(64, 64) + 1).tanh() * _x(64, 64)).sum(), ["loops"]),
    "transposed sum of a chain": (lambda: (_x(32, 48).t().exp() + _x(48, 1)).sum(1), ["loops"]),
    "softmax": (lambda: F.softmax(_x(16, 50), 1), ["loops"]),
    "log-softmax": (lambda: F.log_softmax(_x(16, 50), 1), ["loops"]),
    "layer norm": (lambda: F.layer_norm(_x(16, 32), (32,), _x(32), _x(32)), ["loops"]),
    "gelu of a broadcast": (lambda: F.gelu(_x(8, 16) + _x(16)), ["loops"]),
    "variance": (lambda: _x(20, 30).var(1), ["loops"]),
    "concatenation": (lambda: torch.cat([_x(4, 5), _x(4, 6) * 2], 1), ["loops"]),
    "linear, bias, relu": (lambda: F.linear(_x(32, 64), _x(48, 64), _x(48)).relu(), ["contraction"]),
    "product, residual, tanh": (lambda: ((_x(32, 64) @ _x(64, 48)) + _x(32, 48)).tanh(), ["contraction"]),
    "convolution, bias, relu": (
        lambda: F.conv2d(_x(2, 16, 12, 12), _x(32, 16, 3, 3), _x(32), padding=1).relu(), ["loops", "contraction"],
    ),
    "two convolutions": (
        lambda: nn.Sequential(nn.Conv2d(8, 16, 3), nn.ReLU(), nn.Conv2d(16, 16, 3), nn.ReLU())(_x(2, 8, 9, 9)),
        ["loops", "contraction", "contraction"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_kernels_of_a_program(name):
    program, kinds = PROGRAMS[name]
    with torch.no_grad():
        result = program()
        explained = torch.explain(result)
    assert [kernel.kind for kernel in explained.kernels] == kinds, explained


def test_what_lies_in_memory_needs_no_kernel():
    x = torch.tensor([1.0])
    assert torch.explain(x).kernels == [] and "nothing to run" in repr(torch.explain(x))


def test_explaining_runs_nothing():
    x = _x(4) * 2
    table = repr(torch.explain(x))
    assert "mul" in table and "total" in table
    assert torch.explain(x).kernels, "still pending"
    assert x.sum().item() > 0
