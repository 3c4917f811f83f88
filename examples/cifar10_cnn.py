"""Trains a convolutional network on CIFAR10, with augmentation, and shows how well it knows each class.

The data is downloaded on the first run; --data names a folder that has it.
"""

import argparse

import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

MEAN, STD = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)


def block(in_channels, out_channels):
    """Two convolutions with batch normalisation, and a pooling that halves the image."""
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 3, padding=1),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(inplace=True),
        nn.Conv2d(out_channels, out_channels, 3, padding=1),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(2),
    )


def make_model(classes=10):
    return nn.Sequential(
        block(3, 32),
        block(32, 64),
        block(64, 128),
        nn.Flatten(),
        nn.Linear(128 * 4 * 4, 256),
        nn.ReLU(inplace=True),
        nn.Dropout(0.4),
        nn.Linear(256, classes),
    )


def make_loaders(folder, batch_size, workers):
    normalize = [transforms.ToTensor(), transforms.Normalize(MEAN, STD)]
    augmented = transforms.Compose(
        [transforms.RandomCrop(32, padding=4), transforms.RandomHorizontalFlip(), *normalize]
    )
    train_set = datasets.CIFAR10(folder, train=True, download=True, transform=augmented)
    test_set = datasets.CIFAR10(folder, train=False, transform=transforms.Compose(normalize))
    return (
        DataLoader(train_set, batch_size=batch_size, shuffle=True, num_workers=workers),
        DataLoader(test_set, batch_size=500, num_workers=workers),
    )


@torch.no_grad()
def accuracy_of_classes(model, loader, classes):
    """The part of each class's images that the model knows."""
    model.eval()
    right, count = torch.zeros(len(classes)), torch.zeros(len(classes))
    for images, labels in loader:
        hits = (model(images).argmax(1) == labels).float()
        right.index_add_(0, labels, hits)
        count.index_add_(0, labels, torch.ones_like(hits))
    return right / count.clamp(min=1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="data")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--workers", type=int, default=0)
    args = parser.parse_args()

    torch.manual_seed(0)
    train_loader, test_loader = make_loaders(args.data, args.batch_size, args.workers)
    model = make_model()
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=5e-4)
    steps = args.epochs * len(train_loader)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.05, total_steps=steps)
    for epoch in range(args.epochs):
        model.train()
        running_loss = 0.0
        for step, (images, labels) in enumerate(train_loader):
            optimizer.zero_grad()
            loss = criterion(model(images), labels)
            loss.backward()
            optimizer.step()
            scheduler.step()
            running_loss += loss.item()
            if epoch == step == 0:
                print(f"first loss: {loss.item():.6f}")
        print(f"epoch {epoch + 1}: loss {running_loss / len(train_loader):.4f}")
    classes = test_loader.dataset.classes
    for name, accuracy in zip(classes, accuracy_of_classes(model, test_loader, classes)):
        print(f"{name:>10}: {accuracy.item():.1%}")


if __name__ == "__main__":
    main()
