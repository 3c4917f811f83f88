"""Loading of images through transforms, from files that the cases make in the formats of the real datasets."""

from __future__ import annotations

import functools
import hashlib
import pickle
import struct
import tempfile
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import DataLoader

from . import case

_kept: dict[str, object] = {}


@functools.cache
def vision():
    """torchvision; real PyTorch is told of two operators first, whose compiled part may not be installed."""
    if hasattr(torch, "library"):
        library = _kept["library"] = torch.library.Library("torchvision", "DEF")
        for name in ("nms", "qnms"):
            try:
                library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
            except RuntimeError:  # the compiled part is there and has said so
                break
    import torchvision

    return torchvision


def in_bytes(seed: int, *shape: int) -> np.ndarray:
    """Random bytes."""
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def mnist_format(folder: Path, count: int) -> None:
    """Images for training in MNIST's files; the files for tests are empty."""
    raw = folder / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for part, n in (("train", count), ("t10k", 0)):
        images, labels = in_bytes(1, n, 28, 28), in_bytes(2, n) % 10
        header = struct.pack(">4I", 8 * 256 + 3, n, 28, 28)
        (raw / f"{part}-images-idx3-ubyte").write_bytes(header + images.tobytes())
        (raw / f"{part}-labels-idx1-ubyte").write_bytes(struct.pack(">2I", 8 * 256 + 1, n) + labels.tobytes())


def cifar_format(folder: Path, cls: type, count: int) -> type:
    """Images in CIFAR10's files, and the class that has their checksums."""
    base = folder / cls.base_folder
    base.mkdir(parents=True)

    def written(name: str, content: dict) -> list[str]:
        (base / name).write_bytes(pickle.dumps(content))
        return [name, hashlib.md5((base / name).read_bytes()).hexdigest()]

    batch = {"data": in_bytes(3, count, 3072), "labels": [i % 10 for i in range(count)]}
    train, test = written("data_batch_1", batch), written("test_batch", batch)
    _, md5 = written(cls.meta["filename"], {cls.meta["key"]: [str(i) for i in range(10)]})
    meta = {**cls.meta, "md5": md5}
    return type("CIFAR10", (cls,), {"train_list": [train], "test_list": [test], "meta": meta})


def batches_of(dataset, batch_size: int):
    """A step is one batch, looked at; epochs follow each other."""

    def endless():
        while True:
            yield from DataLoader(dataset, batch_size=batch_size, shuffle=True)

    batches = endless()

    def step() -> float:
        images, labels = next(batches)
        return float(images[0].sum() + labels[0])

    return step


@case("images")
def mnist_normalized():
    transforms = vision().transforms
    chain = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])
    with tempfile.TemporaryDirectory() as folder:
        mnist_format(Path(folder), 60_000)
        return batches_of(vision().datasets.MNIST(folder, transform=chain), 64)


@case("images")
def cifar_augmented():
    transforms = vision().transforms
    chain = transforms.Compose([
        transforms.RandomCrop(32, padding=4),
        transforms.RandomHorizontalFlip(),
        transforms.ToTensor(),
        transforms.Normalize((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)),
    ])  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        cls = cifar_format(Path(folder), vision().datasets.CIFAR10, 10_000)
        return batches_of(cls(folder, transform=chain), 64)
