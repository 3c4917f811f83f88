"""torch.func: gradients, products with Jacobians and maps over batches, as functions of functions."""

from .differentiating import grad, grad_and_value, hessian, jacrev, vjp
from .identities import debug_unwrap, functionalize
from .mapping import vmap
from .modules import functional_call, replace_all_batch_norm_modules_, stack_module_state
from .rearranging import rearrange
from .tangents import jacfwd, jvp, linearize

__all__ = [
    "debug_unwrap", "functional_call", "functionalize", "grad", "grad_and_value", "hessian", "jacfwd", "jacrev", "jvp",
    "linearize", "rearrange", "replace_all_batch_norm_modules_", "stack_module_state", "vjp", "vmap",
]  # fmt: skip
