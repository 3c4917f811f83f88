"""Regions averaged at points between pixels, each bin in channels of its own: position-sensitive RoIAlign."""

from __future__ import annotations

from flambeau import Tensor, nn

from ..printing import Printed
from ._regions import Axis, as_images, as_rois, pair, pixels_by_bin, sampled


def ps_roi_align(input: Tensor, boxes, output_size, spatial_scale: float = 1.0, sampling_ratio: int = -1) -> Tensor:
    """The mean of samples in each bin of regions, from channels of its own (Li et al., Light-Head R-CNN, 2017).

    Arguments and errors: as of `roi_align`, with RuntimeError where C is no multiple of the number of bins.

    Returns: (K, C / bins, rows, columns).
    """
    rois = as_rois(input, boxes, "input should have the same type as rois")
    rows, columns = pair(output_size)
    table = pixels_by_bin(input, rows, columns)

    def axes(rois: Tensor) -> tuple[Axis, Axis]:
        ends = rois[:, 1:] * spatial_scale - 0.5
        extents = ends[:, 2:] - ends[:, :2]
        return (
            Axis(ends[:, 1], extents[:, 1], rows, input.size(2)),
            Axis(ends[:, 0], extents[:, 0], columns, input.size(3)),
        )

    if rois.size(0) == 0 or input.numel() == 0:
        return input.new_zeros((rois.size(0), input.size(1) // (rows * columns), rows, columns))
    total, counts = sampled(table, rois, axes, sampling_ratio, True)
    return as_images(total / counts.to(total.dtype)[:, None, None, None])


class PSRoIAlign(Printed, nn.Module):
    """See `ps_roi_align`."""

    _shown = "output_size spatial_scale sampling_ratio"

    def __init__(self, output_size, spatial_scale: float, sampling_ratio: int):
        super().__init__()
        self.output_size = output_size
        self.spatial_scale = spatial_scale
        self.sampling_ratio = sampling_ratio

    def forward(self, input: Tensor, rois) -> Tensor:
        """The regions (K, C / bins, rows, columns) of an input (N, C, H, W)."""
        return ps_roi_align(input, rois, self.output_size, self.spatial_scale, self.sampling_ratio)
