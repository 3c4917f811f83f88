"""Small parts of torch.nn: the same programs under Flambeau and under PyTorch."""

from __future__ import annotations

import importlib

import pytest
from both import PROGRAMS, attempt, in_doubles, program, transcript

PROGRAMS.clear()


@program
def gradients_of_convolutions(torch):
    grad = importlib.import_module(f"{torch.__name__}.nn.grad")
    for n in (1, 2, 3):
        x = torch.linspace(-1, 1, 2 * 5**n).reshape(1, 2, *[5] * n)
        weight = torch.linspace(-2, 1, 4 * 2**n).reshape(4, 1, *[2] * n)
        settings = {"stride": 2, "padding": 1, "dilation": 2, "groups": 2}
        g = getattr(torch.nn.functional, f"conv{n}d")(x, weight, **settings).sin()
        yield getattr(grad, f"conv{n}d_input")(x.shape, weight, g, **settings)
        yield getattr(grad, f"conv{n}d_weight")(x, weight.shape, g, **settings)


@program
def convolutions_with_time_first(torch):
    x, weight = torch.arange(24.0).reshape(4, 2, 3), torch.arange(30.0).reshape(2, 3, 5)
    yield torch.nn.functional.conv_tbc(x, weight, torch.ones(5), 1)
    for bad in ((x[0], weight, torch.ones(5)), (x[..., :2], weight, torch.ones(5)), (x, weight, torch.ones(4))):
        yield attempt(torch.nn.functional.conv_tbc, *bad)


@program
def wrappers_and_options(torch):
    torch.manual_seed(0)
    m = torch.nn.DataParallel(torch.nn.Linear(2, 3))
    yield repr(m), list(m.state_dict()), m(torch.ones(1, 2)).detach(), m.device_ids
    for kwargs in (
        None,
        {"device": "cpu"},
        {"x": 1},
        {"factory_kwargs": {"dtype": 1}, "device": "cpu"},
        {"factory_kwargs": {"device": 1}, "device": "cpu"},
    ):
        yield attempt(torch.nn.factory_kwargs, kwargs)


@program
def where_scripts_look_for_classes(torch):
    for place, name in (
        ("conv", "_ConvNd"), ("batchnorm", "_BatchNorm"), ("rnn", "LSTMCell"), ("activation", "MultiheadAttention"),
        ("padding", "ZeroPad2d"), ("sparse", "Embedding"), ("linear", "LazyLinear"), ("module", "_IncompatibleKeys"),
        ("utils", "_pair"), ("lazy", "LazyModuleMixin"), ("loss", "_WeightedLoss"),
    ):  # fmt: skip
        module = importlib.import_module(f"{torch.__name__}.nn.modules.{place}")
        yield getattr(module, name) is not None, hasattr(torch.nn.modules, place)


@pytest.mark.parity
@pytest.mark.parametrize("function", list(PROGRAMS), ids=lambda f: f.__name__)
def test_programs(function):
    pytest.importorskip("torch")
    assert transcript(in_doubles(function), "flambeau") == transcript(in_doubles(function), "torch")
