"""Runs one program under Flambeau and under PyTorch, and compares what a script can see.

A program is a generator function that takes the module (`torch`) and yields observations. An exception that it raises
is its last observation; `attempt` makes one of an exception in the middle.
"""

from __future__ import annotations

import importlib
import re
import warnings
from collections.abc import Callable, Sequence
from itertools import zip_longest

import numpy as np
import pytest

PROGRAMS: list = []
# Warnings given once in a process, so that it depends on the tests before whether they come.
ONCE = (
    "Using backward() with create_graph=True",
    "Converting a tensor with requires_grad=True",
    "Tensor.T is deprecated",
    "Sparse invariant checks are implicitly disabled",
    "The use of `x.T` on tensors",
    "torch.set_default_tensor_type() is deprecated",
    "TypedStorage is deprecated",
    "`torch.jit.script_method` is deprecated",
    "`torch.jit.script` is deprecated",  # PyTorch's own modules script functions when they are imported
    "Attempted to insert a get_attr Node",
    "Sparse CSR tensor support is in beta state",
)


def program(function):
    """Registers a program to be compared."""
    PROGRAMS.append(function)
    return function


def attempt(function, *args, **kwargs):
    """What a call returns, or the type and text of what it raises."""
    try:
        return function(*args, **kwargs)
    except Exception as error:
        return raised(error)


def raised(error: Exception):
    """The type and the text of an exception; addresses are of no matter."""
    return type(error).__name__, re.sub(r"0x[0-9a-f]+", "0x", str(error))


def visible(value, torch):
    """A value in a form that compares: a tensor as its dtype, flags, shape and elements."""
    if isinstance(value, torch.Tensor):
        flags = (value.requires_grad, value.is_leaf, type(value.grad_fn).__name__, type(value).__name__)
        elements = [float(f"{x:.5g}") for x in value.detach().numpy().astype(np.float64).ravel()]
        return str(value.dtype), flags, tuple(value.shape), elements
    if isinstance(value, (tuple, list)):
        return [visible(v, torch) for v in value]
    if isinstance(value, dict):
        return {k: visible(v, torch) for k, v in value.items()}
    return value if isinstance(value, (bool, int, float, str, bytes, type(None))) else type(value).__name__


def transcript(function, module: str) -> list:
    """What a program yields under a module, warnings included."""
    torch, seen = importlib.import_module(module), []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            for value in function(torch):
                seen.append(visible(value, torch))
        except Exception as error:
            seen.append(raised(error))
    torch.set_grad_enabled(True)
    told = [(w.category.__name__, str(w.message).partition(" (Triggered")[0]) for w in caught]
    return seen + [w for w in told if not w[1].startswith(ONCE)]


WARNED, ADVICE = ("('DeprecationWarning", "('UserWarning"), ("is deprecated", "will be deprecated", "are deprecated")


def without_advice(seen: list) -> list:
    """A transcript without PyTorch's warnings of what it will take away."""
    return [x for x in seen if not (str(x).startswith(WARNED) and any(words in str(x) for words in ADVICE))]


def same_as_pytorch(programs: Sequence, shown: Callable = lambda x: x):
    """The test that each program yields the same, as `shown` shows it, whatever PyTorch advises."""

    @pytest.mark.parity
    @pytest.mark.filterwarnings("ignore")
    @pytest.mark.parametrize("run", list(programs), ids=lambda run: run.__name__)
    def test(run):
        pytest.importorskip("torch")
        ours, theirs = (map(shown, without_advice(transcript(run, module))) for module in ("flambeau", "torch"))
        different = [pair for pair in zip_longest(ours, theirs) if pair[0] != pair[1]]
        assert not different, different[0]

    return test


def in_doubles(function):
    """The program in float64, so that results agree in all digits that are compared."""

    def run(torch):
        torch.set_default_dtype(torch.float64)
        try:
            yield from function(torch)
        finally:
            torch.set_default_dtype(torch.float32)

    return run
