"""Datasets in the same folders, read here and by torchvision: the same samples, printed forms and errors."""

import importlib

import dataset_files as files
import numpy as np
import pytest

real = pytest.importorskip("real_torchvision").torchvision
real_torch = pytest.importorskip("torch")

import flambeau as fl  # noqa: E402

pytestmark = pytest.mark.parity


@pytest.fixture(scope="module")
def ours():
    pytest.importorskip("scipy")
    return importlib.import_module("flambeau.vision.datasets")


def plain(value):
    """A sample in a form that compares."""
    if hasattr(value, "getbands"):
        return value.mode, value.size, np.asarray(value.convert("RGB")).tolist()
    if isinstance(value, (fl.Tensor, real_torch.Tensor)):
        return type(value).__name__, str(value.dtype), value.tolist(), getattr(value, "canvas_size", None)
    if isinstance(value, np.ndarray):
        return str(value.dtype), value.tolist()
    if isinstance(value, (tuple, list)):
        return type(value).__name__, [plain(v) for v in value]
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    return type(value).__name__, value


def seen(make, cls, args, kwargs):
    """What a script sees of a dataset, or the exception that making it raises."""
    try:
        dataset = make(cls)(*args, **kwargs)
    except Exception as error:
        return type(error).__name__, str(error)
    attributes = ("classes", "class_to_idx", "targets", "data", "labels", "samples", "images", "categories", "y", "ids")
    told = {name: plain(getattr(dataset, name)) for name in attributes if hasattr(dataset, name)}
    return repr(dataset), len(dataset), told, [plain(dataset[i]) for i in range(len(dataset))]


def same(ours, name, make, *calls):
    """Compares one class under several calls; make(module, cls) gives the class to call."""
    for args, kwargs in calls:
        mine, theirs = (seen(make, getattr(d, name), args, kwargs) for d in (ours, real.datasets))
        assert mine == theirs


def as_it_is(cls):
    return cls


def negative(target):
    return -target


def wrapped(datasets, name, *args, target_keys=None, make=as_it_is, **kwargs):
    """The samples of a dataset with TVTensors in them, or the exception that they raise."""
    try:
        dataset = make(getattr(datasets, name))(*args, **kwargs)
        dataset = datasets.wrap_dataset_for_transforms_v2(dataset, target_keys)
        samples = [dataset[i] for i in range(len(dataset))]
    except Exception as error:
        return type(error).__name__, str(error)
    return type(dataset).__name__, isinstance(dataset, getattr(datasets, name)), [plain(s) for s in samples]


def call(*args, **kwargs):
    return args, kwargs


def test_mnist_and_its_kin(ours, tmp_path):
    for name in ("MNIST", "FashionMNIST", "KMNIST"):
        files.mnist(tmp_path, name)
        same(ours, name, as_it_is, call(str(tmp_path)), call(tmp_path, train=False), call(tmp_path / "none"))
    files.emnist(tmp_path)
    same(ours, "EMNIST", as_it_is, call(tmp_path, "letters"), call(tmp_path, "mnist"), call(tmp_path, "x"))
    files.qmnist(tmp_path)
    calls = [call(tmp_path), call(tmp_path, "test10k"), call(tmp_path, "test50k"), call(tmp_path, compat=False)]
    same(ours, "QMNIST", as_it_is, *calls, call(tmp_path, "nist"), call(tmp_path, "what"), call(tmp_path, 3))


def test_target_transforms_and_their_printed_form(ours, tmp_path):
    files.mnist(tmp_path)
    same(ours, "MNIST", as_it_is, call(str(tmp_path), target_transform=negative))


@pytest.mark.parametrize("name", ["CIFAR10", "CIFAR100"])
def test_cifar(ours, tmp_path, name):
    calls = [call(str(tmp_path)), call(str(tmp_path), train=False), call(str(tmp_path / "none"))]
    same(ours, name, lambda cls: files.cifar(tmp_path, cls), *calls)


def test_svhn(ours, tmp_path):
    calls = [call(tmp_path), call(tmp_path, "extra"), call(tmp_path, "x"), call(tmp_path / "none")]
    same(ours, "SVHN", lambda cls: files.svhn(tmp_path, cls), *calls)


def test_stl10(ours, tmp_path):
    splits = ("train", "train+unlabeled", "unlabeled", "test", "none")
    folds = [call(tmp_path, folds=fold) for fold in (3, 10, "3")]
    calls = [*(call(tmp_path, split) for split in splits), *folds]
    same(ours, "STL10", lambda cls: files.stl10(tmp_path, cls), *calls)


def test_folders(ours, tmp_path):
    files.image_folder(tmp_path / "a")
    files.image(tmp_path / "a" / "cat" / "deeper" / "x.JPG", 5)
    files.write(tmp_path / "a" / "cat" / "notes.txt", b"")
    calls = [call(str(tmp_path / "a")), call(tmp_path / "a", is_valid_file=lambda path: path.endswith("g"))]
    same(ours, "ImageFolder", as_it_is, *calls, call(tmp_path / "none"), call(tmp_path / "a" / "dog"))
    (tmp_path / "a" / "empty").mkdir()
    calls = [call(tmp_path / "a"), call(tmp_path / "a", allow_empty=True)]
    same(ours, "ImageFolder", as_it_is, *calls, call(tmp_path / "a", is_valid_file=lambda path: False))
    with_loader = [call(tmp_path / "a", str, (".txt",), allow_empty=True), call(tmp_path / "a", str)]
    same(ours, "DatasetFolder", as_it_is, *with_loader, call(tmp_path / "a", str, "txt"))


def test_caltech(ours, tmp_path):
    files.caltech101(tmp_path)
    types = ("category", "annotation", ["category", "annotation"], "x")
    calls = [call(tmp_path, target_type=kind) for kind in types]
    same(ours, "Caltech101", as_it_is, *calls, call(tmp_path / "none"))
    files.caltech256(tmp_path)
    same(ours, "Caltech256", as_it_is, call(tmp_path), call(tmp_path / "none"))


def test_pets(ours, tmp_path):
    files.oxford_pet(tmp_path)
    types = ("category", "binary-category", "segmentation", ["category", "segmentation"], [], "x")
    calls = [call(str(tmp_path), target_types=kind) for kind in types]
    same(ours, "OxfordIIITPet", as_it_is, *calls, call(tmp_path, "test"), call(tmp_path / "none"))
    both = call(tmp_path, transforms=negative, transform=negative)
    same(ours, "OxfordIIITPet", as_it_is, both, call(tmp_path, "val"))


def test_flowers(ours, tmp_path):
    calls = [call(tmp_path, split) for split in ("train", "val", "test", "all")]
    same(ours, "Flowers102", lambda cls: files.flowers102(tmp_path, cls), *calls, call(tmp_path / "none"))


def test_voc(ours, tmp_path):
    files.voc(tmp_path)
    calls = [call(str(tmp_path)), call(tmp_path, "2013"), call(tmp_path, "2011"), call(tmp_path, image_set="test")]
    same(ours, "VOCSegmentation", as_it_is, *calls)
    same(ours, "VOCDetection", as_it_is, *calls)
    tables = [importlib.import_module(f"{d.__name__}.voc").DATASET_YEAR_DICT for d in (ours, real.datasets)]
    assert tables[0] == tables[1]


def test_faces(ours, tmp_path):
    types = ("attr", "identity", "bbox", "landmarks", ["identity", "bbox"], [])
    calls = [*(call(tmp_path, target_type=kind) for kind in types), *(call(tmp_path, s) for s in ("Test", "all", "x"))]
    empty = call(tmp_path, target_type=[], target_transform=negative)
    same(ours, "CelebA", lambda cls: files.celeba(tmp_path, cls), *calls, empty, call(tmp_path / "none"))
    same(
        ours, "FER2013", lambda cls: files.fer2013(tmp_path, cls), *(call(tmp_path, s) for s in ("train", "test", "x"))
    )
    calls = [call(tmp_path), call(tmp_path, "test"), call(tmp_path / "none")]
    same(ours, "FER2013", lambda cls: files.fer2013_of_a_contest(tmp_path, cls), *calls)


@pytest.mark.parametrize(
    "name, make, calls",
    [
        ("Food101", files.food101, [call(split="x"), call(split="train")]),
        ("DTD", files.dtd, [call(), call(split="val", partition=3), call(partition=11), call(partition=1.5)]),
        ("GTSRB", files.gtsrb, [call(), call(split="test"), call(split="x")]),
        ("StanfordCars", files.stanford_cars, [call(), call(split="test"), call(split="x"), call(download=True)]),
        ("SUN397", files.sun397, [call(), call(target_transform=negative)]),
        ("USPS", files.usps, [call(), call(train=False)]),
        ("SBDataset", files.sbd, [call(), call(mode="segmentation"), call(mode="x"), call(image_set="test")]),
        ("FGVCAircraft", files.aircraft, [call(), call(annotation_level="family"), call(annotation_level="x")]),
        ("CLEVRClassification", files.clevr, [call(), call(split="test"), call(split="x")]),
        ("WIDERFace", files.widerface, [call(), call(split="test"), call(split="x")]),
        ("Kitti", files.kitti, [call(), call(train=False), call(target_transform=negative, transforms=negative)]),
    ],
)
def test_others(ours, tmp_path, name, make, calls):
    make(tmp_path)
    same(ours, name, as_it_is, *(((str(tmp_path),), kwargs) for _, kwargs in calls), call(tmp_path / "none"))


def test_moving_mnist(ours, tmp_path):
    files.moving_mnist(tmp_path)
    for kwargs in ({}, {"split": "train", "split_ratio": 7}, {"split": "test"}):
        mine, theirs = (d.MovingMNIST(tmp_path, **kwargs) for d in (ours, real.datasets))
        assert (
            repr(mine) == repr(theirs) and plain(mine.data) == plain(theirs.data) and plain(mine[1]) == plain(theirs[1])
        )
    calls = [call(tmp_path, **{"split_ratio": ratio}) for ratio in (0, 1.5)]
    same(ours, "MovingMNIST", as_it_is, *calls, call(tmp_path, "x"), call(tmp_path / "none"))


def test_imagenet(ours, tmp_path, monkeypatch):
    seen_by = []
    for datasets in (ours, real.datasets):
        root = tmp_path / datasets.__name__
        root.mkdir()
        archives = files.imagenet(root)
        monkeypatch.setattr(importlib.import_module(f"{datasets.__name__}.imagenet"), "ARCHIVE_META", archives)
        for split in ("train", "val", "x"):
            told = str(seen(as_it_is, datasets.ImageNet, (str(root), split), {})).replace(str(root), "root")
            seen_by.append((datasets is ours, split, told))
        (root / "ILSVRC2012_img_val.tar").write_bytes(b"")
        for path in sorted((root / "val").rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        (root / "val").rmdir()
        told = str(seen(as_it_is, datasets.ImageNet, (str(root), "val"), {})).replace(str(root), "root")
        seen_by.append((datasets is ours, "damaged", told))
    assert [x[1:] for x in seen_by[:4]] == [x[1:] for x in seen_by[4:]] and len(seen_by) == 8


def test_cityscapes(ours, tmp_path):
    files.cityscapes(tmp_path)
    types = ("instance", "semantic", "color", "polygon", ["semantic", "polygon"], "x")
    calls = [call(str(tmp_path), target_type=kind) for kind in types]
    others = [call(tmp_path, "val"), call(tmp_path, "test"), call(tmp_path, "test", "coarse"), call(tmp_path, mode="x")]
    same(ours, "Cityscapes", as_it_is, *calls, *others)
    assert [tuple(c) for c in ours.Cityscapes.classes] == [tuple(c) for c in real.datasets.Cityscapes.classes]


def test_others_with_checksums(ours, tmp_path):
    calls = [call(tmp_path, download=False), call(tmp_path / "none", download=False)]
    same(ours, "SEMEION", lambda cls: files.semeion(tmp_path, cls), *calls)
    calls = [call(str(tmp_path), small=True), call(tmp_path, "test"), call(tmp_path, "val"), call(tmp_path, "x")]
    same(ours, "Places365", lambda cls: files.places365(tmp_path, cls), *calls)
    calls = [call(tmp_path), call(tmp_path / "none")]
    same(ours, "Omniglot", lambda cls: files.omniglot(tmp_path, cls), *calls, call(tmp_path, loader=str))


def test_lfw(ours, tmp_path):
    others = [call(tmp_path, "x"), call(tmp_path, image_set="original"), call(tmp_path, download=True)]
    for name, splits in (("LFWPeople", ("10fold", "train", "test")), ("LFWPairs", ("10fold", "test"))):
        calls = [call(str(tmp_path), split) for split in splits]
        same(ours, name, lambda cls: files.lfw(tmp_path, cls), *calls, *others)


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # torchvision's, of SBU's lists
def test_captions(ours, tmp_path):
    files.flickr(tmp_path)
    same(ours, "Flickr8k", as_it_is, call(str(tmp_path), str(tmp_path / "page.html")))
    same(ours, "Flickr30k", as_it_is, call(str(tmp_path), str(tmp_path / "table.token")))
    calls = [call(tmp_path, download=False), call(tmp_path / "none", download=False)]
    same(ours, "SBU", lambda cls: files.sbu(tmp_path, cls), *calls)


def test_inaturalist(ours, tmp_path):
    files.inaturalist(tmp_path)
    recent = [call(tmp_path, "2021_valid", kind) for kind in ("full", ["full", "genus"], "super")]
    older = [call(tmp_path, version, ["full", "super"]) for version in ("2017", "2018", "2019")]
    same(ours, "INaturalist", as_it_is, *recent, *older, call(tmp_path), call(tmp_path, "2020"))
    mine, theirs = (d.INaturalist(tmp_path, "2021_valid") for d in (ours, real.datasets))
    for kind, number in (("full", 1), ("order", 0), ("genus", 1)):
        assert mine.category_name(kind, number) == theirs.category_name(kind, number)
    modules = [importlib.import_module(f"{d.__name__}.inaturalist") for d in (ours, real.datasets)]
    assert modules[0].DATASET_URLS == modules[1].DATASET_URLS and modules[0].DATASET_MD5 == modules[1].DATASET_MD5


def test_optical_flow(ours, tmp_path):
    files.optical_flow(tmp_path)
    calls = [call(str(tmp_path)), call(tmp_path, "test", "both"), call(tmp_path, "x"), call(tmp_path, pass_name="x")]
    masked = call(tmp_path, transforms=lambda first, second, flow, mask: (first, second, flow, flow[0] > 0))
    same(ours, "Sintel", as_it_is, *calls, masked, call(tmp_path / "none"))
    calls = [call(tmp_path), call(tmp_path, "val"), call(tmp_path, "x"), call(tmp_path / "none")]
    same(ours, "FlyingChairs", as_it_is, *calls)
    calls = [call(tmp_path), call(tmp_path, camera="both"), call(tmp_path, "test"), call(tmp_path, camera="x")]
    same(ours, "FlyingThings3D", as_it_is, *calls)
    assert len(3 * ours.Sintel(tmp_path)) == 6


def test_others_in_folders(ours, tmp_path):
    for folder in ("eurosat/2750", "country211/valid", "rendered-sst2/valid"):
        files.image_folder(tmp_path / folder, ("negative", "positive"))
    files.image_folder(tmp_path / "imagenette2-160" / "train", ("n03888257", "n01440764"), suffix=".jpeg")
    for name, kwargs in (
        ("EuroSAT", {}),
        ("Country211", {"split": "valid"}),
        ("RenderedSST2", {"split": "val"}),
        ("Imagenette", {"size": "160px"}),
    ):
        calls = [call(tmp_path, **kwargs), call(tmp_path / "none", **kwargs), call(tmp_path, split="x")]
        same(ours, name, as_it_is, *calls)


def test_datasets_whose_samples_say_what_they_hold(ours, tmp_path):
    for make in (files.mnist, files.voc, files.kitti, files.oxford_pet, files.widerface, files.cityscapes, files.sbd):
        make(tmp_path)
    files.caltech101(tmp_path)
    files.sun397(tmp_path)

    def same(name, *args, **kwargs):
        assert wrapped(ours, name, *args, **kwargs) == wrapped(real.datasets, name, *args, **kwargs)

    for keys in (None, "all", ["labels", "bbox"], ["other"], 3):
        same("Kitti", tmp_path, target_keys=keys)
    for keys in (None, "all", ["annotation"]):
        same("VOCDetection", tmp_path, target_keys=keys)
    for keys in (None, {"bbox", "pose"}):
        same("WIDERFace", tmp_path, target_keys=keys)
    for kinds in ("category", ["category", "segmentation"], []):
        same("OxfordIIITPet", tmp_path, target_types=kinds)
    for kinds in ("instance", ["semantic", "instance"], "polygon"):
        same("Cityscapes", tmp_path, target_type=kinds)
    for name in ("MNIST", "VOCSegmentation", "SBDataset", "Caltech101", "SUN397"):
        same(name, tmp_path)
    same("MNIST", tmp_path, target_keys="all")
    same("Caltech101", tmp_path, target_type="annotation")
    same("SBDataset", tmp_path, mode="segmentation")
    for kind in ("bbox", ["identity", "bbox"], "attr"):
        same("CelebA", tmp_path, make=lambda cls: files.celeba(tmp_path, cls), target_type=kind)


def test_where_files_come_from(ours):
    facts = {
        "MNIST": "mirrors resources classes", "FashionMNIST": "mirrors resources classes",
        "KMNIST": "mirrors resources classes", "EMNIST": "url md5 splits classes_split_dict",
        "QMNIST": "resources subsets", "CIFAR10": "url filename tgz_md5 train_list test_list meta base_folder",
        "CIFAR100": "url filename tgz_md5 train_list test_list meta base_folder", "SVHN": "split_list",
        "STL10": "url filename tgz_md5 train_list test_list splits", "Flowers102": "_file_dict _splits_map classes",
        "OxfordIIITPet": "_RESOURCES", "CelebA": "file_list", "Food101": "_URL _MD5", "DTD": "_URL _MD5",
        "SUN397": "_DATASET_URL _DATASET_MD5", "USPS": "split_list", "SEMEION": "url md5_checksum",
        "SBDataset": "url md5 voc_train_url voc_split_md5", "FGVCAircraft": "_URL", "RenderedSST2": "_URL _MD5",
        "CLEVRClassification": "_URL _MD5", "MovingMNIST": "_URL", "WIDERFace": "FILE_LIST ANNOTATIONS_FILE",
        "Places365": "_DEVKIT_META _CATEGORIES_META _FILE_LIST_META _IMAGES_META _BASE_URL",
        "Country211": "_URL _MD5", "Imagenette": "_ARCHIVES _WNID_TO_CLASS", "Omniglot": "zips_md5",
        "LFWPeople": "file_dict checksums", "SBU": "url filename md5_checksum",
        "Kitti": "data_url resources", "FER2013": "_RESOURCES",
    }  # fmt: skip
    for name, attributes in facts.items():
        for attribute in attributes.split():
            assert getattr(getattr(ours, name), attribute) == getattr(getattr(real.datasets, name), attribute)


CHAINS = {
    "normalised": lambda T: [T.ToTensor(), T.Normalize((0.5, 0.4, 0.3), (0.2, 0.3, 0.25))],
    "augmented": lambda T: [T.RandomCrop(32, padding=4), T.RandomHorizontalFlip(), T.ToTensor()],
    "grey": lambda T: [T.Grayscale(), T.RandomVerticalFlip(0.3), T.Resize(20), T.PILToTensor()],
    "grown": lambda T: [T.RandomCrop(40, pad_if_needed=True, padding_mode="reflect"), T.ToTensor()],
}
SECOND_CHAINS = {
    "normalised": lambda T, floats: [T.ToImage(), floats, T.Normalize([0.5, 0.4, 0.3], [0.2, 0.3, 0.25])],
    "augmented": lambda T, floats: [T.RandomCrop((32, 30), 4), T.RandomHorizontalFlip(), T.ToImage(), floats],
}


def batches(torch, datasets, root, transform):
    """An epoch of batches of small images, and two numbers drawn after it."""
    dataset = files.cifar(root, datasets.CIFAR10)(root, transform=transform)
    torch.manual_seed(11)
    loaded = list(torch.utils.data.DataLoader(dataset, 4, shuffle=True))
    return [[part.numpy() for part in batch] for batch in [*loaded, [torch.rand(2)]]]


def check_batches(root, ours, make):
    """Compares epochs under make(transforms, torch)."""
    libraries = ((fl, ours), (real_torch, real.datasets))
    names = (datasets.__name__.replace("datasets", "transforms.v2") for _, datasets in libraries)
    modules = [importlib.import_module(name) for name in names]
    loaded = [batches(*library, root, make(v2, library[0])) for v2, library in zip(modules, libraries)]
    for mine, theirs in zip(*loaded, strict=True):
        assert all(a.dtype == b.dtype and np.array_equal(a, b) for a, b in zip(mine, theirs, strict=True))


@pytest.mark.parametrize("chain", CHAINS)
def test_batches(ours, tmp_path, chain):
    def make(v2, torch):
        first = importlib.import_module(v2.__name__.removesuffix(".v2"))
        return first.Compose(CHAINS[chain](first))

    check_batches(tmp_path, ours, make)


@pytest.mark.parametrize("chain", SECOND_CHAINS)
def test_batches_of_the_second_transforms(ours, tmp_path, chain):
    def make(v2, torch):
        return v2.Compose(SECOND_CHAINS[chain](v2, v2.ToDtype(torch.float32, scale=True)))

    check_batches(tmp_path, ours, make)
