"""torchsummary: its table, byte for byte where it is right, and right where it is not.

Recurrent layers, dictionaries, nested results and shared modules are counted once each; running statistics stay as they
are; where the network refuses its input, the rows up to the failing layer are printed before the error goes on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import flambeau as torch
from flambeau import nn

from .summaries.record import Recording, record, with_batch

__all__ = ["summary"]

_LINE = "-" * 64
_DOUBLE_LINE = "=" * 64
_MEGABYTE = 1024**2
_SAMPLES = 2  # batch normalisation needs more than one


def summary(model: nn.Module, input_size, batch_size: int = -1, device: str = "cuda") -> None:
    """Prints a network's layers with the shapes of their results and the numbers of their parameters.

    Args:
        model: the network.
        input_size: the shape of one sample, without the batch; a list of shapes where the network takes several.
        batch_size: what is printed for the first dimension, and the factor of the sizes in memory.
        device: "cuda" or "cpu"; without a GPU both mean the CPU.

    Raises:
        AssertionError: another device.
    """
    assert device.lower() in ("cuda", "cpu"), "Input device is not valid, please specify 'cuda' or 'cpu'"
    sizes: Sequence = [input_size] if isinstance(input_size, tuple) else input_size
    inputs = [torch.rand(_SAMPLES, *size) for size in sizes]
    recording = record(model, lambda: model(*inputs), lambda module: _is_listed(module, model))
    _print_rows(recording, batch_size)
    if recording.error is not None:
        raise recording.error
    _print_totals(recording, sum(math.prod(size) for size in sizes), abs(batch_size))


def _is_listed(module: nn.Module, model: nn.Module) -> bool:
    """Whether a module has a row: containers have none, nor has the network, unless it is one layer."""
    if module is model:
        return not list(model.children())
    return not isinstance(module, (nn.Sequential, nn.ModuleList))


def _print_rows(recording: Recording, batch_size: int) -> None:
    print(_LINE)
    print(f"{'Layer (type)':>20}  {'Output Shape':>25} {'Param #':>15}")
    print(_DOUBLE_LINE)
    for number, row in enumerate(recording.rows, 1):
        name = f"{row.kind}-{number}"
        print(f"{name:>20}  {with_batch(row.output, batch_size)!s:>25} {row.parameters:>15,}")


def _print_totals(recording: Recording, inputs: int, batch: int) -> None:
    rows = recording.rows
    total = sum(row.parameters for row in rows) + recording.own_parameters
    trainable = sum(row.trainable for row in rows) + recording.own_trainable
    input_size = inputs * batch * 4 / _MEGABYTE
    results = sum(_elements(row.output, batch) for row in rows)
    output_size = 2 * results * 4 / _MEGABYTE  # once for the values, once for their gradients
    parameter_size = total * 4 / _MEGABYTE
    print(_DOUBLE_LINE)
    print(f"Total params: {total:,}")
    print(f"Trainable params: {trainable:,}")
    print(f"Non-trainable params: {total - trainable:,}")
    print(_LINE)
    print(f"Input size (MB): {input_size:0.2f}")
    print(f"Forward/backward pass size (MB): {output_size:0.2f}")
    print(f"Params size (MB): {parameter_size:0.2f}")
    print(f"Estimated Total Size (MB): {parameter_size + output_size + input_size:0.2f}")
    print(_LINE)


def _elements(shape: list, batch: int) -> int:
    if shape and isinstance(shape[0], int):
        return batch * math.prod(shape[1:])
    return sum(_elements(part, batch) for part in shape)
