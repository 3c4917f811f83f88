"""torch.nn.modules: the place of PyTorch where modules are defined; its names are those of `nn`.

Its submodules hold the names of those files of `nn` that have PyTorch's classes, which are grouped differently there.
"""

import sys
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec

_HOMES = {
    "activation": "activation multihead", "adaptive": "adaptive", "batchnorm": "normalization lazy",
    "channelshuffle": "shaping", "container": "container module", "conv": "convolution lazy", "distance": "shaping",
    "dropout": "dropout", "flatten": "shaping", "fold": "shaping", "instancenorm": "normalization lazy",
    "lazy": "lazy", "linear": "linear lazy", "linear_cross_entropy_options": "linear_cross_entropy",
    "loss": "loss linear_cross_entropy", "module": "module hooks state", "normalization": "normalization cross_map",
    "padding": "shaping", "pixelshuffle": "shaping", "pooling": "pooling", "rnn": "recurrent recurrent_cells",
    "sparse": "linear", "transformer": "transformer", "upsampling": "shaping",
}  # fmt: skip


def _register(package: str):
    """Makes `import torch.nn.modules.conv` and the like find the names of the files that answer for them."""
    for name, homes in _HOMES.items():
        place = module_from_spec(ModuleSpec(f"{__name__}.{name}", None))
        for home in homes.split():
            names = vars(import_module(f"{package}.{home}"))
            vars(place).update({key: value for key, value in names.items() if not key.startswith("__")})
        globals()[name] = sys.modules[place.__name__] = place


_register(__name__.rpartition(".")[0])


def __getattr__(name: str):
    return getattr(import_module("..", __name__), name)
