"""torch.utils.tensorboard: logs that TensorBoard shows.

The messages are those of the tensorboard package, which must be installed; TensorFlow is neither needed nor imported.
"""

from __future__ import annotations

from ...errors import add_note

try:
    import tensorboard
except ImportError as error:
    raise add_note(error, "The logs are written by the tensorboard package: pip install tensorboard") from None

if tuple(int(part) for part in getattr(tensorboard, "__version__", "0").split(".")[:2]) < (1, 15):
    raise ImportError("TensorBoard logging requires TensorBoard version 1.15 or above")

del tensorboard

from .writer import FileWriter, SummaryWriter  # noqa: E402

__all__ = ["FileWriter", "RecordWriter", "SummaryWriter"]


def __getattr__(name: str):
    """RecordWriter, which scripts rarely name."""
    if name != "RecordWriter":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from tensorboard.summary.writer.record_writer import RecordWriter

    globals()[name] = RecordWriter
    return RecordWriter
