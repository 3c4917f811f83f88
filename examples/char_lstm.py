"""Learns to write a text letter by letter with an LSTM, and writes some of its own.

By default it reads its own source; any text file will do.
"""

import argparse
from pathlib import Path

import torch
from torch import nn


class CharLSTM(nn.Module):
    """Letters in, scores of the next letter out."""

    def __init__(self, letters, size=128):
        super().__init__()
        self.embedding = nn.Embedding(letters, 48)
        self.lstm = nn.LSTM(48, size, num_layers=2, dropout=0.1, batch_first=True)
        self.fc = nn.Linear(size, letters)

    def forward(self, x, state=None):
        out, state = self.lstm(self.embedding(x), state)
        return self.fc(out), state


@torch.no_grad()
def write(model, letters, start, length=200, temperature=0.7):
    """Text that the model goes on with."""
    model.eval()
    text, state = start, None
    x = torch.tensor([[letters.index(c) for c in start]])
    for _ in range(length):
        scores, state = model(x, state)
        x = torch.multinomial((scores[:, -1] / temperature).softmax(-1), 1)
        text += letters[x.item()]
    return text


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--text", type=Path, default=Path(__file__))
    parser.add_argument("--steps", type=int, default=300)
    args = parser.parse_args()

    torch.manual_seed(0)
    text = args.text.read_text(encoding="utf-8")
    letters = sorted(set(text))
    numbers = torch.tensor([letters.index(c) for c in text])
    model = CharLSTM(len(letters))
    optimizer = torch.optim.Adam(model.parameters(), lr=4e-3)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=100, gamma=0.5)
    criterion = nn.CrossEntropyLoss()
    model.train()
    for step in range(args.steps):
        starts = torch.randint(len(numbers) - 65, (32,))
        windows = torch.stack([numbers[s : s + 65] for s in starts])
        scores, _ = model(windows[:, :-1])
        loss = criterion(scores.flatten(0, 1), windows[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        scheduler.step()
        if step == 0:
            print(f"first loss: {loss.item():.6f}")
        if (step + 1) % 50 == 0:
            print(f"step {step + 1}: loss {loss.item():.4f}")
    print(write(model, letters, text[0]))


if __name__ == "__main__":
    main()
