"""Images, grids of images, frames of videos and figures, as arrays of the shapes that summaries take."""

from __future__ import annotations

import numpy as np


def figure_to_image(figures, close: bool = True) -> np.ndarray:
    """Draws a matplotlib figure, or a list of figures of one size.

    Args:
        figures: the figure or figures.
        close: whether they are closed afterwards.

    Returns:
        uint8, (3, height, width); for a list with its length in front.
    """
    if isinstance(figures, list):
        return np.stack([_drawn(figure, close) for figure in figures])
    return _drawn(figures, close)


def _drawn(figure, close: bool) -> np.ndarray:
    import matplotlib.pyplot as plt
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    width, height = figure.canvas.get_width_height()
    pixels = np.frombuffer(canvas.buffer_rgba(), np.uint8).reshape(height, width, 4)
    if close:
        plt.close(figure)
    return np.moveaxis(pixels[:, :, :3], 2, 0)


def _prepare_video(V: np.ndarray) -> np.ndarray:
    """Videos (batch, time, channel, height, width) as the frames (time, height, width, channel) of one, side by side.

    The batch is filled up with black to a power of two.
    """
    batch, time, channels, height, width = V.shape
    if V.dtype == np.uint8:
        V = np.float32(V) / 255.0
    if batch & (batch - 1) or batch == 0:
        missing = (1 << batch.bit_length()) - batch
        V = np.concatenate((V, np.zeros((missing, time, channels, height, width))), axis=0)
    rows = 1 << (batch.bit_length() - 1) // 2
    columns = len(V) // rows
    grid = V.reshape(rows, columns, time, channels, height, width).transpose(2, 0, 4, 1, 5, 3)
    return grid.reshape(time, rows * height, columns * width, channels)


def make_grid(I: np.ndarray, ncols: int = 8) -> np.ndarray:
    """Images (N, 3, H, W) or (N, 1, H, W) side by side in rows of `ncols`: (3, H * rows, W * columns)."""
    if not isinstance(I, np.ndarray):
        raise AssertionError("plugin error, should pass numpy array here")
    if I.shape[1] == 1:
        I = np.concatenate([I, I, I], 1)
    if I.ndim != 4 or I.shape[1] != 3:
        raise AssertionError("Input should be a 4D numpy array with 3 channels")
    count, _, height, width = I.shape
    columns = min(count, ncols)
    rows = int(np.ceil(float(count) / columns))
    cells = np.zeros((rows * columns, 3, height, width), I.dtype)
    cells[:count] = I
    grid = cells.reshape(rows, columns, 3, height, width).transpose(2, 0, 3, 1, 4)
    return grid.reshape(3, rows * height, columns * width)


def convert_to_HWC(tensor: np.ndarray, input_format: str):
    """An image, or a grid of images, as (height, width, 3).

    Args:
        tensor: the array.
        input_format: a letter of N, C, H and W for each of its dimensions ("CHW", "NHWC", "HW" ...).

    Raises AssertionError where a letter stands twice, or the letters are not as many as the dimensions.
    """
    if len(set(input_format)) != len(input_format):
        raise AssertionError(
            "You can not use the same dimension shorthand twice. " + " " * 12 + f"input_format: {input_format}"
        )
    if len(tensor.shape) != len(input_format):
        raise AssertionError(
            "size of input tensor and input format are different. "
            + " " * 8
            + f"tensor shape: {tensor.shape}, input_format: {input_format}"
        )
    input_format = input_format.upper()
    if len(input_format) == 4:
        return make_grid(_ordered(tensor, input_format, "NCHW")).transpose(1, 2, 0)
    if len(input_format) == 3:
        tensor = _ordered(tensor, input_format, "HWC")
        return np.concatenate([tensor] * 3, 2) if tensor.shape[2] == 1 else tensor
    if len(input_format) == 2:
        return np.stack([_ordered(tensor, input_format, "HW")] * 3, 2)
    return None


def _ordered(tensor: np.ndarray, letters: str, wanted: str) -> np.ndarray:
    return tensor.transpose([letters.find(letter) for letter in wanted])
