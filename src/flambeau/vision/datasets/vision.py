"""VisionDataset: what all datasets of images share, and how they print."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import flambeau as torch

from ...errors import add_note

NOT_FOUND = "Dataset not found. You can use download=True to download it"
NOT_FOUND_OR_CORRUPTED = "Dataset not found or corrupted. You can use download=True to download it"


def not_found(text: str, *paths) -> RuntimeError:
    """The error for a dataset whose files are not there or not what they should be, and which."""
    absent = missing(*paths)
    what = "is not there" if absent else "is there, but it is not what it should be (cut short, or another file)"
    error = RuntimeError(text)
    for path in [*absent, *paths][:1]:
        add_note(error, f"{os.fspath(path)} {what}.")
    return error


def missing(*paths) -> list:
    """The files and folders among some that are not there."""
    return [path for path in paths if not os.path.exists(path)]


class VisionDataset(torch.utils.data.Dataset):
    """A dataset of pairs (image, target), with what is done to each.

    Where a dataset has arguments `download` and `loader`, these say whether to fetch what is not there, and what makes
    an image of a path.

    Args:
        root: the folder with the data.
        transforms: a function of an image and a target that gives both transformed; excludes the other two.
        transform: a function of an image.
        target_transform: a function of a target.

    Raises:
        ValueError: `transforms` beside one of the others.
    """

    _repr_indent = 4
    _shown = ""  # what the printed form says besides, with {0.attribute} for an attribute's value

    def __init__(
        self,
        root: str | Path | None = None,
        transforms: Callable | None = None,
        transform: Callable | None = None,
        target_transform: Callable | None = None,
    ) -> None:
        self.root: Any = os.path.expanduser(root) if isinstance(root, str) else root
        separate = transform is not None or target_transform is not None
        if transforms is not None and separate:
            raise ValueError("Only transforms or transform/target_transform can be passed as argument")
        self.transform = transform
        self.target_transform = target_transform
        self.transforms: Any = StandardTransform(transform, target_transform) if separate else transforms

    def __getitem__(self, index: int) -> Any:
        raise NotImplementedError

    def __len__(self) -> int:
        raise NotImplementedError

    def _transformed(self, image, target) -> tuple:
        """The pair after `transform` and `target_transform`."""
        if self.transform is not None:
            image = self.transform(image)
        if self.target_transform is not None:
            target = self.target_transform(target)
        return image, target

    def _transformed_together(self, image, target) -> tuple:
        """The pair after `transforms`."""
        return (image, target) if self.transforms is None else self.transforms(image, target)

    def __repr__(self) -> str:
        body = [f"Number of datapoints: {len(self)}"]
        if self.root is not None:
            body.append(f"Root location: {self.root}")
        body += self.extra_repr().splitlines()
        if getattr(self, "transforms", None) is not None:
            body.append(repr(self.transforms))
        indent = " " * self._repr_indent
        return "\n".join([f"Dataset {type(self).__name__}", *(indent + line for line in body)])

    def _format_transform_repr(self, transform: Callable, head: str) -> list[str]:
        return _headed(repr(transform), head)

    def extra_repr(self) -> str:
        """Lines of the printed form that a class adds."""
        return self._shown.format(self)


class DownloadedDataset(VisionDataset):
    """A dataset that says which of its files are not there (`_failing`) and how they are fetched (`_fetch`)."""

    _NOT_FOUND = NOT_FOUND

    def _failing(self) -> list:
        """The files and folders that are not there, or not what they should be."""
        raise NotImplementedError

    def _fetch(self) -> None:
        """Downloads and unpacks the files."""
        raise NotImplementedError

    def _check_exists(self) -> bool:
        return not self._failing()

    def download(self) -> None:
        """Fetches what is not there."""
        if not self._check_exists():
            self._fetch()

    def _provide(self, download: bool) -> None:
        """Downloads the files on demand. RuntimeError where they are not there then, or not what they should be."""
        if download:
            self.download()
        if not self._check_exists():
            raise not_found(self._NOT_FOUND, *self._failing())


class CheckedDataset(DownloadedDataset):
    """A dataset of files with checksums."""

    _NOT_FOUND = NOT_FOUND_OR_CORRUPTED

    def _check_exists(self) -> bool:
        return self._check_integrity()

    def _check_integrity(self) -> bool:
        return not self._failing()


class StandardTransform:
    """A transform of the image and one of the target, as one function of both."""

    def __init__(self, transform: Callable | None = None, target_transform: Callable | None = None) -> None:
        self.transform = transform
        self.target_transform = target_transform

    def __call__(self, input, target) -> tuple:
        if self.transform is not None:
            input = self.transform(input)
        if self.target_transform is not None:
            target = self.target_transform(target)
        return input, target

    def _format_transform_repr(self, transform: Callable, head: str) -> list[str]:
        return _headed(repr(transform), head)

    def __repr__(self) -> str:
        lines = [type(self).__name__]
        if self.transform is not None:
            lines += self._format_transform_repr(self.transform, "Transform: ")
        if self.target_transform is not None:
            lines += self._format_transform_repr(self.target_transform, "Target transform: ")
        return "\n".join(lines)


def _headed(text: str, head: str) -> list[str]:
    """The lines of a text, the first after a head and the others below it."""
    first, *others = text.splitlines()
    return [head + first, *(" " * len(head) + line for line in others)]
