"""Compresses handwritten digits to a few numbers and draws them again from these.

Writes a picture of digits above their reconstructions.
"""

import argparse

import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision.utils import save_image
from train_digits import load_digits


class Autoencoder(nn.Module):
    """64 pixels to `size` numbers and back."""

    def __init__(self, size=8):
        super().__init__()
        self.encoder = nn.Sequential(nn.Flatten(), nn.Linear(64, 48), nn.ReLU(), nn.Linear(48, size))
        self.decoder = nn.Sequential(
            nn.Linear(size, 48), nn.ReLU(), nn.Linear(48, 64), nn.Sigmoid(), nn.Unflatten(1, (1, 8, 8))
        )

    def forward(self, x):
        return self.decoder(self.encoder(x))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--picture", default="reconstructions.png")
    args = parser.parse_args()

    torch.manual_seed(0)
    loader = DataLoader(load_digits(), batch_size=64, shuffle=True)
    model = Autoencoder()
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    criterion = nn.MSELoss()
    for epoch in range(args.epochs):
        total = 0.0
        for step, (images, _) in enumerate(loader):
            noisy = (images + 0.1 * torch.randn_like(images)).clamp(0, 1)
            loss = criterion(model(noisy), images)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
            if epoch == step == 0:
                print(f"first loss: {loss.item():.6f}")
        print(f"epoch {epoch + 1}: loss {total / len(loader):.5f}")

    images = next(iter(loader))[0][:16]
    with torch.no_grad():
        pairs = torch.cat([images, model(images)])
    save_image(nn.functional.interpolate(pairs, scale_factor=4), args.picture, nrow=16)
    print(f"digits and their reconstructions are in {args.picture}")


if __name__ == "__main__":
    main()
