"""One writer for all modules and processes of a program, which counts the steps itself."""

from __future__ import annotations

import multiprocessing
from typing import Any

from .writer import SummaryWriter

_writer: GlobalSummaryWriter | None = None


class GlobalSummaryWriter:
    """A writer that forked processes share: the steps of each tag count up over all of them.

    Args: those of SummaryWriter; coalesce_process is accepted.
    """

    def __init__(
        self, logdir=None, comment: str = "", purge_step: int | None = None, max_queue: int = 10,
        flush_secs: float = 120, filename_suffix: str = "", write_to_disk: bool = True, log_dir=None,
        coalesce_process: bool = True, **kwargs,
    ) -> None:  # fmt: skip
        settings = (comment, purge_step, max_queue, flush_secs, filename_suffix, write_to_disk, log_dir)
        self.smw: Any = SummaryWriter(logdir, *settings)
        self.lock = multiprocessing.Lock()
        self._steps = multiprocessing.Manager().dict()

    def _log(self, add, tag: str, value, **settings) -> None:
        """Logs a value under the next step of its tag, and writes it: another process may log the next one."""
        with self.lock:
            key = add.__name__, tag
            self._steps[key] = step = self._steps.get(key, -1) + 1
            add(tag, value, step, **settings)
            self.smw.flush()

    def add_scalar(self, tag: str, scalar_value, walltime=None) -> None:
        """Logs a number."""
        self._log(self.smw.add_scalar, tag, scalar_value, walltime=walltime)

    def add_image(self, tag: str, img_tensor, walltime=None, dataformats: str = "CHW") -> None:
        """Logs an image."""
        self._log(self.smw.add_image, tag, img_tensor, walltime=walltime, dataformats=dataformats)

    def add_text(self, tag: str, text_string: str, walltime=None) -> None:
        """Logs a text."""
        self._log(self.smw.add_text, tag, text_string, walltime=walltime)

    @staticmethod
    def getSummaryWriter() -> GlobalSummaryWriter:
        """The writer of the program, made by the first call."""
        global _writer
        if _writer is None or _writer.smw is None:
            _writer = GlobalSummaryWriter()
        print("Using the global logger in:", _writer.file_writer.get_logdir())
        return _writer

    @property
    def file_writer(self):
        """The writer of the event file."""
        return self.smw._get_file_writer()

    def close(self) -> None:
        """Writes all that waits and closes the file."""
        self.smw.close()
