"""torch.nn.utils: the same programs under Flambeau and under PyTorch."""

from __future__ import annotations

import copy
import importlib
import io
import itertools
import pickle

import pytest
from both import PROGRAMS, attempt, in_doubles, program, transcript

PROGRAMS.clear()


def utils(torch, name):
    """A submodule of torch.nn.utils."""
    return importlib.import_module(f"{torch.__name__}.nn.utils.{name}")


def seen(module):
    """What can be seen of a module from outside."""
    names = [name for name, _ in module.named_parameters()], [name for name, _ in module.named_buffers()]
    return repr(module), dict(module.state_dict()), names, type(module).__name__


def trained(torch, module, *shape):
    """A module's output and gradients after one step; what is zero but for rounding is zero."""
    module.zero_grad()
    out = module(torch.linspace(-1, 1, 24)[: torch.Size(shape).numel()].reshape(shape))
    out.square().sum().backward()
    return out.detach(), [p.grad * (p.grad.abs() > 1e-12) for p in module.parameters()]


def function(torch, forward, right_inverse=None):
    """A parametrization of functions."""

    class Made(torch.nn.Module):
        def forward(self, *tensors):
            return forward(*tensors)

    made = Made()
    if right_inverse is not None:
        made.right_inverse = right_inverse
    return made


# ------------------------------------------------------------------ parametrize
def symmetric(torch):
    return function(torch, lambda x: x.triu() + x.triu(1).T, lambda x: x.triu())


@program
def a_parametrized_weight(torch):
    torch.manual_seed(0)
    P, m = utils(torch, "parametrize"), torch.nn.Linear(3, 3)
    yield P.register_parametrization(m, "weight", symmetric(torch)) is m
    yield seen(m), trained(torch, m, 2, 3), m.parametrizations.weight.is_tensor
    m.weight = torch.ones(3, 3)
    yield m.weight.detach(), m.parametrizations.weight.original.detach()
    yield attempt(delattr, m, "weight"), attempt(setattr, m, "weight", torch.nn.Parameter(torch.ones(3, 3)))
    P.register_parametrization(m, "weight", function(torch, lambda x: 2 * x))
    P.register_parametrization(m, "bias", function(torch, lambda x: x.exp()))
    yield seen(m), trained(torch, m, 2, 3), attempt(setattr, m, "weight", torch.ones(3, 3))
    yield P.is_parametrized(m), P.is_parametrized(m, "bias"), P.is_parametrized(m, "x")
    yield P.type_before_parametrizations(m) is torch.nn.Linear
    with P.cached():
        yield m.weight is m.weight
    yield m.weight is m.weight
    yield seen(copy.deepcopy(m)), attempt(pickle.dumps, m), attempt(torch.save, m, io.BytesIO())
    yield (
        seen(P.remove_parametrizations(m, "weight")),
        m.weight.requires_grad,
        attempt(P.remove_parametrizations, m, "x"),
    )
    yield seen(P.remove_parametrizations(m, "bias", leave_parametrized=False)), hasattr(m, "parametrizations")


@program
def several_originals_and_buffers(torch):
    torch.manual_seed(0)
    P, m = utils(torch, "parametrize"), torch.nn.Linear(3, 3)
    rank_one = function(
        torch, lambda x, y: x.unsqueeze(-1) @ y.unsqueeze(-2), lambda z: (z[:, 0].clone(), z[0].clone())
    )
    P.register_parametrization(m, "weight", rank_one)
    yield seen(m), trained(torch, m, 2, 3), m.parametrizations.weight.ntensors
    m.weight = torch.ones(3, 3)
    yield m.weight.detach(), attempt(P.remove_parametrizations, m, "weight", leave_parametrized=False)
    other = torch.nn.Linear(3, 3)
    P.transfer_parametrizations_and_params(m, other)
    yield seen(other), other.parametrizations.weight.original1 is m.parametrizations.weight.original1
    yield seen(P.remove_parametrizations(m, "weight"))
    norm = torch.nn.BatchNorm1d(3)
    yield seen(P.register_parametrization(norm, "running_mean", function(torch, lambda x: x + 1)))
    yield norm.running_mean, seen(P.remove_parametrizations(norm, "running_mean"))


PARAMETRIZATIONS = {
    "no_tensor": (lambda x: 3, None),
    "another_shape": (lambda x: x[:2], None),
    "another_dtype": (lambda x: x.long(), None),
    "no_tensor_back": (lambda x: x, lambda x: 3),
    "no_tensors_back": (lambda x: x, lambda x: [x, 3]),
    "another_dtype_back": (lambda x: x, lambda x: x.half()),
    "another_shape_back": (lambda x: x, lambda x: x[:2]),
    "another_shape_of_two": (lambda x, y: x[:2], lambda x: (x, x)),
    "two_back": (lambda *x: x[0], lambda x: (x, x)),
}


@program
def parametrizations_that_do_not_fit(torch):
    P = utils(torch, "parametrize")
    for forward, inverse in PARAMETRIZATIONS.values():
        bad = function(torch, forward, inverse)
        yield attempt(P.register_parametrization, torch.nn.Linear(3, 3), "weight", bad)
        once = P.register_parametrization(torch.nn.Linear(3, 3), "weight", symmetric(torch))
        yield attempt(P.register_parametrization, once, "weight", bad)
    wide = P.register_parametrization(
        torch.nn.Linear(3, 3), "weight", function(torch, lambda x: x[:2].float()), unsafe=True
    )
    yield wide.weight.dtype is torch.float32, attempt(P.remove_parametrizations, wide, "weight")
    yield attempt(P.register_parametrization, torch.nn.Linear(3, 3), "x", symmetric(torch))
    yield attempt(P.ParametrizationList, [], torch.ones(3))


@program
def values_without_a_fitting_inverse(torch):
    P = utils(torch, "parametrize")
    one, two = (lambda x: x), (lambda x: (x, x))
    for start, *later in (
        (one, lambda x: 3, lambda x: x.float(), two),
        (two, lambda x: 3, lambda x: (x,), lambda x: (x, 3), lambda x: (x, x.float()), one),
    ):
        current = [start]
        made = function(torch, lambda *x: x[0], lambda x, current=current: current[0](x))
        m = P.register_parametrization(torch.nn.Linear(3, 3), "weight", made)
        for current[0] in later:
            yield attempt(setattr, m, "weight", torch.ones(3, 3))


@program
def parametrized_norms(torch):
    torch.manual_seed(0)
    Z = utils(torch, "parametrizations")
    yield seen(Z.weight_norm(torch.nn.Linear(4, 3), "bias"))
    for settings in ({}, {"dim": 1}, {"dim": None}):
        m = Z.weight_norm(torch.nn.Linear(4, 3), **settings)
        yield seen(m), trained(torch, m, 2, 4)
    yield seen(Z.weight_norm(torch.nn.Conv2d(2, 3, 2)))
    older, m = utils(torch, "weight_norm").weight_norm(torch.nn.Linear(4, 3)), Z.weight_norm(torch.nn.Linear(4, 3))
    m.load_state_dict(older.state_dict())
    yield seen(m)
    for layer in (torch.nn.Linear(4, 3), torch.nn.ConvTranspose2d(4, 3, 2)):
        m = Z.spectral_norm(layer, n_power_iterations=2)
        shape = (2, 4) if m.weight.dim() == 2 else (1, 4, 2, 2)
        yield seen(m), trained(torch, m, *shape), trained(torch, m, *shape), seen(m), trained(torch, m.eval(), *shape)
    yield seen(Z.spectral_norm(torch.nn.Linear(4, 3), "bias")), torch.rand(1)
    yield attempt(Z.spectral_norm, torch.nn.Linear(4, 3), "x"), attempt(Z.spectral_norm, torch.nn.Linear(4, 3), dim=3)
    yield attempt(Z.spectral_norm, torch.nn.Linear(4, 3), n_power_iterations=0)


@program
def orthogonal_weights(torch):
    torch.manual_seed(0)
    Z = utils(torch, "parametrizations")
    sizes, maps = ((4, 4), (3, 4), (5, 3)), ("cayley", "matrix_exp", "householder")
    for (rows, columns), kind in itertools.product(sizes, maps):
        m = Z.orthogonal(torch.nn.Linear(columns, rows), orthogonal_map=kind)
        yield seen(m), trained(torch, m, 2, columns)
        with torch.no_grad():
            for p in m.parameters():
                p += torch.linspace(-1, 1, p.numel()).reshape(p.shape)
        yield m.weight.detach(), trained(torch, m, 2, columns)
        m.weight = torch.eye(rows, columns)
        yield m.weight.detach(), attempt(setattr, m, "weight", torch.ones(2, 2))
    for rows, columns in sizes:
        m = Z.orthogonal(torch.nn.Linear(columns, rows), "weight", "householder", use_trivialization=False)
        yield seen(m), trained(torch, m, 2, columns)
        m.weight = torch.eye(rows, columns)
        yield m.weight.detach()
    m = Z.orthogonal(torch.nn.Linear(4, 4), "weight", "cayley", use_trivialization=False)
    yield seen(m), m.weight.detach(), attempt(setattr, m, "weight", torch.eye(4))
    yield attempt(Z.orthogonal, m, "bias"), attempt(Z.orthogonal, m, "x"), attempt(Z.orthogonal, m, orthogonal_map="x")


# ------------------------------------------------------------------ the older forms
@program
def weight_norm_by_a_hook(torch):
    torch.manual_seed(0)
    U = torch.nn.utils
    for dim in (0, 1, None):
        m = U.weight_norm(torch.nn.Linear(4, 3), dim=dim)
        yield seen(m), trained(torch, m, 2, 4), type(m.weight).__name__
        yield attempt(U.weight_norm, m), attempt(copy.deepcopy, m)
        yield seen(U.remove_weight_norm(m)), trained(torch, m, 2, 4), attempt(U.remove_weight_norm, m)


@program
def spectral_norm_by_a_hook(torch):
    torch.manual_seed(0)
    U, m = torch.nn.utils, torch.nn.utils.spectral_norm(torch.nn.Linear(4, 3), n_power_iterations=2)
    yield seen(m), dict(m.state_dict()._metadata), trained(torch, m, 2, 4), trained(torch, m, 2, 4), seen(m)
    yield trained(torch, m.eval(), 2, 4), seen(m), attempt(U.spectral_norm, m)
    state = m.state_dict()
    old = {**state, "weight": m.weight.detach()}
    del old["weight_v"]
    m.load_state_dict(old)
    yield seen(m)
    del old["weight_orig"]
    yield attempt(m.load_state_dict, old)
    m.load_state_dict(state)
    yield seen(U.remove_spectral_norm(m)), trained(torch, m, 2, 4), attempt(U.remove_spectral_norm, m)
    yield seen(U.spectral_norm(torch.nn.ConvTranspose1d(2, 3, 2)))


# ------------------------------------------------------------------ prune
@program
def pruning_one_tensor(torch):
    torch.manual_seed(0)
    prune, m = utils(torch, "prune"), torch.nn.Linear(4, 3)
    yield seen(prune.random_unstructured(m, "weight", amount=0.5)), trained(torch, m, 2, 4)
    yield seen(prune.l1_unstructured(m, "weight", 2)), seen(prune.ln_structured(m, "weight", 1, 2, 1))
    yield seen(prune.random_structured(m, "weight", 0.3, 0)), prune.is_pruned(m)
    (container,) = m._forward_pre_hooks.values()
    yield [type(method).__name__ for method in container], len(container), container[0].amount
    yield trained(torch, m, 2, 4), attempt(copy.deepcopy, m), list(pickle.loads(pickle.dumps(m)).state_dict())
    yield seen(prune.remove(m, "weight")), attempt(prune.remove, m, "weight"), prune.is_pruned(m)
    yield seen(prune.custom_from_mask(m, "bias", torch.tensor([0, 1, 0]))), seen(prune.identity(m, "weight"))
    scores = torch.arange(12.0).reshape(3, 4)
    for cut in (prune.l1_unstructured, prune.ln_structured):
        kwargs = {} if cut is prune.l1_unstructured else {"n": 1, "dim": 0}
        pruned = cut(torch.nn.Linear(4, 3), "weight", amount=0.5, importance_scores=scores, **kwargs)
        yield pruned.weight_mask
    for n in (1, 2, float("inf")):
        yield prune.ln_structured(torch.nn.Conv2d(4, 3, 2), "weight", 2, n, 1).weight_mask, torch.rand(1)


@program
def pruning_several_tensors(torch):
    torch.manual_seed(0)
    prune, net = utils(torch, "prune"), torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.Linear(3, 2))
    places = [(net[0], "weight"), (net[1], "weight")]
    prune.global_unstructured(places, prune.L1Unstructured, amount=0.4)
    yield seen(net), trained(torch, net, 2, 4)
    prune.global_unstructured(places, prune.RandomUnstructured, amount=2)
    yield seen(net)
    scores = {places[0]: torch.arange(12.0).reshape(3, 4)}
    prune.global_unstructured(places, prune.L1Unstructured, scores, amount=3)
    yield seen(net)
    yield attempt(prune.global_unstructured, 3, prune.L1Unstructured, amount=3)
    yield attempt(prune.global_unstructured, places, prune.L1Unstructured, 3, amount=3)


@program
def pruning_that_does_not_fit(torch):
    prune = utils(torch, "prune")
    for amount in (1.5, -1, 100, "a"):
        yield attempt(prune.random_unstructured, torch.nn.Linear(4, 3), "weight", amount)
    yield attempt(prune.ln_structured, torch.nn.Linear(4, 3), "bias", 1, 2, 0)
    yield attempt(prune.ln_structured, torch.nn.Linear(4, 3), "weight", 1, 2, 5)
    yield attempt(prune.random_structured, torch.nn.Linear(4, 3), "weight", 9, 1)
    yield attempt(prune.custom_from_mask, torch.nn.Linear(4, 3), "bias", torch.ones(2))
    yield attempt(prune.l1_unstructured, torch.nn.Linear(4, 3), "weight", 2, torch.ones(12))
    yield attempt(prune.PruningContainer().add_pruning_method, 3)
    m = torch.nn.Linear(4, 3)

    class Failing(prune.BasePruningMethod):
        PRUNING_TYPE = "unstructured"

        def compute_mask(self, t, default_mask):
            raise KeyError("x")

    yield attempt(Failing.apply, m, "weight"), seen(m)


# ------------------------------------------------------------------ the rest
@program
def fused_batch_norms(torch):
    torch.manual_seed(0)
    U, nn = torch.nn.utils, torch.nn
    norm = nn.BatchNorm2d(3)
    norm(torch.randn(5, 3, 4, 4))
    norm.eval()
    for layer, transpose in ((nn.Conv2d(2, 3, 2, bias=False), False), (nn.ConvTranspose2d(2, 3, 2), True)):
        fused = U.fuse_conv_bn_eval(layer.eval(), norm, transpose)
        yield seen(fused), [p.requires_grad for p in fused.parameters()], trained(torch, fused, 1, 2, 3, 3)
        yield attempt(U.fuse_conv_bn_eval, layer.train(), norm)
    plain = nn.BatchNorm1d(1).eval()
    yield seen(U.fuse_linear_bn_eval(nn.Linear(4, 3).eval(), plain))
    yield attempt(U.fuse_linear_bn_eval, nn.Linear(4, 3).eval(), nn.BatchNorm1d(2).eval())
    yield attempt(U.fuse_conv_bn_eval, nn.Conv2d(2, 3, 2).eval(), nn.BatchNorm2d(3, track_running_stats=False).eval())


@program
def modules_without_initial_values(torch):
    torch.manual_seed(0)
    m = torch.nn.utils.skip_init(torch.nn.Linear, 2, 3, dtype=torch.float32)
    yield repr(m), m.weight.dtype is torch.float32, torch.rand(1)
    yield attempt(torch.nn.utils.skip_init, torch.nn.ReLU)
    conv = torch.nn.Conv2d(3, 4, 2)
    yield torch.nn.utils.convert_conv2d_weight_memory_format(conv, torch.channels_last).weight.stride()


class Tied:
    """A module with one weight under two names, and a buffer that its forward counts up."""

    def __new__(cls, torch):
        class Made(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.a, self.b = torch.nn.Linear(2, 2, bias=False), torch.nn.Linear(2, 2, bias=False)
                self.b.weight = self.a.weight
                self.register_buffer("count", torch.zeros(2))

            def forward(self, x, scale=1):
                self.count = self.count + 1
                return (self.a(x) + self.b(x) + self.count) * scale

        return Made()


@program
def calls_with_other_tensors(torch):
    torch.manual_seed(0)
    m, x = Tied(torch), torch.ones(1, 2)
    call = utils(torch, "stateless").functional_call
    ones, zeros = torch.ones(2, 2), torch.zeros(2, 2)
    yield call(m, {"a.weight": ones}, x).detach(), call(m, {"a.weight": ones}, (x,), {"scale": 2}).detach()
    yield call(m, {"a.weight": ones}, x, tie_weights=False).detach(), m.count
    given = {"count": torch.ones(2)}
    yield call(m, given, x).detach(), given, m.count
    yield attempt(call, m, {"a.weight": ones, "b.weight": zeros}, x)
    yield attempt(call, m, {"a.weight": ones}, x, strict=True), attempt(call, m, {"x": ones}, x, strict=True)
    yield call(m, {"x": ones}, x).detach(), attempt(call, m, {"a.weight": 3}, x), attempt(call, m, {"q.r": zeros}, x)
    weight = torch.ones(2, 2, requires_grad=True)
    call(m, {"a.weight": weight}, x).sum().backward()
    yield weight.grad, m.a.weight.grad
    yield attempt(call, m, {"a.weight": ones}, torch.ones(3)), seen(m)


@pytest.mark.parity
@pytest.mark.parametrize("function", list(PROGRAMS), ids=lambda f: f.__name__)
def test_programs(function):
    pytest.importorskip("torch")
    assert transcript(in_doubles(function), "flambeau") == transcript(in_doubles(function), "torch")
