"""Arithmetic as modules, so that observers see its results and `convert` can replace it.

The three classes have the same methods: add, add_scalar, mul, mul_scalar, cat, add_relu, matmul.
"""

from __future__ import annotations

import flambeau as torch
from flambeau import nn
from flambeau.ops import quantized as operators


class FXFloatFunctional(nn.Module):
    """Arithmetic of numbers, which nothing observes."""

    def forward(self, x):
        raise RuntimeError("FloatFunctional is not intended to use the 'forward'. Please use the underlying operation")

    def _seen(self, found: torch.Tensor) -> torch.Tensor:
        return found

    def add(self, x, y):
        """x + y."""
        return self._seen(torch.add(x, y))

    def add_scalar(self, x, y):
        """x + y for a number y."""
        return torch.add(x, y)

    def mul(self, x, y):
        """x * y."""
        return self._seen(torch.mul(x, y))

    def mul_scalar(self, x, y):
        """x * y for a number y."""
        return torch.mul(x, y)

    def cat(self, x, dim: int = 0):
        """Tensors one after the other."""
        return self._seen(torch.cat(x, dim=dim))

    def add_relu(self, x, y):
        """max(x + y, 0)."""
        return self._seen(torch.relu(torch.add(x, y)))

    def matmul(self, x, y):
        """x @ y."""
        return self._seen(torch.matmul(x, y))


class FloatFunctional(FXFloatFunctional):
    """Arithmetic of numbers that an observer may see; `convert` makes a QFunctional of it."""

    def __init__(self):
        super().__init__()
        self.activation_post_process = nn.Identity()

    def _seen(self, found):
        return self.activation_post_process(found)


class QFunctional(nn.Module):
    """Arithmetic of quantised tensors, with one scale and zero point for all its results."""

    def __init__(self):
        super().__init__()
        self.scale, self.zero_point = 1.0, 0
        self.activation_post_process = nn.Identity()

    def forward(self, x):
        raise RuntimeError("Functional is not intended to use the 'forward'. Please use the underlying operation")

    def _get_name(self):
        return "QFunctional"

    def extra_repr(self) -> str:
        return f"scale={self.scale}, zero_point={self.zero_point}"

    def _save_to_state_dict(self, destination, prefix, keep_vars):
        super()._save_to_state_dict(destination, prefix, keep_vars)
        destination[prefix + "scale"] = torch.tensor(self.scale)
        destination[prefix + "zero_point"] = torch.tensor(self.zero_point)

    def _load_from_state_dict(self, state_dict, prefix, *args):
        self.scale = float(state_dict.pop(prefix + "scale"))
        self.zero_point = int(state_dict.pop(prefix + "zero_point"))
        metadata, _, *lists = args
        super()._load_from_state_dict(state_dict, prefix, metadata, False, *lists)

    def _seen(self, found):
        return self.activation_post_process(found)

    def add(self, x, y):
        """x + y."""
        return self._seen(operators.add(x, y, self.scale, self.zero_point))

    def add_scalar(self, x, y):
        """x + y for a number y."""
        return operators.add_scalar(x, y)

    def mul(self, x, y):
        """x * y."""
        return self._seen(operators.mul(x, y, self.scale, self.zero_point))

    def mul_scalar(self, x, y):
        """x * y for a number y."""
        return operators.mul_scalar(x, y)

    def cat(self, x, dim: int = 0):
        """Tensors one after the other."""
        return self._seen(operators.cat(x, dim, self.scale, self.zero_point))

    def add_relu(self, x, y):
        """max(x + y, 0)."""
        return self._seen(operators.add_relu(x, y, self.scale, self.zero_point))

    def matmul(self, x, y):
        """x @ y."""
        return operators.matmul(x, y, self.scale, self.zero_point)  # unseen, as in PyTorch

    @classmethod
    def from_float(cls, mod: FloatFunctional, use_precomputed_fake_quant: bool = False) -> QFunctional:
        """The same arithmetic on quantised tensors; `mod` has an observer of its results."""
        if type(mod) is not FloatFunctional:
            raise AssertionError(
                f"QFunctional.from_float expects an instance of FloatFunctional, got {type(mod).__name__}"
            )
        scale, zero_point = mod.activation_post_process.calculate_qparams()
        made = cls()
        made.scale, made.zero_point = float(scale), int(zero_point)
        return made
