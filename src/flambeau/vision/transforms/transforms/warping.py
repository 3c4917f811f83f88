"""Transforms that look pixels up somewhere else: mirror images, rotations, shears, perspectives, waves."""

from __future__ import annotations

from collections.abc import Sequence

from .... import Tensor, concat, nn, rand
from ... import batch_steps as steps
from ...printing import Printed
from .. import functional as F
from ..draws import happens, uniform, whole
from ..functional import InterpolationMode
from .arguments import _check_sequence_input, _setup_angle, affine_ranges, checked_fill, fill_for, interpolation_mode


class _Flip(Printed, nn.Module):
    """What mirrors an image with probability p."""

    _shown = "p"

    def __init__(self, p=0.5):
        super().__init__()
        self.p = p


class RandomHorizontalFlip(_Flip):
    """An image with left and right exchanged, with probability p."""

    def forward(self, img):
        return F.hflip(img) if happens(self.p) else img

    def on_batch(self, kind):
        return steps.flipped(kind, self.p, axis=3)


class RandomVerticalFlip(_Flip):
    """An image with top and bottom exchanged, with probability p."""

    def forward(self, img):
        return F.vflip(img) if happens(self.p) else img

    def on_batch(self, kind):
        return steps.flipped(kind, self.p, axis=2)


class RandomPerspective(Printed, nn.Module):
    """An image as if seen from elsewhere, with probability p.

    Args:
        distortion_scale: how far into the image corners move at most: 1 is half of it.
        p: the probability.
        interpolation: a mode or Pillow's number of one; tensors know NEAREST and BILINEAR.
        fill: the colour outside, a number or one for each channel.
    """

    _shown = "p"

    def __init__(self, distortion_scale=0.5, p=0.5, interpolation=InterpolationMode.BILINEAR, fill=0):
        super().__init__()
        self.p = p
        self.interpolation = interpolation_mode(interpolation)
        self.distortion_scale = distortion_scale
        self.fill = checked_fill(fill)

    def forward(self, img):
        channels, height, width = F.get_dimensions(img)
        fill = fill_for(img, self.fill, channels)
        if not happens(self.p):
            return img
        startpoints, endpoints = self.get_params(width, height, self.distortion_scale)
        return F.perspective(img, startpoints, endpoints, self.interpolation, fill)

    @staticmethod
    def get_params(width: int, height: int, distortion_scale: float) -> tuple[list[list[int]], list[list[int]]]:
        """The image's corners [x, y], from the top left with the clock, and where they come to lie, drawn."""
        right, bottom = width - 1, height - 1
        startpoints = [[0, 0], [right, 0], [right, bottom], [0, bottom]]
        dx, dy = int(distortion_scale * (width // 2)), int(distortion_scale * (height // 2))
        endpoints = [
            [whole(right - dx, width) if x else whole(0, dx + 1), whole(bottom - dy, height) if y else whole(0, dy + 1)]
            for x, y in ((0, 0), (1, 0), (1, 1), (0, 1))
        ]
        return startpoints, endpoints


class RandomRotation(nn.Module):
    """An image turned by a random angle.

    Args:
        degrees: the range of angles, or a number for the range to both sides of 0.
        interpolation: a mode or Pillow's number of one; tensors know NEAREST and BILINEAR.
        expand: whether the result is made large enough to hold all of the image.
        center: the point (x, y) that stays; None: the middle.
        fill: the colour outside, a number or one for each channel.
    """

    def __init__(self, degrees, interpolation=InterpolationMode.NEAREST, expand=False, center=None, fill=0):
        super().__init__()
        self.degrees = _setup_angle(degrees, name="degrees", req_sizes=(2,))
        if center is not None:
            _check_sequence_input(center, "center", req_sizes=(2,))
        self.center = center
        self.interpolation = interpolation_mode(interpolation)
        self.expand = expand
        self.fill = checked_fill(fill)

    @staticmethod
    def get_params(degrees: list[float]) -> float:
        """An angle, drawn."""
        return uniform(float(degrees[0]), float(degrees[1]))

    def forward(self, img):
        fill = fill_for(img, self.fill, F.get_dimensions(img)[0])
        angle = self.get_params(self.degrees)
        return F.rotate(img, angle, self.interpolation, self.expand, self.center, fill)

    def __repr__(self) -> str:
        center = f", center={self.center}" if self.center is not None else ""
        fill = f", fill={self.fill}" if self.fill is not None else ""
        return (
            f"{self.__class__.__name__}(degrees={self.degrees}, interpolation={self.interpolation.value}, "
            f"expand={self.expand}{center}{fill})"
        )


class RandomAffine(nn.Module):
    """An image turned, moved, scaled and sheared at random; what is the middle stays.

    Args:
        degrees: the range of angles, or a number for the range to both sides of 0.
        translate: how far it moves at most, as parts (of width, of height) in [0, 1]; None: not at all.
        scale: the range of factors; None: 1.
        shear: the range of angles along x, or both ranges (x, x, y, y), or a number for the range to both sides of 0.
        interpolation: a mode or Pillow's number of one; tensors know NEAREST and BILINEAR.
        fill: the colour outside, a number or one for each channel.
        center: the point (x, y) about which the image is turned; None: the middle.
    """

    def __init__(
        self,
        degrees,
        translate=None,
        scale=None,
        shear=None,
        interpolation=InterpolationMode.NEAREST,
        fill=0,
        center=None,
    ):
        super().__init__()
        self.interpolation = interpolation_mode(interpolation)
        self.degrees, self.translate, self.scale, self.shear = affine_ranges(degrees, translate, scale, shear)
        self.fill = checked_fill(fill)
        if center is not None:
            _check_sequence_input(center, "center", req_sizes=(2,))
        self.center = center

    @staticmethod
    def get_params(degrees, translate, scale_ranges, shears, img_size):
        """(angle, (x, y) of the move, scale, (x, y) of the shear), drawn; `img_size` is (width, height)."""
        angle = uniform(float(degrees[0]), float(degrees[1]))
        moved = (0, 0)
        if translate is not None:
            reach = [float(part * size) for part, size in zip(translate, img_size)]
            moved = tuple(round(uniform(-most, most)) for most in reach)
        scale = 1.0 if scale_ranges is None else uniform(scale_ranges[0], scale_ranges[1])
        shear_x = shear_y = 0.0
        if shears is not None:
            shear_x = uniform(shears[0], shears[1])
            if len(shears) == 4:
                shear_y = uniform(shears[2], shears[3])
        return angle, moved, scale, (shear_x, shear_y)

    def forward(self, img):
        channels, height, width = F.get_dimensions(img)
        fill = fill_for(img, self.fill, channels)
        drawn = self.get_params(self.degrees, self.translate, self.scale, self.shear, [width, height])
        return F.affine(img, *drawn, interpolation=self.interpolation, fill=fill, center=self.center)

    def __repr__(self) -> str:
        named = [(name, getattr(self, name)) for name in ("translate", "scale", "shear")]
        shown = [f"degrees={self.degrees}", *(f"{name}={value}" for name, value in named if value is not None)]
        if self.interpolation != InterpolationMode.NEAREST:
            shown.append(f"interpolation={self.interpolation.value}")
        if self.fill != 0:
            shown.append(f"fill={self.fill}")
        if self.center is not None:
            shown.append(f"center={self.center}")
        return f"{self.__class__.__name__}({', '.join(shown)})"


class ElasticTransform(Printed, nn.Module):
    """An image as if seen through water.

    Args:
        alpha: how far pixels move, a float or one for x and one for y.
        sigma: how smoothly that changes from pixel to pixel, a float or one for x and one for y.
        interpolation: a mode or Pillow's number of one, NEAREST or BILINEAR.
        fill: the colour outside, a number or one for each channel.

    Raises:
        TypeError, ValueError: arguments of other kinds.
    """

    _shown = "alpha sigma interpolation fill"

    def __init__(self, alpha=50.0, sigma=5.0, interpolation=InterpolationMode.BILINEAR, fill=0):
        super().__init__()
        self.alpha = _two_floats(alpha, "alpha")
        self.sigma = _two_floats(sigma, "sigma")
        self.interpolation = interpolation_mode(interpolation)
        if not isinstance(fill, (int, float, list, tuple)):
            raise TypeError(f"fill should be int or float or a list or tuple of them. Got {type(fill)}")
        self.fill = [float(f) for f in (fill if isinstance(fill, (list, tuple)) else [fill])]

    @staticmethod
    def get_params(alpha: list[float], sigma: list[float], size: list[int]) -> Tensor:
        """How far each pixel of an image (height, width) moves along x and y, (1, H, W, 2), drawn."""
        along = [_smoothed(rand([1, 1, *size]) * 2 - 1, s, sigma) * a / n for a, s, n in zip(alpha, sigma, size[::-1])]
        return concat(along, 1).permute(0, 2, 3, 1)

    def forward(self, tensor):
        _, height, width = F.get_dimensions(tensor)
        displacement = self.get_params(self.alpha, self.sigma, [height, width])
        return F.elastic_transform(tensor, displacement, self.interpolation, self.fill)


def _two_floats(value, name: str):
    """Two floats, given both, or one for both."""
    if not isinstance(value, (float, Sequence)):
        raise TypeError(f"{name} should be float or a sequence of floats. Got {type(value)}")
    if isinstance(value, float):
        return [value, value]
    if len(value) != 2:
        raise ValueError(f"If {name} is a sequence its length should be 2. Got {len(value)}")
    for element in value:
        if not isinstance(element, float):
            raise TypeError(f"{name} should be a sequence of floats. Got {type(element)}")
    return value


def _smoothed(noise: Tensor, sigma: float, sigmas) -> Tensor:
    """Noise blurred with both deviations, by a kernel that is as large as one of them asks for."""
    if sigma <= 0.0:
        return noise
    size = int(8 * sigma + 1) | 1  # odd
    return F.gaussian_blur(noise, [size, size], sigmas)
