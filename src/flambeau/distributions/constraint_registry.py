"""From constraints to transforms: biject_to(c) is a bijection onto the set, transform_to(c) any map onto it."""

from __future__ import annotations

import inspect
from numbers import Number

from . import constraints, transforms


class ConstraintRegistry:
    """Makes of a constraint the transform whose factory is registered for its class."""

    def __init__(self):
        self._registry = {}

    def register(self, constraint, factory=None):
        """Registers factory(constraint) for a class of constraints; a decorator without factory."""
        if factory is None:
            return lambda factory: self.register(constraint, factory)
        if isinstance(constraint, constraints.Constraint):
            constraint = type(constraint)
        if not (inspect.isclass(constraint) and issubclass(constraint, constraints.Constraint)):
            raise TypeError(f"Expected constraint to be either a Constraint subclass or instance, but got {constraint}")
        self._registry[constraint] = factory
        return factory

    def __call__(self, constraint):
        factory = self._registry.get(type(constraint))
        if factory is None:
            raise NotImplementedError(f"Cannot transform {type(constraint).__name__} constraints")
        return factory(constraint)


biject_to, transform_to = ConstraintRegistry(), ConstraintRegistry()
BOTH = (biject_to, transform_to)


def _register(targets, *examples):
    def add(factory):
        for registry in targets:
            for example in examples:
                registry.register(example, factory)
        return factory

    return add


@_register(BOTH, constraints.real)
def _to_real(constraint):
    return transforms.identity_transform


@_register(BOTH, constraints.positive, constraints.nonnegative)
def _to_positive(constraint):
    return transforms.ExpTransform()


@_register(BOTH, constraints.greater_than, constraints.greater_than_eq)
def _to_greater_than(constraint):
    shift = transforms.AffineTransform(constraint.lower_bound, 1)
    return transforms.ComposeTransform([transforms.ExpTransform(), shift])


@_register(BOTH, constraints.less_than)
def _to_less_than(constraint):
    return transforms.ComposeTransform(
        [transforms.ExpTransform(), transforms.AffineTransform(constraint.upper_bound, -1)]
    )


@_register(BOTH, constraints.interval, constraints.half_open_interval)
def _to_interval(constraint):
    low, high = constraint.lower_bound, constraint.upper_bound
    if isinstance(low, Number) and low == 0 and isinstance(high, Number) and high == 1:
        return transforms.SigmoidTransform()
    return transforms.ComposeTransform([transforms.SigmoidTransform(), transforms.AffineTransform(low, high - low)])


@_register([biject_to], constraints.simplex)
def _bijection_to_simplex(constraint):
    return transforms.StickBreakingTransform()


@_register([transform_to], constraints.simplex)
def _to_simplex(constraint):
    return transforms.SoftmaxTransform()


@_register([transform_to], constraints.lower_cholesky)
def _to_lower_cholesky(constraint):
    return transforms.LowerCholeskyTransform()


@_register([transform_to], constraints.positive_definite, constraints.positive_semidefinite)
def _to_positive_definite(constraint):
    return transforms.PositiveDefiniteTransform()


@_register(BOTH, constraints.corr_cholesky)
def _to_corr_cholesky(constraint):
    return transforms.CorrCholeskyTransform()


def _register_composed(registry):
    registry.register(
        constraints.independent,
        lambda c: transforms.IndependentTransform(registry(c.base_constraint), c.reinterpreted_batch_ndims),
    )
    registry.register(
        constraints.cat, lambda c: transforms.CatTransform([registry(part) for part in c.cseq], c.dim, c.lengths)
    )
    registry.register(
        constraints.stack, lambda c: transforms.StackTransform([registry(part) for part in c.cseq], c.dim)
    )


_register_composed(biject_to)
_register_composed(transform_to)

__all__ = ["ConstraintRegistry", "biject_to", "transform_to"]
