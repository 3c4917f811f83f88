"""Teaches a network that knows ImageNet two classes of one's own.

The images lie in folders: DATA/train/CLASS/*.jpg and DATA/val/CLASS/*.jpg. First only the new classifier learns, then
the last stage of the network as well, at a lower rate.
"""

import argparse
import copy
from pathlib import Path

import torch
from torch import nn, optim
from torch.utils.data import DataLoader
from torchvision import datasets, models, transforms

MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


def make_loaders(folder, size, batch_size, workers):
    """Loaders of the two sets, and the names of the classes."""
    transform = {
        "train": transforms.Compose(
            [
                transforms.RandomResizedCrop(size),
                transforms.RandomHorizontalFlip(),
                transforms.ToTensor(),
                transforms.Normalize(MEAN, STD),
            ]
        ),
        "val": transforms.Compose(
            [
                transforms.Resize(size * 8 // 7),
                transforms.CenterCrop(size),
                transforms.ToTensor(),
                transforms.Normalize(MEAN, STD),
            ]
        ),
    }
    sets = {name: datasets.ImageFolder(folder / name, transform[name]) for name in ("train", "val")}
    loaders = {
        name: DataLoader(each, batch_size=batch_size, shuffle=name == "train", num_workers=workers)
        for name, each in sets.items()
    }
    return loaders, sets["train"].classes


def make_model(classes, weights):
    """A ResNet18 whose classifier is new and whose other layers do not learn."""
    if weights:
        model = models.resnet18()
        model.load_state_dict(torch.load(weights, weights_only=True))
    else:
        model = models.resnet18(weights=models.ResNet18_Weights.DEFAULT)
    for parameter in model.parameters():
        parameter.requires_grad = False
    model.fc = nn.Linear(model.fc.in_features, classes)
    return model


def run_epoch(model, loader, criterion, optimizer=None, report_first=False):
    """The mean loss and the accuracy over a set; with an optimizer the model learns from it."""
    model.train(optimizer is not None)
    loss_sum, right = 0.0, 0
    with torch.set_grad_enabled(optimizer is not None):
        for step, (images, labels) in enumerate(loader):
            outputs = model(images)
            loss = criterion(outputs, labels)
            if optimizer is not None:
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            if report_first and step == 0:
                print(f"first loss: {loss.item():.6f}")
            loss_sum += loss.item() * images.size(0)
            right += torch.sum(outputs.argmax(1) == labels).item()
    return loss_sum / len(loader.dataset), right / len(loader.dataset)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("data/two_classes"))
    parser.add_argument("--weights", help="a file with the weights of a ResNet18; by default they are downloaded")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--workers", type=int, default=0)
    args = parser.parse_args()

    torch.manual_seed(0)
    loaders, classes = make_loaders(args.data, args.size, args.batch_size, args.workers)
    print(f"classes: {', '.join(classes)}")
    model = make_model(len(classes), args.weights)
    criterion = nn.CrossEntropyLoss()
    optimizer = optim.SGD(model.fc.parameters(), lr=1e-2, momentum=0.9)
    best, best_state = 0.0, copy.deepcopy(model.state_dict())
    for epoch in range(args.epochs):
        if epoch == args.epochs // 2:
            for parameter in model.layer4.parameters():
                parameter.requires_grad = True
            optimizer.add_param_group({"params": model.layer4.parameters(), "lr": 1e-3})
        loss, accuracy = run_epoch(model, loaders["train"], criterion, optimizer, report_first=epoch == 0)
        val_loss, val_accuracy = run_epoch(model, loaders["val"], criterion)
        print(f"epoch {epoch + 1}: train {loss:.4f} {accuracy:.1%}, val {val_loss:.4f} {val_accuracy:.1%}")
        if val_accuracy > best:
            best, best_state = val_accuracy, copy.deepcopy(model.state_dict())
    model.load_state_dict(best_state)
    torch.save(model.state_dict(), "two_classes.pt")
    print(f"best accuracy {best:.1%}")


if __name__ == "__main__":
    main()
