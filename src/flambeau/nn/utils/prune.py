"""torch.nn.utils.prune: parameters of which elements are set to zero, by a mask and a hook on forward.

A pruned `weight` is weight_orig * weight_mask; weight_orig is what is learned. A method says which elements of those
that are left go; several one after the other are kept in a PruningContainer.
"""

from __future__ import annotations

import numbers
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any

from ... import Tensor, kthvalue, norm, ones_like, rand, rand_like, topk, zeros_like
from .convert_parameters import parameters_to_vector


class BasePruningMethod(ABC):
    """A way to choose the elements that go; subclasses say PRUNING_TYPE and compute_mask.

    PRUNING_TYPE: "unstructured" (single elements of those left), "structured" (whole slices along `dim` of those that
    are left) or "global" (anything).
    """

    _tensor_name: str
    PRUNING_TYPE: str

    def __call__(self, module, inputs) -> None:
        """The hook before forward."""
        setattr(module, self._tensor_name, self.apply_mask(module))

    @abstractmethod
    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask (of default_mask's shape) that says which elements of t stay, of those that default_mask keeps."""

    def apply_mask(self, module) -> Tensor:
        """The pruned tensor."""
        mask, original = (getattr(module, self._tensor_name + part) for part in ("_mask", "_orig"))
        return mask.to(original.dtype) * original

    @classmethod
    def apply(cls, module, name: str, *args, importance_scores: Tensor | None = None, **kwargs):
        """Prunes a tensor of a module by a method made of the arguments; returns the method.

        importance_scores: what compute_mask looks at, the tensor itself where None.
        """
        method, tensor = _joined(cls(*args, **kwargs), module, name), getattr(module, name)
        if importance_scores is None:
            importance_scores = tensor
        elif importance_scores.shape != tensor.shape:
            raise AssertionError(
                f"importance_scores should have the same shape as parameter {name} of {module}, got "
                f"{importance_scores.shape} vs {tensor.shape}"
            )
        first = not isinstance(method, PruningContainer)
        if first:
            module.register_parameter(name + "_orig", tensor)
            del module._parameters[name]
        default_mask = ones_like(tensor) if first else getattr(module, name + "_mask").detach().clone()
        try:
            module.register_buffer(name + "_mask", method.compute_mask(importance_scores, default_mask))
            setattr(module, name, method.apply_mask(module))
            module.register_forward_pre_hook(method)
        except Exception:
            if first:
                del module._parameters[name + "_orig"]
                module.register_parameter(name, tensor)
            raise
        return method

    def prune(self, t: Tensor, default_mask: Tensor | None = None, importance_scores: Tensor | None = None) -> Tensor:
        """A pruned copy of a tensor; AssertionError where the scores have another shape."""
        scores = t if importance_scores is None else importance_scores
        if scores.shape != t.shape:
            raise AssertionError("importance_scores should have the same shape as tensor t")
        return t * self.compute_mask(scores, ones_like(t) if default_mask is None else default_mask)

    def remove(self, module) -> None:
        """Makes the tensor an ordinary parameter again; the pruned elements stay zero."""
        name = self._tensor_name
        weight, original = self.apply_mask(module), module._parameters[name + "_orig"]
        if hasattr(module, name):
            delattr(module, name)
        original.data = weight.data
        del module._parameters[name + "_orig"]
        del module._buffers[name + "_mask"]
        setattr(module, name, original)


def _joined(method: BasePruningMethod, module, name: str) -> BasePruningMethod:
    """The method, or the container of it and those that the tensor was pruned by before."""
    method._tensor_name = name
    keys = [key for key, hook in module._forward_pre_hooks.items() if _prunes(hook, name)]
    if len(keys) > 1:
        raise AssertionError(
            f"Avoid adding multiple pruning hooks to the same tensor {name} of module {module}. Use a PruningContainer."
        )
    if not keys:
        return method
    before = module._forward_pre_hooks.pop(keys[0])
    container = before if isinstance(before, PruningContainer) else PruningContainer(before)
    container.add_pruning_method(method)
    return container


def _prunes(hook, name: str) -> bool:
    return isinstance(hook, BasePruningMethod) and hook._tensor_name == name


class PruningContainer(BasePruningMethod):
    """The methods by which one tensor was pruned, in order."""

    def __init__(self, *args):
        self._pruning_methods: tuple = ()
        if args:
            self._tensor_name = args[0]._tensor_name
        for method in args:
            self.add_pruning_method(method)

    def add_pruning_method(self, method) -> None:
        """Adds a method; TypeError for other objects, ValueError where it belongs to another tensor."""
        if not isinstance(method, BasePruningMethod) and method is not None:
            raise TypeError(f"{type(method)} is not a BasePruningMethod subclass")
        if method is not None and self._pruning_methods and self._tensor_name != method._tensor_name:
            raise ValueError(
                "Can only add pruning methods acting on the parameter named "
                f"'{self._tensor_name}' to PruningContainer {self}. Found '{method._tensor_name}'"
            )
        self._pruning_methods += (method,)

    def __len__(self):
        return len(self._pruning_methods)

    def __iter__(self):
        return iter(self._pruning_methods)

    def __getitem__(self, idx):
        return self._pruning_methods[idx]

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """What the last method leaves of what those before it left."""
        method, mask = self._pruning_methods[-1], default_mask.to(dtype=t.dtype)
        left = _left(method, t, mask)
        result = mask.clone()
        result[left] = method.compute_mask(t[left], default_mask=mask[left])
        return result


def _left(method: BasePruningMethod, t: Tensor, mask: Tensor):
    """The index of the elements that a method may choose from."""
    if method.PRUNING_TYPE == "unstructured":
        return mask == 1
    index: list[Any] = [slice(None)] * t.dim()
    if method.PRUNING_TYPE == "structured":
        if not hasattr(method, "dim"):
            raise AttributeError(
                "Pruning methods of PRUNING_TYPE 'structured' need to have the attribute `dim` defined."
            )
        dim = method.dim if method.dim >= 0 else t.dim() + method.dim
        if dim < 0:
            raise IndexError(f"Index is out of bounds for tensor with dimensions {t.dim()}")
        index[dim] = mask.sum([d for d in range(t.dim()) if d != dim]) != 0
    elif method.PRUNING_TYPE != "global":
        raise ValueError(f"Unrecognized PRUNING_TYPE {method.PRUNING_TYPE}")
    return tuple(index)


# ------------------------------------------------------------------ the methods
class Identity(BasePruningMethod):
    """Prunes nothing, but makes the tensor a masked one."""

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        return default_mask


class _Unstructured(BasePruningMethod):
    """Prunes single elements, which `_chosen` finds. amount: their number, or their part of all."""

    PRUNING_TYPE = "unstructured"

    def __init__(self, amount):
        _check_amount(amount)
        self.amount = amount

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        count, mask = _count(self.amount, t.nelement()), default_mask.clone()
        if count:
            mask.view(-1)[self._chosen(t, count)] = 0
        return mask

    def _chosen(self, t: Tensor, count: int) -> Tensor:
        """The flat positions of the elements that go."""
        raise NotImplementedError


class RandomUnstructured(_Unstructured):
    """Prunes elements at random. amount: their number, or their part of all."""

    def _chosen(self, t: Tensor, count: int) -> Tensor:
        return topk(rand_like(t).reshape(-1), k=count).indices


class L1Unstructured(_Unstructured):
    """Prunes the elements of the smallest size. amount: their number, or their part of all."""

    def _chosen(self, t: Tensor, count: int) -> Tensor:
        return topk(t.abs().reshape(-1), k=count, largest=False).indices

    @classmethod
    def apply(cls, module, name: str, amount, importance_scores: Tensor | None = None):  # type: ignore[override]
        return super().apply(module, name, amount=amount, importance_scores=importance_scores)


class _Structured(BasePruningMethod):
    """Prunes slices along a dimension; `_kept` says which stay."""

    PRUNING_TYPE = "structured"
    amount: Any
    dim: int

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        _check_slices(t, self.dim)
        count = _count(self.amount, t.shape[self.dim])
        return _slices(t, self.dim, self._kept(t, count)) * default_mask.to(t.dtype) if count else default_mask

    def _kept(self, t: Tensor, count: int) -> Tensor:
        """For each slice whether it stays, when `count` are to go."""
        raise NotImplementedError


class RandomStructured(_Structured):
    """Prunes slices along a dimension at random. amount: their number, or their part of all."""

    def __init__(self, amount, dim: int = -1):
        _check_amount(amount)
        self.amount, self.dim = amount, dim

    def _kept(self, t: Tensor, count: int) -> Tensor:
        draws = rand(t.shape[self.dim])
        return draws > kthvalue(draws, k=count).values


class LnStructured(_Structured):
    """Prunes the slices along a dimension whose norm of order n is smallest. amount: their number, or part of all."""

    def __init__(self, amount, n, dim: int = -1):
        _check_amount(amount)
        self.amount, self.n, self.dim = amount, n, dim

    def _kept(self, t: Tensor, count: int) -> Tensor:
        norms = norm(t, p=self.n, dim=[d for d in range(t.dim()) if d != self.dim % t.dim()])
        kept = zeros_like(norms)
        kept[topk(norms, k=t.shape[self.dim] - count).indices] = 1
        return kept

    @classmethod
    def apply(  # type: ignore[override]
        cls, module, name: str, amount, n, dim: int, importance_scores: Tensor | None = None
    ):
        return super().apply(module, name, amount=amount, n=n, dim=dim, importance_scores=importance_scores)


class CustomFromMask(BasePruningMethod):
    """Prunes what a given mask does not keep."""

    PRUNING_TYPE = "global"

    def __init__(self, mask: Tensor):
        self.mask = mask

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        if default_mask.shape != self.mask.shape:
            raise AssertionError(
                f"default_mask shape {default_mask.shape} must match self.mask shape {self.mask.shape}"
            )
        return default_mask * self.mask.to(dtype=default_mask.dtype)


def _slices(t: Tensor, dim: int, kept: Tensor) -> Tensor:
    """A mask like t from one over the slices along a dimension."""
    shape = [1] * t.dim()
    shape[dim] = -1
    return kept.to(t.dtype).reshape(shape).expand(t.shape)


# ------------------------------------------------------------------ for users
def identity(module, name: str):
    """Makes a tensor a pruned one that keeps all elements; returns the module."""
    Identity.apply(module, name)
    return module


def random_unstructured(module, name: str, amount):
    """Prunes elements of a tensor at random; returns the module."""
    RandomUnstructured.apply(module, name, amount)
    return module


def l1_unstructured(module, name: str, amount, importance_scores: Tensor | None = None):
    """Prunes the smallest elements of a tensor (or those of the smallest scores); returns the module."""
    L1Unstructured.apply(module, name, amount=amount, importance_scores=importance_scores)
    return module


def random_structured(module, name: str, amount, dim: int):
    """Prunes slices of a tensor along a dimension at random; returns the module."""
    RandomStructured.apply(module, name, amount, dim)
    return module


def ln_structured(module, name: str, amount, n, dim: int, importance_scores: Tensor | None = None):
    """Prunes the slices of a tensor along a dimension with the smallest norms of order n; returns the module."""
    LnStructured.apply(module, name, amount, n, dim, importance_scores=importance_scores)
    return module


def custom_from_mask(module, name: str, mask: Tensor):
    """Prunes a tensor by a mask; returns the module."""
    CustomFromMask.apply(module, name, mask)
    return module


def global_unstructured(parameters, pruning_method, importance_scores: dict | None = None, **kwargs) -> None:
    """Prunes several tensors as if they were one.

    parameters: pairs of module and name.  pruning_method: a class of the "unstructured" type, made of kwargs.
    importance_scores: tensors by such pairs. Raises TypeError for anything else.
    """
    if not isinstance(parameters, Iterable):
        raise TypeError("global_unstructured(): parameters is not an Iterable")
    importance_scores = {} if importance_scores is None else importance_scores
    if not isinstance(importance_scores, dict):
        raise TypeError("global_unstructured(): importance_scores must be of type dict")
    parameters = list(parameters)
    tensors = [getattr(module, name) for module, name in parameters]
    scores = [importance_scores.get(place, tensor) for place, tensor in zip(parameters, tensors)]
    masks = [getattr(module, f"{name}_mask", ones_like(t)) for (module, name), t in zip(parameters, tensors)]
    container, method = PruningContainer(), pruning_method(**kwargs)
    container._tensor_name = method._tensor_name = "temp"
    if method.PRUNING_TYPE != "unstructured":
        raise TypeError(
            'Only "unstructured" PRUNING_TYPE supported for the `pruning_method`. Found method '
            f"{pruning_method} of type {method.PRUNING_TYPE}"
        )
    container.add_pruning_method(method)
    final = container.compute_mask(parameters_to_vector(scores), parameters_to_vector(masks))
    for (module, name), part, tensor in zip(parameters, final.split([t.numel() for t in tensors]), tensors):
        custom_from_mask(module, name, part.view_as(tensor))


def remove(module, name: str):
    """Makes a pruned tensor an ordinary parameter, with zeros where it is pruned; returns the module.

    Raises ValueError where it is not pruned.
    """
    for key, hook in module._forward_pre_hooks.items():
        if _prunes(hook, name):
            hook.remove(module)
            del module._forward_pre_hooks[key]
            return module
    raise ValueError(f"Parameter '{name}' of module {module} has to be pruned before pruning can be removed")


def is_pruned(module) -> bool:
    """Whether a tensor of a module, or of one below it, is pruned."""
    return any(isinstance(h, BasePruningMethod) for m in module.modules() for h in m._forward_pre_hooks.values())


# ------------------------------------------------------------------ checks
def _check_amount(amount) -> None:
    if not isinstance(amount, numbers.Real):
        raise TypeError(f"Invalid type for amount: {amount}. Must be int or float.")
    if amount < 0 or (not isinstance(amount, numbers.Integral) and amount > 1):
        raise ValueError(f"amount={amount} should either be a float in the range [0, 1] or a non-negative integer")


def _count(amount, size: int) -> int:
    """How many of `size` are to be pruned; ValueError where there are not so many."""
    if not isinstance(amount, numbers.Integral):
        return round(amount * size)
    if amount > size:
        raise ValueError(f"amount={amount} should be smaller than the number of parameters to prune={size}")
    return int(amount)


def _check_slices(t: Tensor, dim: int) -> None:
    if t.dim() <= 1:
        raise ValueError(
            f"Structured pruning can only be applied to multidimensional tensors. Found tensor of shape {t.shape} with "
            f"{t.dim()} dims"
        )
    if not -t.dim() <= dim < t.dim():
        raise IndexError(f"Invalid index {dim} for tensor of size {t.shape}")
