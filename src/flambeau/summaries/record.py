"""Watches one forward pass: which modules were called, what came out, which parameters and how much work each has.

Nothing of the network changes: buffers (running statistics) are put back, and the mode is left as it is. The values
that the pass would compute are never asked for, so that it costs little more than its Python.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import flambeau as torch
from flambeau import nn


@dataclass
class Row:
    """One call of a module.

    name: its path in the network.  kind: the name of its class.  depth: how many modules it is inside of.
    output: the shape of each tensor of the result, nested as the result is.  nbytes: of all of them.
    parameters, trainable: those that no earlier row counted.  multiplications: multiply-adds of the layer's products.
    """

    name: str
    kind: str
    depth: int
    output: Any
    nbytes: int
    parameters: int
    trainable: int
    multiplications: int


@dataclass
class Recording:
    """The calls of a forward pass in the order in which they ended, and the parameters that no call accounts for."""

    rows: list[Row] = field(default_factory=list)
    own_parameters: int = 0
    own_trainable: int = 0
    error: Exception | None = None


def record(model: nn.Module, run: Callable[[], Any], listed: Callable[[nn.Module], bool]) -> Recording:
    """Runs a model once and tells what happened; an error of the model's is kept beside what came before it.

    Args:
        model: the network.
        run: calls it.
        listed: which modules get a row.
    """
    recorder = _Recorder(model, listed)
    buffers = [(b, b.clone()) for b in model.buffers() if not isinstance(b, nn.UninitializedBuffer)]
    try:
        with torch.no_grad():
            run()
    except Exception as error:
        recorder.recording.error = error
    finally:
        recorder.remove()
        with torch.no_grad():
            for buffer, before in buffers:
                buffer.copy_(before)
    recorder.count_the_rest()
    return recorder.recording


class _Recorder:
    """The hooks of one recording."""

    def __init__(self, model: nn.Module, listed: Callable[[nn.Module], bool]):
        self.model = model
        self.recording = Recording()
        self.counted: set[int] = set()  # parameters, by identity
        self.names = {module: name for name, module in model.named_modules()}
        self.row_of: dict[nn.Module, Row] = {}
        watched = [m for m in self.names if listed(m)]
        self.handles = [m.register_forward_hook(self._on_call, with_kwargs=True) for m in watched]

    def remove(self):
        """Takes the hooks off."""
        for handle in self.handles:
            handle.remove()

    def _on_call(self, module, args, kwargs, output):
        name = self.names[module]
        parameters, trainable = self._count(module)
        tensors = list(tensors_of(output))
        row = Row(
            name=name, kind=type(module).__name__, depth=name.count(".") + 1 if name else 0, output=shapes_of(output),
            nbytes=sum(t.numel() * t.element_size() for t in tensors), parameters=parameters, trainable=trainable,
            multiplications=multiplications(module, list(tensors_of((args, kwargs))), tensors),
        )  # fmt: skip
        self.recording.rows.append(row)
        self.row_of.setdefault(module, row)

    def _count(self, module: nn.Module) -> tuple[int, int]:
        """How many numbers a module's own parameters hold, and how many of these are trained; each counts once."""
        fresh = [p for p in module.parameters(recurse=False) if id(p) not in self.counted]
        self.counted.update(id(p) for p in fresh)
        return sum(p.numel() for p in fresh), sum(p.numel() for p in fresh if p.requires_grad)

    def count_the_rest(self):
        """Parameters of modules without a row go to the nearest module around them that has one, else to the whole."""
        around = {self.names[m]: row for m, row in self.row_of.items()}
        for module, name in self.names.items():
            parameters, trainable = self._count(module)
            while name and name not in around:
                name = name.rpartition(".")[0]
            if name in around:
                around[name].parameters += parameters
                around[name].trainable += trainable
            else:
                self.recording.own_parameters += parameters
                self.recording.own_trainable += trainable


def tensors_of(value):
    """The tensors in a module's result or arguments, whatever containers they are in."""
    if isinstance(value, torch.Tensor):
        yield value
    else:
        for part in _parts(value):
            yield from tensors_of(part)


def shapes_of(value):
    """A tensor as its shape; containers as lists of what they hold."""
    return (
        list(value.shape) if isinstance(value, torch.Tensor) else [shapes_of(v) for v in _parts(value) if v is not None]
    )


def with_batch(shape: list, size: int) -> list:
    """A shape with another first dimension; in nested shapes, which stand for several tensors, it is -1."""
    if shape and isinstance(shape[0], int):
        return [size, *shape[1:]]
    return [with_batch(part, -1) for part in shape]


def _parts(value):
    if isinstance(value, nn.utils.rnn.PackedSequence):
        return (value.data,)
    if isinstance(value, dict):
        return list(value.values())
    if isinstance(value, (list, tuple)):
        return value
    return list(vars(value).values()) if hasattr(value, "__dataclass_fields__") else ()


_CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
_TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)


def multiplications(module: nn.Module, given: list, made: list) -> int:
    """Multiply-adds of a call, of layers that are products: linear, convolutions, recurrent ones; else 0."""
    if not given or not made:
        return 0
    if isinstance(module, nn.Linear):
        return made[0].numel() * module.in_features
    if isinstance(module, _CONVOLUTIONS):
        return made[0].numel() * module.weight.numel() // module.out_channels
    if isinstance(module, _TRANSPOSED):
        return given[0].numel() * module.weight.numel() // module.in_channels
    if isinstance(module, nn.RNNBase):
        steps = given[0].numel() // given[0].shape[-1]
        return steps * sum(p.numel() for p in module.parameters() if p.ndim == 2)
    return 0
