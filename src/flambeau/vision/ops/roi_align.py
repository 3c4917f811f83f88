"""Regions of images averaged at points between pixels: RoIAlign."""

from __future__ import annotations

from flambeau import Tensor, nn

from ..printing import Printed
from ._regions import Axis, as_images, as_rois, pair, pixels, sampled


def roi_align(
    input: Tensor, boxes, output_size, spatial_scale: float = 1.0, sampling_ratio: int = -1, aligned: bool = False
) -> Tensor:
    """The mean of samples in each bin of regions (He et al., Mask R-CNN, 2017).

    Args:
        input: (N, C, H, W).
        boxes: (K, 5), the number of an image and two corners; or a list of corners (L, 4) for each image.
        output_size: the number of bins, one number or (rows, columns).
        spatial_scale: what takes the boxes' coordinates to the input's.
        sampling_ratio: how many samples a bin has along each side; 0 or less: about one for each pixel.
        aligned: whether boxes are moved by half a pixel, so that pixels' centres are where the coordinates say.

    Returns: (K, C, rows, columns).

    Raises:
        AssertionError: boxes of another shape.
        RuntimeError: boxes of another dtype than the input's.
    """
    rois = as_rois(input, boxes, "input should have the same type as rois")
    rows, columns = pair(output_size)

    def axes(rois: Tensor) -> tuple[Axis, Axis]:
        ends = rois[:, 1:] * spatial_scale - (0.5 if aligned else 0.0)
        extents = ends[:, 2:] - ends[:, :2]
        extents = extents if aligned else extents.clamp(min=1.0)
        return (
            Axis(ends[:, 1], extents[:, 1], rows, input.size(2)),
            Axis(ends[:, 0], extents[:, 0], columns, input.size(3)),
        )

    if rois.size(0) == 0 or input.numel() == 0:
        return input.new_zeros((rois.size(0), input.size(1), rows, columns))
    total, counts = sampled(pixels(input), rois, axes, sampling_ratio, False)
    return as_images(total / counts.clamp(min=1).to(total.dtype)[:, None, None, None])


class RoIAlign(Printed, nn.Module):
    """See `roi_align`."""

    _shown = "output_size spatial_scale sampling_ratio aligned"

    def __init__(self, output_size, spatial_scale: float, sampling_ratio: int, aligned: bool = False):
        super().__init__()
        self.output_size = output_size
        self.spatial_scale = spatial_scale
        self.sampling_ratio = sampling_ratio
        self.aligned = aligned

    def forward(self, input: Tensor, rois) -> Tensor:
        """The regions (K, C, rows, columns) of an input (N, C, H, W)."""
        return roi_align(input, rois, self.output_size, self.spatial_scale, self.sampling_ratio, self.aligned)
