"""Erased rectangles and JPEG's losses."""

from __future__ import annotations

import io

import PIL.Image

import flambeau as torch

from ....tv_tensors import Image
from ...functional import pil_to_tensor, to_pil_image
from ._utils import call, kernel, register, video_kernel

__all__ = ["erase", "erase_image", "erase_video", "jpeg", "jpeg_image", "jpeg_video"]


def erase(inpt, i: int, j: int, h: int, w: int, v: torch.Tensor, inplace: bool = False):
    """An image or video with a rectangle overwritten.

    Args:
        inpt: a PIL image, or a tensor of shape (..., C, H, W).
        i: the rectangle's top.
        j: its left.
        h: its height.
        w: its width.
        v: what is written there, of a shape that broadcasts to (C, h, w).
        inplace: write into the input.
    """
    return call(erase, inpt, i=i, j=j, h=h, w=w, v=v, inplace=inplace)


@kernel(erase, Image, torch.Tensor)
def erase_image(image: torch.Tensor, i: int, j: int, h: int, w: int, v: torch.Tensor, inplace: bool = False):
    """Images with a rectangle overwritten."""
    image = image if inplace else image.clone()
    image[..., i : i + h, j : j + w] = v
    return image


@register(erase, PIL.Image.Image)
def _erase_image_pil(image: PIL.Image.Image, i: int, j: int, h: int, w: int, v: torch.Tensor, inplace: bool = False):
    return to_pil_image(erase_image(pil_to_tensor(image), i=i, j=j, h=h, w=w, v=v), mode=image.mode)


erase_video = video_kernel(erase, erase_image)


def jpeg(image, quality: int):
    """An image as JPEG would give it back.

    Args:
        image: a PIL image, or a uint8 tensor of shape (..., 1 or 3, H, W).
        quality: from 1, the smallest file, to 100.
    """
    return call(jpeg, image, quality=quality)


@kernel(jpeg, Image, torch.Tensor)
def jpeg_image(image: torch.Tensor, quality: int) -> torch.Tensor:
    """Images as JPEG would give them back."""
    if image.dtype != torch.uint8:
        raise RuntimeError("Input tensor dtype should be uint8")
    images = image.reshape((-1, *image.shape[-3:]))
    if images.shape[0] == 0:
        return image.clone()
    decoded = [pil_to_tensor(_jpeg_image_pil(to_pil_image(one), quality)) for one in images]
    return torch.stack(decoded).view(image.shape)


jpeg_video = video_kernel(jpeg, jpeg_image)


@register(jpeg, PIL.Image.Image)
def _jpeg_image_pil(image: PIL.Image.Image, quality: int) -> PIL.Image.Image:
    file = io.BytesIO()
    image.save(file, format="JPEG", quality=quality)
    return PIL.Image.open(file).copy()  # a copy is a plain image, not one of a JPEG file
