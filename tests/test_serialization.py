"""Checkpoints: what is saved comes back, here and in PyTorch; damaged and malicious files are refused."""

import collections
import io
import os
import pickle
import pickletools
import zipfile

import numpy as np
import pytest

import flambeau as fl
from flambeau import serialization


def saved(obj, **options):
    buffer = io.BytesIO()
    fl.save(obj, buffer, **options)
    buffer.seek(0)
    return buffer


def round_trip(obj, **options):
    return fl.load(saved(obj), **options)


def rewritten(data, replace=None, drop=()):
    """A checkpoint with some records replaced or left out."""
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(result, "w") as target:
        for name in source.namelist():
            if name not in drop:
                target.writestr(name, (replace or {}).get(name, source.read(name)))
    result.seek(0)
    return result


DTYPES = [fl.bool, fl.uint8, fl.int8, fl.int16, fl.int32, fl.int64, fl.float16, fl.bfloat16, fl.float32, fl.float64]


@pytest.mark.parametrize("dtype", DTYPES)
def test_elements_come_back(dtype):
    original = fl.arange(6).reshape(2, 3).to(dtype)
    loaded = round_trip(original)
    assert loaded.dtype is dtype and loaded.shape == (2, 3) and loaded.tolist() == original.tolist()


def test_nested_objects_come_back():
    original = {
        "epoch": 3, "big": 1 << 100, "x": -2.5, "none": None, "flags": [True, False], "name": "é", "raw": b"\x00\xff",
        "set": {1, 2}, "complex": 1 + 2j, "counter": collections.Counter("aab"), "size": fl.Size([2, 3]),
        "device": fl.device("cpu"), "dtype": fl.float16, "ordered": collections.OrderedDict(b=1, a=(2, "s")),
    }  # fmt: skip
    loaded = round_trip(original)
    assert loaded == original and type(loaded["size"]) is fl.Size and type(loaded["ordered"]) is collections.OrderedDict


def test_shared_memory_stays_shared():
    base = fl.arange(6.0)
    loaded = round_trip(
        {"base": base, "view": base[1:4], "strided": base[::2], "turned": base.reshape(2, 3).t(), "again": base}
    )
    assert loaded["base"] is loaded["again"]
    loaded["base"][2] = 100.0
    assert loaded["view"].tolist() == [1.0, 100.0, 3.0] and loaded["strided"].tolist() == [0.0, 100.0, 4.0]
    assert loaded["turned"].tolist() == [[0.0, 3.0], [1.0, 4.0], [100.0, 5.0]] and loaded["turned"].stride() == (1, 3)


def test_gradient_flags_and_parameters():
    loaded = round_trip([fl.ones(2).requires_grad_(), fl.nn.Parameter(fl.ones(2)), fl.nn.Parameter(fl.ones(2), False)])
    assert [t.requires_grad for t in loaded] == [True, True, False]
    assert [type(t) for t in loaded] == [fl.Tensor, fl.nn.Parameter, fl.nn.Parameter]
    assert round_trip((fl.ones(2).requires_grad_() * 2).detach()).tolist() == [2.0, 2.0]


def test_pending_scalar_and_empty_tensors():
    loaded = round_trip([fl.ones(3) + 1, fl.tensor(2.5), fl.zeros(0, 3)])
    assert loaded[0].tolist() == [2.0] * 3 and loaded[1].item() == 2.5 and loaded[2].shape == (0, 3)


def test_state_dicts(tmp_path):
    fl.manual_seed(0)
    model = fl.nn.Sequential(fl.nn.Linear(3, 4), fl.nn.ReLU(), fl.nn.Linear(4, 2))
    optimizer = fl.optim.Adam(model.parameters())
    model(fl.ones(2, 3)).sum().backward()
    optimizer.step()
    fl.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, tmp_path / "model.pt")
    checkpoint = fl.load(str(tmp_path / "model.pt"))
    twin = fl.nn.Sequential(fl.nn.Linear(3, 4), fl.nn.ReLU(), fl.nn.Linear(4, 2))
    twin.load_state_dict(checkpoint["model"])
    assert twin(fl.ones(1, 3)).tolist() == model(fl.ones(1, 3)).tolist()
    assert checkpoint["model"]._metadata == model.state_dict()._metadata
    assert checkpoint["optimizer"]["state"][0]["step"].item() == 1.0


def test_whole_modules_want_trust():
    buffer = saved(fl.nn.Linear(2, 1))
    names = zipfile.ZipFile(buffer).read("archive/data.pkl")
    assert b"ctorch.nn.modules.linear\nLinear\n" in names and b"flambeau" not in names
    refusal = r"GLOBAL torch\.nn\.modules\.linear\.Linear was not an allowed global"
    with pytest.raises(pickle.UnpicklingError, match=refusal):
        fl.load(buffer)
    buffer.seek(0)
    assert repr(fl.load(buffer, weights_only=False)) == repr(fl.nn.Linear(2, 1))


def test_the_container_is_pytorchs(tmp_path):
    fl.save({"a": fl.arange(3.0), "b": fl.arange(5)}, tmp_path / "some.name.pt")
    with zipfile.ZipFile(tmp_path / "some.name.pt") as archive:
        names = [name.removeprefix("some.name/") for name in archive.namelist()]
        assert names == [
            "data.pkl", ".format_version", ".storage_alignment", "byteorder", "data/0", "data/1", "version",
            ".data/serialization_id",
        ]  # fmt: skip
        assert archive.read("some.name/version") == b"3\n"
        for info in archive.infolist():
            with open(tmp_path / "some.name.pt", "rb") as file:
                file.seek(info.header_offset + 26)
                name_size, extra_size = np.frombuffer(file.read(4), "<u2")
            assert info.compress_type == zipfile.ZIP_STORED
            assert (info.header_offset + 30 + int(name_size) + int(extra_size)) % 64 == 0


def test_a_mapped_file_is_read_as_it_is_used_and_never_written(tmp_path):
    path = tmp_path / "x.pt"
    original = {"x": fl.arange(1000.0), "y": fl.arange(6, dtype=fl.bfloat16).reshape(2, 3)}
    fl.save(original, path)
    before = path.read_bytes()
    loaded = fl.load(path, mmap=True)
    assert fl.equal(loaded["x"], original["x"]) and fl.equal(loaded["y"], original["y"])
    loaded["x"].add_(1)
    loaded["x"][3] = 50.0
    assert loaded["x"][:4].tolist() == [1.0, 2.0, 3.0, 50.0] and path.read_bytes() == before
    fl.save(1, path, _use_new_zipfile_serialization=False)
    with pytest.raises(RuntimeError, match="mmap can only be used with files saved with"):
        fl.load(path, mmap=True)


def test_storages_come_back_with_the_tensors_that_share_them():
    x = fl.arange(4.0)
    loaded = round_trip([x.untyped_storage(), x[2:], fl.LongStorage([1, 2])])
    assert loaded[0].nbytes() == 16 and loaded[2].tolist() == [1, 2] and loaded[2].dtype is fl.int64
    loaded[0].untyped().fill_(0)
    assert loaded[1].tolist() == [0.0, 0.0]


def test_what_a_checkpoint_holds_besides_tensors():
    assert serialization.get_unsafe_globals_in_checkpoint(saved([fl.ones(2), print, Local(), {1}])) == [
        "builtins.print",
        f"{__name__}.Local",
    ]
    with serialization.safe_globals([Local]):
        assert serialization.get_unsafe_globals_in_checkpoint(saved([Local()])) == []


class Evil:
    def __reduce__(self):
        return os.system, ("touch /tmp/flambeau-was-here",)


class Local:
    def __init__(self):
        self.x = 1


@pytest.mark.parametrize(
    "attack",
    [
        b"cos\nsystem\n(X\x04\x00\x00\x00trueel.",
        b"cos\nsystem\nX\x04\x00\x00\x00true\x85R.",
        b"cbuiltins\neval\nX\x01\x00\x00\x001\x85R.",
        b"c__builtin__\ngetattr\n.",
        b"ctorch\nload\n.",
        b"cflambeau\nload\n.",
        b"ctorch.serialization\nload\n.",
        b"ccollections\nOrderedDict\n)R}X\x05\x00\x00\x00itemscos\nsystem\nsb.",
        b"(ios\nsystem\n.",
        b"\x8c\x02os\x8c\x06system\x93.",
        b"ccollections\nCounter\n}b.",
        b"c_codecs\nencode\n(X\x01\x00\x00\x00aX\x03\x00\x00\x00hextR.",
        b"P0\n.",
    ],
)
def test_attacks_are_refused(attack):
    data = saved(0).getvalue()
    with pytest.raises(pickle.UnpicklingError):
        fl.load(rewritten(data, {"archive/data.pkl": b"\x80\x02" + attack}))


def test_a_malicious_object_does_not_run():
    with pytest.raises(
        pickle.UnpicklingError, match=r"Weights only load failed.*GLOBAL posix.system whose module posix"
    ):
        try:
            round_trip(Evil())
        except pickle.UnpicklingError as error:
            raise pickle.UnpicklingError(str(error).replace("\n", " ")) from None
    assert not os.path.exists("/tmp/flambeau-was-here")


def test_safe_globals():
    name = f"{Local.__module__}.Local"
    buffer = saved(Local())
    with pytest.raises(pickle.UnpicklingError, match=rf"Unsupported global: GLOBAL {name} was not an allowed global"):
        fl.load(buffer)
    buffer.seek(0)
    with serialization.safe_globals([Local]):
        assert serialization.get_safe_globals() == [Local] and fl.load(buffer).x == 1
    assert serialization.get_safe_globals() == []
    buffer.seek(0)
    assert fl.load(buffer, weights_only=False).x == 1


def test_damaged_files_are_refused():
    data = saved({"a": fl.arange(1000.0)}).getvalue()
    with pytest.raises(EOFError):
        fl.load(io.BytesIO(b""))
    with pytest.raises(pickle.UnpicklingError):
        fl.load(io.BytesIO(b"hello"))
    with pytest.raises(RuntimeError, match="Invalid magic number; corrupt file\\?"):
        fl.load(io.BytesIO(pickle.dumps({"a": 1}, 2)))
    for cut in (10, 100, 2000, len(data) - 30):
        with pytest.raises(RuntimeError, match="PytorchStreamReader failed reading zip archive"):
            fl.load(io.BytesIO(data[:cut]))
    flipped = bytearray(data)
    flipped[2500] ^= 1
    with pytest.raises(RuntimeError, match="PytorchStreamReader failed reading file data/0"):
        fl.load(io.BytesIO(bytes(flipped)))
    with pytest.raises(RuntimeError, match="failed locating file data/0: file not found"):
        fl.load(rewritten(data, drop={"archive/data/0"}))
    with pytest.raises(RuntimeError, match="does not match expected size"):
        fl.load(rewritten(data, {"archive/data/0": b"1234"}))
    with pytest.raises(RuntimeError, match=r'Expected hasRecord\("version"\) to be true'):
        fl.load(rewritten(data, drop={"archive/version"}))
    with pytest.raises(RuntimeError, match="version 99, but the maximum supported version for reading is 10"):
        fl.load(rewritten(data, {"archive/version": b"99\n"}))


def test_views_outside_of_their_storage_are_refused():
    data = saved(fl.arange(1000.0)).getvalue()
    pickled = zipfile.ZipFile(io.BytesIO(data)).read("archive/data.pkl")
    outside = "out of bounds for storage"
    refusals = {b"M\xe9\x03": outside, b"M\xff\xff": outside, b"J\xff\xff\xff\xff": "negative dimension -1"}
    for size, text in refusals.items():
        assert pickled.count(b"M\xe8\x03\x85") == 1
        with pytest.raises(RuntimeError, match=text):
            fl.load(rewritten(data, {"archive/data.pkl": pickled.replace(b"M\xe8\x03\x85", size + b"\x85")}))


def test_truncated_pickles_are_refused():
    data = saved({"a": [1, fl.ones(2)]}).getvalue()
    pickled = zipfile.ZipFile(io.BytesIO(data)).read("archive/data.pkl")
    for cut in range(len(pickled)):
        with pytest.raises(pickle.UnpicklingError):
            fl.load(rewritten(data, {"archive/data.pkl": pickled[:cut]}))


def test_other_byte_order():
    data = saved(fl.tensor([1.0, 2.0])).getvalue()
    swapped = np.array([1, 2], ">f4").tobytes()
    assert fl.load(rewritten(data, {"archive/data/0": swapped, "archive/byteorder": b"big"})).tolist() == [1.0, 2.0]
    with pytest.raises(ValueError, match="Unknown endianness type: x"):
        fl.load(rewritten(data, {"archive/byteorder": b"x"}))


def test_where_to(tmp_path):
    path = tmp_path / "x.pt"
    fl.save(fl.ones(2), path)
    for where in ("cpu", fl.device("cpu"), {"cpu": "cpu"}, lambda storage, location: storage):
        assert fl.load(path, map_location=where, mmap=True).tolist() == [1.0, 1.0]
    with pytest.raises(RuntimeError, match="Attempting to deserialize object on a CUDA device"):
        fl.load(path, map_location="cuda")
    with pytest.raises(ValueError, match="f must be a file path in order to use the mmap argument"):
        fl.load(io.BytesIO(path.read_bytes()), mmap=True)
    with pytest.raises(RuntimeError, match="Can not safely load weights when explicit pickle_module is specified"):
        fl.load(path, weights_only=True, pickle_module=pickle)
    with pytest.raises(RuntimeError, match=r"Parent directory .* does not exist"):
        fl.save(1, tmp_path / "nowhere" / "x.pt")
    with pytest.raises(AttributeError, match="expected 'f' to be string, path, or a file-like object"):
        fl.save(1, 3)


def contents(library):
    base = library.arange(12.0)
    return {
        "base": base, "view": base.reshape(3, 4).t(), "tail": base[5:], "flags": library.tensor([True, False]),
        "half": library.ones(3).half(), "brain": library.arange(3).bfloat16(), "long": library.arange(3),
        "leaf": library.ones(2).requires_grad_(), "parameter": library.nn.Parameter(library.ones(2)),
        "scalar": library.tensor(2.5), "empty": library.zeros(0, 3), "dtype": library.float64,
        "size": library.Size([1, 2]), "device": library.device("cpu"),
        "state": library.nn.Linear(2, 3).state_dict(), "numbers": [1, 2.5, None, "x", (1 << 70, b"raw")],
    }  # fmt: skip


def described(value):
    """A nested value with tensors as what can be compared between libraries."""
    if hasattr(value, "stride"):
        flags = (
            value.requires_grad,
            type(value).__name__,
            str(value.dtype),
            tuple(value.stride()),
            value.storage_offset(),
        )
        return value.detach().float().tolist(), tuple(value.shape), flags
    if isinstance(value, dict):
        return {key: described(item) for key, item in value.items()}, type(value).__name__
    return [described(item) for item in value] if isinstance(value, (list, tuple)) else str(value)


@pytest.mark.parity
@pytest.mark.parametrize("weights_only", [True, False])
def test_both_libraries_read_both(tmp_path, weights_only):
    import torch

    for writer, reader in ((fl, torch), (torch, fl)):
        original = contents(writer)
        writer.save(original, tmp_path / "x.pt")
        loaded = reader.load(tmp_path / "x.pt", weights_only=weights_only)
        assert described(loaded) == described(original)
        assert loaded["state"]._metadata == original["state"]._metadata
        assert loaded["tail"].untyped_storage().data_ptr() == loaded["base"].untyped_storage().data_ptr()


@pytest.mark.parity
@pytest.mark.parametrize("weights_only", [True, False])
def test_files_from_before_the_archive(tmp_path, weights_only):
    import torch

    original = contents(torch)
    torch.save(original, tmp_path / "old.pt", _use_new_zipfile_serialization=False)
    data = (tmp_path / "old.pt").read_bytes()
    assert described(fl.load(io.BytesIO(data), weights_only=weights_only)) == described(original)
    for cut in (3, 50, len(data) // 2, len(data) - 1):
        with pytest.raises((RuntimeError, pickle.UnpicklingError, EOFError)):
            fl.load(io.BytesIO(data[:cut]), weights_only=weights_only)


@pytest.mark.parity
@pytest.mark.filterwarnings("ignore:TypedStorage is deprecated")
def test_pytorch_reads_files_from_before_the_archive(tmp_path):
    import torch

    original = contents(fl)
    fl.save(original, tmp_path / "old.pt", _use_new_zipfile_serialization=False)
    assert described(torch.load(tmp_path / "old.pt")) == described(original)
    fl.save([fl.arange(3).storage(), fl.ones(2).untyped_storage()], tmp_path / "storages.pt")
    typed, untyped = torch.load(tmp_path / "storages.pt")
    assert typed.tolist() == [0, 1, 2] and untyped.tolist() == [0, 0, 128, 63] * 2


@pytest.mark.parity
def test_both_libraries_write_the_same_names():
    import torch

    theirs = io.BytesIO()
    torch.save(contents(torch), theirs)
    read = [zipfile.ZipFile(b).read("archive/data.pkl") for b in (saved(contents(fl)), theirs)]
    ours, expected = (
        [arg for op, arg, _ in pickletools.genops(data) if op.name in ("PROTO", "GLOBAL")] for data in read
    )
    assert ours == expected


@pytest.mark.parity
def test_whole_modules_go_both_ways(tmp_path):
    import torch

    for writer, reader in ((fl, torch), (torch, fl)):
        writer.save(writer.nn.Sequential(writer.nn.Linear(2, 3), writer.nn.ReLU()), tmp_path / "m.pt")
        model = reader.load(tmp_path / "m.pt", weights_only=False)
        assert isinstance(model, reader.nn.Sequential) and model(reader.ones(1, 2)).shape == (1, 3)


@pytest.mark.parity
def test_optimizers_resume_in_the_other_library(tmp_path):
    import torch

    def step(library, p, optimizer):
        p.grad = library.tensor([0.5, -2.0])
        optimizer.step()
        return p.detach().tolist()

    for writer, reader in ((fl, torch), (torch, fl)):
        p = writer.nn.Parameter(writer.tensor([1.0, 2.0]))
        optimizer = writer.optim.Adam([p], lr=0.1, amsgrad=True)
        step(writer, p, optimizer)
        writer.save({"p": p, "optimizer": optimizer.state_dict()}, tmp_path / "o.pt")
        loaded = reader.load(tmp_path / "o.pt")
        resumed = reader.optim.Adam([loaded["p"]])
        resumed.load_state_dict(loaded["optimizer"])
        assert step(reader, loaded["p"], resumed) == pytest.approx(step(writer, p, optimizer), rel=1e-6)
