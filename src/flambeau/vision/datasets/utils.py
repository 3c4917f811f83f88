"""What datasets are made with: downloads with checksums, checks of files and arguments, lists of folders."""

from __future__ import annotations

import hashlib
import os
import re
import urllib.error
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlparse

from .archives import extract_archive
from .reading import told

__all__ = [
    "calculate_md5", "check_integrity", "check_md5", "download_and_extract_archive",
    "download_file_from_google_drive", "download_url", "extract_archive", "iterable_to_str", "list_dir", "list_files",
    "verify_str_arg",
]  # fmt: skip

USER_AGENT = "pytorch/vision"
_CORRUPTED = "File not found or corrupted."
T = TypeVar("T", str, bytes)


def calculate_md5(fpath: str | Path, chunk_size: int = 1024 * 1024) -> str:
    """The MD5 of a file in hexadecimal."""
    digest = hashlib.md5(usedforsecurity=False)
    with open(fpath, "rb") as file:
        while chunk := file.read(chunk_size):
            digest.update(chunk)
    return digest.hexdigest()


def check_md5(fpath: str | Path, md5: str, **kwargs: Any) -> bool:
    """Whether a file's MD5 is the one given."""
    return md5 == calculate_md5(fpath, **kwargs)


def check_integrity(fpath: str | Path, md5: str | None = None) -> bool:
    """Whether a file exists and, where an MD5 is given, has it."""
    return os.path.isfile(fpath) and (md5 is None or check_md5(fpath, md5))


def failing(*files: tuple[Any, str | None]) -> list:
    """The paths, among pairs of path and MD5, where there is no file or another one."""
    return [path for path, md5 in files if not check_integrity(path, md5)]


def download_url(
    url: str,
    root: str | Path,
    filename: str | Path | None = None,
    md5: str | None = None,
    max_redirect_hops: int = 3,
) -> None:
    """Downloads a file, unless it is there; a download that broke off goes on where a checksum will judge it.

    Args:
        url: what to download.
        root: the folder to put it in.
        filename: its name there; by default the URL's last part.
        md5: its checksum.
        max_redirect_hops: accepted; ten redirections are followed.

    Raises:
        RuntimeError: the checksum is another.
        URLError: the URL cannot be reached.
    """
    folder = os.path.expanduser(root)
    path = os.path.join(folder, filename or os.path.basename(url))
    os.makedirs(folder, exist_ok=True)
    if check_integrity(path, md5):
        return
    file_id = _google_drive_id(url)
    if file_id is not None:
        return download_file_from_google_drive(file_id, folder, filename, md5)
    try:
        _fetch(url, path, md5)
    except urllib.error.HTTPError:
        raise
    except (urllib.error.URLError, OSError):
        if not url.startswith("https:"):
            raise
        _fetch(url.replace("https:", "http:"), path, md5)


def _fetch(url: str, path: str, md5: str | None) -> None:
    from flambeau.hub.download import fetch  # with all that downloads need, which most scripts do not

    def check(partial: str) -> None:
        if not check_integrity(partial, md5):
            raise RuntimeError(_CORRUPTED)

    with told(f"This happened while downloading {url} to {path}."):
        fetch(url, path, check=check, user_agent=USER_AGENT, resume=md5 is not None)


def _google_drive_id(url: str) -> str | None:
    parts = urlparse(url)
    if re.match(r"(drive|docs)[.]google[.]com", parts.netloc) is None:
        return None
    match = re.match(r"/file/d/(?P<id>[^/]*)", parts.path)
    return None if match is None else match.group("id")


def download_file_from_google_drive(
    file_id: str, root: str | Path, filename: str | Path | None = None, md5: str | None = None
) -> None:
    """Downloads a file from Google Drive, unless it is there.

    Args:
        file_id: the file's id.
        root: the folder to put it in.
        filename: its name there; by default the id.
        md5: its checksum.

    Raises:
        RuntimeError: the checksum is another, or Drive answers with a page instead of the file.
        URLError: Drive cannot be reached.
    """
    folder = os.path.expanduser(root)
    path = os.path.join(folder, filename or file_id)
    os.makedirs(folder, exist_ok=True)
    if check_integrity(path, md5):
        return
    _fetch(f"https://drive.usercontent.google.com/download?id={file_id}&export=download&confirm=t", path, md5)


def download_and_extract_archive(
    url: str,
    download_root: str | Path,
    extract_root: str | Path | None = None,
    filename: str | Path | None = None,
    md5: str | None = None,
    remove_finished: bool = False,
) -> None:
    """Downloads an archive, unless it is there, and unpacks it.

    Args:
        url: what to download.
        download_root: the folder to put the archive in.
        extract_root: the folder to unpack it in; by default the same.
        filename: the archive's name; by default the URL's last part.
        md5: its checksum.
        remove_finished: remove the archive afterwards.

    Raises:
        RuntimeError: the checksum is another, or the name tells of no known kind of archive.
        URLError: the URL cannot be reached.
    """
    folder = os.path.expanduser(download_root)
    name = filename or os.path.basename(url)
    download_url(url, folder, name, md5)
    extract_archive(os.path.join(folder, name), folder if extract_root is None else extract_root, remove_finished)


def list_dir(root: str | Path, prefix: bool = False) -> list[str]:
    """The folders in a folder: their names, or with `prefix` their paths."""
    return _listed(root, prefix, os.path.isdir)


def list_files(root: str | Path, suffix: str | tuple[str, ...], prefix: bool = False) -> list[str]:
    """The files in a folder whose names end with one of some suffixes: their names, or with `prefix` their paths."""
    return _listed(root, prefix, lambda path: os.path.isfile(path) and path.endswith(suffix))


def _listed(root: str | Path, prefix: bool, wanted) -> list[str]:
    folder = os.path.expanduser(root)
    names = [name for name in os.listdir(folder) if wanted(os.path.join(folder, name))]
    return [os.path.join(folder, name) for name in names] if prefix is True else names


def iterable_to_str(iterable: Iterable) -> str:
    """The texts of some objects, each in quotes, with commas between."""
    return "'" + "', '".join(str(item) for item in iterable) + "'"


def verify_str_arg(
    value: T, arg: str | None = None, valid_values: Iterable[T] | None = None, custom_msg: str | None = None
) -> T:
    """The value of an argument that must be a text, one of some.

    Raises:
        ValueError: it is no text or none of `valid_values`; `custom_msg` is what to say of the latter.
    """
    if not isinstance(value, str):
        where = "" if arg is None else f" for argument {arg}"
        raise ValueError(f"Expected type str{where}, but got type {type(value)}.")
    if valid_values is not None and value not in valid_values:
        if custom_msg is not None:
            raise ValueError(custom_msg)
        raise ValueError(
            f"Unknown value '{value}' for argument {arg}. Valid values are {{{iterable_to_str(valid_values)}}}."
        )
    return value
