"""The texts of errors that several places raise, PyTorch's own, and the notes that explain them.

Exceptions are the ones that PyTorch raises, so that scripts and searches keep working:

    RuntimeError            shapes, dtypes, the tape, memory
    ├── NotImplementedError what Flambeau does not have yet
    TypeError               an argument of the wrong type
    ValueError              an argument of the wrong value
    IndexError              a dimension or an index out of range
    AttributeError          a name that does not exist

The explanation stands beside the text, in `__notes__` (printed by Python 3.11 and later).
"""

from __future__ import annotations

BACKWARD_TWICE = (
    "Trying to backward through the graph a second time (or directly access saved tensors after they have already been "
    "freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). Specify "
    "retain_graph=True if you need to backward through the graph a second time or if you need to access saved tensors "
    "after calling backward."
)
LEAF_IN_PLACE = "a leaf Variable that requires grad is being used in an in-place operation."
LEAF_VIEW_IN_PLACE = "a view of a leaf Variable that requires grad is being used in an in-place operation."
NO_GRAD_FN = "element {} of tensors does not require grad and does not have a grad_fn"

TYPE_NAMES = {
    "float32": "FloatTensor", "float64": "DoubleTensor", "float16": "HalfTensor", "bfloat16": "BFloat16Tensor", "int64": "LongTensor",
    "int32": "IntTensor", "int16": "ShortTensor", "int8": "CharTensor", "uint8": "ByteTensor", "bool": "BoolTensor",
    "complex64": "ComplexFloatTensor", "complex128": "ComplexDoubleTensor",
}  # fmt: skip

SCALAR_NAMES = {
    "float32": "float", "float64": "double", "float16": "c10::Half", "bfloat16": "c10::BFloat16", "int64": "long int", "int32": "int",
    "int16": "short int", "int8": "signed char", "uint8": "unsigned char", "bool": "bool",
    "complex64": "c10::complex<float>", "complex128": "c10::complex<double>",
}  # fmt: skip

TYPE_TITLES = {
    "float32": "Float", "float64": "Double", "float16": "Half", "bfloat16": "BFloat16", "int64": "Long", "int32": "Int", "int16": "Short",
    "int8": "Char", "uint8": "Byte", "bool": "Bool", "complex64": "ComplexFloat", "complex128": "ComplexDouble",
}  # fmt: skip


def add_note(error: BaseException, note: str) -> BaseException:
    """Puts an explanation beside the error's text (also before Python 3.11, where nothing prints it)."""
    error.__notes__ = [*getattr(error, "__notes__", ()), note]  # type: ignore[attr-defined]
    return error


def modified_in_place(saved, node) -> str:
    """PyTorch's text for a kept value that has changed."""
    maker, number = (node, saved.output) if saved.output is not None else saved.edge or (None, 0)
    made_by = f"is output {number} of {maker.name()}, is" if hasattr(maker, "rules") else "is"
    return (
        "one of the variables needed for gradient computation has been modified by an inplace operation: "
        f"[torch.{TYPE_NAMES[saved.meta.dtype.name]} {list(saved.meta.shape)}], which {made_by} at version "
        f"{saved.storage.version}; expected version {saved.version} instead. Hint: enable anomaly detection to find the "
        "operation that failed to compute its gradient, with torch.autograd.set_detect_anomaly(True)."
    )
