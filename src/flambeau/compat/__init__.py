"""Lets unmodified PyTorch scripts run on Flambeau: for one process, the module name `torch` stands for this package.

`install()` makes `import torch` give Flambeau; `python -m flambeau run script.py` does it for a whole script.
"""

from .finder import install
from .runner import run_script

__all__ = ["install", "run_script"]
