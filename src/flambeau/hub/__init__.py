"""torch.hub: models and checkpoints that others publish.

`load` builds what a repository's `hubconf.py` offers, from GitHub or from a folder; `load_state_dict_from_url` reads a
checkpoint. Both keep what they download under `get_dir()`.
"""

from .checkpoints import load_state_dict_from_url
from .download import download_url_to_file, tqdm
from .folders import _get_torch_home, get_dir, set_dir
from .repositories import help, list, load

__all__ = ["download_url_to_file", "get_dir", "help", "list", "load", "load_state_dict_from_url", "set_dir"]
