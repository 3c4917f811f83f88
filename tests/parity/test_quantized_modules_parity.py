"""Modules and functions on quantised tensors: the same programs under Flambeau and under PyTorch."""

from __future__ import annotations

import copy
import io
import re

from both import PROGRAMS, attempt, program, same_as_pytorch

PROGRAMS.clear()


def shown(x):
    """A quantised tensor as its type, grid and integers; others as they are."""
    if not getattr(x, "is_quantized", False):
        return x
    return str(x.dtype), f"{x.q_scale():.5g}", x.q_zero_point(), x.int_repr()


def text(module) -> str:
    """A module's text, with scales to some digits."""
    return re.sub(r"(scale=\d\.\d{5})\d+", r"\1", repr(module))


def layers(nn):
    """Layers of numbers with shapes of what they take."""
    yield from (
        (nn.Conv1d(4, 6, 3, 2, 1, groups=2), (2, 4, 9)), (nn.Conv2d(4, 6, (3, 1), dilation=2), (2, 4, 7, 5)),
        (nn.Conv2d(4, 6, 3, padding=1, padding_mode="reflect"), (2, 4, 5, 5)), (nn.BatchNorm2d(4), (2, 4, 3, 3)),
        (nn.Conv3d(2, 3, 2, bias=False), (1, 2, 3, 4, 3)), (nn.ConvTranspose1d(3, 4, 3, 2, 1, 1), (2, 3, 5)),
        (nn.ConvTranspose2d(4, 6, 3, 2, 1, 1, groups=2), (2, 4, 4, 4)), (nn.BatchNorm3d(4), (2, 4, 3, 3, 2)),
        (nn.LayerNorm(5), (3, 5)), (nn.GroupNorm(2, 4), (2, 4, 3, 3)), (nn.InstanceNorm1d(4), (2, 4, 5)),
        (nn.InstanceNorm2d(4, affine=True), (2, 4, 3, 3)), (nn.InstanceNorm3d(4), (2, 4, 3, 3, 2)),
        (nn.Hardswish(), (3, 5)), (nn.ELU(0.5), (3, 5)), (nn.LeakyReLU(0.2), (3, 5)), (nn.Sigmoid(), (3, 5)),
        (nn.Softmax(1), (3, 5)), (nn.Dropout(0.3), (3, 5)), (nn.ReLU6(), (3, 5)), (nn.Linear(5, 4), (3, 5)),
    )  # fmt: skip


@program
def layers_on_integers(torch):
    torch.manual_seed(0)
    q, kinds = torch.ao.quantization, torch.ao.nn.quantized
    for config in (q.default_qconfig, q.default_per_channel_qconfig):
        for layer, shape in layers(torch.nn):
            layer.eval()
            layer.qconfig, layer.activation_post_process = config, config.activation()
            x = torch.randn(*shape) * 2
            layer.activation_post_process(layer(x).detach())
            kind = getattr(kinds, type(layer).__name__)
            if "ConvTranspose" in kind.__name__ and config is q.default_per_channel_qconfig:
                yield attempt(kind.from_float, layer)
                continue
            made = kind.from_float(layer)
            integers = torch.quantize_per_tensor(x, 0.0437, 117, torch.quint8)
            yield text(made), shown(made(integers)), list(made.state_dict()), attempt(made, x)[0]
            other = copy.deepcopy(made)
            other.load_state_dict(made.state_dict())
            yield text(other), shown(other(integers))


@program
def tables_of_bytes(torch):
    torch.manual_seed(0)
    q, nn, kinds = torch.ao.quantization, torch.nn, torch.ao.nn.quantized
    index, weights = torch.tensor([1, 2, 9, 0, 3]), torch.tensor([0.5, 1, 2, 3, 4])
    for layer in (
        nn.Embedding(10, 12),
        nn.EmbeddingBag(10, 12, mode="sum"),
        nn.EmbeddingBag(10, 12, mode="sum", include_last_offset=True),
    ):
        layer.qconfig = q.float_qparams_weight_only_qconfig
        made = getattr(kinds, type(layer).__name__).from_float(layer)
        yield repr(made), list(made.state_dict()), made.weight().dequantize()
        file = io.BytesIO()
        torch.save(made.state_dict(), file)
        file.seek(0)
        made.load_state_dict(torch.load(file))
        if isinstance(layer, nn.Embedding):
            yield [(1e3 * made(i)).round() for i in (index, index[:4].reshape(2, 2))]
        else:
            offsets = torch.tensor([0, 2, 5] if layer.include_last_offset else [0, 2])
            yield [(1e3 * made(index, offsets, *more)).round() for more in ((), (weights,))]
    yield made is not None, attempt(kinds.Embedding.from_float, nn.Linear(2, 2))[0]


@program
def made_by_hand(torch):
    q = torch.ao.nn.quantized
    for made in (
        q.Conv2d(4, 6, 3), q.Conv1d(4, 6, 3, bias=False), q.Conv3d(4, 6, 3, padding=1), q.ConvTranspose2d(4, 6, 3),
        q.Hardswish(0.1, 2), q.ELU(0.1, 2), q.LeakyReLU(0.1, 2), q.Sigmoid(0.1, 2), q.Softmax(1, 0.1, 2), q.ReLU6(),
        q.PReLU(0.1, 2), q.Dropout(0.5), q.BatchNorm2d(3), q.Embedding(3, 4), q.EmbeddingBag(3, 4),
    ):  # fmt: skip
        yield repr(made), list(made.state_dict())
    yield attempt(q.Conv2d, 4, 6, 3, padding_mode="circular"), attempt(q.Conv2d, 4, 6, 3, groups=3)
    yield attempt(q.ConvTranspose2d, 4, 6, 3, padding_mode="reflect"), attempt(q.Conv2d, 4, 6, 3, groups=4)
    yield attempt(q.Conv2d.from_float, torch.nn.ReLU())


@program
def functions(torch):
    torch.manual_seed(0)
    F = torch.ao.nn.quantized.functional
    x = torch.quantize_per_tensor(torch.randn(2, 4, 6, 6), 0.0417, 101, torch.quint8)
    w = torch.quantize_per_tensor(torch.randn(3, 2, 3, 3), 0.0123, 0, torch.qint8)
    v, m = x[0, 0], torch.quantize_per_tensor(torch.randn(5, 6), 0.0123, 0, torch.qint8)
    bias = torch.randn(4)
    yield shown(F.conv2d(x, torch.cat([w, w[:1]]), bias, (2, 1), 1, 1, 2, scale=0.0913, zero_point=90))
    yield shown(F.conv1d(x[0], w[:, :1, 0].repeat(1, 6, 1), None, scale=0.0913, zero_point=90))
    yield shown(F.linear(v, m)), shown(F.linear(v, m, torch.randn(5), 0.0531, 77))
    yield shown(F.avg_pool2d(x, 2)), shown(F.adaptive_avg_pool2d(x, 1)), shown(F.max_pool2d(x, 2))
    yield shown(F.elu(v, 0.031, 50)), shown(F.celu(v, 0.031, 50)), shown(F.hardswish(v, 0.031, 50))
    yield shown(F.leaky_relu(v, 0.2)), shown(F.leaky_relu(v, 0.2, False, 0.031, 50)), shown(F.hardsigmoid(v))
    yield shown(F.clamp(v, -0.5, 0.7)), shown(F.threshold(v, 0.3, 0.1)), shown(F.hardtanh(v, -0.52, 0.71))
    yield shown(F.interpolate(x, scale_factor=2)), shown(F.upsample_nearest(x, scale_factor=2))
    for function in (F.elu, F.hardswish, F.clamp):
        yield attempt(function, torch.ones(2), 0.1, 2)
    yield attempt(F.avg_pool2d, torch.ones(1, 1, 2, 2), 2), attempt(F.conv2d, x, w, None, padding_mode="reflect")


test_same_as_pytorch = same_as_pytorch(PROGRAMS)
