"""torch.version: the release of PyTorch whose API this is, and the accelerators there are (none)."""

__version__ = "2.13.0"
debug = False
cuda = hip = xpu = git_version = None
