"""Everything that TensorBoard shows of a run: numbers, distributions, images, sound, text, the network, and more.

A small network learns to tell stripes from rings, in pictures that this script draws. Run it, then open the board:

    python -m flambeau run examples/tensorboard_tour.py --log-dir runs/tour
    tensorboard --logdir runs/tour
"""

import argparse

import matplotlib
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.tensorboard import SummaryWriter

matplotlib.use("agg")
import matplotlib.pyplot as plt

CLASSES = ["rows", "columns", "rings"]
SIZE = 16


def draw(count):
    """Pictures (count, 1, 16, 16) of 0 to 1 with noise, and the number of the class of each."""
    labels = torch.randint(len(CLASSES), (count,))
    y, x = torch.meshgrid(torch.arange(SIZE), torch.arange(SIZE), indexing="ij")
    radius = ((x - SIZE / 2) ** 2 + (y - SIZE / 2) ** 2).sqrt()
    patterns = torch.stack([y.float(), x.float(), radius])[labels]
    waves = torch.sin(patterns * (0.8 + 0.6 * torch.rand(count, 1, 1)) + 6 * torch.rand(count, 1, 1))
    pictures = (0.5 + 0.4 * waves + 0.1 * torch.randn(count, SIZE, SIZE)).clamp(0, 1)
    return pictures[:, None], labels


class Block(nn.Module):
    """A convolution with normalisation, whose result is added to its input."""

    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)
        self.norm = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x):
        return x + self.relu(self.norm(self.conv(x)))


class Net(nn.Module):
    """A stem, two blocks, and a classifier on the means of the channels."""

    def __init__(self, channels=8):
        super().__init__()
        self.stem = nn.Conv2d(1, channels, 3, padding=1)
        self.blocks = nn.Sequential(Block(channels), nn.MaxPool2d(2), Block(channels))
        self.classifier = nn.Linear(channels, len(CLASSES))

    def features(self, x):
        return self.blocks(F.relu(self.stem(x))).mean((2, 3))

    def forward(self, x):
        return self.classifier(self.features(x))


def train(writer, net, steps, lr):
    """Trains a network, and logs as it goes; gives the losses."""
    optimizer = torch.optim.Adam(net.parameters(), lr=lr)
    pictures, labels = draw(200)
    losses = []
    for step in range(steps):
        x, y = draw(32)
        net.train()
        loss = F.cross_entropy(net(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        writer.add_scalar("train/loss", loss, step)
        if step % 5 == 4:
            net.eval()
            with torch.no_grad():
                scores = net(pictures).softmax(1)
            accuracy = (scores.argmax(1) == labels).float().mean()
            writer.add_scalars("accuracy", {"held out": accuracy, "by chance": 1 / len(CLASSES)}, step)
            for name, parameter in net.named_parameters():
                writer.add_histogram(f"weights/{name}", parameter, step)
                writer.add_histogram(f"gradients/{name}", parameter.grad, step)
            writer.add_pr_curve("rings", labels == 2, scores[:, 2], step)
    return losses


def show_images(writer, net):
    """Images in several forms: one, a grid, one with boxes, figures, filters."""
    pictures, labels = draw(16)
    writer.add_image("one picture", pictures[0])
    writer.add_image("in colour, rows first", torch.rand(SIZE, SIZE, 3), dataformats="HWC")
    writer.add_images("a batch", pictures)
    writer.add_images("filters", net.stem.weight.detach().sub(net.stem.weight.min()) * 2)
    boxes = torch.tensor([[2.0, 2, 30, 20], [20.0, 24, 60, 60]])
    writer.add_image_with_boxes("boxes", torch.full((3, 64, 64), 0.3), boxes, labels=["cat", "dog"])
    figure, axes = plt.subplots(1, 4, figsize=(8, 2.4))
    for axis, picture, label in zip(axes, pictures, labels):
        axis.imshow(picture[0].numpy(), cmap="gray")
        axis.set_title(CLASSES[label])
        axis.axis("off")
    writer.add_figure("predictions", figure)


def show_other_kinds(writer):
    """Sound, text, a mesh, a tensor, a histogram that was counted elsewhere."""
    time = torch.arange(8000) / 8000
    writer.add_audio("a tone of 440 Hz", torch.sin(440 * 2 * torch.pi * time) * 0.5, sample_rate=8000)
    writer.add_text("notes", "A **small** network on three kinds of pictures:\n\n| class | |\n|---|---|\n| rings | ○ |")
    corners = torch.tensor([[[1.0, 1, 1], [-1, -1, 1], [1, -1, -1], [-1, 1, -1]]])
    colors = torch.tensor([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 0, 255]]])
    faces = torch.tensor([[[0, 2, 3], [0, 3, 1], [0, 1, 2], [1, 3, 2]]])
    writer.add_mesh("tetrahedron", corners, colors, faces)
    writer.add_tensor("a matrix", torch.eye(3))
    writer.add_histogram_raw("dice", 1, 6, 6, 21, 91, [1.0, 2, 3, 4, 5, 6], [1, 1, 1, 1, 1, 1])
    writer.add_video("needs moviepy", torch.rand(1, 4, 3, 8, 8))


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--log-dir", default=None, help="where the logs go: by default runs/ and the time")
    parser.add_argument("--steps", type=int, default=60)
    arguments = parser.parse_args()
    torch.manual_seed(0)
    with SummaryWriter(arguments.log_dir) as writer:
        net = Net()
        writer.add_graph(net, draw(1)[0])
        losses = train(writer, net, arguments.steps, lr=0.01)
        print(f"first loss: {losses[0]:.6f}, last loss: {losses[-1]:.4f}")
        show_images(writer, net)
        show_other_kinds(writer)
        pictures, labels = draw(100)
        with torch.no_grad():
            points = net.eval().features(pictures)
        writer.add_embedding(points, [CLASSES[label] for label in labels], pictures, tag="features")
        writer.add_custom_scalars({"Training": {"loss": ["Multiline", ["train/loss"]]}})
        for lr in (0.003, 0.03):
            with SummaryWriter(f"{writer.log_dir}/lr={lr}") as run:
                final = train(run, Net(), arguments.steps // 3, lr)[-1]
                run.add_hparams({"lr": lr, "optimizer": "Adam"}, {"final loss": final}, run_name="result")


if __name__ == "__main__":
    main()
