"""Small data sets in the formats of the real ones, for the examples."""

from __future__ import annotations

import pickle
import struct

import numpy as np


def mnist(folder, train=512, test=100):
    """Files of MNIST: random strokes whose place tells the class."""
    raw = folder / "MNIST" / "raw"
    raw.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for prefix, count in (("train", train), ("t10k", test)):
        labels = rng.integers(0, 10, count, dtype=np.uint8)
        images = rng.integers(0, 60, (count, 28, 28), dtype=np.uint8)
        for image, label in zip(images, labels):
            image[2 * label + 3 : 2 * label + 6, 4:24] = 255
        (raw / f"{prefix}-images-idx3-ubyte").write_bytes(struct.pack(">IIII", 2051, count, 28, 28) + images.tobytes())
        (raw / f"{prefix}-labels-idx1-ubyte").write_bytes(struct.pack(">II", 2049, count) + labels.tobytes())
    return folder


def cifar10(folder, rows=60):
    """The files of CIFAR10, each of a few coloured noises."""
    base = folder / "cifar-10-batches-py"
    base.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for name in [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]:
        labels = rng.integers(0, 10, rows)
        data = rng.integers(0, 100, (rows, 3, 1024))
        data[np.arange(rows), labels % 3] += 12 * labels[:, None]
        content = {"data": data.astype(np.uint8).reshape(rows, 3072), "labels": labels.tolist()}
        (base / name).write_bytes(pickle.dumps(content))
    names = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
    (base / "batches.meta").write_bytes(pickle.dumps({"label_names": names}))
    return folder


def two_classes(folder, train=12, test=6):
    """Folders of JPEG files of two classes: warm and cold pictures."""
    from PIL import Image

    rng = np.random.default_rng(0)
    for split, count in (("train", train), ("val", test)):
        for number, name in enumerate(("cold", "warm")):
            (folder / split / name).mkdir(parents=True)
            for i in range(count):
                image = rng.integers(0, 120, (40 + i, 50, 3), dtype=np.uint8)
                image[..., 2 - 2 * number] += 100
                Image.fromarray(image).save(folder / split / name / f"{i}.jpg", quality=95)
    return folder


def photograph(path):
    """A picture with a bright disc on a dark gradient."""
    from PIL import Image

    y, x = np.mgrid[:300, :400]
    image = np.stack([x / 400 * 80, y / 300 * 80, 60 + 0 * x], -1)
    image[(x - 250) ** 2 + (y - 130) ** 2 < 60**2] = (250, 200, 80)
    Image.fromarray(image.astype(np.uint8)).save(path)
    return path


def pixels(path):
    """The numbers of a picture."""
    from PIL import Image

    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"), dtype=np.int64)
