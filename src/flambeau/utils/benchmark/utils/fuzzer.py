"""Fuzzer: random sizes and tensors of such sizes, for benchmarks of many shapes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import flambeau as torch

__all__ = ["FuzzedParameter", "FuzzedTensor", "Fuzzer", "ParameterAlias"]


class ParameterAlias:
    """In a distribution: the value of another parameter."""

    def __init__(self, alias_to: str) -> None:
        self.alias_to = alias_to

    def __repr__(self) -> str:
        return f"ParameterAlias[alias_to: {self.alias_to}]"


class FuzzedParameter:
    """A random number.

    minval, maxval: its bounds.  distribution: "uniform", "loguniform", or probabilities by values.  strict: whether it
    is drawn once for all attempts to meet the constraints.
    """

    def __init__(
        self, name: str, minval: float | None = None, maxval: float | None = None, distribution: Any = None,
        strict: bool = False,
    ) -> None:  # fmt: skip
        if not isinstance(distribution, dict) and distribution not in ("uniform", "loguniform"):
            raise AssertionError(f"Unknown distribution: {distribution}")
        self._name, self._minval, self._maxval = name, minval, maxval
        self._distribution, self.strict = distribution, strict

    @property
    def name(self) -> str:
        """The parameter's name."""
        return self._name

    def sample(self, state: np.random.RandomState) -> Any:
        """A value."""
        if isinstance(self._distribution, dict):
            index = state.choice(np.arange(len(self._distribution)), p=tuple(self._distribution.values()))
            return list(self._distribution)[index]
        low: Any = self._minval
        high: Any = self._maxval
        if self._distribution == "loguniform":
            return min(max(int(2 ** state.uniform(low=np.log2(low), high=np.log2(high))), low), high)
        if isinstance(low, int) and isinstance(high, int):
            return int(state.randint(low=low, high=high + 1))
        return state.uniform(low=low, high=high)


class FuzzedTensor:
    """A random tensor.

    size, steps: numbers or names of parameters; with steps it is every so many elements of a larger one.
    probability_contiguous: how often its dimensions lie in order.  min_elements, max_elements, max_allocation_bytes:
    which sizes are drawn anew.  dim_parameter: the parameter that says how many dimensions there are.
    tensor_constructor: makes the tensor of (size, dtype, **parameters).
    """

    def __init__(
        self, name: str, size: tuple[str | int, ...], steps: tuple[str | int, ...] | None = None,
        probability_contiguous: float = 0.5, min_elements: int | None = None, max_elements: int | None = None,
        max_allocation_bytes: int | None = None, dim_parameter: str | None = None, roll_parameter: str | None = None,
        dtype=torch.float32, cuda=False, tensor_constructor: Callable | None = None,
    ) -> None:  # fmt: skip
        self._name, self._size, self._steps = name, size, steps or ()
        self._probability_contiguous, self._dim_parameter, self._dtype = probability_contiguous, dim_parameter, dtype
        self._bounds = (min_elements or 0, max_elements or math.inf, max_allocation_bytes or math.inf)
        self._construct = tensor_constructor or self.default_tensor_constructor

    @property
    def name(self) -> str:
        """The tensor's name."""
        return self._name

    @staticmethod
    def default_tensor_constructor(size, dtype, **kwargs):
        """Uniform numbers, or integers from 1 to 126."""
        if dtype.is_floating_point or dtype.is_complex:
            return torch.rand(size=size, dtype=dtype)
        return torch.randint(1, 127, size=size, dtype=dtype)

    def _sizes(self, params: dict[str, Any]) -> tuple[tuple, tuple, tuple]:
        dim = len(self._size) if self._dim_parameter is None else params[self._dim_parameter]

        def resolved(values: tuple) -> tuple:
            return (*(params.get(v, v) for v in values), *(1,) * dim)[:dim]

        size, steps = resolved(self._size), resolved(self._steps)
        return size, steps, tuple(n * step for n, step in zip(size, steps))

    def satisfies_constraints(self, params: dict[str, Any]) -> bool:
        """Whether the tensor would be of a size within the bounds."""
        size, _, allocated = self._sizes(params)
        low, high, most = self._bounds
        itemsize = torch.empty(0, dtype=self._dtype).element_size()
        return low <= math.prod(size) <= high and math.prod(allocated) * itemsize <= most

    def _make_tensor(self, params: dict[str, Any], state: np.random.RandomState):
        size, steps, allocated = self._sizes(params)
        raw, order = self._construct(size=allocated, dtype=self._dtype, **params), np.arange(len(size))
        if state.rand() > self._probability_contiguous:
            while len(size) > 1 and np.all(order == np.arange(len(size))):
                order = state.permutation(raw.dim())
            raw = raw.permute(tuple(order.tolist())).contiguous().permute(tuple(np.argsort(order).tolist()))
        tensor = raw[tuple(slice(0, n * step, step) for n, step in zip(size, steps))]
        return tensor, {
            "numel": tensor.numel(), "order": order, "steps": steps, "is_contiguous": tensor.is_contiguous(),
            "dtype": str(self._dtype),
        }  # fmt: skip


class Fuzzer:
    """Draws parameters and tensors.

    parameters, tensors: what is drawn, in lists that may hold lists.  constraints: functions of the parameters that
    must all be true.  seed: of all random numbers.
    """

    def __init__(
        self, parameters: list, tensors: list, constraints: list[Callable] | None = None, seed: int | None = None
    ) -> None:
        self._seed = int(np.random.RandomState().randint(0, 2**32 - 1, dtype=np.int64)) if seed is None else seed
        self._parameters: list[FuzzedParameter] = _flat(parameters)
        self._tensors: list[FuzzedTensor] = _flat(tensors)
        self._constraints = constraints or ()
        if overlap := {p.name for p in self._parameters} & {t.name for t in self._tensors}:
            raise ValueError(f"Duplicate names in parameters and tensors: {overlap}")
        self._rejections = self._generated = 0

    def take(self, n: int) -> Iterator[tuple[dict, dict, dict]]:
        """n draws: the tensors and what is known of them, by name, and the parameters."""
        state = np.random.RandomState(self._seed)
        torch.manual_seed(int(state.randint(low=0, high=2**63, dtype=np.int64)))
        for _ in range(n):
            params = self._parameters_for(state)
            made = {t.name: t._make_tensor(params, state) for t in self._tensors}
            yield {k: v[0] for k, v in made.items()}, {k: v[1] for k, v in made.items()}, params

    @property
    def rejection_rate(self) -> float:
        """Which part of the draws did not meet the constraints."""
        return self._rejections / self._generated if self._generated else 0.0

    def _parameters_for(self, state: np.random.RandomState) -> dict[str, Any]:
        kept: dict[str, Any] = {}
        for _ in range(1000):
            params = {p.name: kept[p.name] if p.name in kept else p.sample(state) for p in self._parameters}
            kept = {p.name: params[p.name] for p in self._parameters if p.strict}
            while any(isinstance(v, ParameterAlias) for v in params.values()):
                params = {k: params[v.alias_to] if isinstance(v, ParameterAlias) else v for k, v in params.items()}
            self._generated += 1
            met = all(f(params) for f in self._constraints)
            if met and all(t.satisfies_constraints(params) for t in self._tensors):
                return params
            self._rejections += 1
        raise ValueError("Failed to generate a set of valid parameters.")


def _flat(values: list) -> list:
    return [v for value in values for v in (value if isinstance(value, (list, tuple)) else [value])]
