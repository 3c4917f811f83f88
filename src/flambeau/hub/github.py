"""Repositories on GitHub: which branch is meant, whether it is the owner's, and its archive in the cache folder."""

from __future__ import annotations

import json
import os
import shutil
import sys
import warnings
import zipfile
from collections.abc import Iterator
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from . import trust
from .archives import extract
from .download import download_url_to_file
from .folders import get_dir

SITE, API = "https://github.com", "https://api.github.com"


def checkout(
    github: str, force_reload: bool, trust_repo: bool | str, verbose: bool = True, skip_validation: bool = False
) -> str:
    """The folder of a repository's files, downloaded where the cache has none.

    Args:
        github: "owner/repository" or "owner/repository:ref".
        force_reload: whether to download in any case.
        trust_repo: as of `trust.check`.
        verbose: whether to say that the cache is used.
        skip_validation: whether to go without asking GitHub that the ref is the owner's and no fork's.
    """
    hub_dir = get_dir()
    os.makedirs(hub_dir, exist_ok=True)
    owner, repository, ref = parse(github)
    branch = ref.replace("/", "_")
    name = f"{owner}_{repository}_{branch}"
    folder = os.path.join(hub_dir, name)
    trust.check(owner, repository, name, hub_dir, trust_repo)
    if not force_reload and os.path.exists(folder):
        if verbose:
            sys.stderr.write(f"Using cache found in {folder}\n")
        return folder
    if not skip_validation:
        _validate(owner, repository, ref)
    archive = os.path.join(hub_dir, f"{branch}.zip")
    _remove(archive)
    _download(owner, repository, ref, archive)
    _unpack(archive, hub_dir, folder)
    return folder


def parse(github: str) -> tuple[str, str, str]:
    """Owner, repository and ref; where no ref is said it is main if there is one, else master."""
    repository, _, ref = github.partition(":")
    owner, name = repository.split("/")
    return owner, name, ref or _default_branch(owner, name)


def _default_branch(owner: str, name: str) -> str:
    try:
        with urlopen(f"{SITE}/{owner}/{name}/tree/main/"):
            return "main"
    except HTTPError as error:
        if error.code == 404:
            return "master"
        raise
    except URLError as error:
        for branch in ("main", "master"):
            if os.path.exists(os.path.join(get_dir(), f"{owner}_{name}_{branch}")):
                return branch
        raise RuntimeError(
            f"It looks like there is no internet connection and the repo could not be found in the cache ({get_dir()})"
        ) from error


def _validate(owner: str, name: str, ref: str) -> None:
    """Refuses a ref that only a fork has: GitHub would give its archive all the same."""
    for kind in ("branches", "tags"):
        for known in _pages(f"{API}/repos/{owner}/{name}/{kind}"):
            if known["name"] == ref or known["commit"]["sha"].startswith(ref):
                return
    raise ValueError(
        f"Cannot find {ref} in {SITE}/{owner}/{name}. "
        "If it's a commit from a forked repo, please call hub.load() with forked repo directly."
    )


def _pages(url: str) -> Iterator[dict]:
    """The entries of all pages of an answer of GitHub's."""
    headers = {"Accept": "application/vnd.github.v3+json"}
    if token := os.environ.get("GITHUB_TOKEN"):
        headers["Authorization"] = f"token {token}"
    page = 1
    while entries := _ask(f"{url}?per_page=100&page={page}", headers):
        yield from entries
        page += 1


def _ask(url: str, headers: dict[str, str]) -> list[dict]:
    """One page; a token that may not see it is left out from then on."""
    try:
        with urlopen(Request(url, headers=headers)) as answer:
            return json.load(answer)
    except HTTPError:
        if headers.pop("Authorization", None) is None:
            raise
    return _ask(url, headers)


def _download(owner: str, name: str, ref: str, path: str) -> None:
    url = f"{SITE}/{owner}/{name}/zipball/"
    sys.stdout.write(f'Downloading: "{url}{ref}" to {path}\n')
    try:
        download_url_to_file(url + ref, path, progress=False)
    except HTTPError as error:
        if error.code != 300:  # "multiple choices": there is a tag and a branch of this name
            raise
        warnings.warn(
            f"The ref {ref} is ambiguous. Perhaps it is both a tag and a branch in the repo? Torchhub will now assume "
            "that it's a branch. You can disambiguate tags and branches by explicitly passing refs/heads/branch_name "
            "or refs/tags/tag_name as the ref. That might require using skip_validation=True.",
            stacklevel=2,
        )
        download_url_to_file(f"{url}refs/heads/{ref}", path, progress=False)


def _unpack(path: str, hub_dir: str, folder: str) -> None:
    """Puts an archive's files, which lie in one folder of a name that GitHub chose, in the folder of their own."""
    with zipfile.ZipFile(path) as archive:
        unpacked = os.path.join(hub_dir, archive.infolist()[0].filename)
        _remove(unpacked)
        extract(archive, hub_dir)
    _remove(path)
    _remove(folder)
    shutil.move(unpacked, folder)


def _remove(path: str) -> None:
    if os.path.isfile(path):
        os.remove(path)
    elif os.path.exists(path):
        shutil.rmtree(path)
