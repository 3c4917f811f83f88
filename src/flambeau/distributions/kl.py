"""The divergence of Kullback and Leibler: a function for each pair of classes, found by the nearest base classes."""

from __future__ import annotations

import warnings
from collections.abc import Callable

from .distribution import Distribution

__all__ = ["kl_divergence", "register_kl"]

_KL_REGISTRY: dict[tuple[type, type], Callable] = {}
_KL_MEMOIZE: dict[tuple[type, type], Callable] = {}


def register_kl(type_p, type_q):
    """A decorator: the function is kl_divergence(p, q) for these classes and those that derive from them."""

    def decorator(fun):
        _KL_REGISTRY[type_p, type_q] = fun
        _KL_MEMOIZE.clear()
        return fun

    return decorator


class _Match:
    """Registered classes, ordered by how near they are to those that are asked for."""

    def __init__(self, *types):
        self.types = types

    def __lt__(self, other: _Match) -> bool:
        return next((issubclass(x, y) for x, y in zip(self.types, other.types) if x is not y), False)


def _dispatch_kl(type_p, type_q) -> Callable:
    """The function of the nearest classes: by p first, by q first; RuntimeWarning where these differ."""
    matches = [(p, q) for p, q in _KL_REGISTRY if issubclass(type_p, p) and issubclass(type_q, q)]
    if not matches:
        return NotImplemented
    left_p, left_q = min(_Match(*m) for m in matches).types
    right_q, right_p = min(_Match(*reversed(m)) for m in matches).types
    left, right = _KL_REGISTRY[left_p, left_q], _KL_REGISTRY[right_p, right_q]
    if left is not right:
        warnings.warn(
            f"Ambiguous kl_divergence({type_p.__name__}, {type_q.__name__}). Please register_kl({left_p.__name__}, "
            f"{right_q.__name__})",
            RuntimeWarning,
            stacklevel=3,
        )
    return left


def kl_divergence(p: Distribution, q: Distribution):
    """The mean under p of log p - log q, for each batch element. NotImplementedError for pairs without a formula."""
    key = type(p), type(q)
    fun = _KL_MEMOIZE.get(key)
    if fun is None:
        fun = _KL_MEMOIZE[key] = _dispatch_kl(*key)
    if fun is NotImplemented:
        raise NotImplementedError(
            f"No KL(p || q) is implemented for p type {key[0].__name__} and q type {key[1].__name__}"
        )
    return fun(p, q)


from . import kl_families, kl_numbers  # noqa: E402, F401 (they register their formulas)
