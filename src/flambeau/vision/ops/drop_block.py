"""DropBlock (Ghiasi et al., 2018): blocks of neighbouring pixels are zeroed at random."""

from __future__ import annotations

import math

import flambeau as torch
from flambeau import nn
from flambeau.nn import functional as F

from ..printing import Printed


def drop_block2d(
    input: torch.Tensor, p: float, block_size: int, inplace: bool = False, eps: float = 1e-06, training: bool = True
) -> torch.Tensor:
    """Zeroes blocks of an image's pixels, each channel its own, and makes the others larger, so that the mean stays.

    Args:
        input: (N, C, H, W).
        p: the share of pixels that is zeroed.
        block_size: a block's height and width, odd.
        inplace: whether the input is written.
        eps: added to a divisor.
        training: whether anything is done.

    Raises:
        ValueError: no probability, another shape, or an even size.
    """
    return _drop(input, p, block_size, inplace, eps, training, F.max_pool2d, 2)


def drop_block3d(
    input: torch.Tensor, p: float, block_size: int, inplace: bool = False, eps: float = 1e-06, training: bool = True
) -> torch.Tensor:
    """Zeroes blocks of a volume (N, C, D, H, W); the arguments are those of `drop_block2d`."""
    return _drop(input, p, block_size, inplace, eps, training, F.max_pool3d, 3)


def _drop(input, p, block_size, inplace, eps, training, max_pool, dims):
    if p < 0.0 or p > 1.0:
        raise ValueError(f"drop probability has to be between 0 and 1, but got {p}.")
    if input.ndim != dims + 2:
        raise ValueError(f"input should be {dims + 2} dimensional. Got {input.ndim} dimensions.")
    if not training or p == 0.0:
        return input
    size = input.shape[2:]
    block = min(block_size, *size)
    if block % 2 == 0:
        raise ValueError(f"block size should be odd. Got {block} which is even.")
    places = [length - block + 1 for length in size]
    gamma = p * math.prod(size) / (block**dims * math.prod(places))
    seeds = torch.empty((*input.shape[:2], *places), dtype=input.dtype, device=input.device).bernoulli_(gamma)
    seeds = F.pad(seeds, [block // 2] * (2 * dims), value=0)
    noise = 1 - max_pool(seeds, stride=1, kernel_size=block, padding=block // 2)
    scale = noise.numel() / (eps + noise.sum())
    return input.mul_(noise).mul_(scale) if inplace else input * noise * scale


class DropBlock2d(Printed, nn.Module):
    """Zeroes blocks of pixels in training; the arguments are those of `drop_block2d`."""

    _shown = "p block_size inplace"

    def __init__(self, p: float, block_size: int, inplace: bool = False, eps: float = 1e-06) -> None:
        super().__init__()
        self.p = p
        self.block_size = block_size
        self.inplace = inplace
        self.eps = eps

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        return drop_block2d(input, self.p, self.block_size, self.inplace, self.eps, self.training)


class DropBlock3d(DropBlock2d):
    """Zeroes blocks of volumes in training; the arguments are those of `drop_block3d`."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        return drop_block3d(input, self.p, self.block_size, self.inplace, self.eps, self.training)
