"""What holds for every optimizer and every module that there is, found by looking."""

import copy
import inspect
import io
import pickle

import pytest

import flambeau as fl
from flambeau import nn, optim

OPTIMIZERS = {
    name: cls
    for name in optim.__all__
    if inspect.isclass(cls := getattr(optim, name)) and issubclass(cls, optim.Optimizer) and cls is not optim.Optimizer
}
MODULES = {
    name: cls
    for name in sorted(dir(nn))
    if inspect.isclass(cls := getattr(nn, name)) and issubclass(cls, nn.Module) and not name.startswith("_")
}
# Arguments that a module cannot do without, by the names of its parameters.
SIZES = {
    "in_channels": 4, "out_channels": 4, "kernel_size": 3, "in_features": 4, "out_features": 4, "in1_features": 4,
    "in2_features": 4, "num_features": 4, "num_channels": 4, "num_groups": 2, "normalized_shape": 4, "output_size": 2,
    "num_embeddings": 5, "embedding_dim": 3, "dim": 1, "unflattened_size": (2, 2), "threshold": 0.5, "value": 0.0,
    "padding": 1, "groups": 2, "upscale_factor": 2, "downscale_factor": 2, "size": 2, "input_size": 4,
    "hidden_size": 4, "embed_dim": 4, "num_heads": 2, "d_model": 4, "nhead": 2, "n_classes": 4, "cutoffs": [2],
    "norm_type": 2.0,
}  # fmt: skip


def made(cls):
    """A module with the arguments that it needs; skips where those are not known."""
    required = [
        p.name
        for p in inspect.signature(cls).parameters.values()
        if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    if "RNNBase" in [base.__name__ for base in cls.__mro__[1:]]:
        return cls(SIZES["input_size"], SIZES["hidden_size"])
    unknown = [name for name in required if name not in SIZES]
    if unknown:
        pytest.skip(f"no value for {unknown}")
    either = {"output_size": SIZES["output_size"]} if cls.__name__.startswith("FractionalMaxPool") else {}
    return cls(*[SIZES[name] for name in required], **either)


def parameter(name):
    """A parameter of the kind that an optimizer takes."""
    return nn.Parameter(fl.tensor([[1.0, -2.0, 3.0]] if name == "Muon" else [1.0, -2.0, 3.0]))


def gradient(name, value):
    """A gradient of the kind that an optimizer takes."""
    return value.to_sparse() if name == "SparseAdam" else value


@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
def test_optimizers_descend(name):
    fl.manual_seed(0)
    p = parameter(name)
    optimizer = OPTIMIZERS[name]([p], lr=0.05)

    def loss():
        optimizer.zero_grad()
        value = ((p - 0.5) ** 2).sum()
        value.backward()
        p.grad = gradient(name, p.grad)
        return value

    first = loss().item()
    for _ in range(10):
        optimizer.step(loss)
    assert loss().item() < first
    assert repr(optimizer).startswith(f"{name} (\nParameter Group 0\n")


@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
def test_optimizer_states_round_trip(name):
    p = parameter(name)
    optimizer = OPTIMIZERS[name]([p])

    def loss():
        p.grad = gradient(name, 2 * p.detach())
        return p.detach().pow(2).sum()

    optimizer.step(loss)
    buffer = io.BytesIO()
    fl.save(optimizer.state_dict(), buffer)
    buffer.seek(0)
    twin = OPTIMIZERS[name]([nn.Parameter(fl.zeros_like(p))])
    twin.load_state_dict(fl.load(buffer))
    saved, loaded = optimizer.state_dict(), twin.state_dict()
    assert saved["param_groups"] == loaded["param_groups"]
    assert repr(saved["state"]) == repr(loaded["state"])


def readable(module):
    """A module's state as lists; what has no shape yet by its text."""
    state = module.state_dict()
    return {key: repr(t) if nn.parameter.is_lazy(t) else t.tolist() for key, t in state.items()}


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize("name", sorted(MODULES))
def test_modules_print_copy_and_save(name):
    fl.manual_seed(0)
    module = made(MODULES[name])
    assert repr(module).startswith(f"{name}(")
    state = readable(module)
    for twin in (copy.deepcopy(module), pickle.loads(pickle.dumps(module)), made(MODULES[name])):
        twin.load_state_dict(module.state_dict())
        assert readable(twin) == state
        assert repr(twin) == repr(module)
    assert module.eval().training is False and module.train().training is True
