"""Tensor: a view (shape, strides, offset, dtype) over a Storage, and its gradient state.

Arithmetic is not defined here: `ops/publish.py` installs it from the op table. What is here: what a tensor is, how its
numbers get to the host, and its place in autograd.
"""

from __future__ import annotations

import functools
import importlib
import warnings
from collections import OrderedDict
from typing import Any

import numpy as np

from . import dtypes, errors
from .autograd import tape
from .autograd.modes import is_grad_enabled, is_inference_mode_enabled
from .devices import CPU
from .handles import register
from .meta import Meta, Size, contiguous
from .shapes import wrap_dim
from .storage import Storage
from .trace import host as _host
from .trace.sync import references


class Tensor:
    """A multi-dimensional array of elements of one type, with automatic differentiation."""

    # Plain attributes with class-wide defaults: making a result costs only what differs from them.
    storage: Storage
    meta: Meta
    id = 0
    epoch = -1
    grad_fn: Any = None
    _requires_grad = False
    _grad: Any = None
    _base: Any = None
    _output_nr = 0
    _backward_hooks: Any = None
    _post_accumulate_hooks: Any = None
    _retains_grad = False
    _untracked_view = False  # made where gradients were off
    _unversioned = False  # whether writes are hidden from the tape (x.data)
    _inference = 0
    _conjugated = False  # whether PyTorch would still have to conjugate it
    _viewed_version = -1  # of a view with a place on the tape: the storage's version then
    _window: Any = None
    _name: str | None = None
    level: Any = None  # of what stands for another tensor inside of a transformed function

    def __new__(cls, *args, **kwargs):
        from .creation import legacy_constructor

        return legacy_constructor(cls, *args, **kwargs)

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if cls.__module__.partition(".")[0] != __name__.partition(".")[0]:
            importlib.import_module(".gates", __package__).gate_class(cls)

    # ------------------------------------------------------------------ making one from what lies below
    @staticmethod
    def from_storage(storage: Storage, view: Meta, edge=None) -> Tensor:
        """A tensor over a storage; `edge` is where its gradient goes."""
        target, number = edge or (None, 0)
        if isinstance(target, Tensor) and target.meta is view and target.storage is storage:
            return target
        t = object.__new__(Tensor)
        t.storage, t.meta = storage, view
        if target is not None:
            t._requires_grad, t.grad_fn, t._output_nr = True, target, number
            if isinstance(target, Tensor):
                t.grad_fn = _alias_node(target)
        return t

    def placed(self, edge) -> Tensor:
        """This tensor at another place on the tape."""
        return Tensor.from_storage(self.storage, self.meta, edge)

    def become(self, seen: Tensor) -> None:
        """Takes the shape and the place on the tape of a view of this tensor."""
        self.meta, self.epoch = seen.meta, -1
        self.grad_fn, self._requires_grad = seen.grad_fn, seen._requires_grad

    @staticmethod
    def from_array(array: np.ndarray, dtype: dtypes.dtype | None = None) -> Tensor:
        """A tensor with a copy of a host array's elements."""
        d = dtypes.from_numpy(array.dtype) if dtype is None else dtype
        view = contiguous(array.shape, d)
        return Tensor.from_storage(_host.storage_from_host(np.ascontiguousarray(array), view), view)

    @staticmethod
    def from_rows(tensors) -> Tensor:
        """Row-major tensors of one shape and type, copied one after the other along a new first dimension."""
        view = contiguous((len(tensors), *tensors[0].meta.shape), tensors[0].meta.dtype)
        return Tensor.from_storage(_host.storage_of_rows(tensors, view), view)

    @staticmethod
    def full_of(shape, value, dtype: dtypes.dtype) -> Tensor:
        """A tensor with all elements the same."""
        from .ops.creation import full

        return full(tuple(shape), value, dtype)

    # ------------------------------------------------------------------ what it is
    @property
    def shape(self) -> Size:
        return self.meta.size

    @property
    def dtype(self) -> dtypes.dtype:
        return self.meta.dtype

    @property
    def device(self):
        return CPU

    @property
    def layout(self):
        from .devices import strided

        return strided

    @property
    def ndim(self) -> int:
        return self.meta.ndim

    @property
    def itemsize(self) -> int:
        return self.meta.dtype.itemsize

    @property
    def nbytes(self) -> int:
        return self.meta.numel * self.meta.dtype.itemsize

    is_cuda = is_sparse = is_quantized = is_meta = is_mps = is_mkldnn = is_nested = is_xpu = is_xla = False
    is_ipu = is_maia = is_mtia = is_vulkan = is_sparse_csr = False
    is_cpu = True

    def dim(self) -> int:
        """The number of dimensions."""
        return self.meta.ndim

    ndimension = dim

    def size(self, dim: int | None = None):
        """The shape, or the size of one dimension."""
        return self.meta.size if dim is None else self.meta.shape[wrap_dim(dim, self.meta.ndim)]

    def stride(self, dim: int | None = None):
        """The strides in elements, or the stride of one dimension."""
        return self.meta.strides if dim is None else self.meta.strides[wrap_dim(dim, self.meta.ndim)]

    def numel(self) -> int:
        """The number of elements."""
        return self.meta.numel

    nelement = numel

    def element_size(self) -> int:
        """Bytes of one element."""
        return self.meta.dtype.itemsize

    def storage_offset(self) -> int:
        """Elements of the storage before the first one of this view."""
        return self.meta.offset

    def is_contiguous(self, memory_format=None) -> bool:
        """Whether the elements lie in memory in the order that the format says."""
        from .devices import contiguous_format
        from .strides import is_channels_last

        if memory_format is None or memory_format is contiguous_format:
            return self.meta.contiguous
        return is_channels_last(self.meta.shape, self.meta.strides)

    def is_floating_point(self) -> bool:
        return self.meta.dtype.is_floating_point

    def is_complex(self) -> bool:
        return self.meta.dtype.is_complex

    def is_signed(self) -> bool:
        return self.meta.dtype.is_signed

    def is_inference(self) -> bool:
        """Whether the tensor was made in inference mode."""
        return bool(self._inference)

    def get_device(self) -> int:
        return -1

    def data_ptr(self) -> int:
        """The address of the first element; pending work is run first."""
        _host.to_host(self.storage)
        return self.storage.buffer.address + self.meta.offset * self.meta.dtype.itemsize if self.meta.numel else 0

    def untyped_storage(self):
        """The memory that this tensor is a view of."""
        from .storage_view import UntypedStorage

        return UntypedStorage.of(self.storage)

    # ------------------------------------------------------------------ to the host
    def item(self):
        """The one element as a Python number; pending work is run first.

        Raises RuntimeError where there is not exactly one element.
        """
        if self.meta.numel != 1:
            raise RuntimeError(f"a Tensor with {self.meta.numel} elements cannot be converted to Scalar")
        return _host.read_element(self.storage, self.meta)

    def tolist(self):
        """The elements as nested lists of Python numbers."""
        return _host.host_array(self).tolist()

    def numpy(self, *, force: bool = False) -> np.ndarray:
        """A NumPy array that shares this tensor's memory.

        Raises RuntimeError where its gradient is recorded (unless force), TypeError for floats that NumPy lacks.
        """
        if self.requires_grad and not force and is_grad_enabled():
            raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")
        if self._conjugated and not force:
            raise RuntimeError(errors.CONJUGATED)
        return _host.export(self)

    def __array__(self, dtype=None, copy=None):
        array = self.numpy()
        return array if dtype is None else array.astype(dtype, copy=False)

    def __bool__(self):
        if self.meta.numel != 1:
            if self.meta.numel == 0:
                raise RuntimeError("Boolean value of Tensor with no values is ambiguous")
            raise RuntimeError("Boolean value of Tensor with more than one value is ambiguous")
        return bool(self.item())

    def _number(self):
        if self.meta.numel != 1:
            raise ValueError("only one element tensors can be converted to Python scalars")
        if self._requires_grad:
            _warn_of_conversion()
        return self.item()

    def __int__(self):
        return int(dtypes.fitted(self._number(), dtypes.int64))

    def __float__(self):
        return float(dtypes.fitted(self._number(), dtypes.float64))

    def __complex__(self):
        return complex(self._number())

    def __index__(self):
        if self.meta.numel != 1 or not (self.meta.dtype.is_integer or self.meta.dtype is dtypes.bool_):
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return int(self.item())

    def __len__(self):
        if self.meta.ndim == 0:
            raise TypeError("len() of a 0-d tensor")
        return self.meta.shape[0]

    def __iter__(self):
        if self.meta.ndim == 0:
            raise TypeError("iteration over a 0-d tensor")
        return iter(self.unbind(0))

    def __reversed__(self):
        return self.flip(0) if self.meta.ndim else self

    def __hash__(self):
        return id(self)

    def __contains__(self, element):
        if not isinstance(element, (Tensor, bool, int, float, complex)):
            raise RuntimeError(
                f"Tensor.__contains__ only supports Tensor or scalar, but you passed in a {type(element)}."
            )
        return bool((self == element).any().item())

    def __format__(self, spec):
        if self.meta.ndim == 0 and type(self) is Tensor:
            return format(self.item(), spec)
        return object.__format__(self, spec)

    def __repr__(self, *, tensor_contents=None):
        from .printing import tensor_repr

        return tensor_repr(self)

    # ------------------------------------------------------------------ gradients
    @property
    def requires_grad(self) -> bool:
        """Whether backward() is to compute a gradient for this tensor or flows through it."""
        if self._base is None:
            return self._requires_grad
        self.renew()
        return self._requires_grad or (self._untracked_view and self._base._requires_grad)

    @requires_grad.setter
    def requires_grad(self, value: bool):
        if not isinstance(value, bool):
            raise RuntimeError("requires_grad must be a bool")
        if self.grad_fn is not None:
            hint = "" if value else errors.USE_DETACH
            raise RuntimeError("you can only change requires_grad flags of leaf variables." + hint)
        if value and not (self.meta.dtype.is_floating_point or self.meta.dtype.is_complex):
            raise RuntimeError("only Tensors of floating point and complex dtype can require gradients")
        if value and self._inference and not is_inference_mode_enabled():
            raise RuntimeError("Setting requires_grad=True on inference tensor outside InferenceMode is not allowed.")
        if self._requires_grad != value:
            self._requires_grad, self.epoch = value, -1

    def requires_grad_(self, requires_grad: bool = True):
        """Sets requires_grad and returns the tensor.

        Raises RuntimeError where the tensor is computed and its gradient is to be cut off, or its dtype has no
        gradients.
        """
        if not (requires_grad is True and self.grad_fn is not None):
            if requires_grad is True and not self.meta.dtype.is_inexact:
                raise RuntimeError("only Tensors of floating point dtype can require gradients")
            self.requires_grad = requires_grad
        return self

    def renew(self) -> None:
        """Where the memory of this view was overwritten, makes the view a part of its base's new graph."""
        if self._viewed_version >= 0 and self._viewed_version != self.storage.version:
            tape.refresh_view(self)

    @property
    def is_leaf(self) -> bool:
        """Whether this tensor was made by the script, not by a recorded operation."""
        self.renew()
        return self.grad_fn is None

    @property
    def output_nr(self) -> int:
        return self._output_nr

    @property
    def retains_grad(self) -> bool:
        return self._retains_grad

    @property
    def _version(self) -> int:
        if self._inference:
            raise RuntimeError("Inference tensors do not track version counter.")
        return self.storage.version

    @property
    def grad(self):
        """The gradient that backward() accumulated, or None."""
        if self._grad is None and self.grad_fn is not None and not self._retains_grad:
            warnings.warn(
                "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad attribute "
                "won't be populated during autograd.backward(). If you indeed want the .grad field to be populated "
                "for a non-leaf Tensor, use .retain_grad() on the non-leaf Tensor. If you access the non-leaf Tensor "
                "by mistake, make sure you access the leaf Tensor instead. See github.com/pytorch/pytorch/pull/30531 "
                "for more information.",
                UserWarning,
                stacklevel=2,
            )
        return self._grad

    @grad.setter
    def grad(self, value):
        if value is not None:
            tape.check_grad(self, value)
        self._grad = value

    @grad.deleter
    def grad(self):
        self._grad = None

    def backward(self, gradient=None, retain_graph=None, create_graph=False, inputs=None):
        """Computes the gradients of this tensor with respect to the leaves of its graph and adds them to their `.grad`.

        Raises RuntimeError where there is no graph, where it was freed, or where a kept value was overwritten.
        """
        from .autograd.engine import backward

        backward(self, gradient, retain_graph, create_graph, inputs)

    def concrete(self) -> Tensor:
        """The tensor behind this one, where it stands for another inside of a transformed function; else itself."""
        return self

    def _is_view(self) -> bool:
        return self._base is not None

    def retain_grad(self):
        """Makes backward() store the gradient of this non-leaf tensor in `.grad`."""
        if not self.requires_grad:
            raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
        if self.grad_fn is None or self._retains_grad:
            return
        self._retains_grad = True
        self.grad_fn.retain_grad_of(self)

    def register_hook(self, hook):
        """Calls hook(grad) when the gradient of this tensor is computed; what it returns replaces the gradient."""
        if not self.requires_grad:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        if self.grad_fn is not None:
            return self.grad_fn.register_tensor_hook(self._output_nr, hook)
        if self._backward_hooks is None:
            self._backward_hooks = OrderedDict()
        return register(self._backward_hooks, hook)

    def register_post_accumulate_grad_hook(self, hook):
        """Calls hook(tensor) after this leaf's gradient has been accumulated."""
        if not self.requires_grad:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        if self.grad_fn is not None:
            raise RuntimeError("post accumulate grad hooks cannot be registered on non-leaf tensors")
        if self._post_accumulate_hooks is None:
            self._post_accumulate_hooks = OrderedDict()
        return register(self._post_accumulate_hooks, hook)

    def detach(self):
        """The same memory, outside of the graph."""
        out = object.__new__(Tensor)
        out.storage, out.meta = self.storage, self.meta
        if self._inference or self._unversioned:
            out._inference, out._unversioned = self._inference, self._unversioned
        return out

    def detach_(self):
        """Takes this tensor out of its graph.

        Raises RuntimeError where the tensor is a view.
        """
        if self._base is not None:
            raise RuntimeError(errors.DETACH_VIEW)
        self.grad_fn, self._requires_grad, self.epoch, self._output_nr = None, False, -1, 0
        return self

    @property
    def data(self):
        """The same memory without gradient state; the tape does not see what is written to it."""
        out = self.detach()
        out._unversioned = True
        return out

    @data.setter
    def data(self, other):
        if not isinstance(other, Tensor):
            raise TypeError(f"Variable data has to be a tensor, but got {type(other).__name__}")
        if self._requires_grad and not (other.meta.dtype.is_floating_point or other.meta.dtype.is_complex):
            raise RuntimeError("data set to a tensor that requires gradients must be floating point or complex dtype")
        self.storage, self.meta, self.epoch = other.storage, other.meta, -1

    def __copy__(self):
        from .copying import shallow_copy

        return shallow_copy(self)

    def __deepcopy__(self, memo):
        from .copying import deep_copy

        return deep_copy(self, memo)

    def __reduce_ex__(self, protocol):
        from .copying import reduced

        return reduced(self)

    def own_copy(self) -> Tensor:
        """This tensor where nothing else looks at its memory, else a copy; outside of the graph."""
        if self.meta.contiguous and self.meta.numel == self.storage.content.numel and references(self.storage) <= 1:
            return self if not self._requires_grad else self.detach()
        return self.detach().clone(memory_format=None)


@functools.cache
def _warn_of_conversion() -> None:
    """Once in a process."""
    warnings.warn(
        "Converting a tensor with requires_grad=True to a scalar may lead to unexpected behavior.\nConsider using "
        "tensor.detach() first.",
        UserWarning,
        stacklevel=4,
    )


def _alias_node(leaf: Tensor):
    """The tape node of a view of a leaf as it was kept: gradients go straight on to the leaf."""
    from .ops.views import ALIAS

    return ALIAS.node(ALIAS.rules((0,), (leaf,), (), [leaf.meta], (leaf.meta,)), (leaf,))


tape.TENSOR = Tensor
