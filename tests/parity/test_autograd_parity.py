"""backward(), grad(), hooks, modes and in-place changes: the same programs under Flambeau and under PyTorch."""

from __future__ import annotations

import pytest
from both import PROGRAMS, attempt, program, transcript

PROGRAMS.clear()


@program
def backward_once_and_twice(torch):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = (x * x).sum()
    y.backward()
    yield x.grad
    yield attempt(y.backward)
    z = (x * x * x).sum()
    z.backward(retain_graph=True)
    yield x.grad
    z.backward()
    yield x.grad
    yield attempt(z.backward)
    w = x + 1  # an addition keeps nothing, so it can be walked again
    w.sum().backward()
    s = w.sum()
    s.backward()
    s.backward()
    yield x.grad


@program
def backward_that_cannot_start(torch):
    x = torch.ones(3, requires_grad=True)
    yield attempt((x * 2).backward)
    yield attempt(torch.ones(1).backward)
    yield attempt(torch.ones(3).backward)
    yield attempt((x * 2).backward, torch.ones(2))
    yield attempt((x * 2).backward, 1.0)
    yield attempt((x * 2).backward, [1.0, 2.0, 3.0])
    yield attempt((x * 2).sum().backward, inputs=[])
    yield attempt(torch.arange(3).sum().backward)
    yield attempt(torch.autograd.backward, [x.sum(), torch.ones(1)])
    yield attempt(torch.autograd.backward, [x.sum()], [None, None])
    yield attempt(torch.autograd.backward, [x * 2, x.sum()], [None, None])
    with torch.no_grad():
        y = x.sum()
        yield attempt(y.backward)
    yield attempt((x * 2).backward, torch.ones(3, 1))
    yield attempt((x * 2).backward, torch.ones(3, dtype=torch.float64))
    yield attempt((x * 2).backward, torch.ones(3, dtype=torch.int64))
    yield x.grad


@program
def a_number_of_one_element_starts_by_itself(torch):
    x = torch.ones(1, 1, requires_grad=True)
    (x * 3).backward()
    yield x.grad
    x.backward()
    yield x.grad
    y = torch.tensor(2.0, requires_grad=True)
    y.backward(torch.tensor(5.0))
    yield y.grad


@program
def gradients_accumulate_in_place(torch):
    x = torch.ones(2, requires_grad=True)
    (x * 2).sum().backward()
    first = x.grad
    (x * 3).sum().backward()
    yield x.grad is first, first
    x.grad.zero_()
    yield first
    x.grad = None
    (x * 2).sum().backward()
    yield first, x.grad
    held = x.grad
    (x * x).sum().backward(create_graph=True)
    yield x.grad, x.grad is held, held


@program
def assigning_grad(torch):
    x = torch.ones(2, requires_grad=True)
    for bad in (1, torch.ones(3), torch.ones(2, dtype=torch.float64), x, [1.0, 2.0]):
        yield attempt(setattr, x, "grad", bad)
    x.grad = torch.ones(2)
    (x * 2).sum().backward()
    yield x.grad
    del x.grad
    yield x.grad
    plain = torch.ones(2)
    plain.grad = torch.ones(2)
    yield plain.grad


@program
def backward_into_inputs(torch):
    x, w = torch.ones(2, requires_grad=True), torch.full((2,), 3.0, requires_grad=True)
    y = x * w
    z = (y * y).sum()
    z.backward(inputs=[x], retain_graph=True)
    yield x.grad, w.grad
    z.backward(inputs=w, retain_graph=True)
    yield x.grad, w.grad
    z.backward(inputs=[y])
    yield y.grad
    yield attempt((x * 2).sum().backward, inputs=[torch.ones(2)])
    (x * 2).sum().backward(inputs=[w])
    yield w.grad


@program
def backward_of_several(torch):
    x = torch.ones(2, requires_grad=True)
    torch.autograd.backward([x.sum(), (x * x).sum()])
    yield x.grad
    torch.autograd.backward((x * 2, x * 3), (torch.ones(2), torch.tensor([1.0, 2.0])))
    yield x.grad
    torch.autograd.backward(x * 2, torch.ones(2))
    yield x.grad


@program
def the_graph_is_shared(torch):
    x = torch.tensor(2.0, requires_grad=True)
    a = x * x
    b, c = a * 3, a * a
    (b + c).backward()
    yield x.grad
    yield attempt(c.backward)


@program
def grad_of_outputs(torch):
    x, w = torch.tensor([1.0, 2.0], requires_grad=True), torch.tensor([3.0, 4.0], requires_grad=True)
    unused = torch.ones(3, requires_grad=True)
    y = (x * w).sum()
    yield torch.autograd.grad(y, [x, w], retain_graph=True)
    yield attempt(torch.autograd.grad, y, [x, unused], retain_graph=True)
    yield torch.autograd.grad(y, [x, unused], retain_graph=True, allow_unused=True)
    yield torch.autograd.grad(y, [x, unused], retain_graph=True, materialize_grads=True)
    yield attempt(torch.autograd.grad, y, [unused], retain_graph=True, materialize_grads=True, allow_unused=False)
    yield torch.autograd.grad(y, x)
    yield attempt(torch.autograd.grad, y, x)
    yield attempt(torch.autograd.grad, x * w, x)
    yield torch.autograd.grad(x * w, x, torch.tensor([1.0, 10.0]))
    yield torch.autograd.grad([x * w, x * x], [x, w], [torch.ones(2), torch.ones(2)])
    yield attempt(torch.autograd.grad, x.sum(), torch.ones(2))
    yield attempt(torch.autograd.grad, torch.ones(1), x)
    yield attempt(torch.autograd.grad, x.sum(), [])
    yield attempt(torch.autograd.grad, [], x)
    yield attempt(torch.autograd.grad, x * w, x, [torch.ones(2), torch.ones(2)])
    yield attempt(torch.autograd.grad, x * w, x, torch.ones(5))
    yield attempt(torch.autograd.grad, x * w, x, 1.0)
    yield attempt(torch.autograd.grad, (x * w).sum(), "x")
    yield attempt(torch.autograd.grad, "y", x)
    yield x.grad, w.grad
    yield torch.autograd.grad(x.sum(), [x, x])


@program
def grad_with_respect_to_what_lies_between(torch):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    a = x * 2
    b = a * a
    yield torch.autograd.grad(b.sum(), [a, x], retain_graph=True)
    yield torch.autograd.grad(b.sum(), b, retain_graph=True)
    yield torch.autograd.grad(b, b, torch.ones(2), retain_graph=True)
    s = b.sum()
    yield torch.autograd.grad(s, s)
    first, second = x.unbind()
    yield torch.autograd.grad(first * 3, [first, second], allow_unused=True)


@program
def parts_and_their_gradients(torch):
    ways = [
        lambda y: y.unbind(0), lambda y: y.unbind(-1), lambda y: y.split(2), lambda y: y.split(4, 1),
        lambda y: y.chunk(4, 1), lambda y: y.split([2, 0, 4]), lambda y: y.T.split([1, 3]),
        lambda y: y.tensor_split(3), lambda y: y.tensor_split([2, 5]), lambda y: y.tensor_split([5, 2]),
    ]  # fmt: skip
    for way in ways:
        for wanted in (slice(None), slice(1), slice(-1, None), slice(None, None, 2)):
            x = torch.linspace(-1, 1, 24).reshape(6, 4).requires_grad_()
            parts = way(x * 1)
            if type(parts[0].grad_fn).__name__ != "SliceBackward0":
                yield [(part.output_nr, part.grad_fn is parts[0].grad_fn) for part in parts]
            loss = sum((part**3).sum() * (i + 1) for i, part in enumerate(parts[wanted]))
            (first,) = torch.autograd.grad(loss, x, create_graph=True)
            yield first, torch.autograd.grad(first.square().sum(), x)
            for _ in range(3):
                sum(part.square().sum() * (i + 1) for i, part in enumerate(way(x)[wanted])).backward()
            yield x.grad
    x = torch.ones(4, requires_grad=True)
    for part in (x * 2).unbind()[2], (x * 2).split(2)[1], (x * 2).tensor_split(2)[1]:
        yield attempt(part.mul_, 3)


@program
def higher_derivatives(torch):
    x = torch.tensor([1.5, -0.5], dtype=torch.float64, requires_grad=True)
    y = (x**4 * x.exp()).sum()
    for _ in range(4):
        (g,) = torch.autograd.grad(y, x, create_graph=True)
        yield g.detach()
        y = g.sum()
    x.grad = None
    (x**3).sum().backward(create_graph=True)
    yield x.grad.requires_grad
    g = x.grad
    x.grad = None
    (g * g).sum().backward()
    yield x.grad


@program
def a_gradient_without_graph_has_none(torch):
    x = torch.tensor([2.0], requires_grad=True)
    (g,) = torch.autograd.grad(x * x, x)
    yield g.requires_grad, g.is_leaf
    yield attempt(g.sum().backward)
    (linear,) = torch.autograd.grad((x * 3).sum(), x, create_graph=True)
    yield linear.requires_grad


@program
def leaves_and_requires_grad(torch):
    x = torch.ones(2)
    yield x.is_leaf, x.requires_grad, x.grad_fn, x.output_nr
    x.requires_grad_()
    y = x * 2
    yield y.is_leaf, y.requires_grad, type(y.grad_fn).__name__
    yield attempt(setattr, y, "requires_grad", False)
    yield attempt(y.requires_grad_, False)
    y.requires_grad = True
    yield attempt(torch.arange(3).requires_grad_)
    yield attempt(setattr, torch.arange(3), "requires_grad", True)
    yield attempt(torch.tensor, [1, 2], requires_grad=True)
    yield attempt(setattr, x, "requires_grad", "yes")
    yield attempt(setattr, x, "requires_grad", 1)
    yield attempt(torch.ones(2, dtype=torch.bool).requires_grad_, False).requires_grad
    x.requires_grad_(False)
    yield x.requires_grad, (x * 2).requires_grad
    yield attempt(setattr, x, "is_leaf", True)
    yield attempt(setattr, x, "grad_fn", None)


@program
def names_of_nodes(torch):
    x, m = torch.rand(2, 2, requires_grad=True), torch.rand(2, 2, requires_grad=True)
    results = [
        x + m, x - m, x * m, x / m, -x, x**2, x.exp(), x.log(), x.sqrt(), x.abs(), x.sin(), x.tanh(), x.sigmoid(),
        x.relu(), x.sum(), x.mean(), x.amax(0), x.prod(), x.var(), x @ m, x.mm(m), torch.addmm(x[0], x, m), x.t(), x.T,
        x.transpose(0, 1), x.permute(1, 0), x.reshape(4), x.view(4), x.unsqueeze(0), x.squeeze(), x.expand(3, 2, 2),
        x[0], x[:, 1], x[0, 1], x[[0, 1]], x[x > 2], x.clone(), x.double(), torch.cat([x, m]), x.softmax(0),
        x.log_softmax(0), x.cumsum(0), torch.where(x > 0, x, m), x.masked_fill(x > 1, 0), x.gather(0, torch.zeros(1, 2,
        dtype=torch.int64)), x.index_select(0, torch.tensor([0])), x.maximum(m), x.minimum(m), x.triu(), x.tril(),
        x.diagonal(), x.split(1)[1], x.unbind()[1], x.pow(3), x.reciprocal(), x.rsqrt(),
    ]  # fmt: skip
    for y in results:
        yield type(y.grad_fn).__name__, y.grad_fn.name()


@program
def nodes_and_their_edges(torch):
    x, w = torch.ones(2, requires_grad=True), torch.ones(2)
    y = x * w
    yield str(y.grad_fn).partition(" ")[0]
    yield [(type(f).__name__, n) for f, n in y.grad_fn.next_functions]
    z = (y + x).sum()
    yield [(type(f).__name__, n) for f, n in z.grad_fn.next_functions]
    added = z.grad_fn.next_functions[0][0]
    yield [(type(f).__name__, n) for f, n in added.next_functions]
    leaf = added.next_functions[1][0]
    yield leaf.variable is x, leaf.name(), leaf.next_functions
    yield y.grad_fn is y.grad_fn, leaf == added.next_functions[1][0]
    a, b = x.unbind()
    first, _ = x.reshape(2, 1).max(1)
    yield first.output_nr, type(a.grad_fn).__name__, type(b.grad_fn).__name__
    yield z.grad_fn.metadata
    z.grad_fn.metadata["seen"] = 1
    yield z.grad_fn.metadata


@program
def hooks_on_tensors(torch):
    log = []
    x = torch.ones(2, requires_grad=True)
    y = x * 2
    h = y.register_hook(lambda g: log.append(("y1", g.tolist())))
    y.register_hook(lambda g: g * 10)
    y.register_hook(lambda g: log.append(("y3", g.tolist())))
    x.register_hook(lambda g: log.append(("x1", g.tolist())))
    x.register_hook(lambda g: g + 1)
    y.sum().backward(retain_graph=True)
    yield log, x.grad
    log.clear()
    h.remove()
    h.remove()
    y.sum().backward()
    yield log, x.grad
    yield attempt(torch.ones(2).register_hook, print)
    z = x * 3
    with z.register_hook(lambda g: g * 100):
        z.sum().backward()
    yield x.grad
    z = x * 3
    z.register_hook(lambda g: torch.ones(5))
    yield attempt(z.sum().backward)
    z = x * 3
    z.register_hook(lambda g: "text")
    yield attempt(z.sum().backward)
    z = x * 3

    def fails(g):
        raise KeyError("from the hook")

    z.register_hook(fails)
    yield attempt(z.sum().backward)


@program
def hooks_see_sums(torch):
    log = []
    x = torch.ones(2, requires_grad=True)
    y = x * 1
    y.register_hook(lambda g: log.append(g.tolist()))
    x.register_hook(lambda g: log.append(g.tolist()))
    (y * 2 + y * 3 + x).sum().backward()
    yield log
    a, b = y.unbind()
    a.register_hook(lambda g: g * 7)
    b.retain_grad()
    (a + b * 2).backward()
    yield x.grad, b.grad


@program
def hooks_and_grad(torch):
    log = []
    x = torch.ones(2, requires_grad=True)
    y = x * 2
    y.register_hook(lambda g: g * 5)
    x.register_hook(lambda g: g * 3)
    x.register_post_accumulate_grad_hook(lambda t: log.append("accumulated"))
    yield torch.autograd.grad(y.sum(), [x, y])
    yield log, x.grad


@program
def retained_gradients(torch):
    x = torch.ones(2, requires_grad=True)
    y = x * 2
    yield y.retains_grad
    y.retain_grad()
    y.retain_grad()
    yield y.retains_grad, y.grad
    y.register_hook(lambda g: g * 10)
    (y * y).sum().backward(retain_graph=True)
    yield y.grad, x.grad
    yield attempt(torch.ones(2).retain_grad)
    x.retain_grad()
    yield x.retains_grad
    z = x * 3
    z.register_hook(lambda g: g * 10)
    z.retain_grad()
    z.sum().backward()
    yield z.grad
    yield (x * 2).grad


@program
def post_accumulate_hooks(torch):
    x = torch.ones(2, requires_grad=True)
    log = []
    handle = x.register_post_accumulate_grad_hook(lambda t: log.append((t is x, t.grad.tolist())))
    (x * 2).sum().backward()
    (x * 2).sum().backward()
    yield log
    handle.remove()
    (x * 2).sum().backward()
    yield log
    yield attempt((x * 2).register_post_accumulate_grad_hook, print)
    yield attempt(torch.ones(2).register_post_accumulate_grad_hook, print)

    def step(t):
        with torch.no_grad():
            t.sub_(t.grad)
        t.grad = None

    x.register_post_accumulate_grad_hook(step)
    (x * x).sum().backward()
    yield x, x.grad


@program
def hooks_on_nodes(torch):
    log = []
    x, w = torch.ones(2, requires_grad=True), torch.full((2,), 3.0, requires_grad=True)
    y = x * w

    def after(inputs, outputs):
        log.append(("after", [g.tolist() for g in inputs], [g.tolist() for g in outputs]))

    def before(outputs):
        log.append(("before", [g.tolist() for g in outputs]))

    def triple(outputs):
        return tuple(g * 3 for g in outputs)

    y.grad_fn.register_hook(after)
    y.grad_fn.register_prehook(before)
    y.grad_fn.register_prehook(triple)
    y.register_hook(lambda g: log.append(("tensor", g.tolist())))
    handle = y.grad_fn.register_hook(lambda inputs, outputs: (inputs[0] * 100, inputs[1]))
    y.sum().backward(retain_graph=True)
    yield log, x.grad, w.grad
    handle.remove()
    y.sum().backward()
    yield log, x.grad, w.grad


@program
def training_with_hooks_now_and_then(torch):
    w, x = torch.tensor([1.0, -2.0], requires_grad=True), torch.tensor([0.5, 0.25])
    log, handle = [], None
    for step in range(12):
        w.grad = None
        y = w * x
        if step == 3:
            handle = w.register_hook(lambda g: g * 2)
        if step == 6:
            handle.remove()
        if step == 7:
            y.register_hook(lambda g: g * 3)
        if step == 8:
            y.retain_grad()
        if step == 9:
            handle = w.register_post_accumulate_grad_hook(lambda t: log.append(t.grad.tolist()))
        if step == 11:
            handle.remove()
        loss = (y**2).sum()
        loss.backward()
        with torch.no_grad():
            w -= 0.1 * w.grad
        yield loss.item(), w, y.grad if step == 8 else None
    yield log


@pytest.mark.parity
@pytest.mark.parametrize("function", list(PROGRAMS), ids=lambda f: f.__name__)
def test_the_same_is_seen_under_both(function):
    assert transcript(function, "flambeau") == transcript(function, "torch")
