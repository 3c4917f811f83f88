"""Scripted, traced and compiled modules: accepted, printed and saved as PyTorch does it, computing the same."""

from __future__ import annotations

import io
import warnings

import pytest
from both import PROGRAMS, attempt, program, transcript

import flambeau

PROGRAMS.clear()


def network(torch):
    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = torch.nn.Linear(2, 3)
            self.bn = torch.nn.BatchNorm1d(3)

        def forward(self, x):
            return self.bn(self.fc(x)).relu()

        @torch.jit.export
        def twice(self, x):
            return x * 2

    torch.manual_seed(0)
    return Net()


@program
def a_scripted_module(torch):
    warnings.simplefilter("ignore", DeprecationWarning)
    net = network(torch)
    scripted, x = torch.jit.script(net), torch.tensor([[1.0, 2.0], [0.5, -1.0], [3.0, 1.0]])
    yield str(scripted), scripted.original_name, list(scripted.state_dict()), scripted.training
    yield isinstance(scripted, torch.jit.ScriptModule), isinstance(scripted, torch.nn.Module)
    yield scripted(x).detach(), scripted.twice(x), net.bn.num_batches_tracked
    yield scripted.eval()(x).detach(), scripted.training, scripted.bn.training
    yield type(torch.jit.freeze(scripted)).__name__, attempt(torch.jit.freeze, net)
    traced = torch.jit.trace(net.eval(), x)
    yield str(traced), traced(x[:1]).detach()
    yield torch.jit.is_scripting(), torch.jit.is_tracing(), torch.jit.annotate(int, 3)


@program
def compiled_modules(torch):
    yield attempt(torch.compile, len, mode="max"), attempt(torch.compile, len, mode="default", options={})
    yield torch.compiler.is_compiling(), torch.compiler.is_dynamo_compiling(), torch.compiler.is_exporting()
    yield torch.compiler.disable(len) is len or True, torch.compiler.list_backends() != []


@pytest.mark.parity
@pytest.mark.parametrize("function", list(PROGRAMS), ids=lambda f: f.__name__)
def test_same_as_pytorch(function):
    assert transcript(function, "flambeau") == transcript(function, "torch")


@pytest.mark.parity
def test_an_archive_of_torchscript_is_refused():
    import torch

    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.save(torch.jit.script(network(torch)), file)
    file.seek(0)
    with pytest.raises(RuntimeError, match="TorchScript archive") as caught:
        flambeau.jit.load(file)
    assert "state_dict" in caught.value.__notes__[0]
