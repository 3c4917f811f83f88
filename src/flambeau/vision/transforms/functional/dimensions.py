"""How large an image is, and which of the two modules of kernels takes it."""

from __future__ import annotations

from .... import Tensor
from .. import _functional_pil as F_pil
from .. import _functional_tensor as F_t

_is_pil_image = F_pil._is_pil_image


def kernels(img):
    """The module of kernels for an image: that for tensors, or that for Pillow's images, which refuses all else."""
    return F_t if isinstance(img, Tensor) else F_pil


def get_dimensions(img) -> list[int]:
    """[channels, height, width] of a Pillow image or a tensor. Raises TypeError for other types."""
    return kernels(img).get_dimensions(img)


def get_image_size(img) -> list[int]:
    """[width, height] of a Pillow image or a tensor. Raises TypeError for other types."""
    return kernels(img).get_image_size(img)


def get_image_num_channels(img) -> int:
    """The number of channels of a Pillow image or a tensor. Raises TypeError for other types."""
    return kernels(img).get_image_num_channels(img)
