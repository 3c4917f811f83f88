"""Parts, borders, sizes and mirror images of tensors."""

from __future__ import annotations

from .... import Tensor, float32, float64, tensor, uint8
from ....nn.functional import interpolate
from ....nn.functional import pad as pad_last_dimensions
from .checks import _assert_image_tensor, _cast_squeeze_in, _cast_squeeze_out, get_dimensions

_PADDING_MODES = {"constant": "constant", "edge": "replicate", "reflect": "reflect", "symmetric": "symmetric"}


def vflip(img: Tensor) -> Tensor:
    """Top and bottom exchanged."""
    _assert_image_tensor(img)
    return img.flip(-2)


def hflip(img: Tensor) -> Tensor:
    """Left and right exchanged."""
    _assert_image_tensor(img)
    return img.flip(-1)


def crop(img: Tensor, top: int, left: int, height: int, width: int) -> Tensor:
    """A part of the image, a view; what lies outside of it is 0."""
    _, h, w = get_dimensions(img)
    right, bottom = left + width, top + height
    if left >= 0 and top >= 0 and right <= w and bottom <= h:
        return img[..., top:bottom, left:right]
    outside = [
        max(-left + min(0, right), 0),
        max(-top + min(0, bottom), 0),
        max(right - max(w, left), 0),
        max(bottom - max(h, top), 0),
    ]
    return pad(img[..., max(top, 0) : bottom, max(left, 0) : right], outside, fill=0)


def _parse_pad_padding(padding) -> list[int]:
    """Borders at the left, right, top and bottom; given one number, (x, y) or (left, top, right, bottom)."""
    if isinstance(padding, int):
        return [padding] * 4
    if len(padding) == 1:
        return [padding[0]] * 4
    left, top, right, bottom = padding if len(padding) == 4 else (*padding, *padding)
    return [left, right, top, bottom]


def pad(img: Tensor, padding, fill=0, padding_mode: str = "constant") -> Tensor:
    """The image with borders; negative ones take pixels away."""
    _assert_image_tensor(img)
    fill = 0 if fill is None else fill
    if not isinstance(padding, (int, tuple, list)):
        raise TypeError("Got inappropriate padding arg")
    if not isinstance(fill, (int, float)):
        raise TypeError("Got inappropriate fill arg")
    if not isinstance(padding_mode, str):
        raise TypeError("Got inappropriate padding_mode arg")
    if isinstance(padding, (tuple, list)) and len(padding) not in (1, 2, 4):
        raise ValueError(f"Padding must be an int or a 1, 2, or 4 element tuple, not a {len(padding)} element tuple")
    if padding_mode not in _PADDING_MODES:
        raise ValueError("Padding mode should be either constant, edge, reflect or symmetric")
    borders, mode = _parse_pad_padding(padding), _PADDING_MODES[padding_mode]
    if mode == "symmetric":
        return _pad_symmetric(img, borders)
    accepted = [img.dtype] if mode == "constant" else [float32, float64]
    batch, _, need_squeeze, out_dtype = _cast_squeeze_in(img, accepted)
    if mode == "constant":
        padded = pad_last_dimensions(batch, borders, mode=mode, value=float(fill))
    else:
        padded = pad_last_dimensions(batch, borders, mode=mode)
    return (padded.squeeze(0) if need_squeeze else padded).to(out_dtype)


def _pad_symmetric(img: Tensor, padding: list[int]) -> Tensor:
    """The image with borders at the left, right, top and bottom that mirror it, the edge included."""
    if min(padding) < 0:
        left, right, top, bottom = (-min(n, 0) for n in padding)
        img = img[..., top : img.shape[-2] - bottom, left : img.shape[-1] - right]
        padding = [max(n, 0) for n in padding]
    if img.ndim not in (3, 4):
        raise RuntimeError("Symmetric padding of N-D tensors are not supported yet")
    columns = _mirrored(img.shape[-1], *padding[:2])
    rows = _mirrored(img.shape[-2], *padding[2:])
    return img[..., rows[:, None], columns[None, :]]


def _mirrored(size: int, before: int, after: int) -> Tensor:
    """The places of `size` pixels, with those nearest to each end once more beyond it, backwards."""
    return tensor([*range(before - 1, -1, -1), *range(size), *range(-1, -after - 1, -1)])


def resize(img: Tensor, size, interpolation: str = "bilinear", antialias: bool | None = True) -> Tensor:
    """The image in a size [height, width]."""
    _assert_image_tensor(img)
    smooth = interpolation in ("bilinear", "bicubic")
    batch, need_cast, need_squeeze, out_dtype = _cast_squeeze_in(img, [float32, float64])
    resized = interpolate(
        batch,
        size=list(size),
        mode=interpolation,
        align_corners=False if smooth else None,
        antialias=bool(antialias) and smooth,
    )
    if interpolation == "bicubic" and out_dtype == uint8:
        resized = resized.clamp(min=0, max=255)
    return _cast_squeeze_out(resized, need_cast, need_squeeze, out_dtype)
