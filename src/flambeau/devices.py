"""Device, layout and memory-format objects, as PyTorch names and prints them. There is one device: the CPU."""

from __future__ import annotations


class device:
    """A place for tensors: device("cpu"), device("cpu", 0), device("cuda:1").

    Raises RuntimeError, with PyTorch's text, for a string that names no kind of device, or an accelerator's number.
    """

    KINDS = (
        "cpu, cuda, ipu, xpu, mkldnn, opengl, opencl, ideep, hip, ve, fpga, maia, xla, lazy, vulkan, mps, meta, hpu, "
        "mtia, privateuseone"
    )
    __slots__ = ("type", "index")

    def __init__(self, type="cpu", index: int | None = None):
        if isinstance(type, device):
            type, index = type.type, type.index
        if isinstance(type, int) and not isinstance(type, bool):
            raise RuntimeError(NO_INDEX if type >= 0 else "Device index must not be negative")
        if not isinstance(type, str):
            raise TypeError(f"device(): argument 'type' (position 1) must be str, not {type.__class__.__name__}")
        if not type:
            raise RuntimeError("Device string must not be empty")
        if index is None:
            type, index = _split(type)
        if type not in self.KINDS.split(", "):
            raise RuntimeError(f"Expected one of {self.KINDS} device type at start of device string: {type}")
        object.__setattr__(self, "type", type)
        object.__setattr__(self, "index", index)

    def __setattr__(self, name, value):
        raise AttributeError(f"attribute '{name}' of 'torch.device' objects is not writable")

    def __repr__(self):
        return f"device(type='{self.type}'" + (f", index={self.index})" if self.index is not None else ")")

    def __str__(self):
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __eq__(self, other):
        return isinstance(other, device) and (self.type, self.index) == (other.type, other.index)

    def __hash__(self):
        return hash((self.type, self.index))

    def __reduce__(self):
        return device, (self.type,) if self.index is None else (self.type, self.index)

    def __enter__(self):
        require_cpu(self)
        return self

    def __exit__(self, *exc):
        return None


def _split(text: str) -> tuple[str, int | None]:
    name, colon, number = text.partition(":")
    if colon and not number.isdigit():
        raise RuntimeError(f"Invalid device string: '{text}'")
    return name, int(number) if colon else None


CPU = device("cpu")
NO_INDEX = "Cannot access accelerator device when none is available."
NO_CUDA = "Torch not compiled with CUDA enabled"


def require_cpu(where) -> None:
    """Checks that a device argument names the CPU (None does).

    Raises AssertionError as a CPU build of PyTorch does for CUDA, NotImplementedError for others.
    """
    if where is None or where is CPU:
        return
    kind = where.type if isinstance(where, device) else device(where).type
    if kind == "cuda":
        raise AssertionError(NO_CUDA)
    if kind != "cpu":
        raise NotImplementedError(f"the device '{kind}' is not supported: Flambeau runs on the CPU")


class _Named:
    """A singleton known by its name."""

    def __init__(self, name: str):
        self.name = name

    def __repr__(self):
        return f"torch.{self.name}"

    def __reduce__(self):
        return self.name


class layout(_Named):
    """How the elements of a tensor are laid out: strided, or one of the sparse forms."""


class qscheme(_Named):
    """How the integers of a quantised tensor stand for numbers: by one scale, or by one for each channel."""


class memory_format(_Named):
    """In which order the dimensions of a tensor lie in memory."""


strided = layout("strided")
sparse_coo, sparse_csr, sparse_csc = layout("sparse_coo"), layout("sparse_csr"), layout("sparse_csc")
sparse_bsr, sparse_bsc, jagged = layout("sparse_bsr"), layout("sparse_bsc"), layout("jagged")
per_tensor_affine, per_channel_affine = qscheme("per_tensor_affine"), qscheme("per_channel_affine")
per_tensor_symmetric, per_channel_symmetric = qscheme("per_tensor_symmetric"), qscheme("per_channel_symmetric")
per_channel_affine_float_qparams = qscheme("per_channel_affine_float_qparams")
QUANTIZATION_SCHEMES = (
    per_tensor_affine, per_channel_affine, per_tensor_symmetric, per_channel_symmetric, per_channel_affine_float_qparams
)  # fmt: skip
contiguous_format = memory_format("contiguous_format")
channels_last = memory_format("channels_last")
channels_last_3d = memory_format("channels_last_3d")
preserve_format = memory_format("preserve_format")
