"""Which library reads images and videos: Pillow is the one there is for images, and videos have none."""

from __future__ import annotations

_chosen = {"image": "PIL", "video": "pyav"}


def set_image_backend(backend: str) -> None:
    """Chooses the library that loads images.

    Args:
        backend: "PIL"; "accimage" is accepted and read with Pillow as well.

    Raises:
        ValueError: another name.
    """
    if backend not in ("PIL", "accimage"):
        raise ValueError(f"Invalid backend '{backend}'. Options are 'PIL' and 'accimage'")
    _chosen["image"] = backend


def get_image_backend() -> str:
    """The name of the library that loads images."""
    return _chosen["image"]


def set_video_backend(backend: str) -> None:
    """Notes the library that should decode videos; nothing here decodes them."""
    _chosen["video"] = backend


def get_video_backend() -> str:
    """The name noted by `set_video_backend`."""
    return _chosen["video"]
