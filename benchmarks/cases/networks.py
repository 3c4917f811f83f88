"""Training and inference of image networks."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from . import case
from .training import images, training


def convolution(cin: int, cout: int, kernel: int = 3, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """Convolution, batch norm and ReLU."""
    conv = nn.Conv2d(cin, cout, kernel, stride, kernel // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(cout), nn.ReLU())


class Residual(nn.Module):
    """x + f(x), projected where shapes differ."""

    def __init__(self, cin: int, cout: int, stride: int = 1):
        super().__init__()
        self.body = nn.Sequential(
            convolution(cin, cout, 3, stride), nn.Conv2d(cout, cout, 3, padding=1, bias=False), nn.BatchNorm2d(cout)
        )
        self.skip = nn.Identity() if stride == 1 and cin == cout else nn.Conv2d(cin, cout, 1, stride, bias=False)

    def forward(self, x):
        return F.relu(self.body(x) + self.skip(x))


def small_resnet() -> nn.Sequential:
    """The CIFAR form of a residual network, 14 layers."""
    layers = [convolution(3, 32)]
    for cin, cout, stride in [(32, 32, 1), (32, 32, 1), (32, 64, 2), (64, 64, 1), (64, 128, 2), (128, 128, 1)]:
        layers.append(Residual(cin, cout, stride))
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, 10))


def mobile() -> nn.Sequential:
    """Depthwise separable convolutions, as MobileNet has them."""
    layers, cin = [convolution(3, 32, 3, 2)], 32
    for cout, stride in [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)]:
        layers += [convolution(cin, cin, 3, stride, groups=cin), convolution(cin, cout, 1)]
        cin = cout
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(cin, 10))


class UNet(nn.Module):
    """Two levels down and up again, with skips: one class of each pixel."""

    def __init__(self):
        super().__init__()
        self.a, self.b, self.c = convolution(3, 16), convolution(16, 32), convolution(32, 64)
        self.up_b, self.up_a = nn.ConvTranspose2d(64, 32, 2, 2), nn.ConvTranspose2d(32, 16, 2, 2)
        self.down_b, self.down_a, self.head = convolution(64, 32), convolution(32, 16), nn.Conv2d(16, 5, 1)

    def forward(self, x):
        a = self.a(x)
        b = self.b(F.max_pool2d(a, 2))
        c = self.c(F.max_pool2d(b, 2))
        b = self.down_b(torch.cat([self.up_b(c), b], 1))
        return self.head(self.down_a(torch.cat([self.up_a(b), a], 1)))


class AutoEncoder(nn.Module):
    """Strided convolutions down, transposed ones up."""

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(1, 32, 3, 2, 1), nn.ReLU(), nn.Conv2d(32, 64, 3, 2, 1), nn.ReLU(), nn.Flatten(),
            nn.Linear(64 * 49, 32), nn.Linear(32, 64 * 49), nn.ReLU(), nn.Unflatten(1, (64, 7, 7)),
            nn.ConvTranspose2d(64, 32, 4, 2, 1), nn.ReLU(), nn.ConvTranspose2d(32, 1, 4, 2, 1), nn.Sigmoid(),
        )  # fmt: skip

    def forward(self, x):
        return self.net(x)


@case("train")
def small_resnet_train():
    return training(small_resnet(), nn.CrossEntropyLoss(), *images(32, 3, 32))


@case("train")
def mobile_train():
    return training(mobile(), nn.CrossEntropyLoss(), *images(16, 3, 96))


@case("train")
def unet_train():
    x, _ = images(8, 3, 64)
    return training(UNet(), nn.CrossEntropyLoss(), x, x.sum(1).mul(0.5).clamp(-2, 2).round().long() + 2)


@case("train")
def autoencoder_train():
    x, _ = images(64, 1, 28)
    model = AutoEncoder()
    return training(model, nn.MSELoss(), x, x.sigmoid(), torch.optim.Adam(model.parameters(), lr=1e-3))


@case("train")
def convolutions_dropout_train():
    """Single elements, whole channels and selu's kind of dropout."""
    features = [
        nn.Conv2d(3, 16, 3, padding=1),
        nn.ReLU(),
        nn.Dropout2d(0.2),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(),
    ]
    model = nn.Sequential(*features, nn.Linear(16 * 64, 128), nn.SELU(), nn.AlphaDropout(0.1), nn.Linear(128, 10))
    return training(model, nn.CrossEntropyLoss(), *images(32, 3, 16))


@case("train")
def perceptron_train():
    x, y = images(128, 1, 28)
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 10))
    return training(model, nn.CrossEntropyLoss(), x, y)


def inference(model: nn.Module, x):
    """The forward pass alone."""
    model.eval()

    def step() -> float:
        with torch.no_grad():
            return model(x).numpy().sum().item()

    return step


@case("infer")
def small_resnet_infer():
    return inference(small_resnet(), images(1, 3, 32)[0])


@case("infer")
def mobile_infer():
    return inference(mobile(), images(4, 3, 96)[0])
