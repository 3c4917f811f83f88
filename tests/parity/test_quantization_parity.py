"""Quantised tensors and networks: the same programs under Flambeau and under PyTorch."""

from __future__ import annotations

import importlib
import io
import re

import pytest
from both import PROGRAMS, attempt, program, same_as_pytorch

PROGRAMS.clear()


def network(torch):
    torch.manual_seed(0)
    nn = torch.nn
    return nn.Sequential(nn.Linear(9, 8), nn.ReLU(), nn.Sequential(nn.Linear(8, 5, bias=False)))


@program
def linear_layers_are_replaced(torch):
    q, nn = torch.ao.quantization, torch.nn
    m, x = network(torch), torch.randn(3, 4, 9) * 3 + 1
    specs = (
        {nn.Linear}, {"0"}, {"2.0": q.default_dynamic_qconfig}, {"2": q.default_dynamic_qconfig},
        {nn.Linear: q.per_channel_dynamic_qconfig}, {"": q.float16_dynamic_qconfig},
    )  # fmt: skip
    for spec in specs:
        made = torch.quantization.quantize_dynamic(m, spec)
        yield repr(made), made(x).detach(), made.training, [name for name, _ in made.named_parameters()]
    yield repr(q.quantize_dynamic(m, {nn.Linear}, dtype=torch.float16)), repr(q.quantize_dynamic(m, dtype=torch.quint8))
    yield (
        q.quantize_dynamic(m, inplace=True) is m,
        repr(m),
        repr(m[0].weight()),
        m[0].bias().detach(),
        repr(m[2][0].bias()),
    )
    for dtype in (torch.quint8, torch.float32):
        yield attempt(q.quantize_dynamic, network(torch), {nn.Linear}, dtype=dtype)


@program
def a_replaced_layer(torch):
    nn = torch.nn
    layer = torch.quantization.quantize_dynamic(network(torch))[0]
    for scale in (0, 1e-6, 1e-3, 1, 1e6):
        yield layer(scale * torch.randn(5, 9)).detach(), layer(scale * torch.rand(5, 9)).detach()
    yield layer(torch.ones(2, 9)).detach(), layer(-torch.ones(2, 9)).detach(), layer(torch.ones(0, 9)).shape
    yield [
        attempt(layer, x) for x in (torch.ones(9), torch.ones(2, 8), torch.ones(2, 9).double(), torch.ones(2, 9).half())
    ]
    kind = torch.ao.nn.quantized.dynamic.Linear
    yield (
        attempt(kind.from_float, nn.ReLU())[0],
        attempt(kind.from_float, nn.Linear(2, 2)),
        attempt(kind, 2, 2, dtype=torch.quint8),
    )
    file = io.BytesIO()
    torch.save(layer.state_dict(), file)
    file.seek(0)
    state = torch.load(file)
    other = kind(9, 8)
    yield list(state), repr(other.load_state_dict(state)), repr(other.weight()), other(torch.ones(2, 9)).detach()


@program
def a_network_of_integers(torch):
    torch.manual_seed(0)
    nn, q = torch.nn, torch.ao.quantization
    for qconfig in (q.default_qconfig, q.default_per_channel_qconfig):
        layers = nn.Conv2d(4, 6, 3, 2, 1, groups=2), nn.ReLU(), nn.Conv2d(6, 3, 2, bias=False), nn.MaxPool2d(2)
        model = q.QuantWrapper(nn.Sequential(*layers, nn.Flatten(), nn.Linear(3, 4))).eval()
        model.qconfig = qconfig
        prepared = q.prepare(model)
        yield repr(prepared), prepared(torch.randn(9, 4, 6, 6)).detach()
        made = q.convert(prepared)
        yield (
            re.sub(r"(scale=0\.\d{5})\d+", r"\1", repr(made)),
            made(torch.randn(5, 4, 6, 6)),
            list(made.state_dict()),
            attempt(made.module[0], torch.ones(1, 4, 6, 6))[0],
        )
        assert made.load_state_dict(made.state_dict())


@program
def tensors_per_tensor(torch):
    torch.manual_seed(0)
    x = torch.randn(40, 7) * 5
    for dtype, scale, zero_point in ((torch.quint8, 0.1, 10), (torch.qint8, 0.037, -3), (torch.qint32, 1e-4, 7)):
        a = torch.quantize_per_tensor(x, scale, zero_point, dtype)
        yield a.int_repr(), a.dequantize(), a.q_scale(), a.q_zero_point(), str(a.qscheme()), a.is_quantized, a.type()
        yield repr(a[:2]), repr(a[1, 2]), repr(a[:2].t()), repr(a.reshape(-1)[3:5]), repr(a[:0]), a[0, 0].item(), len(a)
        yield a.shape, a.stride(), a.element_size(), a.is_contiguous(), str(a.dtype), a.clone().equal(a), a[:2] == a[:2]
        yield [attempt(f) for f in (a.numpy, a.tolist, a.q_per_channel_scales, a.q_per_channel_axis)]
    odd = torch.tensor([0.05, 0.15, 0.25, -0.05, 1e9, -1e9, float("nan"), float("inf"), -float("inf")])
    yield torch.quantize_per_tensor(odd, 0.1, 0, torch.qint8).int_repr(), torch.dequantize(odd[:3])
    for bad in ((x, 0.1, 10, torch.float32), (x.double(), 0.1, 10, torch.qint8), (x, 0.1, 300, torch.quint8)):
        yield attempt(torch.quantize_per_tensor, *bad)
    for dtype, reduce_range in ((torch.quint8, True), (torch.qint8, False)):
        yield repr(torch.quantize_per_tensor_dynamic(x[:2], dtype, reduce_range))
    for a in torch.quantize_per_tensor([x[0], x[1]], torch.tensor([0.1, 0.2]), torch.tensor([3, 4]), torch.qint8):
        yield repr(a)
    yield repr(torch._make_per_tensor_quantized_tensor(torch.arange(4, dtype=torch.uint8), 0.5, 2))


@program
def what_goes_through_integers(torch):
    torch.manual_seed(0)
    F = torch.nn.functional
    a = torch.quantize_per_tensor(torch.randn(2, 3, 8, 8) * 5, 0.1, 100, torch.quint8)
    yield repr(torch.relu(a)[0, 0]), F.relu(a).int_repr(), a.relu().int_repr(), torch.nn.ReLU()(a).int_repr()
    yield F.max_pool2d(a, 3, 2).int_repr(), torch.nn.MaxPool2d(2)(a).int_repr(), torch.flatten(a, 1).int_repr()
    yield torch.cat([a, a], 1).int_repr(), torch.equal(a, a.clone()), torch.equal(a, torch.relu(a))
    yield torch.permute(a, (0, 2, 3, 1)).int_repr(), a.view(2, -1).shape, a.unsqueeze(0).shape


@program
def tensors_per_channel(torch):
    torch.manual_seed(0)
    x, scales = torch.randn(3, 4), torch.tensor([0.1, 0.2, 0.3])
    for zero_points in (torch.tensor([0, 3, 1]), torch.tensor([0.0, 3, 1])):
        a = torch.quantize_per_channel(x, scales, zero_points, 0, torch.quint8)
        yield repr(a), a.int_repr(), a.dequantize(), a.q_per_channel_scales(), a.q_per_channel_zero_points()
        yield a.q_per_channel_axis(), str(a.qscheme()), attempt(a.q_scale), attempt(a.q_zero_point)
        for axis, count in ((0, 2), (5, 3), (-1, 3)):
            yield attempt(torch.quantize_per_channel, x, scales[:count], zero_points[:count], axis, torch.qint8)
    yield attempt(a.t), torch.quantize_per_channel(x.t(), scales, zero_points, 1, torch.qint8).int_repr()


@program
def files(torch):
    x = torch.arange(12.0).reshape(3, 4)
    per_channel = torch.quantize_per_channel(x, torch.ones(3), torch.zeros(3), 0, torch.qint8)
    for a in (torch.quantize_per_tensor(x, 0.1, 10, torch.quint8)[1:], per_channel):
        file = io.BytesIO()
        torch.save(a, file)
        file.seek(0)
        yield repr(torch.load(file))


@program
def observers(torch):
    q = torch.ao.quantization
    torch.manual_seed(0)
    x, y = torch.randn(3, 4), torch.randn(3, 4) + 1
    affine, symmetric = torch.per_tensor_affine, torch.per_tensor_symmetric
    made = [
        kind(dtype=dtype, qscheme=scheme, reduce_range=reduce)
        for kind in (q.MinMaxObserver, q.MovingAverageMinMaxObserver)
        for dtype in (torch.quint8, torch.qint8)
        for scheme in (affine, symmetric)
        for reduce in (False, True)
        if (dtype, scheme, reduce) != (torch.quint8, symmetric, True)
    ]
    made += [
        q.PerChannelMinMaxObserver(ch_axis=axis, dtype=torch.qint8, qscheme=torch.per_channel_symmetric)
        for axis in (0, 1)
    ]
    for observer in (*made, q.default_observer(), q.default_weight_observer()):
        observer(x), observer(y)
        yield (
            repr(observer),
            *observer.calculate_qparams(),
            observer.quant_min,
            observer.quant_max,
            dict(observer.state_dict()),
        )
    yield attempt(q.MinMaxObserver, qscheme=symmetric, reduce_range=True)[0]
    placeholder = q.PlaceholderObserver(dtype=torch.float16)
    yield repr(placeholder), attempt(placeholder.calculate_qparams), placeholder(x) is x
    yield attempt(q.QConfig, placeholder, q.default_observer), list(q.MinMaxObserver().calculate_qparams())


test_same_as_pytorch = same_as_pytorch(PROGRAMS)


@pytest.mark.parity
@pytest.mark.filterwarnings("ignore")
def test_files_of_pytorch_are_read_and_the_other_way_round():
    ours, theirs = importlib.import_module("flambeau"), pytest.importorskip("torch")
    for one, other in ((ours, theirs), (theirs, ours)):
        layers = [torch.quantization.quantize_dynamic(network(torch)) for torch in (one, other)]
        file = io.BytesIO()
        one.save(layers[0].state_dict(), file)
        file.seek(0)
        layers[1].load_state_dict(other.load(file))
        assert repr(layers[1][0].weight()) == repr(layers[0][0].weight())
