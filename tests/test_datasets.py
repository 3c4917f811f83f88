"""Datasets of images: what is read from small files in the real formats, and what is said of damaged ones."""

from pathlib import Path

import dataset_files as files
import numpy as np
import pytest

import flambeau as fl

pytest.importorskip("PIL")

from flambeau.vision import datasets
from flambeau.vision.datasets import utils


def notes(error):
    return " ".join(getattr(error.value, "__notes__", ()))


def test_mnist_reads_its_files(tmp_path):
    files.mnist(tmp_path)
    dataset = datasets.MNIST(tmp_path, train=False)
    assert len(dataset) == 5 and dataset.data.dtype == fl.uint8 and dataset.targets.dtype == fl.int64
    image, target = dataset[3]
    assert image.mode == "L" and np.array_equal(np.asarray(image), files.pixels(1, 5, 28, 28)[3])
    assert target == files.pixels(1, 5)[3] % 10 and type(target) is int


@pytest.mark.parametrize("damage", [lambda c: c[:-1], lambda c: c[:9], lambda c: b"", lambda c: b"\1\2\3\4" + c[4:]])
def test_damaged_mnist_files_are_named(tmp_path, damage):
    files.mnist(tmp_path)
    path = tmp_path / "MNIST" / "raw" / "t10k-images-idx3-ubyte"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises((RuntimeError, ValueError, AssertionError)) as error:
        datasets.MNIST(tmp_path, train=False)
    assert str(path) in notes(error)


def test_damaged_images_are_named(tmp_path):
    from PIL import Image, UnidentifiedImageError

    files.image_folder(tmp_path, n=1, suffix=".jpg", size=(64, 64))
    dataset = datasets.ImageFolder(tmp_path)
    path, _ = dataset.samples[0]
    whole = Path(path).read_bytes()
    for content, kind in ((whole[: len(whole) // 2], OSError), (b"no image", UnidentifiedImageError), (b"", OSError)):
        files.write(tmp_path / "cat" / "0.jpg", content)
        with pytest.raises(kind) as error:
            dataset[0]
        assert path in notes(error)
    assert isinstance(dataset[1][0], Image.Image)


def test_coco(tmp_path):
    annotations = files.coco(tmp_path)
    dataset = datasets.CocoDetection(tmp_path, annotations)
    assert dataset.ids == [4, 9] and len(dataset) == 2
    image, target = dataset[0]
    assert image.size == (9, 7) and [entry["id"] for entry in target] == [50, 51]
    assert dataset[1][1] == []
    assert datasets.CocoCaptions(tmp_path, annotations)[0][1] == ["a man", "cars"]
    with pytest.raises(ValueError, match=r"Index must be of type integer, got <class 'str'> instead."):
        dataset["0"]
    coco = dataset.coco
    assert coco.getCatIds(catNms=["car"]) == [3] and coco.getImgIds(catIds=[1, 3]) == [4]
    assert coco.getAnnIds(imgIds=4, areaRng=(5, 10)) == [50] and coco.getAnnIds(iscrowd=True) == [51]
    assert coco.loadCats(3)[0]["name"] == "car"


def test_arguments_that_are_texts():
    with pytest.raises(ValueError, match=r"Unknown value 'c' for argument split. Valid values are \{'a', 'b'\}."):
        utils.verify_str_arg("c", "split", ("a", "b"))
    with pytest.raises(ValueError, match=r"Expected type str for argument split, but got type <class 'int'>."):
        utils.verify_str_arg(3, "split")
    with pytest.raises(ValueError, match="mine"):
        utils.verify_str_arg("c", "split", ("a",), custom_msg="mine")


def test_archives(tmp_path):
    (tmp_path / "a.tar.gz").write_bytes(files.tarred([("x/y.txt", b"1"), ("z.txt", b"2")]))
    assert utils.extract_archive(str(tmp_path / "a.tar.gz")) == str(tmp_path)
    assert (tmp_path / "x" / "y.txt").read_bytes() == b"1"
    (tmp_path / "x" / "mine.txt").write_bytes(b"kept")
    utils.extract_archive(tmp_path / "a.tar.gz", remove_finished=True)
    assert (tmp_path / "x" / "mine.txt").exists() and not (tmp_path / "a.tar.gz").exists()
    (tmp_path / "b.gz").write_bytes(files.gzipped(b"content"))
    assert utils.extract_archive(tmp_path / "b.gz", tmp_path / "new") == tmp_path / "new" / "b"
    assert (tmp_path / "new" / "b").read_bytes() == b"content"
    with pytest.raises(RuntimeError, match=r"Unknown compression or archive type: '.7z'"):
        utils.extract_archive(tmp_path / "c.7z")


def test_archives_do_not_leave_their_folder(tmp_path):
    import tarfile
    import zipfile

    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "evil.tar.gz").write_bytes(files.tarred([("good.txt", b"1"), ("../out.txt", b"2")]))
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.writestr("good.txt", "1")
        archive.writestr("../out.txt", "2")
    for name, kind in (("evil.tar.gz", tarfile.FilterError), ("evil.zip", ValueError)):
        with pytest.raises(kind) as error:
            utils.extract_archive(tmp_path / name, inside)
        assert str(tmp_path / name) in notes(error)
        assert not (tmp_path / "out.txt").exists() and not list(inside.iterdir())


def test_cut_archives_leave_nothing(tmp_path):
    whole = files.tarred([("a.txt", b"1"), ("b.bin", files.pixels(0, 20000).tobytes())])
    (tmp_path / "cut.tar.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises((EOFError, OSError)):
        utils.extract_archive(tmp_path / "cut.tar.gz", tmp_path / "inside")
    (tmp_path / "cut.gz").write_bytes(files.gzipped(files.pixels(0, 20000).tobytes())[:5000])
    with pytest.raises(EOFError):
        utils.extract_archive(tmp_path / "cut.gz", tmp_path / "inside")
    assert not list((tmp_path / "inside").iterdir())
