"""Ops that few scripts use: their modules are imported when one of their names is first asked for.

A module listed here publishes as the others do (`public.py`), or its functions are torch's as they are; until it is
imported, the names below stand for it. A test holds the lists against what the modules publish.
"""

from __future__ import annotations

import importlib

from ..tensor import Tensor
from .public import FUNCTIONS, at_home

PACKAGE = __name__.partition(".")[0]

# The names of torch by the module that publishes them; in METHODS those of Tensor.
_FUNCTIONS = {
    "linalg.cholesky_factors": "cholesky_inverse cholesky_solve",
    "linalg.householder": "geqrf orgqr ormqr",
    "linalg.lowrank": "pca_lowrank svd_lowrank",
    "ops.distances": "cdist",
    "ops.fake_quantization": "fake_quantize_per_channel_affine fake_quantize_per_tensor_affine "
    "fused_moving_avg_obs_fake_quant",
    "ops.finite_differences": "gradient",
    "ops.hashing": "hash_tensor",
    "ops.histograms": "histogram histogramdd",
    "ops.empty_layouts": "empty_permuted",
    "ops.numbers": "frexp gcd gcd_ lcm lcm_ nextafter",
    "ops.variates": "_dirichlet_grad _sample_dirichlet _standard_gamma _standard_gamma_grad binomial poisson",
    "ops.segments": "_segment_reduce segment_reduce",
    "ops.private": "_chunk_cat _unsafe_masked_index _unsafe_masked_index_put_accumulate",
    "special.bessel": "i0 i0_",
    "special.gamma": "igamma igammac polygamma",
    "ops.spectrograms": "istft stft",
    "ops.view_copies": "alias_copy as_strided_copy detach_copy expand_copy narrow_copy permute_copy select_copy "
    "slice_copy split_copy split_with_sizes_copy squeeze_copy t_copy transpose_copy unbind_copy unfold_copy "
    "unsqueeze_copy view_as_complex_copy view_as_real_copy view_copy",
}
_METHODS = {
    "linalg.cholesky_factors": "cholesky_inverse cholesky_solve",
    "linalg.householder": "geqrf orgqr ormqr",
    "native": "slice_inverse unsafe_chunk unsafe_split unsafe_split_with_sizes",
    "other_backends": "resize_as_sparse_ sparse_resize_ sparse_resize_and_clear_ to_padded_tensor",
    "sparse.compressed": "to_sparse_bsc to_sparse_bsr to_sparse_csc to_sparse_csr",
    "sparse.older": "smm sspaddmm",
    "nn.functional": "hardshrink prelu",
    "ops.hashing": "hash_tensor",
    "ops.histograms": "histogram",
    "ops.empty_layouts": "new_empty_strided",
    "ops.numbers": "frexp gcd gcd_ lcm lcm_ nextafter nextafter_",
    "ops.rare_methods": "__array_wrap__ __delitem__ __long__ __nonzero__ apply_ ccol_indices col_indices "
    "const_data_ptr crow_indices dequantize dim_order eig fill_diagonal_ index int_repr ipu is_distributed "
    "is_same_size is_set_to lstsq map2_ map_ module_load mtia new q_per_channel_axis q_per_channel_scales "
    "q_per_channel_zero_points q_scale q_zero_point qscheme record_stream reinforce resize resize_as "
    "row_indices solve symeig to_dense to_mkldnn to_sparse_coo volatile xpu",
    "ops.spectrograms": "istft stft",
    "ops.view_copies": "narrow_copy",
    "storage_view": "storage_type",
    "special.bessel": "i0 i0_",
    "special.gamma": "igamma igamma_ igammac igammac_ polygamma polygamma_",
}

HOMES = {name: module for module, names in _FUNCTIONS.items() for name in names.split()}


class Later:
    """A method of Tensor whose module replaces it by the real one, or has a function that is one."""

    def __init__(self, name: str, module: str):
        self.name, self.module = name, module

    def __get__(self, instance, owner):
        home = importlib.import_module(f"{PACKAGE}.{self.module}")
        if Tensor.__dict__[self.name] is self:
            setattr(Tensor, self.name, getattr(home, self.name))
        return getattr(owner if instance is None else instance, self.name)


def function(name: str):
    """The function of torch that a name in HOMES stands for: published, or of its module."""
    home = importlib.import_module(f"{PACKAGE}.{HOMES[name]}")
    return at_home(name, FUNCTIONS[name]) if name in FUNCTIONS else getattr(home, name)


for _module, _names in _METHODS.items():
    for _name in _names.split():
        setattr(Tensor, _name, Later(_name, _module))
