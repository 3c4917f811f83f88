"""Ops that are imported when they are first asked for: the lists say what the modules publish."""

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

import flambeau as fl
from flambeau.ops import later
from flambeau.ops.public import FUNCTIONS

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1] / "src")}
MODULES = sorted({*later._FUNCTIONS, *later._METHODS})


@pytest.mark.parametrize("module", MODULES)
def test_lists_are_complete(module):
    """Every function that a module publishes is listed, and every name listed is there."""
    importlib.import_module(f"flambeau.{module}")
    published = {name for name, f in FUNCTIONS.items() if f.__module__ == f"flambeau.{module}"}
    listed = set(later._FUNCTIONS.get(module, "").split())
    assert published <= listed
    assert all(callable(getattr(fl, name)) for name in listed)
    assert all(hasattr(fl.Tensor, name) for name in later._METHODS.get(module, "").split())


def test_modules_are_not_imported_at_start():
    code = f"import sys, flambeau; print([m for m in {MODULES} if f'flambeau.{{m}}' in sys.modules])"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=ENVIRONMENT).stdout.strip()
        == "[]"
    )


@pytest.mark.parametrize("use", ["fl.ones(2).gcd", "fl.gcd", "fl.Tensor.gcd_", "fl.ones(2).histogram(3)", "fl.conv2d"])
def test_first_use_in_a_fresh_process(use):
    run = subprocess.run(
        [sys.executable, "-c", f"import flambeau as fl; {use}"], capture_output=True, text=True, env=ENVIRONMENT
    )
    assert run.returncode == 0, run.stderr
