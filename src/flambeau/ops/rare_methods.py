"""Methods of Tensor that few scripts use: Python functions over elements, old names, other devices and layouts."""

from __future__ import annotations

from collections.abc import Callable

from .. import creation, devices
from ..autograd.modes import no_grad
from ..tensor import Tensor
from . import copies, indexing, views


# ------------------------------------------------------------------ Python functions over elements
def _elements_by(name: str, self: Tensor, others: tuple, function: Callable) -> Tensor:
    if self.requires_grad:
        raise RuntimeError(f"Can't call {name}() on Variable that requires grad. Use var.detach().{name}() instead.")
    columns = [x.detach().expand(self.meta.shape).reshape(-1).tolist() for x in (self, *others)]
    values = creation.tensor([function(*row) for row in zip(*columns)], dtype=self.meta.dtype)
    with no_grad():
        return self.copy_(values.reshape(self.meta.shape))


def apply_(self: Tensor, callable: Callable) -> Tensor:
    """Replaces each element by what a Python function makes of it: slow, for a look at few elements."""
    return _elements_by("apply_", self, (), callable)


def map_(self: Tensor, tensor: Tensor, callable: Callable) -> Tensor:
    """Replaces each element by what a Python function makes of it and of another tensor's."""
    return _elements_by("map_", self, (tensor,), callable)


def map2_(self: Tensor, x: Tensor, y: Tensor, callable: Callable) -> Tensor:
    """Replaces each element by what a Python function makes of it and of two other tensors'."""
    return _elements_by("map2_", self, (x, y), callable)


# ------------------------------------------------------------------ memory and elements
def fill_diagonal_(self: Tensor, fill_value: float, wrap: bool = False) -> Tensor:
    """Sets the elements whose indices are all equal to a number; wrap: of a tall matrix again after each square.

    Raises RuntimeError for vectors, and for more than two dimensions of different sizes.
    """
    if self.meta.ndim < 2:
        raise RuntimeError("dimensions must larger than 1")
    if self.meta.ndim > 2 and len(set(self.meta.shape)) > 1:
        raise RuntimeError("all dimensions of input must be of equal length")
    rows, columns = self.meta.shape[:2]
    size, step = min(self.meta.shape), sum(self.meta.strides)
    views.as_strided(self, (size,), (step,), self.meta.offset).fill_(fill_value)
    if wrap and self.meta.ndim == 2 and rows > columns + 1:
        fill_diagonal_(self[columns + 1 :], fill_value, wrap)
    return self


def dim_order(self: Tensor, ambiguity_check: bool = False) -> tuple[int, ...]:
    """The dimensions in the order in which they lie in memory, the outermost first."""
    return tuple(self.meta.memory_order)


def is_set_to(self: Tensor, tensor: Tensor) -> bool:
    """Whether two tensors are the same view of the same memory."""
    return self.storage is tensor.storage and self.meta == tensor.meta


def const_data_ptr(self: Tensor) -> int:
    """The address of the first element; pending work is run first."""
    return self.data_ptr()


def index(self: Tensor, indices) -> Tensor:
    """x[indices]."""
    return indexing.getitem(self, tuple(slice(None) if i is None else i for i in indices))


def new(self: Tensor, *args, device=None) -> Tensor:
    """A tensor of this one's dtype, as the legacy constructors make it: of sizes, or of the values of a sequence."""
    devices.require_cpu(device)
    return creation.legacy_constructor(Tensor, *(args or (0,)), dtype=self.meta.dtype)


def resize(self: Tensor, *sizes) -> Tensor:
    """A view of another shape with as many elements."""
    return views.view(self, creation.sizes_of(sizes))


def resize_as(self: Tensor, tensor: Tensor) -> Tensor:
    """A view of another tensor's shape, with as many elements."""
    return views.view(self, tensor.meta.shape)


def module_load(self: Tensor, other: Tensor, assign: bool = False) -> Tensor:
    """What load_state_dict puts in the place of this parameter or buffer: the other tensor, cut off where copied."""
    return other if assign else other.detach()


# ------------------------------------------------------------------ what other builds and layouts have
def to_dense(self: Tensor, dtype=None, *, masked_grad: bool = True) -> Tensor:
    """The tensor, which is dense."""
    return self if dtype is None else copies.to(self, dtype)


def to_sparse_coo(self: Tensor) -> Tensor:
    """The elements that differ from zero, with their places."""
    return self.to_sparse()


@property  # type: ignore[misc]
def volatile(self: Tensor) -> bool:
    """Whether no gradients are to flow, as scripts said before `no_grad`: never."""
    return False


def to_mkldnn(self: Tensor) -> Tensor:
    """The tensor: layers choose their own layout here."""
    return self


def record_stream(self: Tensor, stream) -> None:
    """Marks a use of the memory by a stream of a GPU, which there is none of."""


def is_distributed(self: Tensor) -> bool:
    """Whether the tensor is spread over machines: no."""
    return False


def is_same_size(self: Tensor, other: Tensor) -> bool:
    """Whether two tensors have the same shape."""
    return self.meta.shape == other.meta.shape


def xpu(self: Tensor, *args, **kwargs):
    """Wants a GPU of Intel's; raises AssertionError."""
    raise AssertionError("Torch not compiled with XPU enabled")


def mtia(self: Tensor, *args, **kwargs):
    """Wants an accelerator of Meta's; raises AssertionError."""
    raise AssertionError("Torch not compiled with MTIA enabled.")


def ipu(self: Tensor, *args, **kwargs):
    """Wants an accelerator of Graphcore's; raises RuntimeError."""
    raise RuntimeError("PyTorch is not linked with support for ipu devices")


def dequantize(self: Tensor) -> Tensor:
    """The tensor, which is not quantised."""
    return self


def _refused(name: str, error: type[Exception], text: str) -> Callable:
    def method(self: Tensor, *args, **kwargs):
        raise error(text)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"Wants another kind of tensor; raises {error.__name__}."
    return method


for _kind, _names in {"row": "crow_indices col_indices", "column": "ccol_indices row_indices"}.items():
    for _name in _names.split():
        _text = f"{_name} expected sparse {_kind} compressed tensor layout but got Strided"
        globals()[_name] = _refused(_name, RuntimeError, _text)
for _name in (
    "int_repr", "q_per_channel_axis", "q_per_channel_scales", "q_per_channel_zero_points", "q_scale", "q_zero_point",
    "qscheme",
):  # fmt: skip
    globals()[_name] = _refused(
        _name, NotImplementedError, f"Could not run 'aten::{_name}' with arguments from the 'CPU' backend."
    )


# ------------------------------------------------------------------ what Python and NumPy ask for
def __array_wrap__(self: Tensor, array, context=None, return_scalar: bool = False):
    """An array that NumPy computed from this tensor, as a tensor."""
    return creation.from_numpy(array.astype("u1") if array.dtype == bool else array)


def __delitem__(self: Tensor, index):
    """Elements cannot be taken out: raises TypeError."""
    raise TypeError("Tensor does not support deleting items")


def __long__(self: Tensor) -> int:
    """int(x), by its name in Python 2."""
    return int(self)


def __nonzero__(self: Tensor) -> bool:
    """bool(x), by its name in Python 2."""
    return bool(self)


# ------------------------------------------------------------------ what PyTorch took away
REPLACED_BY = {
    "symeig": "torch.linalg.eigvalsh gives the values, torch.linalg.eigh the vectors as well",
    "eig": "torch.linalg.eigvals gives the values, torch.linalg.eig the vectors as well; both are complex",
    "solve": "torch.linalg.solve takes the matrix first and returns the solution alone",
    "lstsq": "torch.linalg.lstsq takes the matrix first and returns a named tuple",
}


def _removed(name: str) -> Callable:
    def method(self: Tensor, *args, **kwargs):
        raise RuntimeError(f"This function was deprecated since version 1.9 and is now removed. {REPLACED_BY[name]}.")

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"Removed: {REPLACED_BY[name]}."
    return method


symeig, eig, solve, lstsq = (_removed(name) for name in ("symeig", "eig", "solve", "lstsq"))


def reinforce(self: Tensor, reward):
    """Removed: torch.distributions has log_prob."""
    raise RuntimeError(
        "reinforce() was removed.\nUse torch.distributions instead.\n"
        "See https://pytorch.org/docs/main/distributions.html"
    )
