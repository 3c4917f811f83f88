"""Flambeau: deep learning with PyTorch's Python API, compiled from Python by LLVM.

The storeys, top to bottom: API (this module's names, `nn`, `optim`, `utils`) -> `ops` (one declaration each) -> `trace`
(the pending program) -> `schedule` (few kernels) -> `codegen` (LLVM IR) -> `runtime` (machine code, memory, threads).
docs/design.md tells what passes through them.
"""

import importlib as _importlib
import math as _math
import os as _os

from . import dtypes as _dtypes
from . import linalg
from .autograd.modes import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)
from .creation import (
    as_tensor,
    empty,
    empty_like,
    empty_strided,
    eye,
    from_numpy,
    frombuffer,
    full,
    full_like,
    ones,
    ones_like,
    scalar_tensor,
    tensor,
    zeros,
    zeros_like,
)
from .devices import (
    channels_last,
    channels_last_3d,
    contiguous_format,
    device,
    jagged,
    layout,
    memory_format,
    preserve_format,
    sparse_bsc,
    sparse_bsr,
    sparse_coo,
    sparse_csc,
    sparse_csr,
    strided,
)
from .dtypes import dtype, get_default_dtype, promote_types, set_default_dtype
from .meta import Size
from .ops import later as _later
from .ops.fused import fused_update_
from .ops.publish import FUNCTIONS as _FUNCTIONS
from .ranges import arange, linspace, logspace, range
from .sampling import (
    bernoulli,
    multinomial,
    normal,
    rand,
    rand_like,
    randint,
    randint_like,
    randn,
    randn_like,
    randperm,
)
from .tensor import Tensor

__version__ = "0.1.0"

globals().update(_FUNCTIONS)
globals().update(_dtypes.BY_NAME, **_dtypes.ALIASES)
pi, e, inf, nan = _math.pi, _math.e, _math.inf, _math.nan
newaxis = None
has_lapack = has_mkl = has_openmp = has_spectral = True
legacy_contiguous_format = contiguous_format

# What costs time to import and many scripts never use is imported on first use: submodules, and names by their module.
_LAZY_MODULES = {
    "accelerator", "amp", "ao", "autograd", "backends", "compat", "compiler", "cpu", "cuda", "distributed",
    "distributions", "export", "fft", "func", "futures", "fx", "hub", "jit", "library", "masked", "mps", "mtia",
    "multiprocessing", "nn", "onnx", "ops", "optim", "overrides", "profiler", "quantization", "quantized",
    "random", "return_types", "schedule", "serialization", "signal", "sparse", "special", "summaries",
    "testing", "torch_version", "torchsummary", "trace", "types", "utils", "version", "vision", "viz", "xpu",
}  # fmt: skip
_LAZY_NAMES = {
    name: module
    for module, names in {
        "amp": "GradScaler autocast",
        "amp.autocast_mode": "autocast_decrement_nesting autocast_increment_nesting clear_autocast_cache "
        "get_autocast_cpu_dtype get_autocast_dtype get_autocast_gpu_dtype get_autocast_ipu_dtype "
        "get_autocast_xla_dtype is_autocast_cache_enabled is_autocast_cpu_enabled is_autocast_enabled "
        "is_autocast_ipu_enabled is_autocast_xla_enabled set_autocast_cache_enabled set_autocast_cpu_dtype "
        "set_autocast_cpu_enabled set_autocast_dtype set_autocast_enabled set_autocast_gpu_dtype "
        "set_autocast_ipu_dtype set_autocast_ipu_enabled set_autocast_xla_dtype set_autocast_xla_enabled",
        "autograd.modes": "is_anomaly_check_nan_enabled is_anomaly_enabled set_anomaly_enabled",
        "branching": "_assert cond",
        "devices": "per_channel_affine per_channel_affine_float_qparams per_channel_symmetric per_tensor_affine "
        "per_tensor_symmetric qscheme",
        "quantized": "_empty_affine_quantized _empty_per_channel_affine_quantized _make_per_channel_quantized_tensor "
        "_make_per_tensor_quantized_tensor dequantize int_repr "
        "q_per_channel_axis q_per_channel_scales q_per_channel_zero_points q_scale q_zero_point quantize_per_channel "
        "quantize_per_tensor quantize_per_tensor_dynamic",
        "quantized.packed": "ScriptObject",
        "compiler": "compile",
        "explaining": "explain",
        "func": "vmap",
        "gates": "DisableTorchFunction DisableTorchFunctionSubclass",
        "interchange": "asarray from_file",
        "linalg.lobpcg": "lobpcg",
        "nn.functional.scaled": "_scaled_mm _scaled_mm_v2",
        "numeric_limits": "can_cast finfo iinfo result_type",
        "printing": "get_printoptions set_printoptions",
        "random": "Generator default_generator fork_rng get_rng_state initial_seed manual_seed seed set_rng_state "
        "thread_safe_generator",
        "serialization": "load save",
        "storage_view": "BFloat16Storage BoolStorage ByteStorage CharStorage ComplexDoubleStorage ComplexFloatStorage "
        "DoubleStorage FloatStorage HalfStorage IntStorage LongStorage ShortStorage TypedStorage UntypedStorage",
        "sparse": "sparse_coo_tensor",
        "sparse.compressed": "sparse_bsc_tensor sparse_bsr_tensor sparse_compressed_tensor sparse_csc_tensor "
        "sparse_csr_tensor",
        "sparse.older": "ccol_indices_copy col_indices_copy crow_indices_copy dsmm hsmm hspmm indices_copy "
        "row_indices_copy saddmm smm spmm sspaddmm values_copy",
        "summaries": "summary",
        "threads": "get_num_interop_threads get_num_threads set_num_interop_threads set_num_threads",
        "typed_tensors": "BFloat16Tensor BoolTensor ByteTensor CharTensor DoubleTensor FloatTensor HalfTensor "
        "IntTensor LongTensor ShortTensor",
    }.items()
    for name in names.split()
}

# Modules all of whose public names are names of this one; asked, in order, for a name that nothing else answers for.
_LAZY_NAMESPACES = (
    "switches", "native", "windows", "dlpack", "streams", "symbols", "other_backends", "jit.types", "jit.objects"
)  # fmt: skip


def __getattr__(name):
    if name in _LAZY_NAMES:
        value = getattr(_importlib.import_module(f".{_LAZY_NAMES[name]}", __name__), name)
        globals()[name] = value
        return value
    if name in _later.HOMES:
        globals()[name] = value = _later.function(name)
        return value
    if name in _LAZY_MODULES:
        try:
            return _importlib.import_module(f".{name}", __name__)
        except ModuleNotFoundError as missing:
            if missing.name != f"{__name__}.{name}":
                raise
    # `from . import name` asks here first: a module of this package is found by the import that follows.
    private = name.startswith("__") or _os.path.exists(f"{__path__[0]}/{name}.py")
    for module in () if private else _lazy_namespaces():
        if name in module.__all__:
            globals()[name] = value = getattr(module, name)
            return value
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")


def _lazy_namespaces():
    return (_importlib.import_module(f".{module}", __name__) for module in _LAZY_NAMESPACES)


def __dir__():
    public = (name for module in _lazy_namespaces() for name in module.__all__)
    return sorted({*globals(), *_LAZY_NAMES, *_LAZY_MODULES, *_later.HOMES, *public})


def is_storage(obj) -> bool:
    """Whether an object is a storage."""
    return type(obj).__name__ in ("UntypedStorage", "TypedStorage")


__all__ = [
    "Size", "Tensor", "arange", "as_tensor", "bernoulli", "channels_last", "channels_last_3d",
    "contiguous_format", "device", "dtype", "empty", "empty_like", "empty_strided", "enable_grad", "eye",
    "from_numpy", "frombuffer", "full", "full_like", "fused_update_", "get_default_dtype", "inference_mode",
    "is_grad_enabled", "is_inference_mode_enabled", "is_storage", "linspace", "logspace", "multinomial", "no_grad",
    "normal", "ones", "ones_like", "preserve_format", "promote_types", "rand", "rand_like", "randint", "randint_like",
    "randn", "randn_like", "randperm", "set_default_dtype", "set_grad_enabled", "sparse_coo", "strided", "tensor",
    "zeros", "zeros_like",
]  # fmt: skip
