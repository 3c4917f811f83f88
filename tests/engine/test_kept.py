"""Programs in the cache folder: found again by what they depend on, and given up where something is missing."""

import numpy as np
import pytest
from programs import execute

from flambeau import config, dtypes, ir
from flambeau.runtime import compile as compiler
from flambeau.schedule import kept, plan, templates
from flambeau.schedule.request import Request


def long(n, factor=1.0):
    """A graph that is worth keeping."""
    x = ir.input_(0, (n, 4), dtypes.float32)
    wanted = []
    for i in range(kept.NODES // 2):
        x = x * factor + float(i % 3)
        wanted.append(x.sum([0]))
    return wanted


def request(*arguments):
    return Request(long(*arguments), 1, 0, {}, ())


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty cache folder, and a function after which nothing is known but what is there."""

    def forget():
        templates._families.clear()
        compiler._addresses.clear()

    monkeypatch.setattr(compiler, "_addresses", {})
    monkeypatch.setattr(templates, "_families", {})
    with config.override(cache=tmp_path):
        yield tmp_path, forget


def programs(folder):
    return sorted(folder.glob("kp*.o"))


def test_a_program_is_kept_for_the_next_process(folder, monkeypatch):
    path, forget = folder
    array = np.arange(20, dtype=np.float32).reshape(5, 4)
    first = execute(long(5), [array])
    assert len(programs(path)) == 1
    forget()
    monkeypatch.setattr(plan, "planned", None)  # planning would fail
    for before, after in zip(first, execute(long(5), [array])):
        np.testing.assert_array_equal(before, after)


def test_other_sizes_constants_and_options_are_other_programs(folder):
    asked = [request(5), request(6), request(5, 1.5), Request(long(5), 1, 0, {0: None}, ())]
    for one in asked:
        kept.store(one, plan.planned(one))
    assert len(programs(folder[0])) == len(asked)
    assert kept.load(request(7)) is None


def test_a_program_without_one_of_its_kernels_is_planned_anew(folder):
    path, forget = folder
    array = np.ones((5, 4), np.float32)
    first = execute(long(5), [array])
    forget()
    for file in path.glob("k*.o"):
        if file not in programs(path):
            file.unlink()
    assert kept.load(request(5)) is None
    for before, after in zip(first, execute(long(5), [array])):
        np.testing.assert_array_equal(before, after)


def test_a_damaged_program_is_planned_anew(folder):
    path, forget = folder
    execute(long(5), [np.ones((5, 4), np.float32)])
    forget()
    (file,) = programs(path)
    file.write_bytes(file.read_bytes()[:-5] + b"hello")
    assert kept.load(request(5)) is None


def test_small_programs_and_what_python_computes_are_not_kept(folder):
    x = ir.input_(0, (4,), dtypes.complex64)
    wanted = [x]
    for _ in range(kept.NODES):
        wanted.append(wanted[-1] + x)
    execute([wanted[-1]], [np.ones(4, np.complex64)])
    execute([ir.input_(0, (4,), dtypes.float32) * 3.0], [np.ones(4, np.float32)])
    assert not programs(folder[0])
