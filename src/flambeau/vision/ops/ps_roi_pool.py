"""The means of regions, each bin in channels of its own: position-sensitive RoIPool."""

from __future__ import annotations

from flambeau import Tensor, nn

from ..printing import Printed
from ._regions import Axis, as_images, as_rois, covered, gathered, pair, pixels_by_bin, planes, rounded, shares_of


def ps_roi_pool(input: Tensor, boxes, output_size, spatial_scale: float = 1.0) -> Tensor:
    """The mean pixel in each bin of regions, from channels of its own (Dai et al., R-FCN, 2016); 0 where it has none.

    Arguments and errors: as of `roi_align`, with RuntimeError where C is no multiple of the number of bins.

    Returns: (K, C / bins, rows, columns).
    """
    rois = as_rois(input, boxes, "input and rois must have the same dtype")
    (rows, columns), (height, width) = pair(output_size), input.shape[2:]
    table = pixels_by_bin(input, rows, columns)
    if rois.size(0) == 0 or input.numel() == 0:
        return input.new_zeros((rois.size(0), input.size(1) // (rows * columns), rows, columns))
    ends = rounded(rois[:, 1:] * spatial_scale)
    extents = (ends[:, 2:] - ends[:, :2]).clamp(min=1)
    # The last row and column are never reached.
    y, in_rows = covered(Axis(ends[:, 1], extents[:, 1], rows, height), height - 1)
    x, in_columns = covered(Axis(ends[:, 0], extents[:, 0], columns, width), width - 1)
    shares = shares_of(in_rows.to(input.dtype), in_columns.to(input.dtype))
    found = gathered(table, planes(rois, rows, columns, True), y, x, (height, width))
    return as_images((found * shares).sum(-2) / shares.sum(-2).clamp(min=1))


class PSRoIPool(Printed, nn.Module):
    """See `ps_roi_pool`."""

    _shown = "output_size spatial_scale"

    def __init__(self, output_size, spatial_scale: float):
        super().__init__()
        self.output_size = output_size
        self.spatial_scale = spatial_scale

    def forward(self, input: Tensor, rois) -> Tensor:
        """The regions (K, C / bins, rows, columns) of an input (N, C, H, W)."""
        return ps_roi_pool(input, rois, self.output_size, self.spatial_scale)
