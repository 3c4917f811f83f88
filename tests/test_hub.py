"""torch.hub: files that are whole or absent, repositories from a folder and from GitHub (a server here)."""

import hashlib
import io
import json
import zipfile
from urllib.error import ContentTooShortError, HTTPError, URLError

import pytest
from local_server import serving

import flambeau as fl
from flambeau import hub
from flambeau.hub import github

HUBCONF = """
dependencies = ["math"]
from {beside} import factor
def scaled(value, by=1):
    "Multiplies."
    return value * by * factor
def _hidden(): pass
"""
TAGS = json.dumps([{"name": "main", "commit": {"sha": "1234"}}]).encode()


@pytest.fixture(autouse=True)
def hub_dir(tmp_path, monkeypatch):
    """A cache folder of the test's own."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "home"))
    return tmp_path / "home" / "hub"


def saved(value) -> bytes:
    buffer = io.BytesIO()
    fl.save(value, buffer)
    return buffer.getvalue()


def zipped(members: dict[str, bytes | str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def test_folders(hub_dir, monkeypatch, tmp_path):
    assert hub.get_dir() == str(hub_dir)
    monkeypatch.setattr("flambeau.hub.folders._chosen", {})
    hub.set_dir(tmp_path / "elsewhere")
    assert hub.get_dir() == str(tmp_path / "elsewhere")
    monkeypatch.setattr("flambeau.hub.folders._chosen", {})
    monkeypatch.delenv("TORCH_HOME")
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/cache")
    assert hub.get_dir() == "/var/cache/torch/hub"


def test_download(tmp_path, capsys):
    content = bytes(range(256)) * 2000
    digest = hashlib.sha256(content).hexdigest()
    with serving({"/a.bin": content}) as (site, _):
        hub.download_url_to_file(f"{site}/a.bin", str(tmp_path / "a"), digest[:8])
    assert (tmp_path / "a").read_bytes() == content
    assert "100%" in capsys.readouterr().err


def test_nothing_is_left_of_a_failed_download(tmp_path):
    target = tmp_path / "a"
    target.write_bytes(b"before")
    with serving({"/a": b"x" * 1000, "/half": b"x" * 1000}, cut={"/half"}) as (site, _):
        for path, digest, error, text in (
            ("a", "00", RuntimeError, r'invalid hash value \(expected "00", got "[0-9a-f]{64}"\)'),
            ("half", None, ContentTooShortError, "500 of 1000 bytes"),
            ("none", None, HTTPError, "404"),
        ):
            with pytest.raises(error, match=text):
                hub.download_url_to_file(f"{site}/{path}", str(target), digest, progress=False)
    with pytest.raises(URLError) as caught:
        hub.download_url_to_file(f"{site}/a", str(target), progress=False)
    assert str(target) in caught.value.__notes__[0]
    assert [p.name for p in tmp_path.iterdir()] == ["a"] and target.read_bytes() == b"before"


def test_a_state_dict_is_downloaded_once(hub_dir, capsys):
    content = saved({"w": fl.arange(3)})
    name = f"net-{hashlib.sha256(content).hexdigest()[:8]}.pth"
    with serving({f"/models/{name}": content}) as (site, asked):
        for _ in range(2):
            state = hub.load_state_dict_from_url(f"{site}/models/{name}?v=1", check_hash=True, weights_only=True)
            assert state["w"].tolist() == [0, 1, 2]
        assert len(asked) == 1
        hub.load_state_dict_from_url(f"{site}/models/{name}", file_name="other.pth", progress=False)
        with pytest.raises(RuntimeError, match="invalid hash value"):
            hub.load_state_dict_from_url(f"{site}/models/{name}", file_name="net-0000.pth", check_hash=True)
    assert f'Downloading: "{site}/models/{name}?v=1" to {hub_dir}/checkpoints/{name}\n' in capsys.readouterr().out
    assert {p.name for p in (hub_dir / "checkpoints").iterdir()} == {name, "other.pth"}


def test_a_checkpoint_inside_an_archive(tmp_path):
    files = {"/w.zip": zipped({"w.pth": saved({"w": fl.ones(2)})}), "/evil.zip": zipped({"../w.pth": b""})}
    with serving(files) as (site, _):
        with pytest.warns(FutureWarning, match="Falling back to the old format < 1.6"):
            state = hub.load_state_dict_from_url(f"{site}/w.zip", str(tmp_path / "m"), progress=False)
        assert state["w"].tolist() == [1, 1]
        with (
            pytest.warns(FutureWarning),
            pytest.raises(ValueError, match=r"contains directory traversal: \.\./w\.pth"),
        ):
            hub.load_state_dict_from_url(f"{site}/evil.zip", str(tmp_path / "m"), progress=False)
    assert not (tmp_path / "w.pth").exists()


def test_a_repository_in_a_folder(tmp_path):
    (tmp_path / "hubconf.py").write_text(HUBCONF.format(beside="beside"))
    (tmp_path / "beside.py").write_text("factor = 10")
    assert hub.load(str(tmp_path), "scaled", 2, by=3, source="local") == 60
    for name, error, text in (
        ("missing", RuntimeError, "Cannot find callable missing in hubconf"),
        (3, ValueError, "Invalid input: model should be a string of function name"),
    ):
        with pytest.raises(error, match=text):
            hub.load(str(tmp_path), name, source="local")
    with pytest.raises(ValueError, match='Unknown source: "svn"'):
        hub.load(str(tmp_path), "scaled", source="svn")
    (tmp_path / "hubconf.py").write_text("dependencies = ['no_such_package', 'math']")
    with pytest.raises(RuntimeError, match="Missing dependencies: no_such_package"):
        hub.load(str(tmp_path), "scaled", source="local")


@pytest.fixture
def site(monkeypatch):
    """GitHub with one repository of one branch."""
    files = {
        "/some/tools/zipball/main": zipped(
            {
                "some-tools-1234/": "",
                "some-tools-1234/hubconf.py": HUBCONF.format(beside="nearby"),
                "some-tools-1234/nearby.py": "factor = 1",
            }
        ),
        "/repos/some/tools/branches": b"[]",
        "/repos/some/tools/tags": b"[]",
        "/repos/some/tools/tags?per_page=100&page=1": json.dumps(
            [{"name": "main", "commit": {"sha": "1234"}}]
        ).encode(),
        "/some/tools/tree/main/": b"",
    }
    with serving(files) as (address, asked):
        monkeypatch.setattr(github, "SITE", address)
        monkeypatch.setattr(github, "API", address)
        yield asked


def test_a_repository_on_github(site, hub_dir, monkeypatch, capsys):
    assert hub.load("some/tools", "scaled", 3, by=2, trust_repo=True) == 6
    assert sorted(p.name for p in hub_dir.iterdir()) == ["some_tools_main", "trusted_list"]
    assert (hub_dir / "trusted_list").read_text() == "some_tools\n"
    before = len(site)
    assert hub.list("some/tools:main") == ["scaled"]
    assert hub.help("some/tools:main", "scaled") == "Multiplies."
    assert len(site) == before
    out, err = capsys.readouterr()
    assert err == f"Using cache found in {hub_dir}/some_tools_main\n" * 2
    assert out.startswith('Downloading: "') and out.endswith(f'zipball/main" to {hub_dir}/main.zip\n')
    hub.list("some/tools:main", force_reload=True)
    assert "/some/tools/zipball/main" in site[before:]


def test_who_is_trusted(site, hub_dir, monkeypatch):
    questions = []

    def answers(text):
        monkeypatch.setattr("builtins.input", lambda question: questions.append(question) or text)

    answers("")
    with pytest.raises(Exception, match="Untrusted repository"):
        hub.list("some/tools:main")
    assert questions[0].startswith("The repository some_tools does not belong to the list of trusted repositories")
    answers("what")
    with pytest.raises(ValueError, match="Unrecognized response what"):
        hub.list("some/tools:main", trust_repo=False)
    assert not (hub_dir / "some_tools_main").exists()
    answers("Y")
    assert hub.list("some/tools:main") == ["scaled"]


def test_a_ref_that_is_not_the_owners(site):
    with pytest.raises(ValueError, match="If it's a commit from a forked repo"):
        hub.load("some/tools:abcd", "scaled", trust_repo=True)


def test_no_connection(monkeypatch, hub_dir):
    monkeypatch.setattr(github, "SITE", "http://127.0.0.1:9")
    with pytest.raises(RuntimeError, match="no internet connection and the repo could not be found in the cache"):
        hub.load("some/tools", "scaled", trust_repo=True)
    folder = hub_dir / "some_tools_master"
    folder.mkdir(parents=True)
    (folder / "hubconf.py").write_text("def one(): return 1")
    assert hub.load("some/tools", "one", verbose=False) == 1
