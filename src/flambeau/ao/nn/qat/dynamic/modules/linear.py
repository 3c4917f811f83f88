"""Linear that is trained on the grid and then chooses a scale at each call."""

from __future__ import annotations

from flambeau.ao.nn.qat.modules.linear import Linear as Static


class Linear(Static):
    """x @ weight.T + bias with the weight on the grid; arguments as of torch.ao.nn.qat.Linear.

    Raises ValueError for a QConfig whose observer of results keeps what it saw before.
    """

    def __init__(self, in_features, out_features, bias=True, qconfig=None, device=None, dtype=None):
        from flambeau.ao.quantization.qconfig import _activation_is_memoryless

        super().__init__(in_features, out_features, bias, qconfig, device, dtype)
        if not _activation_is_memoryless(qconfig):
            raise ValueError(
                "Dynamic QAT requires a memoryless observer.This means a MovingAverage observer with averaging "
                "constant equal to 1"
            )
