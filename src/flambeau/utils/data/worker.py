"""What a worker process knows of itself."""

from __future__ import annotations


def get_worker_info():
    """What a worker process knows of itself; None, since samples are fetched in the main process."""
    return None
