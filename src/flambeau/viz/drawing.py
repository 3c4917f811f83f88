"""What the pictures share: the pair of numbers and figure, panels in a grid, and watching layers of a network."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

import flambeau as torch
from flambeau import nn


class Drawn(NamedTuple):
    """Numbers, and the matplotlib figure that shows them; None where matplotlib is not installed."""

    data: Any
    figure: Any


def pyplot():
    """matplotlib.pyplot, or None where it is not installed."""
    try:
        from matplotlib import pyplot
    except ModuleNotFoundError:
        return None
    return pyplot


def panels(count: int, draw: Callable[[Any, int], None], columns: int = 8, size: float = 1.6):
    """A figure of `count` panels; `draw(axes, number)` fills one."""
    plt = pyplot()
    if plt is None or not count:
        return None
    columns = min(columns, count)
    rows = math.ceil(count / columns)
    figure, grid = plt.subplots(
        rows, columns, figsize=(size * columns, size * rows), squeeze=False, layout="constrained"
    )
    for number, axes in enumerate(grid.flat):
        if number < count:
            draw(axes, number)
        else:
            axes.set_visible(False)
    return figure


def show_image(axes, image: np.ndarray, **options) -> None:
    """Draws an image without axes."""
    axes.imshow(image, **options)
    axes.set_axis_off()


def as_image(tensor: torch.Tensor) -> np.ndarray:
    """A (channels, height, width) tensor of any range as an array that matplotlib shows: scaled to [0, 1]."""
    array = tensor.detach().float().numpy()
    array = array.transpose(1, 2, 0) if len(array) in (3, 4) else array[0]
    low, high = array.min(), array.max()
    return (array - low) / (high - low if high > low else 1)


def layer_of(model: nn.Module, layer: nn.Module | str) -> nn.Module:
    """A layer, which may be given by its path in the model.

    Raises:
        AttributeError: the model has no such path.
        ValueError: the module is not part of the model.
    """
    if isinstance(layer, str):
        return model.get_submodule(layer)
    if not any(layer is module for module in model.modules()):
        raise ValueError(f"the layer is not part of the model: {type(layer).__name__}")
    return layer


@contextlib.contextmanager
def evaluation(model: nn.Module) -> Iterator[None]:
    """Within it the model is in evaluation mode; afterwards every module is in the mode that it had."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training


@contextlib.contextmanager
def outputs_of(layers: list[nn.Module]) -> Iterator[dict[nn.Module, torch.Tensor]]:
    """Within it, what layers return is kept as it was returned, whatever is done to it in place afterwards."""
    kept: dict[nn.Module, torch.Tensor] = {}

    def keep(module, args, output):
        if not isinstance(output, torch.Tensor):
            return None
        kept[module] = output
        return output.clone()

    handles = [layer.register_forward_hook(keep) for layer in layers]
    try:
        yield kept
    finally:
        for handle in handles:
            handle.remove()


def batch_of(image: torch.Tensor) -> torch.Tensor:
    """An image (channels, height, width), or a batch of them, as a batch.

    Raises:
        ValueError: another number of dimensions.
    """
    if image.ndim not in (3, 4):
        raise ValueError(f"expected an image of 3 dimensions or a batch of 4, got shape {tuple(image.shape)}")
    return image if image.ndim == 4 else image.unsqueeze(0)
