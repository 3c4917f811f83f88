"""Oxford-IIIT Pet: cats and dogs with breeds and outlines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .files import numbered
from .reading import open_image, read_image, reading
from .utils import download_and_extract_archive, verify_str_arg
from .vision import DownloadedDataset, missing

_URL = "https://www.robots.ox.ac.uk/~vgg/data/pets/data/"


class OxfordIIITPet(DownloadedDataset):
    """Cats and dogs of 37 breeds (https://www.robots.ox.ac.uk/~vgg/data/pets/).

    Args:
        root: the folder of `oxford-iiit-pet`.
        split: "trainval" or "test".
        target_types: "category" (the breed), "binary-category" (cat or dog), "segmentation" (a PIL image of the
            animal, its border and the background), or a list of them; none gives targets None.
        transforms, transform, target_transform, download: as of VisionDataset.

    Attributes: `classes`, `class_to_idx`, `bin_classes`, `bin_class_to_idx`.

    Raises:
        ValueError: another split or target type.
        RuntimeError: the files are not there.
    """

    _RESOURCES = (
        (f"{_URL}images.tar.gz", "5c4f3ee8e5d25df40f4fd59a7f44e54c"),
        (f"{_URL}annotations.tar.gz", "95a8c909bbe2e81eed6a22bccdf3f68f"),
    )
    _VALID_TARGET_TYPES = ("category", "binary-category", "segmentation")

    def __init__(
        self,
        root: str | Path,
        split: str = "trainval",
        target_types: Sequence[str] | str = "category",
        transforms=None,
        transform=None,
        target_transform=None,
        download: bool = False,
    ):
        self._split = verify_str_arg(split, "split", ("trainval", "test"))
        types = [target_types] if isinstance(target_types, str) else target_types
        self._target_types = [verify_str_arg(name, "target_types", self._VALID_TARGET_TYPES) for name in types]
        super().__init__(root, transforms=transforms, transform=transform, target_transform=target_transform)
        self._base_folder = Path(self.root) / "oxford-iiit-pet"
        self._images_folder = self._base_folder / "images"
        self._anns_folder = self._base_folder / "annotations"
        self._segs_folder = self._anns_folder / "trimaps"
        self._provide(download)
        self._read_list(self._anns_folder / f"{self._split}.txt")

    def _read_list(self, path: Path) -> None:
        with reading(path):
            rows = [line.split() for line in path.read_text().splitlines()]
            names = [name for name, _, _, _ in rows]
            self._labels = [int(label) - 1 for _, label, _, _ in rows]
            self._bin_labels = [int(label) - 1 for _, _, label, _ in rows]
        breeds = {(name.rsplit("_", 1)[0], label) for name, label in zip(names, self._labels)}
        self.classes = [
            " ".join(word.title() for word in breed.split("_"))
            for breed, _ in sorted(breeds, key=lambda breed_and_label: breed_and_label[1])
        ]
        self.bin_classes = ["Cat", "Dog"]
        self.class_to_idx, self.bin_class_to_idx = numbered(self.classes), numbered(self.bin_classes)
        self._images = [self._images_folder / f"{name}.jpg" for name in names]
        self._segs = [self._segs_folder / f"{name}.png" for name in names]

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, idx: int) -> tuple[Any, Any]:
        targets = tuple(self._target(idx, name) for name in self._target_types)
        target = targets if len(targets) > 1 else targets[0] if targets else None
        return self._transformed_together(read_image(self._images[idx], "RGB"), target)

    def _target(self, idx: int, kind: str):
        if kind == "segmentation":
            return open_image(self._segs[idx])
        return self._labels[idx] if kind == "category" else self._bin_labels[idx]

    def _failing(self) -> list[Path]:
        return missing(self._images_folder, self._anns_folder)

    def _fetch(self) -> None:
        for url, md5 in self._RESOURCES:
            download_and_extract_archive(url, str(self._base_folder), md5=md5)
