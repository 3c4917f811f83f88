"""Modes, detached tensors and in-place changes: the same programs under Flambeau and under PyTorch."""

from __future__ import annotations

import copy

import pytest
from both import PROGRAMS, attempt, program, transcript

PROGRAMS.clear()


@program
def modes_as_context_and_decorator(torch):
    x = torch.ones(2, requires_grad=True)
    with torch.no_grad():
        yield torch.is_grad_enabled(), (x * 2).requires_grad
        with torch.enable_grad():
            yield torch.is_grad_enabled(), (x * 2).requires_grad
        yield torch.is_grad_enabled(), torch.ones(1, requires_grad=True).requires_grad

    @torch.no_grad()
    def without():
        return torch.is_grad_enabled()

    @torch.no_grad
    def bare():
        return torch.is_grad_enabled()

    @torch.enable_grad()
    def recorded():
        return torch.is_grad_enabled()

    yield without(), bare(), recorded(), without.__name__
    with torch.no_grad():
        yield recorded(), torch.is_grad_enabled()
    with torch.set_grad_enabled(False):
        yield torch.is_grad_enabled()
    torch.set_grad_enabled(False)
    yield torch.is_grad_enabled()
    torch.set_grad_enabled(True)

    @torch.set_grad_enabled(False)
    def switched():
        return torch.is_grad_enabled()

    yield torch.is_grad_enabled(), switched(), torch.is_grad_enabled()
    try:
        with torch.no_grad():
            raise ValueError
    except ValueError:
        yield torch.is_grad_enabled()


@program
def modes_around_generators(torch):
    @torch.no_grad()
    def numbers():
        try:
            got = yield torch.is_grad_enabled()
            yield got, torch.is_grad_enabled()
        finally:
            log.append(torch.is_grad_enabled())

    @torch.no_grad()
    def catching():
        try:
            yield 1
        except KeyError:
            yield torch.is_grad_enabled()
        return 7

    log = []
    made = numbers()
    yield next(made), torch.is_grad_enabled(), made.send("sent"), torch.is_grad_enabled()
    made.close()
    yield log
    made = catching()
    next(made)
    yield made.throw(KeyError()), torch.is_grad_enabled()
    try:
        next(made)
    except StopIteration as stop:
        yield stop.value


@program
def inference_tensors(torch):
    x = torch.ones(2, requires_grad=True)
    with torch.inference_mode():
        y = x * 2
        yield (
            y.requires_grad,
            y.is_inference(),
            x.is_inference(),
            torch.is_inference_mode_enabled(),
            torch.is_grad_enabled(),
        )
        yield x[0].is_inference(), x.view(2).is_inference(), torch.ones(1).is_inference()
        with torch.inference_mode(False):
            yield torch.is_inference_mode_enabled(), torch.is_grad_enabled()
        y.add_(1)
        with torch.enable_grad():
            yield (x * 2).requires_grad
    yield y.is_inference(), torch.is_inference_mode_enabled()
    yield attempt(lambda: x * y)
    yield attempt(lambda: x + y)
    yield attempt(lambda: y.add_(1))
    yield attempt(lambda: (y * 2).is_inference())
    yield attempt(y.requires_grad_)
    yield attempt(setattr, y, "requires_grad", True)
    yield attempt(lambda: y.clone().requires_grad_().is_leaf)
    yield attempt(lambda: y._version)
    with torch.no_grad():
        yield attempt(lambda: y.add_(1))
        yield attempt(lambda: (x * y).is_inference())
    yield attempt(lambda: y.detach().is_inference())
    yield attempt(lambda: y[0].is_inference())

    @torch.inference_mode()
    def decorated():
        return torch.is_inference_mode_enabled()

    @torch.inference_mode
    def bare():
        return torch.is_inference_mode_enabled()

    yield decorated(), bare()


@program
def detached(torch):
    x = torch.ones(2, requires_grad=True)
    y = x * 2
    d = y.detach()
    yield d.requires_grad, d.is_leaf, d.data_ptr() == y.data_ptr()
    d[0] = 5
    yield y, d
    z = x * 2
    yield z.detach_() is z, z
    yield attempt(x.view(2).detach_)
    yield x.data, x.data is x
    x.data[0] = 3
    x.data = torch.full((3,), 4.0)
    yield x
    yield attempt(setattr, x, "data", 1)
    yield attempt(setattr, x, "data", torch.arange(2))
    yield x.detach().requires_grad_()
    z = torch.zeros(2)
    a = z.detach()
    a.add_(1)
    yield z._version, a._version
    z.data.add_(1)
    z.data[0].add_(1)
    yield z._version, z


@program
def leaves_must_not_be_overwritten(torch):
    x = torch.ones(2, 2, requires_grad=True)
    yield attempt(x.add_, 1)
    yield attempt(x.zero_)
    yield attempt(x[0].add_, 1)
    yield attempt(x.t().add_, 1)
    yield attempt(x.__setitem__, 0, 5)
    yield attempt(x.copy_, torch.ones(2, 2))
    yield attempt(x.detach().add_, 1)
    yield attempt(x.data.add_, 1)
    with torch.no_grad():
        x.add_(1)
        x[0] = 3
        x.mul_(x)
    yield x
    y = torch.ones(2, 2)
    yield attempt(torch.add, x, y, out=y)[0], attempt(torch.add, y, y, out=x)[0]


@program
def kept_values_must_not_change(torch):
    x = torch.ones(2, requires_grad=True)
    y = x * 2
    z = y * y
    y.add_(1)
    yield attempt(z.sum().backward)
    y = x.exp()
    y.add_(1)
    yield attempt(y.sum().backward)
    w = torch.ones(2)
    z = x * w
    w.zero_()
    yield attempt(z.sum().backward)
    y = x.sigmoid()
    z = y + 1
    y.mul_(2)
    y.mul_(2)
    yield attempt(z.sum().backward)
    m = torch.ones(2, 3, requires_grad=True)
    a, b = m * 1, m.t() * 1
    c = a @ b
    a[0] = 1
    yield attempt(c.sum().backward)
    d = x * 3
    e = d * d
    d.detach().add_(1)
    yield attempt(e.sum().backward)
    d = x * 3
    e = d * d
    d.data.add_(1)
    yield attempt(e.sum().backward), x.grad
    f = x.clone()
    g = f.view(1, 2)[:, :1] ** 2
    f[0] = 9
    yield attempt(g.sum().backward)


@program
def changes_in_place_are_recorded(torch):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    y.add_(1)
    yield y.grad_fn.name()
    y.mul_(x)
    yield y.grad_fn.name()
    y.sum().backward()
    yield x.grad
    x.grad = None
    y = x.clone()
    y.mul_(x)
    y += 1
    y *= 2
    y -= x
    y /= 2
    y.exp_()
    y.sum().backward()
    yield y, x.grad
    x.grad = None
    y = x.clone()
    y.mul_(y)
    yield attempt(y.sum().backward)
    buffer = torch.zeros(2)
    yield buffer.requires_grad, buffer.is_leaf
    buffer.add_(x)
    yield buffer.requires_grad, buffer.is_leaf, buffer.grad_fn.name()
    buffer.mul_(3)
    buffer.sum().backward()
    yield x.grad
    x.grad = None
    z = (x * 3).relu_()
    yield z.grad_fn.name()
    z.sigmoid_()
    z.sum().backward()
    yield x.grad


@program
def views_are_changed_in_place(torch):
    x = torch.arange(6.0).reshape(2, 3).requires_grad_()
    y = x * 1
    row = y[0]
    row.mul_(10)
    yield row.grad_fn.name(), y.grad_fn.name()
    (y * y).sum().backward()
    yield x.grad
    x.grad = None
    y = x * 1
    part = y[:, 1:].t()[0]
    part.mul_(x[:, 0])
    y.sum().backward()
    yield x.grad, part, part.grad_fn.name()
    x.grad = None
    y = x * 1
    row, column = y[1], y[:, 0]
    y.mul_(2)
    (row.sum() + column.sum() * 10).backward()
    yield x.grad, row.grad_fn.name()
    x.grad = None
    y = x * 1
    row, column = y[1], y[:, 0]
    row.mul_(2)
    column.sum().backward()
    yield x.grad
    base = torch.zeros(2, 2)
    view = base[0]
    view.add_(x[0, :2])
    yield base.requires_grad, view.requires_grad, view._base is base, base.is_leaf, view.is_leaf
    x.grad = None
    base.sum().backward()
    yield x.grad
    a, _ = (x * 1).unbind()
    yield attempt(a.add_, 1)
    a, _ = (x * 1).split(1)
    yield attempt(a.add_, 1)
    c = (x * 1).chunk(3, 1)[0]
    yield attempt(c.mul_, 1)


@program
def views_from_other_modes(torch):
    x = torch.ones(3, requires_grad=True)
    y = x * 1
    with torch.no_grad():
        view = y[:2]
        leaf_view = x[:2]
    yield view.requires_grad, view.is_leaf
    yield attempt(view.add_, 1)
    yield attempt(leaf_view.add_, 1)
    z = y[:2]
    with torch.no_grad():
        z.mul_(5)
    yield z.requires_grad, z, y
    (y * 2).sum().backward()
    yield x.grad
    plain = torch.zeros(3)
    with torch.no_grad():
        w = plain[1:]
    w.copy_(x[1:])
    yield plain.requires_grad


@program
def assignment_to_elements(torch):
    x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = x * 2
    y[0] = 10
    yield y, y.grad_fn.name()
    y[1:] = x[:2] * 3
    y[torch.tensor([True, False, False])] = x[2]
    (y * y).sum().backward()
    yield x.grad
    x.grad = None
    z = torch.zeros(2, 3)
    z[0] = x
    z[1, [0, 2]] = x[[1, 1]]
    yield z
    (z * torch.arange(6.0).reshape(2, 3)).sum().backward()
    yield x.grad
    x.grad = None
    u = torch.zeros(3)
    u[:] = x
    u[0] += x[1]
    u[1] *= 4
    u.sum().backward()
    yield x.grad, u
    yield attempt(u.__setitem__, 5, 1.0)


@program
def copies_between_tensors(torch):
    a, b = torch.tensor([1.0, 2.0], requires_grad=True), torch.tensor([3.0, 4.0], requires_grad=True)
    c = a * 2
    c.copy_(b)
    yield c.grad_fn.name(), [(type(f).__name__, n) for f, n in c.grad_fn.next_functions]
    (c * a).sum().backward()
    yield a.grad, b.grad
    d = torch.zeros(2, 2, dtype=torch.float64)
    d.copy_(a)
    yield d
    d.sum().backward()
    yield a.grad
    e = a * 1
    e.zero_()
    e.sum().backward()
    yield a.grad
    e = a * 1
    e.fill_(3)
    e.detach_()
    yield e


@program
def versions_count_changes(torch):
    x = torch.zeros(3)
    yield x._version
    x.add_(1)
    x[0] = 2
    v = x[1:]
    v.mul_(2)
    yield x._version, v._version
    x.zero_()
    x.data.add_(1)
    yield x._version, v._version, x.clone()._version


@program
def copies_of_tensors(torch):
    x = torch.ones(2, requires_grad=True)
    (x * 2).sum().backward()
    c = copy.deepcopy(x)
    yield c, c.grad, c.grad is x.grad, c.data_ptr() == x.data_ptr()
    s = copy.copy(x)
    yield s.requires_grad, s.data_ptr() == x.data_ptr()
    yield attempt(copy.deepcopy, x * 2)
    base = torch.arange(6.0)
    pair = copy.deepcopy([base, base, base[1:4]])
    yield pair[0] is pair[1], pair[2].data_ptr() - pair[0].data_ptr(), pair[2]
    yield copy.deepcopy(torch.ones(2, 3).t()).stride()


@pytest.mark.parity
@pytest.mark.parametrize("function", list(PROGRAMS), ids=lambda f: f.__name__)
def test_the_same_is_seen_under_both(function):
    assert transcript(function, "flambeau") == transcript(function, "torch")
