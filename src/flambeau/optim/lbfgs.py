"""L-BFGS: a quasi-Newton method that remembers some past steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

import flambeau as torch

from .elementwise import check_options
from .line_search import Point, WolfeSearch, rounding
from .optimizer import Optimizer, evaluate, in_reals, options

# What a step remembers for the next, in the order in which it is saved.
_MEMORY = ("d", "t", "old_dirs", "old_stps", "ro", "H_diag", "prev_flat_grad", "prev_loss")


class LBFGS(Optimizer):
    """L-BFGS (Liu and Nocedal, 1989), for full batches; one parameter group.

    Args:
        params: parameters.
        lr: length of the step, relative to the quasi-Newton one; with a line search, its first guess.
        max_iter: iterations a step.
        max_eval: evaluations a step; by default 1.25 times `max_iter`.
        tolerance_grad: end where no element of the gradient is larger.
        tolerance_change: end where the parameters or the loss change less.
        history_size: how many past steps to remember.
        line_search_fn: "strong_wolfe" or None.

    Raises:
        ValueError: the learning rate is negative, or there are several parameter groups.
    """

    def __init__(
        self, params: Iterable, lr: Any = 1, max_iter: int = 20, max_eval: int | None = None,
        tolerance_grad: float = 1e-7, tolerance_change: float = 1e-9, history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:  # fmt: skip
        check_options(lr, False)
        max_eval = max_iter * 5 // 4 if max_eval is None else max_eval
        names = "lr max_iter max_eval tolerance_grad tolerance_change history_size line_search_fn"
        super().__init__(params, options(names, locals()))
        if len(self.param_groups) != 1:
            raise ValueError("LBFGS doesn't support per-parameter options (parameter groups)")

    def step(self, closure: Callable[[], Any]):  # type: ignore[override]
        """Makes up to `max_iter` iterations.

        Args:
            closure: clears the gradients, evaluates the model, calls backward and returns the loss.

        Returns:
            The loss before the step.
        """
        group = self.param_groups[0]
        if group["line_search_fn"] not in (None, "strong_wolfe"):
            raise RuntimeError("only 'strong_wolfe' is supported")
        first_loss = evaluate(closure)
        with torch.no_grad():
            self._iterate(group, closure, _number(first_loss))
        return first_loss

    def _iterate(self, group: dict, closure: Callable, loss: float) -> None:
        state = self.state[group["params"][0]]
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)
        state["func_evals"] += 1
        grad = self._flat_grad(group)
        if grad.abs().max() <= group["tolerance_grad"]:
            return
        memory = {name: state.get(name) for name in _MEMORY}
        self._descend(group, closure, loss, grad, state, memory)
        state.update(memory)

    def _descend(self, group: dict, closure: Callable, loss: float, grad, state: dict, memory: dict) -> None:
        """The iterations of one step; memory: what they remember of the last one."""
        evaluations = 1
        for iteration in range(1, group["max_iter"] + 1):
            state["n_iter"] += 1
            direction = self._direction(state, memory, grad, group["history_size"])
            last_loss = memory["prev_loss"] = loss
            memory["prev_flat_grad"] = grad.clone()
            step = self._first_guess(group, state, grad)
            slope = rounding(grad.dot(direction))
            memory["d"], memory["t"] = direction, step
            if slope > -group["tolerance_change"]:
                return
            start, left = Point(0, loss, grad, slope), group["max_eval"] - evaluations
            last = iteration == group["max_iter"]
            if group["line_search_fn"] is not None:
                found, used = self._search(group, closure, direction, start, rounding(step), left)
            else:
                found, used = self._move(group, closure, direction, start._replace(step=step), last)
            loss, grad, step = found.value, found.gradient, found.step
            memory["t"] = torch.tensor(step) if isinstance(step, np.floating) else step
            evaluations += used
            state["func_evals"] += used
            if last or evaluations >= group["max_eval"] or grad.abs().max() <= group["tolerance_grad"]:
                return
            small = group["tolerance_change"]
            if (direction * memory["t"]).abs().max() <= small or abs(loss - last_loss) < small:
                return

    def _direction(self, state: dict, memory: dict, grad, history: int):
        """The quasi-Newton direction; the last step is remembered for it."""
        if state["n_iter"] == 1:
            memory["old_dirs"], memory["old_stps"], memory["ro"], memory["H_diag"] = [], [], [], 1
            return -grad
        changes, steps, inverses = memory["old_dirs"], memory["old_stps"], memory["ro"]
        change, moved = grad - memory["prev_flat_grad"], memory["d"] * memory["t"]
        curvature = change.dot(moved)
        if curvature > 1e-10:
            if len(changes) == history:
                for oldest in (changes, steps, inverses):
                    oldest.pop(0)
            changes.append(change)
            steps.append(moved)
            inverses.append(1.0 / curvature)
            memory["H_diag"] = curvature / change.dot(change)
        return _two_loops(-grad, changes, steps, inverses, memory["H_diag"], state.setdefault("al", [None] * history))

    @staticmethod
    def _first_guess(group: dict, state: dict, grad) -> Any:
        """The length of a step before any line search; for the very first one a tensor, as it is saved."""
        lr = group["lr"].squeeze() if isinstance(group["lr"], torch.Tensor) else group["lr"]
        return min(1.0, 1.0 / grad.abs().sum()) * lr if state["n_iter"] == 1 else lr

    def _search(self, group, closure, direction, start: Point, step, limit: int) -> tuple[Point, int]:
        """Moves the parameters to where a line search ends; returns that place, and the evaluations it took."""
        values = [p.clone() for p in group["params"]]

        def value_at(step):
            self._place(group, values, direction, step)
            return _number(evaluate(closure)), self._flat_grad(group)

        search = WolfeSearch(value_at, direction, start, limit=limit)
        found = search.search(step)
        self._place(group, values, direction, found.step)
        return found, search.evaluations

    def _move(self, group, closure, direction, start: Point, last: bool) -> tuple[Point, int]:
        """Moves the parameters by `start.step`; returns where they are then, and the evaluations it took."""
        self._place(group, group["params"], direction, start.step)
        if last:
            # The loss after the last iteration would be looked at by nobody.
            return start, 0
        return Point(start.step, _number(evaluate(closure)), self._flat_grad(group), 0.0), 1

    @staticmethod
    def _flat_grad(group: dict):
        grads = [torch.zeros_like(p) if p.grad is None else p.grad for p in group["params"]]
        return torch.cat([in_reals(grad).reshape(-1) for grad in grads])

    @staticmethod
    def _place(group: dict, values: list, direction, step) -> None:
        """Puts the parameters at a step along the direction from `values`."""
        at = 0
        for p, value in zip(map(in_reals, group["params"]), map(in_reals, values)):
            part = direction[at : at + p.numel()].reshape(p.shape)
            p.copy_(value.add(part, alpha=float(step)))
            at += p.numel()


def _two_loops(direction, changes: list, steps: list, inverses: list, scale, coefficients: list):
    """The inverse Hessian that the remembered steps imply, times a vector.

    Every product is asked for as a number, so that the same small program runs again however long the history is.
    """
    for i in reversed(range(len(changes))):
        coefficients[i] = steps[i].dot(direction) * inverses[i]
        direction = direction.add(changes[i], alpha=-float(coefficients[i]))
    direction = direction * scale
    for i in range(len(changes)):
        overshoot = changes[i].dot(direction) * inverses[i]
        direction = direction.add(steps[i], alpha=float(coefficients[i] - overshoot))
    return direction


def _number(loss) -> float:
    """A loss, which a closure may give as a tensor with a graph."""
    return loss.item() if isinstance(loss, torch.Tensor) else float(loss)
