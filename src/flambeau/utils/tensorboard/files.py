"""Where logs are written: folders of this machine, or (`s3://`, `gs://` ...) what TensorBoard's own files reach.

TensorBoard reaches files through TensorFlow where that is installed; it is never imported here.
"""

from __future__ import annotations

import os


def is_remote(path: str) -> bool:
    """Whether a path names a store rather than a folder of this machine."""
    return "://" in path


def _remote():
    from tensorboard.compat.tensorflow_stub.io import gfile

    return gfile


def exists(path: str) -> bool:
    """Whether a file or folder is there."""
    return _remote().exists(path) if is_remote(path) else os.path.exists(path)


def is_folder(path: str) -> bool:
    """Whether a folder is there."""
    return _remote().isdir(path) if is_remote(path) else os.path.isdir(path)


def make_folders(path: str) -> None:
    """Makes a folder and those above it."""
    if is_remote(path):
        _remote().makedirs(path)
    else:
        os.makedirs(path, exist_ok=True)


def names(path: str) -> list[str]:
    """The names in a folder; none where there is no folder."""
    if not is_folder(path):
        return []
    return _remote().listdir(path) if is_remote(path) else os.listdir(path)


def append_to(path: str):
    """A new binary file."""
    return _remote().GFile(path, "wb") if is_remote(path) else open(path, "wb")


def write_whole(path: str, content: bytes) -> None:
    """Writes a file that is there whole or not at all."""
    if is_remote(path):
        with _remote().GFile(path, "wb") as file:
            file.write(content)
        return
    partial = f"{path}.part"
    with open(partial, "wb") as file:
        file.write(content)
    os.replace(partial, path)
