"""A module's state as a flat dict of tensors, and back: state_dict, load_state_dict and their hooks.

Out: an OrderedDict from dotted names to tensors, in the order of registration, whose `_metadata` holds a version for
each module. In: the same, from this process or from a file. Loading copies into the tensors that the module already
has.
"""

from __future__ import annotations

import itertools
import warnings
from collections import OrderedDict, namedtuple
from collections.abc import Mapping
from typing import Any, TypeVar

from .. import Tensor, no_grad
from .hooks import BoundHook, RemovableHandle, add_hook
from .parameter import Parameter, is_lazy

EXTRA_STATE = "_extra_state"
_NEVER_CALLED = (
    "Reached a code path in Module.{}() that should never be called. Please file an issue at "
    "https://github.com/pytorch/pytorch/issues/new?template=bug-report.yml to report this bug."
)


class _IncompatibleKeys(namedtuple("IncompatibleKeys", ["missing_keys", "unexpected_keys"])):
    """What load_state_dict returns: the keys that one side has and the other has not."""

    __slots__ = ()

    def __repr__(self):
        return super().__repr__() if self.missing_keys or self.unexpected_keys else "<All keys matched successfully>"

    __str__ = __repr__


class Stateful:
    """The part of Module that saves and loads."""

    T_destination = TypeVar("T_destination", bound=dict[str, Any])
    _version: int = 1

    def get_extra_state(self) -> Any:
        """What a subclass wants saved besides parameters and buffers; override together with set_extra_state."""
        raise RuntimeError(_NEVER_CALLED.format("get_extra_state"))

    def set_extra_state(self, state: Any) -> None:
        """Takes back what get_extra_state returned."""
        raise RuntimeError(_NEVER_CALLED.format("set_extra_state"))

    # ------------------------------------------------------------------ saving
    def state_dict(self, *args, destination=None, prefix: str = "", keep_vars: bool = False):
        """All parameters and persistent buffers of this module and its submodules, by dotted name.

        destination: a dict to fill, a new one where None.  prefix: put before each name.
        keep_vars: give the tensors themselves; else detached ones over the same memory.
        """
        if args:
            destination, prefix, keep_vars = _legacy_arguments(args, destination, prefix, keep_vars)
        if destination is None:
            destination = OrderedDict()
            destination._metadata = OrderedDict()  # type: ignore[attr-defined]
        metadata = {"version": self._version}
        if hasattr(destination, "_metadata"):
            destination._metadata[prefix[:-1]] = metadata
        for hook in self._state_dict_pre_hooks.values():
            hook(self, prefix, keep_vars)
        self._save_to_state_dict(destination, prefix, keep_vars)
        for name, module in self._modules.items():
            if module is not None:
                module.state_dict(destination=destination, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
        return self._after_saving(destination, prefix, metadata)

    def _after_saving(self, destination, prefix, metadata):
        for hook in self._state_dict_hooks.values():
            result = hook(self, destination, prefix, metadata)
            if result is not None:
                if getattr(hook, "_from_public_api", False):
                    raise RuntimeError("state_dict post-hook must return None")
                destination = result
        return destination

    def _save_to_state_dict(self, destination, prefix, keep_vars) -> None:
        """Saves what this module itself holds; subclasses may extend it."""
        for name, tensor in self._own_state().items():
            destination[prefix + name] = tensor if keep_vars or is_lazy(tensor) else tensor.detach()
        if _overrides(self, "get_extra_state"):
            destination[prefix + EXTRA_STATE] = self.get_extra_state()

    def _own_state(self) -> dict[str, Tensor]:
        """Parameters and persistent buffers of this module alone."""
        buffers = ((k, v) for k, v in self._buffers.items() if k not in self._non_persistent_buffers_set)
        return {k: v for k, v in itertools.chain(self._parameters.items(), buffers) if v is not None}

    def register_state_dict_pre_hook(self, hook) -> RemovableHandle:
        """Calls hook(module, prefix, keep_vars) before the state is collected."""
        return add_hook(self._state_dict_pre_hooks, hook)

    def register_state_dict_post_hook(self, hook) -> RemovableHandle:
        """Calls hook(module, state_dict, prefix, local_metadata) after it; it may change the dict, and returns None."""
        hook._from_public_api = True
        return add_hook(self._state_dict_hooks, hook)

    def _register_state_dict_hook(self, hook) -> RemovableHandle:
        if getattr(hook, "_from_public_api", False):
            raise RuntimeError(
                "Cannot register the same function as the state dict post hook that was previously registered via "
                "register_state_dict_post_hook"
            )
        return add_hook(self._state_dict_hooks, hook)

    # ------------------------------------------------------------------ loading
    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> _IncompatibleKeys:
        """Copies a state dict into this module and its submodules.

        strict: whether the keys must match exactly.  assign: make the dict's tensors the module's own, instead of
        copying. Returns the missing and the unexpected keys. Raises RuntimeError that lists all that does not fit.
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict)}.")
        loading = _Loading(state_dict, assign)
        loading.load(self, loading.state, "")
        loading.check(type(self).__name__, strict)
        return loading.keys

    def _load_from_state_dict(
        self, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs
    ) -> None:
        """Loads what this module itself holds; subclasses may extend it."""
        for hook in self._load_state_dict_pre_hooks.values():
            hook(state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)
        own, assign = self._own_state(), local_metadata.get("assign_to_params_buffers", False)
        for name, tensor in own.items():
            if prefix + name in state_dict:
                _load_tensor(self, name, tensor, prefix + name, state_dict[prefix + name], assign, error_msgs)
            elif strict:
                missing_keys.append(prefix + name)
        self._load_extra_state(state_dict, prefix + EXTRA_STATE, strict, missing_keys, unexpected_keys)
        if strict:
            unexpected_keys.extend(k for k in state_dict if _is_unexpected(k, prefix, self._modules, own))

    def _load_extra_state(self, state_dict, key, strict, missing_keys, unexpected_keys):
        wanted, there = _overrides(self, "set_extra_state"), key in state_dict
        if wanted and there:
            self.set_extra_state(state_dict[key])
        elif strict and wanted != there:
            (missing_keys if wanted else unexpected_keys).append(key)

    def register_load_state_dict_pre_hook(self, hook) -> RemovableHandle:
        """Calls hook(module, state_dict, prefix, metadata, strict, missing, unexpected, errors) before loading."""
        return self._register_load_state_dict_pre_hook(hook, with_module=True)

    def _register_load_state_dict_pre_hook(self, hook, with_module: bool = False) -> RemovableHandle:
        return add_hook(self._load_state_dict_pre_hooks, BoundHook(hook, self) if with_module else hook)

    def register_load_state_dict_post_hook(self, hook) -> RemovableHandle:
        """Calls hook(module, incompatible_keys) after loading; it may change the keys in place."""
        return add_hook(self._load_state_dict_post_hooks, hook)


class _Loading:
    """One walk of load_state_dict through the modules, and what it found."""

    def __init__(self, state_dict: Mapping[str, Any], assign: bool):
        self.metadata = getattr(state_dict, "_metadata", None)
        self.state: Any = OrderedDict(state_dict)
        if self.metadata is not None:
            self.state._metadata = self.metadata
        self.assign = assign
        self.errors: list[str] = []
        self.keys = _IncompatibleKeys([], [])

    def load(self, module, state, prefix: str):
        metadata = {} if self.metadata is None else self.metadata.get(prefix[:-1], {})
        if self.assign:
            metadata["assign_to_params_buffers"] = True
        module._load_from_state_dict(state, prefix, metadata, True, *self.keys, self.errors)
        for name, child in module._modules.items():
            if child is not None:
                below = f"{prefix}{name}."
                self.load(child, {k: v for k, v in state.items() if k.startswith(below)}, below)
        for hook in module._load_state_dict_post_hooks.values():
            if hook(module, self.keys) is not None:
                raise AssertionError(
                    "Hooks registered with ``register_load_state_dict_post_hook`` are not expected to return new "
                    "values, if incompatible_keys need to be modified, it should be done inplace."
                )

    def check(self, name: str, strict: bool):
        """Raises RuntimeError where something did not fit."""
        if strict:
            missing, unexpected = (", ".join(f'"{k}"' for k in keys) for keys in self.keys)
            if unexpected:
                self.errors.insert(0, f"Unexpected key(s) in state_dict: {unexpected}. ")
            if missing:
                self.errors.insert(0, f"Missing key(s) in state_dict: {missing}. ")
        if self.errors:
            raise RuntimeError(f"Error(s) in loading state_dict for {name}:\n\t" + "\n\t".join(self.errors))


def _load_tensor(module, name: str, tensor, key: str, value, assign: bool, errors: list[str]):
    """Copies one value of a state dict into a tensor of the module, or adds to the errors."""
    if not isinstance(value, Tensor):
        errors.append(
            f'While copying the parameter named "{key}", expected torch.Tensor or Tensor-like object from checkpoint '
            f"but received {type(value)}"
        )
        return
    if is_lazy(tensor) and is_lazy(value):
        return  # neither has anything to copy
    if tensor.dim() == 0 and tuple(value.shape) == (1,):
        value = value[0]  # scalars were saved with one dimension long ago
    if value.shape != tensor.shape:
        errors.append(
            f"size mismatch for {key}: copying a param with shape {value.shape} from checkpoint, the shape in current "
            f"model is {tensor.shape}."
        )
        return
    try:
        with no_grad():
            if assign:
                setattr(module, name, _as_kind_of(tensor, value))
            else:
                tensor.copy_(value)
    except Exception as error:
        errors.append(
            f'While copying the parameter named "{key}", whose dimensions in the model are {tensor.size()} and whose '
            f"dimensions in the checkpoint are {value.size()}, an exception occurred : {error.args}."
        )


def _as_kind_of(tensor, value):
    """The value as a Parameter that is trained like the old one, or as it is for a buffer."""
    if not isinstance(tensor, Parameter):
        return value
    if isinstance(value, Parameter):
        return value.requires_grad_(tensor.requires_grad)
    return Parameter(value, requires_grad=tensor.requires_grad)


def _is_unexpected(key: str, prefix: str, modules, own) -> bool:
    if not key.startswith(prefix) or key == prefix + EXTRA_STATE:
        return False
    first, dot, _ = key[len(prefix) :].partition(".")
    return first not in (modules if dot else own)


def _overrides(module, method: str) -> bool:
    return getattr(type(module), method) is not getattr(Stateful, method)


def _legacy_arguments(args, destination, prefix, keep_vars):
    """The arguments of state_dict, where some were given by position."""
    warnings.warn(
        "Positional args are being deprecated, use kwargs instead. Refer to "
        "https://pytorch.org/docs/main/generated/torch.nn.Module.html#torch.nn.Module.state_dict for details.",
        FutureWarning,
        stacklevel=3,
    )
    destination = args[0] if destination is None else destination
    prefix = args[1] if len(args) > 1 and prefix == "" else prefix
    keep_vars = args[2] if len(args) > 2 and keep_vars is False else keep_vars
    return destination, prefix, keep_vars
