"""Regions pooled from the level of a feature pyramid that suits their size."""

from __future__ import annotations

import flambeau as torch
from flambeau import Tensor, nn

from ..printing import Printed
from ._utils import convert_boxes_to_roi_format
from .boxes import box_area
from .roi_align import roi_align


class LevelMapper:
    """The level of a pyramid for each region, by its size (Lin et al., Feature Pyramid Networks, 2017, equation 1).

    Args:
        k_min, k_max: the levels that there are.
        canonical_scale: the side of a region that belongs to canonical_level.
        eps: keeps regions right at a border in the upper level.
    """

    def __init__(self, k_min: int, k_max: int, canonical_scale: int = 224, canonical_level: int = 4, eps: float = 1e-6):
        self.k_min = k_min
        self.k_max = k_max
        self.s0 = canonical_scale
        self.lvl0 = canonical_level
        self.eps = eps

    def __call__(self, boxlists: list[Tensor]) -> Tensor:
        """The levels of all boxes, counted from k_min."""
        sides = torch.cat([box_area(boxes) for boxes in boxlists]).sqrt()
        levels = torch.floor(self.lvl0 + torch.log2(sides / self.s0) + torch.tensor(self.eps, dtype=sides.dtype))
        return levels.clamp(min=self.k_min, max=self.k_max).to(torch.int64) - self.k_min


def _scale(feature: Tensor, image: tuple[int, int]) -> float:
    """The power of 2 by which a feature map is smaller than an image."""
    return 2 ** float(torch.tensor(feature.shape[-2] / image[0]).log2().round())


class MultiScaleRoIAlign(Printed, nn.Module):
    """RoIAlign from several feature maps; each region is taken from the one that suits its size.

    Args:
        featmap_names: the names of the feature maps to use.
        output_size: the number of bins, one number or (rows, columns).
        sampling_ratio: how many samples a bin has along each side.
        canonical_scale, canonical_level: as for `LevelMapper`.
    """

    _shown = "featmap_names output_size sampling_ratio"

    def __init__(
        self,
        featmap_names: list[str],
        output_size,
        sampling_ratio: int,
        *,
        canonical_scale: int = 224,
        canonical_level: int = 4,
    ):
        super().__init__()
        self.featmap_names = featmap_names
        self.sampling_ratio = sampling_ratio
        self.output_size = (output_size, output_size) if isinstance(output_size, int) else tuple(output_size)
        self.scales: list[float] | None = None
        self.map_levels: LevelMapper | None = None
        self.canonical_scale = canonical_scale
        self.canonical_level = canonical_level

    def forward(self, x: dict[str, Tensor], boxes: list[Tensor], image_shapes: list[tuple[int, int]]) -> Tensor:
        """The regions (K, C, rows, columns).

        Args:
            x: feature maps (N, C, H, W) by name.
            boxes: (L, 4) for each image, in its coordinates.
            image_shapes: (height, width) of each image. The first call tells how maps are scaled.
        """
        features = [feature for name, feature in x.items() if name in self.featmap_names]
        if self.scales is None or self.map_levels is None:
            self.scales, self.map_levels = self._setup_scales(features, image_shapes)
        rois = convert_boxes_to_roi_format(boxes)
        if len(features) == 1:
            return roi_align(features[0], rois, self.output_size, self.scales[0], self.sampling_ratio)
        levels, first = self.map_levels(boxes), features[0]
        result = torch.zeros((len(rois), first.shape[1], *self.output_size), dtype=first.dtype)
        for level, (feature, scale) in enumerate(zip(features, self.scales)):
            own = torch.where(levels == level)[0]
            pooled = roi_align(feature, rois[own], self.output_size, scale, self.sampling_ratio)
            result[own] = pooled.to(result.dtype)
        return result

    def _setup_scales(self, features: list[Tensor], image_shapes) -> tuple[list[float], LevelMapper]:
        if not image_shapes:
            raise ValueError("images list should not be empty")
        largest = max(height for height, _ in image_shapes), max(width for _, width in image_shapes)
        scales = [_scale(feature, largest) for feature in features]
        low, high = (int(-torch.log2(torch.tensor(scale)).item()) for scale in (scales[0], scales[-1]))
        return scales, LevelMapper(low, high, self.canonical_scale, self.canonical_level)
