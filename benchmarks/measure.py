"""Measures cases under the implementation of `torch` that is there, one JSON line each; `compare.py` calls it.

python measure.py NAME ... [--budget SECONDS]          with PyTorch
python -m flambeau run measure.py NAME ...             with Flambeau
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import time

import torch
from cases import load

STEPS = 20  # after how many steps two implementations' numbers are compared


def measure(name: str, budget: float) -> dict:
    """A case's first step (ms), its median step (ms), its number after the same count of steps, and its peak (MB)."""
    group, make = load()[name]
    torch.manual_seed(0)
    step, times, values = make(), [], []
    end = time.perf_counter() + budget
    while len(values) < STEPS or (time.perf_counter() < end and len(values) < 5000):
        start = time.perf_counter()
        values.append(step())
        times.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    median = statistics.median(times[STEPS // 2 :])
    return {
        "case": name,
        "group": group,
        "first": 1e3 * times[0],
        "ms": 1e3 * median,
        "value": values[STEPS - 1],
        "peak": peak,
    }


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*")
    parser.add_argument("--budget", type=float, default=1.0, help="seconds of steps a case, at least")
    options = parser.parse_args()
    for name in options.names or load():
        print(json.dumps(measure(name, options.budget)), flush=True)


if __name__ == "__main__":
    main()
