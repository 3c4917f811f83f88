"""TensorBoard's logs: the same calls under Flambeau and under PyTorch give the same messages, files and errors."""

from __future__ import annotations

import importlib
import struct
import warnings

import numpy as np
import pytest
from both import attempt

pytestmark = pytest.mark.parity
pytest.importorskip("tensorboard")
pytest.importorskip("PIL")

CASES: dict = {}


def case(function):
    CASES[function.__name__] = function
    return function


def randoms(*shape):
    return np.random.default_rng(0).standard_normal(shape)


def image(*shape):
    return np.random.default_rng(1).random(shape)


@case
def scalars(torch, w):
    values = (1, 2.5, True, np.float32(3.5), np.array([4.0]), np.array([[5]]), float("nan"), float("-inf"), "6.5")
    tensors = [torch.tensor(v) for v in (1.5, 2, True, [3.25], [[4]])]
    tensors += [torch.tensor([1.5]).to(d) for d in (torch.bfloat16, torch.float16, torch.float64, torch.int8)]
    tensors += [torch.ones(1, requires_grad=True) * 2, torch.tensor(1e30).to(torch.bfloat16)]
    for step, value in enumerate([*values, *tensors]):
        w.add_scalar("group/value", value, step)
    w.add_scalar("no step", 1.0)
    w.add_scalar("steps", 1.0, np.int64(7))
    w.add_scalar("steps", 1.0, torch.tensor(8))
    w.add_scalar("new", 1 / 3, 1, new_style=True)
    w.add_scalar("new", 1 / 3, 1, new_style=True, double_precision=True)
    w.add_scalars("a/b", {"x": 1.0, "y": torch.tensor(2.0)}, 3)
    w.add_scalars("a/b", {"x": 3.0}, 4)


@case
def wrong_scalars(torch, w):
    values = (torch.zeros(2), torch.zeros(0), np.zeros((2, 2)), "x", [1.0], None, {}, torch.tensor(1 + 2j))
    yield from (attempt(w.add_scalar, "a", value) for value in values)
    yield attempt(w.add_scalar, 3, 1.0), attempt(w.add_scalar, "a", 1.0, "x")


@case
def histograms(torch, w):
    values = torch.tensor(randoms(50, 20)).float()
    for bins in ("tensorflow", "auto", "fd", "doane", "scott", "stone", "rice", "sturges", "sqrt", 7, [-1.0, 0, 1]):
        w.add_histogram("values", values, 1, bins=bins)
        w.add_histogram("fewer", values, 2, bins=bins, max_bins=4)
        w.add_histogram("other", values, 2, bins=bins, max_bins=50)
    kinds = (values.half(), values.bfloat16(), (values * 10).int(), values > 0, values.numpy(), 3.5, torch.zeros(3))
    for step, kind in enumerate(kinds):
        w.add_histogram("kinds", kind, step)
    w.add_histogram("outside", torch.tensor([5.0]), bins=[0, 1.0])
    w.add_histogram("nan", torch.tensor([float("nan")]), bins=[0, 1.0])
    w.add_histogram_raw("raw", -1.0, 2.0, 3, 1.5, 4.5, [0.0, 1.0, 2.0], [1, 0, 2], 5)
    yield attempt(w.add_histogram, "a", torch.zeros(0)), attempt(w.add_histogram, "a", values, bins="no such rule")
    yield attempt(w.add_histogram, "a", torch.tensor([float("nan")]), bins="auto")
    yield attempt(w.add_histogram_raw, "raw", 0, 1, 1, 1, 1, [0.0], [1, 2])


@case
def images(torch, w):
    for format, shape in {"CHW": (3, 5, 6), "HWC": (5, 6, 3), "HW": (5, 6), "WH": (5, 6), "chw": (1, 5, 6)}.items():
        w.add_image("one", torch.tensor(image(*shape)), 1, dataformats=format)
        w.add_image("bytes", (image(*shape) * 255).astype(np.uint8), 1, dataformats=format)
    for format, shape in {"NCHW": (11, 3, 4, 5), "NHWC": (2, 4, 5, 1), "CHWN": (3, 4, 5, 3)}.items():
        w.add_images("many", torch.tensor(image(*shape)).float() * 2 - 0.5, 2, dataformats=format)
    w.add_image("alpha", torch.tensor(image(4, 5, 6)))
    w.add_image("mask", torch.tensor(image(5, 6)) > 0.5, dataformats="HW")
    boxes = torch.tensor([[1.0, 1, 6, 5], [2, 3, 9, 9]])
    for settings in ({}, {"labels": ["cat", "dog"]}, {"labels": "one"}, {"rescale": 2, "labels": ["a", ""]}):
        w.add_image_with_boxes("boxes", torch.tensor(image(3, 12, 12)), boxes, 3, **settings)


@case
def wrong_images(torch, w):
    wrong = {"CHW": (5, 6), "CCHW": (1, 3, 5, 6), "HW": (3, 5, 6), "NCHW": (1, 2, 5, 6), "C": (5, 6), "XYZ": (3, 5, 6)}
    yield [attempt(w.add_image, "a", torch.zeros(shape), dataformats=format) for format, shape in wrong.items()]
    yield attempt(w.add_images, "a", torch.zeros(0, 3, 4, 4)), attempt(w.add_image, "a", torch.zeros(5, 4, 4))
    yield attempt(w.add_image, "a", [1, 2]), attempt(w.add_image, "a", torch.zeros(3, 5, 6), dataformats="HWC")


@case
def figures(torch, w):
    plt = pytest.importorskip("matplotlib.pyplot")
    plt.switch_backend("agg")

    def figure(slope):
        figure = plt.figure(figsize=(2, 1))
        plt.plot([0, slope])
        return figure

    w.add_figure("one", figure(1), 1)
    w.add_figure("two", [figure(1), figure(2)], 2)
    kept = figure(3)
    w.add_figure("kept", kept, close=False)
    yield plt.get_fignums() == [kept.number]
    plt.close("all")


@case
def sound_text_and_tensors(torch, w):
    w.add_audio("sound", torch.tensor(np.sin(np.arange(100.0))), 1, sample_rate=8000)
    w.add_audio("loud", torch.tensor(np.sin(np.arange(100.0)) * 2).reshape(1, 100), 2)
    yield attempt(w.add_audio, "a", torch.zeros(2, 3)), attempt(w.add_audio, "a", torch.zeros(0))
    w.add_text("words", "some *words*", 1)
    w.add_text("words", "| a |\n|---|\n| ü |", 2)
    yield attempt(w.add_text, "a", 3)
    names = "float16 bfloat16 float32 float64 int8 uint8 int16 int32 int64 bool complex64 complex128"
    for name in names.split():
        w.add_tensor(name, torch.tensor([[0, 1, 2]]).to(getattr(torch, name)))
    w.add_tensor("scalar", torch.tensor(1.5))
    yield attempt(w.add_tensor, "a", [1.0])


@case
def curves(torch, w):
    labels, predictions = torch.tensor(image(100) > 0.5), torch.tensor(image(100))
    w.add_pr_curve("curve", labels, predictions, 1)
    w.add_pr_curve("few", labels, predictions, 1, num_thresholds=5, weights=image(100))
    w.add_pr_curve("many", labels.numpy(), predictions.numpy(), 1, num_thresholds=500)
    w.add_pr_curve_raw("raw", *np.ones((6, 4)), 1, num_thresholds=4)
    w.add_custom_scalars({"A": {"b": ["Multiline", ["x", "y"]], "c": ["Margin", ["x", "y", "z"]]}, "D": {}})
    w.add_custom_scalars_multilinechart(["x", "y"])
    w.add_custom_scalars_marginchart(["x", "y", "z"], "category", "title")
    yield (
        attempt(w.add_custom_scalars_marginchart, ["x"]),
        attempt(w.add_custom_scalars, {"A": {"c": ["Margin", ["x"]]}}),
    )


@case
def meshes(torch, w):
    vertices = torch.tensor([[[1.0, 1, 1], [-1, -1, 1], [1, -1, -1], [-1, 1, -1]]])
    colors = torch.tensor([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 0, 255]]])
    faces = torch.tensor([[[0, 2, 3], [0, 3, 1], [0, 1, 2], [1, 3, 2]]])
    w.add_mesh("points", vertices)
    w.add_mesh("mesh", vertices, colors, faces, {"camera": {"cls": "PerspectiveCamera", "fov": 75}}, 2)
    w.add_mesh("arrays", vertices.numpy(), faces=faces.numpy())
    yield attempt(w.add_mesh, "a", torch.zeros(2, 3)), attempt(w.add_mesh, "a", torch.zeros(1, 2, 4))


@case
def hyperparameters(torch, w):
    given = {"lr": 0.1, "size": 32, "name": "adam", "flag": True, "none": None, "tensor": torch.tensor([2.0])}
    domains = {"lr": [0.1, 0.2], "name": ["sgd", "adam"], "flag": [True, False]}
    w.add_hparams(given, {"accuracy": 0.9, "loss": torch.tensor(0.5)}, domains, run_name="one", global_step=5)
    w.add_hparams({}, {}, run_name="two")
    yield attempt(w.add_hparams, [], {}), attempt(w.add_hparams, {"a": [1]}, {})
    yield [attempt(w.add_hparams, {"a": 1}, {}, domains) for domains in ({"b": [1]}, {"a": 1}, {"a": ["x"]}, [1])]


@case
def embeddings(torch, w):
    points = torch.tensor(randoms(5, 3)).float()
    w.add_embedding(points, metadata=list("abcde"), label_img=torch.tensor(image(5, 3, 4, 6)), global_step=1)
    w.add_embedding(points, metadata=[["a", 1]] * 5, metadata_header=["letter", "number"], tag="t/a%g\\")
    w.add_embedding(points.numpy().astype(np.float64), tag="array", label_img=torch.tensor(image(5, 1, 2, 2)))
    w.add_embedding(points, tag="again", global_step=2)
    w.add_embedding(points, tag="again", global_step=2)
    wrong = ({"metadata": ["a"]}, {"label_img": torch.zeros(2, 3, 4, 4)})
    yield [attempt(w.add_embedding, points, tag=f"wrong{i}", **settings) for i, settings in enumerate(wrong)]
    yield attempt(w.add_embedding, points[0], tag="flat")
    columns = {"metadata": [["a"]] * 5, "metadata_header": ["a", "b"]}
    yield attempt(w.add_embedding, points, tag="columns", **columns)


@case
def videos(torch, w):
    for batch in (1, 2, 3, 5):
        w.add_video("video", torch.tensor(image(batch, 2, 3, 4, 4)), batch)


@case
def closing(torch, w):
    w.add_scalar("a", 1.0, 1)
    w.close()
    w.close()
    w.flush()
    w.add_scalar("a", 2.0, 2)
    writer = w.file_writer
    w.close()
    yield attempt(writer.add_summary, None), attempt(writer.flush), attempt(writer.add_event, 3)


def records(file):
    """The bytes of each record of an event file."""
    data, place = file.read_bytes(), 0
    while place < len(data):
        (length,) = struct.unpack_from("<Q", data, place)
        yield data[place + 12 : place + 12 + length]
        place += length + 16


def event(data):
    """An event in a form that compares: what is binary inside of it as messages, and no time."""
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

    message = Event.FromString(data)
    message.wall_time = 0
    hparams = [
        HParamsPluginData.FromString(value.metadata.plugin_data.content)
        for value in message.summary.value
        if value.metadata.plugin_data.plugin_name == "hparams"
    ]
    if hparams:  # a map inside of it is written in any order
        del message.summary.value[:]
    return str(message), list(map(str, hparams))


def logged(name, package, folder, capsys, **settings):
    """All that a case leaves: its observations, what it prints, and each file of its folder."""
    torch = importlib.import_module(package)
    writer = importlib.import_module(f"{package}.utils.tensorboard").SummaryWriter(str(folder), **settings)
    with warnings.catch_warnings(), writer:
        warnings.simplefilter("ignore")
        seen = list(CASES[name](torch, writer) or ())
    printed = capsys.readouterr().out
    files = {}
    for path in sorted(folder.rglob("*")):
        place = str(path.relative_to(folder))
        if ".tfevents." in place:
            files.setdefault(f"{path.parent.relative_to(folder)}/events", []).extend(map(event, records(path)))
        elif path.is_file():
            files[place] = path.read_bytes()
    return seen, printed, files


def without_folders(observations, *folders):
    text = repr(observations)
    for folder in folders:
        text = text.replace(str(folder), "FOLDER")
    return text.replace("flambeau.", "torch.").replace("torch.tensor.Tensor", "torch.Tensor")


@pytest.mark.parametrize("name", CASES)
def test_the_same_messages(name, tmp_path, capsys):
    ours = logged(name, "flambeau", tmp_path / "ours", capsys)
    theirs = logged(name, "torch", tmp_path / "theirs", capsys)
    assert without_folders(ours[0], tmp_path / "ours") == without_folders(theirs[0], tmp_path / "theirs")
    assert ours[1] == theirs[1]
    assert list(ours[2]) == list(theirs[2])
    for file, content in theirs[2].items():
        assert ours[2][file] == content, file


def test_purge_step_and_suffix(tmp_path, capsys):
    settings = {"purge_step": 3, "filename_suffix": ".end", "max_queue": 1, "flush_secs": 1}
    ours = logged("scalars", "flambeau", tmp_path / "ours", capsys, **settings)
    theirs = logged("scalars", "torch", tmp_path / "theirs", capsys, **settings)
    assert ours[2] == theirs[2]
    assert all(path.name.endswith(".end") for path in (tmp_path / "ours").glob("*tfevents*"))
