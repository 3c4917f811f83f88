"""CrossMapLRN2d: response normalisation across channels, with the windows of PyTorch's CPU code."""

from __future__ import annotations

import numpy as np

from .. import Tensor, tensor
from ..autograd import Function
from .module import Module


class _Normalise(Function):
    """x * scale ** -beta, where scale = k + alpha / size * (sum of squares over neighbouring channels).

    Windows are PyTorch's: the first channel stays in all windows behind it, and those of the gradient are not centred.
    """

    @staticmethod
    def forward(ctx, input, size, alpha, beta, k):
        reach, (i, j) = (size + 1) // 2, np.indices((input.size(1),) * 2)
        near = (np.abs(i - j) < reach) | ((j == 0) & (i >= reach))
        scale = _sum_over(near, input * input) * (alpha / size) + k
        output = input * scale.pow(-beta)
        ctx.save_for_backward(input, output, scale)
        ctx.settings = size, alpha, beta
        return output

    @staticmethod
    def backward(ctx, grad):
        input, output, scale = ctx.saved_tensors
        size, alpha, beta = ctx.settings
        reach, (i, j) = (size + 1) // 2, np.indices((input.size(1),) * 2)
        near = (j >= i - reach) & (j < i + size - reach)
        shared = _sum_over(near, grad * output / scale)
        return grad * scale.pow(-beta) - (2 * alpha * beta / size) * input * shared, None, None, None, None


def _sum_over(near: np.ndarray, x: Tensor) -> Tensor:
    """Sums over those channels of (N, C, H, W) that each row of a mask (C, C) names."""
    return tensor(near, dtype=x.dtype).matmul(x.flatten(2)).reshape(x.shape)


class CrossMapLRN2d(Module):
    """Divides (N, C, H, W) by a power of the sum of squares over `size` neighbouring channels."""

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1):
        super().__init__()
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k

    def forward(self, input: Tensor) -> Tensor:
        if input.dim() != 4:
            raise ValueError(f"CrossMapLRN2d: Expected input to be 4D, got {input.dim()}D instead.")
        return _Normalise.apply(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"
