"""How a functional finds the kernel for what it is given: a table by type, filled where kernels are defined."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Collection
from typing import Any

import flambeau as torch

from .... import tv_tensors
from ...functional import InterpolationMode

_KERNELS: dict[Callable, dict[type, Callable]] = {}
_BUILTIN = {kind for kind in vars(tv_tensors).values() if isinstance(kind, type) and issubclass(kind, torch.Tensor)}
_METADATA = ("format", "canvas_size", "clamping_mode")


def is_pure_tensor(inpt: Any) -> bool:
    """Whether an object is a tensor that does not say what it holds."""
    return isinstance(inpt, torch.Tensor) and not isinstance(inpt, tv_tensors.TVTensor)


# ------------------------------------------------------------------ looking kernels up
def kernel_of(functional: Callable, input_type: type, *, allow_passthrough: bool = False) -> Callable:
    """The kernel of a functional for a type.

    Args:
        functional: what was called.
        input_type: the type of its input.
        allow_passthrough: where there is none, give one that returns its input.

    Raises:
        ValueError: the functional has no kernels at all.
        TypeError: it has none for this type.
    """
    kernels = _KERNELS.get(functional)
    if not kernels:
        raise ValueError(f"No kernel registered for functional {functional.__name__}.")
    for kind in input_type.__mro__:
        if kind in kernels:
            return kernels[kind]
        if kind is tv_tensors.TVTensor:  # a script's own class is no plain tensor
            break
    if allow_passthrough:
        return lambda inpt, *args, **kwargs: inpt
    raise TypeError(
        f"Functional F.{functional.__name__} supports inputs of type {kernels.keys()}, but got {input_type} instead."
    )


def call(functional: Callable, inpt: Any, *args: Any, **kwargs: Any):
    """A functional's result: that of its kernel for the input's type."""
    return kernel_of(functional, type(inpt))(inpt, *args, **kwargs)


# ------------------------------------------------------------------ registering kernels
def register(functional: Callable, *types: type) -> Callable:
    """A decorator: the kernel takes inputs of these types as they are. Raises ValueError where there is one."""
    kernels = _KERNELS.setdefault(functional, {})
    for kind in types:
        if kind in kernels:
            raise ValueError(f"Functional {functional} already has a kernel registered for type {kind}.")

    def decorate(kernel: Callable) -> Callable:
        kernels.update(dict.fromkeys(types, kernel))
        return kernel

    return decorate


def kernel(functional: Callable, *types: type) -> Callable:
    """A decorator: the kernel works on the plain tensors inside of TVTensors of these types (others it takes as they
    are), with those metadata and those arguments of the functional that it has parameters for.

    A kernel that changes the canvas gives the tensor and the canvas's new size.
    """

    def decorate(function: Callable) -> Callable:
        on_tv_tensors = _on_tv_tensors(functional, function)
        for kind in types:
            register(functional, kind)(on_tv_tensors if issubclass(kind, tv_tensors.TVTensor) else function)
        return function

    return decorate


def _on_tv_tensors(functional: Callable, function: Callable) -> Callable:
    names = list(inspect.signature(functional).parameters)[1:]
    taken = list(inspect.signature(function).parameters)[1:]
    metadata = [name for name in _METADATA if name in taken and name not in names]
    chooses = bool(metadata) or not set(names) <= set(taken)

    @functools.wraps(function)
    def on_tv_tensor(inpt, *args, **kwargs):
        if chooses:
            given = dict(zip(names, args)) | kwargs
            args, kwargs = (), {name: value for name, value in given.items() if name in taken}
            kwargs.update((name, getattr(inpt, name)) for name in metadata)
        return _wrapped(function(inpt.as_subclass(torch.Tensor), *args, **kwargs), inpt)

    return on_tv_tensor


def _wrapped(output: Any, like: tv_tensors.TVTensor):
    if not isinstance(output, tuple):
        return tv_tensors.wrap(output, like=like)
    if isinstance(output[1], torch.Tensor):
        return tuple(tv_tensors.wrap(part, like=like) for part in output)
    return tv_tensors.wrap(output[0], like=like, canvas_size=output[1])


def video_kernel(functional: Callable, image_kernel: Callable) -> Callable:
    """The kernel for videos of a functional that treats each image of a video alike."""

    def on_video(video, *args, **kwargs):
        return image_kernel(video, *args, **kwargs)

    return kernel(functional, tv_tensors.Video)(_named_after(image_kernel, on_video, "video"))


def same_kernel(functional: Callable, image_kernel: Callable, kind: type) -> Callable:
    """The kernel for a class of TVTensors, taken as they are, of what a functional says of images."""

    def on_tv_tensor(inpt):
        return image_kernel(inpt)

    return register(functional, kind)(_named_after(image_kernel, on_tv_tensor, kind.__name__.lower()))


def mask_kernel(functional: Callable, image_kernel: Callable) -> Callable:
    """The kernel for masks of a functional that treats them as images, with the nearest pixel."""
    fixed = {name: _UNMIXED[name] for name in inspect.signature(image_kernel).parameters if name in _UNMIXED}

    def on_mask_of_any_shape(mask, *args, **kwargs):
        given = signature.bind(mask, *args, **kwargs).arguments
        return on_mask(image_kernel, given.pop("mask"), **given, **fixed)

    named = _named_after(image_kernel, on_mask_of_any_shape, "mask", left_out=_UNMIXED)
    signature = inspect.signature(named)
    return kernel(functional, tv_tensors.Mask)(named)


_UNMIXED: dict[str, Any] = {"interpolation": InterpolationMode.NEAREST, "antialias": False}


def _named_after(image_kernel: Callable, function: Callable, kind: str, left_out: Collection[str] = ()) -> Callable:
    """A function with the name, docstring and parameters of a kernel for images, but for another kind of input."""
    signature = inspect.signature(image_kernel)
    first, *rest = (parameter for name, parameter in signature.parameters.items() if name not in left_out)
    functools.update_wrapper(function, image_kernel)
    function.__signature__ = signature.replace(parameters=[first.replace(name=kind), *rest])
    function.__name__ = function.__qualname__ = image_kernel.__name__.replace("_image", f"_{kind}")
    return function


def on_mask(image_kernel: Callable, mask: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
    """What a kernel for images makes of a mask, which needs no dimension of channels."""
    if mask.ndim >= 3:
        return image_kernel(mask, *args, **kwargs)
    return image_kernel(mask.unsqueeze(0), *args, **kwargs).squeeze(0)


def register_kernel(functional: Callable | str, tv_tensor_cls: type) -> Callable:
    """A decorator for scripts: the kernel is what a functional does with a TVTensor class of their own.

    Args:
        functional: a functional of this package, or its name.
        tv_tensor_cls: a subclass of TVTensor.

    Raises:
        ValueError: there is no such functional, or the class is none of the script's.
    """
    from .. import functional as published

    place = published.__name__
    if isinstance(functional, str):
        if not hasattr(published, functional):
            raise ValueError(
                f"Could not find functional with name '{functional}' in torchvision.transforms.v2.functional."
            )
        functional = getattr(published, functional)
    elif not (callable(functional) and getattr(functional, "__module__", "").startswith(place)):
        raise ValueError(
            "Kernels can only be registered on functionals from the torchvision.transforms.v2.functional namespace, "
            f"but got {functional}."
        )
    if not (isinstance(tv_tensor_cls, type) and issubclass(tv_tensor_cls, tv_tensors.TVTensor)):
        raise ValueError(
            "Kernels can only be registered for subclasses of torchvision.tv_tensors.TVTensor, "
            f"but got {tv_tensor_cls}."
        )
    if tv_tensor_cls in _BUILTIN:
        raise ValueError(f"Kernels cannot be registered for the builtin tv_tensor classes, but got {tv_tensor_cls}")
    return register(functional, tv_tensor_cls)
