"""torch.func against PyTorch: programs whose transcripts must be the same."""

import numpy as np
import pytest
from both import attempt, transcript

PROGRAMS = []
program = PROGRAMS.append


def data(torch, *shape, seed=0):
    return torch.tensor(np.random.default_rng(seed).standard_normal(shape), dtype=torch.float64)


@program
def gradients(torch):
    f, x = torch.func, data(torch, 3, 4)
    yield f.grad(lambda t: (t.sin() * t).sum())(x)
    yield f.grad_and_value(lambda t: (t**3).mean())(x)
    yield f.grad(lambda a, b: (a * b.exp()).sum(), argnums=(1, 0))(x, x + 1)
    yield f.grad(lambda a, b: (a * b).sum(), argnums=-1)(x, x + 1)
    yield f.grad(lambda p: (p["w"] @ p["b"]).sum())({"w": x, "b": x.t()})
    yield f.grad(lambda t: ((t * t).sum(), {"y": t * 2}), has_aux=True)(x)
    yield f.grad(f.grad(lambda t: (t**3).sin()))(x[0, 0])
    yield f.grad(f.grad(f.grad(lambda t: (t**4).sin())))(x[0, 0])
    yield f.grad(lambda t: t * f.grad(lambda u: t + u)(t))(x[0, 0])
    yield f.grad(lambda t: 3 * x.sum())(x)


@program
def gradients_meet_no_grad_and_the_tape(torch):
    f, x = torch.func, data(torch, 3)
    with torch.no_grad():
        yield f.grad(lambda t: (t * t).sum())(x)

    def half(t):
        with torch.no_grad():
            c = t**2
        return (t * c).sum()

    yield f.grad(half)(x)
    yield f.grad(lambda t: f.grad(half)(t).sum())(x)
    w = x.clone().requires_grad_()
    g = f.grad(lambda t: (t**2 * w).sum())(x)
    yield g
    g.sum().backward()
    yield w.grad
    g = f.grad(lambda t: (t**3).sum())(w)
    yield g
    yield torch.autograd.grad(g.sum(), w)
    yield f.grad(lambda t: (t.detach() * t).sum())(x)


@program
def writes_in_transformed_functions(torch):
    f, x = torch.func, data(torch, 4)

    def written(t):
        y = torch.zeros(4, dtype=torch.float64)
        y[0] = t.sum()
        y[1:3] = t[:2] * 2
        y.mul_(t)
        z = t.clone()
        z[z > 0] = 0
        z.add_(y)
        z[::2] *= 3
        return (z * z).sum()

    yield f.grad(written)(x)
    yield f.jvp(written, (x,), (x + 1,))
    yield f.jacrev(f.grad(written))(x)

    def batched(t):
        y = torch.zeros_like(t)
        y[0] = t.sum()
        z = t.new_ones(4)
        z[1:] += t[1:]
        w = t * 2
        w.t_() if w.dim() == 2 else w.unsqueeze_(0)
        return y + z + w.squeeze(0)

    yield f.vmap(batched)(data(torch, 3, 4))
    yield f.vmap(f.grad(lambda t: batched(t).prod()))(data(torch, 3, 4))


@program
def products_with_jacobians(torch):
    f, x = torch.func, data(torch, 2, 3)
    out, pull = f.vjp(lambda t: t.exp() @ t.t(), x)
    yield out
    yield pull(torch.ones_like(out))
    yield pull(out)
    out, pull = f.vjp(lambda a, b: {"s": a * b, "p": (a + b).sum()}, x, x + 1)
    yield out
    yield pull({"s": x, "p": torch.ones((), dtype=torch.float64)})
    yield f.vjp(lambda t: (t * 2, t.sum()), x, has_aux=True)[2]
    yield f.jvp(lambda t: t.exp() @ t.t(), (x,), (x + 1,))
    yield f.jvp(lambda a, b: (a * b, a.sum()), (x, x + 1), (x, x))
    yield f.jvp(lambda t: (t * 2, t.sum()), (x,), (x,), has_aux=True)
    yield f.jvp(lambda t: x * 2, (x,), (x,))
    yield f.jvp(lambda t: f.jvp(lambda u: u.sin(), (t,), (t * 2,))[1], (x,), (x,))
    out, push = f.linearize(lambda t: (t.sin() * t).sum(0), x)
    yield out
    yield push(x)
    yield push(x * 2)


@program
def jacobians(torch):
    f, x = torch.func, data(torch, 3)
    yield f.jacrev(torch.sin)(x)
    yield f.jacfwd(torch.sin)(x)
    yield f.jacrev(lambda t: (t.outer(t), t.sum()))(x)
    yield f.jacfwd(lambda t: (t.outer(t), t.sum()))(x)
    yield f.jacrev(lambda a, b: a * b.sum(), argnums=(0, 1))(x, x + 1)
    yield f.jacfwd(lambda a, b: a * b.sum(), argnums=(0, 1))(x, x + 1)
    yield f.jacrev(lambda t: (t * 2, t), has_aux=True)(x)
    yield f.jacfwd(lambda t: (t * 2, t), has_aux=True)(x)
    yield f.jacrev(torch.sin, chunk_size=2)(x)
    yield f.jacrev(lambda p: p["a"] * p["b"])({"a": x, "b": x + 1})
    yield f.hessian(lambda t: (t**3).sum() * t.prod())(x)
    yield f.jacfwd(f.jacfwd(lambda t: (t**3).sum() * t.prod()))(x)
    yield f.jacrev(f.jacrev(lambda t: (t**3).sum() * t.prod()))(x)
    yield f.jacrev(f.jacfwd(lambda t: (t**3).sum() * t.prod()))(x)
    yield f.vmap(f.hessian(lambda t: t.sin().prod()))(data(torch, 2, 3))
    yield f.vmap(f.jacfwd(lambda t: t.cumsum(0) * t.max()))(data(torch, 2, 3))


@program
def maps(torch):
    v, x = torch.vmap, data(torch, 2, 3, 4)
    yield v(lambda t: t.sum())(x)
    yield v(torch.mul, in_dims=(0, None))(x, x[0])
    yield v(torch.matmul, in_dims=(1, 0), out_dims=1)(x, data(torch, 3, 4, 5))
    yield v(lambda t: (t, t.sum(), torch.ones(2)), out_dims=(2, 0, None))(x)
    yield v(lambda d, s: d["a"] * s, in_dims=({"a": 1}, None))({"a": x}, 3.0)
    yield v(v(lambda t: t.softmax(0)))(x)
    yield v(v(v(lambda t: t * 2)))(x)
    yield v(v(lambda a, b: a @ b, in_dims=(None, 0)), in_dims=(0, None))(x, data(torch, 5, 4))
    yield v(lambda t: t.sort(-1), out_dims=1)(x)
    yield v(lambda t: t.max(0))(x)
    yield v(torch.func.grad(lambda t: (t**2).sum()))(x)
    yield v(lambda t: t * 2, chunk_size=1)(x)
    yield v(lambda t: {"a": [t, (t * 2,)]}, in_dims=2, out_dims=-1)(x)
    yield v(lambda t, s=1.0: t * s)(x, s=2.0)
    yield v(lambda t: t.transpose(0, 1).reshape(-1)[2:7].unfold(0, 2, 1))(x)
    yield v(lambda t: t.expand(5, 3, 4).permute(1, 0, 2).flatten(1))(x)
    yield v(lambda t: torch.cat([t, t[:1], torch.ones(1, 4, dtype=torch.float64)]))(x)
    yield v(lambda t: torch.stack([t, t * 2], 1))(x)
    yield v(lambda t: torch.where(t > 0, t, torch.zeros((), dtype=torch.float64)))(x)
    yield v(lambda t: t.cumsum(1).flip(0).roll(1, 1))(x)
    yield v(lambda t: t.topk(2))(x)
    yield v(lambda t: torch.einsum("ij,kj->ik", t, t))(x)
    yield v(lambda t: t.std(0) + t.var() + t.norm())(x)
    yield v(lambda t: t.argmax() + t.argmin(0))(x)
    yield v(lambda t: t.to(torch.float32).int().float().mean())(x)
    yield v(lambda t: t.tril() + t.triu(1))(x)
    yield v(lambda t: t.float() * torch.ones(3, 1, dtype=torch.float64))(x)
    yield v(lambda t: t[0, 0] * 2.5 + torch.ones(2))(x.float())


@program
def maps_with_indices(torch):
    v, x = torch.vmap, data(torch, 2, 5, 4)
    i = torch.tensor([[0, 3, 1], [4, 4, 2]])
    yield v(lambda t, k: t[k])(x, i)
    yield v(lambda t, k: t[k], in_dims=(0, None))(x, i[0])
    yield v(lambda t, k: t[k], in_dims=(None, 0))(x[0], i)
    yield v(lambda t, k: t[k, 1])(x, i)
    yield v(lambda t, k: t.index_select(0, k))(x, i)
    yield v(lambda t, k: t.gather(0, k.unsqueeze(1)))(x, i)
    yield v(lambda t, k: t.scatter(0, k.unsqueeze(1), 9.0))(x, i)
    yield v(lambda t, k: t.index_add(0, k, t[:3]))(x, i)
    yield v(lambda t, k: t.index_add(0, k, t[:3]), in_dims=(None, 0))(x[0], i)
    yield v(lambda t, k: t.index_put((k,), t[:3]), in_dims=(None, 0))(x[0], i)
    yield v(torch.func.grad(lambda t, k: (t[k] ** 2).sum()))(x, i)
    yield v(torch.func.grad(lambda t, k: (t[k] ** 2).sum()), in_dims=(None, 0))(x[0], i)
    yield v(lambda k: torch.nn.functional.one_hot(k, 5))(i)
    yield v(torch.nn.functional.embedding, in_dims=(0, None))(i, x[0])
    yield v(torch.nn.functional.embedding)(i, x)


@program
def per_sample_gradients(torch):
    f, nn = torch.func, torch.nn
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.LayerNorm(5), nn.Linear(5, 3)).double()
    params = {k: p.detach() for k, p in model.named_parameters()}
    x, y = data(torch, 6, 4), torch.tensor([0, 2, 1, 1, 0, 2])

    def loss(p, a, b):
        return nn.functional.cross_entropy(f.functional_call(model, p, (a[None],)), b[None])

    yield f.grad(loss)(params, x[0], y[0])
    yield f.vmap(f.grad(loss), in_dims=(None, 0, 0))(params, x, y)
    yield f.vmap(f.grad(loss), in_dims=(None, 0, 0), chunk_size=4)(params, x, y)
    yield f.jacrev(lambda p: f.functional_call(model, p, (x,)))(params)
    yield f.jacfwd(lambda a: model(a))(x[0])


@program
def convolutions(torch):
    f, F = torch.func, torch.nn.functional
    x, w, b = data(torch, 3, 2, 4, 6, 6), data(torch, 3, 4, 2, 3, 3), data(torch, 3, 4)

    def conv(a, k, c):
        return F.conv2d(a, k, c, padding=1, stride=2, groups=2)

    yield f.vmap(conv)(x, w, b)
    yield f.vmap(conv, in_dims=(0, None, None))(x, w[0], b[0])
    yield f.vmap(conv, in_dims=(None, 0, 0))(x[0], w, b)
    for dims, given in (((0, 0), (x, w)), ((0, None), (x, w[0])), ((None, 0), (x[0], w))):
        g = f.grad(lambda a, k: (conv(a, k, b[0]) ** 2).sum(), argnums=(0, 1))
        yield f.vmap(g, in_dims=dims)(*given)
    yield f.vmap(lambda a: F.max_pool2d(a, 2))(x)
    yield f.vmap(f.grad(lambda a: (F.max_pool2d(a, 2) ** 2).sum()))(x)
    yield f.vmap(lambda a: F.avg_pool2d(a, 2) * F.adaptive_avg_pool2d(a, 3))(x)
    yield f.vmap(lambda a, k: F.conv_transpose2d(a, k, groups=2))(x, w)
    yield f.vmap(lambda a, k: F.conv1d(a[:, :, 0], k[:, :, 0], groups=2))(x, w)
    yield f.jvp(lambda a, k: conv(a, k, b[0]), (x[0], w[0]), (x[1], w[1]))


@program
def networks_forward(torch):
    f, F = torch.func, torch.nn.functional
    x = data(torch, 3, 4, 6)
    yield f.vmap(lambda t: F.batch_norm(t, None, None, training=True))(x)
    yield f.vmap(lambda t: F.group_norm(t[None], 2))(x)
    yield f.vmap(lambda t: F.scaled_dot_product_attention(t[None], t[None], t[None]))(x)
    yield f.vmap(f.grad(lambda t: (F.scaled_dot_product_attention(t[None], t[None] * 2, t[None]) ** 2).sum()))(x)
    yield f.jvp(lambda t: F.scaled_dot_product_attention(t[None], t[None] * 2, t[None]), (x[0],), (x[1],))
    yield f.jvp(lambda t: F.layer_norm(t, (6,)).softmax(0), (x[0],), (x[1],))
    yield f.jvp(lambda t: F.batch_norm(t, None, None, training=True), (x,), (x.cos(),))
    yield f.jvp(lambda t: F.max_pool1d(t, 2), (x[0],), (x[1],))
    yield f.jvp(lambda t: t.sort(1)[0].cumprod(0).logsumexp(1), (x[0],), (x[1],))
    yield f.jvp(lambda t: F.cross_entropy(t, torch.tensor([0, 1, 5, 2])), (x[0],), (x[1],))
    yield f.jvp(
        lambda t: torch.linalg.inv(t[:4, :4] @ t[:4, :4].T + torch.eye(4, dtype=torch.float64)), (x[0],), (x[1],)
    )
    yield f.vmap(lambda t: torch.linalg.solve(t[:4, :4], t))(x)
    yield f.vmap(lambda t: torch.linalg.eigvalsh(t @ t.T))(x)
    yield f.vmap(f.grad(lambda t: torch.linalg.slogdet(t @ t.T)[1]))(x)


@program
def ensembles(torch):
    f, nn = torch.func, torch.nn
    torch.manual_seed(0)
    models = [nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2)).double().eval() for _ in range(3)]
    params, buffers = f.stack_module_state(models)
    yield [sorted(params), sorted(buffers)]
    yield params
    x = data(torch, 5, 3)

    def call(p, b, a):
        return f.functional_call(models[0], (p, b), (a,))

    yield f.vmap(call, in_dims=(0, 0, None))(params, buffers, x).detach()
    out = f.vmap(call, in_dims=(0, 0, None))(params, buffers, x)
    yield attempt(f.functional_call, models[0], {"nothing": x}, (x,), strict=True)
    yield attempt(f.functional_call, models[0], [{"0.weight": x}, {"0.weight": x}], (x,))
    yield attempt(f.stack_module_state, [])
    out.sum().backward()
    yield params["0.weight"].grad


@program
def randomness(torch):
    v, x = torch.vmap, data(torch, 3, 2)
    torch.manual_seed(3)
    yield v(lambda t: t + torch.randn(2), randomness="same")(x)
    yield v(lambda t: t + torch.randn(2), randomness="different")(x)
    yield v(lambda t: t + torch.rand_like(t), randomness="different")(x)
    yield v(lambda t: t + torch.randint(5, (2,)), randomness="different")(x)
    yield v(lambda t: torch.nn.functional.dropout(t * 0 + 1, 0.5).max(), randomness="different")(data(torch, 2, 60))
    yield [attempt(v(lambda t: t + torch.randn(2)), x)]
    yield [attempt(v(lambda t: torch.nn.functional.dropout(t)), x)]
    yield [attempt(v(lambda t: t.clone().normal_()), x)]


@program
def refusals(torch):
    v, f, x = torch.vmap, torch.func, data(torch, 2, 3)
    one = torch.ones(2, dtype=torch.int64)
    calls = [
        lambda: v(lambda t: 3.0)(x), lambda: v(lambda t: t)(3), lambda: v(lambda a, b: a)(x, torch.ones(4)),
        lambda: v(lambda t: t, in_dims=5)(x), lambda: v(lambda t: t, in_dims=(0, 0))(x),
        lambda: v(lambda t: t, in_dims=None)(x), lambda: v(lambda t: t, out_dims=(0, 1))(x),
        lambda: v(lambda t: t, out_dims=9)(x), lambda: v(lambda t: t, randomness="x")(x),
        lambda: v(lambda t: t, chunk_size=0)(x), lambda: v(lambda t: t)(), lambda: v(lambda t: t, in_dims=[0])(x),
        lambda: v(lambda t: t)(torch.tensor(1.0)), lambda: v(lambda t: (t, 3))(x),
        lambda: v(lambda t: t.sum().item())(x),
        lambda: v(lambda t: t if t.sum() > 0 else -t)(x), lambda: f.grad(lambda t: t)(x),
        lambda: f.grad(lambda t: (t, t))(x), lambda: f.grad(lambda t: 3)(x), lambda: f.grad(lambda t: t.sum())(one),
        lambda: f.grad(lambda t: t.sum(), argnums=3)(x), lambda: f.jvp(lambda t: t, (x,), (x[0],)),
        lambda: f.jvp(lambda t: t, x, x), lambda: f.jvp(lambda t: 3, (x,), (x,)), lambda: f.vjp(lambda t: 3, x),
        lambda: f.vjp(lambda t: t, x)[1](x[0]), lambda: f.jacrev(lambda t: 3)(x), lambda: f.jacfwd(lambda t: 3)(x),
        lambda: f.jacrev(lambda t: t, argnums=(0, 5))(x), lambda: f.jvp(lambda t: t, (), ()),
        lambda: f.grad(lambda t: t.sum(), argnums="a")(x), lambda: f.grad(lambda t: (t.sum(), 1), has_aux=True)(x),
        lambda: f.grad(lambda t: t.sum(), has_aux=True)(x), lambda: f.grad(lambda t: t.sum())(3),
        lambda: v(lambda t: torch.ones(3, dtype=torch.float64).mul_(t).sum())(x),
        lambda: f.grad(lambda t: t.sum().backward())(x), lambda: f.grad(lambda t: t.requires_grad_())(x),
        lambda: v(lambda t: t, out_dims=None)(x), lambda: v(lambda t: t, in_dims=(None,))(x),
        lambda: v(lambda t: t.numpy())(x), lambda: f.vjp(lambda t: (t, t), x)[1](x),
        lambda: v(lambda t: t, in_dims=("a",))(x),
    ]  # fmt: skip
    for call in calls:
        yield [attempt(call)]


@program
def what_is_printed(torch):
    texts, x = [], torch.arange(4.0).reshape(2, 2)

    def show(t):
        texts.append(repr(t))
        return t

    torch.vmap(show)(x)
    torch.func.grad(lambda t: show(t).sum())(x)
    torch.vmap(torch.vmap(show))(x)
    torch.vmap(torch.func.grad(lambda t: show(t).sum()))(x)
    torch.func.jvp(show, (x,), (x,))
    yield texts


@pytest.mark.parity
@pytest.mark.parametrize("function", PROGRAMS, ids=lambda f: f.__name__)
def test_func_is_like_pytorchs(function):
    pytest.importorskip("torch")
    _same(seen(function, "flambeau"), seen(function, "torch"))


def seen(function, module):
    """What a program yields; warnings that PyTorch gives when a transform is first used are of no matter."""
    return [x for x in transcript(function, module) if not (isinstance(x, tuple) and x[0].endswith("Warning"))]


def _same(a, b):
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)) and len(a) == len(b):
        for x, y in zip(a, b):
            _same(x, y)
    elif isinstance(a, dict) and isinstance(b, dict):
        assert list(a) == list(b)
        _same(list(a.values()), list(b.values()))
    elif isinstance(a, float) and isinstance(b, float):
        assert a == pytest.approx(b, rel=1e-4, abs=1e-6)
    else:
        assert a == b
