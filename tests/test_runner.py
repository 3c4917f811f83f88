"""`python -m flambeau run`: an unmodified script sees itself as the program, and Flambeau as torch."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SRC = str(Path(__file__).parents[1] / "src")


def run(tmp_path, script, *arguments, code=0):
    """Runs a script in a process of its own; returns what it printed."""
    path = tmp_path / "script.py"
    path.write_text(script)
    return run_file(path, *arguments, code=code, cwd=tmp_path)


def run_file(path, *arguments, code=0, cwd=None):
    environment = {**os.environ, "PYTHONPATH": SRC, "PYTHONWARNINGS": "error"}
    command = [sys.executable, "-m", "flambeau", "run", str(path), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=cwd, env=environment)
    assert done.returncode == code, done.stderr
    return done


def test_one_identity_per_module(tmp_path):
    run(
        tmp_path,
        """
import flambeau, sys
import torch, torch.nn as nn, torch.nn.functional as F, torch.utils.data
from torch import optim, Tensor
from torch.nn import Module
from torch.nn.parameter import Parameter
from torch.nn.modules.linear import Linear
from torch.nn.modules import Conv2d
from torch.optim.adam import Adam
from torch.optim.lr_scheduler import StepLR
from torch.utils.data import DataLoader
from torch.utils.data.dataset import Subset
assert torch is flambeau and nn is flambeau.nn and F is flambeau.nn.functional and optim is flambeau.optim
assert sys.modules["torch.nn.functional"] is sys.modules["flambeau.nn.functional"] is torch.nn.functional
assert Parameter is nn.Parameter and Linear is nn.Linear and Conv2d is nn.Conv2d and Adam is optim.Adam
assert StepLR is optim.lr_scheduler.StepLR and DataLoader is torch.utils.data.DataLoader
assert torch.__spec__.name == "flambeau" and nn.__spec__.name == "flambeau.nn"
import importlib.util, importlib.metadata
assert importlib.util.find_spec("torch") is not None and importlib.util.find_spec("torch.nn") is not None
assert importlib.metadata.version("torch") == "2.13.0" and importlib.metadata.version("numpy")
""",
    )


def test_the_script_is_the_program(tmp_path):
    (tmp_path / "helper.py").write_text("import torch\nclass Thing: pass\n")
    done = run(
        tmp_path,
        """
import sys, pickle, helper
class Mine: pass
if __name__ == "__main__":
    import __main__
    assert __main__.Mine is Mine and pickle.loads(pickle.dumps(Mine())).__class__ is Mine
    print(sys.argv[1:], __file__ == sys.argv[0], sys.path[0] == __file__.rpartition("/")[0])
    sys.exit(7)
""",
        "--flag",
        "run",
        code=7,
    )
    assert done.stdout == "['--flag', 'run'] True True\n"


def test_what_is_missing_says_so(tmp_path):
    done = run(
        tmp_path,
        """
import torch
assert not hasattr(torch, "no_such_name") and not hasattr(torch.nn, "NoSuchModule")
for name in ("torch.no_such_module", "torch.nn.no_such_module"):
    try:
        __import__(name)
    except ModuleNotFoundError as error:
        assert error.name == name and str(error) == f"No module named {name!r}", error
        assert name in error.__notes__[0] and "not in Flambeau yet" in error.__notes__[0]
    else:
        raise AssertionError(name)
try:
    import torchfoo
except ModuleNotFoundError as error:
    assert not hasattr(error, "__notes__")
try:
    torch.nn.NoSuchModule
except AttributeError as error:
    print(error, *error.__notes__, sep="|")
from torch import no_such_name
""",
        code=1,
    )
    assert done.stdout.startswith(
        "module 'torch.nn' has no attribute 'NoSuchModule'|torch.nn.NoSuchModule is not in Fl"
    )
    assert "ImportError: cannot import name 'no_such_name'" in done.stderr and "not in Flambeau yet" in done.stderr


def test_tracebacks_start_in_the_script(tmp_path):
    done = run(tmp_path, "def f():\n    raise KeyError('here')\nf()\n", code=1)
    lines = done.stderr.splitlines()
    assert lines[0] == "Traceback (most recent call last):" and "script.py" in lines[1]
    assert "runner.py" not in done.stderr and lines[-1] == "KeyError: 'here'"
    done = run(tmp_path, "import torch\nx = = 1\n", code=1)
    assert "SyntaxError" in done.stderr and "runner.py" not in done.stderr


def test_real_pytorch_must_not_be_there_already(tmp_path):
    script = (
        "import sys, types; sys.modules['torch'] = types.ModuleType('torch')\nfrom flambeau.compat import install\n"
    )
    script += "try:\n    install()\nexcept ImportError as e:\n    print(e)\n"
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": SRC},
        timeout=60,
    )
    assert done.stdout.startswith("PyTorch is already imported"), done.stderr


@pytest.mark.parametrize(("arguments", "code"), [(["info"], 0), (["help"], 0), (["nothing"], 2), (["run"], 2)])
def test_other_commands(arguments, code):
    done = subprocess.run(
        [sys.executable, "-m", "flambeau", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": SRC},
    )
    assert done.returncode == code
    assert "2.13.0" in done.stdout if arguments == ["info"] else "usage" in done.stdout + done.stderr


def test_a_missing_script(tmp_path):
    done = run_file(tmp_path / "none.py", code=1)
    assert "can't open file" in done.stderr


def test_classes_call_themselves_what_pytorch_calls_them(tmp_path):
    done = run(
        tmp_path,
        """
import torch, pickle, io
from torch import nn
model = nn.Sequential(nn.Linear(1, 1))
print(type(torch.ones(1)), type(torch.ones(1).shape), type(torch.float32), type(model), type(model[0]))
print(type(torch.optim.SGD(model.parameters(), lr=0.1)), nn.Parameter, torch.utils.data.DataLoader)
print(torch.__version__, type((model[0].weight * 2).grad_fn))
assert torch.__version__ >= "1.8" and torch.__version__ < (2, 14) and torch.__version__ == "2.13.0"
assert torch.__version__ != "2.13.1" and not torch.__version__ > "2.13" and torch.__version__.startswith("2.")
again = pickle.loads(pickle.dumps(model))
assert type(again[0]) is nn.Linear and torch.equal(again[0].weight, model[0].weight)
file = io.BytesIO()
torch.save(model, file)
file.seek(0)
assert type(torch.load(file, weights_only=False)[0]) is nn.Linear
""",
    )
    assert done.stdout == (
        "<class 'torch.Tensor'> <class 'torch.Size'> <class 'torch.dtype'> "
        "<class 'torch.nn.modules.container.Sequential'> <class 'torch.nn.modules.linear.Linear'>\n"
        "<class 'torch.optim.sgd.SGD'> <class 'torch.nn.parameter.Parameter'> "
        "<class 'torch.utils.data.dataloader.DataLoader'>\n"
        "2.13.0+flambeau <class 'MulBackward0'>\n"
    )
