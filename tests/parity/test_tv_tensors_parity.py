"""flambeau.vision.tv_tensors beside torchvision's: classes, metadata, printed forms, what operations give."""

import copy
import io
import pickle

import pytest
from v2_samples import OURS, REFERENCE, Samples, _in_torch_names, assert_alike, assert_same, outcome

pytestmark = pytest.mark.parity

MADE = [
    "s.image()",
    "s.image(dtype='float32')",
    "s.video()",
    "s.mask()",
    "s.boxes('XYWH')",
    "s.boxes('CXCYWHR')",
    "s.keypoints()",
    "s.keypoints(3, 4)",
]
OPERATIONS = [
    "x + 1",
    "2 * x",
    "x.clone()",
    "x.to(torch.float64)",
    "x.detach()",
    "x.float()",
    "x.contiguous()",
    "x[0]",
    "x.mul(2)",
    "torch.stack([x, x])",
    "torch.cat([x, x])",
    "x.max(0)",
    "x.chunk(2)",
    "x.unbind()",
    "x.reshape(-1)",
    "x.as_subclass(torch.Tensor)",
    "x.shape",
    "x.ndim",
    "str(x.dtype)",
    "x.add_(0)",
    "x == x",
    "torch.zeros_like(x)",
    "x.new_zeros(2)",
    "tv_tensors.wrap(x + 1, like=x)",
    "len(x)",
    "x.permute(*range(x.ndim))",
    "x.expand_as(x)",
    "torch.clone(x)",
    "x.to(torch.float64).requires_grad_()",
    "torch.ones(1) + x",
    "F.horizontal_flip(x)",
]
REFUSED = [
    "tv_tensors.Image(torch.zeros(3))",
    "tv_tensors.Video(torch.zeros(3, 4, 5))",
    "tv_tensors.BoundingBoxes(torch.zeros(3, 4, 5), format='XYXY', canvas_size=(1, 1))",
    "tv_tensors.BoundingBoxes([[0, 1, 2, 3, 4]], format='XYWHR', canvas_size=(1, 1))",
    "tv_tensors.BoundingBoxes([[0.0, 1, 2, 3]], format='XYXY', canvas_size=(1, 1), clamping_mode='firm')",
    "tv_tensors.BoundingBoxes([[0.0, 1, 2, 3]], format='corners', canvas_size=(1, 1))",
    "tv_tensors.KeyPoints(torch.zeros(3, 3), canvas_size=(1, 1))",
    "tv_tensors.set_return_type('array')",
    "tv_tensors.is_rotated_bounding_format(3)",
    "F.register_kernel('blur', tv_tensors.Image)",
    "F.register_kernel(len, tv_tensors.Image)",
    "F.register_kernel(F.resize, torch.Tensor)",
    "F.register_kernel(F.resize, tv_tensors.Image)",
]


@pytest.mark.parametrize("made", MADE)
def test_printed_forms_and_operations(made):
    assert_same(made)
    assert_same(f"repr({made})")
    for operation in OPERATIONS:
        assert_same(f"(lambda x: {operation})({made})")


@pytest.mark.parametrize("made", MADE)
def test_operations_that_keep_the_class(made):
    assert_same(f"type({made}).__name__")
    for operation in [o for o in OPERATIONS if o not in ("torch.ones(1) + x",)]:
        call = f"(lambda x: {operation})({made})"
        results = []
        for library in (OURS, REFERENCE):
            with library.tv_tensors.set_return_type("TVTensor"):
                results.append(outcome(library, call, Samples(library))[0])
        assert_alike(*results)


@pytest.mark.parametrize("call", REFUSED)
def test_refusals(call):
    assert_same(call)


def test_in_place_operators_give_plain_tensors():
    image = OURS.tv_tensors.Image(OURS.torch.zeros(1, 2, 2))
    kept = image
    image += 1
    assert type(image) is OURS.torch.Tensor
    assert (type(kept), kept.sum().item()) == (OURS.tv_tensors.Image, 4)


@pytest.mark.parametrize("made", MADE)
def test_copies_and_files_keep_class_and_metadata(made):
    value = OURS.evaluate(made, s=Samples(OURS))
    file = io.BytesIO()
    OURS.torch.save({"x": value}, file)
    file.seek(0)
    loaded = OURS.torch.load(file, weights_only=False)["x"]
    for copied in (loaded, copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
        assert type(copied) is type(value)
        assert repr(copied) == repr(value)


def test_files_are_read_by_torchvision_and_torchvisions_by_us():
    for writer, reader in ((OURS, REFERENCE), (REFERENCE, OURS)):
        for made in ("s.image()", "s.boxes('XYWH')"):
            file = io.BytesIO()
            writer.torch.save(writer.evaluate(made, s=Samples(writer)).as_subclass(writer.torch.Tensor), file)
            file.seek(0)
            assert reader.torch.load(file).shape == reader.evaluate(made, s=Samples(reader)).shape


def test_own_classes_are_registered_by_functional():
    class Ours(OURS.tv_tensors.TVTensor):
        pass

    value = OURS.torch.ones(2, 2).as_subclass(Ours)
    assert OURS.v2.RandomHorizontalFlip(1.0)(value) is value  # no kernel: passed through
    with pytest.raises(TypeError, match="supports inputs of type"):
        OURS.F.horizontal_flip(value)

    @OURS.F.register_kernel("horizontal_flip", Ours)
    def flip(inpt, *args, **kwargs):
        return OURS.tv_tensors.wrap(inpt.as_subclass(OURS.torch.Tensor) * 5, like=inpt)

    flipped = OURS.v2.RandomHorizontalFlip(1.0)(value)
    assert (type(flipped), flipped.sum().item()) == (Ours, 20)
    with pytest.raises(ValueError, match="already has a kernel"):
        OURS.F.register_kernel(OURS.F.horizontal_flip, Ours)


def test_types_that_a_functional_takes_are_told():
    assert _in_torch_names("flambeau.vision.tv_tensors._image.Image") == "torchvision.tv_tensors._image.Image"
    for name in ("resize", "affine", "normalize", "adjust_hue", "five_crop", "get_size", "pad", "jpeg", "elastic"):
        arguments = {"affine": "1.0, [0, 0], 1.0, [0.0]", "normalize": "[1], [1]", "get_size": ""}.get(name, "[1]")
        assert_same(f"F.{name}('text', {arguments})")
