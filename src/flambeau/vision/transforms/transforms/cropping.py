"""Transforms of an image's size: resized, cropped and padded."""

from __future__ import annotations

import numbers
from collections.abc import Sequence

from .... import nn
from ... import batch_steps as steps
from ...printing import Printed
from .. import functional as F
from .._functional_pil import PADDING_MODES
from ..draws import drawn_part, whole
from ..functional import InterpolationMode
from .arguments import CROP_SIZE, _setup_size, check_ranges, interpolation_mode


class Resize(Printed, nn.Module):
    """An image in another size.

    Args:
        size: (height, width), or one number for the shorter edge.
        interpolation: a mode or Pillow's number of one.
        max_size: what the longer edge may be at most where `size` is one number.
        antialias: whether all pixels of a tensor count where it shrinks; those of a Pillow image always do.

    Raises:
        TypeError, ValueError: a size of another kind.
    """

    _shown = "size interpolation.value max_size antialias"

    def __init__(self, size, interpolation=InterpolationMode.BILINEAR, max_size=None, antialias=True):
        super().__init__()
        if not isinstance(size, (int, Sequence)):
            raise TypeError(f"Size should be int or sequence. Got {type(size)}")
        if isinstance(size, Sequence) and len(size) not in (1, 2):
            raise ValueError("If size is a sequence, it should have 1 or 2 values")
        self.size = size
        self.max_size = max_size
        self.interpolation = interpolation_mode(interpolation)
        self.antialias = antialias

    def forward(self, img):
        return F.resize(img, self.size, self.interpolation, self.max_size, self.antialias)

    def on_batch(self, kind):
        size = [self.size] if isinstance(self.size, int) else self.size
        target = F._compute_resized_output_size((kind.height, kind.width), size, self.max_size)
        return steps.one_by_one(kind, tuple(target), self.forward)


class _OfSize(Printed, nn.Module):
    """What crops to a size."""

    _shown = "size"

    def __init__(self, size):
        super().__init__()
        self.size = _setup_size(size, error_msg=CROP_SIZE)


class CenterCrop(_OfSize):
    """The middle of an image, with borders of 0 where it is smaller.

    Args:
        size: (height, width), or one number for both.
    """

    def forward(self, img):
        return F.center_crop(img, self.size)

    def on_batch(self, kind):
        return steps.center_cropped(kind, self.size)


class FiveCrop(_OfSize):
    """The four corners and the middle of an image, a tuple.

    Args:
        size: (height, width), or one number for both.
    """

    def forward(self, img):
        return F.five_crop(img, self.size)


class TenCrop(_OfSize):
    """`FiveCrop` of an image and of its mirror image, a tuple.

    Args:
        size: (height, width), or one number for both.
        vertical_flip: whether the mirror image is upside down rather than left to right.
    """

    _shown = "size vertical_flip"

    def __init__(self, size, vertical_flip=False):
        super().__init__(size)
        self.vertical_flip = vertical_flip

    def forward(self, img):
        return F.ten_crop(img, self.size, self.vertical_flip)


class Pad(Printed, nn.Module):
    """An image with borders.

    Args:
        padding: one number, (left and right, top and bottom) or (left, top, right, bottom).
        fill: the colour of a constant border; one number, or for Pillow images one for each channel.
        padding_mode: "constant", "edge", "reflect" or "symmetric".

    Raises:
        TypeError, ValueError: arguments of other kinds.
    """

    _shown = "padding fill padding_mode"

    def __init__(self, padding, fill=0, padding_mode="constant"):
        super().__init__()
        if not isinstance(padding, (numbers.Number, tuple, list)):
            raise TypeError("Got inappropriate padding arg")
        if not isinstance(fill, (numbers.Number, tuple, list)):
            raise TypeError("Got inappropriate fill arg")
        if padding_mode not in PADDING_MODES:
            raise ValueError("Padding mode should be either constant, edge, reflect or symmetric")
        if isinstance(padding, Sequence) and len(padding) not in (1, 2, 4):
            raise ValueError(
                f"Padding must be an int or a 1, 2, or 4 element tuple, not a {len(padding)} element tuple"
            )
        self.padding = padding
        self.fill = fill
        self.padding_mode = padding_mode

    def forward(self, img):
        return F.pad(img, self.padding, self.fill, self.padding_mode)

    def on_batch(self, kind):
        return steps.padded(kind, self.padding, self.fill, self.padding_mode)


class RandomCrop(Printed, nn.Module):
    """A part of an image, at a random place.

    Args:
        size: (height, width), or one number for both.
        padding: borders that are put around the image first, as in `Pad`; None: none.
        pad_if_needed: whether an image that is smaller than the part gets borders that make it large enough.
        fill, padding_mode: the borders, as in `Pad`.

    Raises:
        ValueError: the image is smaller than the part.
    """

    _shown = "size padding"

    @staticmethod
    def get_params(img, output_size) -> tuple[int, int, int, int]:
        """(top, left, height, width) of a part, drawn."""
        _, h, w = F.get_dimensions(img)
        th, tw = output_size
        if h < th or w < tw:
            raise ValueError(f"Required crop size {(th, tw)} is larger than input image size {(h, w)}")
        if w == tw and h == th:
            return 0, 0, h, w
        return whole(0, h - th + 1), whole(0, w - tw + 1), th, tw

    def __init__(self, size, padding=None, pad_if_needed=False, fill=0, padding_mode="constant"):
        super().__init__()
        self.size = tuple(_setup_size(size, error_msg=CROP_SIZE))
        self.padding = padding
        self.pad_if_needed = pad_if_needed
        self.fill = fill
        self.padding_mode = padding_mode

    def forward(self, img):
        if self.padding is not None:
            img = F.pad(img, self.padding, self.fill, self.padding_mode)
        _, height, width = F.get_dimensions(img)
        if self.pad_if_needed and width < self.size[1]:
            img = F.pad(img, [self.size[1] - width, 0], self.fill, self.padding_mode)
        if self.pad_if_needed and height < self.size[0]:
            img = F.pad(img, [0, self.size[0] - height], self.fill, self.padding_mode)
        return F.crop(img, *self.get_params(img, self.size))

    def on_batch(self, kind):
        return steps.cropped_somewhere(kind, self.size, self.padding, self.pad_if_needed, self.fill, self.padding_mode)


class RandomResizedCrop(nn.Module):
    """A part of an image, of random size, sides and place, resized.

    Args:
        size: (height, width) of the result, or one number for both.
        scale: the range of the part of the image's area.
        ratio: the range of width / height, whose logarithm is drawn uniformly.
        interpolation, antialias: as in `Resize`.

    Raises:
        TypeError, ValueError: arguments of other kinds.
    """

    def __init__(
        self,
        size,
        scale=(0.08, 1.0),
        ratio=(3.0 / 4.0, 4.0 / 3.0),
        interpolation=InterpolationMode.BILINEAR,
        antialias: bool | None = True,
    ):
        super().__init__()
        self.size = _setup_size(size, error_msg=CROP_SIZE)
        check_ranges(scale, ratio)
        self.interpolation = interpolation_mode(interpolation)
        self.antialias = antialias
        self.scale = scale
        self.ratio = ratio

    @staticmethod
    def get_params(img, scale, ratio) -> tuple[int, int, int, int]:
        """(top, left, height, width) of a part, drawn; of the largest in the middle where ten draws do not fit."""
        _, height, width = F.get_dimensions(img)
        return drawn_part(height, width, scale, ratio)

    def forward(self, img):
        i, j, h, w = self.get_params(img, self.scale, self.ratio)
        return F.resized_crop(img, i, j, h, w, self.size, self.interpolation, antialias=self.antialias)

    def __repr__(self) -> str:
        return (
            f"{self.__class__.__name__}(size={self.size}, scale={tuple(round(s, 4) for s in self.scale)}, "
            f"ratio={tuple(round(r, 4) for r in self.ratio)}, interpolation={self.interpolation.value}, "
            f"antialias={self.antialias})"
        )
