"""What the benchmark cases compute: the losses of both implementations agree after twenty steps."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
COMPARED = [
    "small_resnet_train", "mobile_train", "unet_train", "autoencoder_train", "char_lstm_train", "char_gru_train",
    "gpt_train", "conv1d_train", "rnn_by_hand", "gan_train", "policy_step", "accumulate_train", "encoder_dropout_train",
    "lstm_dropout_train", "convolutions_dropout_train",
]  # fmt: skip

pytestmark = pytest.mark.parity


def losses(*command: str) -> dict[str, float]:
    """What each case gives after its last compared step."""
    pytest.importorskip("torch")
    whole = [sys.executable, *command, str(BENCHMARKS / "measure.py"), *COMPARED, "--budget", "0"]
    # One thread: PyTorch's wait for each other by spinning, which takes many times as long on a busy machine.
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(whole, capture_output=True, text=True, env=environment, check=True)
    return {row["case"]: row["value"] for row in map(json.loads, done.stdout.splitlines())}


@pytest.fixture(scope="module")
def both():
    return losses("-m", "flambeau", "run"), losses()


@pytest.mark.parametrize("name", COMPARED)
def test_losses_agree_after_twenty_steps(both, name):
    ours, theirs = both
    assert ours[name] == pytest.approx(theirs[name], rel=1e-3)
