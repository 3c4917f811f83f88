"""Loading photographs (ImageFolder, random crops and flips, worker processes): torchvision and PyTorch, and Flambeau.

    python benchmarks/image_folder.py --reference .ref/bin/python [--workers 2] [--images 512] [--rounds 3]

Makes a folder of JPEGs, has each side go through it in turn, several times, and prints the best times of each, the
seconds that its workers computed, and the ratios. The reference needs torch, torchvision and Pillow.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SRC = Path(__file__).parents[1] / "src"


def make_images(root: str, count: int) -> None:
    """JPEGs of 500 x 375 pixels, as many as ImageNet's are, in two classes."""
    import numpy as np
    from PIL import Image

    random = np.random.default_rng(0)
    for i in range(count):
        folder = Path(root, "cat" if i % 2 else "dog")
        folder.mkdir(exist_ok=True)
        coarse = Image.fromarray(random.integers(0, 256, (24, 32, 3), np.uint8))
        coarse.resize((500, 375), Image.Resampling.BICUBIC).save(folder / f"{i}.jpg", quality=90)


def load(root: str, workers: int) -> dict:
    """Goes once through the folder; the seconds it took, those that workers computed, and the sum of some numbers."""
    import torch

    if "flambeau" not in torch.__version__:  # PyTorch's CPU build has not the schemas that torchvision wants
        schemas = torch.library.Library("torchvision", "DEF")
        for name in ("nms", "qnms"):
            schemas.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    from torchvision import datasets, transforms

    steps = transforms.Compose([
        transforms.RandomResizedCrop(224),
        transforms.RandomHorizontalFlip(),
        transforms.ToTensor(),
        transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
    ])  # fmt: skip
    torch.manual_seed(0)
    loader = torch.utils.data.DataLoader(
        datasets.ImageFolder(root, steps), batch_size=64, shuffle=True, num_workers=workers
    )
    start, total, count = time.perf_counter(), 0.0, 0
    for images, labels in loader:
        total += images[:, :, ::37, ::41].sum().item()
        count += len(labels)
    seconds, children = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return {"seconds": seconds, "workers": children.ru_utime + children.ru_stime, "sum": total, "count": count}


def main() -> None:
    """Runs both sides in turn, each time in a fresh process."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--reference", required=True)
    options.add_argument("--workers", type=int, default=2)
    options.add_argument("--images", type=int, default=512)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--load", help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.load:
        print(json.dumps(load(chosen.load, chosen.workers)))
        return
    script = [__file__, "--reference", chosen.reference, "--workers", str(chosen.workers), "--load"]
    sides = {"PyTorch": [chosen.reference], "Flambeau": [sys.executable, "-m", "flambeau", "run"]}
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    found: dict[str, list[dict]] = {side: [] for side in sides}
    with tempfile.TemporaryDirectory() as root:
        make_images(root, chosen.images)
        for _ in range(chosen.rounds):
            for side, command in sides.items():
                paths = {"PYTHONPATH": str(SRC)} if side == "Flambeau" else {}
                done = subprocess.run(
                    [*command, *script, root], env=environment | paths, check=True, capture_output=True, text=True
                )
                found[side].append(json.loads(done.stdout.splitlines()[-1]))
    best = {side: [min(run[what] for run in runs) for what in ("seconds", "workers")] for side, runs in found.items()}
    for side, runs in found.items():
        wall, computed = best[side]
        print(f"{side:9} {wall:7.3f} s, workers {computed:7.3f} s, {runs[0]['count']} images, sum {runs[0]['sum']:.2f}")
    print("ratio     {:7.2f}            {:7.2f}".format(*(a / b for a, b in zip(*best.values()))))


if __name__ == "__main__":
    main()
