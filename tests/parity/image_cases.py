"""Images, and calls made under torchvision and under Flambeau with the same seed, whose outcomes are compared."""

import random
import re
import warnings

import numpy as np
import torch as pytorch
from both import raised
from PIL import Image
from real_torchvision import torchvision

import flambeau
import flambeau.vision

LIBRARIES = (pytorch, torchvision.transforms), (flambeau, flambeau.vision.transforms)
"""Each a torch, and the transforms that go with it."""

# ------------------------------------------------------------------ images
MODES = {"L": 1, "RGB": 3, "RGBA": 4, "LA": 2, "CMYK": 4, "YCbCr": 3, "HSV": 3}


def pillow_image(mode, height, width, seed):
    """An image with some flat parts and some noise."""
    generator = np.random.default_rng(seed)
    coarse = generator.integers(0, 256, (height // 4 + 1, width // 4 + 1, MODES.get(mode, 1)))
    pixels = np.kron(coarse, np.ones((4, 4, 1)))[:height, :width] + generator.integers(-9, 10, (height, width, 1))
    pixels = pixels.clip(0, 255).astype(np.uint8)
    if mode in MODES:
        return Image.frombytes(mode, (width, height), pixels.tobytes())
    grey = Image.frombytes("L", (width, height), pixels.tobytes())
    return grey.convert(mode) if mode != "P" else grey.convert("RGB").quantize(16)


def array_image(kind, shape, seed):
    """Numbers from black to white in a NumPy type."""
    generator = np.random.default_rng(seed)
    if np.dtype(kind).kind == "f":
        return generator.random(shape).astype(kind)
    return generator.integers(0, np.iinfo(kind).max, shape, kind, endpoint=True)


def seen(value):
    """A result in a form that compares."""
    if isinstance(value, (tuple, list)):
        return [seen(v) for v in value]
    if isinstance(value, Image.Image):
        return value.mode, value.size, np.asarray(value)
    if hasattr(value, "numpy"):
        return str(value.dtype), tuple(value.shape), np.asarray(value.detach().contiguous().numpy())
    return value


def outcomes(call, seed=0):
    """What a call gives, warns of, or raises, with each library; and the next number that each would draw."""
    results = []
    for torch, transforms in LIBRARIES:
        torch.manual_seed(seed)
        random.seed(seed)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                result = seen(call(torch, transforms))
            except Exception as error:
                kind, text = raised(error)  # PyTorch hides some classes by an underscore
                # Which of several bad indices is met first depends on PyTorch's threads.
                result = kind.lstrip("_"), re.sub(r"index \d+ .*", "", text.replace("flambeau.tensor.", "torch."))
        told = [(w.category.__name__, str(w.message)) for w in caught]
        results.append((result, told, torch.rand(1).item(), random.random()))
    return results


def assert_alike(theirs, ours, tolerance):
    """Equal but for the numbers of arrays, which may differ by a part of the range from black to white."""
    assert type(theirs) is type(ours)
    if isinstance(theirs, (tuple, list)):
        assert len(theirs) == len(ours), (theirs, ours)
        for a, b in zip(theirs, ours):
            assert_alike(a, b, tolerance)
    elif isinstance(theirs, np.ndarray):
        white = float(np.iinfo(theirs.dtype).max) if theirs.dtype.kind in "iu" else 1.0
        np.testing.assert_allclose(
            ours.astype(np.float64), theirs.astype(np.float64), rtol=1e-6, atol=tolerance * white
        )
    else:
        assert theirs == ours


def check(call, seed=0, tolerance=1e-6):
    assert_alike(*outcomes(call, seed), tolerance)
