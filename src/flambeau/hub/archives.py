"""Zip archives from elsewhere: no member may be written outside of the folder that it is unpacked in."""

from __future__ import annotations

import os
import re
import zipfile
from pathlib import Path


def extract(archive: zipfile.ZipFile, folder: str) -> None:
    """Unpacks an archive.

    Raises:
        ValueError: a member's path leads out of the folder; members before it have been written.
    """
    root = Path(folder).resolve()
    for member in archive.infolist():
        name = os.path.normpath(member.filename)
        if name.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", name):
            raise ValueError(f"Archive entry has absolute path: {member.filename}")
        if ".." in re.split(r"[/\\]", name):
            raise ValueError(f"Archive entry contains directory traversal: {member.filename}")
        if not (root / name).resolve().is_relative_to(root):
            raise ValueError(f"Archive entry escapes target directory: {member.filename}")
        archive.extract(member, root)
