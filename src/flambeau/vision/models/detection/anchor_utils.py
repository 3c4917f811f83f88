"""Anchors: the boxes from which detectors start, laid over the pixels of feature maps."""

from __future__ import annotations

import math

import flambeau as torch
from flambeau import Tensor, nn

from ...printing import Printed
from .image_list import ImageList


class AnchorGenerator(nn.Module):
    """Boxes of several sizes and shapes at each pixel of each map.

    Args:
        sizes: for each map the sides of squares as large as the boxes.
        aspect_ratios: for each map the heights of boxes in widths.
    """

    def __init__(self, sizes=((128, 256, 512),), aspect_ratios=((0.5, 1.0, 2.0),)) -> None:
        super().__init__()
        if not isinstance(sizes[0], (list, tuple)):
            sizes = tuple((s,) for s in sizes)
        if not isinstance(aspect_ratios[0], (list, tuple)):
            aspect_ratios = (aspect_ratios,) * len(sizes)
        self.sizes = sizes
        self.aspect_ratios = aspect_ratios
        self.cell_anchors = [self.generate_anchors(s, ratios) for s, ratios in zip(sizes, aspect_ratios)]

    def generate_anchors(self, scales, aspect_ratios, dtype=torch.float32, device="cpu") -> Tensor:
        """The boxes (scales * ratios, 4) about the origin, on whole numbers."""
        scales = torch.as_tensor(scales, dtype=dtype)
        heights = torch.sqrt(torch.as_tensor(aspect_ratios, dtype=dtype))
        widths = 1 / heights
        ws, hs = ((factors[:, None] * scales[None, :]).reshape(-1) for factors in (widths, heights))
        return (torch.stack([-ws, -hs, ws, hs], dim=1) / 2).round()

    def set_cell_anchors(self, dtype: torch.dtype, device=None) -> None:
        """Gives the boxes about the origin a dtype."""
        self.cell_anchors = [anchors.to(dtype=dtype) for anchors in self.cell_anchors]

    def num_anchors_per_location(self) -> list[int]:
        """How many boxes each pixel of each map has."""
        return [len(s) * len(ratios) for s, ratios in zip(self.sizes, self.aspect_ratios)]

    def grid_anchors(self, grid_sizes, strides) -> list[Tensor]:
        """For each map the boxes (pixels * boxes, 4), pixel by pixel.

        Raises:
            AssertionError: another number of maps.
        """
        if not len(grid_sizes) == len(strides) == len(self.cell_anchors):
            raise AssertionError(
                "Anchors should be Tuple[Tuple[int]] because each feature map could potentially have different sizes "
                "and aspect ratios. There needs to be a match between the number of feature maps passed and the number "
                "of sizes / aspect ratios specified."
            )
        anchors = []
        for (height, width), (down, right), cell in zip(grid_sizes, strides, self.cell_anchors):
            y, x = torch.arange(height, dtype=torch.int32) * down, torch.arange(width, dtype=torch.int32) * right
            y, x = (shift.reshape(-1) for shift in torch.meshgrid(y, x, indexing="ij"))
            shifts = torch.stack((x, y, x, y), dim=1)
            anchors.append((shifts.view(-1, 1, 4) + cell.view(1, -1, 4)).reshape(-1, 4))
        return anchors

    def forward(self, image_list: ImageList, feature_maps: list[Tensor]) -> list[Tensor]:
        """For each image the boxes of all maps, (N, 4)."""
        sizes = [tuple(x.shape[-2:]) for x in feature_maps]
        height, width = image_list.tensors.shape[-2:]
        self.set_cell_anchors(feature_maps[0].dtype)
        anchors = torch.cat(self.grid_anchors(sizes, [(height // rows, width // columns) for rows, columns in sizes]))
        return [anchors for _ in image_list.image_sizes]


class DefaultBoxGenerator(Printed, nn.Module):
    """The default boxes of SSD (Liu et al., 2016), in parts of the image.

    Args:
        aspect_ratios: for each map.
        min_ratio, max_ratio: the scales of the first and the last map, where scales are not given.
        scales: of the maps, and one more.
        steps: pixels of the image from one pixel of each map to the next.
        clip: whether sides are no longer than the image's.

    Raises:
        ValueError: another number of steps.
    """

    _shown = "aspect_ratios clip scales steps"

    def __init__(
        self,
        aspect_ratios: list[list[int]],
        min_ratio: float = 0.15,
        max_ratio: float = 0.9,
        scales: list[float] | None = None,
        steps: list[int] | None = None,
        clip: bool = True,
    ) -> None:
        super().__init__()
        if steps is not None and len(aspect_ratios) != len(steps):
            raise ValueError("aspect_ratios and steps should have the same length")
        self.aspect_ratios = aspect_ratios
        self.steps = steps
        self.clip = clip
        count = len(aspect_ratios)
        if scales is not None:
            self.scales = scales
        elif count > 1:
            self.scales = [min_ratio + (max_ratio - min_ratio) * k / (count - 1.0) for k in range(count)] + [1.0]
        else:
            self.scales = [min_ratio, max_ratio]
        self._wh_pairs = self._generate_wh_pairs(count)

    def _generate_wh_pairs(self, num_outputs: int, dtype=torch.float32) -> list[Tensor]:
        """For each map the sides of its boxes: two squares, and two boxes of each ratio."""
        pairs = []
        for k in range(num_outputs):
            scale, between = self.scales[k], math.sqrt(self.scales[k] * self.scales[k + 1])
            sides = [[scale, scale], [between, between]]
            for ratio in self.aspect_ratios[k]:
                root = math.sqrt(ratio)
                sides += [[scale * root, scale / root], [scale / root, scale * root]]
            pairs.append(torch.as_tensor(sides, dtype=dtype))
        return pairs

    def num_anchors_per_location(self) -> list[int]:
        """How many boxes each pixel of each map has."""
        return [2 + 2 * len(ratios) for ratios in self.aspect_ratios]

    def _grid_default_boxes(self, grid_sizes, image_size, dtype=torch.float32) -> Tensor:
        """The boxes of all maps as centres and sides."""
        boxes = []
        for k, (height, width) in enumerate(grid_sizes):
            rows, columns = (n / self.steps[k] for n in image_size) if self.steps is not None else (height, width)
            x = ((torch.arange(0, width) + 0.5) / columns).to(dtype)
            y = ((torch.arange(0, height) + 0.5) / rows).to(dtype)
            y, x = (shift.reshape(-1) for shift in torch.meshgrid(y, x, indexing="ij"))
            sides = self._wh_pairs[k].clamp(min=0, max=1) if self.clip else self._wh_pairs[k]
            centres = torch.stack((x, y) * len(sides), dim=-1).reshape(-1, 2)
            boxes.append(torch.cat((centres, sides.repeat(height * width, 1)), dim=1))
        return torch.cat(boxes, dim=0)

    def forward(self, image_list: ImageList, feature_maps: list[Tensor]) -> list[Tensor]:
        """For each image the boxes of all maps, (N, 4), in pixels."""
        height, width = image_list.tensors.shape[-2:]
        sizes = [tuple(x.shape[-2:]) for x in feature_maps]
        boxes = self._grid_default_boxes(sizes, (height, width), dtype=feature_maps[0].dtype)
        size = torch.tensor([width, height])
        centres, half = boxes[:, :2], 0.5 * boxes[:, 2:]
        corners = torch.cat([(centres - half) * size, (centres + half) * size], -1)
        return [corners for _ in image_list.image_sizes]
