"""Classes and modes that override torch's functions, against PyTorch."""

import importlib

import pytest
from both import attempt
from test_func_parity import _same, seen

PROGRAMS = []
program = PROGRAMS.append


def classes(torch, log):
    class Logged(torch.Tensor):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            log.append([func.__name__, [t.__name__ for t in types]])
            return super().__torch_function__(func, types, args, kwargs or {})

    class Plain(torch.Tensor):
        pass

    return Logged, Plain


@program
def subclasses(torch):
    log = []
    logged, plain = classes(torch, log)
    x = torch.arange(6.0).reshape(2, 3)
    a, p = x.clone().as_subclass(logged), x.as_subclass(plain)
    layer = torch.nn.Linear(3, 2)
    for call in [
        lambda: a + 1, lambda: x + a, lambda: 1 - a, lambda: torch.sin(a), lambda: torch.cat([a, x]),
        lambda: a.sum(0), lambda: torch.nn.functional.relu(a), lambda: a.reshape(3, 2), lambda: torch.add(x, a),
        lambda: a.max(1), lambda: a.tolist(), lambda: a[0], lambda: a.add_(1), lambda: layer(a).detach() * 0,
        lambda: torch.stack([x, x]), lambda: p * 2, lambda: p.view(-1), lambda: torch.exp(p),
        lambda: torch.zeros_like(a), lambda: a.detach(), lambda: a.clone(), lambda: a.mT, lambda: a == 1,
        lambda: a.float(), lambda: a.mean().item(), lambda: a @ x.T, lambda: -a, lambda: a**2, lambda: a / 2,
    ]:  # fmt: skip
        log.clear()
        result = call()
        yield [type(result).__name__, result, list(log)]
    w = torch.ones(2, requires_grad=True)
    (w.as_subclass(plain) * 3).sum().backward()
    yield w.grad


@program
def modules_and_operators_in_place(torch):
    o, log, nn = importlib.import_module(torch.__name__ + ".overrides"), [], torch.nn

    class Logs(o.TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            log.append(func.__name__)
            return func(*args, **(kwargs or {}))

    x, n = torch.ones(1, 2, 6, 6), torch.ones(3, dtype=torch.int64)
    layers = [nn.Conv2d(2, 2, 3), nn.ConvTranspose2d(2, 2, 3), nn.AvgPool2d(2), nn.AdaptiveAvgPool2d(1)]
    for layer in layers:
        with Logs():
            layer(x)
    with Logs():
        x += 1
        x -= 1
        x *= 2
        x /= 2
        x //= 1
        x %= 3
        n &= 1
        n |= 2
        n ^= 1
        n <<= 1
        n >>= 1
    yield list(log)


@program
def objects_of_other_classes(torch):
    o, log = importlib.import_module(torch.__name__ + ".overrides"), []
    logged, _ = classes(torch, log)

    class Duck:
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            return "mean" if func is torch.mean else NotImplemented

    def own(t, k=1):
        return o.handle_torch_function(own, (t,), t, k=k) if o.has_torch_function((t,)) else t * k

    x, d = torch.ones(2, 3), Duck()
    yield [torch.mean(d), attempt(torch.sin, d)[0], attempt(torch.cat, [x, d])[0]]
    yield [o.is_tensor_like(d), o.is_tensor_like(x), o.is_tensor_like(3)]
    given = (d, x, x.as_subclass(logged), torch.nn.Parameter(x), 3)
    yield [o.has_torch_function((a,)) for a in given]
    yield [type(own(given[2], k=3)).__name__, own(x, k=2), log]
    yield [o.resolve_name(torch.add), o.resolve_name(torch.Tensor.add)]
    yield [o.is_tensor_method_or_property(f) for f in (torch.Tensor.add, torch.add)]


@program
def modes(torch):
    o, log = importlib.import_module(torch.__name__ + ".overrides"), []

    class Log(o.TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            log.append(func.__name__)
            return func(*args, **(kwargs or {}))

    class Double(o.TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            result = func(*args, **(kwargs or {}))
            return result * 2 if func is torch.ones else result

    x = torch.ones(2, 3)
    with Log():
        torch.sin(x) + x.sum()
        torch.nn.functional.linear(x, torch.ones(2, 3))
    yield log
    with Double():
        yield torch.ones(2)
        with Double():
            yield torch.ones(2)
    yield torch.ones(2)


@pytest.mark.parity
@pytest.mark.parametrize("function", PROGRAMS, ids=lambda f: f.__name__)
def test_overrides_are_like_pytorchs(function):
    pytest.importorskip("torch")
    _same(seen(function, "flambeau"), seen(function, "torch"))
