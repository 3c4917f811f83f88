"""Samples for the second transforms, made in the same way for flambeau.vision and for torchvision, and compared."""

from __future__ import annotations

import importlib
import random
import re
import warnings

import numpy as np
import PIL.Image

from real_torchvision import torchvision  # isort: skip


class Library:
    """What a program sees under one of the two: torch, v2, its functional, tv_tensors."""

    def __init__(self, torch: str, vision: str) -> None:
        self.torch = importlib.import_module(torch)
        self.v2 = importlib.import_module(f"{vision}.transforms.v2")
        self.F = importlib.import_module(f"{vision}.transforms.v2.functional")
        self.tv_tensors = importlib.import_module(f"{vision}.tv_tensors")

    def evaluate(self, text: str, **names):
        """The value of an expression on these modules."""
        scope = {"torch": self.torch, "v2": self.v2, "F": self.F, "tv_tensors": self.tv_tensors, "np": np, "PIL": PIL}
        return eval(text, {**scope, "Image": PIL.Image, **names})


OURS, REFERENCE = Library("flambeau", "flambeau.vision"), Library("torch", torchvision.__name__)
FORMATS = ("XYXY", "XYWH", "CXCYWH", "XYWHR", "CXCYWHR", "XYXYXYXY")


def pixels(seed: int, *shape: int, smooth: bool = True) -> np.ndarray:
    """Bytes that vary as a photograph's do."""
    generator = np.random.default_rng(seed)
    noise = generator.integers(0, 256, shape)
    if not smooth:
        return noise.astype(np.uint8)
    waves = 90 * np.sin(np.arange(shape[-1]) / 5.0) + 60 * np.cos(np.arange(shape[-2]) / 7.0)[:, None]
    return np.clip(0.3 * noise + waves + 80, 0, 255).astype(np.uint8)


class Samples:
    """One library's samples of a size."""

    def __init__(self, library: Library, height: int = 32, width: int = 40, seed: int = 0) -> None:
        self.library, self.size, self.seed = library, (height, width), seed

    def pil(self, mode: str = "RGB"):
        channels = len(PIL.Image.new(mode, (1, 1)).getbands())
        data = pixels(self.seed, channels, *self.size).transpose(1, 2, 0)
        return PIL.Image.fromarray(data if channels > 1 else data[:, :, 0], mode=None)

    def tensor(self, *leading: int, channels: int = 3, dtype: str = "uint8"):
        data = self.library.torch.from_numpy(pixels(self.seed, *leading, channels, *self.size))
        kind = getattr(self.library.torch, dtype)
        return data if dtype == "uint8" else (data / 255).to(kind) if kind.is_floating_point else data.to(kind)

    def image(self, *leading: int, **kwargs):
        return self.library.tv_tensors.Image(self.tensor(*leading, **kwargs))

    def video(self, **kwargs):
        return self.library.tv_tensors.Video(self.tensor(4, **kwargs))

    def mask(self, *leading: int):
        data = pixels(self.seed + 1, *leading, *self.size, smooth=False) // 64
        return self.library.tv_tensors.Mask(self.library.torch.from_numpy(data))

    def boxes(self, format: str = "XYXY", dtype: str = "float32", mode: str | None = "soft"):
        generator = np.random.default_rng(self.seed + 2)
        height, width = self.size
        corner = generator.uniform(0, 0.6, (4, 2)) * [width, height]
        extent = generator.uniform(0.1, 0.4, (4, 2)) * [width, height]
        angle = generator.uniform(-80, 80, (4, 1))
        first = corner + extent / 2 if format.startswith("CXCY") else corner
        second = corner + extent if format == "XYXY" else extent
        data = np.concatenate([first, second, angle] if format.endswith("R") else [first, second], 1)
        if format == "XYXYXYXY":
            cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
            along, down = extent[:, :1] * np.hstack([cos, -sin]), extent[:, 1:] * np.hstack([sin, cos])
            data = np.hstack([corner, corner + along, corner + along + down, corner + down])
        tensor = self.library.torch.from_numpy(data).to(getattr(self.library.torch, dtype))
        how = {"format": format, "canvas_size": self.size, "clamping_mode": mode}
        return self.library.tv_tensors.BoundingBoxes(tensor, **how)

    def keypoints(self, *leading: int, dtype: str = "float32"):
        data = np.random.default_rng(self.seed + 3).uniform(0, min(self.size), (*(leading or (5,)), 2))
        tensor = self.library.torch.from_numpy(data).to(getattr(self.library.torch, dtype))
        return self.library.tv_tensors.KeyPoints(tensor, canvas_size=self.size)

    def labels(self, count: int = 4):
        return self.library.torch.arange(count) + 1

    def detection(self, picture: str = "pil"):
        """A sample with everything."""
        pictures = {"pil": self.pil, "image": self.image, "tensor": self.tensor}
        return {
            "image": pictures[picture](),
            "boxes": self.boxes(),
            "masks": self.mask(4),
            "points": self.keypoints(),
            "labels": self.labels(),
            "name": "sample",
        }


def outcome(library: Library, call: str, samples: Samples):
    """What a call gives, or the type and text of what it raises, with the warnings; random streams are seeded."""
    library.torch.manual_seed(11)
    random.seed(11)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            value = library.evaluate(call, s=samples)
        except Exception as error:
            value = f"{type(error).__name__}: {error}"
    told = sorted({f"{w.category.__name__}: {w.message}" for w in caught})
    return value, told, library.torch.rand(2).tolist()


def assert_alike(ours, theirs, tolerance: float = 1 / 255, boxes: float = 1e-4) -> None:
    """The same structure, types, metadata and values: images within a tolerance, coordinates within another."""
    if isinstance(theirs, REFERENCE.torch.Tensor):
        assert _kind(ours) == _kind(theirs)
        for name in ("format", "canvas_size", "clamping_mode"):
            assert str(getattr(ours, name, None)) == str(getattr(theirs, name, None)), name
        _assert_close(
            ours.detach().numpy(), theirs.detach().numpy(), boxes if hasattr(theirs, "canvas_size") else tolerance
        )
    elif isinstance(theirs, PIL.Image.Image):
        assert (type(ours), ours.mode, ours.size) == (type(theirs), theirs.mode, theirs.size)
        assert np.array_equal(np.asarray(ours), np.asarray(theirs))
    elif isinstance(theirs, dict):
        assert list(ours) == list(theirs)
        for key in theirs:
            assert_alike(ours[key], theirs[key], tolerance, boxes)
    elif isinstance(theirs, (tuple, list)):
        assert (type(ours).__name__, len(ours)) == (type(theirs).__name__, len(theirs))
        for a, b in zip(ours, theirs):
            assert_alike(a, b, tolerance, boxes)
    elif isinstance(theirs, (bool, int, float, type(None))):
        assert ours == theirs
    else:
        assert _in_torch_names(str(ours)) == _ADDRESS.sub("", str(theirs))


def _kind(tensor) -> tuple:
    return type(tensor).__name__, str(tensor.dtype).rpartition(".")[2], tuple(tensor.shape)


def _assert_close(ours: np.ndarray, theirs: np.ndarray, tolerance: float) -> None:
    if theirs.dtype == bool:
        assert np.array_equal(ours, theirs)
        return
    unit = 1 if theirs.dtype.kind in "iu" and tolerance < 1 else tolerance
    ours, theirs = ours.astype(np.float64), theirs.astype(np.float64)
    assert np.array_equal(np.isnan(ours), np.isnan(theirs))
    difference = np.nan_to_num(np.abs(ours - theirs))
    assert (difference <= unit).all(), (
        f"differs by {difference.max()}; {(difference > unit).mean():.1%} are too far off"
    )


_ADDRESS = re.compile("0x[0-9A-Fa-f]+")
_ONE_MODULE = re.compile(r"(torchvision\.transforms\.(?:transforms|functional|v2\._geometry))\.\w+")


def _in_torch_names(text: str) -> str:
    text = text.replace("flambeau.vision", "torchvision").replace("flambeau.tensor", "torch")
    return _ADDRESS.sub("", _ONE_MODULE.sub(r"\1", text).replace("flambeau", "torch"))


def assert_same(call: str, seed: int = 0, height: int = 32, width: int = 40, **tolerances) -> None:
    """An expression of `s` (Samples) and the modules is the same in both libraries, and draws the same numbers."""
    results = [outcome(library, call, Samples(library, height, width, seed)) for library in (OURS, REFERENCE)]
    (ours, our_warnings, our_numbers), (theirs, their_warnings, their_numbers) = results
    assert_alike(ours, theirs, **tolerances)
    assert [_in_torch_names(w) for w in our_warnings] == their_warnings
    assert our_numbers == their_numbers
