"""The safetensors library reads and writes tensors of Flambeau as it does PyTorch's."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("safetensors")

SCRIPT = """
import torch
from safetensors import safe_open
from safetensors.torch import load, load_file, load_model, save, save_file, save_model

model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3))
save_file(model.state_dict(), "m.safetensors", metadata={"a": "b"})
loaded = load_file("m.safetensors")
assert all(torch.equal(loaded[k], v) for k, v in model.state_dict().items()) and len(loaded) == 7
back = load(save({"x": torch.arange(2).bfloat16(), "y": torch.arange(3)}))
assert back["x"].dtype is torch.bfloat16 and back["x"].tolist() == [0, 1] and back["y"].tolist() == [0, 1, 2]
save_model(model, "n.safetensors")
twin = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3))
assert load_model(twin, "n.safetensors") == (set(), []) and torch.equal(twin[0].weight, model[0].weight)
with safe_open("m.safetensors", framework="pt", device="cpu") as file:
    assert file.metadata() == {"a": "b"} and torch.equal(file.get_slice("0.weight")[1:2], model[0].weight[1:2])
x = torch.ones(4)
try:
    save_file({"a": x, "b": x[1:]}, "shared.safetensors")
except RuntimeError as error:
    assert "share memory" in str(error)
else:
    raise AssertionError("tensors that share memory were saved")
"""


def test_state_dicts_go_through_safetensors(tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT)
    command = [sys.executable, "-m", "flambeau", "run", "script.py"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1] / "src")}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
