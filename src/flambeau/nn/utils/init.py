"""torch.nn.utils.init: modules whose initial values nobody needs."""

from __future__ import annotations

import inspect

from ...random import fork_rng


def skip_init(module_cls, *args, **kwargs):
    """module_cls(*args, **kwargs) that takes no numbers from the random stream; its parameters' values mean nothing.

    Raises RuntimeError where the class is no Module, or takes no `device`.
    """
    from ..module import Module

    if not issubclass(module_cls, Module):
        raise RuntimeError(f"Expected a Module; got {module_cls}")
    if "device" not in inspect.signature(module_cls).parameters:
        raise RuntimeError("Module must support a 'device' arg to skip initialization")
    with fork_rng():
        return module_cls(*args, **kwargs)
