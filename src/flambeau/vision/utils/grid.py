"""Many images as one, and images as files."""

from __future__ import annotations

import math
from pathlib import Path
from typing import BinaryIO

from PIL import Image

import flambeau as torch
from flambeau import Tensor


@torch.no_grad()
def make_grid(
    tensor: Tensor | list[Tensor],
    nrow: int = 8,
    padding: int = 2,
    normalize: bool = False,
    value_range: tuple[int, int] | None = None,
    scale_each: bool = False,
    pad_value: float = 0.0,
) -> Tensor:
    """Images side by side in one.

    Args:
        tensor: (B, C, H, W), one image (C, H, W) or (H, W), or a list of images of one size.
        nrow: how many images stand in a row.
        padding: the pixels between images.
        normalize: whether numbers are brought to 0 ... 1.
        value_range: what becomes 0 and 1; by default the smallest and the largest number.
        scale_each: whether each image has a range of its own.
        pad_value: the number between images.

    Returns: (C, height, width); grey images have three channels there.

    Raises:
        TypeError: what is no tensor, or no list of tensors; a range that is no tuple.
    """
    images = _batch(tensor)
    if normalize is True:
        images = _normalized(images, value_range, scale_each is True)
    if images.size(0) == 1:
        return images.squeeze(0)
    count, channels, height, width = images.shape
    columns = min(nrow, count)
    rows = math.ceil(float(count) / columns)
    grid = images.new_full(
        (channels, (height + padding) * rows + padding, (width + padding) * columns + padding), pad_value
    )
    cells = grid[:, padding:, padding:].unflatten(1, (rows, height + padding)).unflatten(3, (columns, width + padding))
    cells = cells[:, :, :height, :, :width].permute(1, 3, 0, 2, 4)  # (rows, columns, C, H, W)
    full = count // columns
    cells[:full].copy_(images[: full * columns].unflatten(0, (full, columns)))
    if count % columns:
        cells[full, : count % columns].copy_(images[full * columns :])
    return grid


def _batch(tensor) -> Tensor:
    """Images as (B, C, H, W), C at least 3."""
    if isinstance(tensor, list):
        for image in tensor:
            if not torch.is_tensor(image):
                raise TypeError(f"tensor or list of tensors expected, got a list containing {type(image)}")
        tensor = torch.stack(tensor, 0)
    if not torch.is_tensor(tensor):
        raise TypeError(f"tensor or list of tensors expected, got {type(tensor)}")
    while tensor.dim() < 4 and tensor.dim() > 1:
        tensor = tensor.unsqueeze(0)
    return torch.cat((tensor, tensor, tensor), 1) if tensor.dim() == 4 and tensor.size(1) == 1 else tensor


def _normalized(images: Tensor, value_range, each: bool) -> Tensor:
    if value_range is not None and not isinstance(value_range, tuple):
        raise TypeError("value_range has to be a tuple (min, max) if specified. min and max are numbers")
    images = images.clone()
    for part in images if each else [images]:
        low, high = (float(part.min()), float(part.max())) if value_range is None else value_range
        part.clamp_(min=low, max=high)
        part.sub_(low).div_(max(high - low, 1e-5))
    return images


@torch.no_grad()
def save_image(tensor: Tensor | list[Tensor], fp: str | Path | BinaryIO, format: str | None = None, **kwargs) -> None:
    """Writes images, side by side, to a file.

    Args:
        tensor: numbers from 0 to 1, as for `make_grid`.
        fp: a file, or its name.
        format: the kind of file, where its name does not tell.
        kwargs: the other arguments of `make_grid`.
    """
    grid = make_grid(tensor, **kwargs)
    pixels = grid.mul(255).add_(0.5).clamp_(0, 255).permute(1, 2, 0).to("cpu", torch.uint8)
    Image.fromarray(pixels.contiguous().numpy()).save(fp, format=format)
