"""Flowers102: flowers that are common in the United Kingdom."""

from __future__ import annotations

from pathlib import Path

from .files import FilesDataset
from .folder import default_loader
from .reading import import_loadmat, reading
from .utils import check_integrity, download_and_extract_archive, download_url, verify_str_arg
from .vision import NOT_FOUND_OR_CORRUPTED, not_found


class Flowers102(FilesDataset):
    """Flowers of 102 classes (https://www.robots.ox.ac.uk/~vgg/data/flowers/102/).

    Args:
        root: the folder of `flowers-102`.
        split: "train", "val" or "test".
        transform: a function of a PIL image.
        target_transform: a function of a class's number.
        download: fetch what is not there.
        loader: makes an image of a path.

    Raises:
        ValueError: another split.
        RuntimeError: the files are not there, or not what they should be.
        ModuleNotFoundError: SciPy is not installed.
    """

    _download_url_prefix = "https://www.robots.ox.ac.uk/~vgg/data/flowers/102/"
    _file_dict = {
        "image": ("102flowers.tgz", "52808999861908f626f3c1f4e79d11fa"),
        "label": ("imagelabels.mat", "e0620be6f572b9609742df49c70aed4d"),
        "setid": ("setid.mat", "a5357ecc9cb78c4bef273ce3793fc85c"),
    }
    _splits_map = {"train": "trnid", "val": "valid", "test": "tstid"}
    classes = [
        "pink primrose", "hard-leaved pocket orchid", "canterbury bells", "sweet pea", "english marigold",
        "tiger lily", "moon orchid", "bird of paradise", "monkshood", "globe thistle", "snapdragon", "colt's foot",
        "king protea", "spear thistle", "yellow iris", "globe-flower", "purple coneflower", "peruvian lily",
        "balloon flower", "giant white arum lily", "fire lily", "pincushion flower", "fritillary", "red ginger",
        "grape hyacinth", "corn poppy", "prince of wales feathers", "stemless gentian", "artichoke", "sweet william",
        "carnation", "garden phlox", "love in the mist", "mexican aster", "alpine sea holly", "ruby-lipped cattleya",
        "cape flower", "great masterwort", "siam tulip", "lenten rose", "barbeton daisy", "daffodil", "sword lily",
        "poinsettia", "bolero deep blue", "wallflower", "marigold", "buttercup", "oxeye daisy", "common dandelion",
        "petunia", "wild pansy", "primula", "sunflower", "pelargonium", "bishop of llandaff", "gaura", "geranium",
        "orange dahlia", "pink-yellow dahlia?", "cautleya spicata", "japanese anemone", "black-eyed susan",
        "silverbush", "californian poppy", "osteospermum", "spring crocus", "bearded iris", "windflower",
        "tree poppy", "gazania", "azalea", "water lily", "rose", "thorn apple", "morning glory", "passion flower",
        "lotus", "toad lily", "anthurium", "frangipani", "clematis", "hibiscus", "columbine", "desert-rose",
        "tree mallow", "magnolia", "cyclamen", "watercress", "canna lily", "hippeastrum", "bee balm", "ball moss",
        "foxglove", "bougainvillea", "camellia", "mallow", "mexican petunia", "bromelia", "blanket flower",
        "trumpet creeper", "blackberry lily",
    ]  # fmt: skip

    def __init__(
        self,
        root: str | Path,
        split: str = "train",
        transform=None,
        target_transform=None,
        download: bool = False,
        loader=default_loader,
    ) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        self._split = verify_str_arg(split, "split", ("train", "val", "test"))
        self._base_folder = Path(self.root) / "flowers-102"
        self._images_folder = self._base_folder / "jpg"
        if download:
            self.download()
        if not self._check_integrity():
            raise not_found(NOT_FOUND_OR_CORRUPTED, self._images_folder, *self._failing())
        ids = self._vector("setid", self._splits_map[self._split])
        labels = self._vector("label", "labels")
        self._labels = [labels[i - 1] - 1 for i in ids]
        self._image_files = [self._images_folder / f"image_{i:05d}.jpg" for i in ids]
        self.loader = loader

    def _vector(self, file: str, name: str) -> list[int]:
        loadmat = import_loadmat()
        path = self._base_folder / self._file_dict[file][0]
        with reading(path):
            return loadmat(path, squeeze_me=True)[name].tolist()

    def extra_repr(self) -> str:
        return f"split={self._split}"

    def _failing(self) -> list[Path]:
        """The tables that are not there or not what they should be."""
        tables = (self._file_dict[name] for name in ("label", "setid"))
        return [self._base_folder / name for name, md5 in tables if not check_integrity(self._base_folder / name, md5)]

    def _check_integrity(self) -> bool:
        return self._images_folder.is_dir() and not self._failing()

    def download(self) -> None:
        """Fetches the archive of images and the two tables, unless they are there."""
        if self._check_integrity():
            return
        folder = str(self._base_folder)
        images, md5 = self._file_dict["image"]
        download_and_extract_archive(self._download_url_prefix + images, folder, md5=md5)
        for name, md5 in (self._file_dict["label"], self._file_dict["setid"]):
            download_url(self._download_url_prefix + name, folder, md5=md5)
