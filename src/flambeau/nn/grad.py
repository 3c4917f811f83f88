"""torch.nn.grad: the gradients of convolutions by themselves."""

from __future__ import annotations

from collections.abc import Callable

from .. import Tensor, zeros
from ..autograd import enable_grad, grad
from . import functional as F


def _gradient(conv: Callable, input, weight, grad_output: Tensor, *settings) -> Tensor:
    """The gradient of conv(input, weight) for the operand that is given by its size. Its values do not matter."""
    operands = [x if isinstance(x, Tensor) else zeros(tuple(x), dtype=grad_output.dtype) for x in (input, weight)]
    wanted = operands[0 if operands[1] is weight else 1].requires_grad_()
    stride, padding, dilation, groups = settings
    with enable_grad():
        output = conv(*(x if x is wanted else x.detach() for x in operands), None, stride, padding, dilation, groups)
        return grad(output, wanted, grad_output)[0]


def conv1d_input(input_size, weight: Tensor, grad_output: Tensor, stride=1, padding=0, dilation=1, groups: int = 1):
    """The gradient of conv1d for an input (N, C, L) of a size."""
    return _gradient(F.conv1d, input_size, weight, grad_output, stride, padding, dilation, groups)


def conv1d_weight(input: Tensor, weight_size, grad_output: Tensor, stride=1, padding=0, dilation=1, groups: int = 1):
    """The gradient of conv1d for a weight of a size."""
    return _gradient(F.conv1d, input, weight_size, grad_output, stride, padding, dilation, groups)


def conv2d_input(input_size, weight: Tensor, grad_output: Tensor, stride=1, padding=0, dilation=1, groups: int = 1):
    """The gradient of conv2d for an input (N, C, H, W) of a size."""
    return _gradient(F.conv2d, input_size, weight, grad_output, stride, padding, dilation, groups)


def conv2d_weight(input: Tensor, weight_size, grad_output: Tensor, stride=1, padding=0, dilation=1, groups: int = 1):
    """The gradient of conv2d for a weight of a size."""
    return _gradient(F.conv2d, input, weight_size, grad_output, stride, padding, dilation, groups)


def conv3d_input(input_size, weight: Tensor, grad_output: Tensor, stride=1, padding=0, dilation=1, groups: int = 1):
    """The gradient of conv3d for an input (N, C, D, H, W) of a size."""
    return _gradient(F.conv3d, input_size, weight, grad_output, stride, padding, dilation, groups)


def conv3d_weight(input: Tensor, weight_size, grad_output: Tensor, stride=1, padding=0, dilation=1, groups: int = 1):
    """The gradient of conv3d for a weight of a size."""
    return _gradient(F.conv3d, input, weight_size, grad_output, stride, padding, dilation, groups)
