"""Quantised tensors and networks, beside what they stand for."""

import copy
import importlib
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flambeau as fl
from flambeau import nn


@given(st.integers(1, 5), st.integers(1, 40), st.sampled_from(["qint8", "quint8", "qint32"]), st.integers(0, 9))
@settings(max_examples=15, deadline=None)
def test_numbers_come_back_within_half_a_step(rows, columns, kind, seed):
    x = np.random.default_rng(seed).uniform(-1, 1, (rows, columns)).astype(np.float32)
    dtype, zero_point = getattr(fl, kind), 128 if kind == "quint8" else 0
    quantized = fl.quantize_per_tensor(fl.tensor(x), 1 / 100, zero_point, dtype)
    assert np.abs(quantized.dequantize().numpy() - x).max() <= 0.005001
    scales = fl.linspace(0.01, 0.02, columns)
    by_column = fl.quantize_per_channel(fl.tensor(x), scales, fl.full((columns,), zero_point), 1, dtype)
    assert (np.abs(by_column.dequantize().numpy() - x) <= scales.numpy() / 2 + 1e-6).all()


@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x)), lambda x: fl.clone(x)]
)
def test_copies_are_equal(again):
    x = fl.quantize_per_tensor(fl.randn(3, 4), 0.1, 2, fl.qint8)
    assert again(x).equal(x) and again(x).q_scale() == 0.1 and again(x).dtype is fl.qint8


def test_what_does_not_know_quantised_tensors_refuses_them():
    x = fl.quantize_per_tensor(fl.randn(3, 4), 0.1, 2, fl.qint8)
    for call in (lambda: x + x, lambda: x.sum(), lambda: fl.randn(3, 4) * x, lambda: fl.exp(x)):
        with pytest.raises(NotImplementedError, match="QuantizedCPU"):
            call()


@given(st.integers(1, 70), st.integers(1, 30), st.booleans(), st.integers(0, 9))
@settings(max_examples=10, deadline=None)
def test_a_quantised_layer_is_the_product_of_what_the_grids_hold(inputs, outputs, bias, seed):
    fl.manual_seed(seed)
    layer = nn.Linear(inputs, outputs, bias)
    quantized = fl.quantization.quantize_dynamic(nn.Sequential(layer))[0]
    x = fl.randn(3, inputs)
    on_grid = fl.quantize_per_tensor_dynamic(x, fl.quint8, True).dequantize().double().numpy()
    expected = on_grid @ quantized.weight().dequantize().double().numpy().T
    expected = expected + (layer.bias.detach().numpy() if bias else 0)
    assert np.allclose(quantized(x).numpy(), expected, rtol=1e-5, atol=1e-5)


def test_a_network_is_copied_and_its_hooks_stay():
    seen = []
    model = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 2)).train()
    model[0].register_forward_hook(lambda *_: seen.append("hook"))
    quantized = fl.quantization.quantize_dynamic(model, {"0"})
    assert type(model[0]) is nn.Linear and model.training and not hasattr(quantized[1], "qconfig")
    assert type(quantized[0]) is fl.ao.nn.quantized.dynamic.Linear and type(quantized[1]) is nn.Linear
    quantized(fl.ones(1, 3))
    assert seen == ["hook"]


def test_recurrent_layers_are_close_to_those_of_numbers():
    fl.manual_seed(0)
    for layer in (nn.LSTM(6, 8, 2, bidirectional=True), nn.GRU(6, 8, batch_first=True)):
        model, x = nn.Sequential(layer), fl.randn(4, 3, 6)
        quantized = fl.quantization.quantize_dynamic(model, {nn.LSTM, nn.GRU})
        assert (quantized(x)[0] - model(x)[0]).abs().max() < 0.03


def test_a_network_of_integers_is_close_to_that_of_numbers():
    fl.manual_seed(0)
    q = fl.ao.quantization
    model = q.QuantWrapper(nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(72, 5))).eval()
    model.qconfig = q.default_per_channel_qconfig
    x = fl.randn(16, 3, 5, 5)
    prepared = q.prepare(model)
    expected = prepared(x).detach()
    assert (q.convert(prepared)(x) - expected).abs().max() < 0.05 * expected.abs().max()


@given(st.integers(1, 5), st.integers(1, 40), st.booleans(), st.integers(0, 9))
@settings(max_examples=15, deadline=None)
def test_numbers_on_the_grid_are_those_that_quantised_tensors_stand_for(rows, columns, by_row, seed):
    x = fl.tensor(np.random.default_rng(seed).normal(0, 2, (rows, columns)).astype(np.float32), requires_grad=True)
    scales, zero_points = fl.linspace(0.005, 0.02, rows), fl.arange(rows, dtype=fl.int32)
    if by_row:
        found = fl.fake_quantize_per_channel_affine(x, scales, zero_points, 0, -128, 127)
        quantized = fl.quantize_per_channel(x.detach(), scales, zero_points, 0, fl.qint8)
        scales, zero_points = scales.numpy()[:, None], zero_points.numpy()[:, None]
    else:
        scales, zero_points = 0.01, 3
        found = fl.fake_quantize_per_tensor_affine(x, scales, zero_points, -128, 127)
        quantized = fl.quantize_per_tensor(x.detach(), scales, zero_points, fl.qint8)
    found.sum().backward()
    places = np.round(x.detach().numpy() / np.float32(scales)) + zero_points
    assert np.allclose(found.detach().numpy(), quantized.dequantize().numpy(), atol=1e-6)
    assert (x.grad.numpy() == ((places >= -128) & (places <= 127))).mean() > 0.99  # but for ties


def trained(q, steps):
    fl.manual_seed(0)
    layers = nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(72, 5)
    model = q.fuse_modules_qat(q.QuantWrapper(nn.Sequential(*layers)), ["module.0", "module.1", "module.2"])
    model.qconfig = q.get_default_qat_qconfig()
    model = q.prepare_qat(model.train())
    optimizer = fl.optim.SGD(model.parameters(), lr=0.1)
    x, y, losses = fl.randn(16, 3, 5, 5), fl.arange(16) % 5, []
    for _ in range(steps):
        loss = nn.functional.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return model.eval(), x, losses


def test_a_network_learns_on_the_grid_and_stays_what_it_was():
    q = fl.ao.quantization
    model, x, losses = trained(q, 30)
    assert losses[-1] < 0.5 * losses[0]
    expected = model.apply(q.disable_observer)(x).detach()
    assert (q.convert(model)(x) - expected).abs().max() < 0.05 * expected.abs().max()


def test_switches_and_frozen_statistics():
    q = fl.ao.quantization
    model, x, _ = trained(q, 2)
    layer = model.module[0]
    model.train().apply(fl.ao.nn.intrinsic.qat.freeze_bn_stats)
    mean, low = layer.bn.running_mean.clone(), layer.activation_post_process.activation_post_process.max_val.clone()
    model.apply(q.disable_observer)(x * 3)
    assert layer.bn.running_mean.equal(mean) and not layer.bn.training and model.train().module[0].training
    assert layer.activation_post_process.activation_post_process.max_val.equal(low)
    plain = nn.functional.relu(layer.bn(nn.functional.conv2d(x, layer.weight, layer.bias)))
    layer.apply(q.disable_fake_quant)
    assert fl.allclose(layer(x), plain, atol=1e-5)


def test_older_names_are_the_same_and_graphs_are_refused():
    from flambeau.compat.names import counterpart

    assert fl.nn.quantized is fl.ao.nn.quantized and fl.nn.intrinsic is fl.ao.nn.intrinsic
    assert counterpart("torch.nn.quantized.dynamic") is fl.ao.nn.quantized.dynamic
    assert counterpart("torch.quantization.observer") is fl.quantization.observer is fl.ao.quantization.observer
    q = fl.ao.quantization
    for refused, instead in (
        (q.quantize_fx.prepare_fx, " prepare(model)"), (q.quantize_fx.prepare_qat_fx, " prepare_qat(model"),
        (q.quantize_fx.convert_fx, " convert(model"), (q.quantize_fx.fuse_fx, " fuse_modules(model"),
        (q.quantize_jit, " quantize(model"), (q.quantize_dynamic_jit, " quantize_dynamic(model"),
    ):  # fmt: skip
        with pytest.raises(NotImplementedError, match="no graphs") as caught:
            refused(nn.ReLU(), {}, None)
        assert instead in caught.value.__notes__[0]


def test_engines_are_names():
    engines = fl.backends.quantized
    before = engines.engine
    try:
        engines.engine = "qnnpack"
        assert engines.engine == "qnnpack" and "x86" in engines.supported_engines
        with pytest.raises(RuntimeError, match="valid"):
            engines.engine = "cuda"
        with pytest.raises(RuntimeError, match="Assignment"):
            engines.supported_engines = []
    finally:
        engines.engine = before


def test_classes_are_asked_what_functions_mean_beside_quantised_tensors():
    class Duck:
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            return func is fl.mean

    importlib.import_module("flambeau.overrides")  # with gates around the functions
    importlib.reload(importlib.import_module("flambeau.quantized.dispatch")).install()
    assert fl.mean(Duck())
    assert fl.mean(fl.quantize_per_tensor(fl.ones(4), 0.5, 0, fl.quint8)).dequantize() == 1
