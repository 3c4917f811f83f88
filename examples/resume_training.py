"""Trains with checkpoints: stopped at any time, it goes on where it was and ends as if it had never stopped.

Run it once with --stop-after 3, then without: the second run resumes.
"""

import argparse
import os
from pathlib import Path

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def spirals(points=600, turns=0.9):
    """Points of two spirals in the plane, and which spiral each is from."""
    t = torch.rand(points, 1).sqrt() * turns * 2 * torch.pi
    label = torch.randint(2, (points,))
    angle = t + label.unsqueeze(1) * torch.pi
    return torch.cat([angle.cos(), angle.sin()], 1) * t / t.max() + 0.02 * torch.randn(points, 2), label


class Training:
    """What must be saved for a training to go on: network, optimizer, schedule, random numbers, epoch, best loss."""

    def __init__(self):
        self.model = nn.Sequential(
            nn.Linear(2, 32), nn.Tanh(), nn.Dropout(0.02), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 2)
        )
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=0.02)
        self.scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(self.optimizer, T_max=40)
        self.epoch, self.best = 0, float("inf")

    def save(self, path):
        """Writes a checkpoint beside the old one, then takes its place: a stop in between loses neither."""
        state = {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scheduler": self.scheduler.state_dict(),
            "rng_state": torch.get_rng_state(),
            "epoch": self.epoch,
            "best": self.best,
        }
        torch.save(state, f"{path}.new")
        os.replace(f"{path}.new", path)

    def load(self, path):
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.scheduler.load_state_dict(state["scheduler"])
        torch.set_rng_state(state["rng_state"])
        self.epoch, self.best = state["epoch"], state["best"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--stop-after", type=int, default=None, help="end early, as if interrupted")
    parser.add_argument("--checkpoint", type=Path, default=Path("spirals.pt"))
    args = parser.parse_args()

    torch.manual_seed(0)
    loader = DataLoader(TensorDataset(*spirals()), batch_size=50, shuffle=True)
    training = Training()
    if args.checkpoint.exists():
        training.load(args.checkpoint)
        print(f"resuming after epoch {training.epoch}")
    criterion = nn.CrossEntropyLoss()
    while training.epoch < args.epochs:
        total, correct = 0.0, 0
        for step, (points, labels) in enumerate(loader):
            scores = training.model(points)
            loss = criterion(scores, labels)
            training.optimizer.zero_grad(set_to_none=True)
            loss.backward()
            training.optimizer.step()
            total += loss.item()
            correct += (scores.argmax(1) == labels).sum().item()
            if training.epoch == step == 0:
                print(f"first loss: {loss.item():.6f}")
        training.scheduler.step()
        training.epoch += 1
        training.best = min(training.best, total / len(loader))
        training.save(args.checkpoint)
        print(f"epoch {training.epoch}: loss {total / len(loader):.6f}, accuracy {correct / 600:.2%}")
        if training.epoch == args.stop_after:
            print("stopped")
            return
    print(f"best loss {training.best:.6f}")


if __name__ == "__main__":
    main()
