"""Flickr: photographs with captions."""

from __future__ import annotations

import glob
import os
from collections import defaultdict
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from .folder import default_loader
from .reading import reading
from .vision import VisionDataset


class Flickr8kParser(HTMLParser):
    """Reads the table of captions: `annotations` are lists of captions by the images' paths.

    Args:
        root: the folder of the images.
    """

    def __init__(self, root: str | Path) -> None:
        super().__init__()
        self.root = root
        self.annotations: dict[str, list[str]] = {}
        self.in_table = False
        self.current_tag: str | None = None
        self.current_img: str | None = None

    def handle_starttag(self, tag: str, attrs) -> None:
        """Notes where the text that follows stands."""
        self.current_tag = tag
        self.in_table = self.in_table or tag == "table"

    def handle_endtag(self, tag: str) -> None:
        """Notes that the text that follows stands nowhere of interest."""
        self.current_tag = None
        self.in_table = self.in_table and tag != "table"

    def handle_data(self, data: str) -> None:
        """An address names the image that the next captions are of."""
        if not self.in_table:
            return
        if data == "Image Not Found":
            self.current_img = None
        elif self.current_tag == "a":
            self.current_img = glob.glob(os.path.join(self.root, f"{data.split('/')[-2]}_*.jpg"))[0]
            self.annotations[self.current_img] = []
        elif self.current_tag == "li" and self.current_img:
            self.annotations[self.current_img].append(data.strip())


class _Captioned(VisionDataset):
    """Images by the keys of `annotations`, whose values are lists of captions."""

    def __init__(
        self,
        root: str | Path,
        ann_file: str,
        transform=None,
        target_transform=None,
        loader=default_loader,
    ) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        self.ann_file = os.path.expanduser(ann_file)
        with reading(self.ann_file):
            self.annotations = self._read(Path(self.ann_file).read_text())
        self.ids = sorted(self.annotations)
        self.loader = loader

    def _read(self, text: str) -> dict[str, list[str]]:
        raise NotImplementedError

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        name = self.ids[index]
        return self._transformed(self.loader(self._path(name)), self.annotations[name])

    def _path(self, name: str) -> str:
        return os.path.join(self.root, name)


class Flickr8k(_Captioned):
    """Photographs with captions from a page of HTML.

    Args:
        root: the folder of the images.
        ann_file: the file of captions.
        transform, target_transform, loader: as of VisionDataset.
    """

    def _read(self, text: str) -> dict[str, list[str]]:
        parser = Flickr8kParser(self.root)
        parser.feed(text)
        return parser.annotations

    def _path(self, name: str) -> str:
        return name


class Flickr30k(_Captioned):
    """Photographs with captions from a table. Arguments: as Flickr8k's."""

    def _read(self, text: str) -> dict[str, list[str]]:
        captions: dict[str, list[str]] = defaultdict(list)
        for line in text.splitlines():
            name, caption = line.strip().split("\t")
            captions[name[:-2]].append(caption)  # name.jpg#3
        return captions
