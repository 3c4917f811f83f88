"""tensorboardX's names: the same calls under Flambeau and under tensorboardX give the same messages and files."""

from __future__ import annotations

import importlib
import json
import sys
import warnings

import numpy as np
import pytest
from both import attempt
from test_tensorboard_parity import event, image, randoms, records

pytestmark = pytest.mark.parity
pytest.importorskip("tensorboard")
pytest.importorskip("tensorboardX")

CASES: dict = {}


def case(function):
    CASES[function.__name__] = function
    return function


@case
def scalars(torch, w, folder):
    w.add_scalar("group/a value!", torch.tensor(1.5), 1)
    w.add_scalar("named", [2.5], 2, display_name="Name", summary_description="what it *is*")
    w.add_scalar("infinite", float("inf"), 3)
    with w.use_metadata(global_step=7, walltime=3.0):
        w.add_scalar("given", 1.0)
        w.add_scalar("own", 1.0, 8)
    w.add_scalars("all/loss", {"train": 1.0, "test": torch.tensor(2.0)}, 3, walltime=5.0)
    w.export_scalars_to_json(folder / "scalars.json")
    written = json.loads((folder / "scalars.json").read_text())
    (folder / "scalars.json").unlink()
    yield {place.removeprefix(str(folder)): values for place, values in written.items()}, w.logdir == str(folder)
    yield attempt(w.add_scalar, "a", torch.zeros(2)), attempt(w.add_scalar, "a", None)


@case
def histograms(torch, w, folder):
    values = torch.tensor(randoms(100)).float()
    w.add_histogram("a tag", values, 1)
    w.add_histogram("list", values.tolist(), 1, bins="auto", max_bins=5)
    w.add_histogram_raw("raw", -1.0, 2.0, 3, 1.5, 4.5, [0.0, 1.0, 2.0], [1, 0, 2], 5)


@case
def images(torch, w, folder):
    w.add_image("an image", torch.tensor(image(3, 5, 6)).float(), 1)
    w.add_image("bytes", (image(5, 6, 3) * 255).astype(np.uint8), 1, dataformats="HWC")
    w.add_images("list", [torch.tensor(image(3, 5, 6)).float()] * 3, 1, dataformats="CHW")
    w.add_images("arrays", [image(5, 6, 3)] * 3, 1, dataformats="HWC")
    w.add_images("nothing", [image(5, 6, 3)] * 3, 1)
    boxes = torch.tensor([[1.0, 1, 6, 5], [2, 3, 9, 9]])
    w.add_image_with_boxes("boxes", torch.tensor(image(3, 12, 12)).float(), boxes, 3, labels=["cat", "dog"])


@case
def other_kinds(torch, w, folder):
    w.add_text("words", "some *words*", 1)
    w.add_pr_curve("curve", [0, 1, 1], [0.1, 0.9, 0.4], 1, num_thresholds=5)
    w.add_custom_scalars_multilinechart(["x", "y"])
    hparams = {"lr": 0.1, "size": 32, "name": "adam", "flag": True, "none": None, "act": torch.nn.ReLU, "list": [1]}
    w.add_hparams(hparams, {"accuracy": 0.9}, name="one", global_step=5)
    yield attempt(w.add_hparams, [], {})


@case
def embeddings(torch, w, folder):
    # Four images fill a square: where there are fewer, tensorboardX leaves what happens to lie in memory.
    points = torch.tensor(randoms(4, 3)).float()
    w.add_embedding(points, metadata=list("abcd"), label_img=torch.tensor(image(4, 3, 4, 4)).float(), global_step=1)
    yield attempt(w.add_embedding, points, label_img=torch.zeros(4, 3, 4, 5))


def logged(name, package, writer_package, folder, capsys):
    """All that a case leaves: its observations, what it prints, and each file of its folder."""
    torch = importlib.import_module(package)
    writer = importlib.import_module(writer_package).SummaryWriter(logdir=str(folder))
    with warnings.catch_warnings(), writer:
        warnings.simplefilter("ignore")
        seen = list(CASES[name](torch, writer, folder) or ())
    files = {}
    for path in sorted(folder.rglob("*")):
        if ".tfevents." in path.name:
            _, *events = map(event, records(path))
            files[str(path.parent.relative_to(folder))] = events
        elif path.is_file():
            content = path.read_text() if path.suffix == ".pbtxt" else path.read_bytes()
            files[str(path.relative_to(folder))] = sorted(content.split()) if isinstance(content, str) else content
    return seen, capsys.readouterr().out, files


@pytest.mark.parametrize("name", CASES)
def test_the_same_messages(name, tmp_path, capsys):
    ours = logged(name, "flambeau", "flambeau.utils.tensorboardx", tmp_path / "ours", capsys)
    theirs = logged(name, "torch", "tensorboardX", tmp_path / "theirs", capsys)
    assert repr(ours[:2]) == repr(theirs[:2])
    assert list(ours[2]) == list(theirs[2])
    for file, content in theirs[2].items():
        assert ours[2][file] == content, file


def test_it_is_tensorboardx_that_is_compared():
    assert "flambeau" not in sys.modules["tensorboardX"].__file__
