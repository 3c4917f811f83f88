"""Graphs for TensorBoard: under Flambeau and under PyTorch the same scopes, operations, shapes and arrows."""

from __future__ import annotations

import importlib
import warnings
from collections import Counter

import pytest
from both import attempt

pytestmark = pytest.mark.parity
pytest.importorskip("tensorboard")

# What a trace of PyTorch has between the operations that a script calls.
_ASIDE = {"aten::size", "aten::Int", "aten::zeros"}


def sequential(torch):
    nn = torch.nn
    layers = [nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.AdaptiveAvgPool2d(2), nn.Flatten()]
    return nn.Sequential(*layers, nn.Dropout(), nn.Linear(16, 2)), torch.zeros(2, 3, 12, 12)


def lenet(torch):
    nn, F = torch.nn, torch.nn.functional

    class LeNet(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1, self.conv2 = nn.Conv2d(1, 6, 5), nn.Conv2d(6, 16, 5)
            self.fc1, self.fc2 = nn.Linear(256, 20), nn.Linear(20, 10)

        def forward(self, x):
            x = F.max_pool2d(F.relu(self.conv1(x)), 2)
            x = F.max_pool2d(F.relu(self.conv2(x)), (2, 2))
            x = torch.flatten(x, 1)
            return F.log_softmax(self.fc2(F.relu(self.fc1(x))), dim=1)

    return LeNet(), torch.zeros(1, 1, 28, 28)


def residual(torch):
    nn = torch.nn

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.bn, self.relu = nn.Conv2d(3, 3, 3, padding=1), nn.BatchNorm2d(3), nn.ReLU(inplace=True)

        def forward(self, x):
            out = self.relu(self.bn(self.conv(x)))
            out += x
            return self.relu(out)

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer1 = nn.Sequential(Block(), Block())
            self.heads = nn.ModuleList([nn.Linear(3, 2), nn.Linear(3, 2)])

        def forward(self, x):
            x = self.layer1(x).mean((2, 3))
            return torch.cat([head(x) for head in self.heads], 1)[:, 1:]

    return Net(), torch.zeros(2, 3, 4, 4)


def recurrent(torch):
    nn = torch.nn

    class Tagger(nn.Module):
        def __init__(self):
            super().__init__()
            self.embed, self.lstm = nn.Embedding(10, 4), nn.LSTM(4, 5, 2, batch_first=True)
            self.gru, self.fc = nn.GRU(5, 5, batch_first=True), nn.Linear(5, 2)

        def forward(self, x):
            out, (h, _) = self.lstm(self.embed(x))
            out, _ = self.gru(out)
            return self.fc(out[:, -1]), h

    return Tagger(), torch.zeros(2, 3, dtype=torch.int64)


def alone(torch):
    return torch.nn.GRU(3, 4), torch.zeros(5, 2, 3)


def scripted(torch):
    model = torch.nn.Sequential(torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.ReLU()))
    return torch.jit.trace(model, torch.zeros(1, 3)), torch.zeros(1, 3)


def functions(torch):
    nn, F = torch.nn, torch.nn.functional

    class Several(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(3))
            self.register_buffer("shift", torch.ones(3))
            self.act, self.norm = F.gelu, nn.LayerNorm(3)  # a function kept as an attribute

        def forward(self, x, y):
            x = self.act(x * self.weight + self.shift)
            x, y = x.sigmoid(), torch.tanh(y) / 2
            z = torch.stack([x, y]).softmax(-1)
            z = self.norm(F.relu(z, inplace=True)) - x
            a, b = z.chunk(2)
            return F.leaky_relu(a).squeeze(0), [b.permute(0, 2, 1), (-b).exp().max()]

    return Several(), (torch.ones(2, 3), torch.ones(2, 3))


def graph_of(package, make, **settings):
    torch = importlib.import_module(package)
    graph = importlib.import_module(f"{package}.utils.tensorboard._pytorch_graph").graph
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return graph(*make(torch), **settings)


def seen(nodes):
    """The operations by their scope and shape, and the arrows between them, past what only holds values."""
    by_name = {node.name: node for node in nodes}

    def label(node):
        scope = node.name.rpartition("/")[0]
        return (scope, node.op) if node.op.startswith("aten::") else (node.op, scope)

    def sources(node):
        for name in node.input:
            read = by_name.get(name)
            if read is None or read.op == "prim::Constant" or read.op in _ASIDE:
                continue
            if read.op in ("prim::ListConstruct", "prim::TupleConstruct", "prim::TupleUnpack", "prim::ListUnpack"):
                yield from sources(read)
            elif read.op == "prim::GetAttr":
                yield "parameter", name.split("/")[-2], name.rpartition("/")[0]
            else:
                yield label(read)

    operations, arrows = Counter(), set()
    for node in nodes:
        if node.op in _ASIDE or node.op in ("aten::chunk",) or not node.op.startswith(("aten::", "IO")):
            continue
        shapes = [[dim.size for dim in shape.dim] for shape in node.attr["_output_shapes"].list.shape]
        operations[str((label(node), shapes))] += 1
        arrows |= {(source, label(node)) for source in sources(node) if "aten::chunk" not in source}
    return operations, arrows


@pytest.mark.parametrize("make", [sequential, lenet, residual, recurrent, alone, scripted, functions])
def test_the_same_graph(make):
    ours, run = graph_of("flambeau", make)
    theirs, their_run = graph_of("torch", make)
    our_operations, our_arrows = seen(ours.node)
    their_operations, their_arrows = seen(theirs.node)
    assert our_operations == their_operations
    assert {arrow for arrow in our_arrows if arrow not in their_arrows} == set()
    assert {arrow for arrow in their_arrows if arrow not in our_arrows} == set()
    assert (run, ours.versions) == (their_run, theirs.versions)


RESULTS = {
    "dictionary": lambda x: {"a": x}, "nothing": lambda x: None, "number": lambda x: 3, "mixed": lambda x: (x, None),
    "nested": lambda x: ([x], (x, x)), "fails": lambda x: x @ x[0],
}  # fmt: skip


@pytest.mark.parametrize("name", RESULTS)
@pytest.mark.parametrize("strict", [True, False])
def test_the_same_errors(name, strict, capsys):
    def make(torch):
        class Model(torch.nn.Module):
            def forward(self, x):
                return RESULTS[name](x)

        return Model(), torch.ones(2, 3)

    def run(package):
        result = attempt(graph_of, package, make, use_strict_trace=strict)
        return (result if isinstance(result[0], str) else None), capsys.readouterr().out

    assert run("flambeau") == run("torch")


@pytest.mark.parametrize("given", ["None", "'x'", "3", "(torch.ones(1), 3)", "[torch.ones(2, 3)]", "torch.ones(2, 4)"])
def test_the_same_arguments(given, capsys):
    def run(package):
        result = attempt(graph_of, package, lambda torch: (torch.nn.Linear(3, 2), eval(given, {"torch": torch})))
        return (result if isinstance(result[0], str) else None), capsys.readouterr().out

    assert run("flambeau") == run("torch")
