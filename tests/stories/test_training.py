"""Stories: whole programs that a user would write."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import flambeau as fl
from flambeau import nn
from flambeau.nn import functional as F
from flambeau.optim.lr_scheduler import StepLR
from flambeau.utils.data import DataLoader, TensorDataset, random_split

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "train_digits.py"


def digits():
    table = np.loadtxt(ROOT / "examples" / "data" / "digits.csv.gz", delimiter=",", dtype=np.float32)
    return TensorDataset(fl.from_numpy(table[:, :-1] / 16), fl.from_numpy(table[:, -1].astype(np.int64)))


class Training:
    """A small network, and all that its training needs to go on."""

    def __init__(self):
        fl.manual_seed(0)
        train, self.test = random_split(digits(), [0.8, 0.2])
        self.loader = DataLoader(train, batch_size=64, shuffle=True)
        self.model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
        self.optimizer = fl.optim.Adam(self.model.parameters(), lr=0.01)
        self.scheduler = StepLR(self.optimizer, 2, 0.5)

    def epoch(self):
        for images, labels in self.loader:
            self.optimizer.zero_grad()
            F.cross_entropy(self.model(images), labels).backward()
            self.optimizer.step()
        self.scheduler.step()

    def accuracy(self):
        images, labels = next(iter(DataLoader(self.test, batch_size=len(self.test))))
        with fl.no_grad():
            return (self.model(images).argmax(1) == labels).float().mean().item()

    def save(self, path):
        parts = {"model": self.model, "optimizer": self.optimizer, "scheduler": self.scheduler}
        fl.save({name: part.state_dict() for name, part in parts.items()} | {"rng": fl.get_rng_state()}, path)

    def resume(self, path):
        saved = fl.load(path)
        self.model.load_state_dict(saved["model"])
        self.optimizer.load_state_dict(saved["optimizer"])
        self.scheduler.load_state_dict(saved["scheduler"])
        fl.set_rng_state(saved["rng"])


def test_a_network_learns_digits():
    training = Training()
    for _ in range(4):
        training.epoch()
    assert training.accuracy() > 0.93


def test_a_resumed_training_equals_an_uninterrupted_one(tmp_path):
    straight = Training()
    straight.epoch()
    straight.save(tmp_path / "half.pt")
    straight.epoch()
    resumed = Training()
    resumed.resume(tmp_path / "half.pt")
    resumed.epoch()
    for a, b in zip(straight.model.parameters(), resumed.model.parameters()):
        assert np.array_equal(a.detach().numpy(), b.detach().numpy())
    assert resumed.optimizer.param_groups[0]["lr"] == straight.optimizer.param_groups[0]["lr"] == 0.005


def run_example(folder, *arguments):
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-m", "flambeau", "run", str(EXAMPLE), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=folder, env=environment)
    assert done.returncode == 0, done.stderr
    return re.findall(r"epoch (\d+): loss ([\d.]+), accuracy ([\d.]+)%", done.stdout)


def test_the_example_trains_and_resumes(tmp_path):
    pytest.importorskip("tqdm")
    straight = run_example(tmp_path, "--epochs", "2")
    assert [epoch for epoch, _, _ in straight] == ["1", "2"] and float(straight[1][2]) > 93
    assert run_example(tmp_path, "--epochs", "1") == straight[:1]
    assert run_example(tmp_path, "--epochs", "2", "--resume") == straight[1:]
