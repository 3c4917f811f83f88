"""`python -m flambeau check`: what a script uses that is missing is told before anything runs; and `info`."""

import re

import pytest

from flambeau import __main__ as command_line
from flambeau import config
from flambeau.compat.check import check_script
from flambeau.installation import info


def missing(tmp_path, source, others=()):
    """The lines and names that are missing; with the files where others stand beside the script."""
    for name, text in dict(others).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    script = tmp_path / "script.py"
    script.write_text(source)
    found, files = check_script(script)
    assert files == 1 + len(others)
    return [(one.path.name, one.line, one.name) if others else (one.line, one.name) for one in found]


SOURCE = """import torch, torch.nn as nn
import torch.nn.functional as F
from torch import optim, lost as found
from torch.utils.data import DataLoader, LostLoader as L
import torch.lost_module
from torch.lost_package import anything

def early(x):
    return late.Lost(x), F.relu(x), F.lost(x)

class Net(nn.Module):
    def __init__(self):
        self.a, self.b = nn.Linear(1, 2), nn.LostLayer(3)
        nn.Linear.lost_method
        getattr(torch, "lost_attribute"), getattr(torch, "lost_default", None)
        optim.lr_scheduler.StepLR, torch.optim.Adam, torch.cuda.is_available(), torch.float32.lost_of_an_object

import torch.nn.modules as late
"""


def test_names_are_followed_through_aliases_and_chains(tmp_path):
    assert missing(tmp_path, SOURCE) == [
        (3, "torch.lost"),
        (4, "torch.utils.data.LostLoader"),
        (5, "torch.lost_module"),
        (6, "torch.lost_package"),
        (9, "torch.nn.functional.lost"),
        (9, "torch.nn.modules.Lost"),
        (13, "torch.nn.LostLayer"),
        (14, "torch.nn.Linear.lost_method"),
        (15, "torch.lost_attribute"),
    ]


@pytest.mark.parametrize(
    "source",
    [
        "import torch\ntry:\n    torch.lost\n    import torch.lost\nexcept (ImportError, AttributeError):\n    pass",
        "import torch\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from torch import lost",
        "import torch\ndef f(torch):\n    return torch.lost, [torch.lost for torch in torch]",
        "from torch import nn\ndef f():\n    nn = 1\n    return nn.lost",
        "import torch\ntorch.backends.cudnn.lost = True",
        "import torch\ntorch = object()\ntorch.lost",
        "import numpy, os.path\nnumpy.lost, os.lost",
    ],
)
def test_what_is_no_use_or_cannot_fail(tmp_path, source):
    assert missing(tmp_path, source) == []


def test_assigned_names_are_followed(tmp_path):
    source = "import torch\nlayers = torch.nn\nlayers.Linear\nlayers.Lost\nfor layers in []:\n    pass"
    assert missing(tmp_path, source) == [(4, "torch.nn.Lost")]


def test_files_beside_the_script_are_read_and_nothing_runs(tmp_path):
    source = "raise SystemExit('run')\nimport helper, missing_helper\nfrom parts import inner\nfrom parts.deep import x"
    others = {
        "helper.py": "import script\nfrom torch import lost",
        "parts/__init__.py": "from . import sibling",
        "parts/inner.py": "import torch\ntorch.lost_inside",
        "parts/sibling.py": "from .deep import torch",
        "parts/deep.py": "import torch\nx = torch.lost_deep",
    }
    assert missing(tmp_path, source, others) == [
        ("helper.py", 2, "torch.lost"), ("inner.py", 2, "torch.lost_inside"), ("deep.py", 2, "torch.lost_deep")
    ]  # fmt: skip


def test_the_command(tmp_path, capsys):
    script = tmp_path / "script.py"
    for source, code, text in (
        ("import torch\ntorch.ones", 0, "nothing is missing; 1 file read\n"),
        ("import torch\ntorch.lost", 1, f"{script}:2: torch.lost is not in Flambeau\n1 names missing; 1 file read\n"),
        ("import (", 2, None),
    ):
        script.write_text(source)
        with pytest.raises(SystemExit) as ended:
            command_line.main(["check", str(script)])
        printed = capsys.readouterr().out
        assert ended.value.code == code
        assert printed == text if text else "script.py" in printed and "line 1" in printed
    with pytest.raises(SystemExit) as ended:
        command_line.main(["check", str(tmp_path / "none.py")])
    assert ended.value.code == 2 and "none.py" in capsys.readouterr().out


def test_info_tells_the_installation(tmp_path):
    (tmp_path / "kernel").write_bytes(bytes(3 << 20))
    with config.override(cache=tmp_path, threads=3):
        lines = dict(re.split(r":\s+", line, maxsplit=1) for line in info().splitlines())
    assert lines["cache"].startswith(f"{tmp_path} (1 files, 3.0 of ") and lines["threads"] == "3"
    assert lines["flambeau"].endswith("(API of PyTorch 2.13.0)") and lines["numpy"][0].isdigit()
    assert {"python", "llvmlite", "cpu", "Pillow", "scipy", "tqdm", "tensorboard", "matplotlib"} <= lines.keys()
    with config.override(cache=None):
        assert "none: kernels are compiled anew" in info()
