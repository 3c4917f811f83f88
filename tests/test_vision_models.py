"""Models of vision: published weights are downloaded, checked and loaded; users' own models are registered."""

import hashlib
import io
import warnings
from functools import partial
from typing import Optional

import pytest
from local_server import serving

import flambeau as fl
from flambeau.vision import models
from flambeau.vision.models import Weights, WeightsEnum


def checkpoint(model) -> tuple[str, bytes]:
    """A file of a model's weights, and its name with the digest."""
    buffer = io.BytesIO()
    fl.save(model.state_dict(), buffer)
    return f"net-{hashlib.sha256(buffer.getvalue()).hexdigest()[:8]}.pth", buffer.getvalue()


@pytest.fixture
def published(tmp_path, monkeypatch):
    """Puts a model's weights on a server, in the place of those that an enumeration names."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))

    def publish(model, weights, site_files, name=None):
        own_name, content = checkpoint(model)
        site_files[f"/{name or own_name}"] = content
        monkeypatch.setattr(weights.value, "url", f"{site}/{name or own_name}")

    files: dict[str, bytes] = {}
    with serving(files) as (site, _):
        yield partial(publish, site_files=files)


def test_weights_are_loaded(published):
    weights = models.ResNet18_Weights.IMAGENET1K_V1
    trained = models.resnet18()
    published(trained, weights)
    for ask in ({"weights": weights}, {"weights": "DEFAULT"}, {"weights": "ResNet18_Weights.IMAGENET1K_V1"}):
        loaded = models.resnet18(progress=False, **ask)
        assert fl.equal(loaded.fc.weight, trained.fc.weight)
    with pytest.warns(UserWarning) as told:
        loaded = models.resnet18(pretrained=True, progress=False)
    assert fl.equal(loaded.conv1.weight, trained.conv1.weight)
    assert "please use 'weights' instead" in str(told[0].message)
    assert "`weights=ResNet18_Weights.IMAGENET1K_V1`" in str(told[1].message)
    assert "`weights=ResNet18_Weights.DEFAULT`" in str(told[1].message)


def test_wrong_weights_are_refused(published, tmp_path):
    published(models.resnet18(), models.ResNet18_Weights.IMAGENET1K_V1, name="net-00000000.pth")
    with pytest.raises(RuntimeError, match="invalid hash value"):
        models.resnet18(weights="DEFAULT", progress=False)
    assert not list((tmp_path / "hub" / "checkpoints").iterdir())


def test_a_users_own_model(monkeypatch):
    monkeypatch.setattr(models._api, "BUILTIN_MODELS", dict(models._api.BUILTIN_MODELS))

    class Tiny_Weights(WeightsEnum):
        V1 = Weights("http://localhost/tiny.pth", partial(dict, size=3), {"categories": ["a", "b"]})
        DEFAULT = V1

    @models._api.register_model()
    @models._utils.handle_legacy_interface(weights=("pretrained", Tiny_Weights.V1))
    def tiny(*, weights: Optional[Tiny_Weights] = None, progress: bool = True, **kwargs):  # noqa: UP045
        return weights, kwargs

    assert "tiny" in models.list_models() and "tiny" not in models.list_models(models)
    assert models.get_model_weights("Tiny") is Tiny_Weights
    assert models.get_model("tiny", weights=Tiny_Weights.DEFAULT, width=3) == (Tiny_Weights.V1, {"width": 3})
    with pytest.warns(UserWarning) as told:
        assert tiny(True, False)[0] is Tiny_Weights.V1
    assert str(told[0].message).startswith("Using 'weights' and 'progress' as positional parameter(s)")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert tiny(weights="V1")[0] == "V1"
