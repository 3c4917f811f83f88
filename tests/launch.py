"""Runs a script as a program, on Flambeau or on PyTorch: python launch.py ENGINE SCRIPT [ARGUMENT ...].

Where the folder CIFAR_FOLDER holds small files in CIFAR10's format, their checksums are what the data set expects.
"""

import hashlib
import os
import runpy
import sys
from pathlib import Path


def prepare(engine):
    """Makes `import torch` and `import torchvision` work."""
    if engine == "flambeau":
        from flambeau import compat

        compat.install()
        return
    import torch

    # torchvision has no build for PyTorch's CPU build; its Python needs these to be imported.
    library = prepare.library = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")


def expect_files(folder):
    """Takes the files of a folder for those of CIFAR10."""
    from torchvision.datasets import CIFAR10

    def checksum(name):
        return hashlib.md5((folder / CIFAR10.base_folder / name).read_bytes()).hexdigest()

    CIFAR10.train_list = [[name, checksum(name)] for name, _ in CIFAR10.train_list]
    CIFAR10.test_list = [[name, checksum(name)] for name, _ in CIFAR10.test_list]
    CIFAR10.meta = {**CIFAR10.meta, "md5": checksum(CIFAR10.meta["filename"])}


if __name__ == "__main__":
    engine, *sys.argv = sys.argv[1:]
    sys.path[0] = str(Path(sys.argv[0]).parent)
    prepare(engine)
    if "CIFAR_FOLDER" in os.environ:
        expect_files(Path(os.environ["CIFAR_FOLDER"]))
    runpy.run_path(sys.argv[0], run_name="__main__")
