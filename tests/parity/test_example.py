"""The example under PyTorch and under Flambeau: the same losses from the same seed, each loads the other's file."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "examples" / "train_digits.py"
FLAMBEAU = [sys.executable, "-m", "flambeau", "run", str(SCRIPT)]
PYTORCH = [sys.executable, str(SCRIPT)]

pytestmark = pytest.mark.parity


def epochs(command, *arguments):
    """What the script prints: (epoch, loss, accuracy in percent) rows."""
    pytest.importorskip("tqdm")
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run([*command, *arguments], env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    rows = re.findall(r"epoch (\d+): loss ([\d.]+), accuracy ([\d.]+)%", done.stdout)
    return [(int(epoch), float(loss), float(accuracy)) for epoch, loss, accuracy in rows]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("digits")
    ours = epochs(FLAMBEAU, "--epochs", "3", "--checkpoint", str(folder / "flambeau.pt"))
    theirs = epochs(PYTORCH, "--epochs", "3", "--checkpoint", str(folder / "pytorch.pt"))
    return folder, ours, theirs


def test_same_losses_and_accuracies(runs):
    _, ours, theirs = runs
    assert len(ours) == len(theirs) == 3
    for (_, loss, accuracy), (_, expected_loss, expected_accuracy) in zip(ours, theirs):
        assert abs(loss - expected_loss) <= 1e-3
        assert abs(accuracy - expected_accuracy) <= 2 / 359 * 100 + 0.01  # two images of the held-out fifth


def test_each_side_resumes_the_others_checkpoint(runs):
    folder, *_ = runs
    ours = epochs(FLAMBEAU, "--epochs", "4", "--resume", "--checkpoint", str(folder / "pytorch.pt"))
    theirs = epochs(PYTORCH, "--epochs", "4", "--resume", "--checkpoint", str(folder / "flambeau.pt"))
    assert [row[0] for row in ours] == [row[0] for row in theirs] == [4]
    assert abs(ours[0][1] - theirs[0][1]) <= 1e-3


def test_the_first_step_is_the_same():
    """The loss of the first batch, to one part in a million."""
    program = (
        "import sys, runpy; sys.argv = ['x']\n"
        f"script = runpy.run_path({str(SCRIPT)!r}, run_name='example')\n"
        "torch = sys.modules['torch']\n"
        "torch.manual_seed(0)\n"
        "data = script['load_digits']()\n"
        "loader = torch.utils.data.DataLoader(data, batch_size=32, shuffle=True)\n"
        "model = script['Net']()\n"
        "images, digits = next(iter(loader))\n"
        "print(repr(torch.nn.functional.cross_entropy(model(images), digits).item()))\n"
    )
    losses = []
    for prefix in ("", "from flambeau import compat; compat.install()\n"):
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
        command = [sys.executable, "-c", prefix + program]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        losses.append(float(done.stdout))
    assert abs(losses[0] - losses[1]) <= 1e-6 * losses[0]
