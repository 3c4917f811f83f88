"""What a worker knows of itself, by PyTorch's name."""

from ..worker import WorkerInfo, get_worker_info

__all__ = ["WorkerInfo", "get_worker_info"]
