"""Compares Flambeau with an installed PyTorch, case by case, in fresh processes that take turns.

    python benchmarks/compare.py --reference PYTHON [--rounds N] [NAME ...]

PYTHON is an interpreter that has PyTorch; the one that runs this script has Flambeau. A ratio is PyTorch's time over
Flambeau's: above 1, Flambeau is faster. `agree` is the relative difference of what a case gives after 20 steps.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def listed(python: list[str]) -> list[str]:
    """The names of all cases; they can be read only where some `torch` is."""
    code = "import sys; sys.path.insert(0, sys.argv[1]); import cases; print('\\n'.join(cases.load()))"
    return subprocess.run([*python, "-c", code, str(HERE)], capture_output=True, text=True, check=True).stdout.split()


def run(command: list[str], name: str, budget: float) -> dict:
    """One case in a process of its own."""
    whole = [*command, str(HERE / "measure.py"), name, "--budget", str(budget)]
    done = subprocess.run(whole, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{name}: {(done.stderr.strip().splitlines() or ['no output'])[-1]}")
    return json.loads(done.stdout.splitlines()[-1])


def row(name: str, ours: list[dict], theirs: list[dict]) -> tuple[str, float]:
    """A line of the table, and the ratio."""
    mine, other = (statistics.median(r["ms"] for r in rows) for rows in (ours, theirs))
    a, b = ours[0]["value"], theirs[0]["value"]
    drift = abs(a - b) / max(abs(b), 1e-12)
    peaks = f"{ours[0]['peak']:.0f}/{theirs[0]['peak']:.0f}"
    line = f"{name:24s}{mine:11.3f}{other:11.3f}{other / mine:8.2f}{ours[0]['first']:10.0f}{peaks:>12s}{drift:10.1e}"
    return line, other / mine


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*")
    parser.add_argument("--reference", required=True, help="a Python interpreter that has PyTorch")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--budget", type=float, default=1.0, help="seconds of steps a case, at least")
    options = parser.parse_args()
    reference, candidate = [options.reference], [sys.executable, "-m", "flambeau", "run"]
    print(f"{'case':24s}{'ours ms':>11s}{'torch ms':>11s}{'ratio':>8s}{'first ms':>10s}{'peak MB':>12s}{'agree':>10s}")
    groups: dict[str, list[float]] = {}
    for name in options.names or listed(reference):
        ours, theirs = [], []
        try:
            for _ in range(options.rounds):
                ours.append(run(candidate, name, options.budget))
                theirs.append(run(reference, name, options.budget))
        except RuntimeError as error:
            print(f"{name:24s} {error}", flush=True)
            continue
        line, ratio = row(name, ours, theirs)
        groups.setdefault(ours[0]["group"], []).append(ratio)
        print(line, flush=True)
    for group, ratios in groups.items():
        mean = math.exp(statistics.fmean(map(math.log, ratios)))
        print(f"{group}: geometric mean {mean:.2f}, worst {min(ratios):.2f}, {len(ratios)} cases")


if __name__ == "__main__":
    main()
