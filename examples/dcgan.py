"""Trains a generator to draw handwritten digits, against a discriminator that tells them from real ones.

Writes a picture of generated digits after every epoch.
"""

import argparse
from pathlib import Path

import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision.utils import make_grid, save_image
from train_digits import load_digits

LATENT = 32


def init_weights(module):
    """The initial values that the DCGAN paper recommends."""
    if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
        nn.init.normal_(module.weight, 0.0, 0.02)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)
        nn.init.zeros_(module.bias)


def make_generator(width=32):
    """(batch, LATENT, 1, 1) to images (batch, 1, 8, 8) between -1 and 1."""
    return nn.Sequential(
        nn.ConvTranspose2d(LATENT, width * 2, 2, bias=False),
        nn.BatchNorm2d(width * 2),
        nn.ReLU(True),
        nn.ConvTranspose2d(width * 2, width, 4, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(True),
        nn.ConvTranspose2d(width, 1, 4, stride=2, padding=1, bias=False),
        nn.Tanh(),
    )


def make_discriminator(width=32):
    """Images to one number each: how real they look."""
    return nn.Sequential(
        nn.Conv2d(1, width, 4, stride=2, padding=1, bias=False),
        nn.LeakyReLU(0.2, inplace=True),
        nn.Conv2d(width, width * 2, 4, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(width * 2),
        nn.LeakyReLU(0.2, inplace=True),
        nn.Conv2d(width * 2, 1, 2, bias=False),
        nn.Flatten(0),
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--out", type=Path, default=Path("dcgan"))
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)

    torch.manual_seed(0)
    generator, discriminator = make_generator().apply(init_weights), make_discriminator().apply(init_weights)
    optimizers = [torch.optim.Adam(net.parameters(), lr=2e-4, betas=(0.5, 0.999)) for net in (generator, discriminator)]
    criterion = nn.BCEWithLogitsLoss()
    fixed_noise = torch.randn(64, LATENT, 1, 1)
    loader = DataLoader(load_digits(), batch_size=64, shuffle=True, drop_last=True)
    for epoch in range(args.epochs):
        for step, (real, _) in enumerate(loader):
            real = real * 2 - 1
            ones, zeros = torch.ones(len(real)), torch.zeros(len(real))

            fake = generator(torch.randn(len(real), LATENT, 1, 1))
            loss_d = criterion(discriminator(real), ones) + criterion(discriminator(fake.detach()), zeros)
            optimizers[1].zero_grad()
            loss_d.backward()
            optimizers[1].step()

            loss_g = criterion(discriminator(fake), ones)
            optimizers[0].zero_grad()
            loss_g.backward()
            optimizers[0].step()
            if epoch == step == 0:
                print(f"first loss: {loss_d.item():.6f}")
        with torch.no_grad():
            images = generator(fixed_noise)
        save_image(make_grid(images, normalize=True, padding=1), args.out / f"epoch{epoch + 1}.png")
        print(f"epoch {epoch + 1}: discriminator {loss_d.item():.4f}, generator {loss_g.item():.4f}")


if __name__ == "__main__":
    main()
