"""TorchVis: one object for several boards, of which there is TensorBoard."""

from __future__ import annotations

from typing import Any

from .writer import SummaryWriter

vis_formats = {"tensorboard": SummaryWriter}


class TorchVis:
    """Hands each call to all writers.

    Args:
        args: the names of the boards; "tensorboard" unless they are given.
        init_kwargs: for each name the arguments of its writer.
    """

    def __init__(self, *args: str, **init_kwargs: dict) -> None:
        self.subscribers: dict[str, Any] = {}
        self.register(*args, **init_kwargs)

    def register(self, *args: str, **init_kwargs: dict) -> None:
        """Adds boards by their names; those that are not known are left out."""
        for name in args or ("tensorboard",):
            if name not in self.subscribers and name in vis_formats:
                self.subscribers[name] = vis_formats[name](**init_kwargs.get(name, {}))

    def unregister(self, *args: str) -> None:
        """Closes boards and forgets them."""
        for name in args:
            self.subscribers.pop(name).close()

    def __getattr__(self, attr: str):
        if attr == "subscribers" or not self.subscribers:
            raise AttributeError(attr)

        def call_all(*args, **kwargs):
            for writer in self.subscribers.values():
                if hasattr(writer, attr):
                    getattr(writer, attr)(*args, **kwargs)

        return call_all

    def __del__(self):
        for writer in self.__dict__.get("subscribers", {}).values():
            writer.close()
