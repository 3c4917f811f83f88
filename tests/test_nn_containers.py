"""Containers: numbering, slicing, printing and their errors."""

from collections import OrderedDict

import pytest

import flambeau as torch
from flambeau import nn


def names(m: nn.Module) -> list[str]:
    return [f"{name} {type(child).__name__}" for name, child in m._modules.items()]


def sequence() -> nn.Sequential:
    return nn.Sequential(nn.Linear(1, 1), nn.ReLU(), nn.Tanh())


def test_sequential_edits():
    m = sequence()
    del m[0]
    assert names(m) == ["0 ReLU", "1 Tanh"] and getattr(m, "0") is m[0] and not hasattr(m, "2")
    m.insert(1, nn.Sigmoid()).append(nn.Identity())
    assert names(m) == ["0 ReLU", "1 Sigmoid", "2 Tanh", "3 Identity"]
    assert isinstance(m.pop(-1), nn.Identity) and len(m) == 3
    m[0] = nn.ELU()
    assert isinstance(m[-3], nn.ELU) and names(m[1:]) == ["1 Sigmoid", "2 Tanh"]


def test_sequential_arithmetic():
    m = nn.Sequential(nn.ReLU())
    assert len(m + m) == 2 and len(m * 3) == 3 and len(2 * m) == 2
    m *= 2
    m += nn.Sequential(nn.Tanh())
    assert names(m) == ["0 ReLU", "1 ReLU", "2 Tanh"]
    with pytest.raises(ValueError, match="Non-positive multiplication factor 0"):
        m * 0


def test_sequential_names():
    m = nn.Sequential(OrderedDict(first=nn.Linear(1, 2), last=nn.ReLU()))
    assert repr(m) == ("Sequential(\n  (first): Linear(in_features=1, out_features=2, bias=True)\n  (last): ReLU()\n)")
    assert m[0] is m.first
    with pytest.raises(IndexError, match="index 2 is out of range"):
        m[2]


def test_module_list():
    m = nn.ModuleList([nn.ReLU(), nn.ReLU(), nn.Tanh()])
    assert repr(m) == "ModuleList(\n  (0-1): 2 x ReLU()\n  (2): Tanh()\n)"
    m.extend([nn.Sigmoid()])
    m.insert(0, nn.ELU())
    del m[1:3]
    assert names(m) == ["0 ELU", "1 Tanh", "2 Sigmoid"] and len(m + [nn.ReLU()]) == 4
    with pytest.raises(TypeError, match=r"ModuleList\.extend should be called with an iterable, but got int"):
        m.extend(3)


def test_module_dict():
    m = nn.ModuleDict({"b": nn.ReLU(), "a": nn.Tanh()})
    m.update([("c", nn.ELU()), ("b", nn.Sigmoid())])
    assert names(m) == ["b Sigmoid", "a Tanh", "c ELU"] and "a" in m and len(m) == 3
    assert isinstance(m.pop("a"), nn.Tanh) and list(m.keys()) == ["b", "c"]
    with pytest.raises(KeyError, match="attribute 'keys' already exists"):
        m["keys"] = nn.ReLU()
    m.clear()
    assert len(m) == 0 and not hasattr(m, "b")


def test_parameter_list():
    m = nn.ParameterList([torch.ones(2, 3), "text"])
    m.append(torch.zeros(1))
    assert [isinstance(value, nn.Parameter) for value in m] == [True, False, True]
    assert repr(m).split("\n")[1:3] == [
        "    (0): Parameter containing: [torch.float32 of size 2x3]",
        "    (1): Object of type: str",
    ]
    assert list(m.state_dict()) == ["0", "2"] and len(m[1:]) == 2
    with pytest.raises(RuntimeError, match="ParameterList should not be called"):
        m(1)


def test_parameter_dict():
    m = nn.ParameterDict({"b": torch.ones(1), "a": torch.ones(2)})
    assert list(m) == ["a", "b"] and list(m.state_dict()) == ["a", "b"]
    merged = m | nn.ParameterDict({"c": torch.ones(3)})
    assert list(merged) == ["a", "b", "c"] and merged["a"] is m["a"]
    assert m.popitem()[0] == "b" and m.get("b", 5) == 5 and m.setdefault("d", torch.ones(1)).requires_grad
    with pytest.raises(TypeError, match="is not a string"):
        m[3]
