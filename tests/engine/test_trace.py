"""The trace: random programs give the same bits deferred, replayed a second and a third time, and run op by op."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import flambeau as torch
from flambeau import config
from flambeau.trace import sync
from flambeau.trace.trie import TRACE

UNARY = ("neg", "exp", "tanh", "relu", "sigmoid", "abs", "square", "floor")
BINARY = ("add", "sub", "mul", "maximum", "minimum")
IN_PLACE = ("add_", "mul_", "sub_")
REDUCTIONS = ("sum", "mean", "amax", "amin")


def _pick(values, number: int):
    return values[number % len(values)]


def _unary(pool, kind, a, b):
    pool.append(getattr(_pick(pool, a), _pick(UNARY, b))().clamp(-4, 4))


def _binary(pool, kind, a, b):
    pool.append(getattr(_pick(pool, a), _pick(BINARY, kind))(_pick(pool, b)).clamp(-4, 4))


def _scalar(pool, kind, a, b):
    pool.append(_pick(pool, a) * (0.25 + b % 7) + (kind % 3 - 1))


def _view(pool, kind, a, b):
    x = _pick(pool, a)
    pool.append(
        _pick((lambda: x.t(), lambda: x.reshape(-1).view(3, 3), lambda: x[:, [2, 0, 1]], lambda: x.flip(0)), kind)()
    )


def _write(pool, kind, a, b):
    x, y = _pick(pool, a), _pick(pool, b)
    if x.is_leaf and x.requires_grad:
        return
    target = _pick((lambda: x, lambda: x[1:], lambda: x[:, 0], lambda: x.t()), kind)()
    with torch.no_grad():
        getattr(target, _pick(IN_PLACE, b))(
            y.detach()[: target.shape[0], 0].reshape(-1, *[1] * (target.dim() - 1)) * 0.5
        )
        target.clamp_(-4, 4)


def _reduce(pool, kind, a, b):
    pool.append(getattr(_pick(pool, a), _pick(REDUCTIONS, kind))(b % 2, True).expand(3, 3))


def _read(pool, kind, a, b):
    """A sync, and control flow that depends on what was read."""
    if _pick(pool, a).sum().item() > 0.5:
        pool.append(_pick(pool, b) * 2)


def _gradient(pool, kind, a, b):
    x = _pick(pool, a)
    if x.requires_grad:
        pool[0].grad = None
        x.sum().backward(retain_graph=True)
        if pool[0].grad is not None:
            pool.append(pool[0].grad.clamp(-4, 4))


def _row(pool, kind, a, b):
    """A part of memory that lies there, sometimes of memory that nobody else holds, sometimes written."""
    data = pool.data if kind % 3 else torch.tensor(np.full((5, 3, 3), b, np.float32))
    if kind % 5 == 4:
        with torch.no_grad():
            data[a % 5].mul_(0.5)
    pool.append(data[a % 5] - data[b % 5, 1:2] * 0.5)


def _forget(pool, kind, a, b):
    if len(pool) > 4:
        del pool[3 + a % (len(pool) - 3)]


STEPS = (_unary, _binary, _scalar, _view, _write, _reduce, _read, _gradient, _row, _forget)
programs = st.lists(st.tuples(*[st.integers(0, 50)] * 4), min_size=3, max_size=14)


class Pool(list):
    """The tensors of a program; `data` is what it takes rows from."""

    data: torch.Tensor


def _run(program, seed: int) -> list[bytes]:
    rng = np.random.default_rng(seed)
    pool = Pool([torch.tensor(rng.standard_normal((3, 3)), dtype=torch.float32, requires_grad=True)])
    pool.data = torch.tensor(rng.standard_normal((5, 3, 3)), dtype=torch.float32)
    pool += [torch.tensor(rng.standard_normal((3, 3)), dtype=torch.float32) for _ in range(2)]
    errors = []
    for step, kind, a, b in program:
        try:
            _pick(STEPS, step)(pool, kind, a, b)
        except RuntimeError as error:  # such as a kept value that was overwritten: it must be the same error each time
            errors.append(str(error).encode())
    return [x.detach().numpy().tobytes() for x in [*pool, pool.data]] + errors


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(programs, st.integers(0, 3))
def test_random_programs_give_the_same_bits(program, seed):
    deferred = [_run(program, seed) for _ in range(3)]
    with config.override(eager=True):
        sync.sync()
        TRACE.reset()
        eager = _run(program, seed)
    TRACE.reset()
    assert deferred[0] == deferred[1] == deferred[2] == eager


def test_a_step_seen_before_makes_no_new_states():
    w = torch.ones(3, requires_grad=True)

    def step(rate):
        w.grad = None
        loss = ((w * 2 - 1) ** 2).sum()
        loss.backward()
        with torch.no_grad():
            w.sub_(w.grad, alpha=rate)
        return loss.item()

    step(0.1), step(0.1)
    states, plans = TRACE.states, _plans(TRACE.root)
    losses = [step(rate) for rate in (0.05, 0.2, 0.01)]
    assert (TRACE.states, _plans(TRACE.root)) == (states, plans), "a changed number must not be part of the program"
    assert losses == sorted(losses, reverse=True)


def _plans(state) -> int:
    count, stack = 0, [state]
    while stack:
        state = stack.pop()
        count += len(state.plans)
        stack.extend(state.next.values())
    return count


def test_tries_are_bounded(monkeypatch):
    from flambeau.trace import trie

    monkeypatch.setattr(trie, "MAX_STATES", 50)
    for i in range(1, 40):
        x = torch.ones(i)
        assert (x + 1).sum().item() == 2 * i
    assert TRACE.states <= 60


def test_values_that_nobody_holds_are_not_computed():
    TRACE.forget()
    x = torch.ones(4)
    y = x * 3
    z = y + 1
    del y
    assert z.sum().item() == 16
    state = next(iter(TRACE.root.next.values()))
    while state.next:
        state = next(iter(state.next.values()))
    (live,) = state.plans
    assert len(live) == 3, "x, z and the sum; y is fused away"


def test_index_out_of_range_names_the_line_and_spares_the_rest():
    x = torch.arange(6.0)
    before = x * 2
    bad = x[torch.tensor([1, 8]) + torch.tensor([0, 1])]  # the line
    after = x + 1
    with pytest.raises(IndexError, match="index 9 is out of bounds for dimension 0 with size 6") as caught:
        bad.sum().item()
    assert "test_trace.py" in caught.value.__notes__[0] and "# the line" in caught.value.__notes__[0]
    assert x.tolist() == [0, 1, 2, 3, 4, 5] and before.tolist() == [0, 2, 4, 6, 8, 10]
    del after
    assert (x + 1).tolist() == [1, 2, 3, 4, 5, 6]


def test_memory_shared_with_numpy_is_written_and_read_at_once():
    array = np.zeros(3, np.float32)
    x = torch.from_numpy(array)
    x += 1
    assert array.tolist() == [1, 1, 1]
    y = x * 2
    array[:] = 5
    assert y.tolist() == [2, 2, 2] and x.tolist() == [5, 5, 5]
    z = torch.ones(3)
    seen = z.numpy()
    z.mul_(3)
    assert seen.tolist() == [3, 3, 3]
    seen[0] = 7
    assert z[0].item() == 7


def test_too_much_memory_is_a_clear_error_and_nothing_is_lost():
    x = torch.ones(3)
    with pytest.raises(RuntimeError, match="can't allocate memory: you tried to allocate 40000000000000 bytes"):
        torch.zeros(10_000_000_000_000)
    assert (x + 1).tolist() == [2, 2, 2]


def test_the_place_of_a_view_is_no_part_of_the_program():
    x, y = torch.arange(40.0).reshape(10, 4), torch.zeros(10, 4)

    def row(i):
        return (x[i] * 2 + y[i, 1:3].sum() + x[:, i % 4].sum()).tolist()

    rows = [row(i) for i in (0, 1)]
    states, plans = TRACE.states, _plans(TRACE.root)
    rows += [row(i) for i in range(2, 10)]
    assert (TRACE.states, _plans(TRACE.root)) == (states, plans)
    expected = np.arange(40.0).reshape(10, 4)
    assert rows == [(expected[i] * 2 + expected[:, i % 4].sum()).tolist() for i in range(10)]


def test_a_part_is_read_before_it_is_overwritten():
    x = torch.arange(6.0)
    before = x[2:4] * 10
    x[2:4] = 0
    after = x[2:4] + 1
    x.mul_(2)
    assert before.tolist() == [20, 30] and after.tolist() == [1, 1]
    x[:3] += x[3:]
    assert x.tolist() == [0, 10, 10, 0, 8, 10]
    part = x[1:3] + 0
    x.numpy()[:] = 5
    assert part.tolist() == [10, 10]


def test_a_view_of_a_part_from_an_earlier_trace():
    w = torch.arange(12.0).reshape(4, 3).requires_grad_()
    z = w * 2
    a = z[1]
    z.sum().item()
    q = torch.full((12,), 7.0) * torch.ones(12)
    assert (a.unsqueeze(0) * q[:3]).tolist() == [[42, 56, 70]]


def test_an_interrupt_between_two_steps_gives_no_wrong_number():
    x = torch.tensor([1.0, 2.0])
    y = x * 2
    TRACE.storages.append(None)  # what Ctrl-C in the middle of recording may leave behind
    with pytest.raises(RuntimeError, match="never computed"):
        y.tolist()
    assert (x * 2).tolist() == [2, 4]


def test_what_was_never_computed_is_refused_by_name():
    x = torch.tensor([1.0, 2.0])
    lost = x[torch.tensor([0, 9]) + 0]
    with pytest.raises(IndexError):
        lost.tolist()
    with pytest.raises(RuntimeError, match="never computed"):
        (lost + 1).tolist()
    assert (x * 2).tolist() == [2, 4]


def test_parts_of_memory_that_nobody_holds_are_told_apart():
    x = torch.ones(20, 30)
    chosen = [np.random.default_rng(c).permutation(20) for c in range(30)]
    for c in range(30):
        x[torch.tensor(chosen[c])[:6], c] = 0
    zeros = x.numpy() == 0
    assert all(set(np.flatnonzero(zeros[:, c])) == set(chosen[c][:6]) for c in range(30))


def test_refused_calls_leave_what_is_pending():
    a, flags = torch.tensor([1.0, 2.0]), torch.tensor([True])
    y = a * 2
    with pytest.raises(RuntimeError, match="with a bool tensor is not supported"):
        1.0 - flags
    with pytest.raises(RuntimeError, match="must match the size"):
        torch.addcmul(y, torch.ones(3), a, value=0.5)
    with pytest.raises(OverflowError, match="int too big to convert"):
        torch.addcmul(y, y, y, value=2**70)
    with pytest.raises(OverflowError, match="int too big to convert"):
        y * 2**70
    assert y.tolist() == [2, 4] and (y + 1).tolist() == [3, 5]


def test_index_out_of_range_spares_what_would_have_been_overwritten():
    w, x = torch.full((1000,), 3.0), torch.arange(6.0)
    assert w.sum().item() == 3000
    bad = x[torch.tensor([9]) * 1]
    w.mul_(2)
    with pytest.raises(IndexError):
        bad.tolist()
    assert w.tolist() == [3.0] * 1000
