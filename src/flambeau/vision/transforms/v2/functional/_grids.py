"""Images looked up at a grid of places, which is how tensors are turned, sheared and distorted."""

from __future__ import annotations

import flambeau as torch

from ... import _functional_tensor as first
from ._resizing import checked_mode

_SUPPORTED = ("nearest", "bilinear")


def check_inputs(image: torch.Tensor, mode: str, fill) -> None:
    """Refuses colours for another number of channels, and modes that tensors do not know.

    Raises:
        ValueError: either.
    """
    if isinstance(fill, (tuple, list)):
        if len(fill) > 1 and len(fill) != image.shape[-3]:
            raise ValueError(
                "The number of elements in 'fill' cannot broadcast to match the number of "
                f"channels of the image ({len(fill)} != {image.shape[-3]})"
            )
    elif fill is not None and not isinstance(fill, (int, float)):
        raise ValueError("Argument fill should be either int, float, tuple or list")
    if mode not in _SUPPORTED:
        raise ValueError(f"Interpolation mode '{mode}' is unsupported with Tensor input")


def float_type(image: torch.Tensor) -> torch.dtype:
    """The type that places in an image are computed in."""
    return image.dtype if image.is_floating_point() else torch.float32


def looked_up(image: torch.Tensor, grid: torch.Tensor, interpolation, fill) -> torch.Tensor:
    """Images whose pixels are those at places of others.

    Args:
        image: shape (..., C, H, W).
        grid: shape (1, H', W', 2): where to look, from -1 to 1.
        interpolation: "nearest" or "bilinear", as a mode.
        fill: the colour outside; None is 0.
    """
    channels, height, width = image.shape[-3:]
    shape = (*image.shape[:-2], *grid.shape[1:3])
    if image.numel() == 0:
        return image.reshape(shape)
    images = image.reshape(-1, channels, height, width)
    return first._apply_grid_transform(images, grid, checked_mode(interpolation).value, fill).reshape(shape)
