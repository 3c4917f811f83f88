"""Datasets of images in the formats that they are published in; each is imported when its name is first asked for."""

import importlib as _importlib

_HOMES = {
    name: module
    for module, names in {
        "_optical_flow": "FlyingChairs FlyingThings3D Sintel",
        "caltech": "Caltech101 Caltech256",
        "celeba": "CelebA",
        "cifar": "CIFAR10 CIFAR100",
        "cityscapes": "Cityscapes",
        "clevr": "CLEVRClassification",
        "coco": "CocoCaptions CocoDetection",
        "country211": "Country211",
        "dtd": "DTD",
        "eurosat": "EuroSAT",
        "fakedata": "FakeData",
        "fer2013": "FER2013",
        "fgvc_aircraft": "FGVCAircraft",
        "flickr": "Flickr30k Flickr8k",
        "flowers102": "Flowers102",
        "folder": "DatasetFolder ImageFolder",
        "food101": "Food101",
        "gtsrb": "GTSRB",
        "imagenet": "ImageNet",
        "imagenette": "Imagenette",
        "inaturalist": "INaturalist",
        "kitti": "Kitti",
        "lfw": "LFWPairs LFWPeople",
        "mnist": "EMNIST FashionMNIST KMNIST MNIST QMNIST",
        "moving_mnist": "MovingMNIST",
        "omniglot": "Omniglot",
        "oxford_iiit_pet": "OxfordIIITPet",
        "places365": "Places365",
        "rendered_sst2": "RenderedSST2",
        "sbd": "SBDataset",
        "sbu": "SBU",
        "semeion": "SEMEION",
        "stanford_cars": "StanfordCars",
        "stl10": "STL10",
        "sun397": "SUN397",
        "svhn": "SVHN",
        "usps": "USPS",
        "vision": "VisionDataset",
        "voc": "VOCDetection VOCSegmentation",
        "widerface": "WIDERFace",
        ".tv_tensors._dataset_wrapper": "wrap_dataset_for_transforms_v2",
    }.items()
    for name in names.split()
}

__all__ = sorted(_HOMES)
_MODULES = frozenset({name for name in _HOMES.values() if not name.startswith(".")} | {"utils"})


def __getattr__(name):
    if name in _HOMES:
        globals()[name] = value = getattr(_importlib.import_module(f".{_HOMES[name]}", __name__), name)
        return value
    if name in _MODULES:
        return _importlib.import_module(f".{name}", __name__)
    raise AttributeError(f"module 'torchvision.datasets' has no attribute '{name}'")


def __dir__():
    return sorted({*globals(), *_HOMES, *_MODULES})
