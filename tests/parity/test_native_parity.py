"""What torch has under its own name besides torch.nn.functional, its switches, and torch.testing, against PyTorch."""

from __future__ import annotations

import pytest
from both import PROGRAMS, attempt, program, transcript

PROGRAMS.clear()


@program
def losses_whose_reduction_is_a_number(torch):
    torch.manual_seed(0)
    x, y = torch.randn(3, 4), torch.rand(3, 4)
    sign = torch.tensor([1.0, -1.0, 1.0])
    for reduction in (0, 1, 2):
        yield torch.binary_cross_entropy_with_logits(x, y, None, torch.full((4,), 2.0), reduction)
        yield torch.cosine_embedding_loss(x, y, sign, 0.1, reduction)
        yield torch.hinge_embedding_loss(x, y.sign(), 0.5, reduction)
        yield torch.kl_div(x, y, reduction), torch.kl_div(x, y.log(), reduction, log_target=True)
        yield torch.margin_ranking_loss(x[:, 0], y[:, 0], sign, 0.1, reduction)
        yield torch.poisson_nll_loss(x, y, True, False, 1e-8, reduction)
        yield torch.triplet_margin_loss(x, y, x + y, 1.0, 2.0, 1e-6, False, reduction)


@program
def normalisations_with_weight_and_bias_first(torch):
    torch.manual_seed(0)
    x, w, b = torch.randn(4, 6, 5).double(), torch.rand(6).double(), torch.randn(6).double()
    for training in (True, False):
        mean, var = torch.zeros(6).double(), torch.ones(6).double()
        yield torch.batch_norm(x, w, b, mean, var, training, 0.1, 1e-5, False), mean, var
        yield torch.native_batch_norm(x, w, b, mean, var, training, 0.1, 1e-5)
    yield torch.instance_norm(x, w, b, None, None, True, 0.1, 1e-5, False)
    yield torch.layer_norm(x, [6, 5]), torch.native_layer_norm(x, [5], torch.ones(5).double(), None, 1e-5)
    yield torch.group_norm(x, 2, w, b), torch.native_group_norm(x, w, b, 4, 6, 5, 3, 1e-5)
    yield torch.norm_except_dim(x, 2, 1), torch.norm_except_dim(x, 2, -1), torch.norm_except_dim(x, 1)


@program
def recurrent_layers_from_lists_of_weights(torch):
    torch.manual_seed(0)
    x = torch.randn(3, 2, 4).double()
    for kind, function in (("LSTM", torch.lstm), ("GRU", torch.gru), ("RNN", torch.rnn_tanh), ("RNN", torch.rnn_relu)):
        layer = getattr(torch.nn, kind)(4, 5, 2, bidirectional=True, batch_first=True).double()
        h = torch.zeros(4, 3, 5).double()
        state = torch.get_rng_state().sum()
        weights = [w.detach() for w in layer.parameters()]
        yield function(x, (h, h) if kind == "LSTM" else h, weights, True, 2, 0.0, False, True, True)[0]
        yield bool(torch.get_rng_state().sum() == state)
    ones = torch.ones(2, 5).double()
    cell = torch.nn.GRUCell(4, 5).double()
    yield torch.gru_cell(x[0], ones, *cell.parameters()).detach()
    cell = torch.nn.LSTMCell(4, 5).double()
    h, c = torch.lstm_cell(x[0], (ones, ones), *cell.parameters())
    yield h.detach(), c.detach()
    cell = torch.nn.RNNCell(4, 5).double()
    weights = [w.detach() for w in cell.parameters()]
    yield torch.rnn_tanh_cell(x[0], ones, *weights), torch.rnn_relu_cell(x[0], ones, *weights)


@program
def tables_grids_and_names(torch):
    table = torch.arange(12.0).reshape(4, 3).requires_grad_()
    found = torch.embedding(table, torch.tensor([[1, 3], [0, 1]]), 1)
    yield found.detach()
    found.sum().backward()
    yield table.grad
    grid = torch.affine_grid_generator(torch.tensor([[[0.5, 0, 0], [0, 0.5, 0]]]), [1, 1, 2, 2], False)
    yield grid, torch.grid_sampler(torch.arange(9.0).reshape(1, 1, 3, 3), grid, 0, 1, False)
    yield torch.typename(table), torch.typename(3), torch.typename([]), torch.typename(torch.ones(1).long())
    yield torch.is_same_size(table, table), torch.is_signed(table), torch.is_inference(table), torch.get_device(table)
    x = torch.tensor([1.0, -2.0, 3.0])
    yield torch.clamp_(x, 0, 2), torch.round_(x), torch.detach(table), torch.celu_(x), torch.unsafe_chunk(x, 2)


@program
def switches_read_back(torch):
    yield torch.are_deterministic_algorithms_enabled(), torch.get_deterministic_debug_mode()
    torch.use_deterministic_algorithms(True, warn_only=True)
    yield torch.get_deterministic_debug_mode(), torch.is_deterministic_algorithms_warn_only_enabled()
    torch.set_deterministic_debug_mode("error")
    yield torch.get_deterministic_debug_mode(), attempt(torch.set_deterministic_debug_mode, "all")
    yield attempt(torch.set_deterministic_debug_mode, 3), attempt(torch.set_deterministic_debug_mode, 1.5)
    torch.use_deterministic_algorithms(False)
    torch.set_float32_matmul_precision("medium")
    yield torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    torch.set_default_tensor_type(torch.DoubleTensor)
    yield torch.ones(1), attempt(torch.set_default_tensor_type, torch.LongTensor)
    torch.set_default_tensor_type("torch.FloatTensor")
    yield torch.ones(1), str(torch.get_default_device()), torch.is_warn_always_enabled()


CLOSE = [
    lambda t: (t([1.0, 2]), t([1.0, 2.1]), {}),
    lambda t: (t([1, 2]), t([1, 3]), {}),
    lambda t: (t(1.0), t(2.0), {}),
    lambda t: (1.0, 2.0, {}),
    lambda t: (1, 2, {}),
    lambda t: (1, 2.0, {}),
    lambda t: (t([1.0, 2]), t([1.0, 2.0, 3]), {}),
    lambda t: (t([1.0, 2]), t([1, 2]), {}),
    lambda t: (t([1.0, 2]), t([1, 2]), {"check_dtype": False}),
    lambda t: ([t([1.0]), t([2.0])], [t([1.0]), t([3.0])], {}),
    lambda t: ({"a": [t([1.0])]}, {"a": [t([3.0])]}, {}),
    lambda t: ({"a": 1}, {"b": 1}, {}),
    lambda t: ([1.0], [1.0, 2.0], {}),
    lambda t: ("a", "b", {}),
    lambda t: (None, None, {}),
    lambda t: (True, False, {}),
    lambda t: (t([float("nan")]), t([float("nan")]), {}),
    lambda t: (t([float("nan")]), t([float("nan")]), {"equal_nan": True}),
    lambda t: (t([1.0]), t([1.1]), {"rtol": 1e-3}),
    lambda t: (t([1.0]), t([1.1]), {"rtol": 0, "atol": 1e-3, "msg": "hello"}),
    lambda t: (t([1.0]), t([1.1]), {"rtol": 0, "atol": 1e-3, "msg": lambda text: "so: " + text}),
    lambda t: (t([[1.0, 2], [3, 4]]).double(), t([[1.0, 2], [3, 5]]).double(), {}),
    lambda t: (float("nan"), 1.0, {}),
    lambda t: (t([True, False]), t([True, True]), {}),
    lambda t: (t([1.0, float("inf")]), t([1.0, 0.0]), {}),
    lambda t: (t([1.0, 0.0]), t([0.0, 0.0]), {}),
    lambda t: (t([[1.0, 0.0]]).t(), t([[1.0], [0.0]]), {"check_stride": True}),
]


@program
def reports_of_differences(torch):
    for case in CLOSE:
        actual, expected, options = case(torch.tensor)
        yield attempt(torch.testing.assert_close, actual, expected, **options)


@program
def random_tensors_for_tests(torch):
    make = torch.testing.make_tensor
    torch.manual_seed(0)
    for dtype in (torch.float32, torch.float64, torch.int64, torch.uint8, torch.int8, torch.bool):
        yield make((4, 3), dtype=dtype, device="cpu"), make(3, dtype=dtype, device="cpu", low=0, high=2)
    spaced = make(2, 3, dtype=torch.float32, device="cpu", noncontiguous=True)
    yield spaced, spaced.stride(), make((3,), dtype=torch.float32, device="cpu", requires_grad=True).requires_grad
    yield make((20,), dtype=torch.int64, device="cpu", low=-1, high=2, exclude_zero=True)
    yield attempt(lambda: make((3,), dtype=torch.float32, device="cpu", low=3, high=1))
    yield attempt(lambda: make((3,), dtype=torch.int64, device="cpu", requires_grad=True))


@pytest.mark.parity
@pytest.mark.parametrize("function", list(PROGRAMS), ids=lambda f: f.__name__)
def test_same_as_pytorch(function):
    assert transcript(function, "flambeau") == transcript(function, "torch")
