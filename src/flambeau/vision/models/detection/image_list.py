"""Images of several sizes in one tensor."""

from __future__ import annotations

from flambeau import Tensor


class ImageList:
    """Images in one tensor, padded to one size, and the size that each had.

    Args:
        tensors: (N, C, H, W).
        image_sizes: (height, width) of each.
    """

    def __init__(self, tensors: Tensor, image_sizes: list[tuple[int, int]]) -> None:
        self.tensors = tensors
        self.image_sizes = image_sizes

    def to(self, device) -> ImageList:
        """The same on another device."""
        return ImageList(self.tensors.to(device), self.image_sizes)
