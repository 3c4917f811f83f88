"""torch.nn.modules: the place of PyTorch where modules are defined; its names are those of `nn`."""

from importlib import import_module


def __getattr__(name: str):
    return getattr(import_module("..", __name__), name)
