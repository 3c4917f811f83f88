"""The names of PyTorch's modules and classes, and what answers for them here.

Checkpoints hold classes by the names that PyTorch gives them, and scripts import modules by those names, so the finder
and the file format share this one table.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from types import ModuleType

PYTORCH_VERSION = "2.13.0"
"""The release of PyTorch whose API this package follows."""

PACKAGE = __name__.partition(".")[0]

# The module of PyTorch that defines each class of torch.nn; here they are grouped differently.
_NN_CLASSES = {
    "activation": "CELU ELU GELU GLU Hardshrink Hardsigmoid Hardswish Hardtanh LeakyReLU LogSigmoid LogSoftmax Mish "
    "MultiheadAttention PReLU RReLU ReLU ReLU6 SELU SiLU Sigmoid Softmax Softmax2d Softmin Softplus Softshrink "
    "Softsign Tanh Tanhshrink Threshold",
    "adaptive": "AdaptiveLogSoftmaxWithLoss",
    "batchnorm": "BatchNorm1d BatchNorm2d BatchNorm3d LazyBatchNorm1d LazyBatchNorm2d LazyBatchNorm3d SyncBatchNorm",
    "channelshuffle": "ChannelShuffle",
    "container": "Container ModuleDict ModuleList ParameterDict ParameterList Sequential",
    "conv": "Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d LazyConv1d LazyConv2d LazyConv3d "
    "LazyConvTranspose1d LazyConvTranspose2d LazyConvTranspose3d",
    "distance": "CosineSimilarity PairwiseDistance",
    "dropout": "AlphaDropout Dropout Dropout1d Dropout2d Dropout3d FeatureAlphaDropout",
    "flatten": "Flatten Unflatten",
    "fold": "Fold Unfold",
    "instancenorm": "InstanceNorm1d InstanceNorm2d InstanceNorm3d LazyInstanceNorm1d LazyInstanceNorm2d "
    "LazyInstanceNorm3d",
    "linear": "Bilinear Identity LazyLinear Linear",
    "linear_cross_entropy_options": "LinearCrossEntropyOptions",
    "loss": "BCELoss BCEWithLogitsLoss CTCLoss CosineEmbeddingLoss CrossEntropyLoss GaussianNLLLoss "
    "HingeEmbeddingLoss HuberLoss KLDivLoss L1Loss LinearCrossEntropyLoss MSELoss MarginRankingLoss "
    "MultiLabelMarginLoss MultiLabelSoftMarginLoss MultiMarginLoss NLLLoss NLLLoss2d PoissonNLLLoss SmoothL1Loss "
    "SoftMarginLoss TripletMarginLoss TripletMarginWithDistanceLoss",
    "module": "Module",
    "normalization": "CrossMapLRN2d GroupNorm LayerNorm LocalResponseNorm RMSNorm",
    "padding": "CircularPad1d CircularPad2d CircularPad3d ConstantPad1d ConstantPad2d ConstantPad3d ReflectionPad1d "
    "ReflectionPad2d ReflectionPad3d ReplicationPad1d ReplicationPad2d ReplicationPad3d ZeroPad1d ZeroPad2d "
    "ZeroPad3d",
    "pixelshuffle": "PixelShuffle PixelUnshuffle",
    "pooling": "AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d AdaptiveMaxPool1d AdaptiveMaxPool2d "
    "AdaptiveMaxPool3d AvgPool1d AvgPool2d AvgPool3d FractionalMaxPool2d FractionalMaxPool3d LPPool1d LPPool2d "
    "LPPool3d MaxPool1d MaxPool2d MaxPool3d MaxUnpool1d MaxUnpool2d MaxUnpool3d",
    "rnn": "GRU GRUCell LSTM LSTMCell RNN RNNBase RNNCell RNNCellBase",
    "sparse": "Embedding EmbeddingBag",
    "transformer": "Transformer TransformerDecoder TransformerDecoderLayer TransformerEncoder TransformerEncoderLayer",
    "upsampling": "Upsample UpsamplingBilinear2d UpsamplingNearest2d",
}
_NN_HOMES = {name: f"torch.nn.modules.{home}" for home, names in _NN_CLASSES.items() for name in names.split()}

# Packages here that are one module there.
_ONE_MODULE_THERE = {
    f"{PACKAGE}.{name}": f"torch.{name}"
    for name in ("optim.lr_scheduler", "nn.init", "nn.functional", "ao.quantization.observer")
} | {
    f"{PACKAGE}.vision.transforms.{name}": f"torchvision.transforms.{name}"
    for name in ("transforms", "functional", "_functional_tensor", "v2._geometry")
}
_ONE_MODULE_THERE[f"{PACKAGE}.distributed"] = "torch.distributed.distributed_c10d"
_ONE_MODULE_THERE[f"{PACKAGE}.handles"] = "torch.utils.hooks"
_ONE_MODULE_THERE[f"{PACKAGE}.autograd.variables"] = "torch.autograd.variable"

# What modules begin with that have moved in PyTorch; the older names are still imported.
_OLDER_NAMES = {f"torch.nn.{name}": f"torch.ao.nn.{name}" for name in ("intrinsic", "qat", "quantized")} | {
    "torch.quantization.": "torch.ao.quantization."
}

ANSWERED = {
    "torch": PACKAGE,
    "torchvision": f"{PACKAGE}.vision",
    "torchsummary": f"{PACKAGE}.torchsummary",
    "tensorboardX": f"{PACKAGE}.utils.tensorboardx",
}
"""The packages whose scripts run here unmodified, with what answers for each."""


# Modules of PyTorch whose names stand in another one here.
_STAND_IN = {
    "autograd.variable": "autograd.variables",
    "_tensor": "",
    "_vmap_internals": "func",
    "cuda.amp.autocast_mode": "cuda.amp",
    "cuda.amp.grad_scaler": "cuda.amp",
    "distributed.distributed_c10d": "distributed",
    "functional": "",
    "profiler.profiler": "profiler",
    "storage": "storage_view",
}


def is_answered(module: str) -> bool:
    """Whether a module's name belongs to a package that is answered for here."""
    return module.partition(".")[0] in ANSWERED


def counterpart(torch_module: str) -> ModuleType | None:
    """The module here that answers for a module of PyTorch or its kin, imported; None where there is none."""
    older = next((name for name in _OLDER_NAMES if torch_module.startswith(name)), None)
    torch_module = torch_module.replace(older, _OLDER_NAMES[older], 1) if older else torch_module
    package, _, _ = torch_module.partition(".")
    stands_in = _STAND_IN.get(torch_module.removeprefix("torch.")) if package == "torch" else None
    own = ANSWERED[package] + torch_module.removeprefix(package)
    if stands_in is not None:
        own = f"{PACKAGE}.{stands_in}".rstrip(".")
    if torch_module.startswith("torch.nn.modules."):
        importlib.import_module(f"{PACKAGE}.nn.modules")  # its submodules are no files: it makes them
    return importlib.import_module(own) if _exists(own) else None


def _exists(module: str) -> bool:
    if module in sys.modules:
        return True
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def torch_name(obj, name: str | None = None) -> tuple[str, str | None]:
    """The module and the name by which PyTorch pickles a class or function of this package.

    What belongs to other packages keeps its own module and name, and so does what has PyTorch's already.
    """
    module = getattr(obj, "__module__", None) or ""
    if is_answered(module):
        return module, name or obj.__qualname__
    if module != PACKAGE and not module.startswith(PACKAGE + "."):
        return module, name
    name = name or obj.__qualname__
    if getattr(sys.modules[PACKAGE], name, None) is obj:
        return "torch", name
    if module.startswith(PACKAGE + ".nn.") and name in _NN_HOMES:
        return _NN_HOMES[name], name
    for package, torch_module in _ONE_MODULE_THERE.items():
        if f"{module}.".startswith(package + "."):
            return torch_module, name
    for package, own in reversed(ANSWERED.items()):  # torch, which is all the rest, comes last
        if module == own or module.startswith(own + "."):
            return package + module.removeprefix(own), name
    return module, name
