"""Works on batches of images as NumPy arrays: what cv2.resize and skimage.transform.resize do, for all images at once.

Resizes, turns to grey, normalises and crops a batch (images, height, width, channels) of 8-bit numbers.
"""

import argparse
import time

import numpy as np
import torch
import torch.nn.functional as F
from torchvision.transforms import v2


def to_batch(images):
    """(images, height, width, channels), 0 to 255, as a tensor (images, channels, height, width), 0 to 1."""
    return torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255


def to_arrays(batch):
    """The way back."""
    return (batch.clamp(0, 1) * 255).round().to(torch.uint8).permute(0, 2, 3, 1).numpy()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=64)
    parser.add_argument("--size", type=int, default=128)
    args = parser.parse_args()

    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (args.count, 240, 320, 3), dtype=np.uint8)
    batch = to_batch(images)

    # cv2.resize(image, (w, h), interpolation=cv2.INTER_LINEAR), for every image.
    start = time.perf_counter()
    linear = F.interpolate(batch, size=(args.size, args.size), mode="bilinear", align_corners=False)
    arrays = to_arrays(linear)
    print(f"{args.count} images to {arrays.shape[1:3]} in {time.perf_counter() - start:.3f} s")
    # skimage.transform.resize(image, (h, w), anti_aliasing=True): a filter that sees every pixel.
    smooth = F.interpolate(batch, size=(args.size, args.size), mode="bilinear", antialias=True, align_corners=False)
    # cv2.INTER_CUBIC, cv2.INTER_NEAREST, cv2.INTER_AREA.
    cubic = F.interpolate(batch, size=(args.size, args.size), mode="bicubic", align_corners=False)
    nearest = F.interpolate(batch, size=(args.size, args.size), mode="nearest")
    area = F.interpolate(batch, size=(args.size, args.size), mode="area")
    # cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).
    grey = (batch * torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)).sum(1, keepdim=True)
    # The same steps as transforms, which also take one image.
    prepare = v2.Compose(
        [
            v2.Resize(args.size, antialias=True),
            v2.CenterCrop(args.size),
            v2.Normalize(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225]),
        ]
    )
    prepared = prepare(batch)
    for name, result in {
        "linear": linear,
        "smooth": smooth,
        "cubic": cubic,
        "nearest": nearest,
        "area": area,
        "grey": grey,
        "prepared": prepared,
    }.items():
        print(f"{name:>8}: {tuple(result.shape)}, mean {result.mean().item():.5f}, spread {result.std().item():.5f}")


if __name__ == "__main__":
    main()
