"""Fits a small network to a table of measurements, judged by cross-validation over k folds.

The table is made here: eight features, a target that depends on five of them (Friedman's first problem), and noise.
"""

import argparse
import math

import torch
from torch import nn
from torch.utils.data import DataLoader, Subset, TensorDataset


def make_table(rows=600):
    """Features between 0 and 1, (rows, 8), and targets, (rows, 1)."""
    x = torch.rand(rows, 8)
    y = 10 * torch.sin(math.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2 + 10 * x[:, 3] + 5 * x[:, 4]
    return x, (y + torch.randn(rows)).unsqueeze(1)


def make_model():
    return nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Dropout(0.05), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 1))


def train(model, dataset, epochs, report_first):
    """Trains on a dataset; the learning rate falls when the loss does not."""
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=1e-4)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=3)
    loader = DataLoader(dataset, batch_size=32, shuffle=True)
    criterion = nn.SmoothL1Loss()
    model.train()
    for epoch in range(epochs):
        total = 0.0
        for step, (x, y) in enumerate(loader):
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 5.0)
            optimizer.step()
            total += loss.item()
            if report_first and epoch == step == 0:
                print(f"first loss: {loss.item():.6f}")
        scheduler.step(total / len(loader))


@torch.no_grad()
def error(model, dataset):
    """The root of the mean squared error."""
    model.eval()
    x, y = next(iter(DataLoader(dataset, batch_size=len(dataset))))
    return nn.functional.mse_loss(model(x), y).sqrt().item()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--folds", type=int, default=5)
    args = parser.parse_args()

    torch.manual_seed(0)
    x, y = make_table()
    x = (x - x.mean(0)) / x.std(0)
    dataset = TensorDataset(x, y)
    folds = torch.randperm(len(dataset)).chunk(args.folds)
    errors = []
    for number, held_out in enumerate(folds):
        others = torch.cat([fold for other, fold in enumerate(folds) if other != number])
        model = make_model()
        train(model, Subset(dataset, others.tolist()), args.epochs, report_first=number == 0)
        errors.append(error(model, Subset(dataset, held_out.tolist())))
        print(f"fold {number + 1}: error {errors[-1]:.3f}")
    spread = torch.tensor(errors)
    print(f"error {spread.mean():.3f} +- {spread.std():.3f}; of the mean alone {y.std():.3f}")


if __name__ == "__main__":
    main()
