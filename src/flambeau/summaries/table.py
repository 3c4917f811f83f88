"""flambeau.summary: every layer with its path, the shape of its result, its parameters and its multiply-adds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import flambeau as torch
from flambeau import nn

from .record import Recording, Row, record, tensors_of, with_batch

_SAMPLES = 2  # batch normalisation needs more than one
_WIDTHS = (34, 26, 14, 18)
_HEADERS = ("Layer (type)", "Output shape", "Parameters", "Multiply-adds")
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


class Summary:
    """What a forward pass showed of a network; prints as a table.

    Attributes:
        rows: the calls of layers, in order.
        total_parameters, trainable_parameters: each parameter counts once, however often its layer is used.
        multiply_adds: of the products in linear, convolution and recurrent layers, for the inputs that were given (for
            one sample where only their shapes were).
        input_bytes, output_bytes, parameter_bytes: what they take in memory.
    """

    def __init__(self, model: nn.Module, recording: Recording, inputs: Sequence, samples: int):
        self.rows: list[Row] = recording.rows
        self.total_parameters = sum(row.parameters for row in self.rows) + recording.own_parameters
        self.trainable_parameters = sum(row.trainable for row in self.rows) + recording.own_trainable
        self.multiply_adds = sum(row.multiplications for row in self.rows) // samples
        self.input_bytes = sum(t.numel() * t.element_size() for t in inputs) // samples
        self.output_bytes = sum(row.nbytes for row in self.rows) // samples
        self.parameter_bytes = sum(p.numel() * p.element_size() for p in model.parameters())
        self._samples = samples

    def __repr__(self):
        return f"Summary({len(self.rows)} layers, {self.total_parameters:,} parameters)"

    def __str__(self):
        return "\n".join([*self._table(), *self._totals()])

    def _table(self) -> list[str]:
        rows = [
            (
                f"{row.name} ({row.kind})" if row.name else row.kind,
                str(with_batch(row.output, -1) if self._samples > 1 else row.output),
                f"{row.parameters:,}",
                f"{row.multiplications // self._samples:,}",
            )
            for row in self.rows
        ]
        # A column grows with what it holds, so that long paths never run into the next.
        widths = [max(width, *(len(r[i]) for r in rows)) if rows else width for i, width in enumerate(_WIDTHS)]
        rule = "=" * (sum(widths) + 3)
        return [rule, _line(_HEADERS, widths), rule, *[_line(row, widths) for row in rows], rule]

    def _totals(self) -> list[str]:
        frozen = self.total_parameters - self.trainable_parameters
        per = " a sample" if self._samples > 1 else ""
        return [
            f"Parameters: {self.total_parameters:,} ({self.trainable_parameters:,} trained, {frozen:,} frozen)",
            f"Multiply-adds{per}: {self.multiply_adds:,}",
            f"Memory: parameters {_size(self.parameter_bytes)}, input{per} {_size(self.input_bytes)}, "
            f"results{per} {_size(self.output_bytes)}",
        ]


def summary(
    model: nn.Module, input_size=None, *, input_data=None, dtypes: Sequence | None = None, verbose: bool = True
) -> Summary:
    """Tells what a network is made of; its running statistics and its mode stay as they are.

    Args:
        model: the network.
        input_size: the shape of one sample without the batch, or a list of shapes where the network takes several
            inputs. They are filled with random numbers.
        input_data: instead of shapes: a tensor, a list or tuple of arguments, or a dictionary of named arguments.
        dtypes: the dtypes of the inputs that `input_size` asks for; float32 by default, zeros for integers.
        verbose: print the table as well.

    Returns:
        A Summary, whose `str` is the table.

    Raises:
        ValueError: neither or both of input_size and input_data.
        Exception: what the network raises, after the rows up to the failing layer were printed.
    """
    if (input_size is None) == (input_data is None):
        raise ValueError("summary needs either input_size (shapes without the batch) or input_data (tensors)")
    args, kwargs = _inputs(input_size, dtypes) if input_data is None else _given(input_data)
    recording = record(model, lambda: model(*args, **kwargs), _is_listed)
    told = Summary(model, recording, list(tensors_of((args, kwargs))), _SAMPLES if input_data is None else 1)
    if recording.error is not None:
        print("\n".join(told._table()))
        raise recording.error
    if verbose:
        print(told)
    return told


def _is_listed(module: nn.Module) -> bool:
    return not list(module.children()) or bool(list(module.parameters(recurse=False)))


def _inputs(input_size, dtypes) -> tuple[list, dict]:
    sizes = [input_size] if not input_size or isinstance(input_size[0], int) else input_size
    kinds = dtypes or [torch.float32] * len(sizes)
    shapes = [(_SAMPLES, *size) for size in sizes]
    return [
        torch.rand(shape, dtype=kind) if kind.is_floating_point else torch.zeros(shape, dtype=kind)
        for shape, kind in zip(shapes, kinds)
    ], {}


def _given(input_data) -> tuple[Sequence, dict]:
    if isinstance(input_data, dict):
        return (), input_data
    return (input_data if isinstance(input_data, (list, tuple)) else (input_data,)), {}


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    name, shape, *numbers = (f"{c:<{w}}" if i < 2 else f"{c:>{w}}" for i, (c, w) in enumerate(zip(cells, widths)))
    return " ".join([name, shape, *numbers])


def _size(count: Any) -> str:
    """A number of bytes with a unit, to one decimal."""
    power = min(int(math.log(count, 1024)), len(_UNITS) - 1) if count else 0
    return f"{count / 1024**power:.1f} {_UNITS[power]}" if power else f"{count} B"
