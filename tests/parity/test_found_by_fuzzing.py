"""Calls that were once answered in another way than by PyTorch, one for each cause."""

import fuzzing
import pytest

import flambeau as fl

torch = pytest.importorskip("torch")
pytestmark = [pytest.mark.parity, pytest.mark.filterwarnings("ignore")]

CALLS = {
    "a dimension with a fraction": lambda t: rows(t).cumsum(1.5),
    "a dimension with a fraction, by name": lambda t: t.diag(rows(t), diagonal=1.5),
    "one of several dimensions is none": lambda t: t.sum(rows(t), (0, None)),
    "a scale that is no number": lambda t: t.addmm(rows(t), rows(t).T, rows(t), beta=None),
    "a flag that is a number": lambda t: t.topk(rows(t), 1, largest=1),
    "a memory format that is a number": lambda t: t.clone(rows(t), memory_format=1),
    "one tensor for several results": lambda t: t.linalg.eigh(t.eye(2), out=t.empty(0)),
    "a type error before an error of values": lambda t: t.chunk(rows(t), -1, 1.5),
}


def rows(t):
    return t.arange(6.0).reshape(2, 3)


@pytest.mark.parametrize("what", CALLS)
def test_as_pytorch(what):
    ours, theirs = (outcome(t, CALLS[what]) for t in (fl, torch))
    assert not fuzzing.difference(ours, theirs), (ours, theirs)


def outcome(t, call):
    t.manual_seed(7)
    try:
        return fuzzing.read(t, fuzzing.tensors(t, call(t)), [], "")
    except Exception as error:
        return fuzzing.Outcome([], [], error)
