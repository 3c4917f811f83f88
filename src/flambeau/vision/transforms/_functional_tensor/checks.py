"""What tensors are images, how large they are, and in which form ops take them."""

from __future__ import annotations

from .... import Tensor, float32, int8, int16, int32, int64, uint8, uint16

_MAX_VALUES = {
    uint8: 255, int8: 127, int16: 32767, uint16: 65535, int32: 2147483647, int64: 9223372036854775807,
}  # fmt: skip


def _is_tensor_a_torch_image(x: Tensor) -> bool:
    return x.ndim >= 2


def _assert_image_tensor(img: Tensor) -> None:
    if img.ndim < 2:
        raise TypeError("Tensor is not a torch image.")


def get_dimensions(img: Tensor) -> list[int]:
    """[channels, height, width]."""
    _assert_image_tensor(img)
    return [1 if img.ndim == 2 else img.shape[-3], img.shape[-2], img.shape[-1]]


def get_image_size(img: Tensor) -> list[int]:
    """[width, height]."""
    _assert_image_tensor(img)
    return [img.shape[-1], img.shape[-2]]


def get_image_num_channels(img: Tensor) -> int:
    """The number of channels."""
    return get_dimensions(img)[0]


def _max_value(dtype) -> int:
    """White: the largest whole number of a dtype, 1 for all other dtypes."""
    return _MAX_VALUES.get(dtype, 1)


def _assert_channels(img: Tensor, permitted: list[int]) -> None:
    c = get_dimensions(img)[0]
    if c not in permitted:
        raise TypeError(f"Input image tensor permitted channel values are {permitted}, but found {c}")


def assert_three_dimensions(img: Tensor) -> None:
    """Raises TypeError where there is no dimension for channels."""
    if img.ndim < 3:
        raise TypeError(f"Input image tensor should have at least 3 dimensions, but found {img.ndim}")


def float_type(img: Tensor):
    """The dtype to compute in: the image's own, or float32 for whole numbers."""
    return img.dtype if img.is_floating_point() else float32


def _cast_squeeze_in(img: Tensor, req_dtypes: list) -> tuple:
    """The image as a batch in one of some dtypes, and what `_cast_squeeze_out` needs to undo that."""
    need_squeeze = img.ndim < 4
    if need_squeeze:
        img = img.unsqueeze(0)
    out_dtype = img.dtype
    need_cast = out_dtype not in req_dtypes
    return img.to(req_dtypes[0]) if need_cast else img, need_cast, need_squeeze, out_dtype


def _cast_squeeze_out(img: Tensor, need_cast: bool, need_squeeze: bool, out_dtype) -> Tensor:
    """A result in the form that the image was given in; whole numbers are rounded to."""
    if need_squeeze:
        img = img.squeeze(0)
    if not need_cast:
        return img
    return (img.round() if out_dtype in (uint8, int8, int16, int32, int64) else img).to(out_dtype)
