"""What transforms of either generation do to batches: each function gives a Step, or None where a batch has no such."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from PIL import Image

import flambeau as torch

from .batches import Kind, Step, below, chances, memory

_SCALED = np.dtype(np.float32)


def same(kind: Kind) -> Step:
    """The images as they are."""
    return Step(kind, lambda images, _: images)


def as_tensors(kind: Kind) -> Step | None:
    """PIL images as tensors of the same numbers."""
    return same(kind._replace(is_pil=False)) if kind.is_pil else None


def scaled(kind: Kind) -> Step | None:
    """Bytes as float32 tensors in [0, 1], by a division."""
    return _floats(kind, lambda numbers: np.divide(numbers, np.float32(255), numbers))


def scaled_by_product(kind: Kind) -> Step | None:
    """Bytes as float32 tensors in [0, 1], by a product, which rounds otherwise."""
    return _floats(kind, lambda numbers: np.multiply(numbers, np.float32(1.0 / 255), numbers))


def unscaled(kind: Kind) -> Step | None:
    """Bytes as float32 tensors of the same numbers."""
    return _floats(kind, lambda numbers: numbers)


def _floats(kind: Kind, change: Callable[[np.ndarray], np.ndarray]) -> Step | None:
    if kind.dtype != np.uint8:
        return None

    def run(images: np.ndarray, _) -> np.ndarray:
        result = memory(images.shape, _SCALED)
        np.copyto(result, images)
        return change(result)

    return Step(kind._replace(is_pil=False, dtype=_SCALED), run)


def normalized(kind: Kind, mean, std) -> Step | None:
    """float32 tensors less a mean, over a deviation, channel by channel."""
    columns = [_for_channels(numbers, kind) for numbers in (mean, std)]
    if kind.is_pil or kind.dtype != _SCALED or any(column is None for column in columns) or not np.all(columns[1]):
        return None
    shift, scale = columns

    def run(images: np.ndarray, _) -> np.ndarray:
        with np.errstate(all="ignore"):
            images -= shift
            images /= scale
        return images

    return Step(kind, run)


def _for_channels(numbers, kind: Kind) -> np.ndarray | None:
    """Numbers, one for each channel or one for all, as they meet (N, C, H, W)."""
    if isinstance(numbers, (np.ndarray, torch.Tensor)) and numbers.ndim == 1:
        numbers = numbers.tolist()
    plain = isinstance(numbers, (list, tuple)) and all(isinstance(number, (int, float)) for number in numbers)
    if not plain or len(numbers) not in (1, kind.channels):
        return None
    with np.errstate(all="ignore"):
        return np.array(numbers, _SCALED).reshape(-1, 1, 1)


def flipped(kind: Kind, p: float, axis: int) -> Step:
    """Images turned around along an axis of (N, C, H, W), each with probability p."""

    def run(images: np.ndarray, words: np.ndarray) -> np.ndarray:
        chosen = chances(words[:, 0], p)
        images[chosen] = np.flip(images[chosen], axis)
        return images

    return Step(kind, run, words=1)


def padded(kind: Kind, padding, fill=0, mode: str = "constant") -> Step | None:
    """Images with borders.

    Args:
        padding: one number, (left and right, top and bottom) or (left, top, right, bottom).
        fill: a whole number, or one for each channel, in the range of bytes.
        mode: "constant", or for PIL images "edge", "reflect" or "symmetric".
    """
    borders = _borders(padding)
    colour = _colour(fill, kind)
    if borders is None or colour is None or (mode != "constant" and not kind.is_pil):
        return None
    left, top, right, bottom = borders
    after = kind._replace(height=kind.height + top + bottom, width=kind.width + left + right)

    def constant(images: np.ndarray, _) -> np.ndarray:
        result = np.empty((len(images), *after[2:]), images.dtype)
        result[...] = colour
        result[:, :, top : top + kind.height, left : left + kind.width] = images
        return result

    def repeated(images: np.ndarray, _) -> np.ndarray:
        return np.pad(images, ((0, 0), (0, 0), (top, bottom), (left, right)), mode)  # type: ignore[call-overload]

    return Step(after, constant if mode == "constant" else repeated)


def _borders(padding) -> tuple[int, ...] | None:
    sides = padding if isinstance(padding, (tuple, list)) else [padding]
    if len(sides) not in (1, 2, 4) or any(type(side) is not int or side < 0 for side in sides):
        return None
    return tuple(sides) * (4 // len(sides))


def _colour(fill, kind: Kind) -> np.ndarray | None:
    """A border's colour as it meets (N, C, H, W)."""
    numbers = fill if isinstance(fill, (tuple, list)) else [fill]
    whole = all(type(number) is int and 0 <= number <= 255 for number in numbers)
    if not whole or len(numbers) not in (1, kind.channels) or (len(numbers) > 1 and not kind.is_pil):
        return None
    return np.array(numbers, kind.dtype).reshape(-1, 1, 1)


def center_cropped(kind: Kind, size: Sequence[int]) -> Step | None:
    """The middle of images that are no smaller."""
    height, width = size
    if height > kind.height or width > kind.width:
        return None
    top, left = round((kind.height - height) / 2.0), round((kind.width - width) / 2.0)

    def run(images: np.ndarray, _) -> np.ndarray:
        return images[:, :, top : top + height, left : left + width]

    return Step(kind._replace(height=height, width=width), run)


def randomly_cropped(kind: Kind, size: Sequence[int], both: bool) -> Step | None:
    """A part of each image at a random place: its row is drawn first, then its column.

    both: where the part is as large as the image in one direction alone, draw a number for that one as well.
    """
    height, width = size
    rows, columns = kind.height - height + 1, kind.width - width + 1
    if rows < 1 or columns < 1:
        return None
    after = kind._replace(height=height, width=width)
    if (rows, columns) == (1, 1):
        return same(kind)

    def run(images: np.ndarray, words: np.ndarray) -> np.ndarray:
        drawn = iter(words.T)
        every = np.arange(len(images))
        top, left = (below(next(drawn), n) if both or n > 1 else 0 * every for n in (rows, columns))
        return sliding_window_view(images, (height, width), axis=(2, 3))[every, :, top, left]

    return Step(after, run, words=2 if both else (rows > 1) + (columns > 1))


def cropped_somewhere(kind: Kind, size, padding, pad_if_needed: bool, fill, mode: str) -> Step | None:
    """`randomly_cropped` after the borders that are asked for (`padding`, or None) and those that the size needs."""
    step: Step | None = same(kind) if padding is None else padded(kind, padding, fill, mode)
    for axis in (0, 1) if pad_if_needed else ():
        step = after(step, lambda grown, axis=axis: _widened(grown, size, axis, fill, mode))  # type: ignore[misc]
    return after(step, lambda grown: randomly_cropped(grown, size, both=True))


def _widened(kind: Kind, size, axis: int, fill, mode: str) -> Step | None:
    """Borders on both sides of an axis (0: columns, 1: rows), each as wide as all that is missing to a size."""
    missing = size[1 - axis] - (kind.width, kind.height)[axis]
    return same(kind) if missing <= 0 else padded(kind, (missing, 0) if axis == 0 else (0, missing), fill, mode)


def cropped_within(kind: Kind, size, borders, pad_if_needed: bool, fill, mode: str) -> Step | None:
    """`randomly_cropped` after borders (left, top, right, bottom) that are made wider where the size needs it."""
    left, top, right, bottom = borders
    if pad_if_needed:
        down = max(size[0] - (kind.height + top + bottom), 0)
        across = max(size[1] - (kind.width + left + right), 0)
        left, top, right, bottom = left + across, top + down, right + across, bottom + down
    sides = (left, top, right, bottom)
    step = padded(kind, sides, fill, mode) if any(sides) else same(kind)
    return after(step, lambda grown: randomly_cropped(grown, size, both=False))


def grey(kind: Kind, channels: int) -> Step | None:
    """PIL images in shades of grey, by Pillow's formula."""
    if not kind.is_pil or channels not in (1, 3):
        return None

    def run(images: np.ndarray, _) -> np.ndarray:
        if kind.channels == 3:
            red, green, blue = (images[:, [i]].astype(np.uint32) for i in range(3))
            images = ((red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16).astype(np.uint8)
        return np.repeat(images, channels, axis=1)

    return Step(kind._replace(channels=channels), run)


def one_by_one(kind: Kind, size: tuple[int, int], function: Callable[[Image.Image], Image.Image]) -> Step | None:
    """A function of a PIL image that draws nothing, for each; it gives images of a size (height, width)."""
    if not kind.is_pil:
        return None

    def run(images: np.ndarray, _) -> np.ndarray:
        rows = images.transpose(0, 2, 3, 1)
        rows = np.ascontiguousarray(rows[..., 0] if kind.channels == 1 else rows)
        done = np.stack([np.asarray(function(Image.fromarray(row))) for row in rows])
        return done.reshape(len(images), *size, kind.channels).transpose(0, 3, 1, 2)

    return Step(kind._replace(height=size[0], width=size[1]), run)


def after(step: Step | None, then: Callable[[Kind], Step | None]) -> Step | None:
    """A step and the one that follows it, which says what it does to what the first gives."""
    following = None if step is None else then(step.kind)
    if step is None or following is None:
        return None

    def run(images: np.ndarray, words: np.ndarray) -> np.ndarray:
        return following.run(step.run(images, words[:, : step.words]), words[:, step.words :])

    return Step(following.kind, run, step.words + following.words)
