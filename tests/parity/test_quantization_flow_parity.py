"""Networks through the steps of quantisation, after training and in it: the same steps under Flambeau and PyTorch."""

from __future__ import annotations

import importlib
import re

import pytest
from both import PROGRAMS, attempt, program, same_as_pytorch

PROGRAMS.clear()


def told(text: str) -> str:
    """A text without the modules that classes are defined in, and with numbers of five digits."""
    text = re.sub(r"<class '[a-z_.0-9]*(\w+)'>", r"<\1>", text)
    return re.sub(r"\d+\.\d+(e-?\d+)?", lambda x: f"{float(x[0]):.5g}", text)


def network(torch):
    """A network with all that is fused: convolutions with normalisation, a block as MobileNet's, Linear and ReLU."""
    torch.manual_seed(0)
    nn, q = torch.nn, torch.ao.quantization

    def convolution(ins, outs, *sizes, **kwargs):
        return nn.Conv2d(ins, outs, *sizes, **kwargs), nn.BatchNorm2d(outs)

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.quant, self.dequant = q.QuantStub(), q.DeQuantStub()
            self.conv, self.bn = convolution(3, 8, 3, 2, 1)
            self.relu = nn.ReLU(inplace=True)
            depthwise = convolution(16, 16, 3, 1, 1, groups=16, bias=False)
            block = *convolution(8, 16, 1, bias=False), nn.ReLU(), *depthwise, nn.ReLU(), *convolution(16, 8, 1)
            self.block = nn.Sequential(*block)
            self.fc1, self.relu1, self.fc2 = nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 5, bias=False)

        def forward(self, x):
            x = self.block(self.relu(self.bn(self.conv(self.quant(x)))))
            x = nn.functional.adaptive_avg_pool2d(x, 1).flatten(1)
            return self.dequant(self.fc2(self.relu1(self.fc1(x))))

    return Network()


def fused(model, fuse):
    model = fuse(model, [["conv", "bn", "relu"], ["fc1", "relu1"]])
    return fuse(model, [[f"block.{i}" for i in group] for group in ((0, 1, 2), (3, 4, 5), (6, 7))])


def shown(torch, model):
    """What a network prints, and its state but for numbers that follow from roundings."""
    yield told(repr(model))
    yield [
        (name, getattr(value, "shape", None), str(getattr(value, "dtype", "")))
        for name, value in model.state_dict().items()
    ]


@program
def after_training(torch):
    q = torch.ao.quantization
    for backend in ("x86", "qnnpack"):
        model = network(torch).train()
        batches = [torch.randn(8, 3, 8, 8) * (i + 1) for i in range(3)]
        for x in batches:
            model(x)
        model = fused(model.eval(), q.fuse_modules)
        yield from shown(torch, model)
        yield model(batches[0]).detach()
        model.qconfig = q.get_default_qconfig(backend)
        prepared = q.prepare(model)
        for x in batches:
            prepared(x)
        yield list(prepared.state_dict()), [x.calculate_qparams()[1] for x in watchers(prepared)]
        made = q.convert(prepared)
        yield from shown(torch, made)
        assert (made(batches[1]) - prepared(batches[1])).abs().max() < 12 * made.fc2.scale


def watchers(model):
    return [part for name, part in model.named_modules() if name.endswith("activation_post_process")]


@program
def in_training(torch):
    q = torch.ao.quantization
    for backend, version in (("x86", 1), ("qnnpack", 1), ("fbgemm", 0)):
        model = fused(network(torch).train(), q.fuse_modules_qat)
        model.qconfig = q.get_default_qat_qconfig(backend, version)
        model = q.prepare_qat(model)
        yield from shown(torch, model)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
        for step in range(5):
            if step == 3:
                model.apply(q.disable_observer)
            if step == 4:
                model.apply(torch.ao.nn.intrinsic.qat.freeze_bn_stats)
            loss = torch.nn.functional.cross_entropy(model(torch.randn(8, 3, 8, 8)), torch.arange(8) % 5)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            yield f"{loss.item():.4f}"
        x = torch.randn(8, 3, 8, 8)
        expected = model.eval()(x).detach()
        made = q.convert(model)
        yield [name for name, _ in made.named_modules()], list(made.state_dict()), torch.rand(2)
        assert (made(x) - expected).abs().max() < 6 * made.fc2.scale
        yield told(repr(model.conv.to_float())), told(repr(model.block[6].to_float())), told(repr(model.fc1.to_float()))


@program
def all_that_is_fused(torch):
    q, nn = torch.ao.quantization, torch.nn
    for dims in (1, 2, 3):
        torch.manual_seed(0)
        convolution, norm = getattr(nn, f"Conv{dims}d"), getattr(nn, f"BatchNorm{dims}d")
        layers = convolution(2, 4, 2), norm(4), nn.ReLU(), convolution(4, 3, 1), nn.ReLU(), convolution(3, 3, 1)
        layers = *layers, norm(3)
        model = q.QuantWrapper(nn.Sequential(*layers, *((nn.ReLU(),) if dims > 1 else ()))).eval()
        groups = [["0", "1", "2"], ["3", "4"], ["6", "7"] if dims > 1 else ["5", "6"]]
        model = q.fuse_modules(model, [[f"module.{name}" for name in group] for group in groups])
        model.qconfig = q.default_qconfig
        model, x = q.prepare(model), torch.randn(8, 2, *(5,) * dims)
        expected = model(x)
        made = q.convert(model)
        yield from shown(torch, made)
        assert (made(x) - expected).abs().max() < 0.1 * expected.abs().max()


@program
def histograms(torch):
    q = torch.ao.quantization
    torch.manual_seed(0)
    batches = [torch.randn(5, 40), torch.randn(5, 40) * 3 + 1, torch.randn(5, 40).exp(), torch.randn(3, 7) / 9]
    for kwargs in (
        {},
        {"dtype": torch.qint8},
        {"reduce_range": True},
        {"quant_min": 0, "quant_max": 15},
        {"bins": 100},
    ):
        observer = q.HistogramObserver(**kwargs)
        for x in batches:
            observer(x)
            yield observer.histogram.clone(), *observer.calculate_qparams()
        yield repr(observer), list(observer.state_dict())
        other = q.HistogramObserver(**kwargs)
        other.load_state_dict(observer.state_dict())
        yield other.calculate_qparams(), other.histogram.sum()
    flat = q.HistogramObserver()
    for x in (torch.ones(3), torch.full((2,), 2.0), torch.tensor([float("inf"), 0.5]), torch.ones(0), torch.zeros(4)):
        yield flat(x), flat.min_val, flat.max_val, *flat.calculate_qparams()
    yield (
        attempt(q.HistogramObserver, qscheme=torch.per_channel_affine)[0],
        attempt(q.HistogramObserver, is_dynamic=True),
    )


@program
def further_observers(torch):
    q = torch.ao.quantization
    torch.manual_seed(0)
    x, y = torch.randn(3, 4), torch.randn(3, 4) + 1
    per_channel = q.MovingAveragePerChannelMinMaxObserver
    for make in (
        q.default_weight_observer, q.weight_observer_range_neg_127_to_127, q.default_float_qparams_observer,
        q.per_channel_weight_observer_range_neg_127_to_127, per_channel.with_args(ch_axis=1), q.default_debug_observer,
        q.default_fixed_qparams_range_neg1to1_observer, q.NoopObserver, q.ReuseInputObserver, q.default_fake_quant,
        q.default_per_channel_weight_fake_quant, q.default_fused_act_fake_quant, q.default_fused_wt_fake_quant,
        q.default_fused_per_channel_wt_fake_quant, q.default_fixed_qparams_range_0to1_fake_quant,
        q.default_embedding_fake_quant, q.default_histogram_fake_quant, q.fused_wt_fake_quant_range_neg_127_to_127,
    ):  # fmt: skip
        observer = make()
        yield told(repr(observer)), told(repr(make)), observer(x), observer(y), told(repr(observer))
        yield attempt(observer.calculate_qparams), dict(observer.state_dict())
        other = make()
        other.load_state_dict(observer.state_dict())
        yield told(repr(other))
    observer = q.MinMaxObserver()
    observer(x)
    observer.reset_min_max_vals()
    yield observer.min_val, attempt(q.MovingAverageMinMaxObserver, is_dynamic=True)[0], attempt(q.ObserverBase, 1)[0]
    yield attempt(q.FakeQuantize, quant_min=5, quant_max=2), attempt(q.FakeQuantize, quant_min=-5, quant_max=2)
    yield attempt(q.MinMaxObserver, dtype=torch.float32)[0], attempt(q.MinMaxObserver, quant_min=1, quant_max=3)
    yield [q.get_block_size((4, 6), g) for g in (q.PerTensor(), q.PerAxis(0), q.PerRow(), q.PerGroup(3), q.PerToken())]


@program
def configurations(torch):
    q = torch.ao.quantization
    names = sorted(
        name for name in dir(q.qconfig) if name.endswith("_qconfig") and name.startswith(("def", "per", "fl"))
    )
    yield names, [told(repr(getattr(q.qconfig, name))) for name in names]
    for backend in ("x86", "fbgemm", "qnnpack", "onednn", "none"):
        for make in (q.get_default_qconfig, q.get_default_qat_qconfig, q.get_default_qat_qconfig_mapping):
            for version in (0, 1, 2):
                made = attempt(make, backend, version)
                yield re.sub("<(function|built-in)[^>]*>", "<function>", told(repr(made)))
    mapping = q.get_default_qconfig_mapping().set_module_name_regex("a.*", None).set_module_name("b", q.default_qconfig)
    mapping.set_module_name_object_type_order("c", torch.nn.Linear, 0, None)
    again = q.QConfigMapping.from_dict(mapping.to_dict())
    yield (
        repr(again) == repr(mapping),
        list(mapping.to_dict()),
        q.qconfig_equals(q.default_qconfig, q.default_qat_qconfig),
    )
    yield q.qconfig_equals(q.get_default_qat_qconfig(), q.get_default_qat_qconfig()), q.qconfig_equals(None, None)
    yield torch.backends.quantized.engine, sorted(torch.backends.quantized.supported_engines)


@program
def onto_the_grid(torch):
    odd = [-1e30, -3, -1.26, -0.05, 0, 0.05, 0.15, 1.28, 5, float("inf"), -float("inf"), float("nan")]
    for dtype in (torch.float32, torch.float64, torch.float16):
        for grid in ((0.1, 0, -128, 127), (torch.tensor(0.1), torch.tensor(3, dtype=torch.int32), 0, 12)):
            x = torch.tensor(odd, dtype=dtype, requires_grad=True)
            y = torch.fake_quantize_per_tensor_affine(x, *grid)
            y.sum().backward()
            yield y, x.grad
    x, scales = torch.tensor(odd).reshape(3, 4).requires_grad_(), torch.tensor([0.1, 0.2, 0.3])
    whole = torch.tensor([0, 1, 2], dtype=torch.int32)
    for zero_points in (whole, whole + 0.5):
        y = torch.fake_quantize_per_channel_affine(x, scales, zero_points, 0, 0, 9)
        y.sum().backward()
        yield y, x.grad
    for bad in ((0.1, 300, 0, 255), (0.1, 0, 5, 2), (scales, whole, 0, 255)):
        yield attempt(torch.fake_quantize_per_tensor_affine, x, *bad)
    yield attempt(torch.fake_quantize_per_tensor_affine, whole, 0.1, 0, 0, 255)
    for bad in (
        (scales, whole, 1, 0, 255), (scales, whole, 2, 0, 255), (scales, whole.long(), 0, 0, 255),
        (scales[:2], whole, 0, 0, 255), (scales, whole, 0, 5, 2), (scales, whole + 300, 0, 0, 255),
        (scales.double(), whole, 0, 0, 255), (scales.reshape(1, 3), whole, 0, 0, 255),
    ):  # fmt: skip
        yield attempt(torch.fake_quantize_per_channel_affine, x, *bad)


@program
def a_grid_that_follows(torch):
    torch.manual_seed(0)
    on, off = torch.tensor([1]), torch.tensor([0])
    for x in (torch.randn(4, 5), torch.rand(4, 5), -torch.rand(4, 5), torch.zeros(4, 5), torch.randn(4, 5) * 1e-6):
        for rows, symmetric in ((False, False), (False, True), (True, False), (True, True)):
            for low, high in ((0, 255), (-128, 127), (-127, 127)):
                known = [torch.tensor([]) if rows else torch.tensor(float(n)) for n in ("inf", "-inf")]
                known += [torch.tensor([1.0]), torch.tensor([0], dtype=torch.int32)]
                given = x.clone().requires_grad_()
                call = torch.fused_moving_avg_obs_fake_quant
                for observe in (on, on, off):
                    y = call(given * 2, observe, on, *known, 0.1, low, high, 0 if rows else -1, rows, symmetric)
                    y.sum().backward()
                yield y, given.grad, *known
                yield call(x * 3, on, off, *known, 0.1, low, high, 0, rows, symmetric), *known
    yield attempt(call, x, on, on, torch.ones(4), torch.ones(4), *known[2:], 0.1, 0, 255, 1, True, False)


@program
def pieces(torch):
    q, nn, nni = torch.ao.quantization, torch.nn, torch.ao.nn.intrinsic
    torch.manual_seed(0)
    for make in (
        lambda: nni.ConvReLU2d(nn.Conv2d(2, 2, 1), nn.Tanh()),
        lambda: nni.LinearBn1d(nn.Linear(2, 2), nn.BatchNorm1d(2)),
        lambda: nni.ConvBnReLU1d(nn.Conv1d(2, 2, 1), nn.BatchNorm1d(2), nn.Tanh()),
        lambda: torch.ao.nn.qat.Linear(2, 2), lambda: torch.ao.nn.qat.Conv2d.from_float(nn.Linear(2, 2)),
        lambda: torch.ao.nn.qat.Linear.from_float(nn.Linear(2, 2)),
        lambda: nni.qat.ConvBn2d.from_float(nn.Linear(2, 2)), lambda: nni.qat.LinearBn1d.from_float(nn.Linear(2, 2)),
        lambda: q.fuse_modules(nn.Sequential(nn.Linear(2, 2), nn.Tanh()), ["0", "1"]),
        lambda: q.fuse_modules(nn.Sequential(nn.Conv2d(2, 2, 1), nn.BatchNorm2d(2)), ["0", "1"]),
        lambda: q.fuse_modules_qat(nn.Sequential(nn.Conv2d(2, 3, 1), nn.BatchNorm2d(2)), ["0", "1"]),
        lambda: q.prepare_qat(nn.Sequential(nn.Linear(2, 2)).eval()),
    ):  # fmt: skip
        yield told(repr(attempt(make)))
    qconfig = q.get_default_qat_qconfig()
    layers = nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Conv1d(1, 2, 3), nn.ReLU()
    model = q.fuse_modules_qat(
        nn.Sequential(*layers[:2], nn.Unflatten(1, (1, 4)), *layers[2:]), [["0", "1"], ["3", "4"]]
    )
    model.qconfig = qconfig
    model = q.prepare_qat(model)
    yield told(repr(model)), model(torch.randn(5, 3)).detach(), list(model.state_dict()), torch.rand(1)
    embedding = nn.Embedding(5, 3)
    embedding.qconfig = q.default_embedding_qat_qconfig
    table = torch.ao.nn.qat.Embedding.from_float(embedding)
    yield told(repr(table)), table(torch.arange(5)).detach(), told(repr(table.to_float()))
    wrapped = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    wrapped[0].qconfig = q.default_qconfig
    yield repr(q.add_quant_dequant(wrapped)), list(q.get_observer_state_dict(q.prepare(wrapped)))


test_same_as_pytorch = same_as_pytorch(PROGRAMS)


@pytest.mark.parity
@pytest.mark.filterwarnings("ignore")
def test_a_network_that_pytorch_calibrated_gives_its_numbers():
    ours, theirs = importlib.import_module("flambeau"), pytest.importorskip("torch")
    made, x, state = [], theirs.randn(8, 3, 8, 8).numpy(), {}
    for torch in (theirs, ours):
        model = fused(network(torch).eval(), torch.ao.quantization.fuse_modules)
        model.qconfig = torch.ao.quantization.get_default_qconfig("x86")
        model = torch.ao.quantization.prepare(model)
        model(torch.tensor(x))
        if made:
            state = {name: torch.tensor(value.numpy()) for name, value in state.items()}
            model.load_state_dict(state)
        state = model.state_dict()
        made.append(torch.ao.quantization.convert(model))
    quantum = made[0].fc2.scale
    assert made[1].fc2.scale == pytest.approx(quantum, rel=1e-6)
    found, expected = (model(torch.tensor(x)).numpy() for model, torch in zip(made, (theirs, ours)))
    assert abs(found - expected).max() < 1.5 * quantum
