"""Reading files of datasets: what is wrong with one is told with its name."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

from ...errors import add_note


@contextmanager
def told(note: str) -> Iterator[None]:
    """An exception inside carries a note."""
    try:
        yield
    except Exception as error:
        add_note(error, note)
        raise


def reading(path: str | Path):
    """A context in which an exception carries the name of the file that is read."""
    return told(f"This happened while reading {os.fspath(path)}.")


def read_image(path: str | Path, mode: str) -> Image.Image:
    """The image in a file, converted to a mode.

    Raises:
        PIL.UnidentifiedImageError: the file is no image.
        OSError: the image is cut short, or there is no such file.
    """
    with reading(path), open(path, "rb") as file:
        image = Image.open(file)
        if image.mode != mode:
            return image.convert(mode)
        image.load()
        return image._new(image.im)  # what `convert` gives, but for a copy of the pixels


def open_image(path: str | Path) -> Image.Image:
    """The image in a file in its own mode, whose pixels are read when they are asked for.

    Raises:
        PIL.UnidentifiedImageError: the file is no image.
    """
    with reading(path):
        return Image.open(path)


def import_loadmat():
    """SciPy's reader of MATLAB files.

    Raises:
        ModuleNotFoundError: SciPy is not installed.
    """
    with told("SciPy reads the MATLAB files of this dataset: pip install 'flambeau[vision]'"):
        from scipy.io import loadmat
    return loadmat
