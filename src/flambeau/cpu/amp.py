"""The older names of torch.amp for the CPU."""

from ..amp.older import names_for

autocast, GradScaler = names_for("cpu")
