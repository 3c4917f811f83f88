"""Recurrences in NumPy: the definition of the node kind `recur`, step after step."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from ..cells import CELLS
from ..codegen.arrays import Arrays
from ..ir import Node


def recur(node: Node, *args: np.ndarray) -> np.ndarray:
    """One of the results that `ir.recur` names, from the operands."""
    operands = dict(zip(node.attrs["roles"], args))
    with np.errstate(all="ignore"):
        results = (_forward if node.attrs["forward"] else _backward)(node, operands)
    return results[node.attrs["result"]]


def _steps(node: Node, operands) -> list[slice]:
    """The rows of each step, in the order in which they are walked."""
    offsets = [int(offset) for offset in operands["offsets"]]
    steps = [slice(start, stop) for start, stop in pairwise(offsets)]
    return steps if node.attrs["reverse"] != node.attrs["forward"] else steps[::-1]


def _forward(node: Node, o) -> dict[str, np.ndarray]:
    cell, k, x, weight = CELLS[node.attrs["cell"]], Arrays(node.dtype), o["x"], o["weight"]
    units = len(weight) // cell.gates
    h, c = o["h0"].copy(), o["c0"].copy() if cell.stateful else None
    hs, before = np.empty((2, len(x), weight.shape[1]), x.dtype)
    c_before, gates = np.empty((len(x), units), x.dtype), np.empty((len(x), cell.kept * units), x.dtype)
    for rows in _steps(node, o):
        n = rows.stop - rows.start
        before[rows] = h[:n]
        products = h[:n] @ weight.T + o.get("bias", 0)
        if cell.stateful:
            c_before[rows] = c[:n]
        xs, products = (np.split(values, cell.gates, -1) for values in (x[rows], products))
        made = cell.forward(k, xs, products, h[:n], c[:n] if cell.stateful else None)
        gates[rows] = np.concatenate(made.kept, -1)
        h[:n] = hs[rows] = made.h @ o["projection"].T if "projection" in o else made.h
        if cell.stateful:
            c[:n] = made.c
    return {"hs": hs, "h": h, "c": c, "before": before, "c_before": c_before, "gates": gates}


def _backward(node: Node, o) -> dict[str, np.ndarray]:
    cell, k, weight = CELLS[node.attrs["cell"]], Arrays(node.dtype), o["weight"]
    units, rows_in_all = len(weight) // cell.gates, len(o["gates"])

    def state(name: str, size: int) -> np.ndarray:
        return o[name].copy() if name in o else np.zeros((node.attrs["batch"], size), weight.dtype)

    dh, dc = state("dh", weight.shape[1]), state("dc", units)
    dx, dproducts = np.empty((2, rows_in_all, len(weight)), weight.dtype)
    total, output = np.empty((rows_in_all, weight.shape[1]), weight.dtype), np.empty((rows_in_all, units), weight.dtype)
    for rows in _steps(node, o):
        n = rows.stop - rows.start
        total[rows] = dh[:n] + (o["dhs"][rows] if "dhs" in o else 0)
        own = total[rows] @ o["projection"] if "projection" in o else total[rows]
        kept, h = np.split(o["gates"][rows], cell.kept, -1), o["before"][rows] if cell.mixes else None
        made = cell.backward(k, kept, h, o["c_before"][rows] if cell.stateful else None, own, dc[:n])
        dx[rows], dproducts[rows] = np.concatenate(made.x, -1), np.concatenate(made.products, -1)
        dh[:n] = dproducts[rows] @ weight + (made.h if cell.mixes else 0)
        if cell.stateful:
            dc[:n], output[rows] = made.c, made.output
    return {"dx": dx, "dproducts": dproducts, "dh0": dh, "dc0": dc, "total": total, "output": output}
