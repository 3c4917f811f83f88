"""The memory order of results: what a script sees by stride(), and whether view() works afterwards."""

from __future__ import annotations

import importlib

import pytest

IMAGES = {
    "conv2d": lambda F, x: F.conv2d(x, x[:, :, :2, :2]),
    "conv2d of a filter": lambda F, x: F.conv2d(x.contiguous(), x[:, :, :2, :2]),
    "conv_transpose2d": lambda F, x: F.conv_transpose2d(x, x[:1, :, :2, :2].transpose(0, 1)),
    "max_pool2d": lambda F, x: F.max_pool2d(x, 2),
    "batch_norm": lambda F, x: F.batch_norm(x, x.mean((0, 2, 3)), x.var((0, 2, 3))),
    "nearest": lambda F, x: F.interpolate(x, scale_factor=2),
    "bilinear": lambda F, x: F.interpolate(x, (3, 7), mode="bilinear"),
    "bicubic": lambda F, x: F.interpolate(x, (3, 7), mode="bicubic"),
    "unpool": lambda F, x: F.max_unpool2d(*F.max_pool2d(x, 2, return_indices=True), 2, output_size=x.shape[2:]),
    "relu": lambda F, x: F.relu(x),
}
OTHERS = {
    "cat": lambda t, x: t.cat([x, x], 1),
    "flip": lambda t, x: x.flip(0),
    "rot90": lambda t, x: t.rot90(x),
    "no turn": lambda t, x: t.rot90(x, 4),
    "index_select": lambda t, x: x.index_select(1, t.tensor([1, 0])),
    "index_copy": lambda t, x: x.index_copy(0, t.tensor([0]), x[:1]),
    "index_add": lambda t, x: x.index_add(0, t.tensor([0]), x[:1]),
    "repeat_interleave": lambda t, x: x.repeat_interleave(2, 1),
    "repeat": lambda t, x: x.repeat(1, 2, *[1] * (x.dim() - 2)),
    "ravel": lambda t, x: x.ravel(),
    "diag_embed": lambda t, x: t.diag_embed(x, 1, 0, 1),
    "diagonal_copy": lambda t, x: t.diagonal_copy(x, 0, 0, 1),
    "kthvalue": lambda t, x: x.kthvalue(2, 1).indices,
    "renorm": lambda t, x: x.renorm(2, 0, 1.0),
    "masked_scatter": lambda t, x: x.masked_scatter(x > 0.5, x.flatten()),
}


def orders(torch):
    """Tensors of several sizes, in several orders of memory."""
    torch.manual_seed(0)
    images = torch.rand(3, 4, 6, 5)
    yield from (
        images,
        images.contiguous(memory_format=torch.channels_last),
        images.transpose(2, 3),
        images[:1],
        images,
    )
    yield images.contiguous(memory_format=torch.channels_last)[:, 1:]


def strides(name, cases):
    torch = importlib.import_module(name)
    first = torch.nn.functional if cases is IMAGES else torch
    given = list(orders(torch))
    if cases is OTHERS:
        given += [x[0] for x in given] + [
            torch.rand(5, 4).t(),
            torch.rand(2, 3, 4).transpose(0, 2),
            torch.rand(8, 6)[::2],
        ]
    return {case: [walked(function(first, x)) for x in given] for case, function in cases.items()}


def walked(x):
    """The shape and the strides; a stride that is never walked is of no matter."""
    return tuple(x.shape), [step for size, step in zip(x.shape, x.stride()) if size != 1]


@pytest.mark.parity
@pytest.mark.parametrize("cases", [IMAGES, OTHERS], ids=["images", "others"])
def test_strides(cases):
    pytest.importorskip("torch")
    ours, theirs = (strides(name, cases) for name in ("flambeau", "torch"))
    assert {case: found for case, found in ours.items() if found != theirs[case]} == {}


@pytest.mark.parity
@pytest.mark.parametrize("transposed", [False, True])
def test_volumes_can_be_viewed(transposed):
    torch = pytest.importorskip("torch")

    def found(library):
        x, weight = library.ones(2, 3, 4, 5, 6), library.ones(3, 3, 2, 2, 2)
        f = library.nn.functional.conv_transpose3d if transposed else library.nn.functional.conv3d
        return f(x, weight, stride=2).stride()

    assert found(importlib.import_module("flambeau")) == found(torch)
