"""Optical flow: pairs of images that follow each other, with where each pixel went."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import flambeau as torch

from .folder import default_loader
from .reading import reading
from .utils import verify_str_arg
from .vision import VisionDataset


def _read_flo(file_name: str) -> np.ndarray:
    """The flow (2, H, W) in a .flo file. ValueError for another file."""
    content = Path(file_name).read_bytes()
    if content[:4] != b"PIEH":
        raise ValueError("Magic number incorrect. Invalid .flo file")
    width, height = np.frombuffer(content, "<i4", 2, 4).tolist()
    numbers = np.frombuffer(content, "<f4", 2 * width * height, 12)
    return numbers.reshape(height, width, 2).transpose(2, 0, 1).copy()


def _read_pfm(file_name: str, slice_channels: int = 2) -> np.ndarray:
    """The first channels (C, H, W) of a PFM file, which has the last row first. ValueError for another file."""
    with open(file_name, "rb") as file:
        kind = file.readline().rstrip()
        if kind not in (b"PF", b"Pf"):
            raise ValueError("Invalid PFM file")
        width, height = (int(word) for word in file.readline().split())
        order = "<" if float(file.readline()) < 0 else ">"
        numbers = np.frombuffer(file.read(), f"{order}f4").reshape(height, width, 3 if kind == b"PF" else 1)
    return numbers[::-1].transpose(2, 0, 1)[:slice_channels].astype(np.float32)


class FlowDataset(VisionDataset):
    """Samples (image, image, flow), and a mask of what is known, where `transforms` give one.

    Args:
        root: the folder of the dataset's folder.
        transforms: a function of two images, flow and mask, each of the latter an array or None, that gives all four.
        loader: makes an image of a path.
    """

    _read_flow: Callable[[str], np.ndarray] = staticmethod(_read_flo)

    def __init__(self, root: str | Path, transforms=None, loader=default_loader) -> None:
        super().__init__(root=root)
        self.transforms = transforms
        self._flow_list: list[str] = []
        self._image_list: list[list[str]] = []
        self._loader = loader

    def __len__(self) -> int:
        return len(self._image_list)

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        first, second = (self._loader(path) for path in self._image_list[index])
        flow = mask = None
        if self._flow_list:
            with reading(self._flow_list[index]):
                flow = self._read_flow(self._flow_list[index])
        if self.transforms is not None:
            first, second, flow, mask = self.transforms(first, second, flow, mask)
        return (first, second, flow) if mask is None else (first, second, flow, mask)

    def __rmul__(self, v: int) -> torch.utils.data.ConcatDataset:
        return torch.utils.data.ConcatDataset([self] * v)


class Sintel(FlowDataset):
    """A film made for tests (http://sintel.is.tue.mpg.de/).

    Args:
        root: the folder of `Sintel`.
        split: "train" or "test", whose flows are None.
        pass_name: "clean", "final" or "both".
        transforms, loader: as FlowDataset's.

    Raises:
        ValueError: another split or pass.
    """

    def __init__(
        self,
        root: str | Path,
        split: str = "train",
        pass_name: str = "clean",
        transforms=None,
        loader=default_loader,
    ) -> None:
        super().__init__(root=root, transforms=transforms, loader=loader)
        verify_str_arg(split, "split", valid_values=("train", "test"))
        verify_str_arg(pass_name, "pass_name", valid_values=("clean", "final", "both"))
        folder = Path(root) / "Sintel"
        for name in ["clean", "final"] if pass_name == "both" else [pass_name]:
            images = folder / ("training" if split == "train" else split) / name
            for scene in os.listdir(images):
                self._image_list += map(list, itertools.pairwise(_files(images / scene, "*.png")))
                if split == "train":
                    self._flow_list += _files(folder / "training" / "flow" / scene, "*.flo")


class FlyingChairs(FlowDataset):
    """Rendered chairs (https://lmb.informatik.uni-freiburg.de/resources/datasets/FlyingChairs.en.html).

    Args:
        root: the folder of `FlyingChairs`.
        split: "train" or "val".
        transforms: as FlowDataset's.

    Raises:
        ValueError: another split.
        FileNotFoundError: there is no list of what belongs to which split.
    """

    def __init__(self, root: str | Path, split: str = "train", transforms=None) -> None:
        super().__init__(root=root, transforms=transforms)
        verify_str_arg(split, "split", valid_values=("train", "val"))
        folder = Path(root) / "FlyingChairs"
        table = folder / "FlyingChairs_train_val.txt"
        if not table.exists():
            raise FileNotFoundError(
                "The FlyingChairs_train_val.txt file was not found - please download it from the dataset page "
                "(see docstring)."
            )
        images, flows = _files(folder / "data", "*.ppm"), _files(folder / "data", "*.flo")
        splits = np.loadtxt(table, dtype=np.int32)
        chosen = [i for i in range(len(flows)) if splits[i] == (1 if split == "train" else 2)]
        self._flow_list = [flows[i] for i in chosen]
        self._image_list = [images[2 * i : 2 * i + 2] for i in chosen]


class FlyingThings3D(FlowDataset):
    """Rendered things (https://lmb.informatik.uni-freiburg.de/resources/datasets/SceneFlowDatasets.en.html).

    Args:
        root: the folder of `FlyingThings3D`.
        split: "train" or "test".
        pass_name: "clean", "final" or "both".
        camera: "left", "right" or "both".
        transforms, loader: as FlowDataset's.

    Raises:
        ValueError: another split, pass or camera.
        FileNotFoundError: there are no images.
    """

    _read_flow = staticmethod(_read_pfm)

    def __init__(
        self,
        root: str | Path,
        split: str = "train",
        pass_name: str = "clean",
        camera: str = "left",
        transforms=None,
        loader=default_loader,
    ) -> None:
        super().__init__(root=root, transforms=transforms, loader=loader)
        verify_str_arg(split, "split", valid_values=("train", "test"))
        verify_str_arg(pass_name, "pass_name", valid_values=("clean", "final", "both"))
        verify_str_arg(camera, "camera", valid_values=("left", "right", "both"))
        folder = Path(root) / "FlyingThings3D"
        passes = ["clean", "final"] if pass_name == "both" else [pass_name]
        cameras = ["left", "right"] if camera == "both" else [camera]
        for name, side, direction in itertools.product(passes, cameras, ("into_future", "into_past")):
            scenes = _files(folder / f"frames_{name}pass" / split.upper(), "*/*")
            moves = _files(folder / "optical_flow" / split.upper(), "*/*")
            if not scenes or not moves:
                raise FileNotFoundError(
                    "Could not find the FlyingThings3D flow images. "
                    "Please make sure the directory structure is correct."
                )
            for scene, move in zip(scenes, moves):
                self._add(_files(Path(scene, side), "*.png"), _files(Path(move, direction, side), "*.pfm"), direction)

    def _add(self, images: list[str], flows: list[str], direction: str) -> None:
        """The pairs of one scene: from each image to the next, or back."""
        pairs = itertools.pairwise(images[: len(flows)])
        if direction == "into_future":
            self._image_list += map(list, pairs)
            self._flow_list += flows[:-1]
        else:
            self._image_list += [[later, earlier] for earlier, later in pairs]
            self._flow_list += flows[1:]


def _files(folder: Path, pattern: str) -> list[str]:
    return sorted(map(str, folder.glob(pattern)))
