"""Counted operations and tracked modules, against PyTorch's; tables, against the form that PyTorch prints."""

import importlib

import pytest
from both import transcript

PROGRAMS = []
program = PROGRAMS.append


@program
def counts(torch):
    counter = importlib.import_module(torch.__name__ + ".utils.flop_counter")
    nn, F = torch.nn, torch.nn.functional

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Linear(4, 8), nn.Linear(8, 2, bias=False)

        def forward(self, x):
            return self.b(F.relu(self.a(x)))

    model, heads = Model(), nn.MultiheadAttention(8, 2, batch_first=True)
    layers = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 4, 3, groups=2, stride=2))
    turned = nn.ConvTranspose2d(3, 4, 3, stride=2)
    queries = torch.randn(2, 5, 8)
    calls = [
        lambda: model(torch.randn(3, 4)),
        lambda: model(torch.randn(3, 4)).sum().backward(),
        lambda: model(torch.randn(2, 3, 4)).sum().backward(),
        lambda: layers(torch.randn(2, 3, 8, 8)).sum().backward(),
        lambda: turned(torch.randn(2, 3, 5, 5)).sum().backward(),
        lambda: torch.randn(2, 3, 4) @ torch.randn(2, 4, 5),
        lambda: torch.randn(2, 3, 4) @ torch.randn(4, 5),
        lambda: torch.randn(3) @ torch.randn(3),
        lambda: torch.einsum("bij,bjk->bik", torch.randn(2, 3, 4), torch.randn(2, 4, 5)),
        lambda: heads(queries, queries, queries),
        lambda: heads(queries, queries, queries, need_weights=False)[0].sum().backward(),
        lambda: torch.addmm(torch.randn(2, 3), torch.randn(2, 4), torch.randn(4, 3)),
        lambda: torch.baddbmm(torch.randn(2, 2, 3), torch.randn(2, 2, 4), torch.randn(2, 4, 3)),
    ]
    for call in calls:
        with counter.FlopCounterMode(display=False) as found:
            call()
        named = {name: {str(k): v for k, v in kinds.items()} for name, kinds in found.get_flop_counts().items()}
        yield found.get_total_flops(), named


@program
def running_modules(torch):
    tracker, seen = importlib.import_module(torch.__name__ + ".utils.module_tracker").ModuleTracker(), []

    class Watching(torch.nn.Module):
        def forward(self, x):
            seen.append(sorted(tracker.parents))
            return x * 2

    with tracker:
        torch.nn.Sequential(Watching(), torch.nn.ReLU(), torch.nn.Sequential(Watching()))(torch.ones(2))
    yield seen, sorted(tracker.parents)


@pytest.mark.parity
@pytest.mark.parametrize("function", PROGRAMS, ids=lambda f: f.__name__)
def test_counts_are_like_pytorchs(function):
    pytest.importorskip("torch")
    assert transcript(function, "flambeau") == transcript(function, "torch")
