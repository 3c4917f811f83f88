"""Borders around images, masks and coordinates."""

from __future__ import annotations

import PIL.Image

import flambeau as torch
from flambeau.nn.functional import pad as torch_pad

from ....tv_tensors import BoundingBoxes, BoundingBoxFormat, Image, KeyPoints, Mask
from ... import _functional_pil as pil
from ..._functional_tensor import _pad_symmetric
from ._clamping import clamp_bounding_boxes
from ._utils import call, kernel, on_mask, register, video_kernel

__all__ = ["pad", "pad_bounding_boxes", "pad_image", "pad_keypoints", "pad_mask", "pad_video"]

_MODES = {"constant": "constant", "edge": "replicate", "reflect": "reflect", "symmetric": "symmetric"}


def pad(inpt, padding: list[int], fill=None, padding_mode: str = "constant"):
    """An input with borders.

    Args:
        inpt: a PIL image, a tensor of shape (..., C, H, W), or any TVTensor.
        padding: a width for all, [x, y], or [left, top, right, bottom]; negative ones cut.
        fill: the borders' value, or one for each channel; by default 0.
        padding_mode: "constant", "edge" (the outermost pixel repeated), "reflect" or "symmetric" (mirrored, without
            or with the outermost pixel).

    Raises:
        ValueError: another mode, another number of widths; a mode that coordinates do not have.
        TypeError: `padding` is no integer or sequence.
    """
    return call(pad, inpt, padding=padding, fill=fill, padding_mode=padding_mode)


def parse_padding(padding) -> list[int]:
    """Widths left, right, top and bottom."""
    if isinstance(padding, int):
        return [padding] * 4
    if not isinstance(padding, (tuple, list)):
        raise TypeError(f"`padding` should be an integer or tuple or list of integers, but got {padding}")
    if len(padding) == 1:
        return [padding[0]] * 4
    if len(padding) not in (2, 4):
        raise ValueError(f"Padding must be an int or a 1, 2, or 4 element tuple or list. Found {len(padding)}")
    left, top, right, bottom = padding if len(padding) == 4 else [*padding, *padding]
    return [left, right, top, bottom]


@kernel(pad, Image, torch.Tensor)
def pad_image(image: torch.Tensor, padding: list[int], fill=None, padding_mode: str = "constant") -> torch.Tensor:
    """Images with borders."""
    borders = parse_padding(padding)
    if padding_mode not in _MODES:
        raise ValueError(
            "`padding_mode` should be either `'constant'`, `'edge'`, `'reflect'` or `'symmetric'`, "
            f"but got `'{padding_mode}'`."
        )
    fill = 0 if fill is None else fill
    if isinstance(fill, (int, float)):
        return bordered(image, borders, fill, padding_mode)
    if len(fill) == 1:
        return bordered(image, borders, fill[0], padding_mode)
    if padding_mode != "constant":
        raise ValueError(f"Padding mode '{padding_mode}' is not supported if fill is not scalar")
    return _bordered_by_channel(image, borders, fill)


def bordered(image: torch.Tensor, borders: list[int], fill: float, padding_mode: str) -> torch.Tensor:
    """Images with borders of one value, or made of their own pixels; the widths are left, right, top, bottom."""
    channels, height, width = image.shape[-3:]
    leading = image.shape[:-3]
    count = 1
    for size in leading:
        count *= size
    images, mode = image.reshape(count, channels, height, width), _MODES[padding_mode]
    if mode == "constant":
        images = torch_pad(images, borders, mode=mode, value=float(fill))
    elif mode == "symmetric":
        images = _pad_symmetric(images, borders)
    elif image.is_floating_point():
        images = torch_pad(images, borders, mode=mode)
    else:
        images = torch_pad(images.to(torch.float32), borders, mode=mode).to(image.dtype)
    return images.reshape((*leading, channels, *images.shape[-2:]))


def _bordered_by_channel(image: torch.Tensor, borders: list[int], fill) -> torch.Tensor:
    output = bordered(image, borders, 0, "constant")
    left, right, top, bottom = borders
    values = torch.tensor(fill, device=image.device).to(dtype=image.dtype).reshape(-1, 1, 1)
    if top > 0:
        output[..., :top, :] = values
    if left > 0:
        output[..., :, :left] = values
    if bottom > 0:
        output[..., -bottom:, :] = values
    if right > 0:
        output[..., :, -right:] = values
    return output


register(pad, PIL.Image.Image)(pil.pad)


@kernel(pad, Mask)
def pad_mask(mask: torch.Tensor, padding: list[int], fill=None, padding_mode: str = "constant") -> torch.Tensor:
    """Masks with borders."""
    if isinstance(fill, (tuple, list)):
        raise ValueError("Non-scalar fill value is not supported")
    return on_mask(pad_image, mask, padding=padding, fill=fill, padding_mode=padding_mode)


def _larger(canvas_size, borders: list[int]) -> tuple[int, int]:
    left, right, top, bottom = borders
    return canvas_size[0] + top + bottom, canvas_size[1] + left + right


@kernel(pad, KeyPoints)
def pad_keypoints(
    keypoints: torch.Tensor, canvas_size: tuple[int, int], padding: list[int], padding_mode: str = "constant"
) -> tuple[torch.Tensor, tuple[int, int]]:
    """Points of an image with borders, and its new size."""
    if padding_mode != "constant":
        raise ValueError(
            f"Padding mode '{padding_mode}' is not supported with KeyPoints (supported modes are constant)"
        )
    borders = parse_padding(padding)
    shift = torch.tensor([borders[0], borders[2]], dtype=keypoints.dtype, device=keypoints.device)
    return keypoints + shift, _larger(canvas_size, borders)


@kernel(pad, BoundingBoxes)
def pad_bounding_boxes(
    bounding_boxes: torch.Tensor,
    format,
    canvas_size: tuple[int, int],
    padding: list[int],
    padding_mode: str = "constant",
    clamping_mode: str | None = "soft",
) -> tuple[torch.Tensor, tuple[int, int]]:
    """Boxes of an image with borders, and its new size."""
    if padding_mode != "constant":
        raise ValueError(f"Padding mode '{padding_mode}' is not supported with bounding boxes")
    borders = parse_padding(padding)
    new_size = _larger(canvas_size, borders)
    moved = bounding_boxes + shift_of(bounding_boxes, format, borders[0], borders[2])
    return clamp_bounding_boxes(moved, format=format, canvas_size=new_size, clamping_mode=clamping_mode), new_size


def shift_of(boxes: torch.Tensor, format, x: int, y: int) -> torch.Tensor:
    """What is added to boxes' coordinates to move them."""
    if format == BoundingBoxFormat.XYXYXYXY:
        shift = [x, y] * 4
    elif format == BoundingBoxFormat.XYXY:
        shift = [x, y] * 2
    else:
        shift = [x, y] + [0] * (boxes.shape[-1] - 2)
    return torch.tensor(shift, dtype=boxes.dtype, device=boxes.device)


pad_video = video_kernel(pad, pad_image)
