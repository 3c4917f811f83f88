"""Images and targets as detectors want them, and what they find as the images had it."""

from __future__ import annotations

import math
from typing import Any

import flambeau as torch
from flambeau import Tensor, nn
from flambeau.nn import functional as F

from ._masks import paste_masks_in_image
from .image_list import ImageList


class GeneralizedRCNNTransform(nn.Module):
    """Normalises images, resizes them with their targets, and puts them in one tensor.

    Args:
        min_size: the shorter side that images get, or several, of which training chooses one.
        max_size: what the longer side may have at most.
        image_mean, image_std: of each channel.
        size_divisible: of what the tensor's sides are multiples.
        fixed_size: (width, height) that all images get.
    """

    def __init__(
        self,
        min_size,
        max_size: int,
        image_mean: list[float],
        image_std: list[float],
        size_divisible: int = 32,
        fixed_size: tuple[int, int] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__()
        self.min_size = min_size if isinstance(min_size, (list, tuple)) else (min_size,)
        self.max_size = max_size
        self.image_mean = image_mean
        self.image_std = image_std
        self.size_divisible = size_divisible
        self.fixed_size = fixed_size
        self._skip_resize = kwargs.pop("_skip_resize", False)

    def forward(self, images: list[Tensor], targets: list[dict[str, Tensor]] | None = None):
        """The images in one tensor, and the targets resized with them.

        Raises:
            ValueError: an image that has not three dimensions.
            TypeError: an image of whole numbers.
        """
        resized, goals = [], None if targets is None else [dict(target) for target in targets]
        for i, image in enumerate(images):
            if image.dim() != 3:
                raise ValueError(f"images is expected to be a list of 3d tensors of shape [C, H, W], got {image.shape}")
            image, target = self.resize(self.normalize(image), None if goals is None else goals[i])
            resized.append(image)
            if goals is not None and target is not None:
                goals[i] = target
        sizes = [(image.shape[-2], image.shape[-1]) for image in resized]
        return ImageList(self.batch_images(resized, size_divisible=self.size_divisible), sizes), goals

    def normalize(self, image: Tensor) -> Tensor:
        """An image less the mean, divided by the deviation of each channel."""
        if not image.is_floating_point():
            raise TypeError(
                f"Expected input images to be of floating type (in range [0, 1]), but found type {image.dtype} instead"
            )
        mean, std = (torch.as_tensor(values, dtype=image.dtype) for values in (self.image_mean, self.image_std))
        return (image - mean[:, None, None]) / std[:, None, None]

    def torch_choice(self, k):
        """One of several, drawn from PyTorch's generator."""
        return k[int(torch.empty(1).uniform_(0.0, float(len(k))).item())]

    def resize(self, image: Tensor, target: dict[str, Tensor] | None = None):
        """An image of the wanted size, and its target resized with it."""
        before = (image.shape[-2], image.shape[-1])
        if self.training and self._skip_resize:
            return image, target
        size = self.torch_choice(self.min_size) if self.training else self.min_size[-1]
        image, target = _resize_image_and_masks(image, size, self.max_size, target, self.fixed_size)
        if target is None:
            return image, target
        target["boxes"] = resize_boxes(target["boxes"], before, image.shape[-2:])
        if "keypoints" in target:
            target["keypoints"] = resize_keypoints(target["keypoints"], before, image.shape[-2:])
        return image, target

    def max_by_axis(self, the_list: list[list[int]]) -> list[int]:
        """The largest of each column."""
        return [max(column) for column in zip(*the_list)]

    def batch_images(self, images: list[Tensor], size_divisible: int = 32) -> Tensor:
        """Images in one tensor, with zeros to the right and below."""
        channels, *sides = self.max_by_axis([list(image.shape) for image in images])
        height, width = (math.ceil(float(n) / size_divisible) * size_divisible for n in sides)
        padded = [F.pad(x, (0, width - x.shape[2], 0, height - x.shape[1], 0, channels - x.shape[0])) for x in images]
        return torch.stack(padded)

    def postprocess(self, result, image_shapes, original_image_sizes):
        """What was found, in the sizes that the images had."""
        if self.training:
            return result
        for found, shape, size in zip(result, image_shapes, original_image_sizes):
            found["boxes"] = resize_boxes(found["boxes"], shape, size)
            if "masks" in found:
                found["masks"] = paste_masks_in_image(found["masks"], found["boxes"], size)
            if "keypoints" in found:
                found["keypoints"] = resize_keypoints(found["keypoints"], shape, size)
        return result

    def __repr__(self) -> str:
        return (
            f"{self.__class__.__name__}(\n    Normalize(mean={self.image_mean}, std={self.image_std})\n    "
            f"Resize(min_size={self.min_size}, max_size={self.max_size}, mode='bilinear')\n)"
        )


def _resize_image_and_masks(image: Tensor, shortest: int, longest: int, target, fixed_size):
    height, width = image.shape[-2:]
    if fixed_size is not None:
        how: dict[str, Any] = {"size": [fixed_size[1], fixed_size[0]]}
    else:
        scale = min(shortest / min(height, width), longest / max(height, width))
        how = {"scale_factor": scale, "recompute_scale_factor": True}
    image = F.interpolate(image[None], mode="bilinear", align_corners=False, **how)[0]
    if target is not None and "masks" in target:
        target["masks"] = F.interpolate(target["masks"][:, None].float(), **how)[:, 0].byte()
    return image, target


def _ratios(original_size, new_size) -> list[Tensor]:
    """By how much the height and the width grow, in float32."""
    pairs = zip(new_size, original_size)
    return [torch.tensor(new, dtype=torch.float32) / torch.tensor(old, dtype=torch.float32) for new, old in pairs]


def resize_keypoints(keypoints: Tensor, original_size, new_size) -> Tensor:
    """Keypoints (..., 3) of an image that is resized."""
    height, width = _ratios(original_size, new_size)
    x, y, *rest = keypoints.unbind(-1)
    return torch.stack((x * width, y * height, *rest), -1).to(keypoints.dtype)


def resize_boxes(boxes: Tensor, original_size, new_size) -> Tensor:
    """Boxes (N, 4) of an image that is resized."""
    height, width = _ratios(original_size, new_size)
    x1, y1, x2, y2 = boxes.unbind(1)
    return torch.stack((x1 * width, y1 * height, x2 * width, y2 * height), dim=1)
