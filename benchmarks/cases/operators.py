"""Single operations, forwards, and forwards and backwards."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from . import CASES


def normal(*shape: int):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape)))


def forward(function, *shapes):
    """One call of a function of normal tensors."""

    def make():
        tensors = [normal(*shape) for shape in shapes]

        def step() -> float:
            result = function(*tensors).numpy()
            return float(result.flat[0])

        return step

    return make


def gradient(function, *shapes):
    """The gradients of one call, for all its arguments."""

    def make():
        tensors = [normal(*shape).requires_grad_() for shape in shapes]
        with torch.no_grad():
            seed = normal(*function(*tensors).shape)

        def step() -> float:
            gradients = torch.autograd.grad(function(*tensors), tensors, seed)
            return float(gradients[0].numpy().flat[0]) + sum(g.numpy().size for g in gradients[1:])

        return step

    return make


def convolution(**options):
    return lambda x, w: F.conv2d(x, w, **options)


def transposed_convolution(x, w):
    return F.conv_transpose2d(x, w, stride=2, padding=1)


OPERATORS = {
    "matmul_square": forward(torch.matmul, (512, 512), (512, 512)),
    "matmul_odd": forward(torch.matmul, (509, 1021), (1021, 331)),
    "matmul_tall": forward(lambda a, b: a.t() @ b, (20000, 64), (20000, 48)),
    "matrix_vector": forward(torch.mv, (4096, 4096), (4096,)),
    "linear_few_rows": gradient(F.linear, (4, 4096), (4096, 4096)),
    "batched_small": forward(torch.bmm, (512, 16, 24), (512, 24, 16)),
    "conv_3x3": gradient(convolution(padding=1), (16, 96, 28, 28), (96, 96, 3, 3)),
    "conv_5x5_few": gradient(convolution(), (64, 1, 28, 28), (6, 1, 5, 5)),
    "conv_11x11": gradient(convolution(stride=4, padding=2), (8, 3, 224, 224), (64, 3, 11, 11)),
    "conv_depthwise": gradient(convolution(padding=1, groups=128), (16, 128, 28, 28), (128, 1, 3, 3)),
    "conv_grouped": gradient(convolution(padding=1, groups=16), (16, 128, 28, 28), (128, 8, 3, 3)),
    "conv_dilated": gradient(convolution(padding=2, dilation=2), (8, 64, 56, 56), (64, 64, 3, 3)),
    "conv_1d": gradient(lambda x, w: F.conv1d(x, w, padding=2), (32, 64, 500), (64, 64, 5)),
    "conv_3d": gradient(lambda x, w: F.conv3d(x, w, padding=1), (4, 16, 12, 24, 24), (32, 16, 3, 3, 3)),
    "conv_transposed": gradient(transposed_convolution, (16, 64, 16, 16), (64, 32, 4, 4)),
    "attention": gradient(F.scaled_dot_product_attention, (4, 8, 256, 64), (4, 8, 256, 64), (4, 8, 256, 64)),
    "sigmoid": gradient(torch.sigmoid, (1 << 21,)),
    "gelu": gradient(F.gelu, (1 << 21,)),
    "broadcast_add": forward(torch.add, (64, 64, 56, 56), (64, 1, 1)),
    "sum_all": forward(torch.sum, (1 << 23,)),
    "sum_middle": forward(lambda x: x.sum(1), (64, 512, 256)),
    "variance": forward(lambda x: x.var((0, 2, 3)), (32, 64, 56, 56)),
    "softmax_rows": gradient(lambda x: F.softmax(x, -1), (8192, 1000)),
    "log_softmax_short": gradient(lambda x: F.log_softmax(x, -1), (100000, 10)),
    "batch_norm": gradient(lambda x: F.batch_norm(x, None, None, training=True), (32, 64, 28, 28)),
    "group_norm": gradient(lambda x: F.group_norm(x, 8), (16, 64, 32, 32)),
    "layer_norm": gradient(lambda x: F.layer_norm(x, (256,)), (8192, 256)),
    "max_pool": gradient(lambda x: F.max_pool2d(x, 2), (32, 64, 56, 56)),
    "max_pool_overlapping": gradient(lambda x: F.max_pool2d(x, 3, 2, 1), (16, 64, 56, 56)),
    "average_pool": gradient(lambda x: F.avg_pool2d(x, 3, 1, 1), (16, 32, 56, 56)),
    "transposed_copy": forward(lambda x: x.transpose(1, 2).contiguous(), (64, 500, 300)),
    "stack": forward(lambda x: torch.stack(list(x)), (64, 3, 64, 64)),
    "sort_rows": forward(lambda x: x.sort(1).values, (4096, 1000)),
    "topk_rows": forward(lambda x: x.topk(5).values, (4096, 1000)),
    "topk_long": forward(lambda x: x.topk(100).values, (1 << 21,)),
    "cumsum_rows": gradient(lambda x: x.cumsum(1), (4096, 512)),
    "cumsum_long": forward(lambda x: x.cumsum(0), (1 << 22,)),
    "random_normal": lambda: lambda: float(torch.randn(1 << 21, generator=torch.Generator().manual_seed(0)).numpy()[0]),
}  # fmt: skip
CASES.update((name, ("op", make)) for name, make in OPERATORS.items())
