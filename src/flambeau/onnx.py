"""torch.onnx: the exporter to ONNX, which is not there; its names say so."""

from __future__ import annotations

from typing import Any

from .errors import add_note


class OnnxExporterError(RuntimeError):
    """An export failed."""


def is_in_onnx_export() -> bool:
    """Whether an export is going on: never."""
    return False


def export(*args: Any, **kwargs: Any):
    """Raises OnnxExporterError: there is no exporter."""
    error = OnnxExporterError("Flambeau does not export to ONNX")
    raise add_note(error, "Save the weights with torch.save(model.state_dict(), ...), and export from PyTorch.")


dynamo_export = export
