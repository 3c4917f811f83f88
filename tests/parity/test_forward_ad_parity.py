"""Forward mode and Functions under transforms, against PyTorch: programs whose transcripts must be the same."""

import importlib

import pytest
from both import attempt
from test_func_parity import _same, data, seen

PROGRAMS = []
program = PROGRAMS.append


def forward_ad(torch):
    return importlib.import_module(torch.__name__ + ".autograd.forward_ad")


@program
def duals(torch):
    fw, x = forward_ad(torch), data(torch, 2, 3)
    with fw.dual_level():
        d = fw.make_dual(x, x + 1)
        yield list(fw.unpack_dual(d))
        yield list(fw.unpack_dual((d.sin() @ d.t()).sum()))
        yield list(fw.unpack_dual(d.detach()))
        yield list(fw.unpack_dual(d[0].view(3, 1) * 2))
        c = d + 0
        c.add_(d)
        c[0] = d[1]
        yield list(fw.unpack_dual(c))
        y = torch.zeros(2, 3, dtype=torch.float64)
        y[:, 1] = d[:, 0]
        yield list(fw.unpack_dual(y))
        y.zero_()
        yield list(fw.unpack_dual(y + d))
        yield [repr(d), str(d * 2)]
        with fw._set_fwd_grad_enabled(False):
            yield list(fw.unpack_dual(d * 2))
        yield d.tolist()
    yield list(fw.unpack_dual(d))
    yield list(fw.unpack_dual(x))


@program
def duals_and_gradients(torch):
    fw, x = forward_ad(torch), data(torch, 3).requires_grad_()
    with fw.dual_level():
        y = (fw.make_dual(x, torch.ones_like(x)) ** 2).sum()
        yield fw.unpack_dual(y).tangent.detach()
        yield torch.autograd.grad(y, x, retain_graph=True)
        y.backward()
        yield x.grad
    torch.manual_seed(0)
    layer = torch.nn.Linear(3, 2).double()
    with fw.dual_level():
        found = fw.unpack_dual(layer(fw.make_dual(x.detach(), torch.ones(3, dtype=torch.float64))))
        yield [found.primal.detach(), found.tangent.detach()]


@program
def refused_duals(torch):
    fw, x = forward_ad(torch), torch.ones(3)
    calls = [
        lambda: fw.make_dual(x, x), lambda: list(fw.unpack_dual(x)), fw.enter_dual_level, fw.enter_dual_level,
        lambda: fw.make_dual(x, x[:2]), lambda: fw.make_dual(x.long(), x),
        lambda: fw.make_dual(fw.make_dual(x, x), x), fw.exit_dual_level, fw.exit_dual_level,
    ]  # fmt: skip
    for call in calls:
        yield [attempt(call)]


def functions(torch):
    class Plain(torch.autograd.Function):
        @staticmethod
        def forward(x, y):
            return x * y, (x + y).sum()

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.save_for_backward(*inputs)
            ctx.save_for_forward(*inputs)

        @staticmethod
        def backward(ctx, g, h):
            x, y = ctx.saved_tensors
            return g * y * 3 + h, g * x + h

        @staticmethod
        def jvp(ctx, s, t):
            x, y = ctx.saved_tensors
            return s * y * 3 + t * x, s.sum() + t.sum()

    class Generated(Plain):
        generate_vmap_rule = True

    class Mapped(Plain):
        @staticmethod
        def vmap(info, in_dims, x, y):
            x = x if in_dims[0] is None else x.movedim(in_dims[0], 0)
            y = y if in_dims[1] is None else y.movedim(in_dims[1], 0)
            return (x * y, (x + y).sum(-1)), (0, 0)

    return Plain, Generated, Mapped


@program
def functions_under_transforms(torch):
    plain, generated, mapped = functions(torch)
    f, x, y = torch.func, data(torch, 3), data(torch, 4, 3)

    def total(kind):
        return lambda a, b: sum(o.sin().sum() for o in kind.apply(a, b))

    for kind in (plain, generated, mapped):
        yield f.grad(total(kind), argnums=(0, 1))(x, y[0])
        yield f.grad(lambda a, k=kind: f.grad(total(k))(a, y[0]).sum())(x)
        yield f.jvp(total(kind), (x, y[0]), (y[1], x))
    for kind in (generated, mapped):
        yield f.vmap(kind.apply)(y, y + 1)
        yield f.vmap(kind.apply, in_dims=(None, 0))(x, y)
    yield f.vmap(f.grad(total(generated), argnums=(0, 1)), in_dims=(None, 0))(x, y)
    yield f.grad(lambda a: f.vmap(total(generated), in_dims=(None, 0))(a, y).sum())(x)
    yield f.jvp(lambda a: f.vmap(total(generated), in_dims=(None, 0))(a, y), (x,), (x,))
    w = x.clone().requires_grad_()
    f.vmap(total(generated), in_dims=(None, 0))(w, y).sum().backward()
    yield w.grad
    yield f.jacrev(total(plain))(x, y[0])


@program
def refused_functions(torch):
    plain, _, mapped = functions(torch)
    f, x = torch.func, data(torch, 3)

    class WithCtx(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g * 2

    class NoJvp(torch.autograd.Function):
        @staticmethod
        def forward(x):
            return x * 2

        @staticmethod
        def setup_context(ctx, inputs, output):
            pass

    class Both(mapped):
        generate_vmap_rule = True

    calls = [
        lambda: f.vmap(plain.apply)(x, x), lambda: f.vmap(WithCtx.apply)(x), lambda: f.vmap(Both.apply)(x, x),
        lambda: f.grad(lambda t: WithCtx.apply(t).sum())(x), lambda: f.jvp(WithCtx.apply, (x,), (x,)),
        lambda: f.jvp(NoJvp.apply, (x,), (x,)),
    ]  # fmt: skip
    for call in calls:
        yield [attempt(call)]


@pytest.mark.parity
@pytest.mark.parametrize("function", PROGRAMS, ids=lambda f: f.__name__)
def test_forward_mode_is_like_pytorchs(function):
    pytest.importorskip("torch")
    _same(seen(function, "flambeau"), seen(function, "torch"))
