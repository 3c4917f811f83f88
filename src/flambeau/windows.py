"""The windows of spectral analysis under torch's own names: Hann, Hamming, Blackman, Bartlett, Kaiser."""

from __future__ import annotations

import math

from . import devices, dtypes
from .creation import ones
from .ops.public import FUNCTIONS
from .ranges import arange
from .tensor import Tensor

__all__ = ["bartlett_window", "blackman_window", "hamming_window", "hann_window", "kaiser_window"]


def _window(name: str, length: int, periodic: bool, formula, dtype, device, requires_grad: bool) -> Tensor:
    """formula(0, 1 ... n - 1 as numbers, n - 1), where a periodic window is a longer one without its last number."""
    if not isinstance(length, int):
        raise TypeError(f"{name}(): argument 'window_length' (position 1) must be int, not {type(length).__name__}")
    if length < 0:
        raise RuntimeError(f"{name} requires non-negative window_length, got window_length={length}")
    kind = dtype or dtypes.get_default_dtype()
    if not kind.is_floating_point:
        raise RuntimeError(f"{name} expects floating point dtypes, got: {kind}")
    devices.require_cpu(device)
    if length < 2:
        window = ones(length, dtype=kind)
    else:
        size = length + 1 if periodic else length
        window = formula(arange(size, dtype=kind), size - 1)[:length].contiguous()
    return window.requires_grad_() if requires_grad else window


def hann_window(
    window_length: int, periodic: bool = True, *, dtype=None, layout=None, device=None, pin_memory=False,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """(1 - cos(2 pi i / n)) / 2."""
    return _window("hann_window", window_length, periodic, _cosine(0.5, 0.5), dtype, device, requires_grad)


def hamming_window(
    window_length: int, periodic: bool = True, alpha: float = 0.54, beta: float = 0.46, *, dtype=None, layout=None,
    device=None, pin_memory=False, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """alpha - beta cos(2 pi i / n)."""
    return _window("hamming_window", window_length, periodic, _cosine(alpha, beta), dtype, device, requires_grad)


def _cosine(alpha: float, beta: float):
    return lambda i, n: (i * (2 * math.pi / n)).cos() * -beta + alpha


def blackman_window(
    window_length: int, periodic: bool = True, *, dtype=None, layout=None, device=None, pin_memory=False,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """0.42 - 0.5 cos(2 pi i / n) + 0.08 cos(4 pi i / n)."""

    def formula(i, n):
        angle = i * (math.pi / n)
        return (angle * 4).cos() * 0.08 - (angle * 2).cos() * 0.5 + 0.42

    return _window("blackman_window", window_length, periodic, formula, dtype, device, requires_grad)


def bartlett_window(
    window_length: int, periodic: bool = True, *, dtype=None, layout=None, device=None, pin_memory=False,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """A triangle: 1 - |2 i / n - 1|."""

    def formula(i, n):
        rising = i * (2 / n)
        return rising.where(i < (n >> 1) + 1, 2 - rising)

    return _window("bartlett_window", window_length, periodic, formula, dtype, device, requires_grad)


def kaiser_window(
    window_length: int, periodic: bool = True, beta: float = 12.0, *, dtype=None, layout=None, device=None,
    pin_memory=False, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """I0(beta sqrt(1 - (2 i / n - 1)^2)) / I0(beta), with the modified Bessel function I0."""

    def formula(i, n):
        bessel = FUNCTIONS["i0"]
        return bessel(beta * (1 - (i * (2 / n) - 1).square()).clamp(min=0).sqrt()) / bessel(i.new_tensor(beta))

    return _window("kaiser_window", window_length, periodic, formula, dtype, device, requires_grad)
