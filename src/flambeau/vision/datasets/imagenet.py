"""ImageNet (ILSVRC 2012): archives that are placed in a folder by hand, unpacked into one folder a class."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import flambeau as torch

from .folder import ImageFolder
from .reading import import_loadmat, reading
from .utils import check_integrity, extract_archive, verify_str_arg

ARCHIVE_META = {
    "train": ("ILSVRC2012_img_train.tar", "1d675b47d978889d74fa0da5fadfb00e"),
    "val": ("ILSVRC2012_img_val.tar", "29b22e2961454d5413ddabcf34fc5622"),
    "devkit": ("ILSVRC2012_devkit_t12.tar.gz", "fa75699e90414af021442c21a62c3abf"),
}
META_FILE = "meta.bin"


class ImageNet(ImageFolder):
    """Images of a thousand classes (http://image-net.org/); its archives are unpacked when first read.

    Args:
        root: the folder of the archives, or of what was unpacked of them.
        split: "train" or "val".
        kwargs: as ImageFolder's other arguments.

    Attributes: as ImageFolder's, where `classes` are tuples of names; `wnids`, `wnid_to_idx`.

    Raises:
        ValueError: another split.
        RuntimeError: an archive is not there, or not what it should be.
        ModuleNotFoundError: SciPy is not installed.
    """

    _shown = "Split: {0.split}"

    def __init__(self, root: str | Path, split: str = "train", **kwargs: Any) -> None:
        root = self.root = os.path.expanduser(root)
        self.split = verify_str_arg(split, "split", ("train", "val"))
        self.parse_archives()
        names = load_meta_file(self.root)[0]
        super().__init__(self.split_folder, **kwargs)
        self.root = root
        self.wnids, self.wnid_to_idx = self.classes, self.class_to_idx
        self.classes = [names[wnid] for wnid in self.wnids]  # type: ignore[misc]
        self.class_to_idx = {name: i for i, synonyms in enumerate(self.classes) for name in synonyms}

    def parse_archives(self) -> None:
        """Unpacks what is not unpacked yet."""
        if not check_integrity(os.path.join(self.root, META_FILE)):
            parse_devkit_archive(self.root)
        if not os.path.isdir(self.split_folder):
            (parse_train_archive if self.split == "train" else parse_val_archive)(self.root)

    @property
    def split_folder(self) -> str:
        """The folder of the classes' folders."""
        return os.path.join(self.root, self.split)


def load_meta_file(root: str | Path, file: str | None = None) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    """Names of classes by their ids, and the ids of the images for validation. RuntimeError without the file."""
    path = os.path.join(root, file or META_FILE)
    if check_integrity(path):
        return torch.load(path, weights_only=True)
    raise RuntimeError(
        f"The meta file {path} is not present in the root directory or is corrupted. "
        "This file is automatically created by the ImageNet dataset."
    )


def _archive(root: str | Path, kind: str, file: str | None) -> str:
    """The path of an archive, which must be there."""
    name, md5 = ARCHIVE_META[kind]
    path = os.path.join(root, file or name)
    if not check_integrity(path, md5):
        raise RuntimeError(
            f"The archive {file or name} is not present in the root directory or is corrupted. "
            f"You need to download it externally and place it in {root}."
        )
    return path


def parse_devkit_archive(root: str | Path, file: str | None = None) -> None:
    """Writes META_FILE from what the development kit says of classes and of images for validation."""
    loadmat = import_loadmat()
    archive = _archive(root, "devkit", file)
    with tempfile.TemporaryDirectory() as folder, reading(archive):
        extract_archive(archive, folder)
        data = os.path.join(folder, "ILSVRC2012_devkit_t12", "data")
        rows = loadmat(os.path.join(data, "meta.mat"), squeeze_me=True)["synsets"]
        leaves = [row for row in rows if row[4] == 0]  # the others are classes of classes
        wnids = {int(row[0]): str(row[1]) for row in leaves}
        names = {str(row[1]): tuple(row[2].split(", ")) for row in leaves}
        numbers = Path(data, "ILSVRC2012_validation_ground_truth.txt").read_text().split()
    path = os.path.join(root, META_FILE)
    torch.save((names, [wnids[int(number)] for number in numbers]), f"{path}.partial")
    os.replace(f"{path}.partial", path)


def parse_train_archive(root: str | Path, file: str | None = None, folder: str = "train") -> None:
    """Unpacks the images for training, an archive of one archive a class."""
    archive, made = _archive(root, "train", file), _unfinished(root, folder)
    extract_archive(archive, made)
    for name in os.listdir(made):
        path = os.path.join(made, name)
        extract_archive(path, os.path.splitext(path)[0], remove_finished=True)
    os.replace(made, os.path.join(root, folder))


def parse_val_archive(
    root: str | Path, file: str | None = None, wnids: list[str] | None = None, folder: str = "val"
) -> None:
    """Unpacks the images for validation, and puts each into its class's folder; `wnids` are their classes in order."""
    classes = load_meta_file(root)[1] if wnids is None else wnids
    archive, made = _archive(root, "val", file), _unfinished(root, folder)
    extract_archive(archive, made)
    images = sorted(os.listdir(made))
    for wnid in set(classes):
        os.mkdir(os.path.join(made, wnid))
    for wnid, image in zip(classes, images):
        shutil.move(os.path.join(made, image), os.path.join(made, wnid, image))
    os.replace(made, os.path.join(root, folder))


def _unfinished(root: str | Path, folder: str) -> str:
    """An empty folder to unpack in, which gets its name once all is there."""
    path = os.path.join(root, f"{folder}.partial")
    shutil.rmtree(path, ignore_errors=True)
    return path
