"""What transforms do to Pillow images, by Pillow; each refuses other types."""

from __future__ import annotations

import functools
import numbers

import numpy as np

try:
    from PIL import Image, ImageEnhance, ImageOps
except ImportError as error:
    raise ImportError("flambeau.vision.transforms needs Pillow: pip install 'flambeau[vision]'") from error

PADDING_MODES = ["constant", "edge", "reflect", "symmetric"]
_Transpose, _Transform = Image.Transpose, Image.Transform


def _is_pil_image(img) -> bool:
    return isinstance(img, Image.Image)


def _for_pil_images(function):
    """Has a function refuse what is no Pillow image."""

    @functools.wraps(function)
    def checked(img, *args, **kwargs):
        if not isinstance(img, Image.Image):
            raise TypeError(f"img should be PIL Image. Got {type(img)}")
        return function(img, *args, **kwargs)

    return checked


def image_of_array(array: np.ndarray, mode: str) -> Image.Image:
    """An image of a mode over an array (H, W) or (H, W, C), whose bytes are taken as they are."""
    pixels = array if array.flags.c_contiguous else array.tobytes()
    return Image.frombuffer(mode, (array.shape[1], array.shape[0]), pixels, "raw", mode, 0, 1)


# ------------------------------------------------------------------ sizes
def get_dimensions(img) -> list[int]:
    """[channels, height, width]."""
    width, height = get_image_size(img)
    return [len(img.getbands()), height, width]


def get_image_size(img) -> list[int]:
    """[width, height]."""
    if not _is_pil_image(img):
        raise TypeError(f"Unexpected type {type(img)}")
    return list(img.size)


def get_image_num_channels(img) -> int:
    """The number of channels."""
    if not _is_pil_image(img):
        raise TypeError(f"Unexpected type {type(img)}")
    return len(img.getbands())


# ------------------------------------------------------------------ parts and borders
@_for_pil_images
def hflip(img):
    """Left and right exchanged."""
    return img.transpose(_Transpose.FLIP_LEFT_RIGHT)


@_for_pil_images
def vflip(img):
    """Top and bottom exchanged."""
    return img.transpose(_Transpose.FLIP_TOP_BOTTOM)


@_for_pil_images
def crop(img, top: int, left: int, height: int, width: int):
    """A part of the image; what lies outside of it is 0."""
    return img.crop((left, top, left + width, top + height))


@_for_pil_images
def resize(img, size, interpolation: int = Image.Resampling.BILINEAR):
    """The image in a size [height, width]."""
    if not (isinstance(size, list) and len(size) == 2):
        raise TypeError(f"Got inappropriate size arg: {size}")
    return img.resize((size[1], size[0]), interpolation)


@_for_pil_images
def pad(img, padding, fill=0, padding_mode: str = "constant"):
    """The image with borders; negative ones take pixels away, but for the constant ones."""
    if not isinstance(padding, (numbers.Number, tuple, list)):
        raise TypeError("Got inappropriate padding arg")
    if fill is not None and not isinstance(fill, (numbers.Number, tuple, list)):
        raise TypeError("Got inappropriate fill arg")
    if not isinstance(padding_mode, str):
        raise TypeError("Got inappropriate padding_mode arg")
    if isinstance(padding, (tuple, list)):
        padding = tuple(padding)
        if len(padding) not in (1, 2, 4):
            raise ValueError(
                f"Padding must be an int or a 1, 2, or 4 element tuple, not a {len(padding)} element tuple"
            )
        padding = padding[0] if len(padding) == 1 else padding
    if padding_mode not in PADDING_MODES:
        raise ValueError("Padding mode should be either constant, edge, reflect or symmetric")
    if padding_mode == "constant":
        padded = ImageOps.expand(img, border=padding, **_parse_fill(fill, img, name="fill"))  # type: ignore[arg-type]
    else:
        padded = _pad_with_pixels(img, padding, padding_mode)
    if img.mode == "P":
        padded.putpalette(img.getpalette())
    return padded


def _pad_with_pixels(img, padding, padding_mode: str):
    """The image with borders made of its own pixels."""
    sides = (padding,) * 4 if isinstance(padding, int) else padding if len(padding) == 4 else padding * 2
    left, top, right, bottom = (max(-n, 0) for n in sides)
    if left or top or right or bottom:
        img = img.crop((left, top, img.width - right, img.height - bottom))
    left, top, right, bottom = (max(n, 0) for n in sides)
    pixels = np.asarray(img)
    borders = ((top, bottom), (left, right), (0, 0))[: pixels.ndim]
    return Image.fromarray(np.pad(pixels, borders, mode=padding_mode))  # type: ignore[call-overload]


def _parse_fill(fill, img, name: str = "fillcolor") -> dict:
    """A colour as Pillow's argument of that name: one number, or one for each channel."""
    channels = get_image_num_channels(img)
    fill = 0 if fill is None else fill
    if isinstance(fill, (int, float)) and channels > 1:
        fill = (fill,) * channels
    if isinstance(fill, (list, tuple)):
        fill = tuple(fill) * channels if len(fill) == 1 else tuple(fill)
        if len(fill) != channels:
            raise ValueError(
                "The number of elements in 'fill' does not match the number of channels of the image "
                f"({len(fill)} != {channels})"
            )
    if img.mode != "F":
        fill = tuple(int(x) for x in fill) if isinstance(fill, tuple) else int(fill)
    return {name: fill}


# ------------------------------------------------------------------ warping
@_for_pil_images
def affine(img, matrix, interpolation: int = Image.Resampling.NEAREST, fill=None):
    """Each pixel looked up at `matrix` times its place."""
    return img.transform(img.size, _Transform.AFFINE, matrix, interpolation, **_parse_fill(fill, img))


@_for_pil_images
def rotate(
    img, angle: float, interpolation: int = Image.Resampling.NEAREST, expand: bool = False, center=None, fill=None
):
    """The image turned by an angle in degrees, against the clock."""
    return img.rotate(angle, interpolation, expand, center, **_parse_fill(fill, img))


@_for_pil_images
def perspective(img, perspective_coeffs, interpolation: int = Image.Resampling.BICUBIC, fill=None):
    """Each pixel looked up at a quotient of linear functions of its place, whose eight coefficients are given."""
    fill = _parse_fill(fill, img)
    return img.transform(img.size, _Transform.PERSPECTIVE, perspective_coeffs, interpolation, **fill)


# ------------------------------------------------------------------ colours
@_for_pil_images
def adjust_brightness(img, brightness_factor: float):
    """Mixed with black."""
    return ImageEnhance.Brightness(img).enhance(brightness_factor)


@_for_pil_images
def adjust_contrast(img, contrast_factor: float):
    """Mixed with the mean grey."""
    return ImageEnhance.Contrast(img).enhance(contrast_factor)


@_for_pil_images
def adjust_saturation(img, saturation_factor: float):
    """Mixed with its shades of grey."""
    return ImageEnhance.Color(img).enhance(saturation_factor)


@_for_pil_images
def adjust_sharpness(img, sharpness_factor: float):
    """Mixed with the blurred image."""
    return ImageEnhance.Sharpness(img).enhance(sharpness_factor)


def adjust_hue(img, hue_factor: float):
    """Hues turned by a part of the circle; images of one channel stay."""
    if not (-0.5 <= hue_factor <= 0.5):
        raise ValueError(f"hue_factor ({hue_factor}) is not in [-0.5, 0.5].")
    if not _is_pil_image(img):
        raise TypeError(f"img should be PIL Image. Got {type(img)}")
    if img.mode in ("L", "1", "I", "F"):
        return img
    hue, saturation, value = img.convert("HSV").split()
    turned = np.asarray(hue) + np.uint8(int(hue_factor * 255) % 256)  # bytes go around as hues do
    return Image.merge("HSV", (image_of_array(turned, "L"), saturation, value)).convert(img.mode)


@_for_pil_images
def adjust_gamma(img, gamma: float, gain: float = 1.0):
    """gain * img ** gamma, on the scale of [0, 1]."""
    if gamma < 0:
        raise ValueError("Gamma should be a non-negative real number")
    table = [int((255 + 1 - 1e-3) * gain * pow(level / 255.0, gamma)) for level in range(256)]
    return img.convert("RGB").point(table * 3).convert(img.mode)


@_for_pil_images
def to_grayscale(img, num_output_channels: int):
    """Shades of grey, in one channel or in three."""
    if num_output_channels not in (1, 3):
        raise ValueError("num_output_channels should be either 1 or 3")
    grey = img.convert("L")
    return grey if num_output_channels == 1 else Image.merge("RGB", (grey, grey, grey))


@_for_pil_images
def invert(img):
    """The negative."""
    return ImageOps.invert(img)


@_for_pil_images
def posterize(img, bits: int):
    """The first bits of each number."""
    return ImageOps.posterize(img, bits)


@_for_pil_images
def solarize(img, threshold: int):
    """What is at least as bright as the threshold inverted."""
    return ImageOps.solarize(img, threshold)


@_for_pil_images
def autocontrast(img):
    """Each channel stretched to the whole range."""
    return ImageOps.autocontrast(img)


@_for_pil_images
def equalize(img):
    """Each channel mapped so that all its numbers are about equally frequent."""
    return ImageOps.equalize(img)
