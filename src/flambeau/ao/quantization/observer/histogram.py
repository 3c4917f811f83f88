"""HistogramObserver: how often each number comes, and the range that loses least when it is laid on integers."""

from __future__ import annotations

import math
import warnings
from bisect import bisect_left, bisect_right

import numpy as np

import flambeau as torch

from ..utils import is_per_tensor
from .base import EPS, UniformQuantizationObserverBase
from .extremes import refuse

_STEP = 1e-5  # the share of the numbers that each step of the search gives up at one end
_FINER = 16  # into how many parts a bin is cut when the range grows


class HistogramObserver(UniformQuantizationObserverBase):
    """Counts numbers in bins between the least and the greatest so far, and chooses the range with the least error.

    The search gives up bins at that end where more of them go for a fixed share of the numbers, as long as the squared
    error of the numbers on the grid becomes less.

    Args:
        bins: the number of bins.
        dtype, qscheme, reduce_range, quant_min, quant_max, eps: see the base class; one scale for all numbers.
    """

    histogram: torch.Tensor

    def __init__(
        self, bins: int = 2048, dtype=torch.quint8, qscheme=torch.per_tensor_affine, reduce_range=False,
        quant_min=None, quant_max=None, factory_kwargs=None, eps=EPS, is_dynamic=False, **kwargs,
    ):  # fmt: skip
        if not is_per_tensor(qscheme):
            raise NotImplementedError(
                "HistogramObserver's qscheme only support torch.per_tensor_symmetric and torch.per_tensor_affine."
            )
        if is_dynamic:
            refuse(type(self), "dynamic quantization")
        super().__init__(
            dtype, qscheme, reduce_range, quant_min, quant_max, factory_kwargs, eps, is_dynamic=is_dynamic, **kwargs
        )
        self.bins = bins
        self.register_buffer("histogram", torch.zeros(bins, **self.factory))
        self.register_buffer("min_val", torch.tensor(math.inf, **self.factory))
        self.register_buffer("max_val", torch.tensor(-math.inf, **self.factory))
        self.dst_nbins = 2 ** torch.iinfo(dtype).bits
        self.upsample_rate = _FINER

    # ------------------------------------------------------------------ counting
    @torch.no_grad()
    def forward(self, x_orig: torch.Tensor) -> torch.Tensor:
        x = x_orig.detach()
        if not x.numel():
            return x_orig
        low, high = _extremes(x)
        if low == -math.inf or high == math.inf:
            warnings.warn("torch.inf detected in input tensor, ignoring input", stacklevel=2)
            x = x[x.abs() != math.inf]
            if not x.numel():
                return x_orig
            low, high = _extremes(x)
        if self.min_val.item() == math.inf or self.max_val.item() == -math.inf:
            self.reset_histogram(x, torch.tensor(low), torch.tensor(high))
        else:
            self._count(x, min(self.min_val.item(), low), max(self.max_val.item(), high))
        return x_orig

    def reset_histogram(self, x: torch.Tensor, min_val: torch.Tensor, max_val: torch.Tensor) -> None:
        """Forgets all, and counts the numbers of x between two."""
        if min_val.numel() != 1 or max_val.numel() != 1:
            raise AssertionError("histogram min/max values must be scalar.")
        self.min_val.resize_(min_val.shape).copy_(min_val)
        self.max_val.resize_(max_val.shape).copy_(max_val)
        self._keep(torch.histc(x, self.bins, min=min_val.item(), max=max_val.item()))

    def _count(self, x: torch.Tensor, low: float, high: float) -> None:
        """Adds the numbers of x, where the range grows to two bounds."""
        new = torch.histc(x, self.bins, min=low, max=high)
        self._keep(new + self._on_range(low, high))
        self.min_val.fill_(low)
        self.max_val.fill_(high)

    def _keep(self, histogram: torch.Tensor) -> None:
        self.histogram.resize_(histogram.shape).copy_(histogram)

    def _on_range(self, low: float, high: float) -> torch.Tensor:
        """The histogram over a range that has the present one inside; each bin goes where its parts' middles are."""
        old_low, old_high = self.min_val, self.max_val
        if (low, high) == (old_low.item(), old_high.item()):
            return self.histogram
        if old_low.item() == old_high.item():
            return torch.histc(old_low, self.bins, min=low, max=high) * self.histogram.sum()
        count = self.bins * self.upsample_rate
        parts = self.histogram.repeat_interleave(self.upsample_rate) / self.upsample_rate
        starts = torch.linspace(old_low.item(), old_high.item(), count + 1)[:-1]
        middles = starts + 0.5 * ((old_high - old_low) / count)
        bounds = torch.linspace(low, high, self.bins + 1)
        places = (torch.bucketize(middles, bounds, right=True) - 1).clamp(0, self.bins - 1)
        return torch.bincount(places, weights=parts, minlength=self.bins)

    # ------------------------------------------------------------------ choosing
    def calculate_qparams(self):
        """The scale (1,) and the zero point (1,)."""
        if self.min_val.item() == math.inf and self.max_val.item() == -math.inf:
            warnings.warn(
                "must run observer before calling calculate_qparams. Returning default scale and zero point ",
                stacklevel=2,
            )
            return torch.tensor([1.0]), torch.tensor([0])
        if self.bins != len(self.histogram):
            raise AssertionError(
                "The number of bins in histogram should be equal to the number of bins supplied while making this "
                "observer"
            )
        return self._calculate_qparams(*self._non_linear_param_search())

    def _non_linear_param_search(self) -> tuple[torch.Tensor, torch.Tensor]:
        """The bounds with the least error."""
        counts = self.histogram.cumsum(0).tolist()
        total = self.histogram.sum().item()
        first, last, below, above, least = 0, self.bins - 1, 0.0, 1.0, math.inf
        while below < above:
            less, more = below + _STEP, above - _STEP
            left = bisect_left(counts, _single(less * total), first, last)
            right = bisect_right(counts, _single(more * total), first + 1, last + 1) - 1
            if left - first > last - right:
                right, below = last, less
            else:
                left, above = first, more
            if (left, right) == (first, last):
                continue
            error = self._compute_quantization_error(left, right)
            if error > least:
                break
            first, last, least = left, right, error
        width = (self.max_val - self.min_val) / self.bins
        return self.min_val + width * first, self.min_val + width * (last + 1)

    @torch.no_grad()
    def _compute_quantization_error(self, next_start_bin: int, next_end_bin: int) -> float:
        """The squared error of all numbers where those of some bins are laid on the integers.

        Numbers are spread evenly over their bin, which may begin and end in different steps of the grid.
        """
        width = (self.max_val.item() - self.min_val.item()) / self.bins
        step = width * (next_end_bin - next_start_bin + 1) / self.dst_nbins
        if step == 0.0:
            return 0.0
        begin = (torch.arange(self.bins) - next_start_bin) * width
        end = begin + width
        first, last = (x.div(step, rounding_mode="floor").clamp(0, self.dst_nbins - 1) for x in (begin, end))
        density = self.histogram / width
        half = torch.tensor(step / 2)
        error = _moment(begin - (first + 0.5) * step, half, density)
        error = error + (last - first - 1) * _moment(-half, half, density)
        return (error + _moment(-half, end - (last * step + step / 2), density)).sum().item()

    # ------------------------------------------------------------------ files
    def _load_from_state_dict(self, state_dict, prefix, local_metadata, strict, missing_keys, *args):
        for name, nothing in (("min_val", math.inf), ("max_val", -math.inf)):
            key = prefix + name
            if key not in state_dict:
                missing_keys += [key] * bool(strict)
                continue
            if (local_metadata.get("version") or 0) < 3 and state_dict[key].shape == (0,):
                state_dict[key] = torch.tensor(nothing)
            setattr(self, name, state_dict[key])
        super()._load_from_state_dict(state_dict, prefix, local_metadata, strict, missing_keys, *args)


def _extremes(x: torch.Tensor) -> tuple[float, float]:
    low, high = x.aminmax()
    return low.item(), high.item()


def _single(x: float) -> float:
    """A number as float32 holds it, as counts are compared with it there."""
    return float(np.float32(x))


def _moment(begin, end, density) -> torch.Tensor:
    """The integral of density * x * x between two bounds."""
    return density * ((end * end * end - begin * begin * begin) / 3)
