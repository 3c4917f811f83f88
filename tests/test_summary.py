"""Tables of networks: every parameter counts once, and nothing of the network changes."""

from __future__ import annotations

import pytest

import flambeau as torch
from flambeau import nn, summary
from flambeau.torchsummary import summary as torchsummary


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn, self.head = nn.LSTM(4, 8, num_layers=2, batch_first=True), nn.Linear(8, 3)

    def forward(self, x):
        out, _ = self.rnn(x)
        return self.head(out[:, -1])


class Shared(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 4)
        self.again = nn.Sequential(self.layer, nn.ReLU())
        self.tied = nn.Linear(4, 4)
        self.tied.weight = self.layer.weight

    def forward(self, x):
        return self.tied(self.again(self.layer(x)))


class OwnParameter(nn.Module):
    def __init__(self):
        super().__init__()
        self.token = nn.Parameter(torch.zeros(1, 1, 8))
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, x):
        x = torch.cat([x, self.token.expand(len(x), -1, -1)], 1)
        return self.attention(x, x, x)


class Dictionary(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = Recurrent()

    def forward(self, x):
        return {"scores": self.inner(x), "parts": [x, None]}


NETWORKS = {
    "recurrent": (Recurrent, (5, 4)),
    "shared": (Shared, (4,)),
    "own parameter": (OwnParameter, (5, 8)),
    "dictionary": (Dictionary, (5, 4)),
    "transformer": (lambda: nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16), 2), (5, 8)),
    "one layer": (lambda: nn.Linear(3, 2), (3,)),
    "no parameters": (nn.ReLU, (3,)),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_each_parameter_counts_once(name, capsys):
    make, size = NETWORKS[name]
    model = make()
    total = sum(p.numel() for p in model.parameters())
    told = summary(model, size, verbose=False)
    assert told.total_parameters == told.trainable_parameters == total
    torchsummary(model, size)
    assert f"Total params: {total:,}" in capsys.readouterr().out.splitlines()


def test_columns_add_up(capsys):
    torchsummary(Shared(), (4,))
    lines = capsys.readouterr().out.splitlines()
    rows = [line.split()[-1] for line in lines if line.lstrip().startswith(("Linear-", "ReLU-"))]
    assert [int(r) for r in rows] == [20, 0, 0, 4]


def test_the_network_stays_as_it_is():
    model = nn.Sequential(nn.BatchNorm1d(3), nn.Dropout(), nn.Linear(3, 2))
    model[1].eval()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    summary(model, (3,), verbose=False)
    assert [m.training for m in model] == [True, False, True]
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert not any(m._forward_hooks for m in model.modules())


def test_rows_up_to_the_layer_that_fails(capsys):
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(9, 2))
    for show in (torchsummary, summary):
        with pytest.raises(RuntimeError, match="mat1 and mat2 shapes cannot be multiplied"):
            show(model, (4,))
        printed = capsys.readouterr().out
        assert "ReLU" in printed and printed.count("Linear") == 1
    assert not any(m._forward_hooks for m in model.modules())


def test_multiply_adds():
    model = nn.Sequential(
        nn.Conv2d(3, 8, 3, groups=1), nn.ConvTranspose2d(8, 2, 2, stride=2), nn.Flatten(), nn.Linear(128, 5)
    )
    told = summary(model, (3, 6, 6), verbose=False)
    assert told.multiply_adds == 8 * 16 * 27 + 8 * 16 * 2 * 4 + 128 * 5
    recurrent = summary(Recurrent(), (5, 4), verbose=False)
    assert recurrent.multiply_adds == 5 * (32 * 4 + 32 * 8 + 2 * 32 * 8) + 8 * 3


def test_inputs_that_are_given():
    model = nn.Embedding(10, 4)
    told = summary(model, input_data=torch.tensor([[1, 2, 3]]), verbose=False)
    assert told.rows[0].output == [1, 3, 4]
    assert summary(model, (3,), dtypes=[torch.int64], verbose=False).rows[0].output == [2, 3, 4]
    named = summary(
        nn.Bilinear(2, 3, 4), input_data={"input1": torch.ones(5, 2), "input2": torch.ones(5, 3)}, verbose=False
    )
    assert named.rows[0].output == [5, 4]
    two = summary(nn.Bilinear(2, 3, 4), [(2,), (3,)], verbose=False)
    assert "[-1, 4]" in str(two)
    with pytest.raises(ValueError, match="either input_size"):
        summary(model)


def test_memory_is_counted_in_bytes_of_the_type():
    x = torch.ones(2, 3)
    sizes = [summary(nn.ReLU(), input_data=x.to(kind), verbose=False) for kind in (torch.float16, torch.float64)]
    assert [(told.input_bytes, told.output_bytes) for told in sizes] == [(12, 12), (48, 48)]
