"""LFW: faces in the wild, by person or in pairs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from .files import numbered
from .folder import default_loader
from .reading import reading
from .utils import failing, verify_str_arg
from .vision import CheckedDataset


class _LFW(CheckedDataset):
    _shown = "Alignment: {0.image_set}\nSplit: {0.split}"
    base_folder = "lfw-py"
    download_url_prefix = "http://vis-www.cs.umass.edu/lfw/"
    file_dict = {
        "original": ("lfw", "lfw.tgz", "a17d05bd522c52d84eca14327a23d494"),
        "funneled": ("lfw_funneled", "lfw-funneled.tgz", "1b42dfed7d15c9b2dd63d5e5840c86ad"),
        "deepfunneled": ("lfw-deepfunneled", "lfw-deepfunneled.tgz", "68331da3eb755a505a502b5aacb3c201"),
    }
    checksums = {
        "pairs.txt": "9f1ba174e4e1c508ff7cdf10ac338a7d",
        "pairsDevTest.txt": "5132f7440eb68cf58910c8a45a2ac10b",
        "pairsDevTrain.txt": "4f27cbf15b2da4a85c1907eb4181ad21",
        "people.txt": "450f0863dd89e85e73936a6d71a3474b",
        "peopleDevTest.txt": "e4bf5be0a43b5dcd9dc5ccfcb8fb19c5",
        "peopleDevTrain.txt": "54eaac34beb6d042ed3a7d883e247a21",
        "lfw-names.txt": "a6d0a479bd074669f656265a6e693f6d",
    }
    annot_file = {"10fold": "", "train": "DevTrain", "test": "DevTest"}
    names = "lfw-names.txt"
    view: str

    def __init__(
        self,
        root: str | Path,
        split: str = "10fold",
        image_set: str = "funneled",
        transform=None,
        target_transform=None,
        download: bool = False,
        loader=default_loader,
    ) -> None:
        super().__init__(os.path.join(root, self.base_folder), transform=transform, target_transform=target_transform)
        self.image_set = verify_str_arg(image_set.lower(), "image_set", self.file_dict)
        folder, self.filename, self.md5 = self.file_dict[self.image_set]
        self.split = verify_str_arg(split.lower(), "split", ["10fold", "train", "test"])
        self.labels_file = f"{self.view}{self.annot_file[self.split]}.txt"
        self.data: list[Any] = []
        if download:
            raise ValueError(
                "LFW dataset is no longer available for automatic download."
                "Please download the dataset manually and place it in the specified directory."
                "A commonly used mirror is available at: https://www.kaggle.com/datasets/jessicali9530/lfw-dataset"
            )
        self._provide(download=False)
        self.images_dir = os.path.join(self.root, folder)
        self._loader = loader
        self._index()

    def _index(self) -> None:
        raise NotImplementedError

    def _failing(self) -> list[str]:
        tables = [self.labels_file, *([self.names] if self.view == "people" else [])]
        files = [(self.filename, self.md5), *((name, self.checksums[name]) for name in tables)]
        return failing(*((os.path.join(self.root, name), md5) for name, md5 in files))

    def _rows(self, name: str) -> list[list[str]]:
        path = os.path.join(self.root, name)
        with reading(path):
            return [line.strip().split("\t") for line in Path(path).read_text().splitlines()]

    def _get_path(self, identity: str, no: int | str) -> str:
        return os.path.join(self.images_dir, identity, f"{identity}_{int(no):04d}.jpg")

    def __len__(self) -> int:
        return len(self.data)


class LFWPeople(_LFW):
    """Faces with the number of the person (http://vis-www.cs.umass.edu/lfw/).

    Args:
        root: the folder of `lfw-py`, with the archive and what was unpacked of it.
        split: "10fold", "train" or "test".
        image_set: "original", "funneled" or "deepfunneled".
        transform, target_transform: as of VisionDataset.
        download: refused: the files are no longer where they were.
        loader: makes an image of a path.

    Raises:
        ValueError: another split or set, or `download`.
        RuntimeError: the files are not there, or not what they should be.
    """

    view = "people"

    def _index(self) -> None:
        self.class_to_idx = numbered([row[0].split()[0] for row in self._rows(self.names)])
        people = [row for row in self._rows(self.labels_file) if len(row) == 2]  # the others count what follows
        self.data = [self._get_path(name, no) for name, n in people for no in range(1, int(n) + 1)]
        self.targets = [self.class_to_idx[name] for name, n in people for _ in range(int(n))]

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        return self._transformed(self._loader(self.data[index]), self.targets[index])

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}\nClasses (identities): {len(self.class_to_idx)}"


class LFWPairs(_LFW):
    """Pairs of faces, with whether they are one person's: (image, image, 0 or 1). Arguments: as LFWPeople's."""

    view = "pairs"

    def _index(self) -> None:
        _, *rows = self._rows(self.labels_file)  # the first counts the others
        pairs = [(row[0], row[1], row[-2] if len(row) == 4 else row[0], row[-1]) for row in rows]
        self.pair_names = [(first, second) for first, _, second, _ in pairs]
        self.data = [(self._get_path(a, i), self._get_path(b, j)) for a, i, b, j in pairs]
        self.targets = [int(len(row) == 3) for row in rows]

    def __getitem__(self, index: int) -> tuple[Any, Any, int]:
        first, second = (self._loader(path) for path in self.data[index])
        if self.transform is not None:
            first, second = self.transform(first), self.transform(second)
        target = self.targets[index]
        return first, second, target if self.target_transform is None else self.target_transform(target)
