"""Checkpoints from a URL, downloaded once."""

from __future__ import annotations

import os
import re
import sys
import warnings
import zipfile
from typing import Any
from urllib.parse import urlparse

from .. import serialization
from .archives import extract
from .download import download_url_to_file
from .folders import get_dir

_DIGEST = re.compile(r"-([a-f0-9]*)\.")  # bfd8deac of resnet18-bfd8deac.pth


def load_state_dict_from_url(
    url: str, model_dir: str | None = None, map_location: Any = None, progress: bool = True, check_hash: bool = False,
    file_name: str | None = None, weights_only: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """Loads what was saved at a URL; a file that was downloaded before is read again.

    Args:
        url: where the file is.
        model_dir: the folder to keep it in; `get_dir()/checkpoints` by default.
        map_location: as of `torch.load`.
        progress: whether a bar is shown on stderr.
        check_hash: whether the file's SHA-256 must begin with what its name says (`name-<digits>.pth`).
        file_name: the name to keep it by; the URL's own by default.
        weights_only: as of `torch.load`.

    Returns:
        what `torch.load` gives, mostly a state dict.

    Raises:
        RuntimeError: the digest is another.
        URLError: the file cannot be downloaded.
    """
    if os.getenv("TORCH_MODEL_ZOO"):
        warnings.warn("TORCH_MODEL_ZOO is deprecated, please use env TORCH_HOME instead", stacklevel=2)
    folder = os.path.join(get_dir(), "checkpoints") if model_dir is None else model_dir
    os.makedirs(folder, exist_ok=True)
    name = os.path.basename(urlparse(url).path) if file_name is None else file_name
    path = os.path.join(folder, name)
    if not os.path.exists(path):
        sys.stdout.write(f'Downloading: "{url}" to {path}\n')
        digest = _DIGEST.search(name) if check_hash else None
        download_url_to_file(url, path, digest.group(1) if digest else None, progress=progress)
    return serialization.load(_unpacked(path, folder), map_location=map_location, weights_only=weights_only)


def _unpacked(path: str, folder: str) -> str:
    """The checkpoint itself: the one file of an archive that somebody packed it in, else the path as it is."""
    if not zipfile.is_zipfile(path):
        return path
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        if len(members) != 1 or members[0].is_dir():
            return path
        warnings.warn(
            "Falling back to the old format < 1.6. This support will be deprecated in favor of default zipfile format "
            "introduced in 1.6. Please redo torch.save() to save it in the new zipfile format.",
            FutureWarning,
            stacklevel=3,
        )
        extract(archive, folder)
    return os.path.join(folder, members[0].filename)
