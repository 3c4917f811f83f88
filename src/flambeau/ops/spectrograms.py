"""Short-time Fourier transforms: the spectra of windows that move along a signal, and the signal that has them."""

from __future__ import annotations

import functools
import math
import warnings

from ..errors import TYPE_NAMES
from ..meta import contiguous, meta
from ..tensor import Tensor
from .complex_numbers import view_as_complex, view_as_real
from .fourier import c2c, c2r, r2c
from .movement import constant_pad
from .public import public
from .views import add_windows


def _frame(window: Tensor | None, like: Tensor, n_fft: int, win_length: int) -> Tensor:
    """The window (all ones by default) in the middle of a frame of n_fft elements."""
    if window is None:
        window = Tensor.full_of((win_length,), 1, like.meta.dtype.to_real())
    left = (n_fft - win_length) // 2
    return constant_pad(window, [left, n_fft - win_length - left], 0)


@functools.cache
def _warn(text: str) -> None:
    """Once in a process."""
    warnings.warn(text, UserWarning, stacklevel=4)


NO_WINDOW = (
    "A window was not provided. A rectangular window will be applied,which is known to cause spectral leakage. Other "
    "windows such as torch.hann_window or torch.hamming_window are recommended to reduce spectral leakage.To suppress "
    "this warning and use a rectangular window, explicitly set `window=torch.ones(n_fft, device=<device>)`."
)
NO_WINDOW_BACK = (
    "A window was not provided. A rectangular window will be applied.Please provide the same window used by stft to "
    "make the inversion lossless.To suppress this warning and use a rectangular window, explicitly set "
    "`window=torch.ones(n_fft, device=<device>)`."
)
AS_REAL = (
    "stft with return_complex=False is deprecated. In a future pytorch release, stft will return complex tensors for "
    "all inputs, and return_complex=False will raise an error.\nNote: you can still call torch.view_as_real on the "
    "complex output to recover the old return format."
)
TOO_SHORT = (
    "The length of signal is shorter than the length parameter. Result is being padded with zeros in the tail. Please "
    "check your center and hop_length settings."
)
NEEDS_CHOICE = (
    "stft requires the return_complex parameter be given for real inputs, and will further require that "
    "return_complex=True in a future PyTorch release."
)
ONE_SIDED = "Cannot have onesided output if window or input is complex"


def _flag(value) -> str:
    return "None" if value is None else str(int(value))


# ------------------------------------------------------------------ the spectra of a signal
@public()
def stft(
    input: Tensor, n_fft: int, hop_length: int | None = None, win_length: int | None = None,
    window: Tensor | None = None, center: bool = True, pad_mode: str = "reflect", normalized: bool = False,
    onesided: bool | None = None, return_complex: bool | None = None, align_to_window: bool | None = None,
) -> Tensor:  # fmt: skip
    """The Fourier transforms of the windows of a signal: (batch, frequency, frame).

    input: (time) or (batch, time), real or complex.  hop_length: from window to window (n_fft // 4 by default).
    window: (win_length), multiplied with each, in the middle of n_fft elements.  center: whether frame t is centred at
    t * hop_length, the signal being continued by pad_mode.  normalized: whether to divide by the root of n_fft.
    onesided: whether only half of the frequencies are given (by default for real signals).  align_to_window: without
    center, whether the first window, not the first frame, begins with the signal.
    """
    hop = n_fft // 4 if hop_length is None else hop_length
    length = n_fft if win_length is None else win_length
    if align_to_window is not None and center:
        raise RuntimeError("stft align_to_window should only be set when center = false")
    x = _centred(input, n_fft // 2, pad_mode) if center else input
    if window is None:
        _warn(NO_WINDOW)
    is_complex = x.dtype.is_complex or (window is not None and window.dtype.is_complex)
    if not is_complex and return_complex is None:
        raise RuntimeError(NEEDS_CHOICE)
    if return_complex is False:
        _warn(AS_REAL)
    _check_signal(x, n_fft, hop, length, window, normalized, onesided, return_complex, align_to_window)
    if onesided and is_complex:
        raise RuntimeError(ONE_SIDED)
    if align_to_window:
        left = (n_fft - length) // 2
        x = constant_pad(x, [left, n_fft - length - left], 0)
    frames = (x if x.ndim == 2 else x.unsqueeze(0)).unfold(1, n_fft, hop) * _frame(window, x, n_fft, length)
    scale = 1 / math.sqrt(n_fft) if normalized else 1.0
    if is_complex or onesided is False:
        result = c2c(frames.to(frames.dtype.to_complex()), (2,), scale, True)
    else:
        result = r2c(frames, (2,), scale)
    result = result.transpose(1, 2)
    result = result if x.ndim == 2 else result.squeeze(0)
    return result if return_complex or (is_complex and return_complex is None) else view_as_real(result)


def _centred(x: Tensor, border: int, mode: str) -> Tensor:
    from .functional import pad

    lead = 3 - x.ndim
    padded = pad(x.reshape([1] * lead + list(x.shape)), [border, border], mode)
    return padded.reshape(padded.shape[lead:]) if lead > 0 else padded


def _check_signal(x, n_fft, hop, length, window, normalized, onesided, return_complex, align) -> None:
    described = (
        f"stft(torch.{TYPE_NAMES[x.meta.dtype.name]}{list(x.shape)}, n_fft={n_fft}, hop_length={hop}, "
        f"win_length={length}, window={_described(window)}, normalized={_flag(normalized)}, "
        f"onesided={_flag(onesided)}, return_complex={_flag(return_complex)}, align_to_window={_flag(align)}) : "
        "expected "
    )
    if not x.dtype.is_inexact:
        raise RuntimeError(described + "a tensor of floating point or complex values")
    if x.ndim not in (1, 2):
        raise RuntimeError(described + "a 1D or 2D tensor")
    if not 0 < n_fft <= x.shape[-1]:
        raise RuntimeError(f"{described}0 < n_fft < {x.shape[-1]}, but got n_fft={n_fft}")
    if hop <= 0:
        raise RuntimeError(f"{described}hop_length > 0, but got hop_length={hop}")
    if not 0 < length <= n_fft:
        raise RuntimeError(f"{described}0 < win_length <= n_fft, but got win_length={length}")
    if window is not None and (window.ndim != 1 or window.shape[0] != length):
        raise RuntimeError(
            f"{described}a 1D window tensor of size equal to win_length={length}, but got window with size "
            f"{list(window.shape)}"
        )


def _described(window: Tensor | None) -> str:
    if window is None:
        return "None"
    return f"torch.{TYPE_NAMES[window.meta.dtype.name]}{{{list(window.shape)}}}"


# ------------------------------------------------------------------ and back
@public()
def istft(
    input: Tensor, n_fft: int, hop_length: int | None = None, win_length: int | None = None,
    window: Tensor | None = None, center: bool = True, normalized: bool = False, onesided: bool | None = None,
    length: int | None = None, return_complex: bool = False,
) -> Tensor:  # fmt: skip
    """The signal whose short-time Fourier transform comes nearest to the given one (Griffin and Lim, 1984).

    input: complex, (frequency, frame) or (batch, frequency, frame).  length: of the signal, which is cut or continued
    by zeros.  The other arguments as for `stft`.
    """
    win_length = n_fft if win_length is None else win_length
    hop = win_length // 4 if hop_length is None else hop_length
    if window is None:
        _warn(NO_WINDOW_BACK)
    if not input.dtype.is_complex:
        raise RuntimeError(
            "istft requires a complex-valued input tensor matching the output from stft with return_complex=True."
        )
    described = (
        f"istft(CPU{TYPE_NAMES[input.meta.dtype.name].replace('Tensor', 'Type')}{list(input.shape)}, n_fft={n_fft}, "
        f"hop_length={hop}, win_length={win_length}, window={_described(window)}, center={_flag(center)}, "
        f"normalized={_flag(normalized)}, onesided={_flag(onesided)}, length={length}, "
        f"return_complex={_flag(return_complex)}) "
    )
    _check_spectra(f"{described}: ", input, n_fft, hop, win_length, window, onesided, return_complex)
    one_sided = onesided if onesided is not None else input.shape[-2] != n_fft
    spectra = (input if input.ndim == 3 else input.unsqueeze(0)).transpose(1, 2)
    frame = _frame(window, input, n_fft, win_length)
    scale = 1 / math.sqrt(n_fft) if normalized else 1 / n_fft
    if return_complex:
        if one_sided:
            raise RuntimeError(ONE_SIDED)
        frames = c2c(spectra, (2,), scale, False)
    else:
        frames = c2r(spectra[..., : n_fft // 2 + 1], (2,), scale, n_fft)
    result = _joined(described, frames, frame, hop, center, length)
    return result if input.ndim == 3 else result.squeeze(0)


def _joined(described: str, frames: Tensor, frame: Tensor, hop: int, center: bool, length: int | None) -> Tensor:
    """The frames added up where they overlap, divided by the sums of the squares of their windows."""
    n_fft, count = frames.shape[2], frames.shape[1]
    total = n_fft + hop * (count - 1)
    start = n_fft // 2 if center else 0
    end = start + length if length is not None else total - (n_fft // 2 if center else 0)
    signal = _overlapped(frames * frame, hop, total)[:, start:end]
    weights = _overlapped((frame * frame).expand(1, count, n_fft), hop, total)[:, start:end]
    if bool((weights.detach().abs() < 1e-11).any()):
        raise RuntimeError(f"{described}window overlap add min: 1\n[ CPUBoolType{{}} ]")
    signal = signal / weights
    if end > total:
        _warn(TOO_SHORT)
        signal = constant_pad(signal, [0, end - total], 0)
    return signal


def _overlapped(frames: Tensor, hop: int, total: int) -> Tensor:
    """Frames (batch, frame, time) added up every hop elements: (batch, total)."""
    if frames.dtype.is_complex:
        real, imag = (_overlapped(part, hop, total) for part in (frames.real, frames.imag))
        from .movement import stack

        return view_as_complex(stack([real, imag], -1))
    batch = frames.shape[0]
    signal = contiguous((batch, total), frames.meta.dtype)
    seen = meta(frames.shape, (total, hop, 1), 0, frames.meta.dtype)
    return add_windows(frames, signal, seen, 1, hop)


def _check_spectra(described, input, n_fft: int, hop: int, win_length: int, window, onesided, return_complex) -> None:
    if not input.numel():
        raise RuntimeError(f"{described}input tensor cannot be empty.")
    if input.ndim not in (2, 3):
        raise RuntimeError(f"{described}expected a tensor with 2 or 3 dimensions, but got {input.ndim}")
    size, half = input.shape[-2], n_fft // 2 + 1
    one_sided = onesided if onesided is not None else size != n_fft
    if size != (half if one_sided else n_fft):
        want = "n_fft / 2 + 1 when onesided=True" if one_sided else "n_fft when onesided=False"
        raise RuntimeError(
            f"{described}expected the frequency dimension (3rd to the last) of the input tensor to match {want}, but "
            f"got {size}"
        )
    if not 0 < hop <= win_length:
        raise RuntimeError(f"{described}expected 0 < hop_length <= win_length")
    if not 0 < win_length <= n_fft:
        raise RuntimeError(f"{described}expected 0 < win_length <= n_fft")
    if window is not None and (window.ndim != 1 or window.shape[0] != win_length):
        raise RuntimeError(f"{described}Invalid window shape. window has to be 1D and length of `win_length`")
