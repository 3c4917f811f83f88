"""Whose code may run: a repository is asked about once, and remembered in the cache folder's `trusted_list`."""

from __future__ import annotations

import os
from pathlib import Path

_TRUSTED_REPO_OWNERS = ("facebookresearch", "facebookincubator", "pytorch", "fairinternal")


def check(owner: str, repository: str, folder_name: str, hub_dir: str, trust_repo: bool | str) -> None:
    """Asks, where it must, whether a repository is to be trusted, and notes it.

    Args:
        owner: who owns it on GitHub.
        repository: its name.
        folder_name: what its folder in `hub_dir` is called; one that is there already was trusted before.
        hub_dir: the cache folder.
        trust_repo: True, False to ask in any case, or "check".

    Raises:
        Exception: the answer was no.
        ValueError: the answer was neither yes nor no.
    """
    noted = Path(hub_dir, "trusted_list")
    noted.touch()
    name = f"{owner}_{repository}"
    is_trusted = (
        name in noted.read_text().split()
        or os.path.isdir(os.path.join(hub_dir, folder_name))
        or owner in _TRUSTED_REPO_OWNERS
    )
    if trust_repo is False or (trust_repo == "check" and not is_trusted):
        _ask(name, is_trusted)
    if not is_trusted:
        with noted.open("a") as file:
            file.write(f"{name}\n")


def _ask(name: str, is_trusted: bool) -> None:
    answer = input(
        f"The repository {name} does not belong to the list of trusted repositories and as such cannot be downloaded. "
        "Do you trust this repository and wish to add it to the trusted list of repositories (y/N)?"
    )
    if answer.lower() in ("n", "no", ""):
        raise Exception("Untrusted repository.")
    if answer.lower() not in ("y", "yes"):
        raise ValueError(f"Unrecognized response {answer}.")
    if is_trusted:
        print("The repository is already trusted.")
