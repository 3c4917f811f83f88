"""torch.jit and torch.compile are identities that save and load."""

import io

import pytest

import flambeau as fl
from flambeau import nn


def scripted(module):
    with pytest.warns(DeprecationWarning, match="torch.jit.script"):
        return fl.jit.script(module)


def test_a_scripted_module_shares_its_weights_and_survives_a_file(tmp_path):
    net = nn.Sequential(nn.Linear(2, 3), nn.Tanh())
    module, x = scripted(net), fl.ones(4, 2)
    module(x).sum().backward()
    assert net[0].weight.grad is module[0].weight.grad is not None
    module.save(tmp_path / "net.pt")
    again = fl.jit.load(tmp_path / "net.pt")
    assert fl.equal(again(x), net(x)) and list(again.state_dict()) == list(net.state_dict())
    with pytest.raises(ValueError, match="does not exist"):
        fl.jit.load(tmp_path / "other.pt")


def test_functions_stay_functions():
    @fl.compile
    def plain(x):
        return x * 2

    with pytest.warns(DeprecationWarning):
        traced = fl.jit.trace(plain, fl.ones(2))
    assert fl.equal(traced(fl.ones(3)), fl.full((3,), 2.0))
    net = nn.Linear(1, 1)
    assert fl.compile(net) is net and fl.compile(mode="reduce-overhead")(net) is net
    file = io.BytesIO()
    fl.jit.save(net, file)
    file.seek(0)
    assert fl.equal(fl.jit.load(file).weight, net.weight)
