"""The ways of quantisation that look at a program which torch.fx or TorchScript recorded: named and refused."""

from __future__ import annotations

from collections.abc import Callable

from flambeau.errors import add_note

FX = ("convert_fx", "convert_to_reference_fx", "fuse_fx", "prepare_fx", "prepare_qat_fx")
STEPS = {
    "fuse": "model = fuse_modules(model, [['conv', 'bn', 'relu']]), with the names of the layers to be fused",
    "prepare": (
        "model = QuantWrapper(model) (or QuantStub and DeQuantStub in its forward); "
        "model.qconfig = get_default_qconfig('x86'); model = prepare(model)"
    ),
    "prepare_qat": "model.qconfig = get_default_qat_qconfig('x86'); model = prepare_qat(model.train())",
    "convert": "model = convert(model.eval())",
    "quantize": "model.qconfig = get_default_qconfig('x86'); model = quantize(model, calibrate, [data])",
    "dynamic": "model = quantize_dynamic(model, {nn.Linear, nn.LSTM})",
    "script": "model.qconfig = get_default_qconfig('x86')",
}
JIT = (
    "convert_dynamic_jit", "convert_jit", "fuse_conv_bn_jit", "prepare_dynamic_jit", "prepare_jit",
    "quantize_dynamic_jit", "quantize_jit", "script_qconfig", "script_qconfig_dict",
)  # fmt: skip


def refused(name: str) -> Callable:
    """A function of such a way, which raises NotImplementedError and says what to write instead."""
    steps = [step for step in STEPS if step in name]
    instead = STEPS["dynamic" if "dynamic" in steps else max(steps, key=len)]

    def function(*args, **kwargs):
        error = NotImplementedError(f"{name} is not supported: there are no graphs of modules here")
        raise add_note(error, f"Eager mode does the same. With names from torch.ao.quantization: {instead}.")

    function.__name__ = function.__qualname__ = name
    function.__doc__ = "Raises NotImplementedError."
    return function
