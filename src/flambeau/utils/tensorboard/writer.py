"""SummaryWriter: the calls by which a script logs."""

from __future__ import annotations

import functools
import os
import socket
import time
from datetime import datetime
from typing import Any

from tensorboard.compat.proto.event_pb2 import Event, SessionLog

from ...errors import add_note
from . import board, summary
from ._convert_np import make_np
from .file_writer import FileWriter

__all__ = ["FileWriter", "SummaryWriter"]


@functools.cache
def _default_bins() -> list[float]:
    """The edges of a histogram's bins by TensorFlow's rule: each a tenth wider than the one before it, and zero."""
    edge, edges = 1e-12, []
    while edge < 1e20:
        edges.append(edge)
        edge *= 1.1
    return [-edge for edge in reversed(edges)] + [0] + edges


def _default_folder(comment: str) -> str:
    return os.path.join("runs", f"{datetime.now():%b%d_%H-%M-%S}_{socket.gethostname()}{comment}")


class SummaryWriter:
    """Writes what a run logs to an event file of its folder, for TensorBoard.

    Args:
        log_dir: the folder; runs/ and the date, time and host where there is none.
        comment: the end of that folder's name.
        purge_step: where a run that crashed resumes: what was logged from this step on is no longer shown.
        max_queue: after so many messages they are written.
        flush_secs: no message waits longer.
        filename_suffix: the end of the event file's name.
    """

    _messages: Any = summary  # what makes a message of each kind

    def __init__(
        self, log_dir=None, comment: str = "", purge_step: int | None = None, max_queue: int = 10,
        flush_secs: float = 120, filename_suffix: str = "",
    ) -> None:  # fmt: skip
        self.log_dir = log_dir or _default_folder(comment)
        self.purge_step, self.max_queue = purge_step, max_queue
        self.flush_secs, self.filename_suffix = flush_secs, filename_suffix
        self.file_writer: FileWriter | None = None
        self.all_writers: dict[str, FileWriter] | None = None
        self._announced = False
        self.default_bins = _default_bins()
        if purge_step is None:
            self._check_folder(stacklevel=2)
        self._get_file_writer()

    def _check_folder(self, stacklevel: int) -> None:
        board.warn_of_other_run(str(self.log_dir), stacklevel + 1)

    def _new_file_writer(self, folder) -> FileWriter:
        return FileWriter(folder, self.max_queue, self.flush_secs, self.filename_suffix)

    def _get_file_writer(self) -> Any:
        """The writer of the run's own folder, opened anew after `close`."""
        if self.all_writers is None or self.file_writer is None:
            self.file_writer = self._new_file_writer(self.log_dir)
            self.all_writers = {self.file_writer.get_logdir(): self.file_writer}
            if self.purge_step is not None:
                step, self.purge_step = self.purge_step, None
                self.file_writer.add_event(Event(step=step, file_version="brain.Event:2"))
                self.file_writer.add_event(Event(step=step, session_log=SessionLog(status=SessionLog.START)))
        return self.file_writer

    def _add(self, message, global_step=None, walltime: float | None = None) -> None:
        """Adds a summary to the run's own file; the first one tells how to look at it."""
        self._get_file_writer().add_summary(message, global_step, walltime)
        if not self._announced:
            self._announce()

    def _announce(self) -> None:
        self._announced = True
        board.tell_command(str(self.log_dir))

    def get_logdir(self):
        """The folder of the event files."""
        return self.log_dir

    # -------------------------------------------------------------- numbers
    def add_scalar(
        self, tag: str, scalar_value, global_step: int | None = None, walltime: float | None = None,
        new_style: bool = False, double_precision: bool = False,
    ) -> None:  # fmt: skip
        """Logs a number.

        Args:
            tag: its name; what stands before a slash groups names.
            scalar_value: a number, or a tensor or array of one element.
            global_step: the step of the run.
            walltime: seconds since 1970; now unless it is given.
            new_style: as a tensor, which TensorBoard loads faster.
            double_precision: as float64, in the new style.

        Raises AssertionError where there is not one element.
        """
        message = self._messages.scalar(tag, scalar_value, new_style=new_style, double_precision=double_precision)
        self._add(message, global_step, walltime)

    def add_scalars(self, main_tag: str, tag_scalar_dict: dict, global_step=None, walltime=None) -> None:
        """Logs several numbers as curves of one chart: each is a run of its own, in a folder inside the run's.

        Args:
            main_tag: the chart's name.
            tag_scalar_dict: the numbers, by the name of their curve.
            global_step, walltime: as for `add_scalar`.
        """
        walltime = time.time() if walltime is None else walltime
        folder = self._get_file_writer().get_logdir()
        assert self.all_writers is not None
        for tag, value in tag_scalar_dict.items():
            place = self._folder_of_curve(folder, main_tag, tag)
            if place not in self.all_writers:
                self.all_writers[place] = self._new_file_writer(place)
            self.all_writers[place].add_summary(self._messages.scalar(main_tag, value), global_step, walltime)
        if not self._announced:
            self._announce()

    def _folder_of_curve(self, folder: str, main_tag: str, tag: str) -> str:
        return f"{folder}/{main_tag.replace('/', '_')}_{tag}"

    def add_tensor(self, tag: str, tensor, global_step=None, walltime=None) -> None:
        """Logs a whole tensor.  Raises ValueError for 2 GB and more, and for dtypes that TensorFlow has not."""
        self._add(self._messages.tensor_proto(tag, tensor), global_step, walltime)

    def add_histogram(
        self, tag: str, values, global_step=None, bins="tensorflow", walltime=None, max_bins: int | None = None
    ) -> None:
        """Logs how values are distributed.

        Args:
            tag: its name.
            values: a tensor or array of any shape.
            bins: "tensorflow", a rule of numpy.histogram_bin_edges ("auto", "fd" ...), the edges, or how many bins.
            max_bins: neighbours are joined where there are more bins.
            global_step, walltime: as for `add_scalar`.

        Raises ValueError where there are no values.
        """
        if isinstance(bins, str) and bins == "tensorflow":
            bins = self.default_bins
        self._add(self._messages.histogram(tag, values, bins, max_bins=max_bins), global_step, walltime)

    def add_histogram_raw(
        self, tag: str, min, max, num, sum, sum_squares, bucket_limits, bucket_counts, global_step=None, walltime=None
    ) -> None:
        """Logs a histogram that the script has counted: the right edge of each bin, and how many values it has.

        Raises ValueError where these are not as many.
        """
        if len(bucket_limits) != len(bucket_counts):
            raise ValueError("len(bucket_limits) != len(bucket_counts), see the document.")
        message = self._messages.histogram_raw(tag, min, max, num, sum, sum_squares, bucket_limits, bucket_counts)
        self._add(message, global_step, walltime)

    # -------------------------------------------------------------- images, sound, text
    def add_image(self, tag: str, img_tensor, global_step=None, walltime=None, dataformats: str = "CHW") -> None:
        """Logs an image: uint8 of 0 to 255, or other numbers of 0 to 1.

        Args:
            tag: its name.
            img_tensor: the image, of 1, 3 or 4 channels.
            dataformats: the meaning of each dimension: "CHW", "HWC", "HW" ...
            global_step, walltime: as for `add_scalar`.

        Raises AssertionError where `dataformats` does not fit the image.
        """
        self._add(_formatted(self._messages.image, tag, img_tensor, dataformats=dataformats), global_step, walltime)

    def add_images(self, tag: str, img_tensor, global_step=None, walltime=None, dataformats: str = "NCHW") -> None:
        """Logs a batch of images as a grid of eight columns; else as `add_image`."""
        self.add_image(tag, img_tensor, global_step, walltime, dataformats)

    def add_image_with_boxes(
        self, tag: str, img_tensor, box_tensor, global_step=None, walltime=None, rescale: float = 1,
        dataformats: str = "CHW", labels=None,
    ) -> None:  # fmt: skip
        """Logs an image with boxes (number, 4) drawn on it: left, top, right and bottom.

        Args:
            rescale: the factor by which the picture is enlarged.
            labels: a text for each box; left out where they are not as many as the boxes.
            tag, img_tensor, global_step, walltime, dataformats: as for `add_image`.
        """
        if labels is not None:
            labels = [labels] if isinstance(labels, str) else labels
            labels = labels if len(labels) == box_tensor.shape[0] else None
        make = functools.partial(self._messages.image_boxes, rescale=rescale, labels=labels)
        self._add(_formatted(make, tag, img_tensor, box_tensor, dataformats=dataformats), global_step, walltime)

    def add_figure(self, tag: str, figure, global_step=None, close: bool = True, walltime=None) -> None:
        """Logs a matplotlib figure, or a list of figures as a grid; they are closed unless `close` is False."""
        from ._utils import figure_to_image

        dataformats = "NCHW" if isinstance(figure, list) else "CHW"
        self.add_image(tag, figure_to_image(figure, close), global_step, walltime, dataformats)

    def add_video(self, tag: str, vid_tensor, global_step=None, fps: float = 4, walltime=None) -> None:
        """Logs videos (batch, time, channel, height, width) of `fps` frames a second; needs moviepy."""
        self._add(self._messages.video(tag, vid_tensor, fps), global_step, walltime)

    def add_audio(self, tag: str, snd_tensor, global_step=None, sample_rate: int = 44100, walltime=None) -> None:
        """Logs sound: numbers of -1 to 1, `sample_rate` of them a second."""
        self._add(self._messages.audio(tag, snd_tensor, sample_rate=sample_rate), global_step, walltime)

    def add_text(self, tag: str, text_string: str, global_step=None, walltime=None) -> None:
        """Logs a text, which is shown as Markdown."""
        self._add(self._messages.text(tag, text_string), global_step, walltime)

    # -------------------------------------------------------------- models
    def add_graph(self, model, input_to_model=None, verbose: bool = False, use_strict_trace: bool = True) -> None:
        """Logs what a model computes, by its modules.

        Args:
            model: the module; it runs once, in evaluation mode.
            input_to_model: its argument, or a tuple of them.
            verbose: whether the graph is printed.
            use_strict_trace: whether a result that is a list or a dictionary is refused.

        Raises RuntimeError where the model does.
        """
        from ._pytorch_graph import graph

        self._get_file_writer().add_graph(graph(model, input_to_model, verbose, use_strict_trace))
        self._announce()

    def add_onnx_graph(self, prototxt) -> None:
        """Logs the graph of an ONNX file; needs onnx."""
        from ._onnx_graph import load_onnx_graph

        self._get_file_writer().add_onnx_graph(load_onnx_graph(prototxt))
        self._announce()

    def add_embedding(
        self, mat, metadata=None, label_img=None, global_step=None, tag: str = "default", metadata_header=None
    ) -> None:
        """Writes points and what is known of them for the projector.

        Args:
            mat: a point in each row, (N, D).
            metadata: a label for each point, or with `metadata_header` a list of them.
            label_img: an image for each point, (N, C, H, W).
            global_step: the step of the run.
            tag: the name.
            metadata_header: the names of the columns of `metadata`.

        Raises AssertionError where labels or images are not as many as the points, or `mat` has not two dimensions,
        NotADirectoryError where a file lies at the place of the folder.
        """
        from ._embedding import Projector

        if not hasattr(self, "_projector"):
            self._projector = Projector()
        folder = self._get_file_writer().get_logdir()
        self._projector.add(folder, make_np(mat), metadata, label_img, global_step or 0, tag, metadata_header)
        self._announce()

    # -------------------------------------------------------------- plugins
    def add_hparams(
        self, hparam_dict: dict, metric_dict: dict, hparam_domain_discrete=None, run_name=None, global_step=None
    ) -> None:
        """Logs what a run was started with and the numbers that it is judged by, for the page that compares runs.

        Args:
            hparam_dict: numbers, bools, texts or None, by name.
            metric_dict: the results, by name.
            hparam_domain_discrete: for names of `hparam_dict`, the list of all values that each can have.
            run_name: the folder inside the run's; the time unless it is given.
            global_step: the step of the results.

        Raises TypeError where these are no dictionaries, ValueError for values of other types.
        """
        if type(hparam_dict) is not dict or type(metric_dict) is not dict:
            raise TypeError("hparam_dict and metric_dict should be dictionary.")
        messages = self._messages.hparams(hparam_dict, metric_dict, hparam_domain_discrete)
        self._add_session(messages, metric_dict, run_name or str(time.time()), global_step, global_step)

    def _add_session(self, messages, metrics: dict, name: str, session_step, global_step) -> None:
        """Writes a session of the page that compares runs: a run inside of this one."""
        results = [self._messages.scalar(tag, value) for tag, value in metrics.items()]
        writer = self._new_file_writer(os.path.join(self._get_file_writer().get_logdir(), name))
        for message in messages:
            writer.add_summary(message, session_step)
        for message in results:
            writer.add_summary(message, global_step)
        writer.close()
        self._announce()

    def add_pr_curve(
        self, tag: str, labels, predictions, global_step=None, num_thresholds: int = 127, weights=None, walltime=None
    ) -> None:
        """Logs precision and recall by the threshold.

        Args:
            tag: the name.
            labels: 0 or 1 for each element.
            predictions: how probable 1 is, 0 to 1.
            num_thresholds: how many thresholds, 127 at most.
            weights: what each element counts.
            global_step, walltime: as for `add_scalar`.
        """
        message = self._messages.pr_curve(tag, make_np(labels), make_np(predictions), num_thresholds, weights)
        self._add(message, global_step, walltime)

    def add_pr_curve_raw(
        self, tag: str, true_positive_counts, false_positive_counts, true_negative_counts, false_negative_counts,
        precision, recall, global_step=None, num_thresholds: int = 127, weights=None, walltime=None,
    ) -> None:  # fmt: skip
        """Logs precision and recall that the script has counted, each at every threshold."""
        counts = true_positive_counts, false_positive_counts, true_negative_counts, false_negative_counts
        message = self._messages.pr_curve_raw(tag, *counts, precision, recall, num_thresholds, weights)
        self._add(message, global_step, walltime)

    def add_custom_scalars_multilinechart(self, tags, category: str = "default", title: str = "untitled") -> None:
        """Shows several numbers, by their tags, in one chart."""
        self._add(self._messages.custom_scalars({category: {title: ["Multiline", tags]}}))

    def add_custom_scalars_marginchart(self, tags, category: str = "default", title: str = "untitled") -> None:
        """Shows a number between two others, by their three tags.  Raises AssertionError where there are not three."""
        if len(tags) != 3:
            raise AssertionError(f"Expected 3 tags, got {len(tags)}.")
        self._add(self._messages.custom_scalars({category: {title: ["Margin", tags]}}))

    def add_custom_scalars(self, layout: dict) -> None:
        """Shows charts of several numbers.

        Args:
            layout: for each category its charts by title: ["Multiline", tags] or ["Margin", [value, lower, upper]].
        """
        self._add(self._messages.custom_scalars(layout))

    def add_mesh(
        self, tag: str, vertices, colors=None, faces=None, config_dict=None, global_step=None, walltime=None
    ) -> None:
        """Logs meshes or clouds of points.

        Args:
            tag: the name.
            vertices: places (batch, number, 3).
            colors: of the vertices, (batch, number, 3), 0 to 255.
            faces: triangles (batch, number, 3) by the numbers of their vertices.
            config_dict: settings of three.js: camera, lights, material.
            global_step, walltime: as for `add_scalar`.

        Raises ValueError where a tensor is not (batch, number, 3).
        """
        self._add(self._messages.mesh(tag, vertices, colors, faces, config_dict), global_step, walltime)

    # -------------------------------------------------------------- the file
    def flush(self) -> None:
        """Writes all that waits."""
        for writer in (self.all_writers or {}).values():
            writer.flush()

    def close(self) -> None:
        """Writes all that waits and closes the files; what is logged afterwards goes to new ones."""
        for writer in (self.all_writers or {}).values():
            writer.close()
        self.file_writer = self.all_writers = None

    def __enter__(self):
        return self

    def __exit__(self, exc_type, exc_val, exc_tb):
        self.close()


def _formatted(make, *content, dataformats: str):
    """A summary of an image; where the dimensions do not fit, the error names the argument."""
    try:
        return make(*content, dataformats=dataformats)
    except AssertionError as error:
        raise add_note(
            error,
            f"dataformats={dataformats!r} names a dimension of the image by each letter: N images, C channels, H rows, "
            "W columns.",
        ) from None
