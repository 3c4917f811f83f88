"""What scripts pass by mistake (arrays, lists, None, strings, tensors among numbers) is refused as by PyTorch."""

import numpy as np
import pytest

import flambeau as fl

torch = pytest.importorskip("torch")
from both import raised  # noqa: E402

pytestmark = [pytest.mark.parity, pytest.mark.filterwarnings("ignore")]

MISTAKES = {
    "an array": lambda t: np.ones((2, 3), "f"), "a list": lambda t: [[1.0, 2.0, 3.0]], "None": lambda t: None,
    "a number": lambda t: 1, "a string": lambda t: "a", "a tuple of tensors": lambda t: (t.ones(2, 3), t.ones(2, 3)),
}  # fmt: skip
MODULES = {
    "Linear": (3, 2), "Conv2d": (3, 2, 3), "Conv1d": (3, 2, 3), "BatchNorm2d": (3,), "LayerNorm": (3,), "ReLU": (),
    "Sigmoid": (), "Tanh": (), "GELU": (), "SiLU": (), "ELU": (), "Hardswish": (), "LeakyReLU": (), "PReLU": (),
    "Softplus": (), "MaxPool2d": (2,), "AvgPool2d": (2,), "Dropout": (), "Embedding": (3, 2),
    "ConvTranspose2d": (3, 2, 3),
}  # fmt: skip
LOSSES = ["CrossEntropyLoss", "MSELoss", "BCELoss", "BCEWithLogitsLoss", "NLLLoss", "L1Loss", "SmoothL1Loss"]
CALLS = {
    **{f"{m}(...)": lambda t, wrong, m=m: getattr(t.nn, m)(*MODULES[m])(wrong) for m in MODULES},
    **{f"{m}(x, ...)": lambda t, wrong, m=m: getattr(t.nn, m)()(t.ones(2, 3), wrong) for m in LOSSES},
    **{f"torch.{f}(...)": lambda t, wrong, f=f: getattr(t, f)(wrong) for f in ("relu", "exp", "numel", "is_complex")},
    **{
        f"torch.{f}(x, ...)": lambda t, wrong, f=f: getattr(t, f)(t.ones(2, 3), wrong)
        for f in ("matmul", "mm", "bmm", "dot", "outer", "add", "mul", "div", "eq", "pow", "maximum", "equal")
    },
    **{f"torch.{f}([x, ...])": lambda t, wrong, f=f: getattr(t, f)([t.ones(2, 3), wrong]) for f in ("cat", "stack")},
    **{
        f"x.{f}(...)": lambda t, wrong, f=f: getattr(t.ones(2, 3), f)(wrong)
        for f in ("matmul", "view_as", "reshape_as", "expand_as", "copy_", "backward", "add_", "type_as")
    },
    "x[0] = ...": lambda t, wrong: t.ones(2, 3).__setitem__(0, wrong),
    "x[mask] = ...": lambda t, wrong: t.ones(2, 3).__setitem__(t.ones(2, 3) > 0, wrong),
    "x + ...": lambda t, wrong: t.ones(2, 3) + wrong,
    "x ** ...": lambda t, wrong: t.ones(2, 3) ** wrong,
    "linear(x, ...)": lambda t, wrong: t.nn.functional.linear(t.ones(2, 3), wrong),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.parametrize("call", CALLS)
def test_what_is_no_tensor_is_refused(call, mistake):
    kinds = [outcome(lambda t=t: CALLS[call](t, MISTAKES[mistake](t)))[0] for t in (fl, torch)]
    # Functions that PyTorch writes in Python ask the argument for an attribute first.
    assert kinds[0] == kinds[1] or kinds == ["TypeError", "AttributeError"]


TEXTS = {
    "an array for a layer": lambda t: t.nn.Linear(3, 2)(np.ones((2, 3), "f")),
    "a list for an activation": lambda t: t.nn.ReLU()([1.0]),
    "nothing for a product": lambda t: t.matmul(t.ones(2), None),
    "a list for an operand": lambda t: t.add(t.ones(2), [1]),
    "an array in place of an element": lambda t: t.zeros(3).__setitem__(0, np.ones(1)),
    "a float of NumPy's in place of an element": lambda t: t.zeros(3).__setitem__(0, np.float32(1)),
    "an array for a gradient": lambda t: t.ones(2).backward(np.ones(2)),
    "the number of an accelerator": lambda t: t.device(0),
    "a negative number of one": lambda t: t.device(-1),
    "no name of a device": lambda t: t.device(""),
}


@pytest.mark.parametrize("what", TEXTS)
def test_texts_are_the_same(what):
    ours, theirs = (outcome(lambda t=t: TEXTS[what](t)) for t in (fl, torch))
    assert ours == theirs


VALUES = {
    "tensors": lambda t: [t.tensor(1.0), t.tensor(2.0)], "tensors of one element": lambda t: [t.ones(1, 1)],
    "tensors of several": lambda t: [t.ones(2), t.ones(2)], "doubles": lambda t: [t.tensor(1.0, dtype=t.float64)],
    "a half and a number": lambda t: [t.tensor(1.0, dtype=t.float16), 2], "small integers": lambda t: [np.int32(1)],
    "floats of NumPy's": lambda t: [np.float32(1), 2], "arrays": lambda t: [np.ones(2, "f"), np.ones(2)],
    "an array and a list": lambda t: [np.ones(2), [1]], "a bool of NumPy's": lambda t: [np.bool_(True), 2],
    "a number without dimensions": lambda t: [np.array(1.5)], "objects": lambda t: np.array([None]),
    "too large": lambda t: [1 << 63], "much too large": lambda t: 1 << 70, "too small": lambda t: [-(1 << 63) - 1],
    "too large beside a fraction": lambda t: [1 << 63, 1.0], "above a byte": lambda t: [300],
    "negative": lambda t: [-1],
    "a negative fraction": lambda t: [1.7, -1.7], "infinite": lambda t: [float("inf")], "bools": lambda t: [True, 2.5],
    "strings": lambda t: ["a"], "a string among numbers": lambda t: [1, "a"], "nothing among them": lambda t: [1, None],
    "a list among numbers": lambda t: [1, [2]], "a number among lists": lambda t: [[1], 2],
    "ragged": lambda t: [[1, 2], [3]], "an empty row first": lambda t: [[], [1]], "an empty row": lambda t: [[1], []],
    "empty": lambda t: [[]], "complex": lambda t: [1j, 2], "a dictionary": lambda t: [{1: 2}],
    "ranges": lambda t: [range(2)],
    "an object": lambda t: [object()], "a device": lambda t: [t.device("cpu")], "a dtype": lambda t: t.float32,
}  # fmt: skip


@pytest.mark.parametrize("kind", [None, "float32", "int64", "uint8", "bool", "complex64", "float16"])
@pytest.mark.parametrize("values", VALUES)
def test_values_make_the_same_tensor_or_error(values, kind):
    def made(t):
        x = t.tensor(VALUES[values](t), dtype=kind and getattr(t, kind))
        return str(x.dtype), tuple(x.shape), x.tolist()

    ours, theirs = (outcome(lambda t=t: made(t)) for t in (fl, torch))
    assert ours == theirs


def outcome(call):
    try:
        return "fine", call()
    except Exception as error:
        return raised(error)
