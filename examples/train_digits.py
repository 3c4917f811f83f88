"""Trains a small convolutional network to read handwritten digits.

An ordinary PyTorch script. Under Flambeau: python -m flambeau run examples/train_digits.py
"""

import argparse
from pathlib import Path

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.optim import Adam
from torch.optim.lr_scheduler import StepLR
from torch.utils.data import DataLoader, TensorDataset, random_split
from tqdm import tqdm

DATA = Path(__file__).parent / "data" / "digits.csv.gz"


class Net(nn.Module):
    """Two convolutions and a linear classifier over 8x8 grey images."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 3, padding=1)
        self.conv2 = nn.Conv2d(32, 64, 3, padding=1)
        self.fc = nn.Linear(64 * 4 * 4, 10)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc(x.flatten(1))


def load_digits():
    """The images as floats from 0 to 1, shape (1797, 1, 8, 8), and the digits, shape (1797,)."""
    table = np.loadtxt(DATA, delimiter=",", dtype=np.float32)
    images = torch.from_numpy(table[:, :-1] / 16).reshape(-1, 1, 8, 8)
    return TensorDataset(images, torch.from_numpy(table[:, -1].astype(np.int64)))


def train_epoch(model, loader, optimizer, progress):
    """One pass over the training data; returns the mean loss."""
    model.train()
    total = 0.0
    for images, digits in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(images), digits)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(images)
        progress.update(len(images))
    return total / len(loader.dataset)


@torch.no_grad()
def accuracy(model, loader):
    """The part of the images that the model reads correctly."""
    model.eval()
    correct = sum((model(images).argmax(1) == digits).sum().item() for images, digits in loader)
    return correct / len(loader.dataset)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--checkpoint", type=Path, default=Path("digits.pt"), help="written after every epoch")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint")
    return parser.parse_args()


def main():
    args = parse_arguments()
    torch.manual_seed(args.seed)
    train_set, test_set = random_split(load_digits(), [0.8, 0.2], generator=torch.Generator().manual_seed(0))
    train_loader = DataLoader(train_set, batch_size=args.batch_size, shuffle=True)
    test_loader = DataLoader(test_set, batch_size=256)

    model = Net()
    optimizer = Adam(model.parameters(), lr=args.lr)
    scheduler = StepLR(optimizer, step_size=3, gamma=0.3)
    first_epoch = 0
    if args.resume:
        checkpoint = torch.load(args.checkpoint)
        model.load_state_dict(checkpoint["model"])
        optimizer.load_state_dict(checkpoint["optimizer"])
        scheduler.load_state_dict(checkpoint["scheduler"])
        torch.set_rng_state(checkpoint["rng_state"])
        first_epoch = checkpoint["epoch"]

    for epoch in range(first_epoch, args.epochs):
        with tqdm(total=len(train_set), desc=f"epoch {epoch + 1}/{args.epochs}", unit="image", leave=False) as progress:
            loss = train_epoch(model, train_loader, optimizer, progress)
        scheduler.step()
        print(f"epoch {epoch + 1}: loss {loss:.4f}, accuracy {accuracy(model, test_loader):.2%}")
        checkpoint = {
            "model": model.state_dict(),
            "optimizer": optimizer.state_dict(),
            "scheduler": scheduler.state_dict(),
            "rng_state": torch.get_rng_state(),
            "epoch": epoch + 1,
        }
        torch.save(checkpoint, args.checkpoint)


if __name__ == "__main__":
    main()
