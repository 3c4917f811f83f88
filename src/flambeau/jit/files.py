"""torch.jit.save and torch.jit.load: the whole module as a checkpoint of this package."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Mapping
from typing import Any

from .. import serialization
from ..errors import add_note


def save(m: Any, f: Any, _extra_files: Mapping[str, Any] | None = None) -> None:
    """Writes a scripted module.

    Args:
        m: the module, whose class must be importable where the file is read.
        f: a path, or a file-like object with `write`.
    """
    serialization.save(m, f)


def load(f: Any, map_location: Any = None, _extra_files: Mapping[str, Any] | None = None, _restore_shapes=False) -> Any:
    """Reads what `save` wrote. The file is unpickled, so read only files of known origin.

    Raises ValueError where there is no such file, RuntimeError where it is an archive of TorchScript.
    """
    if isinstance(f, (str, os.PathLike)):
        if not os.path.exists(f):
            raise ValueError(f"The provided filename {f} does not exist")
        if os.path.isdir(f):
            raise ValueError(f"The provided filename {f} is a directory")
    if _is_torchscript(f):
        error = RuntimeError("this file is a TorchScript archive, whose code Flambeau does not run")
        raise add_note(error, "Save the weights with torch.save(model.state_dict(), ...) in PyTorch and load those.")
    return serialization.load(f, map_location, weights_only=False)


def _is_torchscript(f: Any) -> bool:
    try:
        with zipfile.ZipFile(f) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, AttributeError):
        return False
    finally:
        if hasattr(f, "seek"):
            f.seek(0)
    return any(name.endswith("/constants.pkl") for name in names)
