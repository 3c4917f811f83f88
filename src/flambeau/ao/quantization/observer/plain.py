"""Observers that choose nothing from what they see."""

from __future__ import annotations

import flambeau as torch

from .base import EPS, ObserverBase
from .extremes import refuse


class FixedQParamsObserver(ObserverBase):
    """Says a scale and a zero point that are known beforehand.

    Args:
        scale, zero_point: numbers.
        dtype: the type of the integers.
        qscheme: one scale for all numbers.
        quant_min, quant_max: the integers to use.
    """

    scale: torch.Tensor
    zero_point: torch.Tensor

    def __init__(
        self, scale, zero_point, dtype=torch.quint8, qscheme=torch.per_tensor_affine, quant_min=0, quant_max=255,
        is_dynamic=False, **kwargs,
    ):  # fmt: skip
        if is_dynamic:
            refuse(type(self), "dynamic quantization")
        super().__init__(dtype=dtype, is_dynamic=is_dynamic, **kwargs)
        self.quant_min, self.quant_max, self.qscheme = quant_min, quant_max, qscheme
        self.register_buffer("scale", torch.tensor([scale], dtype=torch.float32))
        self.register_buffer("zero_point", torch.tensor([zero_point], dtype=torch.int32))

    def forward(self, X):
        return X

    def calculate_qparams(self):
        """The scale (1,) and the zero point (1,)."""
        return self.scale, self.zero_point


class _Watchless(ObserverBase):
    """What chooses no scale."""

    def forward(self, x):
        return x

    def calculate_qparams(self):
        raise Exception(f"calculate_qparams should not be called for {type(self).__name__}")


class PlaceholderObserver(_Watchless):
    """Watches nothing: says which type is wanted.

    Args:
        dtype: the type of the integers, or float16.
        custom_op_name: the op that is not observed.
        compute_dtype: the older way to say is_dynamic.
        quant_min, quant_max, qscheme, eps: what is said of integers.
        is_dynamic: whether a scale is chosen at each call.
    """

    def __init__(
        self, dtype=torch.float32, custom_op_name="", compute_dtype=None, quant_min=None, quant_max=None, qscheme=None,
        eps=None, is_dynamic=False,
    ):  # fmt: skip
        super().__init__(dtype, is_dynamic)
        self.qscheme = torch.per_tensor_affine if qscheme is None else qscheme
        self.quant_min, self.quant_max, self.eps = quant_min, quant_max, EPS if eps is None else eps
        self.custom_op = custom_op_name

    def extra_repr(self) -> str:
        return f"dtype={self.dtype}, is_dynamic={self.is_dynamic}"


class RecordingObserver(_Watchless):
    """Keeps all that it sees.

    Args:
        dtype: the type of the integers.
    """

    def __init__(self, dtype=torch.quint8):
        super().__init__(dtype)
        self.tensor_val: list[torch.Tensor] = []

    def forward(self, x):
        self.tensor_val.append(x.clone())
        return x

    def get_tensor_value(self) -> list[torch.Tensor]:
        """What was seen."""
        return self.tensor_val


class NoopObserver(_Watchless):
    """Watches nothing: says which type is wanted.

    Args:
        dtype: the type, usually float16.
        custom_op_name: the op that is not observed.
    """

    def __init__(self, dtype=torch.float16, custom_op_name=""):
        super().__init__(dtype)
        self.custom_op = custom_op_name


class ReuseInputObserver(_Watchless):
    """Says that a result is on the grid of what it was made of, as that of a reshape is."""

    def __init__(self):
        super().__init__(torch.quint8)
