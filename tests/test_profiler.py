"""torch.profiler: operations and named ranges are counted, timed and printed as PyTorch prints them."""

import json

import pytest

import flambeau as fl
from flambeau import profiler
from flambeau.profiler import profile, record_function


def work(torch, x):
    with torch.profiler.record_function("forward"):
        y = (x @ x.t()).relu()
    y.sum().backward()


def test_operations_are_events_inside_named_ranges(tmp_path):
    x = fl.randn(4, 3, requires_grad=True)
    with profile(record_shapes=True, profile_memory=True) as recorded:
        work(fl, x)
    averages = {event.key: event for event in recorded.key_averages()}
    assert averages["aten::mm"].count >= 2 and averages["aten::relu"].count == 1
    forward = next(event for event in recorded.events() if event.name == "forward")
    assert [child.name for child in forward.cpu_children] == ["aten::mm", "aten::relu"]
    inside = sum(child.cpu_time_total for child in forward.cpu_children)
    assert 0 < inside <= forward.cpu_time_total == pytest.approx(inside + forward.self_cpu_time_total)
    assert averages["aten::relu"].cpu_memory_usage == 4 * 4 * 4 and averages["forward"].self_cpu_memory_usage == 0
    shapes = {str(e.input_shapes) for e in recorded.key_averages(group_by_input_shape=True) if e.key == "aten::relu"}
    assert shapes == {"[[4, 4]]"}
    recorded.export_chrome_trace(str(tmp_path / "trace.json"))
    assert {"forward", "aten::mm"} <= {
        e["name"] for e in json.loads((tmp_path / "trace.json").read_text())["traceEvents"]
    }


def test_results_are_those_without_a_profiler():
    fl.manual_seed(0)
    x = fl.randn(5, 3, requires_grad=True)
    work(fl, x)
    expected, x.grad = x.grad, None
    with profile():
        work(fl, x)
    assert fl.equal(x.grad, expected)
    with pytest.raises(RuntimeError, match="already enabled"), profile(), profile():
        pass


def test_a_range_that_fails_is_closed_and_decorators_record():
    @record_function("named")
    def named(x):
        return x + 1

    with profile() as recorded:
        with pytest.raises(ZeroDivisionError), record_function("broken"):
            raise ZeroDivisionError
        named(fl.ones(2)).tolist()
    names = [event.name for event in recorded.events() if not event.name.startswith("aten::")]
    assert names == ["broken", "named"] and all(event.cpu_parent is None for event in recorded.events()[:1])


def test_steps_of_a_schedule():
    seen = []
    steps = profiler.schedule(wait=1, warmup=1, active=2)
    with profile(schedule=steps, on_trace_ready=lambda p: seen.append((p.step_num, len(p.events()) > 0))) as recorded:
        for _ in range(8):
            (fl.ones(2) + 1).tolist()
            recorded.step()
    assert seen == [(4, True), (8, True)]


@pytest.mark.parity
def test_tables_and_schedules_look_as_in_pytorch():
    import torch

    lines = {}
    for library in (fl, torch):
        x = library.randn(4, 3, requires_grad=True)
        with library.profiler.profile(record_shapes=True, profile_memory=True) as recorded:
            work(library, x)
        table = recorded.key_averages(group_by_input_shape=True).table(sort_by="cpu_time_total", row_limit=3)
        title = table.splitlines()[1].split("  ")
        lines[library.__name__] = [part.strip() for part in title if part], table.count("\n"), table.splitlines()[2][:2]
        assert "forward" in table and table.splitlines()[-1].startswith("Self CPU time total: ")
    assert lines["flambeau"] == lines["torch"]
    for options in (
        {"wait": 1, "warmup": 1, "active": 2, "repeat": 2},
        {"wait": 0, "warmup": 1, "active": 1, "skip_first": 3},
    ):
        ours, theirs = fl.profiler.schedule(**options), torch.profiler.schedule(**options)
        assert [ours(i).name for i in range(20)] == [theirs(i).name for i in range(20)]
