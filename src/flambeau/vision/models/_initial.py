"""How a network's first weights are drawn."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from flambeau import Tensor, nn

he_normal = partial(nn.init.kaiming_normal_, mode="fan_out", nonlinearity="relu")
small_normal = partial(nn.init.normal_, mean=0.0, std=0.01)


def initialize(
    model: nn.Module,
    convolution: Callable[[Tensor], object] = he_normal,
    linear: Callable[[Tensor], object] | None = None,
) -> None:
    """Draws weights in the order of the modules; normalisations begin with weight 1, and biases with 0.

    Args:
        model: the network.
        convolution: draws a convolution's weight.
        linear: draws a linear layer's; None leaves these layers as they are.
    """
    for m in model.modules():
        if isinstance(m, nn.Conv2d):
            convolution(m.weight)
        elif isinstance(m, (nn.BatchNorm2d, nn.GroupNorm)):
            nn.init.ones_(m.weight)
        elif isinstance(m, nn.Linear) and linear is not None:
            linear(m.weight)
        else:
            continue
        if m.bias is not None:
            nn.init.zeros_(m.bias)
