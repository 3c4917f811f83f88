"""torch.autograd.functional, gradcheck and batched gradients, against PyTorch."""

import importlib

import pytest
from both import attempt
from test_func_parity import _same, data, seen

PROGRAMS = []
program = PROGRAMS.append


def calls(torch, strict):
    f = importlib.import_module(f"{torch.__name__}.autograd.functional")
    x, y, c = data(torch, 2), data(torch, 2, seed=1), torch.ones(2, dtype=torch.float64)
    option = {"strict": strict}
    return [
        lambda: f.jacobian(lambda a: c * 1, x, **option), lambda: f.jacobian(lambda a, b: a * 2, (x, y), **option),
        lambda: f.jacobian(lambda a: a * 2, x, create_graph=True, **option),
        lambda: f.hessian(lambda a: a.sum(), x, **option), lambda: f.hessian(lambda a: (c * 1).sum(), x, **option),
        lambda: f.hessian(lambda a, b: (a**2).sum(), (x, y), **option), lambda: f.vjp(lambda a: c * 1, x, c, **option),
        lambda: f.vjp(lambda a, b: a * 2, (x, y), c, **option), lambda: f.jvp(lambda a: c * 1, x, c, **option),
        lambda: f.jvp(lambda a: a * 2, x, c, **option), lambda: f.vhp(lambda a: a.sum(), x, c, **option),
        lambda: f.hvp(lambda a: a.sum(), x, c, **option), lambda: f.hvp(lambda a: (c * 1).sum(), x, c, **option),
        lambda: f.vhp(lambda a, b: (a**2).sum(), (x, y), (c, c), **option),
        lambda: f.hvp(lambda a, b: (a**3 * b).sum(), (x, y), (c, c), **option),
    ]  # fmt: skip


@program
def strict_and_not(torch):
    for strict in (False, True):
        for call in calls(torch, strict):
            yield [attempt(call)]


@program
def arguments(torch):
    f = importlib.import_module(f"{torch.__name__}.autograd.functional")
    x, y, c = data(torch, 2), data(torch, 2, seed=1), torch.ones(2, dtype=torch.float64)
    for call in [
        lambda: f.jacobian(lambda a: 3, x), lambda: f.jacobian(lambda a: a, 3), lambda: f.jacobian(lambda a: (a, 3), x),
        lambda: f.jacobian(lambda a: a, (x, 3)), lambda: f.vjp(lambda a: a * 2, x),
        lambda: f.vjp(lambda a: a * 2, x, (c, c)), lambda: f.vjp(lambda a: a * 2, x, c[:1]),
        lambda: f.jvp(lambda a: a * 2, x), lambda: f.hvp(lambda a: a * 2, x, c), lambda: f.hvp(lambda a: a.sum(), x),
        lambda: f.vhp(lambda a: (a.sum(), a.sum()), x, c), lambda: f.hessian(lambda a: a * 2, x),
        lambda: f.hessian(lambda a: 3, x), lambda: f.jacobian(lambda a: a * 2, x, strategy="forward-mode"),
        lambda: f.jacobian(lambda a: a * 2, x, strategy="other"),
        lambda: f.jacobian(lambda a: a * 2, x, strategy="forward-mode", vectorize=True),
        lambda: f.jacobian(lambda a: a * 2, x, vectorize=True, strict=True),
        lambda: f.jacobian(lambda a, b: (a.outer(b), b.sum()), (x, y), vectorize=True),
        lambda: f.jacobian(lambda a, b: (a.outer(b), b.sum()), (x, y)),
        lambda: f.jacobian(lambda a: a * 2, x, vectorize=True, create_graph=True, strategy="forward-mode"),
        lambda: f.hessian(lambda a: (a**3).sum(), x, vectorize=True),
        lambda: f.hessian(lambda a, b: (a**3 * b).sum(), (x, y)),
        lambda: f.hessian(lambda a: (a**3).sum(), x, outer_jacobian_strategy="other"),
    ]:  # fmt: skip
        yield [attempt(call)]


@program
def batches_of_gradients(torch):
    x, w = data(torch, 3).requires_grad_(), data(torch, 3, 2).requires_grad_()
    y = (x.sin() @ w).exp()
    units = torch.eye(2, dtype=torch.float64)
    yield torch.autograd.grad(y, (x, w), units, retain_graph=True, is_grads_batched=True)
    found = torch.autograd.grad(y, x, units, create_graph=True, is_grads_batched=True)
    yield found[0].detach()
    yield torch.autograd.grad(found[0].sum(), (x, w))
    yield [attempt(torch.autograd.grad, y, x, torch.ones(2, 3), is_grads_batched=True)[0]]


@program
def checked_gradients(torch):
    check, gradcheck = torch.autograd.gradcheck, torch.autograd.gradgradcheck

    class Bad(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g * ctx.factor if hasattr(ctx, "factor") else g * 3

        @staticmethod
        def jvp(ctx, t):
            return t * 2

    x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    for call in [
        lambda: check(Bad.apply, (x,)), lambda: check(Bad.apply, (x,), raise_exception=False),
        lambda: check(Bad.apply, (x,), check_forward_ad=True, check_backward_ad=False),
        lambda: check(torch.sin, (x,), check_forward_ad=True, check_batched_grad=True),
        lambda: check(lambda a: a.outer(a).softmax(0), (x,), check_forward_ad=True, check_batched_grad=True),
        lambda: check(lambda a: a.detach() * 2, (x,)), lambda: check(torch.sin, (x.expand(2, 2),)),
        lambda: check(torch.sin, x, check_batched_forward_grad=True),
        lambda: check(torch.sin, x, check_forward_ad=False, check_backward_ad=False),
        lambda: gradcheck(torch.sin, (x,)), lambda: check(torch.sin, x.detach()),
    ]:  # fmt: skip
        yield [attempt(call)]


@pytest.mark.parity
@pytest.mark.parametrize("function", PROGRAMS, ids=lambda f: f.__name__)
def test_functional_is_like_pytorchs(function):
    pytest.importorskip("torch")
    _same(seen(function, "flambeau"), seen(function, "torch"))
