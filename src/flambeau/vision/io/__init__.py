"""Images read from files and written to them as tensors."""

from .image import *  # noqa: F403
from .image import __all__
