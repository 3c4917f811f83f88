"""What checkpoints say where their two runs differ, or cannot be."""

from __future__ import annotations


class CheckpointError(RuntimeError):
    """The second run of a checkpoint was not like the first."""


CheckpointError.__module__ = "torch.utils.checkpoint"

_TIP = """

Tip: To see a more detailed error message, either pass `debug=True` to
`torch.utils.checkpoint.checkpoint(...)` or wrap the code block
with `with torch.utils.checkpoint.set_checkpoint_debug_enabled(True):` to
enable checkpoint\N{NON-BREAKING HYPHEN}debug mode globally.
"""
_WHERE = "torch.utils.checkpoint: "
MORE = _WHERE + "trying to save more tensors during recomputation than during the original forward pass." + _TIP
COUNTS = (
    _WHERE + "A different number of tensors was saved during the original forward and recomputation.\n"
    "Number of tensors saved during forward: {}\nNumber of tensors saved during recomputation: {}." + _TIP
)
METADATA = (
    _WHERE
    + "Recomputed values for the following tensors have different metadata than during the forward pass.\n{}."
    + _TIP
)
REENTRANT_GRAD = (
    "When use_reentrant=True, torch.utils.checkpoint is incompatible with .grad() or passing an `inputs` parameter to "
    ".backward(). To resolve this error, you can either set use_reentrant=False, or call .backward() without passing "
    "the `inputs` argument."
)
NOT_NEEDED = "none of output has requires_grad=True, this checkpoint() is not necessary"
UNCHECKED = "None of the inputs have requires_grad=True. Gradients will be None"
_EXPLICIT = (
    "use_reentrant=False is recommended, but if you need to preserve the current default behavior, you can pass "
    "use_reentrant=True. Refer to docs for more details on the differences between the two variants."
)
VARIANT = (
    _WHERE + "the use_reentrant parameter should be passed explicitly. Starting in PyTorch 2.9, calling checkpoint "
    "without use_reentrant will raise an exception. " + _EXPLICIT
)
SEQUENTIAL = (
    "torch.utils.checkpoint.checkpoint_sequential: the use_reentrant parameter should be passed explicitly. In version "
    "2.9 we will raise an exception if use_reentrant is not passed. " + _EXPLICIT
)
