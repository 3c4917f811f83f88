"""torch.autograd.graph and torch.utils.checkpoint, against PyTorch: programs whose transcripts must be the same."""

import importlib

import pytest
from both import attempt, transcript
from test_func_parity import _same

PROGRAMS = []
program = PROGRAMS.append


def sub(torch, name):
    return importlib.import_module(f"{torch.__name__}.{name}")


def brief(result):
    """An error's text without the advice after it."""
    return (result[0], result[1].split("\n\nTip")[0]) if isinstance(result, tuple) and len(result) == 2 else result


def leaf(torch):
    return torch.tensor([1.0, 0.5, -2.0], requires_grad=True)


@program
def hooks_on_kept_tensors(torch):
    g, x, log = sub(torch, "autograd.graph"), leaf(torch), []

    def pack(t):
        log.append([tuple(t.shape), t.requires_grad, t.is_leaf, type(t.grad_fn).__name__])
        return t

    def unpack(t):
        log.append("unpacked")
        return t

    with g.saved_tensors_hooks(pack, unpack):
        y = (x * x.detach()).exp() @ x
    y.backward()
    yield log
    yield x.grad
    with g.saved_tensors_hooks(lambda t: t * 2, lambda t: t / 2):
        y = (x * x).sin()
        z = x.clone()
        z.exp_()
        z[0] = 3.0
    (y * z).sum().backward()
    yield x.grad
    with g.saved_tensors_hooks(lambda t: 3, lambda t: 3):
        y = x * x
    yield [attempt(y.sum().backward)]
    with g.saved_tensors_hooks(lambda t: t.add_(1), lambda t: t):
        yield [attempt(lambda: x.detach().clone().requires_grad_().exp())]
    with g.disable_saved_tensors_hooks("not here"):
        yield [attempt(g.saved_tensors_hooks(pack, unpack).__enter__)]
    with g.saved_tensors_hooks(pack, unpack):
        yield [attempt(g.disable_saved_tensors_hooks("not here").__enter__)]
    with g.save_on_cpu():
        y = x * x
    y.sum().backward()
    yield x.grad
    with g.allow_mutation_on_saved_tensors():
        z = x.clone()
        y = z**2
        z.sin_()
        y.sum().backward()
    yield x.grad


@program
def what_nodes_keep(torch):
    g, x = sub(torch, "autograd.graph"), leaf(torch)
    y = (x * x * 2).exp().sum(0, keepdim=True)
    node = y.grad_fn.next_functions[0][0]
    yield node._saved_result
    yield [isinstance(node, g.Node), isinstance(g.get_gradient_edge(x).node, g.Node), node.name()]
    product = node.next_functions[0][0].next_functions[0][0]
    yield [product._saved_self, product._saved_other]
    yield [k for k in dir(product) if "_saved" in k and not k.startswith("__")]
    raw = product._raw_saved_self
    raw.register_hooks(lambda t: t * 1, lambda t: t * 10)
    yield [attempt(lambda: raw.register_hooks(lambda t: t, lambda t: t))]
    y.sum().backward()
    yield x.grad
    yield [attempt(lambda: node._saved_result), attempt(lambda: node._saved_nothing)[0]]


@program
def edges_and_hooks_on_several_tensors(torch):
    g, x, log = sub(torch, "autograd.graph"), leaf(torch), []
    y = (x * x).exp()
    edge = g.get_gradient_edge(y)
    yield [edge.output_nr, g.get_gradient_edge(x).node.name(), attempt(g.get_gradient_edge, x.detach())]
    yield torch.autograd.grad(y.sum(), [edge], retain_graph=True)
    yield torch.autograd.grad(edge, x, torch.ones(3), retain_graph=True)
    yield torch.autograd.grad(y.sum(), g.get_gradient_edge(x), retain_graph=True)
    torch.autograd.backward((edge,), (torch.ones(3),))
    yield x.grad
    w = leaf(torch)
    for mode in ("all", "any"):
        handle = g.register_multi_grad_hook((x, w), lambda grads, m=mode: log.append((m, grads)), mode=mode)
        (x * w + x).sum().backward()
        (x * 2).sum().backward()
        handle.remove()
        (x * w).sum().backward()
    yield log
    yield [attempt(g.register_multi_grad_hook, (x,), print, mode="some")]
    z = torch.ones(2)
    g.increment_version(z)
    g.increment_version([z, z])
    yield z._version


@program
def checkpoints(torch):
    c, nn = sub(torch, "utils.checkpoint"), torch.nn
    for reentrant in (True, False):
        torch.manual_seed(0)
        model = nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.5), nn.ReLU(), nn.Linear(4, 2))
        calls = []

        def run(v, model=model, calls=calls):
            calls.append(v.requires_grad)
            return model(v)

        v = torch.ones(5, 3, requires_grad=True)
        out = c.checkpoint(run, v, use_reentrant=reentrant)
        yield out.detach()
        out.sum().backward()
        yield [calls, v.grad, model[0].weight.grad, out.grad_fn.name() if not reentrant else None]
        inner = lambda a, r=reentrant: c.checkpoint(run, a, use_reentrant=r) * 2
        c.checkpoint(inner, v, use_reentrant=reentrant).sum().backward()
        yield [len(calls), v.grad]
        c.checkpoint_sequential(model, 2, v, use_reentrant=reentrant).sum().backward()
        yield v.grad
    x = leaf(torch)
    yield torch.autograd.grad(c.checkpoint(lambda v, k=2: (v * v).exp() * k, x, use_reentrant=False, k=3).sum(), x)
    y = c.checkpoint(lambda v: (v * v).exp(), x, use_reentrant=False).sum()
    (g,) = torch.autograd.grad(y, x, create_graph=True)
    yield torch.autograd.grad(g.sum(), x)
    y = c.checkpoint(lambda v: (v * v).exp(), x, use_reentrant=False).sum()
    y.backward(retain_graph=True)
    y.backward()
    yield x.grad
    yield [brief(attempt(y.backward))]


@program
def checkpoints_that_refuse(torch):
    c, x = sub(torch, "utils.checkpoint"), leaf(torch)
    once = {"reentrant": {"use_reentrant": True}, "other": {"use_reentrant": False}}
    yield c.checkpoint(lambda v: v * 2, x).detach()
    yield c.checkpoint(lambda v: v * 2, x.detach(), **once["reentrant"])
    calls = [
        lambda: c.checkpoint(lambda v: v, x, use_reentrant=True, k=1),
        lambda: c.checkpoint(lambda v: v, x, use_reentrant=True, context_fn=lambda: 1),
        lambda: c.checkpoint(lambda v: v, x, use_reentrant=False, determinism_check="some"),
        lambda: torch.autograd.grad(c.checkpoint(lambda v: (v * 2).sum(), x, use_reentrant=True), x),
        lambda: c.checkpoint_sequential([torch.nn.ReLU()], 1, x, use_reentrant=False, k=1),
        lambda: c.detach_variable(x),
    ]
    firsts = {"sin": lambda v: (v * v).sin(), "square": lambda v: v * v, "cos": lambda v: (v * v).sin().cos()}
    seconds = {"sin": firsts["square"], "square": lambda v: (v * v).sin().exp(), "cos": lambda v: firsts["cos"](v[:2])}
    for name in firsts:
        for options in ({}, {"early_stop": False}, {"determinism_check": "none"}):
            runs = iter((firsts[name], seconds[name]))
            y = c.checkpoint(lambda v, runs=runs: next(runs)(v), x, use_reentrant=False, **options)
            calls.append(y.sum().backward)
    for call in calls:
        yield [brief(attempt(call))]


@pytest.mark.parity
@pytest.mark.parametrize("function", PROGRAMS, ids=lambda f: f.__name__)
def test_graph_is_like_pytorchs(function):
    pytest.importorskip("torch")
    ours, theirs = transcript(function, "flambeau"), transcript(function, "torch")
    _same(ours, theirs)
    assert len(ours) == len(theirs)
