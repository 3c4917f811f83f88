"""The files of TensorBoard's projector: points, their labels and images, and the list of all of them."""

from __future__ import annotations

import io
import math
import os

import numpy as np
from google.protobuf import text_format
from tensorboard.plugins.projector.projector_config_pb2 import EmbeddingInfo, ProjectorConfig

from . import files
from ._convert_np import make_np
from ._utils import make_grid


class Projector:
    """What the projector is to show of a run; its list is written anew with each addition."""

    def __init__(self) -> None:
        self.config = ProjectorConfig()

    def add(self, folder: str, points: np.ndarray, metadata, label_img, step: int, tag: str, metadata_header) -> None:
        """Writes the files of some points, after all is checked, and the list.

        Raises AssertionError where the parts do not fit, NotADirectoryError where a file lies at the folder's place.
        """
        _check(points, metadata, label_img, metadata_header)
        subdir = f"{str(step).zfill(5)}/{_encoded(tag)}"
        place = os.path.join(folder, subdir)
        _make_folder(place)
        if metadata is not None:
            make_tsv(metadata, place, metadata_header=metadata_header)
        if label_img is not None:
            make_sprite(label_img, place)
        make_mat(points, place)
        self.config.embeddings.append(get_embedding_info(metadata, label_img, subdir, step, tag))
        write_pbtxt(folder, text_format.MessageToString(self.config))


def _check(points, metadata, label_img, metadata_header) -> None:
    if metadata is not None:
        if points.shape[0] != len(metadata):
            raise AssertionError("#labels should equal with #data points")
        if metadata_header and len(metadata_header) != len(metadata[0]):
            raise AssertionError("len of header must be equal to the number of columns in metadata")
    if label_img is not None and points.shape[0] != label_img.shape[0]:
        raise AssertionError("#images should equal with #data points")
    if points.ndim != 2:
        raise AssertionError("mat should be 2D, where mat.size(0) is the number of data points")


def _encoded(tag: str) -> str:
    """A tag as the name of a folder: separators as %25, %2f and %5c."""
    for letter in "%/\\":
        tag = tag.replace(letter, f"%{ord(letter):02x}")
    return tag


def _make_folder(place: str) -> None:
    if files.is_folder(place):
        print("warning: Embedding dir exists, did you set global_step for add_embedding()?")
    elif files.exists(place):
        raise NotADirectoryError(f"Path: `{place}` exists, but is a file. Cannot proceed.")
    files.make_folders(place)


def make_tsv(metadata, save_path: str, metadata_header=None) -> None:
    """Writes the labels of points; with a header, several columns of them."""
    if metadata_header:
        lines = ["\t".join(map(str, row)) for row in [metadata_header, *metadata]]
    else:
        lines = list(map(str, metadata))
    files.write_whole(os.path.join(save_path, "metadata.tsv"), ("\n".join(lines) + "\n").encode())


def make_sprite(label_img, save_path: str) -> None:
    """Writes the images of points, (N, C, H, W) of 0 to 1, side by side in a square."""
    from PIL import Image

    grid = make_grid(make_np(label_img), ncols=math.ceil(label_img.shape[0] ** 0.5)).transpose(1, 2, 0)
    square = np.zeros((grid.shape[1], grid.shape[1], 3))
    square[: grid.shape[0]] = grid
    file = io.BytesIO()
    Image.fromarray(np.uint8((square * 255).clip(0, 255))).save(file, format="PNG")
    files.write_whole(os.path.join(save_path, "sprite.png"), file.getvalue())


def make_mat(matlist: np.ndarray, save_path: str) -> None:
    """Writes points, one in each line."""
    lines = ("\t".join(map(str, row)) + "\n" for row in np.asarray(matlist).tolist())
    files.write_whole(os.path.join(save_path, "tensors.tsv"), "".join(lines).encode())


def get_embedding_info(metadata, label_img, subdir: str, global_step: int, tag: str) -> EmbeddingInfo:
    """Where the files of some points are."""
    info = EmbeddingInfo(tensor_name=f"{tag}:{str(global_step).zfill(5)}", tensor_path=f"{subdir}/tensors.tsv")
    if metadata is not None:
        info.metadata_path = f"{subdir}/metadata.tsv"
    if label_img is not None:
        info.sprite.image_path = f"{subdir}/sprite.png"
        info.sprite.single_image_dim.extend([label_img.shape[3], label_img.shape[2]])
    return info


def write_pbtxt(save_path: str, contents: str) -> None:
    """Writes the list of all points of a run."""
    files.write_whole(os.path.join(save_path, "projector_config.pbtxt"), contents.encode())
