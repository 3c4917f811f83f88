"""Transforms between kinds of images and kinds of numbers."""

from __future__ import annotations

from .... import Tensor, float32, mm, nn
from ... import batch_steps as steps
from ...printing import Printed
from .. import functional as F


class ToTensor(Printed):
    """A Pillow image or an array (H, W[, C]) as a tensor (C, H, W); bytes are scaled to [0, 1]."""

    def __call__(self, pic):
        return F.to_tensor(pic)

    def on_batch(self, kind):
        return steps.scaled(kind) if kind.is_pil else None


class PILToTensor(Printed):
    """A Pillow image as a tensor (C, H, W) of the same numbers."""

    def __call__(self, pic):
        return F.pil_to_tensor(pic)

    def on_batch(self, kind):
        return steps.as_tensors(kind)


class ConvertImageDtype(nn.Module):
    """A tensor in another dtype, its numbers scaled to the dtype's range.

    Args:
        dtype: the dtype.

    Raises:
        RuntimeError: floats that cannot tell whole numbers of that range apart.
    """

    def __init__(self, dtype) -> None:
        super().__init__()
        self.dtype = dtype

    def forward(self, image):
        return F.convert_image_dtype(image, self.dtype)

    def on_batch(self, kind):
        return steps.scaled(kind) if self.dtype is float32 and not kind.is_pil else None


class ToPILImage:
    """A tensor (C, H, W) or an array (H, W, C) as a Pillow image.

    Args:
        mode: Pillow's name of the colour space; None where channels and type say it.
    """

    def __init__(self, mode=None):
        self.mode = mode

    def __call__(self, pic):
        return F.to_pil_image(pic, self.mode)

    def __repr__(self) -> str:
        mode = f"mode={self.mode}" if self.mode is not None else ""
        return f"{self.__class__.__name__}({mode})"


class Normalize(Printed, nn.Module):
    """(image - mean) / std of tensors, channel by channel.

    Args:
        mean, std: one number for each channel.
        inplace: whether to write to the tensor that is given.
    """

    _shown = "mean std"

    def __init__(self, mean, std, inplace=False):
        super().__init__()
        self.mean = mean
        self.std = std
        self.inplace = inplace

    def forward(self, tensor: Tensor) -> Tensor:
        return F.normalize(tensor, self.mean, self.std, self.inplace)

    def on_batch(self, kind):
        return steps.normalized(kind, self.mean, self.std)


class LinearTransformation(nn.Module):
    """A tensor (..., C, H, W) as one vector, less a mean, times a matrix; whitening, for one.

    Args:
        transformation_matrix: (D, D) with D = C H W.
        mean_vector: (D).

    Raises:
        ValueError: sizes, dtypes or devices that do not go together.
    """

    def __init__(self, transformation_matrix, mean_vector):
        super().__init__()
        check_whitening(transformation_matrix, mean_vector)
        self.transformation_matrix = transformation_matrix
        self.mean_vector = mean_vector

    def forward(self, tensor: Tensor) -> Tensor:
        shape = tensor.shape
        n = whitened_size(tensor, self.transformation_matrix, self.mean_vector)
        flat = tensor.view(-1, n) - self.mean_vector
        return mm(flat, self.transformation_matrix.to(flat.dtype)).view(shape)

    def __repr__(self) -> str:
        return (
            f"{self.__class__.__name__}(transformation_matrix={self.transformation_matrix.tolist()}, "
            f"mean_vector={self.mean_vector.tolist()})"
        )


def check_whitening(transformation_matrix: Tensor, mean_vector: Tensor) -> None:
    """Raises ValueError for a matrix and a mean that do not go together."""
    size = tuple(transformation_matrix.size())
    if size[0] != size[1]:
        raise ValueError(f"transformation_matrix should be square. Got {size} rectangular matrix.")
    if mean_vector.size(0) != size[0]:
        raise ValueError(
            f"mean_vector should have the same length {mean_vector.size(0)} "
            f"as any one of the dimensions of the transformation_matrix [{size}]"
        )
    for name in ("device", "dtype"):
        first, second = getattr(transformation_matrix, name), getattr(mean_vector, name)
        if first != second:
            where = "be on the same device" if name == "device" else "have the same dtype"
            raise ValueError(f"Input tensors should {where}. Got {first} and {second}")


def whitened_size(tensor: Tensor, matrix: Tensor, mean: Tensor) -> int:
    """The numbers of an image (..., C, H, W). Raises ValueError where matrix and mean are for others."""
    channels, height, width = (tensor.shape[dim] for dim in (-3, -2, -1))
    if channels * height * width != matrix.shape[0]:
        raise ValueError(
            "Input tensor and transformation matrix have incompatible shape."
            f"[{channels} x {height} x {width}] != {matrix.shape[0]}"
        )
    if tensor.device.type != mean.device.type:
        raise ValueError(
            "Input tensor should be on the same device as transformation matrix and mean vector. "
            f"Got {tensor.device} vs {mean.device}"
        )
    return channels * height * width
