"""Stanford Cars: cars by maker, model and year."""

from __future__ import annotations

from pathlib import Path

from .files import SamplesDataset, SplitDataset, numbered
from .reading import import_loadmat, reading
from .vision import missing


class StanfordCars(SplitDataset, SamplesDataset):
    """Cars of 196 kinds; the files can no longer be downloaded from where they were.

    Arguments and errors: as SplitDataset's; the splits are "train" and "test". ValueError for `download`,
    ModuleNotFoundError where SciPy is not installed.
    """

    _SPLITS = ("train", "test")
    _NOT_FOUND = "Dataset not found."

    def _locate(self) -> None:
        self._loadmat = import_loadmat()
        self._base_folder = Path(self.root) / "stanford_cars"
        train = self._split == "train"
        name = "devkit/cars_train_annos.mat" if train else "cars_test_annos_withlabels.mat"
        self._annotations_mat_path = self._base_folder / name
        self._images_base_path = self._base_folder / ("cars_train" if train else "cars_test")

    def _failing(self) -> list[Path]:
        return missing(self._base_folder / "devkit", self._annotations_mat_path, self._images_base_path)

    def _index(self) -> None:
        rows = self._table(self._annotations_mat_path, "annotations")
        self._samples = [(str(self._images_base_path / row["fname"]), row["class"] - 1) for row in rows]
        self.classes = self._table(self._base_folder / "devkit" / "cars_meta.mat", "class_names").tolist()
        self.class_to_idx = numbered(self.classes)

    def _table(self, path: Path, name: str):
        with reading(path):
            return self._loadmat(str(path), squeeze_me=True)[name]

    def download(self) -> None:
        """Raises ValueError: there is nowhere to download it from."""
        raise ValueError("The original URL is broken so the StanfordCars dataset cannot be downloaded anymore.")
