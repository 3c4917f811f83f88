"""Quantised tensors and networks, beside what they stand for."""

import copy
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
