"""TensorBoard's logs: TensorBoard's own reader reads back what was written, and a run says what it has to say."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flambeau as torch
from flambeau import nn

pytest.importorskip("tensorboard")

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.tensorflow_stub import pywrap_tensorflow
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData
from tensorboard.util import tensor_util

from flambeau import gates
from flambeau.utils import tensorboardx
from flambeau.utils.tensorboard import FileWriter, RecordWriter, SummaryWriter, board, checksum


@pytest.fixture
def writer(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        yield writer


def read(folder):
    accumulator = EventAccumulator(str(folder), size_guidance={"images": 0, "audio": 0, "tensors": 0})
    return accumulator.Reload()


def reading(writer):
    writer.flush()
    return read(writer.log_dir)


# ------------------------------------------------------------------ what is read back
def test_scalars(writer):
    for step in range(3):
        writer.add_scalar("train/loss", torch.tensor(float(step)) / 2, step, walltime=100.0 + step)
    events = reading(writer).Scalars("train/loss")
    assert [(event.step, event.value, event.wall_time) for event in events] == [
        (0, 0.0, 100.0), (1, 0.5, 101.0), (2, 1.0, 102.0)
    ]  # fmt: skip


def test_scalars_in_double_precision(writer):
    writer.add_scalar("x", 1 / 3, 1, new_style=True, double_precision=True)
    (event,) = reading(writer).Tensors("x")
    assert tensor_util.make_ndarray(event.tensor_proto) == 1 / 3


def test_several_scalars_are_runs_of_their_own(writer, tmp_path):
    writer.add_scalars("loss/all", {"train": 1.0, "test": torch.tensor(2.0)}, 4)
    writer.flush()
    for name, value in (("train", 1.0), ("test", 2.0)):
        (event,) = read(tmp_path / f"loss_all_{name}").Scalars("loss/all")
        assert (event.step, event.value) == (4, value)


def test_histograms_count_every_value(writer):
    values = torch.randn(1000, generator=torch.Generator().manual_seed(0))
    writer.add_histogram("values", values, 1)
    (event,) = reading(writer).Histograms("values")
    exact = values.double().numpy()
    histogram = event.histogram_value
    assert (histogram.num, sum(histogram.bucket)) == (1000, 1000)
    assert (histogram.min, histogram.max) == (exact.min(), exact.max())
    assert histogram.sum == pytest.approx(exact.sum()) and histogram.sum_squares == pytest.approx((exact**2).sum())
    below = np.cumsum(histogram.bucket)
    assert all(below[i] == (exact < limit).sum() for i, limit in enumerate(histogram.bucket_limit[:-1]))


@pytest.mark.parametrize("formats", ["CHW", "HWC", "WHC"])
def test_images_in_every_order_of_dimensions(writer, formats):
    Image = pytest.importorskip("PIL.Image")
    pixels = np.arange(4 * 5 * 3, dtype=np.uint8).reshape(4, 5, 3)  # rows, columns, channels
    order = ["HWC".index(letter) for letter in formats]
    writer.add_image("image", torch.tensor(pixels.transpose(order).copy()), 1, dataformats=formats)
    (event,) = reading(writer).Images("image")
    assert (event.height, event.width) == (4, 5)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(event.encoded_image_string))), pixels)


def test_images_and_figures(writer):
    Image = pytest.importorskip("PIL.Image")
    plt = pytest.importorskip("matplotlib.pyplot")
    writer.add_images("grid", torch.ones(10, 1, 3, 2) * 0.5, 1)
    figure = plt.figure(figsize=(2, 1), dpi=50)
    writer.add_figure("figure", figure, 1)
    assert not plt.fignum_exists(figure.number)
    log = reading(writer)
    grid = np.asarray(Image.open(io.BytesIO(log.Images("grid")[0].encoded_image_string)))
    assert grid.shape == (6, 16, 3)
    assert (grid[:3] == 127).all() and (grid[3:, :4] == 127).all() and (grid[3:, 4:] == 0).all()
    assert (log.Images("figure")[0].width, log.Images("figure")[0].height) == (100, 50)


def test_sound_and_text(writer):
    import wave

    sound = torch.linspace(-1, 1, 50)
    writer.add_audio("sound", sound, 2, sample_rate=8000)
    writer.add_text("notes", "ü **b**", 3)
    log = reading(writer)
    (event,) = log.Audio("sound")
    with wave.open(io.BytesIO(event.encoded_audio_string)) as file:
        samples = np.frombuffer(file.readframes(99), "<i2")
    assert (event.sample_rate, event.length_frames) == (8000, 50)
    assert np.abs(samples / 32767 - sound.numpy()).max() < 1e-4
    assert tensor_util.make_ndarray(log.Tensors("notes/text_summary")[0].tensor_proto)[0].decode() == "ü **b**"


def test_curves_and_tensors(writer):
    labels, predictions = torch.tensor([0, 1, 1, 0]), torch.tensor([0.1, 0.9, 0.4, 0.6])
    writer.add_pr_curve("curve", labels, predictions, 1, num_thresholds=3)
    writer.add_tensor("tensor", torch.tensor([[1, 2], [3, 4]]), 1)
    log = reading(writer)
    tp, fp, tn, fn, precision, recall = tensor_util.make_ndarray(log.Tensors("curve")[0].tensor_proto)
    # thresholds 0, 0.5 and 1
    assert (tp.tolist(), fp.tolist(), tn.tolist(), fn.tolist()) == ([2, 1, 0], [2, 1, 0], [0, 1, 2], [0, 1, 2])
    assert precision.tolist() == [0.5, 0.5, 0] and recall.tolist() == [1, 0.5, 0]
    assert [dim.size for dim in log.Tensors("tensor")[0].tensor_proto.tensor_shape.dim] == [2, 2]


def test_meshes_and_layouts(writer):
    writer.add_mesh("mesh", torch.rand(1, 4, 3), faces=torch.tensor([[[0, 1, 2]]]))
    writer.add_custom_scalars_marginchart(["a", "b", "c"])
    assert set(reading(writer).Tags()["tensors"]) == {"mesh_VERTEX", "mesh_FACE", "custom_scalars__config__"}


def test_hyperparameters(writer, tmp_path):
    writer.add_hparams({"lr": 0.5, "kind": "a"}, {"accuracy": torch.tensor(0.75)}, run_name="trial", global_step=3)
    log = read(tmp_path / "trial")
    assert (log.Scalars("accuracy")[0].step, log.Scalars("accuracy")[0].value) == (3, 0.75)
    content = log.summary_metadata["_hparams_/session_start_info"].plugin_data.content
    hparams = HParamsPluginData.FromString(content).session_start_info.hparams
    assert (hparams["lr"].number_value, hparams["kind"].string_value) == (0.5, "a")


def test_embeddings(writer, tmp_path):
    Image = pytest.importorskip("PIL.Image")
    points = torch.arange(10.0).reshape(5, 2)
    writer.add_embedding(points, list("abcde"), torch.ones(5, 3, 4, 6), global_step=2, tag="a/b")
    writer.add_embedding(points, global_step=3)
    folder = tmp_path / "00002" / "a%2fb"
    assert np.array_equal(np.loadtxt(folder / "tensors.tsv"), points.numpy())
    assert (folder / "metadata.tsv").read_text() == "a\nb\nc\nd\ne\n"
    with Image.open(folder / "sprite.png") as sprite:
        assert sprite.size == (18, 18)
    config = (tmp_path / "projector_config.pbtxt").read_text()
    assert 'tensor_path: "00002/a%2fb/tensors.tsv"' in config and 'tensor_path: "00003/default/tensors.tsv"' in config


def test_a_refused_embedding_leaves_no_file(writer, tmp_path):
    with pytest.raises(AssertionError, match="#images should equal with #data points"):
        writer.add_embedding(torch.zeros(3, 2), list("abc"), torch.zeros(2, 3, 4, 4))
    with pytest.raises(AssertionError, match="mat should be 2D"):
        writer.add_embedding(torch.zeros(3), list("abc"))
    assert [path.name for path in tmp_path.iterdir() if "tfevents" not in path.name] == []


def test_a_refused_session_leaves_no_folder(writer, tmp_path):
    with pytest.raises(NotImplementedError):
        writer.add_hparams({"lr": 1.0}, {"accuracy": [1]})
    assert [path for path in tmp_path.iterdir() if path.is_dir()] == []


# ------------------------------------------------------------------ graphs
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.lstm = nn.Conv2d(1, 2, 3, padding=1), nn.LSTM(8, 3)
        self.act = nn.functional.relu  # kept before any graph is made

    def forward(self, x):
        out, _ = self.lstm(self.act(self.conv(x)).flatten(2))
        return out[-1]


def test_graph(writer):
    net = Net().train()
    before = [p.clone() for p in net.parameters()]
    writer.add_graph(net, torch.zeros(5, 1, 2, 4))
    graph = reading(writer).Graph()
    nodes = {node.name: node for node in graph.node}
    shapes = {name: [d.size for d in n.attr["_output_shapes"].list.shape[0].dim] for name, n in nodes.items()}
    assert (nodes["Net/Conv2d[conv]/convolution"].op, shapes["Net/Conv2d[conv]/convolution"]) == (
        "aten::_convolution", [5, 2, 2, 4]
    )  # fmt: skip
    assert list(nodes["Net/relu"].input) == ["Net/Conv2d[conv]/convolution"]
    assert (nodes["Net/LSTM[lstm]/lstm"].op, shapes["Net/LSTM[lstm]/lstm"]) == ("aten::lstm", [5, 2, 3])
    assert list(nodes["output/output.1"].input) == ["Net/select"] and shapes["Net/select"] == [2, 3]
    assert {name for node in graph.node for name in node.input} <= set(nodes)
    assert net.training and all(torch.equal(a, b) for a, b in zip(before, net.parameters()))


def test_what_is_written_into_a_tensor_leads_to_it(writer):
    class Writes(nn.Module):
        def forward(self, x):
            y = torch.zeros(2, 3)
            y[0] = x.exp()
            return y.relu()

    writer.add_graph(Writes(), torch.zeros(3))
    nodes = {node.name: list(node.input) for node in reading(writer).Graph().node}
    assert nodes["Writes/relu"] == ["Writes/copy_"] and nodes["Writes/copy_"] == ["Writes/zeros", "Writes/exp"]


def test_a_graph_leaves_nothing_behind(writer):
    net = Net()
    hooks = [(len(m._forward_hooks), len(m._forward_pre_hooks)) for m in net.modules()]
    relu, method, installed = nn.functional.relu, torch.Tensor.relu, bool(gates.installed())
    writer.add_graph(net, torch.zeros(5, 1, 2, 4))
    with pytest.raises(RuntimeError):
        writer.add_graph(net, torch.zeros(5, 3, 2, 4))
    assert [(len(m._forward_hooks), len(m._forward_pre_hooks)) for m in net.modules()] == hooks
    assert (nn.functional.relu, torch.Tensor.relu, bool(gates.installed())) == (relu, method, installed)
    assert net.act is relu and not gates.STATE.modes


# ------------------------------------------------------------------ folders and files
def test_the_default_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with SummaryWriter(comment="_LR_0.1") as writer:
        writer.add_scalar("a", 1.0)
    (folder,) = (tmp_path / "runs").iterdir()
    assert folder.name.endswith("_LR_0.1") and writer.log_dir == os.path.join("runs", folder.name)
    time.strptime(folder.name.split("_")[0] + folder.name.split("_")[1], "%b%d%H-%M-%S")


def test_purge_step_hides_later_events(tmp_path):
    for start in (0, 3):
        with SummaryWriter(tmp_path, purge_step=start or None) as writer:
            for step in range(start, 6):
                writer.add_scalar("a", float(start + step), step)
            time.sleep(1.1)  # TensorBoard orders files by the second in their names
    assert [event.step for event in read(tmp_path).Scalars("a")] == [0, 1, 2, 3, 4, 5]
    assert [event.value for event in read(tmp_path).Scalars("a")][3:] == [6.0, 7.0, 8.0]


def test_after_close_a_new_file_is_written(tmp_path):
    writer = SummaryWriter(tmp_path)
    writer.add_scalar("a", 1.0, 1)
    closed = writer.file_writer
    writer.close()
    writer.close()
    with pytest.raises(OSError, match="Writer is closed"):
        closed.add_summary(None)
    writer.add_scalar("a", 2.0, 2)
    writer.close()
    assert len(list(tmp_path.iterdir())) == 2
    closed.reopen()
    closed.flush()
    closed.close()
    assert len(list(tmp_path.iterdir())) == 3


def test_what_waits_is_written_without_a_call(tmp_path):
    writer = SummaryWriter(tmp_path)
    writer.add_scalar("a", 1.0, 1)
    deadline = time.monotonic() + 20
    while "a" not in read(tmp_path).Tags()["scalars"]:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    writer.close()


def test_what_waits_is_written_at_the_end_of_the_process(tmp_path):
    program = (
        "from flambeau.utils.tensorboard import SummaryWriter\n"
        f"writer = SummaryWriter({str(tmp_path)!r})\n"
        "for step in range(23): writer.add_scalar('a', step, step)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, env=environment(), timeout=60)
    assert len(read(tmp_path).Scalars("a")) == 23


def environment(**more):
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **more}


def test_a_writer_that_is_forgotten_is_closed(tmp_path):
    FileWriter(tmp_path).add_event(_event())
    assert len(read(tmp_path).Scalars("a")) == 1


def _event():
    from tensorboard.compat.proto.event_pb2 import Event

    return Event(summary=torch.utils.tensorboard.summary.scalar("a", 1.0), step=1)


def test_what_is_no_event_is_refused(tmp_path):
    writer = FileWriter(tmp_path)
    with pytest.raises(TypeError, match=r"Expected an event_pb2\.Event proto,  but got <class 'object'>"):
        writer.event_writer.add_event(object())
    writer.close()


class FullDisk(io.BytesIO):
    def write(self, data):
        raise OSError(28, "No space left on device")


def test_a_full_disk_is_an_error_of_the_next_call(tmp_path):
    writer = FileWriter(tmp_path)
    events = writer.event_writer
    events._file.close()
    events._file = FullDisk()
    writer.add_event(_event())
    with pytest.raises(OSError, match="No space left"):
        writer.flush()
    writer.close()


# ------------------------------------------------------------------ what a run says
def test_the_command_is_printed_once(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(board, "_shown", False)
    with SummaryWriter(tmp_path / "a b") as first, SummaryWriter(tmp_path / "second") as second:
        assert capsys.readouterr().err == ""
        first.add_scalar("a", 1.0)
        second.add_scalar("a", 1.0)
        first.add_text("b", "c")
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1
    assert err.endswith(f"--logdir '{tmp_path / 'a b'}'\n") and os.path.isabs(err.split()[1])


def test_two_runs_in_one_folder_are_warned_of_once(tmp_path):
    SummaryWriter(tmp_path).close()
    with pytest.warns(UserWarning, match="has the event files of another run") as caught:
        SummaryWriter(tmp_path).close()
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        SummaryWriter(tmp_path).close()
        SummaryWriter(tmp_path / "resumed", purge_step=3).close()
        SummaryWriter(tmp_path / "resumed", purge_step=3).close()


def test_wrong_dataformats_are_explained(writer):
    with pytest.raises(AssertionError, match="size of input tensor and input format are different") as caught:
        writer.add_image("a", torch.zeros(4, 4))
    assert caught.value.__notes__[0].startswith("dataformats='CHW'")


def test_videos_need_moviepy(writer, capsys):
    if "moviepy" in sys.modules:
        pytest.skip("moviepy is installed")
    writer.add_video("video", torch.zeros(1, 2, 3, 4, 4))
    assert capsys.readouterr().out == "add_video needs package moviepy\n"


# ------------------------------------------------------------------ tensorboardX's names
def test_a_writer_that_writes_nothing(tmp_path, capsys):
    with tensorboardx.SummaryWriter(logdir=tmp_path / "log", write_to_disk=False) as writer:
        writer.add_scalar("a", 1.0, 1)
        writer.add_scalars("b", {"c": 1.0})
        writer.add_hparams({"lr": 1.0}, {"loss": 1.0})
        with writer.use_metadata(global_step=3):
            writer.add_text("d", "e")
    assert list(tmp_path.iterdir()) == [] and capsys.readouterr().err == ""


def test_stereo_sound(tmp_path):
    with tensorboardx.SummaryWriter(tmp_path) as writer:
        writer.add_audio("sound", torch.zeros(10, 2), sample_rate=8000)
    (event,) = read(tmp_path).Audio("sound")
    assert (event.length_frames, event.sample_rate) == (10, 8000)


def test_a_global_writer_counts_the_steps(tmp_path):
    program = (
        "import torch_names, multiprocessing\n"
        "from tensorboardX import GlobalSummaryWriter\n"
        f"writer = GlobalSummaryWriter({str(tmp_path / 'log')!r})\n"
        "def work(value): writer.add_scalar('a', value)\n"
        "writer.add_scalar('a', 0)\n"
        "with multiprocessing.get_context('fork').Pool(2) as pool: pool.map(work, range(1, 6))\n"
        "writer.add_text('b', 'c')\nwriter.close()\n"
    )
    program += "assert str(type(writer.smw)) == \"<class 'tensorboardX.writer.SummaryWriter'>\"\n"
    done = run_with(tmp_path, program, torch_names="import flambeau.compat; flambeau.compat.install()")
    assert done.returncode == 0, done.stderr
    events = read(tmp_path / "log").Scalars("a")
    assert [event.step for event in events] == [0, 1, 2, 3, 4, 5]
    assert {event.value for event in events} == {0, 1, 2, 3, 4, 5}


def test_several_boards_at_once(tmp_path):
    vis = tensorboardx.TorchVis("tensorboard", "unknown", tensorboard={"logdir": tmp_path})
    vis.add_scalar("a", 2.0, 1)
    vis.unregister("tensorboard")
    assert read(tmp_path).Scalars("a")[0].value == 2.0


# ------------------------------------------------------------------ what is imported
def run_with(tmp_path, program, **files):
    for name, text in files.items():
        (tmp_path / f"{name}.py").write_text(text)
    path = os.pathsep.join([str(tmp_path), *filter(None, sys.path)])
    command = [sys.executable, "-c", program]
    return subprocess.run(command, env=environment(PYTHONPATH=path), capture_output=True, text=True, timeout=60)


def test_tensorflow_is_never_imported(tmp_path):
    program = (
        "import torch_names; from torch.utils.tensorboard import SummaryWriter\n"
        f"with SummaryWriter({str(tmp_path / 'log')!r}) as w:\n"
        "    w.add_scalar('a', 1.0); w.add_embedding(__import__('torch').zeros(2, 2)); w.add_hparams({}, {})\n"
    )
    files = {
        "tensorflow": "raise SystemExit('tensorflow was imported')",
        "torch_names": "import flambeau.compat; flambeau.compat.install()",
    }
    done = run_with(tmp_path, program, **files)
    assert done.returncode == 0, done.stderr


def test_without_tensorboard_the_import_says_what_to_install(tmp_path):
    program = (
        "import sys; sys.modules['tensorboard'] = None\n"
        "import flambeau\n"
        "try:\n    from flambeau.utils.tensorboard import SummaryWriter\n"
        "except ImportError as error:\n    print(type(error).__name__, error, *error.__notes__)\n"
    )
    done = run_with(tmp_path, program)
    assert "pip install tensorboard" in done.stdout and "tensorboard" in done.stdout.split(".")[0], done.stderr


def test_flambeau_alone_imports_no_tensorboard():
    program = "import sys, flambeau; assert not [m for m in sys.modules if 'tensorboard' in m]"
    subprocess.run([sys.executable, "-c", program], check=True, env=environment(), timeout=60)


# ------------------------------------------------------------------ records
@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=300), st.integers(1, 400))
def test_checksums_are_tensorboards(data, repeats):
    data *= repeats
    assert checksum.masked_crc32c(data) == pywrap_tensorflow.masked_crc32c(data)


def test_records_are_tensorboards(tmp_path):
    from flambeau.utils.tensorboard.event_file import record

    with open(tmp_path / "file", "wb") as file:
        RecordWriter(file).write(b"some bytes")
    assert (tmp_path / "file").read_bytes() == record(b"some bytes")
