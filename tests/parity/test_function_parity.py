"""Functions with a hand-written gradient: the same programs under Flambeau and under PyTorch."""

from __future__ import annotations

import importlib

import pytest
from both import PROGRAMS, attempt, program, transcript

PROGRAMS.clear()


def function_of(torch, forward, backward, **others):
    """A Function of two static methods."""
    methods = {"forward": staticmethod(forward), "backward": staticmethod(backward)}
    methods.update({name: staticmethod(method) for name, method in others.items()})
    return type("Custom", (torch.autograd.Function,), methods)


@program
def a_function_with_saved_tensors(torch):
    class Square(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return 2 * x * g

    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = Square.apply(x)
    yield y, y.grad_fn.name(), [(type(f).__name__, n) for f, n in y.grad_fn.next_functions]
    s = (y * 3).sum()
    s.backward(retain_graph=True)
    yield x.grad, y.grad_fn.saved_tensors
    s.backward()
    yield x.grad
    yield attempt(s.backward)
    yield attempt(lambda: y.grad_fn.saved_tensors)
    yield Square.apply(torch.ones(2)).requires_grad
    with torch.no_grad():
        yield Square.apply(x).requires_grad
    (g,) = torch.autograd.grad(Square.apply(x).sum(), x, create_graph=True)
    yield g.detach()
    yield torch.autograd.grad(g.sum(), x)
    z = x * 1
    y = Square.apply(z)
    z.add_(1)
    yield attempt(y.sum().backward)
    yield attempt(Square)
    yield attempt(lambda: Square()(x))
    yield Square.__name__, attempt(Square.forward, None, x) if False else None


@program
def arguments_that_are_no_tensors(torch):
    seen = []

    def forward(ctx, x, factor, w, name):
        ctx.factor, ctx.name = factor, name
        seen.append(ctx.needs_input_grad)
        return x * factor + w

    def backward(ctx, g):
        seen.append((ctx.needs_input_grad, ctx.factor, ctx.name))
        return g * ctx.factor, None, g if ctx.needs_input_grad[2] else None, None

    custom = function_of(torch, forward, backward)
    x, w = torch.ones(2, requires_grad=True), torch.ones(2)
    y = custom.apply(x, 3, w, "name")
    y.sum().backward()
    yield x.grad, w.grad, seen
    w.requires_grad_()
    custom.apply(torch.ones(2), 3, w, "name").sum().backward()
    yield w.grad, seen
    yield [type(f).__name__ for f, n in custom.apply(x, 3, w, "").grad_fn.next_functions]
    yield attempt(custom.apply, x, 3)
    yield attempt(lambda: custom.apply(x, factor=3, w=w, name="a").sum().backward())


@program
def several_results(torch):
    got = []

    def forward(ctx, x):
        return x * 2, x * 3, 5, x.long()

    def backward(ctx, *grads):
        got.append([None if g is None else g.tolist() for g in grads])
        return grads[0] * 2

    custom = function_of(torch, forward, backward)
    x = torch.ones(2, requires_grad=True)
    results = custom.apply(x)
    yield results, [r.output_nr for r in results if isinstance(r, torch.Tensor)]
    results[0].sum().backward()
    yield got, x.grad
    results = custom.apply(x)
    yield attempt(results[1].sum().backward), got
    a = torch.autograd.grad(custom.apply(x)[0].sum(), x)
    yield a

    def forward_list(ctx, x):
        return [x * 2, x * 3]

    yield attempt(lambda: type(function_of(torch, forward_list, backward).apply(x)).__name__)
    yield attempt(lambda: function_of(torch, lambda ctx, x: None, backward).apply(x))
    yield attempt(lambda: function_of(torch, lambda ctx, x: 7, backward).apply(x))


@program
def missing_gradients(torch):
    got = []

    def forward(ctx, x):
        ctx.set_materialize_grads(False)
        return x * 2, x * 3

    def backward(ctx, a, b):
        got.append((a is None, b is None))
        return None

    x = torch.ones(2, requires_grad=True)
    custom = function_of(torch, forward, backward)
    custom.apply(x)[1].sum().backward()
    yield got, x.grad

    def backward_none(ctx, a, b):
        got.append((a.tolist(), b.tolist()))
        return a + b

    custom = function_of(torch, lambda ctx, x: (x * 2, x * 3), backward_none)
    custom.apply(x)[1].sum().backward()
    yield got, x.grad


@program
def no_gradient_through_a_result(torch):
    def forward(ctx, x):
        a, b = x * 2, x * 3
        ctx.mark_non_differentiable(b)
        return a, b

    got = []

    def backward(ctx, a, b):
        got.append((a.tolist(), b.tolist()))
        return a * 2

    x = torch.ones(2, requires_grad=True)
    a, b = function_of(torch, forward, backward).apply(x)
    yield a, b
    (a + b).sum().backward()
    yield x.grad, got


@program
def changed_in_place(torch):
    def forward(ctx, x):
        x.mul_(3)
        ctx.mark_dirty(x)
        return x

    custom = function_of(torch, forward, lambda ctx, g: g * 3)
    x = torch.ones(2, requires_grad=True)
    y = x * 2
    before = y
    z = custom.apply(y)
    yield z is before, z, z.grad_fn.name(), y.grad_fn.name(), y._version
    z.sum().backward()
    yield x.grad
    yield attempt(custom.apply, x)
    yield custom.apply(torch.ones(2))


@program
def an_input_is_returned(torch):
    custom = function_of(torch, lambda ctx, x: x, lambda ctx, g: g * 5)
    x = torch.ones(2, requires_grad=True)
    y = custom.apply(x)
    yield y is x, y, y.data_ptr() == x.data_ptr()
    y.sum().backward()
    yield x.grad
    viewed = function_of(torch, lambda ctx, x: x.view(2, 1), lambda ctx, g: g.view(2))
    z = viewed.apply(x)
    yield z
    z.sum().backward()
    yield x.grad


@program
def setup_context(torch):
    def setup(ctx, inputs, output):
        ctx.save_for_backward(inputs[0], output)
        ctx.factor = inputs[1]

    def backward(ctx, g):
        _, y = ctx.saved_tensors
        return g * y * ctx.factor, None

    custom = function_of(torch, lambda x, k: (x * k).exp(), backward, setup_context=setup)
    x = torch.tensor([0.5, 1.0], requires_grad=True)
    y = custom.apply(x, 2.0)
    yield y
    y.sum().backward()
    yield x.grad
    (g,) = torch.autograd.grad(custom.apply(x, 2.0).sum(), x, create_graph=True)
    yield torch.autograd.grad(g.sum(), x)

    class Base(torch.autograd.Function):
        @staticmethod
        def forward(x):
            return x * 2

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.k = 2

        @staticmethod
        def backward(ctx, g):
            return g * ctx.k

    class Derived(Base):
        pass

    x.grad = None
    Derived.apply(x).sum().backward()
    yield x.grad


@program
def only_once_differentiable(torch):
    function = importlib.import_module(torch.__name__ + ".autograd.function")

    class Cube(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        @function.once_differentiable
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return 3 * x * x * g

    x = torch.tensor([2.0], requires_grad=True)
    Cube.apply(x).backward()
    yield x.grad
    (g,) = torch.autograd.grad(Cube.apply(x), x, create_graph=True)
    yield g.requires_grad, g.detach()
    yield attempt(torch.autograd.grad, g, x)


@program
def wrong_gradients(torch):
    x = torch.ones(2, requires_grad=True)

    def run(backward, *more):
        custom = function_of(torch, lambda ctx, x, *rest: x * 2, backward)
        x.grad = None
        return attempt(lambda: custom.apply(x, *more).sum().backward()), x.grad

    yield run(lambda ctx, g: (g, g))
    yield run(lambda ctx, g: (g, None))
    yield run(lambda ctx, g: g, 1)
    yield run(lambda ctx, g: (g, None), 1)
    yield run(lambda ctx, g: (g, g), 1)
    yield run(lambda ctx, g: torch.ones(3))
    yield run(lambda ctx, g: torch.ones(4, 2))
    yield run(lambda ctx, g: torch.ones(1))
    yield run(lambda ctx, g: torch.tensor(1.0))
    yield run(lambda ctx, g: 1.0)
    yield run(lambda ctx, g: None)
    yield run(lambda ctx, g: g.double())
    yield run(lambda ctx, g: [g])
    yield run(lambda ctx: None)
    yield run(lambda ctx, g: 1 / 0)


@program
def methods_that_are_missing(torch):
    x = torch.ones(2, requires_grad=True)

    class Nothing(torch.autograd.Function):
        pass

    class Forward(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

    class Vjp(Forward):
        @staticmethod
        def vjp(ctx, g):
            return g * 7

    yield attempt(Nothing.apply, x)
    yield attempt(Forward.apply(x).sum().backward)
    Vjp.apply(x).sum().backward()
    yield x.grad


@program
def saving_what_is_no_tensor(torch):
    x = torch.ones(2, requires_grad=True)

    def run(*saved):
        def forward(ctx, x):
            ctx.save_for_backward(*saved)
            return x * 2

        def backward(ctx, g):
            return g * len([s for s in ctx.saved_tensors if s is None])

        custom = function_of(torch, forward, backward)
        return attempt(lambda: custom.apply(x).sum().backward()), x.grad

    yield run(None, torch.ones(1))
    yield run(3)
    yield run("text")


@program
def gradients_inside_backward(torch):
    class Inner(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x.sin()

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            with torch.enable_grad():
                y = x.detach().requires_grad_()
                (d,) = torch.autograd.grad(y.sin().sum(), y)
            return g * d

    x = torch.tensor([0.5, 1.0], requires_grad=True)
    Inner.apply(x * 2).sum().backward()
    yield x.grad


@program
def training_with_functions_now_and_then(torch):
    custom = function_of(torch, lambda ctx, x: x * 2, lambda ctx, g: g * 5)
    w, x = torch.tensor([1.0, -2.0], requires_grad=True), torch.tensor([0.5, 0.25])
    for step in range(8):
        w.grad = None
        y = custom.apply(w * x) if step in (3, 5, 6) else (w * x) * 2
        (y**2).sum().backward()
        with torch.no_grad():
            w -= 0.1 * w.grad
        yield w


@pytest.mark.parity
@pytest.mark.parametrize("function", list(PROGRAMS), ids=lambda f: f.__name__)
def test_the_same_is_seen_under_both(function):
    assert transcript(function, "flambeau") == transcript(function, "torch")
