"""The examples, run as programs: on Flambeau they learn, and under PyTorch the first step's loss is the same."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import example_data
import pytest

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
LAUNCH = Path(__file__).parent / "launch.py"

# Arguments that make a run short; {0} is the folder of its data.
ARGUMENTS = {
    "autoencoder": ["--epochs", "2"],
    "char_lstm": ["--steps", "12"],
    "cifar10_cnn": ["--epochs", "1", "--batch-size", "64", "--data", "{0}"],
    "dcgan": ["--epochs", "1"],
    "mnist": ["--epochs", "1", "--data", "{0}"],
    "name_classifier_gru": ["--epochs", "1"],
    "regression_kfold": ["--epochs", "2", "--folds", "3"],
    "resnet_from_scratch": ["--epochs", "1"],
    "resume_training": ["--epochs", "4"],
    "transfer_learning": ["--epochs", "2", "--size", "32", "--data", "{0}", "--weights", "{0}/weights.pt"],
}
DATA = {"mnist": example_data.mnist, "cifar10_cnn": example_data.cifar10, "transfer_learning": example_data.two_classes}
WEIGHTS = (
    "import torch, torchvision; torch.manual_seed(3); torch.save(torchvision.models.resnet18().state_dict(), {!r})"
)


def need(package):
    """Skips a test where a package is not installed; it is not imported here."""
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed")


def run(engine, script, arguments, folder, data=None):
    """What a script prints, run in a folder."""
    need("tqdm")
    need("PIL")
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "OMP_NUM_THREADS": "1", "MPLBACKEND": "agg"}
    if data is not None and (data / "cifar-10-batches-py").exists():
        environment["CIFAR_FOLDER"] = str(data)
    command = [sys.executable, str(LAUNCH), engine, str(script), *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def number(pattern, text):
    """The last number that a pattern finds."""
    return float(re.findall(pattern, text)[-1])


@pytest.fixture(scope="module")
def data_of(tmp_path_factory):
    """Makes the data that an example reads, once."""
    made = {}

    def make(name):
        if name not in made:
            made[name] = folder = tmp_path_factory.mktemp(name)
            DATA.get(name, lambda folder: None)(folder)
            if name == "transfer_learning":
                script = folder / "make_weights.py"
                script.write_text(WEIGHTS.format(str(folder / "weights.pt")))
                run("flambeau", script, [], folder)
        return made[name]

    return make


@pytest.fixture(scope="module")
def ours(data_of, tmp_path_factory):
    """What each example prints on Flambeau, and where it ran."""
    done = {}

    def printed(name):
        if name not in done:
            folder, data = tmp_path_factory.mktemp("run"), data_of(name)
            arguments = [a.format(data) for a in ARGUMENTS[name]]
            done[name] = run("flambeau", EXAMPLES / f"{name}.py", arguments, folder, data), folder
        return done[name]

    return printed


LEARNED = {
    "autoencoder": lambda text: number(r"epoch 2: loss ([\d.]+)", text) < number(r"epoch 1: loss ([\d.]+)", text),
    "mnist": lambda text: number(r"test loss: ([\d.]+)", text) < number(r"first loss: ([\d.]+)", text),
    "name_classifier_gru": lambda text: number(r"accuracy ([\d.]+)%", text) > 60,
    "regression_kfold": lambda text: number(r"error ([\d.]+) \+-", text) < number(r"alone ([\d.]+)", text),
    "resnet_from_scratch": lambda text: number(r"accuracy ([\d.]+)%", text) > 50,
    "transfer_learning": lambda text: number(r"best accuracy ([\d.]+)%", text) >= 50,
}
PICTURES = {"autoencoder": "reconstructions.png", "dcgan": "dcgan/epoch1.png"}


@pytest.mark.parametrize("name", ARGUMENTS)
def test_examples_run(name, ours):
    text, folder = ours(name)
    assert 0 < number(r"first loss: ([\d.]+)", text) < 20
    assert LEARNED.get(name, lambda text: True)(text), text
    if name in PICTURES:
        from PIL import Image

        with Image.open(folder / PICTURES[name]) as picture:
            assert picture.convert("L").getextrema()[1] > 100


@pytest.mark.parity
@pytest.mark.parametrize("name", ARGUMENTS)
def test_the_first_loss_is_that_of_pytorch(name, ours, data_of, tmp_path):
    need("torchvision")
    data = data_of(name)
    theirs = run("torch", EXAMPLES / f"{name}.py", [a.format(data) for a in ARGUMENTS[name]], tmp_path, data)
    first = r"first loss: ([\d.]+)"
    assert number(first, ours(name)[0]) == pytest.approx(number(first, theirs), rel=1e-5)


def test_a_resumed_training_ends_as_if_it_had_never_stopped(ours, tmp_path):
    script = EXAMPLES / "resume_training.py"
    stopped = run("flambeau", script, ["--epochs", "4", "--stop-after", "2"], tmp_path)
    resumed = run("flambeau", script, ["--epochs", "4"], tmp_path)
    assert "stopped" in stopped and "resuming after epoch 2" in resumed
    assert resumed.splitlines()[-2:] == ours("resume_training")[0].splitlines()[-2:]


def heat_map(engine, folder, weights):
    example_data.photograph(folder / "photograph.png")
    arguments = [str(folder / "photograph.png"), "--weights", str(weights), "--target", "7"]
    return run(engine, EXAMPLES / "grad_cam.py", arguments, folder)


def test_grad_cam(data_of, tmp_path):
    text = heat_map("flambeau", tmp_path, data_of("transfer_learning") / "weights.pt")
    assert "class 7 (cock)" in text and (tmp_path / "grad_cam.png").exists()


@pytest.mark.parity
def test_heat_maps_are_those_of_pytorch(data_of, tmp_path):
    need("torchvision")
    weights = data_of("transfer_learning") / "weights.pt"
    pictures = []
    for engine in ("flambeau", "torch"):
        (tmp_path / engine).mkdir()
        heat_map(engine, tmp_path / engine, weights)
        pictures.append(example_data.pixels(tmp_path / engine / "grad_cam.png"))
    assert abs(pictures[0] - pictures[1]).max() <= 1


def tour(engine, folder):
    """The tags of each kind that the tour of TensorBoard logs, and its first loss."""
    for package in ("tensorboard", "matplotlib"):
        need(package)
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    text = run(engine, EXAMPLES / "tensorboard_tour.py", ["--steps", "6", "--log-dir", "log"], folder)
    log = EventAccumulator(str(folder / "log")).Reload()
    return number(r"first loss: ([\d.]+)", text), {kind: tags for kind, tags in log.Tags().items() if tags}


def test_tensorboard_tour(tmp_path):
    _, tags = tour("flambeau", tmp_path)
    assert {"scalars", "histograms", "images", "audio", "tensors", "graph"} <= set(tags)
    assert (tmp_path / "log" / "projector_config.pbtxt").exists()
    assert len(list((tmp_path / "log").glob("lr=*/result/*tfevents*"))) == 2


@pytest.mark.parity
def test_the_tour_logs_what_it_logs_under_pytorch(tmp_path):
    results = []
    for engine in ("flambeau", "torch"):
        (tmp_path / engine).mkdir()
        results.append(tour(engine, tmp_path / engine))
    assert results[0][0] == pytest.approx(results[1][0], rel=1e-5)
    assert results[0][1] == results[1][1]


def test_batches_of_arrays(tmp_path):
    text = run("flambeau", EXAMPLES / "resize_batches.py", ["--count", "3", "--size", "40"], tmp_path)
    assert "linear: (3, 3, 40, 40)" in text and "grey: (3, 1, 240, 320)" in text


@pytest.mark.parity
def test_batches_of_arrays_are_those_of_pytorch(tmp_path):
    need("torchvision")
    tables = [
        run(engine, EXAMPLES / "resize_batches.py", ["--count", "3", "--size", "40"], tmp_path).splitlines()[1:]
        for engine in ("flambeau", "torch")
    ]
    for ours, theirs in zip(*tables, strict=True):
        assert ours.split(", mean")[0] == theirs.split(", mean")[0]
        for name in ("mean", "spread"):
            assert number(name + r" (-?[\d.]+)", ours) == pytest.approx(number(name + r" (-?[\d.]+)", theirs), abs=2e-5)
