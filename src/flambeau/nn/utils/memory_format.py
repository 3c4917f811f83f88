"""torch.nn.utils.memory_format: convolutions' weights with channels last in memory."""

from __future__ import annotations


def convert_conv2d_weight_memory_format(module, memory_format):
    """Lays out the weights of all Conv2d and ConvTranspose2d in a module as the format says; returns the module."""
    return _convert(module, memory_format, ("Conv2d", "ConvTranspose2d"))


def convert_conv3d_weight_memory_format(module, memory_format):
    """Lays out the weights of all Conv3d and ConvTranspose3d in a module as the format says; returns the module."""
    return _convert(module, memory_format, ("Conv3d", "ConvTranspose3d"))


def _convert(module, memory_format, names: tuple[str, str]):
    from .. import convolution

    kinds = tuple(getattr(convolution, name) for name in names)
    for part in module.modules():
        if isinstance(part, kinds):
            part.weight.data = part.weight.detach().clone().contiguous(memory_format=memory_format)
    return module
