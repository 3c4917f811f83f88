"""The base of the second transforms: any structure of inputs, of which each leaf is treated by its kind."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any

import PIL.Image

import flambeau as torch
from flambeau import nn
from flambeau.utils._pytree import tree_flatten, tree_unflatten

from ... import tv_tensors
from ._utils import check_type, get_fill, has_any, is_pure_tensor
from .functional._utils import kernel_of

_PICTURES = (tv_tensors.Image, tv_tensors.Video, PIL.Image.Image)


class Transform(nn.Module):
    """Base class of transforms; a transform of one's own overrides `make_params` and `transform`.

    Modes of interpolation may be given by their names, and colours (`fill`) as dictionaries of colours by type.
    """

    # What is transformed: types, or functions that say whether an object is. Everything else passes through.
    _transformed_types: tuple[type | Callable[[Any], bool], ...] = (torch.Tensor, PIL.Image.Image)
    # The functional that `transform` calls, and the names of the settings that it is given beside what is drawn.
    _calls: tuple = ()
    # The first transform of this name: its `get_params` and what its docstring says of arguments are this one's, too.
    _v1_transform_cls: type[nn.Module] | None = None

    def __init__(self) -> None:
        super().__init__()

    def __init_subclass__(cls, **kwargs) -> None:
        super().__init_subclass__(**kwargs)
        first = vars(cls).get("_v1_transform_cls")
        if first is not None and "\n\n" not in (cls.__doc__ or ""):
            cls.__doc__ = "\n\n".join([cls.__doc__ or "", *(first.__doc__ or "").split("\n\n")[1:]])
        if hasattr(cls._v1_transform_cls, "get_params"):
            cls.get_params = staticmethod(cls._v1_transform_cls.get_params)

    def check_inputs(self, flat_inputs: list[Any]) -> None:
        """Raises where the inputs, as a list of leaves, are not what this transform can take."""

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """What is the same for all inputs of one call: draws the random numbers.

        Args:
            flat_inputs: the inputs that are to be transformed, as a list of leaves.

        Returns:
            What `transform` is given beside each of them.
        """
        return {}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """One input, transformed.

        Args:
            inpt: a leaf of the inputs.
            params: what `make_params` gave.
        """
        if not self._calls:
            raise NotImplementedError
        functional, *names = self._calls
        how = {name: getattr(self, name) for name in names}
        if "fill" in how:
            how["fill"] = get_fill(self._fill, type(inpt))
        return self._call_kernel(functional, inpt, **params, **how)

    def _call_kernel(self, functional: Callable, inpt: Any, *args: Any, **kwargs: Any) -> Any:
        return kernel_of(functional, type(inpt), allow_passthrough=True)(inpt, *args, **kwargs)

    def forward(self, *inputs: Any) -> Any:
        """The inputs transformed, in the structure that they came in; own transforms do not override this."""
        flat_inputs, spec = tree_flatten(inputs if len(inputs) > 1 else inputs[0])
        self.check_inputs(flat_inputs)
        return tree_unflatten(self._transformed(flat_inputs), spec)

    def _transformed(self, flat_inputs: list[Any]) -> list[Any]:
        needed = self._needs_transform_list(flat_inputs)
        params = self.make_params([inpt for inpt, needs in zip(flat_inputs, needed) if needs])
        return [self.transform(inpt, params) if needs else inpt for inpt, needs in zip(flat_inputs, needed)]

    def _needs_transform_list(self, flat_inputs: list[Any]) -> list[bool]:
        """Which leaves are transformed: of tensors that do not say what they hold only the first, and that only where
        nothing else says that it is an image; the others may be labels."""
        takes_tensor = not has_any(flat_inputs, *_PICTURES)
        needed = []
        for inpt in flat_inputs:
            needs = check_type(inpt, self._transformed_types)
            if needs and is_pure_tensor(inpt):
                needs, takes_tensor = takes_tensor, False
            needed.append(needs)
        return needed

    def extra_repr(self) -> str:
        shown = (bool, int, float, str, tuple, list, enum.Enum)
        return ", ".join(
            f"{name}={value}"
            for name, value in self.__dict__.items()
            if not name.startswith("_") and name != "training" and isinstance(value, shown)
        )


class _RandomApplyTransform(Transform):
    """A transform that leaves its inputs alone with a probability of 1 - p."""

    def __init__(self, p: float = 0.5) -> None:
        if not (0.0 <= p <= 1.0):
            raise ValueError("`p` should be a floating point value in the interval [0.0, 1.0].")
        super().__init__()
        self.p = p

    def forward(self, *inputs: Any) -> Any:
        inputs = inputs if len(inputs) > 1 else inputs[0]
        flat_inputs, spec = tree_flatten(inputs)
        self.check_inputs(flat_inputs)
        if torch.rand(1) >= self.p:
            return inputs
        return tree_unflatten(self._transformed(flat_inputs), spec)
