"""iNaturalist: photographs of living things by species."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from .files import numbered
from .reading import open_image
from .utils import download_and_extract_archive, verify_str_arg
from .vision import NOT_FOUND_OR_CORRUPTED, DownloadedDataset

CATEGORIES_2021 = ["kingdom", "phylum", "class", "order", "family", "genus"]
_URL = "https://ml-inat-competition-datasets.s3.amazonaws.com/"
DATASET_URLS = {
    "2017": f"{_URL}2017/train_val_images.tar.gz",
    "2018": f"{_URL}2018/train_val2018.tar.gz",
    "2019": f"{_URL}2019/train_val2019.tar.gz",
    "2021_train": f"{_URL}2021/train.tar.gz",
    "2021_train_mini": f"{_URL}2021/train_mini.tar.gz",
    "2021_valid": f"{_URL}2021/val.tar.gz",
}
DATASET_MD5 = {
    "2017": "7c784ea5e424efaec655bd392f87301f",
    "2018": "b1c6952ce38f31868cc50ea72d066cc3",
    "2019": "c60a6e2962c9b8ccbd458d12c8582644",
    "2021_train": "e0526d53c7f7b2e3167b2b43bb2690ed",
    "2021_train_mini": "db6ed8330e634445efc8fec83ae81442",
    "2021_valid": "f6f6e0e242e3d4c9569ba56400938afc",
}


class INaturalist(DownloadedDataset):
    """Living things (https://github.com/visipedia/inat_comp).

    Args:
        root: the folder of the versions' folders.
        version: "2017", "2018", "2019", "2021_train", "2021_train_mini" or "2021_valid".
        target_type: "full" (the species), before 2021 "super" (its group), from 2021 on "kingdom", "phylum", "class",
            "order", "family", "genus"; or a list of them.
        transform, target_transform, download, loader: as of VisionDataset.

    Raises:
        ValueError: another version or target type.
        RuntimeError: the files are not there, or folders have other names.
    """

    _NOT_FOUND = NOT_FOUND_OR_CORRUPTED

    def __init__(
        self,
        root: str | Path,
        version: str = "2021_train",
        target_type: list[str] | str = "full",
        transform=None,
        target_transform=None,
        download: bool = False,
        loader=None,
    ) -> None:
        self.version = verify_str_arg(version, "version", DATASET_URLS)
        super().__init__(os.path.join(root, version), transform=transform, target_transform=target_transform)
        os.makedirs(root, exist_ok=True)
        self._provide(download)
        recent = version.startswith("2021")
        types = target_type if isinstance(target_type, list) else [target_type]
        known = ("full", *CATEGORIES_2021) if recent else ("full", "super")
        self.target_type = [verify_str_arg(name, "target_type", known) for name in types]
        self.all_categories: list[str] = []
        self.categories_index: dict[str, dict[str, int]] = {}
        self.categories_map: list[dict[str, int]] = []
        self._init_2021() if recent else self._init_pre2021()
        self.index = [
            (i, name)
            for i, category in enumerate(self.all_categories)
            for name in os.listdir(os.path.join(self.root, category))
        ]
        self.loader = loader

    def _init_2021(self) -> None:
        """Folders are named number_kingdom_phylum_class_order_family_genus_species."""
        self.all_categories = sorted(os.listdir(self.root))
        self.categories_index = {kind: {} for kind in CATEGORIES_2021}
        for i, folder in enumerate(self.all_categories):
            number, *names = folder.split("_")
            if len(names) != 7:
                raise RuntimeError(f"Unexpected category name {folder}, wrong number of pieces")
            if number != f"{i:05d}":
                raise RuntimeError(f"Unexpected category id {number}, expecting {i:05d}")
            indices = ((kind, self.categories_index[kind], name) for kind, name in zip(CATEGORIES_2021, names))
            self.categories_map.append({kind: index.setdefault(name, len(index)) for kind, index, name in indices})

    def _init_pre2021(self) -> None:
        """Folders are named group/species, where the species is a number, but for 2017."""
        groups = sorted(os.listdir(self.root))
        self.categories_index = {"super": numbered(groups)}
        folders = [(group, name) for group in groups for name in sorted(os.listdir(os.path.join(self.root, group)))]
        found: dict[int, tuple[str, str]] = {}
        for i, (group, name) in enumerate(folders):
            number = i if self.version == "2017" else _number(name)
            if number in found:
                raise RuntimeError(f"Duplicate category {name}")
            found[number] = group, name
        for i in range(max(found) + 1):
            if i not in found:
                raise RuntimeError(f"Missing category {i}")
            group, name = found[i]
            self.all_categories.append(os.path.join(group, name))
            self.categories_map.append({"super": self.categories_index["super"][group]})

    def __len__(self) -> int:
        return len(self.index)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        category, name = self.index[index]
        path = os.path.join(self.root, self.all_categories[category], name)
        kinds = self.categories_map[category]
        targets = tuple(category if kind == "full" else kinds[kind] for kind in self.target_type)
        image = open_image(path) if self.loader is None else self.loader(path)
        return self._transformed(image, targets if len(targets) > 1 else targets[0])

    def category_name(self, category_type: str, category_id: int) -> str:
        """The name of a category of a type by its number. ValueError for another type or number."""
        if category_type == "full":
            return self.all_categories[category_id]
        if category_type not in self.categories_index:
            raise ValueError(f"Invalid category type '{category_type}'")
        for name, number in self.categories_index[category_type].items():
            if number == category_id:
                return name
        raise ValueError(f"Invalid category id {category_id} for {category_type}")

    def _failing(self) -> list[str]:
        return [] if os.path.exists(self.root) and os.listdir(self.root) else [self.root]

    def _fetch(self) -> None:
        url, folder = DATASET_URLS[self.version], os.path.dirname(self.root)
        download_and_extract_archive(url, folder, filename=f"{self.version}.tgz", md5=DATASET_MD5[self.version])
        unpacked = os.path.join(folder, os.path.basename(url).removesuffix(".tar.gz"))
        if not os.path.exists(unpacked):
            raise RuntimeError(f"Unable to find downloaded files at {unpacked}")
        os.rename(unpacked, self.root)


def _number(name: str) -> int:
    try:
        return int(name)
    except ValueError:
        raise RuntimeError(f"Unexpected non-numeric dir name: {name}") from None
