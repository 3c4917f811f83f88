"""Stanford Cars: cars by maker, model and year."""

from __future__ import annotations

from pathlib import Path

from .files import SamplesDataset, numbered
from .folder import default_loader
from .reading import import_loadmat, reading
from .utils import verify_str_arg
from .vision import not_found


class StanfordCars(SamplesDataset):
    """Cars of 196 kinds; the files can no longer be downloaded from where they were.

    Args:
        root: the folder of `stanford_cars`.
        split: "train" or "test".
        transform: a function of a PIL image.
        target_transform: a function of a class's number.
        download: refused.
        loader: makes an image of a path.

    Raises:
        ValueError: another split, or `download`.
        RuntimeError: the files are not there.
        ModuleNotFoundError: SciPy is not installed.
    """

    def __init__(
        self,
        root: str | Path,
        split: str = "train",
        transform=None,
        target_transform=None,
        download: bool = False,
        loader=default_loader,
    ) -> None:
        self._loadmat = import_loadmat()
        super().__init__(root, transform=transform, target_transform=target_transform)
        self._split = verify_str_arg(split, "split", ("train", "test"))
        self._base_folder = Path(root) / "stanford_cars"
        devkit, train = self._base_folder / "devkit", split == "train"
        name = "devkit/cars_train_annos.mat" if train else "cars_test_annos_withlabels.mat"
        self._annotations_mat_path = self._base_folder / name
        self._images_base_path = self._base_folder / ("cars_train" if train else "cars_test")
        if download:
            self.download()
        if not self._check_exists():
            raise not_found("Dataset not found.", devkit, self._annotations_mat_path, self._images_base_path)
        rows = self._table(self._annotations_mat_path, "annotations")
        self._samples = [(str(self._images_base_path / row["fname"]), row["class"] - 1) for row in rows]
        self.classes = self._table(devkit / "cars_meta.mat", "class_names").tolist()
        self.class_to_idx = numbered(self.classes)
        self.loader = loader

    def _table(self, path: Path, name: str):
        with reading(path):
            return self._loadmat(str(path), squeeze_me=True)[name]

    def _check_exists(self) -> bool:
        folders = (self._base_folder / "devkit", self._images_base_path)
        return self._annotations_mat_path.exists() and all(folder.is_dir() for folder in folders)

    def download(self) -> None:
        """Raises ValueError: there is nowhere to download it from."""
        raise ValueError("The original URL is broken so the StanfordCars dataset cannot be downloaded anymore.")
