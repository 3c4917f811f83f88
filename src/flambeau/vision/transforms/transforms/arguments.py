"""The settings of transforms, checked and put into one form."""

from __future__ import annotations

import numbers
import warnings
from collections.abc import Sequence

from .... import Tensor
from ..functional import _interpolation_modes_from_int

CROP_SIZE = "Please provide only two dimensions (h, w) for size."


def _setup_size(size, error_msg: str):
    """(height, width), given both, or one for both. Raises ValueError for sequences of other lengths."""
    if isinstance(size, numbers.Number):
        return int(size), int(size)  # type: ignore[call-overload]
    if isinstance(size, Sequence) and len(size) == 1:
        return size[0], size[0]
    if len(size) != 2:
        raise ValueError(error_msg)
    return size


def _check_sequence_input(x, name: str, req_sizes) -> None:
    """Raises TypeError for what is no sequence, ValueError for one of a length that is not asked for."""
    lengths = " or ".join(str(s) for s in req_sizes)
    if not isinstance(x, Sequence):
        raise TypeError(f"{name} should be a sequence of length {lengths}.")
    if len(x) not in req_sizes:
        raise ValueError(f"{name} should be a sequence of length {lengths}.")


def _setup_angle(x, name: str, req_sizes=(2,)) -> list[float]:
    """A range of angles, given itself, or by a number for the range to both sides of 0."""
    if isinstance(x, numbers.Number):
        if x < 0:
            raise ValueError(f"If {name} is a single number, it must be positive.")
        x = [-x, x]
    else:
        _check_sequence_input(x, name, req_sizes)
    return [float(d) for d in x]


def affine_ranges(degrees, translate, scale, shear) -> tuple:
    """The ranges of a random affine map: of angles, of moves (as parts), of factors, of shears; None where it has none.

    Raises TypeError, ValueError for what is no such range.
    """
    degrees = _setup_angle(degrees, name="degrees", req_sizes=(2,))
    if translate is not None:
        _check_sequence_input(translate, "translate", req_sizes=(2,))
        if not all(0.0 <= t <= 1.0 for t in translate):
            raise ValueError("translation values should be between 0 and 1")
    if scale is not None:
        _check_sequence_input(scale, "scale", req_sizes=(2,))
        if any(s <= 0 for s in scale):
            raise ValueError("scale values should be positive")
    return degrees, translate, scale, None if shear is None else _setup_angle(shear, name="shear", req_sizes=(2, 4))


def interpolation_mode(interpolation):
    """A mode, where Pillow's number of it is given."""
    return _interpolation_modes_from_int(interpolation) if isinstance(interpolation, int) else interpolation


def checked_fill(fill):
    """The colour outside of an image: a number, or one for each channel; None is 0. Raises TypeError otherwise."""
    if fill is None:
        return 0
    if not isinstance(fill, (Sequence, numbers.Number)):
        raise TypeError("Fill should be either a sequence or a number.")
    return fill


def fill_for(img, fill, channels: int):
    """A colour in the form in which the kernels for an image take it: for tensors a float for each channel."""
    if fill is None or not isinstance(img, Tensor):
        return fill
    return [float(fill)] * channels if isinstance(fill, (int, float)) else [float(f) for f in fill]


def check_ranges(scale, ratio) -> None:
    """Raises TypeError for ranges that are no sequences, warns of those that run backwards."""
    if not isinstance(scale, Sequence):
        raise TypeError("Scale should be a sequence")
    if not isinstance(ratio, Sequence):
        raise TypeError("Ratio should be a sequence")
    if scale[0] > scale[1] or ratio[0] > ratio[1]:
        warnings.warn("Scale and ratio should be of kind (min, max)", stacklevel=3)
