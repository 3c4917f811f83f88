"""flambeau.vision.io: images from files and to them, against Pillow and NumPy."""

import io

import numpy as np
import pytest

import flambeau as torch

Image = pytest.importorskip("PIL.Image")
vision_io = pytest.importorskip("flambeau.vision.io")
Mode = vision_io.ImageReadMode


def _pixels(channels=3, seed=0, size=(9, 12)):
    smooth = np.random.default_rng(seed).integers(0, 256, (3, 4, channels), np.uint8)
    return np.kron(smooth, np.ones((3, 3, 1), np.uint8))[: size[0], : size[1]]


def _encoded(image, **settings):
    buffer = io.BytesIO()
    image.save(buffer, **settings)
    return torch.tensor(np.frombuffer(buffer.getvalue(), np.uint8))


def _chw(array):
    return np.array(array if array.ndim == 3 else array[..., None]).transpose(2, 0, 1)


def _equal(tensor, array):
    return tensor.dtype is torch.uint8 and np.array_equal(tensor.numpy(), _chw(array))


@pytest.mark.parametrize("name", ["image.png", "image.jpg"])
def test_what_is_written_is_read(tmp_path, name):
    colors = torch.tensor(_chw(_pixels()))
    path = tmp_path / name
    (vision_io.write_png if name.endswith("png") else vision_io.write_jpeg)(colors, path)
    read = vision_io.read_image(str(path))
    assert read.shape == colors.shape
    if name.endswith("png"):
        assert torch.equal(read, colors)
    else:
        assert _equal(read, np.array(Image.open(path)))
    assert torch.equal(vision_io.decode_image(path), read)
    assert torch.equal(vision_io.decode_image(vision_io.read_file(path)), read)
    gray = colors[:1]
    (vision_io.write_png if name.endswith("png") else vision_io.write_jpeg)(gray, path)
    assert vision_io.read_image(path).shape == gray.shape


def test_quality_and_compression():
    noise = torch.randint(0, 256, (3, 64, 64), dtype=torch.uint8)
    sizes = [vision_io.encode_jpeg(noise, quality).numel() for quality in (10, 75, 100)]
    assert sizes == sorted(sizes) and sizes[0] < sizes[2]
    assert vision_io.encode_png(noise[:, :, :1].expand(3, 64, 64), 9).numel() < 64 * 64
    with pytest.raises(ValueError, match="between 1 and 100"):
        vision_io.encode_jpeg(noise, 0)
    with pytest.raises(RuntimeError, match="between 0 and 9"):
        vision_io.encode_png(noise, 10)
    with pytest.raises(RuntimeError, match="should be 1 or 3, got: 2"):
        vision_io.encode_png(noise[:2])
    with pytest.raises(RuntimeError, match="dtype should be uint8"):
        vision_io.encode_jpeg(noise.float())
    assert [each.dim() for each in vision_io.encode_jpeg([noise, noise])] == [1, 1]


def test_modes_of_png():
    array = _pixels(4)
    rgb, alpha = array[..., :3], array[..., 3:]
    gray = (rgb.astype(int) @ [9794, 19235, 3739] >> 15).astype(np.uint8)[..., None]
    opaque = np.full_like(alpha, 255)
    with_alpha, without = (_encoded(Image.fromarray(np.ascontiguousarray(a)), format="PNG") for a in (array, rgb))
    decode = vision_io.decode_png
    assert _equal(decode(with_alpha), array)
    assert _equal(decode(without), rgb)
    for data, a in ((with_alpha, alpha), (without, opaque)):
        assert _equal(decode(data, Mode.RGB), rgb)
        assert _equal(decode(data, "RGBA"), np.concatenate([rgb, a], 2))
        assert _equal(decode(data, "gray"), gray)
        assert _equal(decode(data, Mode.GRAY_ALPHA), np.concatenate([gray, a], 2))
    single = _encoded(Image.fromarray(alpha[..., 0]), format="PNG")
    assert _equal(decode(single), alpha)
    assert _equal(decode(single, "RGB"), alpha.repeat(3, 2))
    assert _equal(decode(single, "GRAY_ALPHA"), np.concatenate([alpha, opaque], 2))


def test_palettes_give_their_numbers_unless_colours_are_asked_for():
    numbers = np.arange(12, dtype=np.uint8).reshape(3, 4)
    image = Image.frombytes("P", (4, 3), numbers.tobytes())
    image.putpalette([v for i in range(256) for v in (i * 7 % 256, 255 - i, i)])
    data = _encoded(image, format="PNG")
    assert _equal(vision_io.decode_image(data), numbers)
    assert _equal(vision_io.decode_image(data, "RGB"), np.array(image.convert("RGB")))


def test_png_of_16_bits():
    deep = (np.arange(12, dtype=np.uint16) * 5000).reshape(3, 4)
    data = _encoded(Image.fromarray(deep), format="PNG")
    found = vision_io.decode_png(data)
    assert found.dtype is torch.uint16
    assert np.array_equal(found.numpy(), deep[None])
    colors = vision_io.decode_png(data, "RGBA").numpy()
    assert np.array_equal(colors, np.stack([deep, deep, deep, np.full_like(deep, 65535)]))
    changed = data.clone()
    changed[25] = 2  # says that it has colours, which Pillow would cut down to 8 bits
    with pytest.raises(RuntimeError, match="only grey images may have 16 bits"):
        vision_io.decode_png(changed)


def test_jpeg_in_grey_is_the_brightness_that_the_file_holds():
    image = Image.fromarray(_pixels())
    data = _encoded(image, format="JPEG", quality=95)
    drafted = Image.open(io.BytesIO(data.numpy().tobytes()))
    brightness = np.array(drafted.convert("YCbCr"))[..., :1]
    assert np.abs(vision_io.decode_jpeg(data, Mode.GRAY).numpy().astype(int) - _chw(brightness)).max() <= 1
    assert _equal(vision_io.decode_jpeg(data), np.array(drafted))
    with pytest.raises(RuntimeError, match="mode is not supported for JPEG"):
        vision_io.decode_jpeg(data, "RGBA")
    assert len(vision_io.decode_jpeg([data, data])) == 2
    with pytest.raises(ValueError, match="at least one element"):
        vision_io.decode_jpeg([])


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_images_are_turned_as_their_camera_says(kind):
    exif = Image.Exif()
    exif[0x0112] = 6
    image = Image.fromarray(_pixels())
    data = _encoded(image, format=kind, exif=exif)
    plain = vision_io.decode_image(data)
    assert plain.shape == (3, 9, 12)
    assert torch.equal(vision_io.decode_image(data, apply_exif_orientation=True), plain.rot90(-1, (1, 2)))


def test_gif_and_webp():
    colors = [np.full((4, 5, 3), value, np.uint8) for value in (10, 200)]
    frames = [Image.fromarray(c) for c in colors]
    one = _encoded(frames[0], format="GIF")
    assert _equal(vision_io.decode_image(one), colors[0])
    two = _encoded(frames[0], format="GIF", save_all=True, append_images=frames[1:])
    assert np.array_equal(vision_io.decode_gif(two).numpy(), np.stack([_chw(c) for c in colors]))
    array = _pixels(4)
    data = _encoded(Image.fromarray(array), format="WEBP", lossless=True, exact=True)
    assert _equal(vision_io.decode_image(data), array)
    assert _equal(vision_io.decode_webp(data, "RGB"), array[..., :3])


def test_bad_bytes_and_missing_files(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    for kind, failure in (("JPEG", "Image is incomplete or truncated"), ("PNG", "Out of bound read in decode_png")):
        data = _encoded(Image.fromarray(noise), format=kind)
        with pytest.raises(RuntimeError, match=failure):
            vision_io.decode_image(data[: data.numel() // 2])
    with pytest.raises(RuntimeError, match="Unsupported image file"):
        vision_io.decode_image(torch.zeros(100, dtype=torch.uint8))
    with pytest.raises(RuntimeError, match="Content is not png!"):
        vision_io.decode_png(torch.zeros(100, dtype=torch.uint8))
    with pytest.raises(RuntimeError, match="Not a JPEG file: starts with 0x00 0x00"):
        vision_io.decode_jpeg(torch.zeros(100, dtype=torch.uint8))
    with pytest.raises(RuntimeError, match=r"\[Errno 2\] No such file or directory"):
        vision_io.read_image(tmp_path / "nothing.png")
    (tmp_path / "empty.png").touch()
    with pytest.raises(RuntimeError, match="Expected a non empty file"):
        vision_io.read_image(tmp_path / "empty.png")
    with pytest.raises(RuntimeError, match="1-dimensional"):
        vision_io.write_file(tmp_path / "x", torch.zeros(2, 2, dtype=torch.uint8))
    with pytest.raises(RuntimeError, match="Error opening output file"):
        vision_io.write_file(tmp_path / "no" / "folder", torch.zeros(2, dtype=torch.uint8))
