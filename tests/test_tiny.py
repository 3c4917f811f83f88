"""The smoke test: one line through every storey, and a network that learns; about two seconds."""

import flambeau as torch
from flambeau import nn


def test_one_line_through_every_storey():
    x, w = torch.tensor([[1.0, 2.0], [3.0, -4.0]]), torch.tensor([[1.0], [0.5]], requires_grad=True)
    y = (x @ w).relu().sum()
    y.backward()
    assert y.item() == 3.0
    assert w.grad.tolist() == [[4.0], [-2.0]]


def test_a_network_learns():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 2))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5, momentum=0.9)
    points = torch.randn(64, 2)
    classes = (points[:, 0] * points[:, 1] > 0).long()
    for _ in range(150):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(points), classes)
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.2
    assert (model(points).argmax(1) == classes).float().mean().item() > 0.9
