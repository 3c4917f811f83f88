"""torch.utils.benchmark: what measurements and tables look like, against PyTorch's."""

import importlib

import pytest
from both import attempt, transcript

PROGRAMS = []
program = PROGRAMS.append


def of(torch):
    """torch.utils.benchmark, and a maker of measurements."""
    benchmark = importlib.import_module(torch.__name__ + ".utils.benchmark")

    def measured(times, label="L", sub=None, description=None, env=None, threads=1, stmt="f(x)", setup="pass", runs=1):
        task = benchmark.TaskSpec(stmt, setup, "", label, sub, description, env, threads)
        return benchmark.Measurement(runs, times, task)

    return benchmark, measured


@program
def measurements(torch):
    _, measured = of(torch)
    found = [
        measured([0.00123, 0.00125, 0.0013]),
        measured([1.5e-4] * 5, runs=100),
        measured([1.5e-4], runs=100),
        measured([1.0, 2, 3, 10, 1, 1, 1, 5], sub="sub", description="d", threads=4, env="e"),
        measured([1.0, 2, 3, 10, 1, 1, 1, 5], label=None, stmt="a\nb\n  c", setup="x=1\ny=2"),
        measured([0.5, 0.6, 0.55, 0.51], label=None, stmt="a", setup="x=1"),
        measured([1e-9] * 3),
        measured([100.0] * 3),
    ]
    for m in found:
        yield repr(m).partition("\n")[2], m.median, m.mean, m.iqr, m.significant_figures, m.has_warnings, m.title
    yield [repr(m).partition("\n")[2] for m in type(m).merge(found + found)]


@program
def tables(torch):
    benchmark, measured = of(torch)
    found = [
        measured([1e-5 * (i + 1) * len(sub) * t * k for k in (1, 1.01, 1.02, 1.03)], "Batched dot", sub, name, None, t)
        for sub in ("1x1", "64x64")
        for t in (1, 4)
        for i, name in enumerate(("mul/sum", "bmm", "a long name of a column"))
    ]
    table = benchmark.Compare(found)
    yield str(table)
    table.trim_significant_figures()
    yield str(table)
    table.colorize()
    yield str(table)
    table.colorize(rowwise=True)
    yield str(table)
    others = [
        measured([1e-5], "A", "s", "d1", "env1"),
        measured([2e-2], "A", "s", "d2", "env2"),
        measured([2e-2, 9e-2, 1e-1, 1], "A", "s2", "d2", "env2"),
        measured([3.0], None, None, "q", stmt="x+1"),
        measured([3.5], None, None, "q", stmt="x+2"),
    ]
    table = benchmark.Compare(others)
    table.highlight_warnings()
    yield str(table)
    yield attempt(benchmark.Compare, [1])


@program
def timers(torch):
    benchmark, _ = of(torch)
    timer = benchmark.Timer("y = x + z\nx.sum()", "z = 2", globals={"x": torch.ones(2)}, label="label", num_threads=2)
    for found in (
        timer.timeit(3),
        timer.blocked_autorange(min_run_time=0.01),
        timer.adaptive_autorange(max_run_time=0.1),
    ):
        yield found.title, found.num_threads, found.setup, found.number_per_run > 0, found.median > 0
    yield attempt(benchmark.Timer("nothing").timeit, 1), attempt(benchmark.Timer, 3), attempt(timer.repeat)


@program
def fuzzed(torch):
    benchmark, _ = of(torch)
    numbers = [
        benchmark.FuzzedParameter("k0", minval=1, maxval=16, distribution="loguniform"),
        benchmark.FuzzedParameter("k1", minval=1, maxval=16, distribution="uniform"),
    ]
    tensors = [
        benchmark.FuzzedTensor("x", size=("k0", "k1"), min_elements=4, max_elements=128, probability_contiguous=0.6),
        benchmark.FuzzedTensor("y", size=("k1", 3), steps=(2, 1), dtype=torch.int64),
    ]
    fuzzer = benchmark.Fuzzer(numbers, tensors, seed=0)
    for made, known, params in fuzzer.take(5):
        yield (
            made["x"],
            made["y"],
            made["x"].stride(),
            known["x"]["is_contiguous"],
            {k: int(v) for k, v in params.items()},
        )
    yield fuzzer.rejection_rate


@pytest.mark.parity
@pytest.mark.parametrize("function", PROGRAMS, ids=lambda f: f.__name__)
def test_timing_is_told_as_by_pytorch(function):
    pytest.importorskip("torch")
    assert transcript(function, "flambeau") == transcript(function, "torch")
