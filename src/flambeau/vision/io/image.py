"""Images as tensors (channels, height, width), from files' bytes and to them, by Pillow."""

from __future__ import annotations

import io
from collections.abc import Callable
from enum import Enum
from pathlib import Path

import numpy as np
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

import flambeau as torch
from flambeau import Tensor

__all__ = [
    "ImageReadMode", "decode_avif", "decode_gif", "decode_heic", "decode_image", "decode_jpeg", "decode_png",
    "decode_webp", "encode_jpeg", "encode_png", "read_file", "read_image", "write_file", "write_jpeg", "write_png",
]  # fmt: skip


class ImageReadMode(Enum):
    """The channels that an image is decoded to; wherever one is asked for, its name will do."""

    UNCHANGED = 0
    GRAY = 1
    GRAY_ALPHA = 2
    RGB = 3
    RGB_ALPHA = 4
    RGBA = RGB_ALPHA


PILLOW_MODES = {
    ImageReadMode.GRAY: "L",
    ImageReadMode.GRAY_ALPHA: "LA",
    ImageReadMode.RGB: "RGB",
    ImageReadMode.RGB_ALPHA: "RGBA",
}
UNKNOWN = (
    "Unsupported image file. Only jpeg, png, webp and gif are currently supported. For avif and heic format, please "
    "rely on `decode_avif` and `decode_heic` directly."
)
SIGNATURES: dict[str, Callable[[bytes], bool]] = {
    "jpeg": lambda data: data.startswith(b"\xff\xd8\xff"),
    "png": lambda data: data.startswith(b"\x89PNG"),
    "gif": lambda data: data.startswith((b"GIF89a", b"GIF87a")),
    "webp": lambda data: data.startswith(b"RIFF") and data[8:15] == b"WEBPVP8",
}


# ------------------------------------------------------------------ files
def read_file(path: str | Path) -> Tensor:
    """The bytes of a file, uint8.

    Raises:
        RuntimeError: there is no such file, or nothing in it.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise RuntimeError(f"[Errno {error.errno}] {error.strerror}: '{path}'") from error
    if not data:
        raise RuntimeError("Expected a non empty file")
    return _bytes(data)


def write_file(filename: str | Path, data: Tensor) -> None:
    """Writes bytes, uint8 of one dimension, to a file.

    Raises:
        RuntimeError: another dtype or shape, or a file that cannot be opened.
    """
    if data.dtype is not torch.uint8:
        raise RuntimeError("Input tensor dtype should be uint8")
    if data.dim() != 1:
        raise RuntimeError("Input data should be a 1-dimensional tensor")
    try:
        Path(filename).write_bytes(data.contiguous().numpy().tobytes())
    except OSError as error:
        raise RuntimeError("Error opening output file") from error


def _bytes(data: bytes) -> Tensor:
    return torch.from_numpy(np.frombuffer(data, np.uint8).copy())


# ------------------------------------------------------------------ decoding
def decode_image(
    input: Tensor | str | Path,
    mode: ImageReadMode | str = ImageReadMode.UNCHANGED,
    apply_exif_orientation: bool = False,
) -> Tensor:
    """An image of whatever kind: JPEG, PNG, GIF or WebP.

    Args:
        input: its bytes (uint8), or the path of its file.
        mode: the channels that it gets.
        apply_exif_orientation: whether it is turned as its camera says; JPEG and PNG only.

    Returns: uint8, (C, H, W); uint16 for grey PNG of 16 bits.

    Raises:
        RuntimeError: bytes that are no such image, or not all of one; PNG with colours of 16 bits.
    """
    data = input if isinstance(input, Tensor) else read_file(input)
    if data.dtype is not torch.uint8:
        raise RuntimeError("Expected a torch.uint8 tensor")
    if data.dim() != 1 or data.numel() == 0:
        raise RuntimeError("Expected a non empty 1-dimensional tensor")
    start = data[:16].numpy().tobytes()
    kind = next((kind for kind, fits in SIGNATURES.items() if fits(start)), None)
    if kind == "gif":
        return decode_gif(data)
    if kind == "webp":
        return decode_webp(data, mode)
    if kind is None:
        raise RuntimeError(UNKNOWN)
    if kind == "jpeg":
        return decode_jpeg(data, mode, apply_exif_orientation=apply_exif_orientation)
    return decode_png(data, mode, apply_exif_orientation)


def read_image(
    path: str | Path, mode: ImageReadMode | str = ImageReadMode.UNCHANGED, apply_exif_orientation: bool = False
) -> Tensor:
    """The image in a file; see `decode_image`."""
    return decode_image(read_file(path), mode, apply_exif_orientation)


def decode_jpeg(
    input: Tensor | list[Tensor],
    mode: ImageReadMode | str = ImageReadMode.UNCHANGED,
    device="cpu",
    apply_exif_orientation: bool = False,
):
    """A JPEG image, or a list of them, from bytes (uint8); mode is UNCHANGED, GRAY or RGB."""
    if isinstance(input, list):
        if not input:
            raise ValueError("Input list must contain at least one element")
        if not all(isinstance(each, Tensor) for each in input):
            raise ValueError("All elements of the input list must be tensors.")
        return [decode_jpeg(each, mode, device, apply_exif_orientation) for each in input]
    mode, data = _mode(mode), _encoded(input)
    if mode not in (ImageReadMode.UNCHANGED, ImageReadMode.GRAY, ImageReadMode.RGB):
        raise RuntimeError("The provided mode is not supported for JPEG files")
    if not SIGNATURES["jpeg"](data):
        raise RuntimeError("Not a JPEG file: starts with " + " ".join(f"0x{byte:02x}" for byte in data[:2]))
    image = _opened(data, "JPEG", "Image is incomplete or truncated")
    if mode is ImageReadMode.GRAY:
        image.draft("L", None)  # the brightness that the file holds, not one made of its colours
    return _pixels(_loaded(image, "Image is incomplete or truncated"), mode, apply_exif_orientation)


def decode_png(
    input: Tensor, mode: ImageReadMode | str = ImageReadMode.UNCHANGED, apply_exif_orientation: bool = False
) -> Tensor:
    """A PNG image from bytes (uint8); UNCHANGED gives a palette's numbers."""
    mode, data = _mode(mode), _encoded(input)
    if len(data) < 8:
        raise RuntimeError("Content is too small for png!")
    if not data.startswith(b"\x89PNG\r\n\x1a\n"):
        raise RuntimeError("Content is not png!")
    deep = data[24:25] == b"\x10"
    if deep and data[25:26] != b"\0":
        raise RuntimeError("decode_png: only grey images may have 16 bits")  # Pillow makes 8 of the others
    corrupt = "Out of bound read in decode_png. Probably, the input image is corrupted"
    image = _loaded(_opened(data, "PNG", corrupt), corrupt)
    return _deep_pixels(image, mode, apply_exif_orientation) if deep else _pixels(image, mode, apply_exif_orientation)


def decode_webp(input: Tensor, mode: ImageReadMode | str = ImageReadMode.UNCHANGED) -> Tensor:
    """A WebP image from bytes (uint8); there are no grey ones."""
    mode, data = _mode(mode), _encoded(input)
    image = _opened(data, "WEBP", "WebPGetFeatures failed with error code 3")
    if getattr(image, "n_frames", 1) > 1:
        raise RuntimeError("Animated webp files are not supported.")
    mode = mode if mode in (ImageReadMode.RGB, ImageReadMode.RGB_ALPHA) else ImageReadMode.UNCHANGED
    return _pixels(_loaded(image, "WebPDecodeRGB[A] failed."), mode, False)


def decode_gif(input: Tensor) -> Tensor:
    """The image of a GIF from bytes (uint8), (3, H, W), or its images, (N, 3, H, W)."""
    failed = "DGifOpenFileName() failed - 103"
    image = _opened(_encoded(input), "GIF", failed)
    frames = []
    for i in range(getattr(image, "n_frames", 1)):
        image.seek(i)
        frames.append(np.array(_loaded(image, failed).convert("RGB")))
    return torch.from_numpy(np.stack(frames)).permute(0, 3, 1, 2).squeeze(0)


def decode_avif(input: Tensor, mode: ImageReadMode | str = ImageReadMode.UNCHANGED) -> Tensor:
    """An AVIF image from bytes (uint8), where Pillow can read these."""
    image = _opened(_encoded(input), "AVIF", "Couldn't decode the AVIF image")
    mode = _mode(mode)
    return _pixels(_loaded(image, "Couldn't decode the AVIF image"), mode, False)


def decode_heic(input: Tensor, mode: ImageReadMode | str = ImageReadMode.UNCHANGED) -> Tensor:
    """Refused: Pillow does not read HEIC images.

    Raises:
        RuntimeError: always.
    """
    raise RuntimeError("decode_heic: HEIC images are not supported")


def _mode(mode: ImageReadMode | str) -> ImageReadMode:
    return ImageReadMode[mode.upper()] if isinstance(mode, str) else mode


def _encoded(data: Tensor) -> bytes:
    if data.dtype is not torch.uint8:
        raise RuntimeError(f"Input tensor must have uint8 data type, got {data.dtype}")
    if data.dim() != 1 or data.numel() == 0:
        raise RuntimeError(
            f"Input tensor must be 1-dimensional and non-empty, got {data.dim()} dims  and {data.numel()} numels."
        )
    return data.contiguous().numpy().tobytes()


def _opened(data: bytes, kind: str, failure: str) -> Image.Image:
    try:
        return Image.open(io.BytesIO(data), formats=[kind])
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, KeyError) as error:
        raise RuntimeError(failure) from error


def _loaded(image: Image.Image, failure: str) -> Image.Image:
    """An image whose pixels are all there, whatever scripts told Pillow of truncated files."""
    lenient, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, False
    try:
        image.load()
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise RuntimeError(failure) from error
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = lenient
    return image


def _pixels(image: Image.Image, mode: ImageReadMode, turned: bool) -> Tensor:
    """An image of 8 bits in the channels of a mode."""
    if turned:
        image = ImageOps.exif_transpose(image)
    if mode is ImageReadMode.UNCHANGED:
        image = image.convert("L") if image.mode == "1" else image
    elif image.mode != PILLOW_MODES[mode]:
        image = _converted(image, mode)
    array = np.array(image)
    return torch.from_numpy(array[..., None] if array.ndim == 2 else array).permute(2, 0, 1)


def _deep_pixels(image: Image.Image, mode: ImageReadMode, turned: bool) -> Tensor:
    """A grey image of 16 bits in the channels of a mode."""
    gray = np.array(ImageOps.exif_transpose(image) if turned else image).astype(np.uint16)
    opaque = [np.full_like(gray, 65535)] if mode in (ImageReadMode.GRAY_ALPHA, ImageReadMode.RGB_ALPHA) else []
    colors = 3 if mode in (ImageReadMode.RGB, ImageReadMode.RGB_ALPHA) else 1
    return torch.from_numpy(np.stack([gray] * colors + opaque))


def _converted(image: Image.Image, mode: ImageReadMode) -> Image.Image:
    if mode in (ImageReadMode.RGB, ImageReadMode.RGB_ALPHA) or image.mode in ("1", "L", "LA"):
        return image.convert(PILLOW_MODES[mode])
    colors = image.convert("RGBA") if "A" in image.getbands() or "transparency" in image.info else image.convert("RGB")
    *rgb, alpha = (np.array(band) for band in (*colors.convert("RGB").split(), _alpha(colors)))
    gray = Image.fromarray(_brightness(*rgb))
    return gray if mode is ImageReadMode.GRAY else Image.merge("LA", [gray, Image.fromarray(alpha)])


def _alpha(image: Image.Image) -> Image.Image:
    return image.getchannel("A") if image.mode == "RGBA" else Image.new("L", image.size, 255)


def _brightness(red: np.ndarray, green: np.ndarray, blue: np.ndarray) -> np.ndarray:
    """The grey of colours, in the whole numbers of libpng: weights in 2**15ths, cut off."""
    total = red.astype(np.int64) * 9794 + green.astype(np.int64) * 19235 + blue.astype(np.int64) * 3739
    return (total >> 15).astype(np.uint8)


# ------------------------------------------------------------------ encoding
def encode_jpeg(input: Tensor | list[Tensor], quality: int = 75):
    """The bytes of a JPEG file, or of several, from images (C, H, W), uint8, C 1 or 3.

    Raises:
        ValueError: a quality that is not in 1 ... 100.
        RuntimeError: another dtype or shape.
    """
    if quality < 1 or quality > 100:
        raise ValueError("Image quality should be a positive number between 1 and 100")
    if isinstance(input, list):
        if not input:
            raise ValueError("encode_jpeg requires at least one input tensor when a list is passed")
        return [encode_jpeg(each, quality) for each in input]
    return _saved(_image(input), format="JPEG", quality=quality)


def encode_png(input: Tensor, compression_level: int = 6) -> Tensor:
    """The bytes of a PNG file from an image (C, H, W), uint8, C 1 or 3.

    Raises:
        RuntimeError: another dtype or shape, a level that is not in 0 ... 9.
    """
    if not 0 <= compression_level <= 9:
        raise RuntimeError("Compression level should be between 0 and 9")
    return _saved(_image(input), format="PNG", compress_level=compression_level)


def write_jpeg(input: Tensor, filename: str | Path, quality: int = 75) -> None:
    """Writes an image to a JPEG file; see `encode_jpeg`."""
    write_file(filename, encode_jpeg(input, quality))


def write_png(input: Tensor, filename: str | Path, compression_level: int = 6) -> None:
    """Writes an image to a PNG file; see `encode_png`."""
    write_file(filename, encode_png(input, compression_level))


def _image(data: Tensor) -> Image.Image:
    if data.dtype is not torch.uint8:
        raise RuntimeError("Input tensor dtype should be uint8")
    if data.dim() != 3:
        raise RuntimeError("Input data should be a 3-dimensional tensor")
    if data.size(0) not in (1, 3):
        raise RuntimeError(f"The number of channels should be 1 or 3, got: {data.size(0)}")
    pixels = data.permute(1, 2, 0).contiguous().numpy()
    return Image.fromarray(pixels[..., 0] if data.size(0) == 1 else pixels)


def _saved(image: Image.Image, **settings) -> Tensor:
    buffer = io.BytesIO()
    image.save(buffer, **settings)
    return _bytes(buffer.getvalue())
