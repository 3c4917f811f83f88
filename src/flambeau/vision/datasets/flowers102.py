"""Flowers102: flowers that are common in the United Kingdom."""

from __future__ import annotations

from pathlib import Path

from .files import FilesDataset, SplitDataset
from .reading import import_loadmat, reading
from .utils import download_and_extract_archive, download_url, failing
from .vision import CheckedDataset, missing


class Flowers102(CheckedDataset, SplitDataset, FilesDataset):
    """Flowers of 102 classes (https://www.robots.ox.ac.uk/~vgg/data/flowers/102/).

    Arguments and errors: as SplitDataset's; the splits are "train", "val" and "test". ModuleNotFoundError where SciPy
    is not installed.
    """

    _download_url_prefix = "https://www.robots.ox.ac.uk/~vgg/data/flowers/102/"
    _file_dict = {
        "image": ("102flowers.tgz", "52808999861908f626f3c1f4e79d11fa"),
        "label": ("imagelabels.mat", "e0620be6f572b9609742df49c70aed4d"),
        "setid": ("setid.mat", "a5357ecc9cb78c4bef273ce3793fc85c"),
    }
    _shown = "split={0._split}"
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

    def _locate(self) -> None:
        self._base_folder = Path(self.root) / "flowers-102"
        self._images_folder = self._base_folder / "jpg"

    def _failing(self) -> list[Path]:
        tables = (self._file_dict[kind] for kind in ("label", "setid"))
        return missing(self._images_folder) + failing(*((self._base_folder / name, md5) for name, md5 in tables))

    def _fetch(self) -> None:
        folder = str(self._base_folder)
        images, md5 = self._file_dict["image"]
        download_and_extract_archive(self._download_url_prefix + images, folder, md5=md5)
        for name, md5 in (self._file_dict["label"], self._file_dict["setid"]):
            download_url(self._download_url_prefix + name, folder, md5=md5)

    def _index(self) -> None:
        ids = self._vector("setid", self._splits_map[self._split])
        labels = self._vector("label", "labels")
        self._labels = [labels[i - 1] - 1 for i in ids]
        self._image_files = [self._images_folder / f"image_{i:05d}.jpg" for i in ids]

    def _vector(self, file: str, name: str) -> list[int]:
        loadmat = import_loadmat()
        path = self._base_folder / self._file_dict[file][0]
        with reading(path):
            return loadmat(path, squeeze_me=True)[name].tolist()
