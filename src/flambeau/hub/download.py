"""Downloads: a file is whole and what was asked for, or it is not there."""

from __future__ import annotations

import hashlib
import os
import sys
import uuid
from collections.abc import Callable
from urllib.error import ContentTooShortError, HTTPError, URLError
from urllib.request import Request, urlopen

from ..errors import add_note

CHUNK = 128 * 1024
PARTIAL_CONTENT, RANGE_NOT_SATISFIABLE = 206, 416  # HTTP's numbers for what is asked of a part of a file


class _Percentage:
    """What is shown of a download where tqdm is not installed: how much has come, on one line of stderr."""

    def __init__(self, total=None, disable=False, **_):
        self.total, self.disable, self.n = total, disable, 0

    def update(self, n):
        self.n += n
        if not self.disable:
            share = f"{self.n:.1f} bytes" if self.total is None else f"{100 * self.n / self.total:.1f}%"
            sys.stderr.write(f"\r{share}")
            sys.stderr.flush()

    def set_description(self, *args, **kwargs):
        pass

    def write(self, s):
        sys.stderr.write(f"{s}\n")

    def close(self):
        self.disable = True

    def __enter__(self):
        return self

    def __exit__(self, *error):
        if not self.disable:
            sys.stderr.write("\n")


try:
    from tqdm import tqdm
except ImportError:
    tqdm = _Percentage


def download_url_to_file(url: str, dst: str, hash_prefix: str | None = None, progress: bool = True) -> None:
    """Downloads a file; until it is whole and its digest is right, nothing lies at `dst` that was not there before.

    Args:
        url: what to download.
        dst: the path to write.
        hash_prefix: what the file's SHA-256 begins with, in hexadecimal.
        progress: whether a bar is shown on stderr.

    Raises:
        RuntimeError: the digest is another.
        URLError: nobody answers, or less comes than was promised.
    """
    digest = None if hash_prefix is None else hashlib.sha256()

    def check(path: str) -> None:
        found = digest.hexdigest() if digest else ""
        if not found.startswith(hash_prefix or ""):
            raise RuntimeError(f'invalid hash value (expected "{hash_prefix}", got "{found}")')

    fetch(url, os.path.expanduser(dst), digest.update if digest else None, check, progress)


def fetch(
    url: str, path: str, see: Callable[[bytes], object] | None = None, check: Callable[[str], object] | None = None,
    progress: bool = True, user_agent: str = "torch.hub", resume: bool = False,
) -> None:  # fmt: skip
    """Downloads to a temporary file in the folder of `path`, checks it, and gives it its name.

    Args:
        url: what to download.
        path: the path to write.
        see: is shown every chunk that comes (a digest's `update`).
        check: called with the temporary file's path once all is there; what it raises leaves nothing behind.
        progress: whether a bar is shown on stderr.
        user_agent: what this program calls itself.
        resume: keep what came of a download that breaks off, and go on from there next time; for files that `check`
            judges as a whole.

    Raises:
        URLError: nobody answers, or less comes than was promised.
    """
    partial, kept = f"{path}.{uuid.uuid4().hex}.partial", f"{path}.partial"
    if resume and os.path.exists(kept):
        os.replace(kept, partial)  # its name is this download's alone, whoever else wants the same file
    try:
        with open(partial, "ab") as file:
            _receive(url, file, see, progress, user_agent)
        resume = False
        if check is not None:
            check(partial)
        os.replace(partial, path)
    except URLError as error:
        if not isinstance(error, (HTTPError, ContentTooShortError)):
            add_note(error, f"{url} cannot be reached. A file put at {path} by hand is used as if it were downloaded.")
        raise
    finally:
        if resume and os.path.getsize(partial):
            os.replace(partial, kept)
        elif os.path.exists(partial):
            os.remove(partial)


def _receive(url, file, see, progress, user_agent) -> None:
    """Appends to an open file what a URL answers, from where the file ends."""
    have = file.tell()
    with _answer(url, have, user_agent) as answer:
        if have and answer.status != PARTIAL_CONTENT:  # the server sends all of it
            file.truncate(0)
            have = 0
        length = answer.headers.get("Content-Length")
        total = None if length is None else have + int(length)
        received = have
        with tqdm(total=total, disable=not progress, unit="B", unit_scale=True, unit_divisor=1024) as bar:
            bar.update(have)
            while chunk := answer.read(CHUNK):
                file.write(chunk)
                if see is not None:
                    see(chunk)
                received += len(chunk)
                bar.update(len(chunk))
        if total is not None and received < total:
            raise ContentTooShortError(f"{url}: {received} of {total} bytes came", (file.name, answer.headers))


def _answer(url: str, start: int, user_agent: str):
    """What a server has after the first bytes of a file, or all of it where nothing comes after them."""
    headers = {"User-Agent": user_agent}
    if start:
        try:
            return urlopen(Request(url, headers={**headers, "Range": f"bytes={start}-"}))
        except HTTPError as error:
            if error.code != RANGE_NOT_SATISFIABLE:
                raise
            error.close()
    return urlopen(Request(url, headers=headers))
