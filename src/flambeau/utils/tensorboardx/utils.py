"""Images, grids, frames of videos and figures as arrays."""

import numpy as np

from ..tensorboard._utils import convert_to_HWC, figure_to_image, make_grid

__all__ = ["convert_to_HWC", "convert_to_NTCHW", "figure_to_image", "make_grid"]


def convert_to_NTCHW(tensor: np.ndarray, input_format: str) -> np.ndarray:
    """A batch of videos as (batch, time, channel, height, width).

    Args:
        tensor: the array.
        input_format: the letters N, T, C, H and W in the order of its dimensions.

    Raises AssertionError where the letters do not fit.
    """
    if len(input_format) != 5:
        raise AssertionError("Only 5D tensor is supported.")
    if len(set(input_format)) != len(input_format):
        raise AssertionError(f"You can not use the same dimension shorthand twice. {'':7} input_format: {input_format}")
    if tensor.ndim != 5:
        raise AssertionError(
            f"size of input tensor and input format are different. {'':7} tensor shape: {tensor.shape}, "
            f"input_format: {input_format}"
        )
    letters = input_format.upper()
    return tensor.transpose([letters.find(letter) for letter in "NTCHW"])
