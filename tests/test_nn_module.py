"""Module: registration, lookup, state dicts, conversion, hooks, copies and notes on errors."""

import copy
import gc
import pickle
import weakref
from collections import OrderedDict

import numpy as np
import pytest

import flambeau as torch
from flambeau import nn
from flambeau.nn import hooks


def model() -> nn.Sequential:
    return nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)))


KEYS = ["0.weight", "0.bias", "2.0.weight", "2.0.bias", "2.1.weight", "2.1.bias"]
STATISTICS = ["2.1.running_mean", "2.1.running_var", "2.1.num_batches_tracked"]


# ------------------------------------------------------------------ registration
def test_names_in_the_order_of_registration():
    m = model()
    assert [name for name, _ in m.named_parameters()] == KEYS
    assert [name for name, _ in m.named_buffers()] == STATISTICS
    assert list(m.state_dict()) == KEYS + STATISTICS
    assert [name for name, _ in m.named_modules()] == ["", "0", "1", "2", "2.0", "2.1"]
    assert m.state_dict()._metadata["2.1"] == {"version": 2}


def test_shared_modules_are_named_once():
    m = model()
    m.add_module("again", m[0])
    assert "again" not in dict(m.named_modules())
    assert "again" in dict(m.named_modules(remove_duplicate=False))
    assert len(list(m.parameters())) == 6


@pytest.mark.parametrize(
    "action, error, text",
    [
        (lambda m: m.register_buffer("a", 3), TypeError, "cannot assign 'int' object to buffer 'a'"),
        (lambda m: m.register_parameter("a.b", None), KeyError, 'parameter name can\'t contain "."'),
        (lambda m: m.register_parameter("", None), KeyError, "can't be empty string"),
        (lambda m: m.register_buffer("training", None), KeyError, "attribute 'training' already exists"),
        (lambda m: m.add_module("forward", None), KeyError, "attribute 'forward' already exists"),
        (lambda m: m.add_module("a", 3), TypeError, "int is not a Module subclass"),
        (lambda m: setattr(m, "weight", 3), TypeError, "cannot assign 'int' as parameter 'weight'"),
        (lambda m: m.nothing, AttributeError, "'Linear' object has no attribute 'nothing'"),
        (lambda m: m.get_submodule("a.b"), AttributeError, "Linear has no attribute `a`"),
        (lambda m: m.get_parameter("forward"), AttributeError, "`forward` is not an nn.Parameter"),
        (lambda m: m.train(1), ValueError, "training mode is expected to be boolean"),
        (lambda m: m.to(torch.int32), TypeError, "only accepts floating point or complex dtypes"),
    ],
)
def test_registration_errors(action, error, text):
    with pytest.raises(error) as raised:
        action(nn.Linear(2, 2))
    assert text in raised.value.args[0]


def test_assignment_before_init_is_refused():
    class Early(nn.Module):
        def __init__(self):
            self.weight = nn.Parameter(torch.ones(1))

    with pytest.raises(AttributeError, match="cannot assign parameters before Module"):
        Early()


def test_members_are_ordinary_attributes():
    m = nn.Linear(2, 2)
    assert m.__dict__["weight"] is m._parameters["weight"]
    replaced = nn.Parameter(torch.zeros(2, 2))
    m._parameters["weight"] = replaced
    assert m.weight is replaced
    del m._parameters["weight"]
    assert not hasattr(m, "weight")


def test_a_name_changes_its_kind():
    m = nn.Module()
    m.x = 3
    m.x = nn.Linear(1, 1)
    m.x = nn.Parameter(torch.ones(1))
    assert "x" in m._parameters and "x" not in m._modules and isinstance(m.x, nn.Parameter)
    m.x = None
    assert m._parameters["x"] is None and m.x is None
    del m.x
    assert not hasattr(m, "x")


def test_modules_are_freed_by_reference_count():
    gc.disable()
    try:
        m = model()
        gone = weakref.ref(m)
        del m
        assert gone() is None
    finally:
        gc.enable()


def test_non_persistent_buffers_stay_out_of_the_state():
    m = nn.Module()
    m.register_buffer("a", torch.ones(1), persistent=False)
    m.b = nn.Buffer(torch.ones(1))
    assert list(m.state_dict()) == ["b"] and [name for name, _ in m.named_buffers()] == ["a", "b"]


# ------------------------------------------------------------------ state
def test_state_round_trip_and_what_does_not_fit():
    source, target = model(), model()
    assert str(target.load_state_dict(source.state_dict())) == "<All keys matched successfully>"
    for a, b in zip(source.parameters(), target.parameters()):
        assert np.array_equal(a.detach().numpy(), b.detach().numpy()) and a is not b
    state = source.state_dict()
    del state["0.bias"]
    state["extra"], state["0.weight"] = torch.ones(1), torch.ones(3)
    with pytest.raises(RuntimeError) as raised:
        target.load_state_dict(state)
    assert str(raised.value) == (
        'Error(s) in loading state_dict for Sequential:\n\tMissing key(s) in state_dict: "0.bias". \n\tUnexpected '
        'key(s) in state_dict: "extra". \n\tsize mismatch for 0.weight: copying a param with shape torch.Size([3]) '
        "from checkpoint, the shape in current model is torch.Size([3, 2])."
    )
    del state["0.weight"]
    assert target.load_state_dict(state, strict=False).missing_keys == ["0.weight", "0.bias"]


def test_assign_takes_the_tensors_themselves():
    m = model()
    state = {name: value.double() for name, value in m.state_dict().items()}
    m.load_state_dict(state, assign=True)
    assert m[0].weight.dtype is torch.float64 and isinstance(m[0].weight, nn.Parameter)
    assert m[2][1].running_mean is state["2.1.running_mean"]


def test_extra_state_and_hooks_of_the_state():
    class Counter(nn.Module):
        def __init__(self):
            super().__init__()
            self.count = 0

        def get_extra_state(self):
            return self.count

        def set_extra_state(self, state):
            self.count = state

    a, b, seen = Counter(), Counter(), []
    a.count = 7
    a.register_state_dict_pre_hook(lambda module, prefix, keep_vars: seen.append("save"))
    b.register_load_state_dict_post_hook(lambda module, keys: seen.append("load"))
    b.load_state_dict(a.state_dict())
    assert b.count == 7 and seen == ["save", "load"]


def test_a_batch_norm_of_version_one_has_no_count():
    m = nn.BatchNorm1d(2)
    state = OrderedDict(m.state_dict())
    del state["num_batches_tracked"]
    m.load_state_dict(state)


# ------------------------------------------------------------------ conversion
def test_casting_keeps_the_parameter_objects():
    m = model()
    weight = m[0].weight
    m(torch.ones(4, 2)).sum().backward()
    m.double()
    assert m[0].weight is weight and weight.dtype is torch.float64 and weight.grad.dtype is torch.float64
    assert m[2][1].running_mean.dtype is torch.float64 and m[2][1].num_batches_tracked.dtype is torch.int64
    assert m.to(torch.ones(1))[0].weight.dtype is torch.float32
    assert m.to("cpu", torch.float16)[0].weight.dtype is torch.float16


def test_zero_grad_and_requires_grad():
    m = model()
    m(torch.ones(4, 2)).sum().backward()
    m.zero_grad(set_to_none=False)
    assert all(float(p.grad.abs().sum()) == 0 for p in m.parameters())
    m.zero_grad()
    assert all(p.grad is None for p in m.parameters())
    assert not any(p.requires_grad for p in m.requires_grad_(False).parameters())


def test_copies_are_independent():
    m = model()
    m[0].register_forward_hook(_double)
    for other in (copy.deepcopy(m), pickle.loads(pickle.dumps(m))):
        assert repr(other) == repr(m) and other[0].weight is not m[0].weight
        assert other[0].weight is other[0]._parameters["weight"]
        assert np.array_equal(other[0].weight.detach().numpy(), m[0].weight.detach().numpy())
        x = torch.ones(1, 2)
        assert np.array_equal(other[0](x).detach().numpy(), m[0](x).detach().numpy())
    shallow = copy.copy(m)
    shallow.extra = nn.ReLU()
    assert shallow[0] is m[0] and not hasattr(m, "extra")


def _double(module, args, result):
    return result * 2


def test_parameter():
    p = nn.Parameter(torch.arange(3.0))
    assert repr(p) == "Parameter containing:\ntensor([0., 1., 2.], requires_grad=True)"
    assert isinstance(copy.deepcopy(p), nn.Parameter) and not isinstance(p * 2, nn.Parameter)
    with pytest.raises(RuntimeError, match="Only Tensors of floating point and complex dtype can require gradients"):
        nn.Parameter(torch.arange(3))


# ------------------------------------------------------------------ hooks
def test_forward_hooks_in_their_order():
    m, seen = nn.Identity(), []
    m.register_forward_pre_hook(lambda module, args: args[0] + 1)
    m.register_forward_pre_hook(lambda module, args, kwargs: ((args[0] * 10,), kwargs), with_kwargs=True, prepend=True)
    handle = m.register_forward_hook(lambda module, args, result: seen.append(result) or result * 2)
    assert m(1) == 22 and seen == [11]
    handle.remove()
    assert m(1) == 11 and seen == [11]


def test_hooks_that_are_always_called():
    class Broken(nn.Module):
        def forward(self):
            raise KeyError("broken")

    m, seen = Broken(), []
    m.register_forward_hook(lambda *args: seen.append("never"))
    m.register_forward_hook(lambda *args: seen.append("always"), always_call=True)
    with pytest.raises(KeyError):
        m()
    assert seen == ["always"]


def test_full_backward_hooks():
    m, seen = nn.Tanh(), []
    m.register_full_backward_pre_hook(lambda module, grad_output: (grad_output[0] * 3,))
    m.register_full_backward_hook(
        lambda module, grad_input, grad_output: seen.append(grad_output[0]) or (grad_input[0] * 2,)
    )
    x = torch.zeros(2, requires_grad=True)
    m(x).sum().backward()
    assert seen[0].tolist() == [3.0, 3.0] and x.grad.tolist() == [6.0, 6.0]
    with pytest.raises(RuntimeError, match="Cannot use both regular backward hooks and full backward hooks"):
        m.register_backward_hook(lambda *args: None)


@pytest.mark.parametrize("number", range(5))
def test_full_backward_hooks_survive_activations_in_place(number):
    seen = []
    for inplace in (False, True):
        torch.manual_seed(0)
        net = nn.Sequential(
            nn.Conv2d(1, 2, 3),
            nn.ReLU(inplace),
            nn.BatchNorm2d(2),
            nn.Conv2d(2, 2, 3),
            nn.ReLU(inplace),
        )
        net[number].register_full_backward_hook(lambda module, grads, outs: seen.append((*grads, *outs)))
        x = torch.randn(2, 1, 6, 6, requires_grad=True)
        net(x * 1).square().sum().backward()
        seen.append([x.grad, *(p.grad for p in net.parameters())])
    for plain, written in zip(seen[0] + tuple(seen[1]), seen[2] + tuple(seen[3])):
        assert torch.equal(plain, written)


def test_backward_hooks_where_no_input_requires_a_gradient():
    m, seen = nn.Linear(2, 1), []
    m.register_full_backward_hook(lambda module, grad_input, grad_output: seen.append(grad_input))
    with pytest.warns(UserWarning, match="no inputs require gradients"):
        m(torch.ones(1, 2)).sum().backward()
    assert seen == [(None,)] and m.weight.grad is not None


def test_global_hooks():
    seen = []
    with hooks.register_module_forward_hook(lambda module, args, result: seen.append(type(module).__name__)):
        model()(torch.ones(4, 2))
    model()(torch.ones(4, 2))
    assert seen == ["Linear", "ReLU", "Linear", "BatchNorm1d", "Sequential", "Sequential"]


# ------------------------------------------------------------------ notes
def test_errors_name_the_module():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.features = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Conv2d(3, 2, 3))

        def forward(self, x):
            return self.features(x)

    with pytest.raises(RuntimeError) as raised:
        Net()(torch.ones(1, 1, 8, 8))
    notes = [note for note in raised.value.__notes__ if note.startswith("in Net")]
    assert notes == [
        "in Net.features.1 (Conv2d(3, 2, kernel_size=(3, 3), stride=(1, 1))): called with (shape (1, 2, 6, 6))"
    ]


def test_a_module_without_forward():
    with pytest.raises(NotImplementedError, match=r'Module \[Module\] is missing the required "forward" function'):
        nn.Module()(1)
