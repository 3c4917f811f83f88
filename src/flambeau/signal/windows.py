"""torch.signal.windows: window functions, with a maximum of 1 in the middle.

Arguments of all: M, the number of points; sym: symmetric, or (for spectral analysis) one period of a window of M + 1
points; dtype: float32 or float64; requires_grad.
"""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable, Iterable

from ..creation import empty, ones
from ..devices import device as Device
from ..devices import require_cpu, strided
from ..dtypes import dtype as Dtype
from ..dtypes import float32, float64, get_default_dtype
from ..ranges import arange
from ..tensor import Tensor

__all__ = [
    "bartlett", "blackman", "cosine", "exponential", "gaussian", "general_cosine", "general_hamming", "hamming", "hann",
    "kaiser", "nuttall",
]  # fmt: skip


def _window(name: str) -> Callable:
    """A window from its formula(points 0 ... M - 1, the last point of the symmetric window, **its own arguments).

    name: what errors call it.
    """

    def publish(formula: Callable) -> Callable:
        @functools.wraps(formula)
        def window(M, *, sym=True, dtype=None, layout=strided, device=None, requires_grad=False, **own) -> Tensor:
            kind = _checked(name, M, dtype, layout, device)
            points, last = arange(M, dtype=kind), M - 1 if sym else M
            values = formula(points, last, sym=sym, **own) if "sym" in wanted else formula(points, last, **own)
            if M < 2:
                values = empty(0, dtype=kind) if M == 0 else ones(1, dtype=kind)
            return values.requires_grad_(requires_grad)

        wanted = inspect.signature(formula).parameters
        window.__signature__ = _signature(wanted)  # type: ignore[attr-defined]
        return window

    return publish


def _signature(formula) -> inspect.Signature:
    named = inspect.Parameter.KEYWORD_ONLY
    own = [p.replace(kind=named) for n, p in formula.items() if n not in ("n", "last", "sym")]
    common = {"sym": True, "dtype": None, "layout": strided, "device": None, "requires_grad": False}
    shared = [inspect.Parameter(n, named, default=value) for n, value in common.items()]
    return inspect.Signature([inspect.Parameter("M", inspect.Parameter.POSITIONAL_OR_KEYWORD), *own, *shared])


def _checked(name: str, M: int, dtype: Dtype | None, layout, device: Device | None) -> Dtype:
    kind = dtype or get_default_dtype()
    if M < 0:
        raise ValueError(f"{name} requires non-negative window length, got M={M}")
    if layout is not strided:
        raise ValueError(f"{name} is implemented for strided tensors only, got: {layout}")
    if kind not in (float32, float64):
        raise ValueError(f"{name} expects float32 or float64 dtypes, got: {kind}")
    if device is not None:
        require_cpu(device)
    return kind


@_window("exponential")
def exponential(n: Tensor, last: int, center: float | None = None, tau: float = 1.0, sym: bool = True) -> Tensor:
    """exp(-|n - center| / tau)."""
    if tau <= 0:
        raise ValueError(f"Tau must be positive, got: {tau} instead.")
    if sym and center is not None:
        raise ValueError("Center must be None for symmetric windows")
    return (-(n - (last / 2 if center is None else center)).abs() / tau).exp()


@_window("cosine")
def cosine(n: Tensor, last: int) -> Tensor:
    """Half a period of the sine."""
    return ((n + 0.5) * (math.pi / max(last + 1, 1))).sin()


@_window("gaussian")
def gaussian(n: Tensor, last: int, std: float = 1.0) -> Tensor:
    """The bell curve with standard deviation std."""
    if std <= 0:
        raise ValueError(f"Standard deviation must be positive, got: {std} instead.")
    z = (n - last / 2) / (std * math.sqrt(2))
    return (-(z * z)).exp()


@_window("kaiser")
def kaiser(n: Tensor, last: int, beta: float = 12.0) -> Tensor:
    """The modified Bessel function I0 over half an ellipse, of shape beta."""
    if beta < 0:
        raise ValueError(f"beta must be non-negative, got: {beta} instead.")
    from ..special import i0

    z = n * (2 / max(last, 1)) - 1
    return i0((1 - z * z).clamp_min(0).sqrt() * beta) / i0(n.new_tensor(beta))


@_window("bartlett")
def bartlett(n: Tensor, last: int) -> Tensor:
    """The triangle."""
    return 1 - (n * (2 / max(last, 1)) - 1).abs()


@_window("general_cosine")
def general_cosine(n: Tensor, last: int, a: Iterable) -> Tensor:
    """The sum of (-1)**k a[k] cos(2 pi k n / last)."""
    if not isinstance(a, (list, tuple)):
        raise TypeError("Coefficients must be a list/tuple")
    if not a:
        raise ValueError("Coefficients cannot be empty")
    angle = n * (2 * math.pi / max(last, 1))
    total = n.new_zeros(n.shape)
    for k, c in enumerate(a):
        total = total + (angle * k).cos() * (-c if k % 2 else c)
    return total


def general_hamming(M: int, *, alpha: float = 0.54, sym: bool = True, **options) -> Tensor:
    """alpha - (1 - alpha) cos(2 pi n / last)."""
    return general_cosine(M, a=[alpha, 1.0 - alpha], sym=sym, **options)


def hamming(M: int, *, sym: bool = True, **options) -> Tensor:
    """The general Hamming window with alpha 0.54."""
    return general_hamming(M, sym=sym, **options)


def hann(M: int, *, sym: bool = True, **options) -> Tensor:
    """The general Hamming window with alpha 0.5."""
    return general_hamming(M, alpha=0.5, sym=sym, **options)


def blackman(M: int, *, sym: bool = True, **options) -> Tensor:
    """The sum of cosines with coefficients 0.42, 0.5 and 0.08."""
    return general_cosine(M, a=[0.42, 0.5, 0.08], sym=sym, **options)


def nuttall(M: int, *, sym: bool = True, **options) -> Tensor:
    """The minimum 4-term Blackman-Harris window according to Nuttall."""
    return general_cosine(M, a=[0.3635819, 0.4891775, 0.1365995, 0.0106411], sym=sym, **options)
