"""SummaryWriter and FileWriter with tensorboardX's arguments, tags and folders."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator

import numpy as np

import flambeau as torch

from ..tensorboard import file_writer
from ..tensorboard.writer import SummaryWriter as PlainWriter
from . import summary
from .x2num import make_np


class FileWriter(file_writer.FileWriter):
    """Writes messages to a new event file of a folder."""

    def __init__(self, logdir, max_queue: int = 10, flush_secs: float = 120, filename_suffix: str = "") -> None:
        super().__init__(logdir, max_queue, flush_secs, filename_suffix)
        self._defaults: tuple = (None, None)

    def add_event(self, event, step=None, walltime: float | None = None) -> None:
        """Adds an event with its step and time; inside of `use_metadata` with those given there."""
        given_step, given_time = self._defaults
        super().add_event(event, given_step if step is None else step, given_time if walltime is None else walltime)

    @contextlib.contextmanager
    def use_metadata(self, *, global_step=None, walltime=None) -> Iterator[FileWriter]:
        """The step and time of what is added inside without them.  Raises AssertionError for both or one in another."""
        assert self._defaults == (None, None), "Default metadata is already set."
        if global_step is None and walltime is None:
            raise AssertionError("At least one of `global_step` or `walltime` must be provided.")
        self._defaults = (global_step, walltime)
        yield self
        self._defaults = (None, None)


class DummyFileWriter:
    """Takes messages and writes nothing."""

    def __init__(self, logdir) -> None:
        self._logdir = str(logdir)

    def get_logdir(self) -> str:
        """The folder that would be written to."""
        return self._logdir

    def add_event(self, event, step=None, walltime=None) -> None:
        """Writes nothing, as do the others."""

    add_summary = add_graph = add_onnx_graph = add_event

    def flush(self) -> None:
        """Writes nothing."""

    close = reopen = flush

    @contextlib.contextmanager
    def use_metadata(self, *, global_step=None, walltime=None) -> Iterator[DummyFileWriter]:
        """Changes nothing."""
        yield self


class SummaryWriter(PlainWriter):
    """Writes what a run logs to an event file of its folder, for TensorBoard.

    Args:
        logdir, log_dir: the folder; runs/ and the date, time and host where there is none.
        comment, purge_step, max_queue, flush_secs, filename_suffix: as of `utils.tensorboard.SummaryWriter`.
        write_to_disk: False where nothing is to be written.
        comet_config: accepted; there is no logger of Comet.
    """

    _messages = summary

    def __init__(
        self, logdir=None, comment: str = "", purge_step: int | None = None, max_queue: int = 10,
        flush_secs: float = 120, filename_suffix: str = "", write_to_disk: bool = True, log_dir=None,
        comet_config: dict | None = None, **kwargs,
    ) -> None:  # fmt: skip
        self._write_to_disk = write_to_disk
        self.scalar_dict: dict[str, list] = {}
        folder = log_dir if logdir is None else logdir
        super().__init__(folder, comment, purge_step, max_queue, flush_secs, filename_suffix)
        self.logdir = self.log_dir

    def _check_folder(self, stacklevel: int) -> None:
        if self._write_to_disk:
            super()._check_folder(stacklevel + 1)

    def _announce(self) -> None:
        if self._write_to_disk:
            super()._announce()

    def _new_file_writer(self, folder):
        if not self._write_to_disk:
            return DummyFileWriter(folder)
        return FileWriter(folder, self.max_queue, self.flush_secs, self.filename_suffix)

    def _folder_of_curve(self, folder: str, main_tag: str, tag: str) -> str:
        return os.path.join(folder, main_tag, tag)

    def add_scalar(  # type: ignore[override]
        self,
        tag: str,
        scalar_value,
        global_step=None,
        walltime=None,
        display_name: str = "",
        summary_description: str = "",
    ) -> None:
        """Logs a number, with what is shown as its name and told of it.  Raises AssertionError for several."""
        self._add(summary.scalar(tag, scalar_value, display_name, summary_description), global_step, walltime)

    def add_scalars(self, main_tag: str, tag_scalar_dict: dict, global_step=None, walltime=None) -> None:
        """Logs several numbers as curves of one chart; they are kept for `export_scalars_to_json`, too."""
        walltime = time.time() if walltime is None else walltime
        super().add_scalars(main_tag, tag_scalar_dict, global_step, walltime)
        folder = self._get_file_writer().get_logdir()
        for tag, value in tag_scalar_dict.items():
            curve = self.scalar_dict.setdefault(self._folder_of_curve(folder, main_tag, tag), [])
            curve.append([walltime, global_step, float(make_np(value).squeeze())])

    def export_scalars_to_json(self, path) -> None:
        """Writes the time, step and value of all that `add_scalars` logged to a file, and forgets them."""
        with open(path, "w") as file:
            json.dump(self.scalar_dict, file)
        self.scalar_dict = {}

    def add_images(self, tag: str, img_tensor, global_step=None, walltime=None, dataformats: str = "NCHW") -> None:
        """Logs a batch of images, or a list of images (CHW or HWC), as a grid."""
        if isinstance(img_tensor, list):
            if dataformats.upper() not in ("CHW", "HWC"):
                print("A list of image is passed, but the dataformat is neither CHW nor HWC.")
                print("Nothing is written.")
                return
            stack = torch.stack if isinstance(img_tensor[0], torch.Tensor) else np.stack
            img_tensor, dataformats = stack(img_tensor, 0), "N" + dataformats
        super().add_images(tag, img_tensor, global_step, walltime, dataformats)

    def add_image_with_boxes(  # type: ignore[override]
        self,
        tag: str,
        img_tensor,
        box_tensor,
        global_step=None,
        walltime=None,
        dataformats: str = "CHW",
        labels=None,
        rescale: float = 1,
    ) -> None:
        """Logs an image with boxes (number, 4) drawn on it: left, top, right and bottom, with a text for each."""
        super().add_image_with_boxes(tag, img_tensor, box_tensor, global_step, walltime, rescale, dataformats, labels)

    def add_onnx_graph(self, onnx_model_file) -> None:
        """Logs the graph of an ONNX file; needs onnx."""
        super().add_onnx_graph(onnx_model_file)

    def add_video(
        self, tag: str, vid_tensor, global_step=None, fps: float = 4, walltime=None, dataformats: str = "NTCHW"
    ) -> None:
        """Logs videos of `fps` frames a second; needs moviepy."""
        self._add(summary.video(tag, vid_tensor, fps, dataformats=dataformats), global_step, walltime)

    def add_hparams(self, hparam_dict: dict, metric_dict: dict, name: str | None = None, global_step=None) -> None:  # type: ignore[override]
        """Logs what a run was started with and the numbers that it is judged by.

        Raises TypeError where these are no dictionaries.
        """
        if type(hparam_dict) is not dict or type(metric_dict) is not dict:
            raise TypeError("hparam_dict and metric_dict should be dictionary.")
        messages = summary.hparams(hparam_dict, metric_dict)
        self._add_session(messages, metric_dict, name or str(time.time()), None, global_step)

    def add_pr_curve(
        self, tag: str, labels, predictions, global_step=None, num_thresholds: int = 127, weights=None, walltime=None
    ) -> None:
        """Logs precision and recall by the threshold, for labels of 0 and 1 and predictions of 0 to 1."""
        arrays = make_np(labels), make_np(predictions)
        super().add_pr_curve(tag, *arrays, global_step, num_thresholds, weights, walltime)

    def add_embedding(
        self, mat, metadata=None, label_img=None, global_step=None, tag: str = "default", metadata_header=None
    ) -> None:
        """Writes points and what is known of them for the projector; images of points are square."""
        if label_img is not None and label_img.shape[2] != label_img.shape[3]:
            raise AssertionError("Image should be square, see tensorflow/tensorboard#670")
        super().add_embedding(make_np(mat), metadata, label_img, global_step, tag, metadata_header)

    @contextlib.contextmanager
    def use_metadata(self, *, global_step=None, walltime=None) -> Iterator[SummaryWriter]:
        """The step and time of what is logged inside without them."""
        with self._get_file_writer().use_metadata(global_step=global_step, walltime=walltime):
            yield self
