"""Datasets whose samples are TVTensors, beside torchvision's."""

import copy
import importlib
import pickle

import dataset_files as files
import pytest
from v2_samples import OURS, REFERENCE, _in_torch_names, assert_alike

# torchvision leaves files of images open.
pytestmark = [pytest.mark.parity, pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")]

LIBRARIES = ((OURS, "flambeau.vision.datasets"), (REFERENCE, "torchvision.datasets"))


def _wrapped(library, datasets, name, make, options, keys):
    """All samples of a wrapped dataset, or the type and text of what making it raises."""
    module = importlib.import_module(datasets)
    try:
        dataset = make(getattr(module, name))(**options)
        wrapped = module.wrap_dataset_for_transforms_v2(dataset, keys)
        assert isinstance(wrapped, getattr(module, name))
        return [wrapped[i] for i in range(len(wrapped))]
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def same(name, *options, make=lambda cls: cls, keys=(None,)):
    """Compares one dataset under several options and keys of targets."""
    for option in options:
        for chosen in keys:
            both = [_wrapped(*library, name, make, option, chosen) for library in LIBRARIES]
            if isinstance(both[1], str):
                assert _in_torch_names(str(both[0])) == both[1]
            else:
                assert_alike(*[[_sorted(sample) for sample in samples] for samples in both])


def _sorted(sample):
    """A sample whose target has its keys in one order; that of a set's elements is none."""
    picture, target = sample
    return picture, dict(sorted(target.items())) if isinstance(target, dict) else target


def test_detection(tmp_path):
    files.voc(tmp_path)
    keys = (None, "all", ["boxes"], ["labels", "annotation"], ["none"], 3, [3])
    same("VOCDetection", {"root": str(tmp_path)}, keys=keys)
    files.kitti(tmp_path)
    same(
        "Kitti", {"root": str(tmp_path)}, {"root": str(tmp_path), "train": False}, keys=(None, "all", ["alpha"], ["x"])
    )
    files.widerface(tmp_path)
    same("WIDERFace", {"root": str(tmp_path)}, keys=(None, "all", ["bbox", "blur"], ["x"]))


def test_segmentation(tmp_path):
    files.voc(tmp_path)
    same("VOCSegmentation", {"root": str(tmp_path)}, keys=(None, "all"))
    files.oxford_pet(tmp_path)
    for kinds in ("category", "segmentation", ["segmentation", "category"]):
        same("OxfordIIITPet", {"root": str(tmp_path), "target_types": kinds})
    files.cityscapes(tmp_path / "city")
    for kind in ("instance", "semantic", "polygon", ["instance", "semantic"]):
        same("Cityscapes", {"root": str(tmp_path / "city"), "mode": "fine", "target_type": kind})


def test_classification(tmp_path):
    files.image_folder(tmp_path)
    same("ImageFolder", {"root": str(tmp_path)}, keys=(None, "all"))
    same("FakeData", {"size": 2})
    for kind in ("bbox", "attr", ["identity", "bbox"]):
        options = {"root": str(tmp_path), "target_type": kind}
        same("CelebA", options, make=lambda cls: files.celeba(tmp_path, cls))


def test_transforms_come_after_wrapping_and_survive_pickling(tmp_path):
    files.voc(tmp_path)
    datasets = importlib.import_module("flambeau.vision.datasets")
    dataset = datasets.VOCDetection(str(tmp_path), transforms=OURS.v2.Resize((14, 18)))
    wrapped = datasets.wrap_dataset_for_transforms_v2(dataset)
    for one in (wrapped, pickle.loads(pickle.dumps(wrapped)), copy.copy(wrapped)):
        image, target = one[0]
        assert (image.size, target["boxes"].canvas_size) == ((18, 14), (14, 18))
    with pytest.raises(TypeError, match="meant for subclasses"):
        datasets.wrap_dataset_for_transforms_v2([1, 2])
