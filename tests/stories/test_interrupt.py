"""Ctrl-C while kernels are compiled and while a network trains: the process ends at once, and the next one is well."""

import os
import signal
import subprocess
import sys
import time

import pytest

# Python raises no KeyboardInterrupt where it starts with SIGINT ignored, as a shell's background jobs do.
TRAINING = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
import flambeau as torch
from flambeau import nn
model = nn.Sequential(nn.Linear(32, 64), nn.Tanh(), nn.Linear(64, {outputs}))
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
x = torch.randn(512, 32)
print("started", flush=True)
for step in range({steps}):
    optimizer.zero_grad()
    loss = model(x).square().mean()
    loss.backward()
    optimizer.step()
    if step == 3:
        print("training", flush=True)
print("done", loss.item() < 1, flush=True)
"""


def start(cache, steps, outputs):
    environment = {**os.environ, "FLAMBEAU_CACHE": str(cache), "PYTHONPATH": os.pathsep.join(sys.path)}
    script = TRAINING.format(steps=steps, outputs=outputs)
    return subprocess.Popen(
        [sys.executable, "-c", script], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT")
@pytest.mark.parametrize("moment", ["started", "training"])
def test_interrupted(tmp_path, moment):
    process = start(tmp_path, 10**7, outputs=8)
    for line in process.stdout:
        if line.strip() == moment:
            break
    time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    try:
        _, errors = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode != 0 and "KeyboardInterrupt" in errors
    again = start(tmp_path, 5, outputs=8)
    output, errors = again.communicate(timeout=60)
    assert again.returncode == 0 and "done" in output, errors
