"""Training of networks over sequences."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from . import case
from .training import tokens, training


class CharRNN(nn.Module):
    """The next character, from a recurrent layer over an embedding."""

    def __init__(self, cell, **options):
        super().__init__()
        self.embed, self.cell = nn.Embedding(96, 64), cell(64, 128, batch_first=True, **options)
        self.head = nn.Linear(256 if options.get("bidirectional") else 128, 96)

    def forward(self, x):
        return self.head(self.cell(self.embed(x))[0]).transpose(1, 2)


class Block(nn.Module):
    """Causal self-attention and a perceptron, as GPT has them."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.norm1, self.qkv, self.out = nn.LayerNorm(width), nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x):
        batch, length, width = x.shape
        q, k, v = (
            part.view(batch, length, self.heads, -1).transpose(1, 2) for part in self.qkv(self.norm1(x)).chunk(3, -1)
        )
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(mixed.transpose(1, 2).reshape(batch, length, width))
        return x + self.mlp(self.norm2(x))


class GPT(nn.Module):
    """A small decoder."""

    def __init__(self, vocabulary: int = 256, width: int = 128, length: int = 64):
        super().__init__()
        self.token, self.place = nn.Embedding(vocabulary, width), nn.Embedding(length, width)
        self.blocks = nn.Sequential(*(Block(width, 4) for _ in range(3)))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, vocabulary)

    def forward(self, x):
        x = self.token(x) + self.place(torch.arange(x.shape[1]))
        return self.head(self.norm(self.blocks(x))).transpose(1, 2)


@case("train")
def char_lstm_train():
    return training(CharRNN(nn.LSTM, num_layers=2), nn.CrossEntropyLoss(), tokens(96, 32, 80), tokens(96, 32, 80))


@case("train")
def char_gru_train():
    model = CharRNN(nn.GRU, bidirectional=True)
    return training(model, nn.CrossEntropyLoss(), tokens(96, 16, 40), tokens(96, 16, 40))


@case("train")
def gpt_train():
    model = GPT()
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-4)
    return training(model, nn.CrossEntropyLoss(), tokens(256, 16, 64), tokens(256, 16, 64), optimizer)


@case("train")
def conv1d_train():
    layers = [nn.Conv1d(16, 64, 5, padding=2), nn.ReLU(), nn.MaxPool1d(2), nn.Conv1d(64, 64, 5, padding=2), nn.ReLU()]
    model = nn.Sequential(*layers, nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(64, 4))
    x = torch.randn(32, 16, 256, generator=torch.Generator().manual_seed(1))
    return training(model, nn.CrossEntropyLoss(), x, tokens(4, 32))


class Encoder(nn.Module):
    """Layers with dropout in the attention, behind it and between the products, as they come."""

    def __init__(self, vocabulary: int = 256, width: int = 64):
        super().__init__()
        layer = nn.TransformerEncoderLayer(width, 4, 2 * width, batch_first=True)
        self.token, self.encoder = nn.Embedding(vocabulary, width), nn.TransformerEncoder(layer, 2)
        self.head = nn.Linear(width, vocabulary)

    def forward(self, x):
        return self.head(self.encoder(self.token(x))).transpose(1, 2)


@case("train")
def encoder_dropout_train():
    model = Encoder()
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-4)
    return training(model, nn.CrossEntropyLoss(), tokens(256, 16, 40), tokens(256, 16, 40), optimizer)


@case("train")
def lstm_dropout_train():
    model = CharRNN(nn.LSTM, num_layers=3, dropout=0.3)
    return training(model, nn.CrossEntropyLoss(), tokens(96, 16, 40), tokens(96, 16, 40))
