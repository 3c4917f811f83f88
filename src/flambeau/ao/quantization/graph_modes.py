"""The ways of quantisation that look at a program which torch.fx or TorchScript recorded: named and refused."""

from __future__ import annotations

from collections.abc import Callable

from flambeau.errors import add_note

FX = ("convert_fx", "convert_to_reference_fx", "fuse_fx", "prepare_fx", "prepare_qat_fx")
JIT = (
    "convert_dynamic_jit", "convert_jit", "fuse_conv_bn_jit", "prepare_dynamic_jit", "prepare_jit",
    "quantize_dynamic_jit", "quantize_jit", "script_qconfig", "script_qconfig_dict",
)  # fmt: skip


def refused(name: str) -> Callable:
    """A function of such a way, which raises NotImplementedError."""

    def function(*args, **kwargs):
        error = NotImplementedError(f"{name} is not supported: there are no graphs of modules here")
        raise add_note(error, "Eager mode does the same: fuse_modules, prepare (or prepare_qat) and convert.")

    function.__name__ = function.__qualname__ = name
    function.__doc__ = "Raises NotImplementedError."
    return function
