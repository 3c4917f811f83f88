"""Datasets of images in the formats that they are published in; each is imported when its name is first asked for."""

import importlib as _importlib

_HOMES = {
    name: module
    for module, names in {
        "caltech": "Caltech101 Caltech256",
        "cifar": "CIFAR10 CIFAR100",
        "coco": "CocoCaptions CocoDetection",
        "fakedata": "FakeData",
        "flowers102": "Flowers102",
        "folder": "DatasetFolder ImageFolder",
        "mnist": "EMNIST FashionMNIST KMNIST MNIST QMNIST",
        "oxford_iiit_pet": "OxfordIIITPet",
        "stl10": "STL10",
        "svhn": "SVHN",
        "vision": "VisionDataset",
        "voc": "VOCDetection VOCSegmentation",
    }.items()
    for name in names.split()
}

__all__ = sorted(_HOMES)
_MODULES = frozenset({*_HOMES.values(), "utils"})


def __getattr__(name):
    if name in _HOMES:
        globals()[name] = value = getattr(_importlib.import_module(f".{_HOMES[name]}", __name__), name)
        return value
    if name in _MODULES:
        return _importlib.import_module(f".{name}", __name__)
    raise AttributeError(f"module 'torchvision.datasets' has no attribute '{name}'")


def __dir__():
    return sorted({*globals(), *_HOMES, *_MODULES})
