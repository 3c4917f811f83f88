"""Folders of samples, one subfolder a class."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from PIL import Image

from .reading import read_image
from .vision import VisionDataset

IMG_EXTENSIONS = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")


def has_file_allowed_extension(filename: str, extensions: str | tuple[str, ...]) -> bool:
    """Whether a file's name ends, in small letters, with one of some extensions."""
    return filename.lower().endswith(extensions if isinstance(extensions, str) else tuple(extensions))


def is_image_file(filename: str) -> bool:
    """Whether a file's name ends as those of images do."""
    return has_file_allowed_extension(filename, IMG_EXTENSIONS)


def find_classes(directory: str | Path) -> tuple[list[str], dict[str, int]]:
    """The names of a folder's subfolders in order, and the number of each.

    Raises:
        FileNotFoundError: there are none, or there is no such folder.
    """
    classes = sorted(entry.name for entry in os.scandir(directory) if entry.is_dir())
    if not classes:
        raise FileNotFoundError(f"Couldn't find any class folder in {directory}.")
    return classes, {name: i for i, name in enumerate(classes)}


def make_dataset(
    directory: str | Path,
    class_to_idx: dict[str, int] | None = None,
    extensions: str | tuple[str, ...] | None = None,
    is_valid_file: Callable[[str], bool] | None = None,
    allow_empty: bool = False,
) -> list[tuple[str, int]]:
    """The samples in the subfolders of a folder, however deep.

    Args:
        directory: the folder.
        class_to_idx: the number of each class; by default what `find_classes` says.
        extensions: how the names of samples end; excludes `is_valid_file`.
        is_valid_file: tells of a path whether it is a sample.
        allow_empty: whether a class may have no sample.

    Returns:
        Pairs (path, number of the class).

    Raises:
        ValueError: no classes, or not exactly one of `extensions` and `is_valid_file`.
        FileNotFoundError: a class has no sample.
    """
    directory = os.path.expanduser(directory)
    if class_to_idx is None:
        _, class_to_idx = find_classes(directory)
    elif not class_to_idx:
        raise ValueError("'class_to_index' must have at least one entry to collect any samples.")
    if (extensions is None) == (is_valid_file is None):
        raise ValueError("Both extensions and is_valid_file cannot be None or not None at the same time")
    if is_valid_file is None:
        endings = extensions if isinstance(extensions, str) else tuple(extensions or ())
        is_valid_file = lambda path: path.lower().endswith(endings)  # noqa: E731

    samples: list[tuple[str, int]] = []
    empty = []
    for name in sorted(class_to_idx):
        before = len(samples)
        samples += [(path, class_to_idx[name]) for path in _files_below(directory, name) if is_valid_file(path)]
        if len(samples) == before:
            empty.append(name)
    if empty and not allow_empty:
        raise FileNotFoundError(_no_samples(empty, extensions))
    return samples


def _files_below(directory: str, name: str) -> Iterator[str]:
    for folder, _, files in sorted(os.walk(os.path.join(directory, name), followlinks=True)):
        yield from (os.path.join(folder, file) for file in sorted(files))


def _no_samples(classes: list[str], extensions) -> str:
    text = f"Found no valid file for the classes {', '.join(classes)}. "
    if extensions is None:
        return text
    return f"{text}Supported extensions are: {extensions if isinstance(extensions, str) else ', '.join(extensions)}"


class DatasetFolder(VisionDataset):
    """Samples in folders, one folder a class: root/class/xxx.ext, root/class/deeper/yyy.ext.

    Args:
        root: the folder of the classes' folders.
        loader: makes a sample of a path.
        extensions: how the names of samples end; excludes `is_valid_file`.
        transform: a function of a sample.
        target_transform: a function of a class's number.
        is_valid_file: tells of a path whether it is a sample.
        allow_empty: whether a class may have no sample.

    Attributes: `classes` (names in order), `class_to_idx`, `samples` (pairs of path and number), `targets` (numbers).

    Raises:
        FileNotFoundError: no class folder, or a class without a sample.
    """

    def __init__(
        self,
        root: str | Path,
        loader: Callable[[str], Any],
        extensions: tuple[str, ...] | None = None,
        transform: Callable | None = None,
        target_transform: Callable | None = None,
        is_valid_file: Callable[[str], bool] | None = None,
        allow_empty: bool = False,
    ) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        self.classes, self.class_to_idx = self.find_classes(self.root)
        self.samples = self.make_dataset(
            self.root,
            class_to_idx=self.class_to_idx,
            extensions=extensions,
            is_valid_file=is_valid_file,
            allow_empty=allow_empty,
        )
        self.loader = loader
        self.extensions = extensions
        self.targets = [target for _, target in self.samples]

    @staticmethod
    def make_dataset(
        directory: str | Path,
        class_to_idx: dict[str, int],
        extensions: tuple[str, ...] | None = None,
        is_valid_file: Callable[[str], bool] | None = None,
        allow_empty: bool = False,
    ) -> list[tuple[str, int]]:
        """The samples of the dataset; a subclass may choose others. ValueError without `class_to_idx`."""
        if class_to_idx is None:
            raise ValueError("The class_to_idx parameter cannot be None.")
        return make_dataset(directory, class_to_idx, extensions, is_valid_file, allow_empty)

    def find_classes(self, directory: str | Path) -> tuple[list[str], dict[str, int]]:
        """The classes of the dataset and their numbers; a subclass may choose others."""
        return find_classes(directory)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        path, target = self.samples[index]
        return self._transformed(self.loader(path), target)

    def __len__(self) -> int:
        return len(self.samples)


def pil_loader(path: str | Path) -> Image.Image:
    """The image in a file, in RGB."""
    return read_image(path, "RGB")


def accimage_loader(path: str | Path) -> Any:
    """The image in a file, in RGB: Pillow reads it, whichever backend is chosen."""
    return pil_loader(path)


def default_loader(path: str | Path) -> Any:
    """The image in a file, in RGB, by the chosen backend."""
    return pil_loader(path)


class ImageFolder(DatasetFolder):
    """Images in folders, one folder a class: root/dog/xxx.png, root/cat/123.png.

    Args:
        root: the folder of the classes' folders.
        transform: a function of a PIL image.
        target_transform: a function of a class's number.
        loader: makes an image of a path.
        is_valid_file: tells of a path whether it is an image; by default its extension does.
        allow_empty: whether a class may have no image.

    Attributes: as DatasetFolder's, and `imgs`, which is `samples`.
    """

    def __init__(
        self,
        root: str | Path,
        transform: Callable | None = None,
        target_transform: Callable | None = None,
        loader: Callable[[str], Any] = default_loader,
        is_valid_file: Callable[[str], bool] | None = None,
        allow_empty: bool = False,
    ) -> None:
        super().__init__(
            root,
            loader,
            IMG_EXTENSIONS if is_valid_file is None else None,
            transform=transform,
            target_transform=target_transform,
            is_valid_file=is_valid_file,
            allow_empty=allow_empty,
        )
        self.imgs = self.samples
