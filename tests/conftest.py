"""Skips the tests marked `parity` where real PyTorch is not installed, and makes property-based tests repeatable.

With FLAMBEAU_EXPLORE set they look for new examples in every run.
"""

import importlib.util
import os

import pytest
from hypothesis import settings

settings.register_profile("repeatable", derandomize=True)
if not os.environ.get("FLAMBEAU_EXPLORE"):
    settings.load_profile("repeatable")


def pytest_collection_modifyitems(items):
    if importlib.util.find_spec("torch") is not None:
        return
    skip = pytest.mark.skip(reason="PyTorch is not installed")
    for item in items:
        if item.get_closest_marker("parity"):
            item.add_marker(skip)
