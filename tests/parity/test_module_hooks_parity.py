"""Hooks of modules: the same programs under Flambeau and under PyTorch."""

from __future__ import annotations

import copy
import importlib
import pickle

import pytest
from both import PROGRAMS, attempt, in_doubles, program, transcript

PROGRAMS.clear()


class Log(list):
    """What hooks were called with; `hook(name, result)` makes one."""

    def hook(self, name, result=None):
        def called(*args):
            self.append((name, [shapes(a) for a in args[1:]]))
            return result(*args) if callable(result) else result

        return called


def shapes(value):
    """Tensors by their shapes."""
    if isinstance(value, (tuple, list)):
        return [shapes(v) for v in value]
    return tuple(value.shape) if hasattr(value, "shape") else value


def layer(torch):
    return torch.nn.Linear(2, 2, bias=False)


def leaf(torch):
    return torch.ones(1, 2, requires_grad=True)


@program
def forward_hooks(torch):
    log, m, x = Log(), layer(torch), torch.ones(1, 2)
    m.register_forward_pre_hook(log.hook("second"))
    m.register_forward_pre_hook(log.hook("first", lambda m, a: a[0] * 2), prepend=True)
    m.register_forward_pre_hook(log.hook("keywords", lambda m, a, k: (a, k)), with_kwargs=True)
    m.register_forward_hook(log.hook("last", lambda m, a, r: (r, r)), with_kwargs=False)
    m.register_forward_hook(log.hook("before it"), prepend=True)
    yield shapes(m(x)), log
    m = layer(torch)
    m.register_forward_pre_hook(log.hook("bad", lambda *a: 3), with_kwargs=True)
    yield attempt(m, x)


@program
def hooks_that_are_always_called(torch):
    log, m = Log(), layer(torch)
    m.register_forward_hook(log.hook("fails", lambda *a: 1 / 0), always_call=True)
    m.register_forward_hook(log.hook("after"), always_call=True)
    yield attempt(m, torch.ones(1, 2)), attempt(m, torch.ones(1, 3)), log


@program
def full_backward_hooks(torch):
    torch.manual_seed(0)
    log, x = Log(), leaf(torch)
    m = torch.nn.Sequential(layer(torch), layer(torch))
    m.register_full_backward_hook(log.hook("outer", lambda m, i, o: (i[0] * 3,)))
    m[0].register_full_backward_hook(log.hook("inner"))
    m[1].register_full_backward_pre_hook(log.hook("before", lambda m, g: (g[0] * 2,)))
    m(x).sum().backward()
    yield x.grad, log
    for kind, result in (("hook", lambda m, i, o: (i[0], i[0])), ("pre_hook", lambda m, g: (g[0], g[0]))):
        m = layer(torch)
        getattr(m, f"register_full_backward_{kind}")(result)
        yield attempt(m(leaf(torch)).sum().backward)
    m = layer(torch)
    m.register_full_backward_hook(log.hook("no input"))
    m(torch.ones(1, 2)).sum().backward()
    yield log[-1], attempt(m.register_backward_hook, log.hook("mixed"))


def computing(torch, function):
    class Made(torch.nn.Module):
        def forward(self, *args):
            return function(*args)

    return Made()


@program
def arguments_and_results_without_gradients(torch):
    log = Log()
    m = computing(torch, lambda x, z: (x * 2, z, 3, x * 4))
    m.register_full_backward_hook(log.hook("full"))
    m(leaf(torch), torch.ones(1, 3))[0].sum().backward()
    yield log
    m = computing(torch, lambda x: {"y": x * 2})
    m.register_full_backward_hook(log.hook("never"))
    m(leaf(torch))["y"].sum().backward()
    yield log
    with torch.no_grad():
        yield shapes(m(leaf(torch))["y"])


PARTIAL = {
    "one operation": lambda x: x.exp(),
    "two operations": lambda x: x.exp().sin(),
    "a dictionary": lambda x: {"y": x.exp()},
    "two results": lambda x: (x.exp(), x.sin()),
    "nested": lambda x: ((x.exp(),),),
    "a list": lambda x: [x.exp()],
}


@program
def non_full_backward_hooks(torch):
    log = Log()
    for name, function in PARTIAL.items():
        m = computing(torch, function)
        m.register_backward_hook(log.hook(name))
        result = m(leaf(torch).neg())
        while not isinstance(result, torch.Tensor):
            result = result["y"] if isinstance(result, dict) else result[0]
        result.sum().backward()
    yield log


@program
def hooks_of_all_modules(torch):
    log, module = Log(), importlib.import_module(f"{torch.__name__}.nn.modules.module")
    kinds = ("forward_pre_hook", "forward_hook", "full_backward_hook", "full_backward_pre_hook")
    handles = [getattr(module, f"register_module_{kind}")(log.hook(kind)) for kind in kinds]
    torch.nn.Sequential(layer(torch), torch.nn.ReLU())(leaf(torch)).sum().backward()
    yield log, attempt(module.register_module_backward_hook, log.hook("mixed"))
    for handle in handles:
        handle.remove()
    seen = []
    kinds = ("parameter", "buffer", "module")
    handles = [
        getattr(module, f"register_module_{kind}_registration_hook")(lambda m, name, value: seen.append(name))
        for kind in kinds
    ]
    torch.nn.Sequential(torch.nn.BatchNorm1d(2))
    for handle in handles:
        handle.remove()
    torch.nn.BatchNorm1d(2)
    yield seen


def counted(module, args, result):
    """A hook that can be pickled."""
    module.calls = getattr(module, "calls", 0) + 1


@program
def copies_keep_their_hooks(torch):
    m = layer(torch)
    handle = m.register_forward_hook(counted, always_call=True)
    twins = copy.deepcopy(m), pickle.loads(pickle.dumps(m))
    handle.remove()
    handle.remove()
    for twin in (m, *twins):
        twin(torch.ones(1, 2))
        yield getattr(twin, "calls", 0), len(twin._forward_hooks), len(twin._forward_hooks_always_called)
    with m.register_forward_hook(counted):
        m(torch.ones(1, 2))
    m(torch.ones(1, 2))
    yield m.calls


@program
def hooks_of_states(torch):
    log, m = Log(), layer(torch)
    m.register_state_dict_pre_hook(log.hook("before"))
    m.register_state_dict_post_hook(lambda module, state, prefix, metadata: state.update(extra=1))
    yield list(m.state_dict(prefix="x.")), log
    m.register_load_state_dict_pre_hook(lambda module, state, *rest: state.pop("extra"))
    m.register_load_state_dict_post_hook(lambda module, keys: keys.missing_keys.clear())
    yield repr(m.load_state_dict({"extra": 1})), attempt(m._register_state_dict_hook, m._state_dict_hooks.popitem()[1])
    m.register_load_state_dict_post_hook(lambda module, keys: 3)
    yield attempt(m.load_state_dict, {"extra": 1})


@program
def gradients_of_activations_that_are_overwritten(torch):
    nn = torch.nn
    for number in range(6):
        torch.manual_seed(0)
        net = nn.Sequential(
            nn.Conv2d(1, 2, 3),
            nn.BatchNorm2d(2),
            nn.ReLU(inplace=True),
            nn.Conv2d(2, 2, 3),
            nn.ReLU(inplace=True),
            nn.Flatten(),
        )
        seen = {}

        def keep(module, args, output, seen=seen):
            output.retain_grad()
            output.register_hook(lambda grad: seen.update(before=grad))
            seen["output"] = output

        net[number].register_forward_hook(keep)
        net(torch.randn(2, 1, 6, 6)).square().sum().backward()
        yield number, seen["output"], seen["output"].grad, seen["before"]


def heat(torch, maps, slopes):
    weighted = (maps * slopes.mean(dim=(2, 3), keepdim=True)).sum(1, keepdim=True).relu()
    weighted = torch.nn.functional.interpolate(weighted, size=(12, 12), mode="bilinear", align_corners=False)
    low, high = weighted.min(), weighted.max()
    return ((weighted - low) / (high - low + 1e-8)).detach()


@program
def heat_maps_as_scripts_make_them(torch):
    nn = torch.nn
    torch.manual_seed(0)
    features = nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(inplace=True), nn.Conv2d(4, 6, 3), nn.ReLU(inplace=True)
    )
    head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 3))
    model = nn.Sequential(features, head).eval()
    image = torch.rand(1, 3, 12, 12)

    class Caught:
        def forward(self, module, args, output):
            self.maps = output

        def backward(self, module, grad_input, grad_output):
            self.slopes = grad_output[0]

    caught = Caught()
    handles = [features.register_forward_hook(caught.forward), features.register_full_backward_hook(caught.backward)]
    scores = model(image)
    model.zero_grad()
    scores[0, scores.argmax()].backward(retain_graph=True)
    yield heat(torch, caught.maps, caught.slopes)
    for handle in handles:
        handle.remove()

    gradients = []
    for layer in (features[0], features[1], features[3], features[4]):
        gradients.clear()
        handle = layer.register_forward_hook(
            lambda module, args, output: (setattr(caught, "maps", output), output.register_hook(gradients.append))[0]
        )
        one_hot = torch.zeros(1, 3)
        one_hot[0, 1] = 1
        model(image).backward(gradient=one_hot)
        handle.remove()
        yield heat(torch, caught.maps, gradients[0])

    maps = features(image)
    maps.retain_grad()
    head(maps)[0, 2].backward()
    yield heat(torch, maps, maps.grad)
    yield heat(torch, maps, torch.autograd.grad(head(maps)[0, 0], maps)[0])
    weights = head[2].weight
    yield torch.einsum("oc,bchw->bohw", weights, features(image)).detach()


@program
def views_that_functions_return(torch):
    def double(cls, name):
        return type(name, (torch.autograd.Function,), {"forward": staticmethod(cls), "backward": staticmethod(both)})

    def both(ctx, *grads):
        return grads[0] if len(grads) == 1 else torch.stack(grads)

    for name, forward in {
        "Seen": lambda ctx, x: x.view_as(x),
        "Same": lambda ctx, x: x,
        "Rows": lambda ctx, x: (x[0], x[1]),
    }.items():
        for x in (torch.ones(2, 2, requires_grad=True), torch.ones(2, 2, requires_grad=True) * 1):
            out = double(forward, name).apply(x)
            out = out if isinstance(out, torch.Tensor) else out[1]
            yield name, attempt(out.relu_), out._is_view()


@pytest.mark.parity
@pytest.mark.parametrize("function", list(PROGRAMS), ids=lambda f: f.__name__)
def test_programs(function):
    pytest.importorskip("torch")
    assert transcript(in_doubles(function), "flambeau") == transcript(in_doubles(function), "torch")
