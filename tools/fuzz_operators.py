"""Bend calls of every operator at random, and list what differs from PyTorch's outcome.

python tools/fuzz_operators.py [--ops REGEX] [--count N] [--seed S] [--jobs J] [--json FILE]

Needs PyTorch with its test databases in the interpreter. Operators run in groups, each in a process of its own, so that
a crash or a hang costs one operator and is told with the call that caused it.
"""

import argparse
import collections
import json
import random
import re
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "parity"))

import fuzzing


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ops", default="", help="a regular expression of names")
    parser.add_argument("--count", type=int, default=100, help="calls for each operator")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--group", type=int, default=40, help="operators in one process")
    parser.add_argument("--json", help="write every difference here")
    parser.add_argument("--run", help=argparse.SUPPRESS)  # the operators of a process of our own
    options = parser.parse_args()
    if options.run:
        return run(options)
    names = [name for name in fuzzing.operators() if re.search(options.ops, name)]
    with ThreadPoolExecutor(options.jobs) as pool:
        groups = [names[i : i + options.group] for i in range(0, len(names), options.group)]
        found = [line for lines in pool.map(lambda group: watched(group, options), groups) for line in lines]
    report(found)
    if options.json:
        Path(options.json).write_text("\n".join(json.dumps(line) for line in found))


def watched(group, options):
    """What a process says of a group; the operator that kills it is noted, and the others go on in another."""
    found = []
    while group:
        command = [sys.executable, __file__, "--run", " ".join(group), "--count", str(options.count)]
        process = subprocess.Popen(
            [*command, "--seed", str(options.seed)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        last = {"name": group[0], "call": "(none)"}
        for text in process.stdout:
            line = json.loads(text)
            last = line if "kind" not in line else last
            found += [line] if "kind" in line else []
        if process.wait() == 0:
            break
        found.append({**last, "kind": "crash", "words": f"the process ended with {process.returncode}"})
        group = group[group.index(last["name"]) + 1 :]
    return found


def run(options):
    import torch

    import flambeau

    torch.set_num_threads(1)

    def late(*_):
        raise TimeoutError("30 seconds")

    signal.signal(signal.SIGALRM, late)
    for name in options.run.split():
        chance = random.Random(f"{name} {options.seed}")
        calls = fuzzing.known_calls(torch, name, chance.sample(fuzzing.TYPES, 5))
        for _ in range(options.count if calls else 0):
            call = fuzzing.bent(chance.choice(calls), chance)
            print(json.dumps({"name": name, "call": repr(call)}), flush=True)
            signal.alarm(60)
            theirs = fuzzing.outcome(torch, call)
            signal.alarm(30)
            ours = fuzzing.outcome(flambeau, call)
            signal.alarm(0)
            if unlike := fuzzing.difference(ours, theirs):
                kind, words = unlike
                print(json.dumps({"name": name, "kind": kind, "words": words, "call": repr(call)}), flush=True)


def report(found):
    kinds = collections.Counter((line["name"], line["kind"]) for line in found)
    first = {}
    for line in found:
        first.setdefault((line["name"], line["kind"]), line)
    for key, line in sorted(first.items()):
        print(f"{key[0]}: {key[1]} ({kinds[key]})\n    {line['call'][:400]}\n    {line['words'][:400]}")
    print(collections.Counter(line["kind"] for line in found))


if __name__ == "__main__":
    main()
