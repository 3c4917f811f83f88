"""Transforms of colours."""

from __future__ import annotations

import numbers

from .... import nn, randperm
from ... import batch_steps as steps
from ...printing import Printed
from .. import functional as F
from ..draws import chance, happens, uniform

_JITTERED = ("brightness", "contrast", "saturation", "hue")  # in the order in which their factors are drawn


class ColorJitter(Printed, nn.Module):
    """Brightness, contrast, saturation and hue changed at random, in random order.

    Args:
        brightness, contrast, saturation: the range of factors, or x for [1 - x, 1 + x].
        hue: the range of parts of the circle, within [-0.5, 0.5], or x for [-x, x].

    Raises:
        TypeError, ValueError: ranges of other kinds.
    """

    _shown = "brightness contrast saturation hue"

    def __init__(self, brightness=0, contrast=0, saturation=0, hue=0) -> None:
        super().__init__()
        self.brightness = self._check_input(brightness, "brightness")
        self.contrast = self._check_input(contrast, "contrast")
        self.saturation = self._check_input(saturation, "saturation")
        self.hue = self._check_input(hue, "hue", center=0, bound=(-0.5, 0.5), clip_first_on_zero=False)

    def _check_input(self, value, name, center=1, bound=(0, float("inf")), clip_first_on_zero=True):
        """A range, given itself or by a number; None where it changes nothing."""
        if isinstance(value, numbers.Number):
            if value < 0:
                raise ValueError(f"If {name} is a single number, it must be non negative.")
            value = [center - float(value), center + float(value)]  # type: ignore[arg-type]
            if clip_first_on_zero:
                value[0] = max(value[0], 0.0)
        elif isinstance(value, (tuple, list)) and len(value) == 2:
            value = [float(value[0]), float(value[1])]
        else:
            raise TypeError(f"{name} should be a single number or a list/tuple with length 2.")
        if not bound[0] <= value[0] <= value[1] <= bound[1]:
            raise ValueError(f"{name} values should be between {bound}, but got {value}.")
        return None if value[0] == value[1] == center else tuple(value)

    @staticmethod
    def get_params(brightness, contrast, saturation, hue) -> tuple:
        """The order of the four changes, a tensor, and a factor for each, drawn; None where there is no range."""
        order = randperm(4)
        ranges = (brightness, contrast, saturation, hue)
        return order, *(None if r is None else uniform(r[0], r[1]) for r in ranges)

    def forward(self, img):
        order, *factors = self.get_params(self.brightness, self.contrast, self.saturation, self.hue)
        for i in order.tolist():
            if factors[i] is not None:
                img = getattr(F, f"adjust_{_JITTERED[i]}")(img, factors[i])
        return img


class Grayscale(Printed, nn.Module):
    """An image in shades of grey.

    Args:
        num_output_channels: 1, or 3 that are equal.
    """

    _shown = "num_output_channels"

    def __init__(self, num_output_channels=1):
        super().__init__()
        self.num_output_channels = num_output_channels

    def forward(self, img):
        return F.rgb_to_grayscale(img, num_output_channels=self.num_output_channels)

    def on_batch(self, kind):
        return steps.grey(kind, self.num_output_channels)


class RandomGrayscale(Printed, nn.Module):
    """An image in shades of grey, of as many channels as before, with probability p."""

    _shown = "p"

    def __init__(self, p=0.1):
        super().__init__()
        self.p = p

    def forward(self, img):
        channels, _, _ = F.get_dimensions(img)
        return F.rgb_to_grayscale(img, num_output_channels=channels) if happens(self.p) else img


class _Sometimes(Printed, nn.Module):
    """What changes an image with probability p."""

    _shown = "p"
    _separator = ","

    def __init__(self, p=0.5):
        super().__init__()
        self.p = p

    def _change(self, img):
        raise NotImplementedError

    def forward(self, img):
        return self._change(img) if chance() < self.p else img


class RandomInvert(_Sometimes):
    """The negative of an image, with probability p."""

    def _change(self, img):
        return F.invert(img)


class RandomPosterize(_Sometimes):
    """An image of bytes with only their first bits kept, with probability p.

    Args:
        bits: how many bits (0 to 8).
        p: the probability.
    """

    _shown = "bits p"

    def __init__(self, bits, p=0.5):
        super().__init__(p)
        self.bits = bits

    def _change(self, img):
        return F.posterize(img, self.bits)


class RandomSolarize(_Sometimes):
    """An image with its bright pixels inverted, with probability p.

    Args:
        threshold: the least number that is inverted.
        p: the probability.
    """

    _shown = "threshold p"

    def __init__(self, threshold, p=0.5):
        super().__init__(p)
        self.threshold = threshold

    def _change(self, img):
        return F.solarize(img, self.threshold)


class RandomAutocontrast(_Sometimes):
    """An image with each channel stretched to the whole range, with probability p."""

    def _change(self, img):
        return F.autocontrast(img)


class RandomEqualize(_Sometimes):
    """An image of bytes with all of them about equally frequent, with probability p."""

    def _change(self, img):
        return F.equalize(img)
