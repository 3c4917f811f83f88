"""The largest pixels of regions: RoIPool."""

from __future__ import annotations

import math

from flambeau import Tensor, nn

from ..printing import Printed
from ._regions import Axis, as_images, as_rois, covered, gathered, pair, pixels, planes, rounded


def roi_pool(input: Tensor, boxes, output_size, spatial_scale: float = 1.0) -> Tensor:
    """The largest pixel in each bin of regions (Girshick, Fast R-CNN, 2015); 0 where a bin has none.

    Arguments and errors: as of `roi_align`.

    Returns: (K, C, rows, columns).
    """
    rois = as_rois(input, boxes, "input and rois must have the same dtype")
    (rows, columns), (height, width) = pair(output_size), input.shape[2:]
    if rois.size(0) == 0 or input.numel() == 0:
        return input.new_zeros((rois.size(0), input.size(1), rows, columns))
    ends = rounded(rois[:, 1:] * spatial_scale)
    extents = (ends[:, 2:] - ends[:, :2] + 1).clamp(min=1)
    y, in_rows = covered(Axis(ends[:, 1], extents[:, 1], rows, height), height)
    x, in_columns = covered(Axis(ends[:, 0], extents[:, 0], columns, width), width)
    inside = (in_rows[:, :, None, :, None] & in_columns[:, None, :, None, :]).flatten(3).unsqueeze(-1)
    found = gathered(pixels(input), planes(rois, rows, columns, False), y, x, (height, width))
    best = found.masked_fill(~inside, -math.inf).max(-2)[0]
    return as_images(best.masked_fill(~inside.any(-2), 0))


class RoIPool(Printed, nn.Module):
    """See `roi_pool`."""

    _shown = "output_size spatial_scale"

    def __init__(self, output_size, spatial_scale: float):
        super().__init__()
        self.output_size = output_size
        self.spatial_scale = spatial_scale

    def forward(self, input: Tensor, rois) -> Tensor:
        """The regions (K, C, rows, columns) of an input (N, C, H, W)."""
        return roi_pool(input, rois, self.output_size, self.spatial_scale)
