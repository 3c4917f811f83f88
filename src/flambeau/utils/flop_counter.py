"""torch.utils.flop_counter: the floating-point operations of products and convolutions, module by module.

Functions are counted when they are called; their gradients, which are products of the same sizes, when a backward
pass reaches the results.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import flambeau as torch

from ._tables import simple_table
from .module_tracker import ModuleTracker

__all__ = ["FlopCounterMode"]

_SUFFIXES = ["", "K", "M", "B", "T"]


@dataclass
class _Work:
    """What a call does: an operator's name and its operations, and those of the gradients."""

    kind: str
    flops: int
    backward_kind: str
    backward_flops: int


def _asking(*tensors: Any) -> int:
    return sum(isinstance(t, torch.Tensor) and t.requires_grad for t in tensors)


def _product(kind: str, a, b, size: int) -> list[_Work]:
    return [_Work(kind, 2 * size, "bmm" if "bmm" in kind else "mm", 2 * size * _asking(a, b))]


def _linear(out, input, weight, bias=None, **ignored) -> list[_Work]:
    return _product("mm" if bias is None else "addmm", input, weight, out.numel() * weight.shape[-1])


def _matmul(out, input, other, **ignored) -> list[_Work]:
    if input.dim() < 2 or other.dim() < 2:
        return []
    return _product("mm" if other.dim() == 2 else "bmm", input, other, out.numel() * input.shape[-1])


def _sum_and_product(kind: str) -> Callable:
    def count(out, input, a, b, **ignored) -> list[_Work]:
        return _product(kind, a, b, out.numel() * a.shape[-1])

    return count


def _convolution(transposed: bool) -> Callable:
    def count(out, input, weight, *settings, groups=1, **ignored) -> list[_Work]:
        spatial, lead = (input if transposed else out).shape[weight.dim() * -1 + 2 :], input.dim() == weight.dim()
        flops = 2 * (input.shape[0] if lead else 1) * math.prod(spatial) * weight.numel()
        groups = settings[5 if transposed and len(settings) > 5 else 4] if len(settings) > 4 else groups
        back = flops * _asking(input) + flops * (groups if not transposed else 1) * _asking(weight)
        return [_Work("convolution", flops, "convolution_backward", back)]

    return count


def _heads(
    out, query, key, value, width, heads, in_weight, in_bias, *rest, need_weights=True, **ignored
) -> list[_Work]:
    out_weight = rest[4] if len(rest) > 4 else None
    rows = query.numel() // width
    length = math.prod(query.shape[:-1]) // (query.shape[1] if query.dim() == 3 else 1)
    source = key.shape[0]
    sizes = rows * width * width + 2 * (key.numel() // width) * width * width
    work = _product("mm", query, in_weight, sizes) + _product("addmm", query, out_weight, rows * width * width)
    work[1].backward_flops = 2 * work[1].flops
    if need_weights:
        work += _product("bmm", in_weight, in_weight, 2 * (rows // length) * length * source * width)
    return work


def _contraction(out, equation, *operands, **ignored) -> list[_Work]:
    if len(operands) != 2 or not isinstance(equation, str) or "." in equation:
        return []
    labels = equation.replace(" ", "").partition("->")[0].split(",")
    sizes = {label: n for names, x in zip(labels, operands) for label, n in zip(names, x.shape)}
    return _product("bmm", *operands, math.prod(sizes.values()))


_FORMULAS: dict[str, Callable[..., list[_Work]]] = {
    "linear": _linear, "mm": _matmul, "matmul": _matmul, "__matmul__": _matmul, "bmm": _matmul, "einsum": _contraction,
    "addmm": _sum_and_product("addmm"), "baddbmm": _sum_and_product("baddbmm"),
    **{f"conv{n}d": _convolution(False) for n in (1, 2, 3)},
    **{f"conv_transpose{n}d": _convolution(True) for n in (1, 2, 3)},
    "multi_head_attention_forward": _heads,
}  # fmt: skip


class FlopCounterMode(torch.overrides.TorchFunctionMode):
    """Context manager that counts the operations of what runs inside.

    mods: no longer needed.  depth: how deep the table goes into modules.  display: whether it is printed at the end.
    custom_mapping: formulas of (shapes of arguments, out_shape=) for functions, by them.
    """

    def __init__(self, mods=None, depth: int | None = 2, display: bool = True, custom_mapping=None) -> None:
        super().__init__()
        self.flop_counts: dict[str, dict[Any, int]] = defaultdict(lambda: defaultdict(int))
        self.depth, self.display = depth, display
        self.mod_tracker = ModuleTracker()
        self._custom = custom_mapping or {}

    def get_total_flops(self) -> int:
        """The operations of everything."""
        return sum(self.flop_counts["Global"].values())

    def get_flop_counts(self) -> dict[str, dict[Any, int]]:
        """For each module's path the operations by operators."""
        return {name: dict(counts) for name, counts in self.flop_counts.items()}

    def __enter__(self):
        self.flop_counts.clear()
        self.mod_tracker.__enter__()
        return super().__enter__()

    def __exit__(self, *error) -> None:
        super().__exit__(*error)
        self.mod_tracker.__exit__()
        if self.display:
            print(self.get_table(self.depth))

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        if func in self._custom:
            shapes = [a.shape if isinstance(a, torch.Tensor) else a for a in args]
            flops = self._custom[func](*shapes, **kwargs, out_shape=getattr(result, "shape", None))
            self._add(func, flops, set(self.mod_tracker.parents))
        elif func.__name__ in _FORMULAS:
            out = result[0] if isinstance(result, tuple) else result
            self._count(out, _FORMULAS[func.__name__](out, *args, **kwargs))
        return result

    def _count(self, out, work: list[_Work]) -> None:
        parents = set(self.mod_tracker.parents)
        for w in work:
            self._add(_operator(w.kind), w.flops, parents)
        if out.requires_grad:
            out.register_hook(lambda grad: self._count_backward(work, parents))

    def _count_backward(self, work: list[_Work], parents: set[str]) -> None:
        for w in work:
            if w.backward_flops:
                self._add(_operator(w.backward_kind), w.backward_flops, parents)

    def _add(self, operator, flops: int, parents: set[str]) -> None:
        for name in parents:
            self.flop_counts[name][operator] += flops

    def get_table(self, depth: int | None = None) -> str:
        """The counts of modules down to a depth, as a table."""
        depth = depth or self.depth or 999999
        total = self.get_total_flops()
        names = [n for n in sorted(self.flop_counts) if n != "Global" and n.count(".") < depth]
        rows = [row for name in names for row in self._rows(name, " " * name.count("."), total)]
        if total and all(sum(self.flop_counts[name].values()) < total for name in names):
            rows = self._rows("Global", "", total) + [[f" {row[0]}", *row[1:]] for row in rows]
        return simple_table(rows or [["Global", "0", "0%"]], ["Module", "FLOP", "% Total"], right=(1, 2))

    def _rows(self, name: str, indent: str, total: int) -> list[list[str]]:
        counts = self.flop_counts[name]
        named = [(f"{indent}{name}", sum(counts.values())), *((f"{indent} - {k}", v) for k, v in counts.items())]
        power = max(0, min(len(_SUFFIXES) - 1, (len(str(total)) - 2) // 3))
        return [
            [title, f"{v / 1000**power:.3f}{_SUFFIXES[power]}", f"{v / total:.2%}" if total else "0%"]
            for title, v in named
        ]


def _operator(kind: str) -> Any:
    return getattr(torch.ops.aten, kind, f"aten.{kind}")
