"""Boxes, masks and keypoints drawn on images, with Pillow."""

from __future__ import annotations

import math
import warnings

import numpy as np
from PIL import Image, ImageDraw, ImageFont

import flambeau as torch
from flambeau import Tensor

from .colors import _parse_colors

DASH = 5  # pixels of a dash, and of the gap behind it


def _Image_fromarray(obj: np.ndarray, mode: str) -> Image.Image:
    """An image whose pixels are an array's bytes, read as a mode says."""
    height, *rest = obj.shape
    return Image.frombuffer(mode, (rest[0] if rest else 1, height), obj.tobytes(), "raw", mode, 0, 1)


def _to_bytes(image: Tensor) -> Tensor:
    """Pixels from 0 to 1 as numbers up to 255."""
    return image.mul(256 - 1e-3).to(torch.uint8) if image.is_floating_point() else image


def _as_before(pixels: Image.Image, dtype: torch.dtype) -> Tensor:
    """A drawn image in the dtype of the one that was given, with its channels in front."""
    drawn = torch.from_numpy(np.array(pixels)).permute(2, 0, 1)
    return drawn.to(dtype).mul_(1.0 / 255.0) if dtype.is_floating_point else drawn


def _check_image(image, article: str = "The image must be a tensor") -> None:
    if not isinstance(image, Tensor):
        raise TypeError(f"{article}, got {type(image)}")
    if not (image.dtype == torch.uint8 or image.is_floating_point()):
        raise ValueError(f"The image dtype must be uint8 or float, got {image.dtype}")
    if image.dim() != 3:
        raise ValueError("Pass individual images, not batches")


def _check_colors(image: Tensor) -> None:
    _check_image(image)
    if image.size(0) != 3:
        raise ValueError("Pass an RGB image. Other Image formats are not supported")


# ------------------------------------------------------------------ boxes
class _Draw(ImageDraw.ImageDraw):
    """Draws turned boxes as well."""

    def oriented_rectangle(self, xy, fill=None, outline=None, width=1):
        """A box of four corners; its upper side is dashed."""
        points = list(zip(xy[::2], xy[1::2]))
        self._dashed(*points[:2], outline, width)
        for start, end in zip(points[1:], [*points[2:], points[0]]):
            self.line((start, end), width=width, fill=outline)
        self.polygon(xy, fill=fill, outline=None, width=0)

    def _dashed(self, start, end, fill, width):
        rest, pen = math.dist(start, end), True
        while rest > 0:
            length = min(rest, DASH)
            angle = math.atan2(end[1] - start[1], end[0] - start[0])
            stop = start[0] + math.cos(angle) * length, start[1] + math.sin(angle) * length
            if pen:
                self.line([start, stop], fill, width, None)
            start, rest, pen = stop, rest - length, not pen


@torch.no_grad()
def draw_bounding_boxes(
    image: Tensor,
    boxes: Tensor,
    labels: list[str] | None = None,
    colors=None,
    fill: bool | None = False,
    width: int = 1,
    font: str | None = None,
    font_size: int | None = None,
    label_colors=None,
    label_background_colors=None,
    fill_labels: bool = False,
) -> Tensor:
    """An image with boxes on it.

    Args:
        image: (C, H, W), C 1 or 3; uint8, or fractions from 0 to 1.
        boxes: (N, 4), two corners each, or (N, 8), four corners of turned boxes.
        labels: a text for each box.
        colors: a colour, or one for each box: names or three numbers; by default a palette.
        fill: whether boxes are filled, half transparent.
        width: of the lines.
        font, font_size: a TrueType file, and the size of letters.
        label_colors, label_background_colors: as colors, for the texts and for what is behind them.
        fill_labels: whether there is anything behind them.

    Raises:
        TypeError: an image that is no tensor.
        ValueError: another dtype or shape, corners in the wrong order, lists of the wrong length.
    """
    _check_image(image, "Tensor expected")
    if image.size(0) not in {1, 3}:
        raise ValueError("Only grayscale and RGB images are supported")
    if boxes.shape[-1] == 4 and ((boxes[:, 0] > boxes[:, 2]).any() or (boxes[:, 1] > boxes[:, 3]).any()):
        raise ValueError(
            "Boxes need to be in (xmin, ymin, xmax, ymax) format. Use torchvision.ops.box_convert to convert them"
        )
    count = boxes.shape[0]
    if count == 0:
        warnings.warn("boxes doesn't contain any box. No box was drawn", stacklevel=2)
        return image
    if labels is not None and len(labels) != count:
        raise ValueError(
            f"Number of boxes ({count}) and labels ({len(labels)}) mismatch. Please specify labels for each box."
        )
    colors = _parse_colors(colors, num_objects=count)
    texts = _parse_colors(label_colors or "black", num_objects=count) if label_colors or fill_labels else colors
    grounds = colors
    if fill_labels and label_background_colors:
        grounds = _parse_colors(label_background_colors, num_objects=count)
    letters = _font(font, font_size)
    pixels = _to_bytes(image.tile(3, 1, 1) if image.size(0) == 1 else image).permute(1, 2, 0).contiguous().numpy()
    canvas = Image.fromarray(pixels)
    draw = _Draw(canvas, "RGBA") if fill else _Draw(canvas)
    named: list[str | None] = [*labels] if labels is not None else [None] * count
    for box, color, label, text, ground in zip(boxes.to(torch.int64).tolist(), colors, named, texts, grounds):
        shape = draw.oriented_rectangle if len(box) > 4 else draw.rectangle
        shape(box, width=width, outline=color, fill=(*color, 100) if fill else None)
        if label is not None:
            _write(
                draw, (box[0] + width + 1, box[1] + width + 1), label, letters, text, ground if fill_labels else None
            )
    return _as_before(canvas, image.dtype)


def _font(font: str | None, size: int | None):
    if font is not None:
        return ImageFont.truetype(font=font, size=size or 10)
    if size is not None:
        warnings.warn("Argument 'font_size' will be ignored since 'font' is not set.", stacklevel=3)
    return ImageFont.load_default()


def _write(draw: _Draw, at: tuple[int, int], label: str, letters, color, ground) -> None:
    if ground is not None:
        left, top, right, bottom = draw.textbbox(at, label, font=letters)
        draw.rectangle((left - 1, top - 1, right + 1, bottom + 1), fill=ground)
    draw.text(at, label, fill=color, font=letters)


# ------------------------------------------------------------------ masks
@torch.no_grad()
def draw_segmentation_masks(image: Tensor, masks: Tensor, alpha: float = 0.8, colors=None) -> Tensor:
    """An image with masks on it; where several lie, black.

    Args:
        image: (3, H, W); uint8, or fractions from 0 to 1.
        masks: bool, (N, H, W) or (H, W).
        alpha: how much of the colours shows.
        colors: a colour, or one for each mask: names or three numbers; by default a palette.

    Raises:
        TypeError: an image that is no tensor.
        ValueError: another dtype or shape.
    """
    _check_colors(image)
    masks = masks[None] if masks.ndim == 2 else masks
    if masks.ndim != 3:
        raise ValueError("masks must be of shape (H, W) or (batch_size, H, W)")
    if masks.dtype != torch.bool:
        raise ValueError(f"The masks must be of dtype bool. Got {masks.dtype}")
    if masks.shape[-2:] != image.shape[-2:]:
        raise ValueError("The image and the masks must have the same height and width")
    if masks.size(0) == 0:
        warnings.warn("masks doesn't contain any mask. No mask was drawn", stacklevel=2)
        return image
    drawn = image.detach()
    for mask, color in zip(masks, _parse_colors(colors, num_objects=masks.size(0), dtype=image.dtype)):
        drawn = torch.where(mask, torch.tensor(color, dtype=image.dtype)[:, None, None], drawn)
    drawn = drawn.masked_fill(masks.sum(0) > 1, 0)
    return (image * (1 - alpha) + drawn * alpha).to(image.dtype)


# ------------------------------------------------------------------ keypoints
@torch.no_grad()
def draw_keypoints(
    image: Tensor,
    keypoints: Tensor,
    connectivity: list[tuple[int, int]] | None = None,
    colors=None,
    radius: int = 2,
    width: int = 3,
    visibility: Tensor | None = None,
) -> Tensor:
    """An image with keypoints on it, and lines between them.

    Args:
        image: (3, H, W); uint8, or fractions from 0 to 1.
        keypoints: (N, K, 2), places [x, y] of N objects.
        connectivity: pairs of numbers of keypoints between which lines are drawn.
        colors: a name or three numbers.
        radius: of the points.
        width: of the lines.
        visibility: (N, K), which are drawn, and connected; by default all.

    Raises:
        TypeError: an image that is no tensor.
        ValueError: another dtype or shape.
    """
    _check_colors(image)
    if keypoints.ndim != 3:
        raise ValueError("keypoints must be of shape (num_instances, K, 2)")
    visible = _visibility(visibility, keypoints)
    canvas = Image.fromarray(_to_bytes(image).permute(1, 2, 0).contiguous().numpy())
    draw = ImageDraw.Draw(canvas)
    for points, seen in zip(keypoints.to(torch.int64).tolist(), visible):
        for (x, y), shown in zip(points, seen):
            if shown:
                draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=colors, outline=None, width=0)
        for start, end in connectivity or ():
            if seen[start] and seen[end]:
                draw.line((tuple(points[start]), tuple(points[end])), width=width)
    return _as_before(canvas, image.dtype)


def _visibility(visibility: Tensor | None, keypoints: Tensor) -> list[list[bool]]:
    if visibility is None:
        visibility = torch.ones(keypoints.shape[:-1], dtype=torch.bool)
    visibility = visibility.squeeze(-1) if visibility.ndim == 3 else visibility
    if visibility.ndim != 2:
        raise ValueError(f"visibility must be of shape (num_instances, K). Got ndim={visibility.ndim}")
    if visibility.shape != keypoints.shape[:-1]:
        raise ValueError(
            "keypoints and visibility must have the same dimensionality for num_instances and K. Got "
            f"visibility.shape={visibility.shape!r} and keypoints.shape={keypoints.shape!r}"
        )
    return visibility.bool().tolist()
