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


def test_what_is_missing_is_named(tmp_path):
    with pytest.raises(RuntimeError) as error:
        datasets.MNIST(tmp_path)
    assert str(error.value) == "Dataset not found. You can use download=True to download it"
    assert f"{tmp_path / 'MNIST' / 'raw' / 'train-images-idx3-ubyte'} is not there" in notes(error)
    small = files.cifar(tmp_path, datasets.CIFAR10)
    path = tmp_path / "cifar-10-batches-py" / "data_batch_3"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(RuntimeError) as error:
        small(tmp_path)
    assert f"{path} is there, but it is not what it should be" in notes(error)


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


def test_a_wrapped_dataset(tmp_path):
    import copy
    import pickle

    from flambeau.vision.transforms import v2

    annotations = files.coco(tmp_path)
    dataset = datasets.CocoDetection(tmp_path, annotations, transforms=v2.RandomHorizontalFlip(1.0))
    wrapped = datasets.wrap_dataset_for_transforms_v2(dataset)
    for one in (wrapped, pickle.loads(pickle.dumps(wrapped)), copy.copy(wrapped)):
        assert isinstance(one, datasets.CocoDetection) and one.ids == [4, 9] and len(one) == 2
        _, target = one[0]
        assert sorted(target) == ["boxes", "image_id", "labels"] and target["labels"].tolist() == [1, 3]
        assert target["boxes"].tolist() == [[7, 1, 9, 4]] * 2  # mirrored in 9 columns
    assert wrapped[1][1] == {"image_id": 9}


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


@pytest.fixture
def server():
    """A web server of some files by their paths: its address, the files, and what was asked with which range."""
    import threading
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    contents, asked, cut = {}, [], {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            path = self.path.partition("?")[0]
            start = int((self.headers.get("Range") or "bytes=0-")[6:-1])
            asked.append((path, start))
            content = contents.get(path)
            if content is None or start >= len(content):
                return self.send_error(404 if content is None else 416)
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(content) - start))
            self.end_headers()
            self.wfile.write(content[start : cut.pop(path, None)])

        def log_message(self, *args):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as web:
        threading.Thread(target=web.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{web.server_port}", contents, asked, cut
        web.shutdown()


def test_downloads_are_checked_and_whole(server, tmp_path, capsys):
    address, contents, asked, _ = server
    contents["/a.bin"] = b"content"
    good = files.hashlib.md5(b"content").hexdigest()
    with pytest.raises(RuntimeError) as error:
        utils.download_url(f"{address}/a.bin", tmp_path, md5="0" * 32)
    assert str(error.value) == "File not found or corrupted."
    assert f"{address}/a.bin" in notes(error) and not list(tmp_path.iterdir())
    for _ in range(2):  # the second time it is there
        utils.download_url(f"{address}/a.bin", tmp_path, "b.bin", md5=good)
    assert len(asked) == 2 and [path.name for path in tmp_path.iterdir()] == ["b.bin"]
    assert "7.00/7.00" in capsys.readouterr().err


def test_a_download_goes_on_where_it_broke_off(server, tmp_path):
    address, contents, asked, cut = server
    whole = contents["/a.bin"] = files.pixels(0, 300_000).tobytes()
    md5 = files.hashlib.md5(whole).hexdigest()
    cut["/a.bin"] = 200_000
    with pytest.raises(OSError):
        utils.download_url(f"{address}/a.bin", tmp_path, md5=md5)
    assert not (tmp_path / "a.bin").exists()
    utils.download_url(f"{address}/a.bin", tmp_path, md5=md5)
    assert asked == [("/a.bin", 0), ("/a.bin", 200_000)]
    assert (tmp_path / "a.bin").read_bytes() == whole and len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("left", [b"of another file", bytes(400)])
def test_what_was_left_of_another_download_does_no_harm(server, tmp_path, left):
    address, contents, *_ = server
    contents["/a.bin"] = b"content" * 20
    md5 = files.hashlib.md5(contents["/a.bin"]).hexdigest()
    (tmp_path / "a.bin.partial").write_bytes(left)
    for _ in range(2):
        try:
            utils.download_url(f"{address}/a.bin", tmp_path, md5=md5)
        except RuntimeError:  # refused by its checksum, and nothing is kept of it
            assert not list(tmp_path.iterdir())
    assert (tmp_path / "a.bin").read_bytes() == contents["/a.bin"]


def test_mirrors(server, tmp_path):
    address, contents, asked, _ = server
    files.mnist(tmp_path / "whole")
    resources = []
    for name, _ in datasets.MNIST.resources:
        raw = tmp_path / "whole" / "MNIST" / "raw" / name.removesuffix(".gz")
        contents[f"/good/{name}"] = files.gzipped(raw.read_bytes())
        resources.append((name, files.hashlib.md5(contents[f"/good/{name}"]).hexdigest()))
    contents[f"/damaged/{resources[0][0]}"] = b"damaged"
    mirrors = [f"{address}/none/", f"{address}/damaged/", f"{address}/good/"]
    small = type("MNIST", (datasets.MNIST,), {"mirrors": mirrors, "resources": resources})
    assert np.array_equal(small(tmp_path, download=True).data, files.pixels(0, 12, 28, 28))
    asked.clear()
    assert len(small(tmp_path, train=False, download=True)) == 5 and not asked
    small.mirrors = mirrors[:2]
    with pytest.raises(RuntimeError) as error:
        small(tmp_path / "new", download=True)
    assert str(error.value) == (
        f"Error downloading {resources[0][0]}:\nTried {mirrors[0]}, got:\nHTTP Error 404: Not Found\n"
        f"Tried {mirrors[1]}, got:\nFile not found or corrupted.\n"
    )


def test_no_connection(tmp_path):
    with pytest.raises(OSError) as error:
        utils.download_url("http://127.0.0.1:9/a.bin", tmp_path)
    assert "http://127.0.0.1:9/a.bin cannot be reached" in notes(error) and not list(tmp_path.iterdir())
